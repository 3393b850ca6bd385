package gate_test

import (
	"context"
	"errors"
	"net/netip"
	"testing"
	"time"

	"leadglass/internal/gate"
)

// TestBoundedNetworks: however many networks there are, the memory for their
// rates is bounded, and forgetting one does not give it turns.
func TestBoundedNetworks(t *testing.T) {
	const room = 100
	rates := gate.NewNetworkRates(1000, room)
	for i := range 5000 {
		addr := netip.AddrFrom4([4]byte{10, byte(i >> 8), byte(i), 1})
		if err := rates.Wait(t.Context(), addr); err != nil {
			t.Fatal(err)
		}
		if rates.Len() > room {
			t.Fatalf("%d networks remembered", rates.Len())
		}
	}
	slow := gate.NewNetworkRates(1, 1)
	if err := slow.Wait(t.Context(), here); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if err := slow.Wait(ctx, mustAddr("10.0.0.1")); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("a busy network was forgotten for another: %v", err)
	}
}

func mustAddr(s string) netip.Addr { return netip.MustParseAddr(s) }
