package main

import (
	"fmt"
	"reflect"
	"slices"
	"time"

	"leadglass/internal/campaign"
	"leadglass/internal/plain"
)

// Messages to people, on stderr. The rules: lower case and no full stop after
// a message of one sentence; an error says what was being done and ends with
// the remedy; a note is something worth knowing that needs nothing done.
// Results go to stdout and never through here.

// printf prints a result for a person. Its arguments may be text of others: of
// each string only one line of visible text is printed.
func (a *app) printf(format string, args ...any) error {
	_, err := fmt.Fprintf(a.out, format, fitForLine(args)...)
	return err
}

// fitForLine makes each string among args one line of visible text.
func fitForLine(args []any) []any {
	fit := slices.Clone(args)
	for i, arg := range fit {
		if v := reflect.ValueOf(arg); v.Kind() == reflect.String {
			if _, named := arg.(fmt.Stringer); !named {
				fit[i] = plain.Line(v.String())
			}
		}
	}
	return fit
}

// fail says why the program ends.
func (a *app) fail(err error) { a.line("leadglass: " + err.Error()) }

// note says something worth knowing, unless --quiet.
func (a *app) note(format string, args ...any) {
	if !a.Quiet {
		a.line(fmt.Sprintf(format, fitForLine(args)...))
	}
}

// clearLine goes back to the start of the line and clears it.
const clearLine = "\r\x1b[K"

func (a *app) line(s string) {
	s = plain.Text(s)
	if a.live {
		s = clearLine + s
	}
	fmt.Fprintln(a.err, s)
}

// status shows s in place of what it showed before, on a terminal; elsewhere
// it is a line of its own.
func (a *app) status(s string) {
	s = plain.Line(s)
	switch {
	case a.Quiet:
	case a.live:
		fmt.Fprint(a.err, clearLine+s)
	default:
		fmt.Fprintln(a.err, s)
	}
}

// statusEvery is how often a status line is written.
func (a *app) statusEvery() time.Duration {
	if a.live {
		return 200 * time.Millisecond
	}
	return 5 * time.Second
}

// endStatus leaves a clean line behind a status line.
func (a *app) endStatus() {
	if a.live {
		fmt.Fprint(a.err, clearLine)
	}
}

func plural[N int | int64 | uint64](n N, noun string) string { return plain.Count(n, noun) }

func grouped(n int64) string { return plain.Grouped(n) }

// waitingFor is the part of a status line that says for how many hosts a
// survey waits, and how many other processes help; empty for none.
func waitingFor(p *campaign.Progress, others int64) (text string) {
	if n := p.UnderWay.Load() + p.Waiting.Load(); n > 0 {
		text = ", waiting for " + plural(n, "host")
	}
	if others > 0 {
		text += ", " + plural(others, "other worker")
	}
	return text
}
