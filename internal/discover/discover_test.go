package discover_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"sync"
	"syscall"
	"testing"

	"leadglass/internal/discover"
	"leadglass/internal/survey"
)

func candidates(n int) []survey.Candidate {
	all := make([]survey.Candidate, n)
	for i := range all {
		all[i].Address = netip.AddrFrom4([4]byte{127, 0, byte(i >> 8), byte(i)})
	}
	return all
}

func TestSweepReportsEveryCandidateOnce(t *testing.T) {
	probe := func(_ context.Context, addr netip.Addr, port uint16) error {
		switch {
		case addr.As4()[3]%3 == 0 && port == 104:
			return nil
		case port == 11112:
			return &net.OpError{Op: "dial", Err: syscall.ETIMEDOUT}
		}
		return &net.OpError{Op: "dial", Err: syscall.ECONNREFUSED}
	}
	var mu sync.Mutex
	seen := map[netip.Addr]discover.Found{}
	err := discover.Sweep(t.Context(), probe, slices.Values(candidates(500)), []uint16{104, 11112, 4242}, 32, func(f discover.Found) {
		mu.Lock()
		defer mu.Unlock()
		if _, twice := seen[f.Candidate.Address]; twice {
			t.Errorf("%s was reported twice", f.Candidate.Address)
		}
		seen[f.Candidate.Address] = f
	})
	if err != nil || len(seen) != 500 {
		t.Fatalf("%d of 500 candidates, %v", len(seen), err)
	}
	for addr, f := range seen {
		open := addr.As4()[3]%3 == 0
		want := discover.Found{Candidate: f.Candidate, Refused: 2, Silent: 1}
		if open {
			want.Open, want.Refused = []uint16{104}, 1
		}
		if fmt.Sprint(f) != fmt.Sprint(want) {
			t.Errorf("%s: %+v, want %+v", addr, f, want)
		}
	}
}

func TestSweepEndsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancelCause(t.Context())
	enough := errors.New("enough")
	var mu sync.Mutex
	tried := 0
	probe := func(context.Context, netip.Addr, uint16) error {
		mu.Lock()
		defer mu.Unlock()
		if tried++; tried == 100 {
			cancel(enough)
		}
		return syscall.ECONNREFUSED
	}
	err := discover.Sweep(ctx, probe, slices.Values(candidates(10_000)), []uint16{104}, 4, func(discover.Found) {})
	if !errors.Is(err, enough) || tried > 110 {
		t.Errorf("the sweep tried %d candidates and ended with %v", tried, err)
	}
}

func TestSweepStopsAtAHostItMayNotTouch(t *testing.T) {
	refused := errors.New("outside the scope")
	calls := 0
	probe := func(context.Context, netip.Addr, uint16) error { calls++; return refused }
	err := discover.Sweep(t.Context(), probe, slices.Values(candidates(1)), []uint16{104, 11112}, 1, func(f discover.Found) {
		if !errors.Is(f.Err, refused) {
			t.Errorf("error %v, want %v", f.Err, refused)
		}
	})
	if err != nil || calls != 1 {
		t.Errorf("%d attempts, %v", calls, err)
	}
}
