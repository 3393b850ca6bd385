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
	burst, most int
	bits, bits6 int // of an IPv4 and of an IPv6 network

	mu        sync.Mutex
	perSecond rate.Limit
	buckets   map[netip.Prefix]*rate.Limiter
}

func newNetworks(perSecond, bits, most int) *networks {
	return &networks{perSecond: rate.Limit(perSecond), burst: burst(perSecond), bits: bits, bits6: 48, most: most,
		buckets: map[netip.Prefix]*rate.Limiter{}}
}

// newHosts is networks of one host each.
func newHosts(perSecond, burst, most int) *networks {
	return &networks{perSecond: rate.Limit(perSecond), burst: burst, bits: 32, bits6: 128, most: most,
		buckets: map[netip.Prefix]*rate.Limiter{}}
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
	n.mu.Lock()
	defer n.mu.Unlock()
	bucket := n.bucket(addr, now)
	if bucket == nil {
		return nil, noRoomPause
	}
	turn = bucket.ReserveN(now, 1)
	return turn, turn.DelayFrom(now)
}

// noRoomPause is a while after which there may be room for another network.
const noRoomPause = 10 * time.Millisecond

// try takes a turn of addr's network if there is one now, and otherwise says
// after which time there may be.
func (n *networks) try(addr netip.Addr, now time.Time) (wait time.Duration) {
	n.mu.Lock()
	defer n.mu.Unlock()
	bucket := n.bucket(addr, now)
	if bucket == nil {
		return noRoomPause
	}
	if bucket.AllowN(now, 1) {
		return 0
	}
	return untilToken(bucket, now)
}

// untilToken is the time until the bucket has a whole token.
func untilToken(bucket *rate.Limiter, now time.Time) time.Duration {
	missing := 1 - bucket.TokensAt(now)
	return max(time.Microsecond, time.Duration(missing/float64(bucket.Limit())*float64(time.Second)))
}

// bucket is that of addr's network; nil when there is no room for another.
func (n *networks) bucket(addr netip.Addr, now time.Time) *rate.Limiter {
	network := n.networkOf(addr)
	bucket := n.buckets[network]
	if bucket == nil {
		if len(n.buckets) >= n.most && !n.forget(now) {
			return nil
		}
		bucket = rate.NewLimiter(n.perSecond, n.burst)
		n.buckets[network] = bucket
	}
	return bucket
}

// set changes the rate of all networks, with the most that may go in one burst.
func (n *networks) set(perSecond rate.Limit, burst int, now time.Time) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.perSecond, n.burst = perSecond, burst
	for _, bucket := range n.buckets {
		bucket.SetLimitAt(now, perSecond)
		bucket.SetBurstAt(now, burst)
	}
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

// networkOf is the network that addr belongs to.
func (n *networks) networkOf(addr netip.Addr) netip.Prefix {
	bits := n.bits
	if addr.Is6() {
		bits = n.bits6
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
