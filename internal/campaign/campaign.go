// Package campaign runs surveys for any front end: it begins them or finds the
// one to resume, enlists their hosts, works on them alone or beside others,
// repeats and finishes them, and says what happens by events. It prints
// nothing, and knows no flags.
package campaign

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"leadglass/internal/gate"
	"leadglass/internal/jobs"
	"leadglass/internal/scope"
	"leadglass/internal/store"
	"leadglass/internal/survey"
	"leadglass/internal/warrant"
)

// Campaign is what the surveys of a front end have in common.
type Campaign struct {
	// Store is where surveys are kept: a file, or the DSN of a PostgreSQL
	// database.
	Store string
	// Version is the program's, which is kept with every survey.
	Version string
	Log     *slog.Logger
	// Events is given what happens.
	Events Events
	// Now is the clock by which the validity of a scope is judged, Resolver
	// resolves names; nil for the system's.
	Now      func() time.Time
	Resolver Resolver
}

// Resolver resolves the host names of a scope.
type Resolver = gate.Resolver

// Events receives what happens in a survey. Its methods are called by one
// goroutine at a time each.
type Events interface {
	// Event is given what a person who waits may want to know.
	Event(Event)
	// Stored is given every record of the survey once: each when this process has
	// stored it, and those of others at the end. An error ends the work.
	Stored(survey.Record) error
}

// Kind is a kind of event.
type Kind string

// The kinds of events.
const (
	// Began: a survey is under way.
	Began Kind = "began"
	// Working: the sweep and the examination of hosts began; Live follows them.
	Working Kind = "working"
	// Rested: they ended, for whatever reason.
	Rested Kind = "rested"
	// Waiting: nothing can be done at the moment, and Text says for what.
	Waiting Kind = "waiting"
	// Noted: something worth knowing that needs nothing done.
	Noted Kind = "noted"
	// Failed: one of the surveys of a series failed; the series goes on.
	Failed Kind = "failed"
)

// Event is something that happens.
type Event struct {
	Kind Kind
	// Survey is the ID of the survey, "" where it is about none.
	Survey string
	// Text says it in a line. It may hold names of hosts and files.
	Text string
	// Live is how far the work is, of Working alone.
	Live *Live
	// Err is the error of Failed.
	Err error
}

// Live is how far the work on a survey is. It may be read at any time.
type Live struct {
	*Progress
	// Probes is how many ports the sweep tries; 0 where that is not known.
	Probes int64
	// Others is how many other processes work on the survey.
	Others func() int64
}

// Options is what a survey needs besides its scope. The zero value of a field is
// its default.
type Options struct {
	// Name is the survey's; default: the scope's.
	Name string
	// Resume continues the last survey of this scope that was interrupted, of that
	// name where one is given.
	Resume bool
	// Sweep says how the prefixes of the scope are swept.
	Sweep Sweep
	// Examiners is how many hosts are examined side by side; at least 1.
	Examiners int
	// Candidates are files of other scanners that name hosts. SweepToo sweeps the
	// scope beside them; without files it is swept in any case. Strict refuses a
	// file with a line that cannot be read.
	Candidates       []string
	SweepToo, Strict bool
	// Products is a file of more records of products, GeoIP are MMDB files, the most
	// trusted first.
	Products string
	GeoIP    []string
	// Sign signs what the survey may touch; nil for no signature.
	Sign *warrant.Key
	// Metrics is the address at which figures are shown; "" for nowhere.
	Metrics string
	// Simulated: the survey is of archives of the laboratory.
	Simulated bool
	// Series is the name of the surveys of a series, of which this is one: what the
	// last of them excluded, this one excludes too; "" for none.
	Series string
}

// sweeps reports whether the prefixes of the scope are swept.
func (o *Options) sweeps() bool { return o.SweepToo || len(o.Candidates) == 0 }

// Result is a survey that came to its end.
type Result struct {
	Survey survey.Survey
	// Totals are the figures of the whole survey, Traffic and Took those of this
	// process, which with Resume, or where workers helped, had a part in it.
	Totals  *Progress
	Traffic survey.Traffic
	Took    time.Duration
	// Files are the files of candidates that were read.
	Files []CandidateFile
	// Unresolved is how many names of the scope led to no address, GivenUp how
	// many hosts could not be examined by errors of this program.
	Unresolved, GivenUp int
}

// Complete reports whether everything that the scope names was surveyed.
func (r *Result) Complete() bool { return r.Unresolved == 0 && r.GivenUp == 0 }

// Refusal is the error of what is refused before anything is sent: options that
// do not go together, a scope that is not valid, a survey that is not there.
type Refusal = survey.Refusal

func refuse(err error) error { return &Refusal{Err: err} }

// Refused reports whether an error says that something was refused: by the
// campaign, by the reader of a scope file, or by the gate at connecting.
func Refused(err error) bool {
	var refusal *Refusal
	var config *scope.ConfigError
	return errors.As(err, &refusal) || errors.As(err, &config) || errors.Is(err, gate.ErrOutOfScope)
}

// Ending says how a survey ended early.
type Ending string

// The endings.
const (
	Interrupted Ending = "interrupted"
	Cancelled   Ending = "cancelled"
	// Expired: the validity of the scope is over.
	Expired Ending = "expired"
	// Stopped: by an error.
	Stopped Ending = "stopped"
)

// EndedError is the error of a survey that ended early. What was finished is
// kept; one that was interrupted or stopped can be resumed.
type EndedError struct {
	Survey string // its ID
	How    Ending
	// Hosts is how many hosts were examined.
	Hosts int64
	// Err is why it was stopped.
	Err error
}

// Error implements error.
func (e *EndedError) Error() string {
	switch e.How {
	case Stopped:
		return fmt.Sprintf("survey %s stopped: %v", e.Survey, e.Err)
	case Expired:
		return fmt.Sprintf("survey %s ended after %d hosts with the validity of its scope", e.Survey, e.Hosts)
	}
	return fmt.Sprintf("survey %s %s after %d hosts", e.Survey, e.How, e.Hosts)
}

// Unwrap returns e.Err.
func (e *EndedError) Unwrap() error { return e.Err }

// Run surveys a scope: it begins a survey or resumes one, works on it until
// nothing is left to do, and finishes it. An early end is an *EndedError, what
// cannot be begun a *Refusal; the survey is in the result as far as there is
// one.
func (c *Campaign) Run(ctx context.Context, s *scope.Scope, o Options) (Result, error) {
	w := &lead{Campaign: c, o: o, scope: s, id: jobs.NewID(), names: newNames(), told: map[store.Key]struct{}{}}
	return w.lead(ctx)
}

// note gives an event whose text is formatted.
func (c *Campaign) note(kind Kind, id, format string, args ...any) {
	c.Events.Event(Event{Kind: kind, Survey: id, Text: fmt.Sprintf(format, args...)})
}
