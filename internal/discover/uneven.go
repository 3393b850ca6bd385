package discover

import (
	"cmp"
	"math"
	"net/netip"
	"slices"
	"sync"
	"time"

	"leadglass/internal/scope"
)

const (
	// groupFrom is how many canaries make a group.
	groupFrom = 50
	// maxGroups bounds the networks of which account is kept; when there are
	// more, wider ones are taken together.
	maxGroups = 4096
	// widerBy is by how many bits a wider network is wider.
	widerBy = 2
	// judgedEvery is how long a judgement on groups is good.
	judgedEvery = 250 * time.Millisecond
)

// uneven keeps account of what single networks lose. A loss that is the same
// everywhere is known best from all canaries of the time (see pace); where one
// part of the scope loses half and the rest nothing, the mean of both says
// little about what is missed. It is safe for concurrent use.
type uneven struct {
	bits int // of IPv4 networks in the beginning

	mu       sync.Mutex
	wider    int // by how many bits the networks are wider now
	networks map[netip.Prefix]group
	judged   time.Time
	judgment judgment
}

// group is what is known of a network, or of several.
type group struct {
	sent, lost int64 // canaries
	hosts      int64 // found with an open port
}

func (g group) plus(o group) group {
	return group{g.sent + o.sent, g.lost + o.lost, g.hosts + o.hosts}
}

// judgment is what the groups say together.
type judgment struct {
	// differ: some group loses clearly more than all together.
	differ  bool
	groups  []group
	highest float64 // loss of a group
}

func newUneven(bits int) *uneven {
	return &uneven{bits: bits, networks: map[netip.Prefix]group{}}
}

// canary notes what became of one.
func (u *uneven) canary(addr netip.Addr, lost bool) {
	g := group{sent: 1}
	if lost {
		g.lost = 1
	}
	u.add(addr, g)
}

// found notes a host.
func (u *uneven) found(addr netip.Addr) { u.add(addr, group{hosts: 1}) }

func (u *uneven) add(addr netip.Addr, g group) {
	u.mu.Lock()
	defer u.mu.Unlock()
	network := widened(scope.NetworkOf(addr, u.bits), u.wider)
	u.networks[network] = u.networks[network].plus(g)
	for len(u.networks) > maxGroups {
		u.wider += widerBy
		all := u.networks
		u.networks = map[netip.Prefix]group{}
		for network, g := range all {
			wider := widened(network, widerBy)
			u.networks[wider] = u.networks[wider].plus(g)
		}
	}
}

// widened is the network by so many bits wider that a network is part of.
func widened(network netip.Prefix, by int) netip.Prefix {
	p, _ := network.Addr().Prefix(max(0, network.Bits()-by))
	return p
}

// judge makes a judgement, unless there is one of a moment ago.
func (u *uneven) judge(now time.Time) judgment {
	u.mu.Lock()
	defer u.mu.Unlock()
	if now.Sub(u.judged) >= judgedEvery {
		u.judged, u.judgment = now, judge(u.networks)
	}
	return u.judgment
}

// judge gathers networks to groups with enough canaries each, networks next to
// each other first, and looks whether they differ. What is left over is a group
// of its own.
func judge(networks map[netip.Prefix]group) judgment {
	var j judgment
	var all group
	rest := networks
	for len(rest) > 0 {
		wider := map[netip.Prefix]group{}
		for network, g := range rest {
			if g.sent >= groupFrom || network.Bits() == 0 {
				j.groups = append(j.groups, g)
				all = all.plus(g)
				continue
			}
			above := widened(network, widerBy)
			wider[above] = wider[above].plus(g)
		}
		rest = wider
	}
	slices.SortFunc(j.groups, func(a, b group) int { return cmp.Compare(b.sent, a.sent) })
	whole := all.loss()
	for i, g := range j.groups {
		if g.sent < groupFrom {
			// Next to nothing is known of it: it is taken to be like the whole.
			j.groups[i].sent, j.groups[i].lost = all.sent, all.lost
			continue
		}
		j.highest = max(j.highest, float64(g.lost)/float64(g.sent))
		// Four standard errors, and as many single canaries: of a hundred groups
		// that are alike none is this far off.
		n := float64(g.sent)
		if float64(g.lost) > n*whole+4*math.Sqrt(n*whole*(1-whole))+4 {
			j.differ = true
		}
	}
	return j
}

// loss is the group's, never quite 0 (see pace.lossBetween).
func (g group) loss() float64 { return float64(g.lost+1) / float64(g.sent+2) }

// missing is the share of what is there that is missed after so many packets to
// each port, as far as the loss of each group goes: missed is, for a loss, the
// share of a group that has it.
func (j judgment) missing(missed func(loss float64) float64) float64 {
	var there, gone float64
	for _, g := range j.groups {
		share := min(missed(g.loss()), 0.99)
		all := float64(g.hosts) / (1 - share)
		there, gone = there+all, gone+all*share
	}
	if there == 0 {
		return 0
	}
	return gone / there
}
