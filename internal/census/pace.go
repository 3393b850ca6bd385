package census

import (
	"context"
	"errors"
	"slices"
	"time"

	"leadglass/dicom/dimse"
)

// How a slowing archive is told, and spared.
const (
	// echoesBefore is how many C-ECHO are sent before the count.
	echoesBefore = 3
	// echoEvery is the time between two C-ECHO during the count.
	echoEvery = 2 * time.Second
	// echoesKept bounds the response times kept for the median.
	echoesKept = 64
	// noise is how much later than twice its usual time an answer must be to
	// count as slow: below it the times say nothing about the archive.
	noise = 25 * time.Millisecond
	// fewMatches is below how many responses the length of a list says nothing
	// about the work it took.
	fewMatches = 100
	// slowest is the lowest pace: one part of work, 15 of rest.
	slowest = 1.0 / 16
	// longestRest bounds one pause.
	longestRest = 5 * time.Second
)

// pace keeps the share of the time in which the archive works for us: 1 is one
// query after the other, 1/2 rests as long as each query took.
type pace struct {
	now   func() time.Time
	sleep func(context.Context, time.Duration)

	before, during []time.Duration
	lastEcho       time.Time
	// share is 0 before the first query.
	share float64
	// lists and searches are the waits that are usual here.
	lists, searches wait
}

// wait is how long the archive takes to its first response, as learned from
// the first queries of a kind. Archives that make up their list first take
// longer for a longer list; a search that finds next to nothing may walk the
// whole archive for it, however short its list.
type wait struct {
	per     time.Duration
	learned int
}

// late reports whether d, after idle, is a slow answer for n units of work.
func (w *wait) late(d, idle time.Duration, n int) bool {
	const learning = 3
	if w.learned < learning {
		w.learned++
		w.per = max(w.per, d/time.Duration(n))
		return false
	}
	return slow(d, idle+w.per*time.Duration(n))
}

// slow reports whether d is more than twice as long as usual, beyond noise.
func slow(d, usual time.Duration) bool { return d > 2*usual && d > usual+noise }

// query notes a query and rests after it.
func (p *pace) query(ctx context.Context, r dimse.FindResult) {
	if p.share == 0 {
		p.share = 1
	}
	kind, n := &p.lists, int(r.Pending)
	if n < fewMatches {
		kind, n = &p.searches, 1
	}
	if kind.late(r.FirstByte, median(p.before), n) {
		p.halve()
	} else {
		p.share = min(1, p.share*1.25)
	}
	p.rest(ctx, r.Duration)
}

func (p *pace) halve() { p.share = max(slowest, p.share/2) }

// rest sleeps so long that work took its share of the time.
func (p *pace) rest(ctx context.Context, work time.Duration) {
	if p.share >= 1 || p.share == 0 {
		return
	}
	pause := time.Duration(float64(work) * (1/p.share - 1))
	p.sleep(ctx, min(pause, longestRest))
}

// echo notes the time of a C-ECHO during the count.
func (p *pace) echo(d time.Duration) {
	if len(p.during) == echoesKept {
		p.during = slices.Delete(p.during, 0, 1)
	}
	p.during = append(p.during, d)
	if len(p.before) > 0 && slow(d, median(p.before)) {
		p.share = max(p.share, slowest)
		p.halve()
	}
}

// median returns the middle of times, 0 of none.
func median(times []time.Duration) time.Duration {
	if len(times) == 0 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(times))
	return sorted[len(sorted)/2]
}

// measureEcho measures how fast the archive answers while it has nothing else
// to do for us.
func (l *link) measureEcho() {
	for range echoesBefore {
		d, ok := l.echo()
		if !ok {
			return
		}
		l.pace.before = append(l.pace.before, d)
	}
	l.pace.lastEcho = l.o.Now()
}

// echoDuring measures it again, now and then between two queries.
func (l *link) echoDuring() {
	if len(l.pace.before) == 0 || l.client == nil || l.o.Now().Sub(l.pace.lastEcho) < echoEvery {
		return
	}
	if d, ok := l.echo(); ok {
		l.pace.echo(d)
	}
	l.pace.lastEcho = l.o.Now()
}

// echo sends one C-ECHO; false when the archive does not answer it.
func (l *link) echo() (time.Duration, bool) {
	if l.client == nil && l.connect() != nil {
		return 0, false
	}
	began := l.o.Now()
	_, err := l.client.Echo(l.ctx)
	if err != nil {
		if !errors.Is(err, dimse.ErrNoContext) {
			l.drop()
		}
		return 0, false
	}
	return l.o.Now().Sub(began), true
}
