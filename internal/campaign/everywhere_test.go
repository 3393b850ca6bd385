package campaign_test

import (
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"leadglass/internal/campaign"
	"leadglass/internal/lab"
	"leadglass/internal/scope"
	"leadglass/internal/survey"
)

// kept keeps the findings of a survey.
type kept struct {
	mu       sync.Mutex
	findings map[string]survey.Finding
}

func (*kept) Event(campaign.Event) {}

func (k *kept) Stored(r survey.Record) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.findings[r.Finding.Target.Address] = r.Finding
	return nil
}

// TestHostsUnderWayOfAnInterruptedSweep: the hosts that a sweep had under way when
// it was interrupted keep none of the next one waiting, and those that waited for
// them are not taken up by it: their sweep is over.
func TestHostsUnderWayOfAnInterruptedSweep(t *testing.T) {
	t.Parallel()
	var e campaign.Everywhere
	e.Interrupted() // before the first
	underWay, waits := netip.MustParseAddr("127.40.2.1"), netip.MustParseAddr("127.40.2.2")
	if !e.Enter(underWay) || !e.Wait(waits) {
		t.Fatal("the second host does not wait for the first one")
	}
	e.Interrupted()
	if e.Next(underWay) {
		t.Error("a host of the interrupted sweep is taken up")
	}
	if e.Wait(waits) {
		t.Error("a host waits for one of the interrupted sweep")
	}
}

// TestNetworkThatAnswersEverywhere surveys a /24 in which every address accepts
// connections on all ports and says nothing: a sample is examined, and so are the
// archive that the scope names and the one whose other ports refuse.
func TestNetworkThatAnswersEverywhere(t *testing.T) {
	t.Parallel()
	const named, differs = "127.40.1.77", "127.40.1.178"
	ports := acceptAll(t, named, differs)
	archives(t, ports[0], named, differs)
	s, err := scope.Parse("everywhere.yaml", fmt.Appendf(nil, `version: 1
name: Everywhere
authority: {organisation: Test, contact: test@leadglass.invalid, reference: T-1, valid_from: 2020-01-01, valid_until: %s}
include: [127.40.1.0/26, 127.40.1.128/25, %s]
ports: {dicom: [%d, %d], http: [%d]}
rate: {probes_per_second: 100000, per_network: {prefix: 8, probes_per_second: 100000}}
`, time.Now().AddDate(1, 0, 0).UTC().Format(time.DateOnly), named, ports[0], ports[1], ports[2]), time.Now())
	if err != nil {
		t.Fatal(err)
	}
	k := &kept{findings: map[string]survey.Finding{}}
	c := &campaign.Campaign{Store: filepath.Join(t.TempDir(), "surveys.db"), Version: "test", Log: slog.New(slog.DiscardHandler), Events: k}
	result, err := c.Run(t.Context(), s, campaign.Options{Name: "everywhere", Examiners: 8})
	if err != nil {
		t.Fatal(err)
	}
	var left, examined int
	for address, f := range k.findings {
		switch {
		case address == named || address == differs:
			if !f.Verdict.FreelyAccessible() || f.NotExamined != nil {
				t.Errorf("archive at %s: %s, not examined %v", address, f.Verdict, f.NotExamined)
			}
		case f.NotExamined == nil:
			examined++
		default:
			left++
			if f.Incomplete == nil || f.NotExamined.Network != "127.40.1.0/24" || f.NotExamined.Examined < 16 ||
				f.Verdict.Speaks() || f.Verdict == survey.Unreachable || f.Counts.Studies.Quality != survey.UnknownQuality {
				t.Errorf("%s is left out as %s, %v, %+v", address, f.Verdict, f.Incomplete, f.Counts.Studies)
			}
		}
	}
	// Those that were being identified when the network was recognised come to it.
	if examined < 16 || examined > 2*16+2 || left+examined != 189 {
		t.Errorf("%d examined and %d left out of 189", examined, left)
	}
	if n := result.Totals.NotExamined.Load(); n != int64(left) {
		t.Errorf("the totals say that %d were not examined, want %d", n, left)
	}
	if n := result.Totals.Open.Load(); n != 2 {
		t.Errorf("%d open archives, want 2", n)
	}
}

// acceptAll listens at all addresses of 127.40.1.0/24 on three ports and closes
// the connections; it leaves the first port of both addresses free, and at
// differs the others too.
func acceptAll(t *testing.T, named, differs string) (ports []uint16) {
	t.Helper()
	for kind := range 3 {
		port := "0"
		for host := 1; host < 255; host++ {
			address := fmt.Sprintf("127.40.1.%d", host)
			if address == differs || address == named && kind == 0 {
				continue
			}
			l, err := net.Listen("tcp", net.JoinHostPort(address, port))
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = l.Close() })
			go func() {
				for {
					c, err := l.Accept()
					if err != nil {
						return
					}
					_ = c.Close()
				}
			}()
			_, port, _ = net.SplitHostPort(l.Addr().String())
		}
		n, err := strconv.ParseUint(port, 10, 16)
		if err != nil {
			t.Fatal(err)
		}
		ports = append(ports, uint16(n))
	}
	return ports
}

// archives runs open archives at the addresses.
func archives(t *testing.T, port uint16, addresses ...string) {
	t.Helper()
	var text strings.Builder
	text.WriteString("version: 1\nname: everywhere\nabout: Archives among addresses that accept everything.\nseed: 1\ndates: {first: 2012-01-02, last: 2026-01-30}\narchives:\n")
	for _, address := range slices.Sorted(slices.Values(addresses)) {
		fmt.Fprintf(&text, "  - {name: at %s, address: %s, port: %d, country: AT, site: Clinic, persona: orthanc, contents: {studies: 4, images_linked: 8}, from: modelled}\n", address, address, port)
	}
	fleet, err := lab.Parse("everywhere", []byte(text.String()))
	if err != nil {
		t.Fatal(err)
	}
	running, err := fleet.Run(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = running.Close() })
}
