package gate

import (
	"context"
	"net/netip"
)

// NetworkRates lets a test see the memory of the networks' rates.
type NetworkRates struct{ n *networks }

// NewNetworkRates has room for most networks.
func NewNetworkRates(perSecond, most int) NetworkRates {
	return NetworkRates{newNetworks(perSecond, 24, most)}
}

// Wait waits for a turn.
func (r NetworkRates) Wait(ctx context.Context, addr netip.Addr) error { return r.n.wait(ctx, addr) }

// Len is how many networks are remembered.
func (r NetworkRates) Len() int {
	r.n.mu.Lock()
	defer r.n.mu.Unlock()
	return len(r.n.buckets)
}
