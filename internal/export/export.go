// Package export writes the exposed systems of a survey in the formats of other
// systems: IntelMQ, Shadowserver's columns, MISP, STIX 2.1, DefectDojo, tickets,
// and JSON Lines of our own. It is given findings with their cases and writes them
// one after the other; it opens no file and sends nothing. All that it writes names
// addresses and is confidential.
//
// A product that was only guessed carries its confidence in every format, or is left
// out. Identifiers are made of what they identify, so that the next export of the same
// system has the same ones.
package export

import (
	"fmt"
	"io"
	"iter"
	"slices"
	"strings"
	"time"

	"leadglass/internal/cases"
	"leadglass/internal/survey"
)

// Item is a system on its way out.
type Item struct {
	// Finding is what the survey saw of it.
	Finding *survey.Finding
	// Case is its life over surveys; nil where that is not known.
	Case *cases.Case
}

// About is what the items of one export have in common.
type About struct {
	Survey survey.Survey
	// TLP is the label of the Traffic Light Protocol 2.0 (FIRST).
	TLP string
	// Recipient is whom the export is for, "" for an export of the whole survey.
	Recipient string
}

// Items are the systems of an export, in the order of their addresses' bytes.
type Items = iter.Seq2[Item, error]

// Format is a format that systems can be written in.
type Format struct {
	// Name is the value of --format, File the name of the file.
	Name, File string
	// Closed: systems that are no longer exposed, or that people set apart, are
	// written too, marked as such.
	Closed bool
	Write  func(w io.Writer, about About, items Items) error
}

// Formats lists the formats.
func Formats() []Format {
	return []Format{
		{Name: "intelmq", File: "intelmq.jsonl", Write: WriteIntelMQ},
		{Name: "shadowserver", File: "shadowserver.csv", Write: writeShadowserver},
		{Name: "misp", File: "misp.json", Write: writeMISP},
		{Name: "stix", File: "stix.json", Write: writeSTIX},
		{Name: "defectdojo", File: "defectdojo.json", Closed: true, Write: writeDefectDojo},
		{Name: "tickets", File: "tickets.csv", Closed: true, Write: writeTickets},
		{Name: "ndjson", File: "systems.ndjson", Closed: true, Write: writeNDJSON},
	}
}

// Named are the formats of these names.
func Named(names []string) ([]Format, error) {
	var list []Format
	for _, name := range names {
		all := Formats()
		i := slices.IndexFunc(all, func(f Format) bool { return f.Name == name })
		if i < 0 {
			known := make([]string, len(all))
			for j, f := range all {
				known[j] = f.Name
			}
			return nil, fmt.Errorf("unknown format %q; known are %s", name, strings.Join(known, ", "))
		}
		list = append(list, all[i])
	}
	return list, nil
}

// SetApart is why a system is in no feed of what is exposed: its state, or
// "same-archive" where its archive is reported at another address; "" where
// nothing speaks against it.
func (i *Item) SetApart() string {
	switch {
	case i.Case == nil:
		return ""
	case i.Case.SameArchiveAs != "":
		return "same-archive"
	case !i.Case.Counted():
		return string(i.Case.State)
	}
	return ""
}

// Exposed are the items that nothing sets apart.
func Exposed(items Items) Items {
	return func(yield func(Item, error) bool) {
		for i, err := range items {
			if (err != nil || i.SetApart() == "") && !yield(i, err) {
				return
			}
		}
	}
}

// Of are items of findings without cases.
func Of(findings []*survey.Finding) Items {
	return func(yield func(Item, error) bool) {
		for _, f := range findings {
			if !yield(Item{Finding: f}, nil) {
				return
			}
		}
	}
}

// Join puts the case of each system beside its finding. Both come in the order of
// their targets' bytes, as the store gives them, so that memory does not grow with
// their number.
func Join(records iter.Seq2[survey.Record, error], all iter.Seq2[cases.Case, error]) Items {
	return func(yield func(Item, error) bool) {
		next, stop := iter.Pull2(all)
		defer stop()
		var head *cases.Case
		for r, err := range records {
			if err != nil {
				yield(Item{}, err)
				return
			}
			target := r.Finding.Target.Address
			if target == "" {
				target = r.Finding.Target.Host
			}
			for head == nil || head.Address < target {
				c, err, ok := next()
				if err != nil {
					yield(Item{}, err)
					return
				}
				if !ok {
					c.Address = "\xff" // behind every target
				}
				head = &c
			}
			item := Item{Finding: &r.Finding}
			if head.Address == target {
				item.Case = head
			}
			if !yield(item, nil) {
				return
			}
		}
	}
}

// seen are when the system was first and last seen exposed, as far as that is
// known, and the whole days between them in its last time of exposure.
func (i *Item) seen() (first, last time.Time, days int) {
	if i.Case == nil {
		return i.Finding.StartedAt, i.Finding.StartedAt, 0
	}
	return i.Case.FirstSeen, i.Case.LastSeen, i.Case.DaysOpen
}
