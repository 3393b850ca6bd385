package scope

import (
	"cmp"
	"container/heap"
	"iter"
	"net/netip"
	"slices"
	"time"
)

// MaxPlannedNetworks bounds Plan.Networks.
const MaxPlannedNetworks = 1000

// NetworkPlan is what a sweep would send to one network.
type NetworkPlan struct {
	Network netip.Prefix `json:"network"`
	Probes  uint64       `json:"probes"`
	// PeakRate is the most probes a second that the network will see: the rate
	// for one network, or all its probes where these are fewer. A tenth of a
	// second's worth may come in one burst.
	PeakRate uint64 `json:"peak_probes_per_second"`
	// Time is the least time that its own rate permits, for one pass.
	Time        time.Duration `json:"-"`
	TimeSeconds float64       `json:"seconds"`
	// HeldBack: its own rate makes the network's part of the sweep longer than
	// the rate of the whole does.
	HeldBack bool `json:"held_back"`
}

// planNetworks fills in what the plan says of networks.
func (p *Plan) planNetworks(l *lists, r Rate) {
	own := uint64(min(r.PerNetwork.ProbesPerSecond, r.ProbesPerSecond))
	var top smallest
	var all uint64
	for run := range l.networkRuns(r.PerNetwork.Prefix) {
		probes := run.addresses * uint64(p.Ports)
		held := float64(probes)/float64(own) > float64(p.Probes)/float64(r.ProbesPerSecond)
		p.NetworkCount += run.networks
		all += run.networks * probes
		if held {
			p.HeldBack += run.networks
		}
		for i := uint64(0); i < run.networks && top.wants(probes); i++ {
			seconds := float64(probes) / float64(own)
			top.add(NetworkPlan{Network: run.at(i), Probes: probes, PeakRate: min(own, probes), HeldBack: held,
				TimeSeconds: seconds, Time: time.Duration(seconds * float64(time.Second))})
		}
	}
	p.Networks = append([]NetworkPlan{}, top...) // in JSON a list, also when empty
	slices.SortFunc(p.Networks, func(a, b NetworkPlan) int {
		return cmp.Or(cmp.Compare(b.Probes, a.Probes), a.Network.Addr().Compare(b.Network.Addr()))
	})
	p.OtherNetworks = p.NetworkCount - uint64(len(p.Networks))
	for _, n := range p.Networks {
		all -= n.Probes
	}
	p.OtherProbes = all
	if n := len(p.Networks); n > 0 {
		p.PeakNetwork, p.PeakNetworkProbes = p.Networks[0].Network, p.Networks[0].Probes
	}
}

// smallest is a heap of the largest networks met so far, the least on top.
type smallest []NetworkPlan

func (h smallest) Len() int           { return len(h) }
func (h smallest) Less(i, j int) bool { return h[i].Probes < h[j].Probes }
func (h smallest) Swap(i, j int)      { h[i], h[j] = h[j], h[i] }
func (h *smallest) Push(x any)        { *h = append(*h, x.(NetworkPlan)) }
func (h *smallest) Pop() any {
	last := (*h)[len(*h)-1]
	*h = (*h)[:len(*h)-1]
	return last
}

// wants reports whether a network with so many probes belongs to the largest.
func (h smallest) wants(probes uint64) bool {
	return len(h) < MaxPlannedNetworks || probes > h[0].Probes
}

func (h *smallest) add(n NetworkPlan) {
	if len(*h) < MaxPlannedNetworks {
		heap.Push(h, n)
		return
	}
	(*h)[0] = n
	heap.Fix(h, 0)
}

// networkRun is one network after the other, of which the same number of
// addresses is swept.
type networkRun struct {
	first     netip.Prefix
	networks  uint64
	addresses uint64 // of each
}

// at is the network number i of the run; of IPv6 there is one.
func (r networkRun) at(i uint64) netip.Prefix {
	if i == 0 {
		return r.first
	}
	bits := r.first.Bits()
	return netip.PrefixFrom(addr4(uint32(low(r.first.Addr()))+uint32(i<<(32-bits))), bits)
}

// networkRuns yields the networks of the addresses to sweep, in order and each
// once; those that are swept whole come together, so that scopes of any size
// are gone through in little time.
func (l *lists) networkRuns(bits int) iter.Seq[networkRun] {
	return func(yield func(networkRun) bool) {
		var current networkRun // the network that may get more
		done := func() bool { return current.networks == 0 || yield(current) }
		for r := range l.withPinned() {
			for from := r.from; ; {
				network := NetworkOf(from, bits)
				whole := rangeOf(network)
				if network != current.first {
					if !done() {
						return
					}
					current = networkRun{first: network, networks: 1}
				}
				if !whole.to.Less(r.to) {
					current.addresses += addrRange{from, r.to}.size()
					break
				}
				current.addresses += addrRange{from, whole.to}.size()
				from = whole.to.Next()
				if n := wholeNetworks(from, r.to, bits); n > 0 {
					if !done() || !yield(networkRun{NetworkOf(from, bits), n, 1 << (32 - bits)}) {
						return
					}
					current = networkRun{}
					last := addr4(uint32(low(from) + n<<(32-bits) - 1))
					if last == r.to {
						break
					}
					from = last.Next()
				}
			}
		}
		done()
	}
}

// wholeNetworks is how many IPv4 networks lie whole between two addresses, the
// first of which is the beginning of a network.
func wholeNetworks(from, to netip.Addr, bits int) uint64 {
	if !from.Is4() {
		return 0
	}
	return (low(to) - low(from) + 1) >> (32 - bits)
}
