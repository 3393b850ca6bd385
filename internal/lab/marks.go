package lab

import (
	"fmt"
	"slices"
	"strings"
)

// Mark is what an archive is that does not hold patients.
type Mark string

// The marks.
const (
	HoneypotMark   Mark = "honeypot"
	TestDataMark   Mark = "test-data"
	VeterinaryMark Mark = "veterinary"
)

// knownMarks lists the marks in order.
func knownMarks() []Mark { return []Mark{HoneypotMark, TestDataMark, VeterinaryMark} }

func (g *Group) validateMarks() error {
	if g.Expect == nil {
		return nil
	}
	for _, m := range g.Expect.Marks {
		if !slices.Contains(knownMarks(), m) {
			return fmt.Errorf("unknown mark %q; known are %q", m, knownMarks())
		}
	}
	return nil
}

// marks are those of the persona and of the group, in order.
func (a *Archive) marks() []Mark {
	has := slices.Clone(a.persona.marks)
	if e := a.Group.Expect; e != nil {
		has = append(has, e.Marks...)
	}
	return slices.DeleteFunc(knownMarks(), func(m Mark) bool { return !slices.Contains(has, m) })
}

// count adds the marks of one archive.
func (t *Totals) count(marks []Mark) {
	for _, m := range marks {
		switch m {
		case HoneypotMark:
			t.Honeypots++
		case TestDataMark:
			t.TestData++
		case VeterinaryMark:
			t.Veterinary++
		}
	}
}

// words is the marks as one text.
func words(marks []Mark) string {
	var out []string
	for _, m := range marks {
		out = append(out, string(m))
	}
	return strings.Join(out, " ")
}
