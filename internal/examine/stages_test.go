package examine_test

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"leadglass/internal/census"
	"leadglass/internal/discover"
	"leadglass/internal/examine"
	"leadglass/internal/gate"
	"leadglass/internal/lab"
	"leadglass/internal/privacy"
	"leadglass/internal/products"
	"leadglass/internal/scope"
	"leadglass/internal/survey"
)

// archives are what the stages are tested with: addresses of this package's own.
const archives = `version: 1
name: stages
about: One archive for each way through the stages.
seed: 7
dates: {first: 2019-01-02, last: 2019-12-30}
archives:
  - name: open, with a web page and numbers
    address: 127.0.77.1
    country: AT
    site: One
    persona: orthanc
    retrieval: get
    contents: {studies: 40, images_linked: 120}
    web: [{port: 18042, page: orthanc-explorer, api: true}]
    from: modelled
  - name: TLS without client certificates
    address: 127.0.77.2
    country: AT
    site: Two
    persona: pynetdicom
    port: 2762
    tls: tls
    certificate: self-signed
    contents: {studies: 30, images_linked: 60}
    from: modelled
  - name: TLS with client certificates
    address: 127.0.77.3
    country: AT
    site: Three
    persona: dcm4chee-arc
    port: 2762
    tls: mutual
    contents: {studies: 30, images_linked: 60}
    from: modelled
  - name: SSH
    address: 127.0.77.4
    country: AT
    site: Four
    speaks: ssh
    port: 11112
  - name: QIDO alone
    address: 127.0.77.5
    country: AT
    site: Five
    persona: dcm4chee-arc
    query: refused
    contents: {studies: 12, images_linked: 36}
    web: [{port: 18080, page: ohif}]
    from: modelled
`

// start runs the archives, and returns a scope of them that change may alter.
func start(t *testing.T, change ...func(*scope.Scope)) *examine.Engine {
	t.Helper()
	fleet, err := lab.Parse("stages.yaml", []byte(archives))
	if err != nil {
		t.Fatal(err)
	}
	running, err := fleet.Run(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = running.Close() })
	return engine(t, change...)
}

// engine examines hosts of 127.0.0.0/8.
func engine(t *testing.T, change ...func(*scope.Scope)) *examine.Engine {
	t.Helper()
	s, err := scope.ForTargets([]string{"127.0.77.1"}, "")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range change {
		c(s)
	}
	table, err := products.Builtin()
	if err != nil {
		t.Fatal(err)
	}
	return &examine.Engine{Gate: gate.New(s, gate.Options{PerNetworkProbesPerSecond: 10_000}), Scope: s, Products: table,
		SketchKey: privacy.NewKey(), Memory: census.NewMemory(census.DefaultMemory),
		Timeouts: examine.Timeouts{Answer: 2 * time.Second, Query: 20 * time.Second}, AuthorisedBy: "the test",
		Attribute: func(a netip.Addr) (survey.Owner, bool) {
			return survey.Owner{Country: "AT"}, strings.HasPrefix(a.String(), "127.0.77.")
		}}
}

func at(address string, ports ...uint16) survey.Candidate {
	return survey.Candidate{Address: netip.MustParseAddr(address), Ports: ports}
}

