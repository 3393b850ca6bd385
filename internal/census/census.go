// Package census answers how much one open archive holds: studies, images
// linked, images accessible, patients. It asks by C-FIND for unique keys,
// dates, modalities and numbers only, reads every response in place in the
// receive buffer, and finds out by consistency alone whether a list was cut.
//
// It matches any name only where an archive lists nothing without
// (Options.WildcardNames), keeps no value of an attribute, and judges no
// exposure; that is the business of package assess. How a number is proved to
// be exact, and when it is not, is written up in docs/census.md.
package census

import (
	"context"
	"slices"
	"sync/atomic"
	"time"

	"leadglass/dicom"
	"leadglass/dicom/dimse"
	"leadglass/dicom/ul"
	"leadglass/internal/privacy"
	"leadglass/internal/survey"
)

// The modes of counting.
const (
	// ModeExact counts everything within the limits; beyond them a count is a
	// lower bound.
	ModeExact = "exact"
	// ModeBudget estimates what lies beyond the limits.
	ModeBudget = "budget"
	// ModeOff counts nothing.
	ModeOff = "off"
)

// The limits used where Options leaves them 0.
const (
	DefaultMaxTime      = 110 * time.Second
	DefaultMaxResponses = 100_000_000
	DefaultMaxQueries   = 20_000
)

// Options say what to count, and within which limits.
type Options struct {
	// Mode is ModeExact when empty.
	Mode string
	// CalledAETitle is the title that the archive accepts.
	CalledAETitle string
	// SOPClasses are the classes that the archive accepted before; when empty,
	// Study Root and then Patient Root is tried.
	SOPClasses []string
	// Routes names the retrieval routes found open: "C-GET", "C-MOVE",
	// "WADO-RS"… Without one no image is accessible.
	Routes []survey.Route
	// RoutesUnknown says why the routes could not be told; then neither can the
	// images accessible.
	RoutesUnknown string
	// SketchKey keys the hashes of study instance UIDs.
	SketchKey privacy.Key
	// WildcardNames permits to match any patient's name and ID where an archive
	// answers no query without them. What comes back stays in the receive buffer,
	// which is wiped.
	WildcardNames bool
	// CountPatients asks for the number of patients, CountNationalIDs for the
	// number of records whose patient ID has the form of a US Social Security
	// number.
	CountPatients, CountNationalIDs bool

	// MaxTime, MaxResponses and MaxQueries bound the whole count.
	MaxTime                  time.Duration
	MaxResponses, MaxQueries int64
	// Memory is shared by the counts that run at once; nil means a share of
	// DefaultMemory for this one.
	Memory *Memory
	// Seed makes the choice of days in budget mode repeatable.
	Seed uint64

	// Verify says how a whole list is checked: by a sample of it when empty, or
	// VerifyFull.
	Verify string
	// ListsEmptyDates reports whether an archive that ends a list which it cuts with
	// a status is known to list studies with an empty date in a range of dates that
	// is open to the past; nil where nothing is known.
	ListsEmptyDates func(limit dimse.Status) bool
	// Stated is how many studies a web service of the archive states, which
	// confirms a list of that length; 0 where none does.
	Stated int64

	// Now and Sleep replace the clock in tests.
	Now   func() time.Time
	Sleep func(context.Context, time.Duration)
}

