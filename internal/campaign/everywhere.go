package campaign

import (
	"fmt"
	"net/netip"
	"sync"

	"leadglass/internal/discover"
	"leadglass/internal/scope"
	"leadglass/internal/survey"
)

// A network in which every address accepts every connection, as behind a device
// that answers for all of them, costs the full waiting time of every port of
// every address. Of such a network a sample is examined.
const (
	// sampleAddresses of a /24, or of a /64 of IPv6, are examined before it is
	// judged; of a wide network, sampleWide, and then sampleWithin of each network
	// within it.
	sampleAddresses = 16
	sampleWide      = 64
	sampleWithin    = 2
	// sampleAlike is the share of them that must accept everywhere and answer alike.
	sampleAlike = 0.9
	// samplePorts is of how many ports a host must accept all to accept everywhere.
	samplePorts = 3
	// sampleDiffer is how many hosts of a network may differ while its sample is
	// identified before the others: in other networks nothing waits.
	sampleDiffer = 2
)

// everywhere counts, by network, the hosts that accept connections on every port
// and turn out to be no archive. Hosts are swept in an order that follows no
// network, so those that come first are a random sample. It is safe for
// concurrent use.
type everywhere struct {
	mu       sync.Mutex
	networks map[netip.Prefix]*answering
	// waiting are hosts that accept everywhere, by their wide network, until
	// those under way show whether it answers everywhere.
	waiting map[netip.Prefix][]waitingHost
}

// waitingHost is a host that was swept and has not been identified.
type waitingHost struct {
	visit *visit
	found discover.Found
}

// answering is what was seen of a network.
type answering struct {
	examined int // hosts with an open port
	underWay int // hosts that are being identified
	differ   int // hosts that do not accept everywhere
	archives int // of them, those that accept everywhere and may be an archive
	// alike counts the hosts that accept everywhere, by what answered.
	alike map[string]int
}

// answers reports whether of the network's hosts at least so many were examined,
// and nearly all are alike and no archives. With wide, archives
// may be among the others.
func (a *answering) answers(least int, wide bool) bool {
	if a == nil || a.examined < least || a.archives > 0 && !wide {
		return false
	}
	most := 0
	for _, n := range a.alike {
		most = max(most, n)
	}
	return float64(most) >= sampleAlike*float64(a.examined)
}

// networksOf are the network of an address, and the wide one around it.
func networksOf(addr netip.Addr) (network, wide netip.Prefix) {
	if addr = addr.Unmap(); addr.Is4() {
		return scope.NetworkOf(addr, 24), scope.NetworkOf(addr, 16)
	}
	network = netip.PrefixFrom(addr, 64).Masked()
	return network, netip.PrefixFrom(addr, 48).Masked()
}

// of is what was seen of a network. The caller holds the lock.
func (e *everywhere) of(p netip.Prefix) *answering {
	a := e.networks[p]
	if a == nil {
		if e.networks == nil {
			e.networks, e.waiting = map[netip.Prefix]*answering{}, map[netip.Prefix][]waitingHost{}
		}
		a = &answering{alike: map[string]int{}}
		e.networks[p] = a
	}
	return a
}

// enter reports whether a host is to be identified now, and counts it as under
// way. It is not where its network answers everywhere, or where enough others are
// under way that will show it.
func (e *everywhere) enter(addr netip.Addr) bool {
	if _, answers := e.judge(addr); answers {
		return false
	}
	network, wide := networksOf(addr)
	e.mu.Lock()
	defer e.mu.Unlock()
	n, w := e.of(network), e.of(wide)
	if n.underWay >= sampleAddresses && n.differ <= sampleDiffer || w.underWay >= sampleWide && w.differ <= sampleDiffer {
		return false
	}
	e.start(network, wide)
	return true
}

// wait puts a host aside that accepts everywhere; false where no other host is
// under way that would take it up again, and then this one is.
func (e *everywhere) wait(h waitingHost) bool {
	network, wide := networksOf(h.found.Candidate.Address)
	e.mu.Lock()
	defer e.mu.Unlock()
	if w := e.of(wide); w.underWay > 0 {
		e.waiting[wide] = append(e.waiting[wide], h)
		return true
	}
	e.start(network, wide)
	return false
}