// examined identifies ports of a host and finishes it.
func examined(t *testing.T, e *examine.Engine, c survey.Candidate, ports ...uint16) survey.Finding {
	t.Helper()
	h := e.Begin(c)
	for _, p := range ports {
		h.Identify(t.Context(), p)
	}
	r, err := h.Finish(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return r.Finding
}

// state is how a check of a finding came out; empty where it was not run.
func state(f survey.Finding, id string) survey.CheckState {
	for _, c := range f.Checks {
		if c.ID == id {
			return c.State
		}
	}
	return ""
}

// TestStages: what each way through the stages comes to.
func TestStages(t *testing.T) {
	e := start(t)
	for _, test := range []struct {
		what, address string
		ports         []uint16
		verdict       survey.Verdict
		protocol      survey.Protocol
		studies       int64
		quality       survey.Quality
		check         string
		state         survey.CheckState
	}{
		{"open", "127.0.77.1", []uint16{18042, 4242}, survey.OpenImages, survey.ProtocolDICOM, 40, survey.Exact, "LG-W06", survey.Fail},
		{"TLS", "127.0.77.2", []uint16{2762}, survey.Open, survey.ProtocolDICOM, 30, survey.Exact, "LG-T04", survey.Fail},
		{"mutual TLS", "127.0.77.3", []uint16{2762}, survey.NotDICOM, survey.ProtocolUnknown, 0, survey.UnknownQuality, "LG-T04", survey.Pass},
		{"no archive", "127.0.77.4", []uint16{11112}, survey.NotDICOM, survey.ProtocolUnknown, 0, survey.UnknownQuality, "", ""},
	} {
		f := examined(t, e, at(test.address, test.ports...), test.ports...)
		s := f.Services[0]
		n, _ := f.Counts.Studies.Int()
		if f.Verdict != test.verdict || s.Protocol != test.protocol || n != test.studies || f.Counts.Studies.Quality != test.quality {
			t.Errorf("%s: %s, %s, studies %v (%s)", test.what, f.Verdict, s.Protocol, f.Counts.Studies, f.Counts.Studies.Reason)
		}
		if test.check != "" && state(f, test.check) != test.state {
			t.Errorf("%s: %s is %q, want %q", test.what, test.check, state(f, test.check), test.state)
		}
		if f.Owner == nil || f.Owner.Country != "AT" || f.AuthorisedBy != "the test" || f.Traffic.BytesSent == 0 {
			t.Errorf("%s: owner %+v, by %q, traffic %+v", test.what, f.Owner, f.AuthorisedBy, f.Traffic)
		}
		if len(test.ports) == 2 && (f.Services[0].Port != 4242 || f.Services[1].Port != 18042) {
			t.Errorf("%s: services at %d and %d, not in the order of the scope", test.what, f.Services[0].Port, f.Services[1].Port)
		}
	}
}

// TestScopeDecides: what a scope forbids is not asked, and said.
func TestScopeDecides(t *testing.T) {
	e := start(t, func(s *scope.Scope) {
		s.CountMode, s.Allow.DICOMweb, s.Allow.Sample = scope.CountOff, false, false
	})
	f := examined(t, e, at("127.0.77.1"), 4242, 18042)
	if f.Counts.Studies.Quality != survey.UnknownQuality || !strings.Contains(f.Counts.Studies.Reason, "counting is off") {
		t.Errorf("studies %+v", f.Counts.Studies)
	}
	if state(f, "LG-D10") != survey.Unknown || state(f, "LG-W06") == survey.Fail {
		t.Errorf("LG-D10 %s, LG-W06 %s", state(f, "LG-D10"), state(f, "LG-W06"))
	}
	if len(f.IdentifyingClasses) != 0 {
		t.Errorf("classes %+v", f.IdentifyingClasses)
	}
}

// TestResume: the second half of the work on a host is the same in another
// process, which has what the first found and nothing else.
func TestResume(t *testing.T) {
	e := start(t)
	for _, c := range []struct {
		address string
		port    uint16
	}{{"127.0.77.1", 4242}, {"127.0.77.2", 2762}} {
		h := e.Begin(at(c.address))
		h.Identify(t.Context(), c.port)
		found := h.Found()
		r, err := engine(t).Resume(found).Finish(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		f := r.Finding
		if n, _ := f.Counts.Studies.Int(); !f.Verdict.FreelyAccessible() || n == 0 || len(r.Sketch) == 0 {
			t.Errorf("%s: %s, studies %v, sketch of %d bytes", c.address, f.Verdict, f.Counts.Studies, len(r.Sketch))
		}
		if f.Traffic.Associations <= found.Traffic.Associations || !f.StartedAt.Equal(found.StartedAt) {
			t.Errorf("%s: traffic %+v after %+v, begun %s, %s", c.address, f.Traffic, found.Traffic, f.StartedAt, found.StartedAt)
		}
	}
}

// TestIdentifyAgain: ports that closed since are left out, and counted.
func TestIdentifyAgain(t *testing.T) {
	e := start(t)
	l, err := net.Listen("tcp", "127.0.77.1:0")
	if err != nil {
		t.Fatal(err)
	}
	port := netip.MustParseAddrPort(l.Addr().String()).Port()
	h := e.Begin(at("127.0.77.1", port))
	h.Identify(t.Context(), 4242)
	go func() { // hangs up on whoever comes
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			_ = c.Close()
		}
	}()
	h.Identify(t.Context(), port)
	if n := len(h.Found().Services); n != 2 {
		t.Fatalf("%d services", n)
	}
	_ = l.Close()
	found := h.IdentifyAgain(t.Context())
	if !slices.Equal(found.Open, []uint16{4242}) || found.Refused != 1 || len(h.Found().Services) != 1 {
		t.Errorf("%+v, %d services", found, len(h.Found().Services))
	}
}

// TestCheckOfAHost finds ports by itself, and says of a host without any what
// it answered.
func TestCheckOfAHost(t *testing.T) {
	e := start(t)
	c := at("127.0.77.1")
	c.Port = 4242
	r, err := e.Check(t.Context(), c)
	if err != nil || r.Finding.Verdict != survey.OpenImages {
		t.Errorf("%s, %v", r.Finding.Verdict, err)
	}
	if state(r.Finding, "LG-N02") == survey.Fail {
		t.Error("a port was named, and another was tried")
	}
	closed := at("127.0.77.9")
	closed.Port = 4242
	r, err = e.Check(t.Context(), closed)
	if err != nil || r.Finding.Verdict != survey.Unreachable || !strings.Contains(r.Finding.Counts.Studies.Reason, "refused") {
		t.Errorf("%s, %v, %v", r.Finding.Verdict, r.Finding.Counts.Studies, err)
	}
}

// TestUnreachable names how the ports answered.
func TestUnreachable(t *testing.T) {
	e := engine(t)
	for want, found := range map[string]discover.Found{
		"2 refused the connection, so the host is there":                       {Refused: 2},
		"of the ports tried, 3 did not answer":                                 {Silent: 3},
		"1 refused the connection, so the host is there, and 2 did not answer": {Refused: 1, Silent: 2},
		"the network is gone":                                                  {Err: fmt.Errorf("the network is gone")},
	} {
		f := e.Unreachable(at("127.0.77.9"), found).Finding
		if !strings.Contains(f.Counts.Studies.Reason, want) || (found.Err != nil) != (f.Incomplete != nil) || f.Owner == nil {
			t.Errorf("%q: %+v, incomplete %v", want, f.Counts.Studies, f.Incomplete)
		}
	}
}

// TestWebService: a page at an odd port, named by a URL, is asked below that
// URL, by the name in it, and counted by what it lists.
func TestWebService(t *testing.T) {
	var hosts []string
	web := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		hosts = append(hosts, r.Host)
		if r.URL.Path != "/some/place/studies" || r.URL.Query().Get("offset") > "0" {
			http.NotFound(w, r)
			return
		}
		w.Header().Set("Content-Type", "application/dicom+json")
		_, _ = io.WriteString(w, `[{"0020000D":{"vr":"UI","Value":["2.25.1"]},"00080020":{"vr":"DA","Value":["20190203"]},"00201208":{"vr":"IS","Value":[3]}}]`)
	}))
	defer web.Close()
	_, port, _ := net.SplitHostPort(web.Listener.Addr().String())
	n, _ := strconv.ParseUint(port, 10, 16)
	c := at("127.0.0.1")
	c.Host, c.Port, c.HTTPURL = "localhost", uint16(n), "http://localhost:"+port+"/some/place"
	f := examined(t, engine(t), c, uint16(n))
	if !f.Verdict.FreelyAccessible() || state(f, "LG-W01") != survey.Fail {
		t.Errorf("%s, LG-W01 %s", f.Verdict, state(f, "LG-W01"))
	}
	if got, _ := f.Counts.Studies.Int(); got != 1 {
		t.Errorf("studies %v (%s)", f.Counts.Studies, f.Counts.Studies.Reason)
	}
	for _, h := range hosts {
		if h != "localhost:"+port {
			t.Errorf("it was called %s", h)
		}
	}
	bad := at("127.0.0.1")
	bad.HTTPURL = "http://%zz"
	h := engine(t).Begin(bad)
	h.Identify(t.Context(), uint16(n))
	if found := h.Found(); found.Incomplete == nil || len(found.Services) != 0 {
		t.Errorf("%+v", found)
	}
}

// TestInterrupted: a host that was not finished is no result.
func TestInterrupted(t *testing.T) {
	e := start(t)
	h := e.Begin(at("127.0.77.1"))
	h.Identify(t.Context(), 4242)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := h.Finish(ctx); err == nil {
		t.Error("a result, though the context had ended")
	}
}

// TestSteps: the log names stages and outcomes, and nothing of what was sent.
func TestSteps(t *testing.T) {
	var log strings.Builder
	e := start(t)
	e.Log = slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	examined(t, e, at("127.0.77.1"), 4242)
	for _, stage := range []string{"stage=identify", "stage=assess", "stage=count", "stage=host outcome=open-images"} {
		if !strings.Contains(log.String(), stage) {
			t.Errorf("no %s in %s", stage, log.String())
		}
	}
	if strings.Contains(log.String(), "CANARY") {
		t.Error("a value of a patient is in the log")
	}
}