func (o Options) withDefaults() Options {
	if o.Mode == "" {
		o.Mode = ModeExact
	}
	if o.MaxTime == 0 {
		o.MaxTime = DefaultMaxTime
	}
	if o.MaxResponses == 0 {
		o.MaxResponses = DefaultMaxResponses
	}
	if o.MaxQueries == 0 {
		o.MaxQueries = DefaultMaxQueries
	}
	if o.Memory == nil {
		o.Memory = NewMemory(DefaultMemory)
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Sleep == nil {
		o.Sleep = sleep
	}
	return o
}

// offers reports whether the archive may offer a SOP class.
func (o *Options) offers(class string) bool {
	return len(o.SOPClasses) == 0 || slices.Contains(o.SOPClasses, class)
}

// Result is what was counted, and what it cost the archive.
type Result struct {
	Counts survey.Counts
	// Sketch is a keyed sketch of the studies seen, as privacy.Sketch.Bytes;
	// nil when none was seen.
	Sketch []byte
	// Associations, Queries and Responses are what was sent and received.
	Associations, Queries, Responses int64
	// Answered are the responses by the SOP class of their query.
	Answered map[string]int64
	// LongestQuery is the longest time from a request to its final response.
	LongestQuery time.Duration
	// EchoBefore and EchoDuring are the archive's median response times to
	// C-ECHO before and during the count; 0 when it answered none.
	EchoBefore, EchoDuring time.Duration
	// Incomplete says what was left undone because a limit was reached or the
	// archive stopped answering; empty when nothing was.
	Incomplete string
}

// Count counts one archive. What goes wrong with the archive is part of the
// result, not an error. It returns within Options.MaxTime, or soon after ctx is
// cancelled, and holds one association at a time.
func Count(ctx context.Context, open ul.Opener, o Options) Result {
	if o.Mode == ModeOff {
		return Result{Counts: survey.NotCounted("counting is off")}
	}
	c := newCounter(open, o.withDefaults())
	ctx, cancel := context.WithTimeout(ctx, c.o.MaxTime)
	defer cancel()
	// The last tenth of the time is for ending in good order.
	soft := time.AfterFunc(c.o.MaxTime-c.o.MaxTime/10, func() { c.stop.Store(true) })
	defer soft.Stop()
	if c.o.Mode == ModeBudget {
		// Half of everything is kept for an estimate.
		half := time.AfterFunc(c.o.MaxTime*9/20, func() { c.stop.Store(true) })
		defer half.Stop()
		c.resume = func() { half.Stop(); c.stop.Store(false) }
		c.t.left -= c.o.MaxResponses / 2
		c.link.most = c.o.MaxQueries / 2
	}
	c.ctx, c.link.ctx = ctx, ctx
	if err := c.link.connect(); err != nil {
		why := "no association for queries: " + c.link.explain(err)
		return Result{Counts: survey.NotCounted(why), Associations: c.link.opened, Incomplete: why}
	}
	defer c.close()
	c.link.measureEcho()
	c.count()
	c.checkImages()
	c.countPeople()
	return c.result()
}

// counter is one count under way.
type counter struct {
	ctx  context.Context
	o    Options
	link link
	// stop asks for the end in good order: a C-CANCEL and a release.
	stop atomic.Bool
	// resume begins the second half of a count in budget mode.
	resume func()
	t      tally
	out    outcome
	// extra are further keys that the archive wants to see in a query.
	extra extraKeys
	// listCap is the length of the whole list when it was cut, else 0.
	listCap int64
	// declines: the archive declines lists that are too long, so a window that it
	// declines is divided. fitted: a query with the keys of extra had a match.
	declines, fitted bool
	// emptyDoubt says why an empty list does not prove that there is no study.
	emptyDoubt string
	// noRanges: ranges of dates are not matched as the standard says.
	noRanges bool
	// known is how many studies the archive was seen to hold.
	known int64
}

// outcome is what the count of studies came to.
type outcome struct {
	studies survey.Count
	sums    sums
	// duplicates is how many responses repeated a study already counted.
	duplicates int64
	// incomplete says which limit ended the count.
	incomplete string
	// estimate holds the estimates of images where studies were estimated.
	estimate   *estimates
	images     imageOutcome
	patients   survey.Count
	nationalID *survey.Count
}

func newCounter(open ul.Opener, o Options) *counter {
	c := &counter{o: o, link: newLink(open, o)}
	c.t.init(o, &c.stop)
	c.out.patients = survey.UnknownCount("not asked")
	return c
}

// close ends the association and gives everything back.
func (c *counter) close() {
	c.link.close()
	c.t.release()
}

// spent reports whether a limit of the count is reached.
func (c *counter) spent() bool {
	return c.stop.Load() || c.link.dataSets || c.ctx.Err() != nil || c.link.queries >= c.link.most || c.t.left <= 0
}

// limit names the limit that was reached.
func (c *counter) limit() string {
	switch {
	case c.link.dataSets:
		return reasonDataSets
	case c.t.left <= 0:
		return "the limit on responses was reached"
	case c.link.queries >= c.link.most:
		return "the limit on queries was reached"
	}
	return "the limit on time was reached"
}

// The work on the studies of an archive is bounded by what it was seen to
// hold: dividing dates takes a few queries for each list of studies that comes
// whole, so an archive that is asked more often than this shows no more for it.
const (
	// freeQueries are those that no study has to pay for: the whole list, the
	// empty windows around the dates of an archive, and the modalities.
	freeQueries = 160
	// queriesPerStudy is the multiple of the studies seen.
	queriesPerStudy = 4
	reasonOverdone  = "the archive shows too few studies for the queries that finding them takes"
)

// overdone reports whether the archive was asked more than its studies are
// worth.
func (c *counter) overdone() bool {
	return c.link.queries > freeQueries+queriesPerStudy*c.known
}

// today is the date of the clock.
func (c *counter) today() dicom.Date {
	y, m, d := c.o.Now().UTC().Date()
	return dicom.DateOf(y, m, d)
}

func sleep(ctx context.Context, d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
	case <-ctx.Done():
	}
}
