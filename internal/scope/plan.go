package scope

import (
	"net/netip"
	"time"

	"leadglass/internal/survey"
)

// What one pair of an address and a port costs when nobody answers. It is tried
// in two passes. By connecting, the system sends the SYN again after 1 s and
// 3 s in each; a SYN sweep sends one. Hosts that answer cost less, but for one
// packet more in 16, by which loss is measured.
const (
	passes          = 2
	packetsPerProbe = 3
	// bytesPerPacket is an IPv6 header (40) and a TCP header with the options
	// of a SYN (40); IPv4 takes 20 fewer. A SYN sweep has fewer options.
	bytesPerPacket = 80
	bytesPerSYN    = 64
)

// PlanSchema names the form of a plan's JSON (docs/schema).
const PlanSchema = "leadglass.scope-plan/1"

// Plan is what a sweep of the scope would send. Talking to the services that
// the sweep finds comes on top, for each host within the scope's limits.
type Plan struct {
	// Schema names the form of the JSON.
	Schema string `json:"schema"`
	// Authority says who ordered the survey; SourceAddresses are those from which
	// it connects, as the scope file has them.
	Authority       survey.Authority `json:"authority"`
	SourceAddresses []netip.Addr     `json:"source_addresses,omitempty"`
	// Addresses includes one for each name that is not resolved yet, where
	// names permit addresses (see Scope.Resolved).
	Addresses uint64 `json:"addresses"`
	Names     int    `json:"names"`
	// NotSwept are IPv6 prefixes too large to sweep; see Scope.Enumerable.
	NotSwept []netip.Prefix `json:"not_swept,omitempty"`
	Ports    int            `json:"ports"`
	// Probes is addresses times ports.
	Probes uint64 `json:"probes"`
	// HL7Ports are tried beyond the sweep, on hosts on which DICOM is found:
	// HL7Probes connections at most, should that be every address.
	HL7Ports  int    `json:"hl7_ports"`
	HL7Probes uint64 `json:"hl7_probes"`
	// Packets and Bytes are what is sent when no host answers, by connecting;
	// SYNPackets and SYNBytes with --syn.
	Packets    uint64 `json:"packets"`
	Bytes      uint64 `json:"bytes"`
	SYNPackets uint64 `json:"syn_packets"`
	SYNBytes   uint64 `json:"syn_bytes"`
	// Time is the least time that the rates permit, for one pass.
	Time        time.Duration `json:"-"`
	TimeSeconds float64       `json:"seconds"`
	// PeakNetwork is the network with the most probes, PeakNetworkProbes how
	// many. PeakNetworkRate is the rate that no network gets more than, in
	// probes a second.
	PeakNetwork       netip.Prefix `json:"peak_network,omitzero"`
	PeakNetworkProbes uint64       `json:"peak_network_probes"`
	PeakNetworkRate   int          `json:"peak_network_probes_per_second"`
	// NetworkCount is how many networks there are, as rate.per_network counts
	// them; addresses that names will bring are in none. HeldBack is how many
	// of them their own rate holds back (see NetworkPlan).
	NetworkCount uint64 `json:"networks_count"`
	HeldBack     uint64 `json:"networks_held_back"`
	// Networks are those with the most probes, the most first,
	// MaxPlannedNetworks at most; OtherNetworks is how many more there are, with
	// OtherProbes together, none with more than the last of Networks.
	Networks      []NetworkPlan `json:"networks"`
	OtherNetworks uint64        `json:"networks_other"`
	OtherProbes   uint64        `json:"networks_other_probes"`
}

// Plan computes what a sweep would send. It touches no network.
func (s *Scope) Plan() Plan {
	if s == nil || s.lists == nil {
		return Plan{}
	}
	p := Plan{
		Schema:    PlanSchema,
		Authority: s.Authority.Authority, SourceAddresses: s.Identity.SourceAddresses,
		Addresses: s.Size(),
		Names:     len(s.Names),
		NotSwept:  s.lists.tooLarge,
		Ports:     len(s.Ports.DICOM) + len(s.Ports.HTTP),
		HL7Ports:  len(s.Ports.HL7),
	}
	p.Addresses += s.lists.unresolved()
	p.Probes = p.Addresses * uint64(p.Ports)
	p.HL7Probes = p.Addresses * uint64(p.HL7Ports)
	p.Packets = p.Probes * passes * packetsPerProbe
	p.Bytes = p.Packets * bytesPerPacket
	p.SYNPackets = p.Probes * passes
	p.SYNBytes = p.SYNPackets * bytesPerSYN
	p.planNetworks(s.lists, s.Rate)
	p.PeakNetworkRate = min(s.Rate.PerNetwork.ProbesPerSecond, s.Rate.ProbesPerSecond)
	p.TimeSeconds = max(float64(p.Probes)/float64(s.Rate.ProbesPerSecond),
		float64(p.PeakNetworkProbes)/float64(p.PeakNetworkRate))
	p.Time = time.Duration(p.TimeSeconds * float64(time.Second))
	return p
}

// unresolved is the number of names that will bring addresses but have not.
func (l *lists) unresolved() uint64 {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.pinning {
		return 0
	}
	return uint64(len(l.names) - len(l.done))
}

// NetworkOf is the network that addr's probes are counted under: an IPv4
// network of the given prefix length, an IPv6 /48.
func NetworkOf(addr netip.Addr, bits int) netip.Prefix {
	addr = addr.Unmap()
	if addr.Is6() {
		bits = 48
	}
	p, err := addr.WithZone("").Prefix(bits)
	if err != nil {
		return netip.Prefix{}
	}
	return p
}
