package discover

import (
	"math/rand/v2"
	"net/netip"
	"time"
)

// responder is a port that has answered.
type responder struct {
	at   netip.AddrPort
	open bool
	used time.Time
}

// How long one responder is left alone: a host that refuses has little work
// with it, one that accepts notes a connection.
const (
	restClosed = time.Second
	restOpen   = 10 * time.Second
)

const maxResponders = 4096

// responders are ports that have answered, from which canaries are chosen.
type responders struct{ all []responder }

// add remembers a responder; when there are many it takes the place of
// another.
func (r *responders) add(n responder) {
	if len(r.all) < maxResponders {
		r.all = append(r.all, n)
		return
	}
	r.all[rand.IntN(len(r.all))] = n
}

// pick chooses a responder that has rested; nil when it finds none.
func (r *responders) pick(now time.Time) *responder {
	if len(r.all) == 0 {
		return nil
	}
	for range 4 {
		c := &r.all[rand.IntN(len(r.all))]
		rest := restClosed
		if c.open {
			rest = restOpen
		}
		if now.Sub(c.used) >= rest {
			c.used = now
			return c
		}
	}
	return nil
}
