package census

import (
	"context"
	"testing"
	"time"

	"leadglass/dicom/dimse"
)

// paced is a pace whose rests are noted and not slept.
func paced() (*pace, *[]time.Duration) {
	var rests []time.Duration
	p := &pace{now: time.Now, before: []time.Duration{time.Millisecond}}
	p.sleep = func(_ context.Context, d time.Duration) { rests = append(rests, d) }
	return p, &rests
}

func answered(pending int64, first, whole time.Duration) dimse.FindResult {
	return dimse.FindResult{Pending: pending, FirstByte: first, Duration: whole}
}

// TestPaceOfSearches: a search that walks the whole archive and finds nothing
// waits long for its answer however well the archive is.
func TestPaceOfSearches(t *testing.T) {
	p, rests := paced()
	for range 3 {
		p.query(t.Context(), answered(100_000, 2*time.Millisecond, 50*time.Millisecond))
	}
	for range 20 {
		p.query(t.Context(), answered(0, 60*time.Millisecond, 60*time.Millisecond))
		p.query(t.Context(), answered(100_000, 2*time.Millisecond, 50*time.Millisecond))
	}
	if len(*rests) > 0 {
		t.Errorf("rested %v though nothing slowed down", *rests)
	}
	p.query(t.Context(), answered(0, 200*time.Millisecond, 200*time.Millisecond))
	if len(*rests) != 1 || (*rests)[0] != 200*time.Millisecond {
		t.Errorf("rests %v after a search took three times as long, want one as long as the search", *rests)
	}
}

// TestPaceOfLists: a list that starts late for its length halves the pace, and
// the pace rises again when lists start in time.
func TestPaceOfLists(t *testing.T) {
	p, rests := paced()
	for range 3 {
		p.query(t.Context(), answered(10_000, 50*time.Millisecond, 100*time.Millisecond))
	}
	p.query(t.Context(), answered(20_000, 100*time.Millisecond, 200*time.Millisecond)) // twice the list
	if len(*rests) > 0 {
		t.Fatalf("rested %v though nothing slowed down", *rests)
	}
	slowed := answered(10_000, 150*time.Millisecond, 200*time.Millisecond)
	p.query(t.Context(), slowed)
	p.query(t.Context(), slowed)
	if p.share != 0.25 || len(*rests) != 2 || (*rests)[1] != 600*time.Millisecond {
		t.Errorf("share %v after rests %v, want a quarter: 200 ms of work, 600 ms of rest", p.share, *rests)
	}
	for range 7 {
		p.query(t.Context(), answered(10_000, 50*time.Millisecond, 100*time.Millisecond))
	}
	if p.share != 1 {
		t.Errorf("share %v after the archive recovered, want 1", p.share)
	}
}