// begin counts a host as under way that does not wait for others.
func (e *everywhere) begin(addr netip.Addr) {
	network, wide := networksOf(addr)
	e.mu.Lock()
	defer e.mu.Unlock()
	e.start(network, wide)
}

// start counts a host as under way. The caller holds the lock.
func (e *everywhere) start(network, wide netip.Prefix) {
	e.of(network).underWay++
	e.of(wide).underWay++
}

// next takes a host up again that waits in the wide network of an address, and
// counts it as under way; false where none does.
func (e *everywhere) next(addr netip.Addr) (waitingHost, bool) {
	_, wide := networksOf(addr)
	e.mu.Lock()
	defer e.mu.Unlock()
	all := e.waiting[wide]
	if len(all) == 0 {
		return waitingHost{}, false
	}
	h := all[0]
	e.waiting[wide] = all[1:]
	network, _ := networksOf(h.found.Candidate.Address)
	e.start(network, wide)
	return h, true
}

// leave ends the work on a host that was under way. services are what was
// identified; nil where it was not.
func (e *everywhere) leave(f discover.Found, services []survey.Service) {
	shape, archive := shapeOf(services)
	network, wide := networksOf(f.Candidate.Address)
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, p := range []netip.Prefix{network, wide} {
		a := e.of(p)
		a.underWay--
		if services == nil {
			continue
		}
		a.examined++
		switch {
		case !acceptsAll(f): // it differs, and such hosts are examined
			a.differ++
		case archive:
			a.archives++
		default:
			a.alike[shape]++
		}
	}
}

// interrupted forgets which hosts are under way and which wait: a sweep ended
// before it was through with them, and the next one finds them again. What was
// seen of the networks stays.
func (e *everywhere) interrupted() {
	e.mu.Lock()
	defer e.mu.Unlock()
	clear(e.waiting)
	for _, a := range e.networks {
		a.underWay = 0
	}
}

// judge says whether a network was found to answer everywhere, and then of which
// one how many addresses were examined.
func (e *everywhere) judge(addr netip.Addr) (survey.NotExamined, bool) {
	network, wide := networksOf(addr)
	e.mu.Lock()
	defer e.mu.Unlock()
	of := e.networks[network]
	if of.answers(sampleAddresses, false) || of.answers(sampleWithin, false) && e.networks[wide].answers(sampleWide, true) {
		return survey.NotExamined{Network: network.String(), Examined: int64(of.examined)}, true
	}
	return survey.NotExamined{}, false
}

// acceptsAll reports whether every port that was tried accepted a connection, and
// enough were tried.
func acceptsAll(f discover.Found) bool {
	return len(f.Open) >= samplePorts && f.Refused+f.Silent == 0 && f.Err == nil
}

// shapeOf is what the services of a host have in common with those of another,
// and whether any may be one of an archive.
func shapeOf(services []survey.Service) (shape string, archive bool) {
	pages := map[string]bool{}
	for _, s := range services {
		archive = archive || s.IsArchive() || s.Protocol == survey.ProtocolDICOM || s.DICOMweb != nil || s.Product.Known()
		if h := s.HTTP; h != nil {
			archive = archive || h.Viewer || h.Page != "" || len(h.OpenAPI) > 0
			pages[fmt.Sprint(h.Status, h.AuthRequired, h.Shape)] = true
		}
	}
	return fmt.Sprint(pages), archive // maps are printed in the order of their keys
}

// notExamined is the record of a host of a network that answers everywhere. That
// something accepts its connections is all that is known of it.
func (r *Run) notExamined(c survey.Candidate, why survey.NotExamined) survey.Record {
	f := r.Unreachable(c, discover.Found{}).Finding
	reason := fmt.Sprintf("not examined: the addresses of %s accept connections on every port; %d of them were examined, and none was an archive", why.Network, why.Examined)
	f.Verdict, f.NotExamined, f.Incomplete, f.Counts = survey.NotDICOM, &why, &reason, survey.NotCounted(reason)
	return survey.Record{SurveyID: r.SurveyID, RequestedPort: c.Port, Finding: f}
}
