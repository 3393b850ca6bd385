package census

import (
	"fmt"
	"leadglass/internal/survey"
	"math"
	"math/rand/v2"
)

// VerifyFull is the value of Options.Verify by which a whole list is asked for
// a second time, in parts, however long it is.
const VerifyFull = "full"

// How much of a list is asked for a second time.
const (
	// fullBelow is the length below which all of a list is: it costs less than
	// what a sample of it leaves open.
	fullBelow = 320
	// sampleParts is into how many windows of about the same number of studies
	// a list is divided, leastPart how many studies the smallest are to have.
	sampleParts, leastPart = 64, 24
	// sampleOf is one in how many windows is looked at, roundOf that of a list
	// of a length that somebody may have set. The first and the last window,
	// which are open, come in addition.
	sampleOf, roundOf = 8, 3
	// sampleConfidence is that with which a sample would have shown a cut.
	sampleConfidence = 0.99
)

// confirm checks a whole list by what costs the archive little: the number of
// studies that a web service of it states, or a sample of the list's windows.
// ok is false where neither decides; then the list is checked in full. What
// confirmed it is said in words.
func (c *counter) confirm(ans answer) (v verdict, why string, ok bool) {
	n := c.t.listed()
	switch {
	case c.o.Verify == VerifyFull || n == 0:
		return 0, "", false
	case c.o.Stated == n && !c.t.seen.full:
		return proven, "", true // the reason is given where the two are compared
	case n < fullBelow || c.t.seen.full && c.t.datelessSums.studies > 0:
		return 0, "", false
	}
	s := c.sampleWindows(ans)
	for _, w := range s.windows {
		if ok, cut := s.look(w); cut {
			return truncated, "", true
		} else if !ok {
			return 0, "", false
		}
	}
	if ok, cut := s.dateless(); !ok || cut {
		return truncated, "", cut
	}
	return proven, s.words(), true
}

// listSample is a sample of the windows of a list, each of which is asked for
// again.
type listSample struct {
	check   *check
	sweeper *sweeper // for lists too long to be remembered
	windows []window
	of      int
	// studies is how many studies the windows held.
	studies int64
}

// sampleWindows chooses windows at random, after the first and the last.
func (c *counter) sampleWindows(ans answer) *listSample {
	s := &listSample{check: &check{counter: c, limit: ans.raw}}
	s.check.reset()
	if c.t.seen.full {
		s.sweeper = newSweeper(c, ans)
		s.sweeper.longest[dateShape], s.sweeper.longest[timeShape] = ans.raw, ans.raw
	}
	target := max(ans.raw/sampleParts, leastPart)
	var all []window
	for _, w := range c.t.days.plan(min(target, int64(c.t.leaf.room()))) {
		all = append(all, c.thin(w, target)...)
	}
	s.of = len(all)
	edges := 1
	if len(all) > 1 {
		all[1], all[len(all)-1] = all[len(all)-1], all[1]
		edges = 2
	}
	rest := all[edges:]
	random := rand.New(rand.NewPCG(c.o.Seed, uint64(ans.raw)))
	random.Shuffle(len(rest), func(i, j int) { rest[i], rest[j] = rest[j], rest[i] })
	one := sampleOf
	if survey.CouldBeLimit(ans.raw) {
		one = roundOf
	}
	s.windows = all[:edges+(len(rest)+one-1)/one]
	return s
}

// thin divides a day with many more studies than a window is to have by time.
func (c *counter) thin(w window, target int64) []window {
	n, ok := c.t.days.in(w)
	if !ok || w.days() != 1 || n < 2*target {
		return []window{w}
	}
	return w.split(min(n/target, sampleParts), 0)
}

// look asks for a window. ok is false where the archive does not list it so that
// anything follows, cut says that the list lacks a study.
func (s *listSample) look(w window) (ok, cut bool) {
	if s.sweeper == nil {
		inside, ok := s.check.part(w)
		s.studies += inside
		return ok, s.check.truncated
	}
	expected, known := s.check.t.days.in(w)
	before := s.sweeper.inside
	if s.sweeper.visit(w); s.sweeper.gap() != "" || s.sweeper.duplicates > 0 || w.until != 0 || !known {
		return false, false
	}
	inside := s.sweeper.inside - before
	s.studies += inside
	return inside == expected, inside > expected
}

// dateless asks for the studies without a date, where the list has any, by a
// range that holds empty dates in archives that compare dates as text.
func (s *listSample) dateless() (ok, cut bool) {
	c := s.check.counter
	if c.t.dateless.n == 0 {
		return s.check.ranges || s.sweeper != nil || s.check.tryRange(), s.check.truncated
	}
	c.t.begin(window{text: "-0"})
	ans := c.list(c.t.window.keys(c.extra, true), c.t.takeCheck)
	found := c.t.got.marked + c.t.got.duplicates
	return ans.end == complete && ans.raw < s.check.limit && found >= int64(c.t.dateless.n), c.t.got.fresh > 0
}

// words say what the sample showed: with so many of the list's studies asked for
// again, a list that lacked this many studies, whatever their dates, would have
// shown one of them.
func (s *listSample) words() string {
	share := float64(s.studies) / float64(s.check.t.listed())
	if share >= 1 || s.studies == 0 {
		return ""
	}
	missing := int64(math.Ceil(math.Log(1-sampleConfidence) / math.Log(1-share)))
	return fmt.Sprintf("%d of %d parts of the list, chosen at random, were queried again and hold no other study; were it cut and lacked %d studies or more of whatever dates, one would have shown with %.0f %% confidence",
		len(s.windows), s.of, missing, 100*sampleConfidence)
}
