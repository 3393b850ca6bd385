package gate

import (
	"sync/atomic"
	"time"

	"leadglass/internal/survey"
)

// counters is one page of the ledger: a host's, or the gate's for all hosts.
type counters struct {
	connections, refused, lookups atomic.Int64
	sent, received                atomic.Int64
	packets, packetBytes          atomic.Int64
	associations, responses       atomic.Int64
	echoes, finds, gets, moves    atomic.Int64
	cancels, httpRequests         atomic.Int64
	// longestQuery is in nanoseconds.
	longestQuery atomic.Int64
}

func (c *counters) traffic() survey.Traffic {
	return survey.Traffic{
		Associations:  c.associations.Load(),
		Connections:   c.connections.Load(),
		BytesSent:     c.sent.Load(),
		BytesReceived: c.received.Load(),
		DIMSERequests: survey.DIMSERequests{Echo: c.echoes.Load(), Find: c.finds.Load(), Get: c.gets.Load(),
			Move: c.moves.Load(), Cancel: c.cancels.Load()},
		HTTPRequests:   c.httpRequests.Load(),
		Queries:        c.finds.Load(),
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
	c.finds.Store(t.Queries)
	c.echoes.Store(t.DIMSERequests.Echo)
	c.gets.Store(t.DIMSERequests.Get)
	c.moves.Store(t.DIMSERequests.Move)
	c.cancels.Store(t.DIMSERequests.Cancel)
	c.httpRequests.Store(t.HTTPRequests)
	c.responses.Store(t.Responses)
	c.longestQuery.Store(int64(time.Duration(t.LongestQueryMS) * time.Millisecond))
}

// request notes a DIMSE request by its command field (PS3.7 E.1).
func (c *counters) request(command uint16) {
	switch command {
	case 0x0030:
		c.echoes.Add(1)
	case 0x0020:
		c.finds.Add(1)
	case 0x0010:
		c.gets.Add(1)
	case 0x0021:
		c.moves.Add(1)
	case 0x0FFF:
		c.cancels.Add(1)
	}
}

func (c *counters) query(pending int64, took time.Duration) {
	c.responses.Add(pending)
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

// CountRequest notes a DIMSE request that was sent to the host, by its command
// field; see ul.Meter.
func (h *Host) CountRequest(command uint16) {
	h.own.request(command)
	h.gate.all.request(command)
}

// CountResponses notes the pending responses that a query had, and the time from
// the request to its end.
func (h *Host) CountResponses(pending int64, took time.Duration) {
	h.own.query(pending, took)
	h.gate.all.query(pending, took)
}

// countHTTP notes an HTTP request that was sent to the host.
func (h *Host) countHTTP() {
	h.own.httpRequests.Add(1)
	h.gate.all.httpRequests.Add(1)
}

func (h *Host) countSent(n int) {
	h.own.sent.Add(int64(n))
	h.gate.all.sent.Add(int64(n))
}

func (h *Host) countReceived(n int) {
	h.own.received.Add(int64(n))
	h.gate.all.received.Add(int64(n))
}
