package gate

import (
	"context"
	"io"
	"net"
	"net/netip"
)

// NewRecords is the connection below TLS.
func NewRecords(c net.Conn) net.Conn { return newRecords(c) }

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

// Waiting is how many bytes of a private body wait in its buffer.
func Waiting(body io.ReadCloser) int {
	return body.(*limitedBody).body.(*privateBody).buffer.Buffered()
}

// Left is how many bytes of a private body that is closed are still in its
// buffer.
func Left(body io.ReadCloser) (left int) {
	b := body.(*limitedBody).body.(*privateBody).buffer
	held, _ := b.Peek(b.Size())
	for _, c := range held {
		if c != 0 {
			left++
		}
	}
	return left
}
