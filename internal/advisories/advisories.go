// Package advisories answers one question: what does a version that a service has
// shown mean for a published advisory? The answer is affected, not affected or
// unknown; without a version, or with one that cannot be compared, it is unknown.
//
// The advisories themselves are in the records of package products. This package
// contacts nothing and judges no service: package assess does, with what
// identification has learned. That a version is affected says that the announced
// version is one that the advisory names, not that the service is vulnerable:
// distributors close holes without a new version.
package advisories

import (
	"fmt"
	"regexp"
	"slices"
	"time"

	"leadglass/internal/survey"
)

// Reach says how a flaw is reached.
type Reach string

// The reaches.
const (
	// ByDICOM: by associations and requests to a DICOM port.
	ByDICOM Reach = "dicom"
	// ByHTTP: by requests to the product's web server.
	ByHTTP Reach = "http"
	// ByFile: when objects or files are decoded, which a service may or may not
	// do with what it is sent.
	ByFile Reach = "file"
	// ByServer: when it is a client of a hostile server.
	ByServer Reach = "client"
	// ByOther: by another way in, such as HL7, or on the machine itself.
	ByOther Reach = "other"
)

// Advisory is flaws of one product with the same range, as its source has them.
type Advisory struct {
	// IDs are CVE numbers.
	IDs []string `yaml:"ids" json:"ids"`
	// Programs are the products of this toolkit that hold the flaw, where it is
	// not in the library itself.
	Programs []string `yaml:"programs" json:"programs,omitempty"`
	Reach    Reach    `yaml:"reach" json:"reach"`
	// Affected are the versions that the source names; Disputed those about
	// which sources disagree.
	Affected []Range `yaml:"affected" json:"affected"`
	Disputed []Range `yaml:"disputed" json:"disputed,omitempty"`
	// Fixed is the version to change to, where the source names one.
	Fixed    string          `yaml:"fixed" json:"fixed,omitempty"`
	Severity survey.Severity `yaml:"severity" json:"severity"`
	What     string          `yaml:"what" json:"what"`
	// Source is a URL; Published the day of the advisory, Checked the day it
	// was last read, YYYY-MM-DD.
	Source    string `yaml:"source" json:"source"`
	Published string `yaml:"published" json:"published"`
	Checked   string `yaml:"checked" json:"checked"`
}

// Range is a set of versions: from From, inclusive, to Before, exclusive, or to
// Through, inclusive; or Only one version.
type Range struct {
	From    string `yaml:"from" json:"from,omitempty"`
	Before  string `yaml:"before" json:"before,omitempty"`
	Through string `yaml:"through" json:"through,omitempty"`
	Only    string `yaml:"only" json:"only,omitempty"`
}

// Answer is what a version means for an advisory.
type Answer uint8

// The answers.
const (
	Unknown Answer = iota
	Affected
	NotAffected
)

var cveForm = regexp.MustCompile(`^CVE-\d{4}-\d{4,}$`)

// Mistake says what is wrong with an advisory; empty where nothing is.
func (a Advisory) Mistake() string {
	for _, id := range a.IDs {
		if !cveForm.MatchString(id) {
			return fmt.Sprintf("id %q is no CVE number", id)
		}
	}
	if len(a.IDs) == 0 || a.What == "" || a.Source == "" || len(a.Affected) == 0 {
		return "ids, what, source and affected are needed"
	}
	if !slices.Contains([]Reach{ByDICOM, ByHTTP, ByFile, ByServer, ByOther}, a.Reach) {
		return fmt.Sprintf("reach %q is none of dicom, http, file, client, other", a.Reach)
	}
	if !slices.Contains(survey.Severities, a.Severity) {
		return fmt.Sprintf("severity %q is none of %v", a.Severity, survey.Severities)
	}
	for _, day := range []string{a.Published, a.Checked} {
		if _, err := time.Parse(time.DateOnly, day); err != nil {
			return fmt.Sprintf("published and checked are days, YYYY-MM-DD, not %q", day)
		}
	}
	for _, r := range slices.Concat(a.Affected, a.Disputed) {
		if what := r.mistake(); what != "" {
			return what
		}
	}
	return ""
}

func (r Range) mistake() string {
	bounds := 0
	for _, b := range []string{r.Before, r.Through, r.Only} {
		if b != "" {
			bounds++
		}
	}
	if bounds != 1 || r.Only != "" && r.From != "" {
		return "a range has one of before, through, only; from goes with the first two"
	}
	for _, b := range []string{r.From, r.Before, r.Through, r.Only} {
		if _, err := ParseVersion(b); b != "" && err != nil {
			return fmt.Sprintf("bound %q is %v", b, err)
		}
	}
	return ""
}

// For answers whether a version is one that the advisory names.
func (a Advisory) For(version string) Answer {
	v, err := ParseVersion(version)
	if err != nil {
		return Unknown
	}
	answer := NotAffected
	for _, r := range a.Affected {
		switch r.holds(v) {
		case Affected:
			return Affected
		case Unknown:
			answer = Unknown
		}
	}
	for _, r := range a.Disputed {
		if r.holds(v) != NotAffected {
			answer = Unknown
		}
	}
	return answer
}

// holds answers whether v is in the range. The bounds were parsed by Mistake.
func (r Range) holds(v Version) Answer {
	against := func(bound string, in func(c int) bool) Answer {
		b, err := ParseVersion(bound)
		switch {
		case bound == "":
			return Affected
		case err != nil || v.shortOf(b):
			return Unknown
		case in(v.Compare(b)):
			return Affected
		}
		return NotAffected
	}
	answers := []Answer{
		against(r.From, func(c int) bool { return c >= 0 }),
		against(r.Before, func(c int) bool { return c < 0 }),
		against(r.Through, func(c int) bool { return c <= 0 }),
		against(r.Only, func(c int) bool { return c == 0 }),
	}
	switch {
	case slices.Contains(answers, NotAffected):
		return NotAffected
	case slices.Contains(answers, Unknown):
		return Unknown
	}
	return Affected
}
