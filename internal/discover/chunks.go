package discover

import (
	"math"
	"math/bits"
	"sync"
	"sync/atomic"
	"time"
)

// chunkSize is how many positions of the order are kept account of together.
// An interrupted sweep goes on at the beginning of a chunk.
const chunkSize = 4096

// maxChunks bounds the chunks that are not finished yet; each takes about a
// kilobyte.
const maxChunks = 8192

// chunk is a run of positions of the order, gone through in one or more
// passes: after the first, only what was silent is tried again.
type chunk struct {
	start    uint64
	n        uint32 // positions, chunkSize but in the last
	pass     int    // from 1
	answered uint32 // settled when the last pass ended
	useless  int    // passes that lost most of what they sent
	next     uint32 // steps of the pass that were issued
	waiting  int    // attempts of the pass whose outcome is not known
	sent     int    // probes of the pass
	settled  [chunkSize / 64]uint64
	// first and last are when the pass sent its first and its last probe.
	first, last time.Time
	// missing is the share of what was silent that is there all the same, as
	// far as loss goes: the product over the passes. NaN where nothing is known.
	missing float64
	tries   int // packets that each silent position got, in all passes
	// hosts are those found in the chunk whose results are not saved yet.
	hosts atomic.Int32
	over  bool // all passes are done
}

// offset is the position of a step within the chunk. Later passes go in
// another order than the first, so that what fell into one gap is not sent
// together again.
func (c *chunk) offset(step uint32) uint32 {
	if c.pass == 1 {
		return step
	}
	return (step*2654435761 + uint32(c.pass)*40503) % chunkSize
}

func (c *chunk) isSettled(offset uint32) bool {
	return offset >= c.n || c.settled[offset/64]&(1<<(offset%64)) != 0
}

func (c *chunk) settle(offset uint32) { c.settled[offset/64] |= 1 << (offset % 64) }

// probed notes that a probe of the pass was sent.
func (c *chunk) probed(now time.Time) {
	if c.sent == 0 {
		c.first = now
	}
	c.last = now
	c.sent++
}

// silent is how many positions have not been settled.
func (c *chunk) silent() uint32 {
	var n int
	for _, w := range c.settled {
		n += bits.OnesCount64(w)
	}
	return c.n - uint32(n)
}

// chunks hands out the order in chunks and knows up to where it is done.
type chunks struct {
	order *Order

	mu     sync.Mutex
	next   uint64   // first position that was not handed out
	open   []*chunk // not finished, by start
	again  []*chunk // waiting for another pass
	closed uint64   // all before is done
	// expected is the sum of missing over the positions that are done; known
	// how many of them have one.
	expected float64
	known    uint64
	// tries counts the positions that are done and known by their tries.
	tries [mostTries + 1]uint64
}

// mostTries is more than all passes together make.
const mostTries = 3 * (maxPasses + maxUseless)

func newChunks(o *Order, position uint64) *chunks {
	if position < o.Len() {
		position -= position % chunkSize
	} else {
		position = o.Len()
	}
	return &chunks{order: o, next: position, closed: position}
}

// take returns a chunk to go through: one that needs another pass before a new
// one, which is left out when fresh is false. It returns nil when there is none
// at the moment.
func (c *chunks) take(fresh bool) *chunk {
	c.mu.Lock()
	defer c.mu.Unlock()
	if n := len(c.again); n > 0 {
		k := c.again[0]
		c.again = c.again[1:]
		return k
	}
	if !fresh || c.next >= c.order.Len() || len(c.open) >= maxChunks {
		return nil
	}
	k := &chunk{start: c.next, n: uint32(min(chunkSize, c.order.Len()-c.next)), pass: 1, missing: 1}
	c.next += uint64(k.n)
	c.open = append(c.open, k)
	return k
}

// passed ends a pass; with more the chunk gets another.
func (c *chunks) passed(k *chunk, more bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if more {
		k.pass, k.next, k.sent = k.pass+1, 0, 0
		c.again = append(c.again, k)
		return
	}
	k.over = true
	c.advance()
}

// saved notes that a host of the chunk is saved.
func (c *chunks) saved(k *chunk) {
	if k.hosts.Add(-1) == 0 {
		c.mu.Lock()
		defer c.mu.Unlock()
		c.advance()
	}
}

// advance closes the chunks at the beginning that are finished.
func (c *chunks) advance() {
	for len(c.open) > 0 && c.open[0].over && c.open[0].hosts.Load() == 0 {
		k := c.open[0]
		c.open = c.open[1:]
		c.closed = k.start + uint64(k.n)
		if k.missing == k.missing { // not NaN
			c.expected += k.missing * float64(k.n)
			c.known += uint64(k.n)
			c.tries[min(k.tries, mostTries)] += uint64(k.n)
		}
	}
}

// position is the first position that is not done.
func (c *chunks) position() uint64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.closed
}

// finished reports whether all passes of all chunks are over, whatever is
// still to be saved.
func (c *chunks) finished() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, k := range c.open {
		if !k.over {
			return false
		}
	}
	return c.next >= c.order.Len()
}

// missed is the mean of missing over the positions that are done and have one,
// and how many these are.
func (c *chunks) missed() (share float64, positions uint64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.known == 0 {
		return 0, 0
	}
	return c.expected / float64(c.known), c.known
}

// missedAt is the share that the positions that are done miss of what is there,
// where each packet is lost with a probability.
func (c *chunks) missedAt(loss float64) float64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.known == 0 {
		return 0
	}
	sum := 0.0
	for tries, n := range c.tries {
		if n > 0 {
			sum += float64(n) * math.Pow(loss, float64(tries))
		}
	}
	return sum / float64(c.known)
}
