package compare

import (
	"bufio"
	"fmt"
	"io"
	"iter"
	"strings"
	"text/tabwriter"

	"leadglass/internal/plain"
	"leadglass/internal/publish"
)

// withheld stands for a suppressed cell, as in a report.
const withheld = "withheld"

// signed is n with its sign and commas; 0 has none.
func signed(n int64) string {
	if n > 0 {
		return "+" + publish.Grouped(n)
	}
	return publish.Grouped(n)
}

// String is the difference for a table.
func (s Shown) String() string {
	switch {
	case s.Hidden:
		return withheld
	case s.Partial && s.Without > 0:
		return fmt.Sprintf("%s (all but %s)", s.Difference, publish.Grouped(s.Without))
	case s.Partial:
		return s.Difference.String() + " (in part)"
	}
	return s.Difference.String()
}

// change is the difference of two numbers that are shown.
func change(before, now publish.Number) string {
	if before.Hidden || now.Hidden {
		return withheld
	}
	return signed(now.N - before.N)
}

// names are the kinds for people.
var names = map[Kind]string{
	NotCoveredBefore: "not covered before", NotCoveredNow: "not covered now", NotAssessedBefore: "not assessed before",
	NotReassessed: "not reassessed", OtherMethod: "looked at otherwise",
}

// String is the kind for people.
func (k Kind) String() string {
	if name, ok := names[k]; ok {
		return name
	}
	return string(k)
}

// WriteText writes a comparison for a terminal; with changes, which may be nil,
// the archives that are not as they were, one a line.
func WriteText(w io.Writer, r Public, changes iter.Seq2[Change, error]) error {
	out := bufio.NewWriter(plain.NewWriter(w))
	p := func(format string, args ...any) { fmt.Fprintf(out, format, args...) }
	p("%s, %s\n  to %s, %s\n", plain.Line(r.Before.Name), publish.Moment(r.Before.StartedAt), plain.Line(r.Now.Name), publish.Moment(r.Now.StartedAt))
	p("\n%s\n  %s\n", r.Summary, r.Balance.equation())
	if r.TLP != "" {
		p("%s, confidential: names single systems\n", r.TLP)
	}
	if r.MinCount > 1 && r.withholds() {
		p("\n%s\n", whyWithheld(r.MinCount))
	}
	t := tabwriter.NewWriter(out, 0, 0, 2, ' ', tabwriter.AlignRight)
	row := func(cells ...string) { fmt.Fprintln(t, strings.Join(cells, "\t")+"\t") }
	flush := func(title string) {
		p("\n%s\n", title)
		_ = t.Flush() // an error stays in out
	}
	row("", "before", "now", "change")
	r.LikeForLike.rows(row)
	flush("Like for like")
	row("", "before", "now", "change")
	r.InAll.rows(row)
	flush("In all, with what only one survey looked at")
	row("", "open in both", "before only", "now only", "in neither")
	for _, k := range r.Kinds {
		row(k.Kind.String(), k.Stayed.String(), k.Left.String(), k.Entered.String(), k.Closed.String())
	}
	flush("Archives by what became of them, and in which survey they are open")
	if len(r.Countries) > 0 {
		row("", "open before", "now", "records before", "now", "change", "mark")
		for _, c := range r.Countries {
			c.row(row)
		}
		if r.Other != nil {
			r.Other.row(row)
		}
		flush("Countries, like for like")
		for _, line := range r.Rule {
			p("  %s\n", line)
		}
	} else {
		p("\nNo country can be shown.\n")
	}
	for _, c := range r.Causes {
		p("\n%s %s: %s", publish.Grouped(c.Archives), c.Kind, causes[c.Cause])
	}
	p("\n")
	for _, n := range r.Notes {
		p("\n- %s", n)
	}
	p("\n")
	if err := textChanges(out, changes); err != nil {
		return err
	}
	if err := out.Flush(); err != nil {
		return fmt.Errorf("writing the comparison: %w", err)
	}
	return nil
}

// whyWithheld says why numbers are withheld, and how they can be had.
func whyWithheld(least int64) string {
	return fmt.Sprintf(`Numbers are withheld: fewer than %d archives, but not none, are behind them or
behind what follows from them, or one archive makes up more than 80 %% of them.
  --edition confidential  shows all, and names the archives`, least)
}

// causes are the causes for people.
var causes = map[Cause]string{
	CauseAddress: "the address was not in the scope", CausePort: "the port was not tried",
	CauseCheck:       "the check was not made, or otherwise",
	CauseVersion:     "another version of Leadglass may recognise other things",
	CauseTechnique:   "the scope did not allow the technique",
	CauseInterrupted: "the survey was interrupted before", CauseBudget: "a budget ran out, or part of the host did not answer",
	CauseUnanswered: "a check had no result",
}

func (n *Net) rows(row func(...string)) {
	row("open archives", n.OpenBefore.String(), n.OpenNow.String(), change(n.OpenBefore, n.OpenNow))
	for i, pair := range n.pairs() {
		row([]string{"study records", "images linked", "images accessible"}[i],
			pair.Before.Mark()+pair.Before.String(), pair.Now.Mark()+pair.Now.String(), pair.Difference.String())
	}
}

func (c *CountryRow) row(row func(...string)) {
	s := &c.StudyRecords
	row(c.Name, c.OpenBefore.String(), c.OpenNow.String(), s.Before.Mark()+s.Before.String(), s.Now.Mark()+s.Now.String(), s.Difference.String(), string(c.Mark))
}

// notable reports whether a change is worth a line among those that are read
// by people.
func notable(c *Change) bool { return c.Kind != Unchanged }

func textChanges(out *bufio.Writer, changes iter.Seq2[Change, error]) error {
	if changes == nil {
		return nil
	}
	fmt.Fprintln(out)
	for c, err := range changes {
		if err != nil {
			return err
		}
		if notable(&c) {
			fmt.Fprintf(out, "%-20s %s\n", c.Kind, c.describe())
		}
	}
	return nil
}

// describe is the change in a line.
func (c *Change) describe() string {
	var b strings.Builder
	b.WriteString(c.Target)
	if c.Host != "" {
		b.WriteString(" (" + c.Host + ")")
	}
	if c.Country != "" {
		b.WriteString(" " + c.Country)
	}
	fmt.Fprintf(&b, "  %s to %s", verdictText(c.Before), verdictText(c.Now))
	if openIn(c.Before) || openIn(c.Now) {
		fmt.Fprintf(&b, ", records %s", c.StudyRecords)
	}
	if len(c.Failing) > 0 {
		b.WriteString(", newly fails " + strings.Join(c.Failing, " "))
	}
	if len(c.Mended) > 0 {
		b.WriteString(", no longer fails " + strings.Join(c.Mended, " "))
	}
	if c.Cause != "" {
		b.WriteString("; " + causes[c.Cause])
	}
	return plain.Line(b.String())
}

func verdictText(s *State) string {
	if s == nil {
		return "nothing"
	}
	return string(s.Verdict)
}
