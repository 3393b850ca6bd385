// Package remedy holds what a remedy is: an ordered list of changes to the files
// and services of a product, as data. It answers one question: how is such data
// written for people? The records of internal/products hold the remedies, the
// tests of cmd/leadglass apply the same data to the real servers, and this package
// neither reads a file nor changes one.
package remedy

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// Remedy is one change that an administrator can make, complete in itself: after
// its last step the product runs again.
type Remedy struct {
	// ID names it, unique in the table: "any-firewall".
	ID string `yaml:"id" json:"id"`
	// Title says what it does, in the imperative.
	Title string `yaml:"title" json:"title"`
	// Order is its place in a plan, the lowest first.
	Order int `yaml:"order" json:"order"`
	// On is the protocol of the services it is for: dicom, http, or empty for both.
	On string `yaml:"on" json:"on,omitempty"`
	// Fixes are the checks that it is the remedy of, Also those that it turns green
	// beside them: none of both fails after it.
	Fixes []string `yaml:"fixes" json:"fixes"`
	Also  []string `yaml:"also" json:"also_turns_green,omitempty"`
	Steps []Step   `yaml:"steps" json:"steps"`
	// Effect is the side effect, Undo how to go back.
	Effect string `yaml:"effect" json:"side_effect"`
	Undo   string `yaml:"undo" json:"undo"`
	// Stations are the uses by listed stations that must go on: echo, find, store,
	// move, get, worklist, web.
	Stations []string `yaml:"stations" json:"stations,omitempty"`
	// Holds says for which versions and distributions it was written.
	Holds string `yaml:"holds" json:"holds_for"`
	// Run is set where the tests apply it to the real server.
	Run     bool   `yaml:"run" json:"run_on_real_server"`
	Source  string `yaml:"source" json:"source"`
	Checked string `yaml:"checked" json:"checked"`
}

// Step is one change. Exactly one of Do, JSON, Lines, Write, Append, Run, Start
// and Restart is set; File goes with JSON, Lines, Write and Append.
type Step struct {
	// Do is an instruction in words, for what has no file.
	Do string `yaml:"do" json:"do,omitempty"`
	// File is the absolute path of the file that is changed.
	File string `yaml:"file" json:"file,omitempty"`
	// JSON are settings, as the inside of a JSON object. Each replaces the value of
	// its key in whichever file of the directory has the key already; where none has,
	// it is added to File.
	JSON string `yaml:"json" json:"json,omitempty"`
	// Lines replace all lines between "Table BEGIN" and "Table END" of File that are
	// not comments.
	Table string `yaml:"table" json:"table,omitempty"`
	Lines string `yaml:"lines" json:"lines,omitempty"`
	// Write is the whole content of a new file, Append a line to add to one.
	Write  string `yaml:"write" json:"write,omitempty"`
	Append string `yaml:"append" json:"append,omitempty"`
	// Run is a command to run once; Start the command line that the service is
	// started with instead; Restart the name of the service to restart.
	Run     string `yaml:"command" json:"command,omitempty"`
	Start   string `yaml:"start" json:"start,omitempty"`
	Restart string `yaml:"restart" json:"restart,omitempty"`
	// Why is added to the step in words.
	Why string `yaml:"why" json:"why,omitempty"`
}

// Validate returns what is wrong with the remedy, "" for nothing.
func (r *Remedy) Validate() string {
	switch {
	case r.ID == "" || r.Title == "" || r.Source == "" || r.Checked == "" || r.Holds == "":
		return "a remedy needs id, title, holds, source and checked"
	case r.Effect == "" || r.Undo == "":
		return "a remedy needs effect and undo"
	case len(r.Fixes) == 0 || len(r.Steps) == 0:
		return "a remedy needs fixes and steps"
	case r.On != "" && r.On != "dicom" && r.On != "http":
		return "on is dicom, http, or absent"
	}
	for _, s := range r.Steps {
		n := 0
		for _, text := range []string{s.Do, s.JSON, s.Lines, s.Write, s.Append, s.Run, s.Start, s.Restart} {
			if text != "" {
				n++
			}
		}
		filed := s.JSON != "" || s.Lines != "" || s.Write != "" || s.Append != ""
		switch {
		case n != 1:
			return "a step has exactly one of do, json, lines, write, append, command, start and restart"
		case filed != strings.HasPrefix(s.File, "/"):
			return "json, lines, write and append need the absolute path of a file, and nothing else has one"
		case (s.Lines != "") != (s.Table != ""):
			return "lines need the name of a table"
		}
	}
	return ""
}

// For reports whether the remedy is for a check on a service of a protocol: http
// or any other.
func (r *Remedy) For(check, protocol string) bool {
	on := "dicom"
	if protocol == "http" {
		on = "http"
	}
	return slices.Contains(r.Fixes, check) && (r.On == "" || r.On == on || protocol == "")
}

// Greens are the checks that no longer fail after it.
func (r *Remedy) Greens() []string { return slices.Concat(r.Fixes, r.Also) }

// Sort puts remedies into the order in which they are applied, each once.
func Sort(list []Remedy) []Remedy {
	list = slices.Clone(list)
	slices.SortStableFunc(list, func(a, b Remedy) int { return cmp.Or(cmp.Compare(a.Order, b.Order), cmp.Compare(a.ID, b.ID)) })
	return slices.CompactFunc(list, func(a, b Remedy) bool { return a.ID == b.ID })
}

// Text is the remedy for people: lines of files and commands are indented by four
// spaces.
func (r *Remedy) Text() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s.\n%sHolds for: %s\nSide effect: %s\nUndo: %s\nAfter it these no longer fail: %s.", r.Title, r.Changes(), period(r.Holds), r.Effect, r.Undo, strings.Join(r.Greens(), ", "))
	return b.String()
}

// Changes are the steps alone, each line ended.
func (r *Remedy) Changes() string {
	var b strings.Builder
	for _, s := range r.Steps {
		b.WriteString(s.text())
	}
	return b.String()
}

func (s *Step) text() string {
	why := ""
	if s.Why != "" {
		why = " (" + s.Why + ")"
	}
	switch {
	case s.Do != "":
		return s.Do + "\n"
	case s.JSON != "":
		return fmt.Sprintf("In %s%s, set:\n%s", s.File, why, indent(s.JSON))
	case s.Lines != "":
		return fmt.Sprintf("In %s%s, the %s is:\n%s", s.File, why, s.Table, indent(s.Table+" BEGIN\n"+strings.TrimRight(s.Lines, "\n")+"\n"+s.Table+" END"))
	case s.Write != "":
		return fmt.Sprintf("Write the file %s%s:\n%s", s.File, why, indent(s.Write))
	case s.Append != "":
		return fmt.Sprintf("Add to %s%s:\n%s", s.File, why, indent(s.Append))
	case s.Run != "":
		return fmt.Sprintf("Run%s:\n%s", why, indent(s.Run))
	case s.Start != "":
		return fmt.Sprintf("Start it with%s:\n%s", why, indent(s.Start))
	}
	return fmt.Sprintf("Restart%s:\n%s", why, indent("systemctl restart "+s.Restart))
}

func indent(text string) string {
	var b strings.Builder
	for line := range strings.Lines(strings.TrimRight(text, "\n") + "\n") {
		b.WriteString("    " + line)
	}
	return b.String()
}

// period ends a text with a full stop.
func period(text string) string { return strings.TrimSuffix(text, ".") + "." }
