package gate

import (
	"context"
	"net/netip"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// maxNetworks bounds the memory for the networks' rates, to about 15 MB.
const maxNetworks = 1 << 16

// burst is a tenth of a second's worth of a rate, at least one.
func burst(perSecond int) int { return max(1, perSecond/10) }

// networks holds a token bucket for each network that was probed lately.
type networks struct {
	perSecond, bits, most int

	mu      sync.Mutex
	buckets map[netip.Prefix]*rate.Limiter
}

func newNetworks(perSecond, bits, most int) *networks {
	return &networks{perSecond: perSecond, bits: bits, most: most, buckets: map[netip.Prefix]*rate.Limiter{}}
}

// wait waits for a turn of addr's network, or for ctx.
func (n *networks) wait(ctx context.Context, addr netip.Addr) error {
	for {
		turn, pause := n.reserve(addr, time.Now())
		if err := sleep(ctx, pause); err != nil {
			if turn != nil {
				turn.Cancel()
			}
			return err
		}
		if turn != nil {
			return nil
		}
	}
}

// reserve takes the network's next turn, which comes after the pause. When
// there is no room for another network, turn is nil and the pause is a while
// after which there may be.
func (n *networks) reserve(addr netip.Addr, now time.Time) (turn *rate.Reservation, pause time.Duration) {
	network := networkOf(addr, n.bits)
	n.mu.Lock()
	defer n.mu.Unlock()
	bucket := n.buckets[network]
	if bucket == nil {
		if len(n.buckets) >= n.most && !n.forget(now) {
			return nil, 10 * time.Millisecond
		}
		bucket = rate.NewLimiter(rate.Limit(n.perSecond), burst(n.perSecond))
		n.buckets[network] = bucket
	}
	turn = bucket.ReserveN(now, 1)
	return turn, turn.DelayFrom(now)
}

// forget drops the buckets that are full again: they are as good as new. It
// reports whether there were any.
func (n *networks) forget(now time.Time) bool {
	before := len(n.buckets)
	for network, bucket := range n.buckets {
		if bucket.TokensAt(now) >= float64(bucket.Burst()) {
			delete(n.buckets, network)
		}
	}
	return len(n.buckets) < before
}

// networkOf is the network that addr belongs to: IPv4 by the given length,
// IPv6 a /48.
func networkOf(addr netip.Addr, bits int) netip.Prefix {
	if addr.Is6() {
		bits = 48
	}
	p, _ := addr.WithZone("").Prefix(bits)
	return p
}

// sleep waits for d or for ctx.
func sleep(ctx context.Context, d time.Duration) error {
	if d <= 0 {
		return ctx.Err()
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}
