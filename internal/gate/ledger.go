package gate

import (
	"sync/atomic"
	"time"

	"leadglass/internal/survey"
)

// counters is one page of the ledger: a host's, or the gate's for all hosts.
type counters struct {
	connections, refused, lookups    atomic.Int64
	sent, received                   atomic.Int64
	packets, packetBytes             atomic.Int64
	associations, queries, responses atomic.Int64
	// longestQuery is in nanoseconds.
	longestQuery atomic.Int64
}

func (c *counters) traffic() survey.Traffic {
	return survey.Traffic{
		Associations:   c.associations.Load(),
		Connections:    c.connections.Load(),
		BytesSent:      c.sent.Load(),
		BytesReceived:  c.received.Load(),
		Queries:        c.queries.Load(),
		Responses:      c.responses.Load(),
		LongestQueryMS: time.Duration(c.longestQuery.Load()).Milliseconds(),
	}
}

// resume goes on from an earlier account.
func (c *counters) resume(t survey.Traffic) {
	c.associations.Store(t.Associations)
	c.connections.Store(t.Connections)
	c.sent.Store(t.BytesSent)
	c.received.Store(t.BytesReceived)
	c.queries.Store(t.Queries)
	c.responses.Store(t.Responses)
	c.longestQuery.Store(int64(time.Duration(t.LongestQueryMS) * time.Millisecond))
}

func (c *counters) query(responses int64, took time.Duration) {
	c.queries.Add(1)
	c.responses.Add(responses)
	for {
		longest := c.longestQuery.Load()
		if int64(took) <= longest || c.longestQuery.CompareAndSwap(longest, int64(took)) {
			return
		}
	}
}

// Ledger is what went through the gate, of all hosts together.
type Ledger struct {
	survey.Traffic
	// Refused counts what the policy refused: connections, redirects, and
	// addresses that names resolved to.
	Refused int64
	// Lookups counts the host names that were resolved.
	Lookups int64
	// Packets counts the single packets that a SYN sweep sent, PacketBytes
	// their bytes, IP header included. The resets by which the system answers
	// those who accept are not among them.
	Packets, PacketBytes int64
}

// Total is the ledger of everything up to now.
func (g *Gate) Total() Ledger {
	if g == nil {
		return Ledger{}
	}
	return Ledger{Traffic: g.all.traffic(), Refused: g.all.refused.Load(), Lookups: g.all.lookups.Load(),
		Packets: g.all.packets.Load(), PacketBytes: g.all.packetBytes.Load()}
}

// Traffic is the host's ledger up to now.
func (h *Host) Traffic() survey.Traffic { return h.own.traffic() }

// Refused is how often the policy refused the host, redirects from it to other
// addresses included.
func (h *Host) Refused() int64 { return h.own.refused.Load() }

// CountAssociation notes that an association was requested of the host.
func (h *Host) CountAssociation() {
	h.own.associations.Add(1)
	h.gate.all.associations.Add(1)
}

// CountQuery notes a query that was sent to the host, the pending responses
// that it had, and the time from the request to the final response.
func (h *Host) CountQuery(responses int64, took time.Duration) {
	h.own.query(responses, took)
	h.gate.all.query(responses, took)
}

func (h *Host) countSent(n int) {
	h.own.sent.Add(int64(n))
	h.gate.all.sent.Add(int64(n))
}

func (h *Host) countReceived(n int) {
	h.own.received.Add(int64(n))
	h.gate.all.received.Add(int64(n))
}
