package gate_test

import (
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/http"
	"net/netip"
	"os"
	"os/exec"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"leadglass/internal/gate"
	"leadglass/internal/scope"
)

// The last day of the scopes here, and a clock that a test sets.
var lastDay = time.Date(2026, 6, 1, 0, 0, 0, 0, time.UTC)

type clock struct {
	base   time.Time
	offset atomic.Int64
}

// before is a clock that is so long before the end of the validity.
func before(d time.Duration) *clock {
	c := &clock{base: time.Now()}
	c.offset.Store(int64(lastDay.AddDate(0, 0, 1).Add(-d).Sub(c.base)))
	return c
}

func (c *clock) Now() time.Time          { return time.Now().Add(time.Duration(c.offset.Load())) }
func (c *clock) Advance(d time.Duration) { c.offset.Add(int64(d)) }
func (c *clock) gate(t *testing.T) *gate.Gate {
	t.Helper()
	s, err := scope.Parse("s.yaml", []byte("version: 1\nauthority: {organisation: a, contact: b, valid_from: 2026-06-01, valid_until: 2026-06-01}\n"+
		"include: [127.0.0.0/24, localhost]\nlimits: {per_host_time: 24h}\n"), c.Now())
	if err != nil {
		t.Fatal(err)
	}
	return gate.New(s, fast(gate.Options{PerHostTime: 24 * time.Hour, ConnectionsPerHost: 16, Now: c.Now}))
}

// again runs the test that calls it in a network of its own; inside it returns
// true.
func again(t *testing.T) bool {
	t.Helper()
	if os.Getenv(insideNamespace) != "" {
		if err := loopbackUp(); err != nil {
			t.Fatal(err)
		}
		return true
	}
	cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^"+t.Name()+"$", "-test.v")
	cmd.Env = append(os.Environ(), insideNamespace+"=1")
	cmd.SysProcAttr = &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWNET}
	if os.Getuid() != 0 {
		cmd.SysProcAttr.Cloneflags |= syscall.CLONE_NEWUSER
		cmd.SysProcAttr.UidMappings = []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getuid(), Size: 1}}
	}
	out, err := cmd.CombinedOutput()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Skipf("a network namespace cannot be made here (needs root or unprivileged user namespaces): %v", err)
	}
	if err != nil || !strings.Contains(string(out), "--- PASS: "+t.Name()) {
		t.Errorf("in the namespace: %v\n%s", err, out)
	}
	return false
}

// TestValidityEndsConnections: when the scope's last day is over, open
// connections end, whatever waits on them, and not one packet goes out after.
func TestValidityEndsConnections(t *testing.T) {
	if !again(t) {
		return
	}
	c := before(time.Hour)
	g := c.gate(t)
	h := g.Host(here)
	s := serve(t, here, echo)
	plain := mustDial(t, h, s.port)
	if _, err := plain.Write([]byte("in time")); err != nil {
		t.Fatal(err)
	}
	if _, err := io.ReadFull(plain, make([]byte, 7)); err != nil {
		t.Fatal(err)
	}
	idle := mustDial(t, h, s.port)
	c.Advance(time.Hour)
	for _, conn := range []net.Conn{plain, idle} {
		if n, err := conn.Write([]byte("late")); n != 0 || !errors.Is(err, gate.ErrOutOfScope) || !errors.Is(err, scope.ErrNotValid) {
			t.Errorf("writing late: %d, %v", n, err)
		}
	}
	quiet := packets(t) // the resets of the two are out
	if _, err := plain.Read(make([]byte, 4)); !errors.Is(err, scope.ErrNotValid) {
		t.Errorf("reading late: %v", err)
	}
	_ = plain.SetDeadline(time.Time{})
	_, dialed := h.Dial(t.Context(), s.port)
	_, secure := h.DialTLS(t.Context(), s.port, nil)
	_, asked := h.HTTPClient(gate.HTTPOptions{}).Get("http://" + netip.AddrPortFrom(here, s.port).String())
	_, resolved := g.Resolve(t.Context(), "localhost")
	swept := g.Probe(t.Context(), here, s.port)
	for _, err := range []error{dialed, secure, asked, resolved, swept, plain.Close(), idle.Close()} {
		if err != nil && !errors.Is(err, gate.ErrOutOfScope) {
			t.Error(err)
		}
	}
	if dialed == nil || secure == nil || asked == nil || resolved == nil || swept == nil {
		t.Errorf("after the last day: %v, %v, %v, %v, %v", dialed, secure, asked, resolved, swept)
	}
	if syn, err := g.OpenSYN(); err == nil {
		_, queued := syn.Queue(gate.Attempt{Target: netip.AddrPortFrom(here, s.port)})
		if err := errors.Join(queued, syn.Flush()); err != nil {
			t.Error(err)
		}
		syn.Close()
	}
	if now := packets(t); now != quiet {
		t.Errorf("after the last day packets went out: %v, then %v", quiet, now)
	}
	if at := g.Total(); at.Packets != 0 {
		t.Errorf("%d SYN packets", at.Packets)
	}
}

// TestValidityEndsWaiting: what waits for a peer when the last day ends does not
// wait on, although nobody looks at the clock then.
func TestValidityEndsWaiting(t *testing.T) {
	c := before(400 * time.Millisecond)
	h := c.gate(t).Host(here)
	s := serve(t, here, silent)
	idle := mustDial(t, h, s.port)
	defer idle.Close()
	reading := mustDial(t, h, s.port)
	defer reading.Close()
	_ = reading.SetDeadline(time.Now().Add(time.Hour))
	if _, err := reading.Read(make([]byte, 1)); !errors.Is(err, scope.ErrNotValid) || errors.Is(err, gate.ErrBudget) {
		t.Errorf("a read that waits: %v", err)
	}
	c2 := before(400 * time.Millisecond)
	h2 := c2.gate(t).Host(here)
	if _, err := h2.DialTLS(t.Context(), s.port, &tls.Config{InsecureSkipVerify: true}); !errors.Is(err, scope.ErrNotValid) {
		t.Errorf("a TLS handshake: %v", err)
	}
	c3 := before(400 * time.Millisecond)
	client := c3.gate(t).Host(here).HTTPClient(gate.HTTPOptions{})
	var resp *http.Response
	resp, err := client.Get("http://" + netip.AddrPortFrom(here, s.port).String())
	if err == nil {
		resp.Body.Close()
	}
	if !errors.Is(err, scope.ErrNotValid) {
		t.Errorf("a request: %v", err)
	}
}

// TestNotYetValid: before the first day nothing goes out.
func TestNotYetValid(t *testing.T) {
	c := before(time.Hour)
	g := c.gate(t)
	c.Advance(-25 * time.Hour)
	s := serve(t, here, silent)
	if _, err := g.Host(here).Dial(t.Context(), s.port); !errors.Is(err, scope.ErrNotValid) || s.seen.Load() != 0 {
		t.Errorf("before the first day: %v", err)
	}
}

// TestValidityEndsAttempts: the system would send the SYN of an attempt again
// after 1 s; an attempt that the last day's end cuts short is given up by then.
func TestValidityEndsAttempts(t *testing.T) {
	if !again(t) {
		return
	}
	for _, args := range []string{"link add silent0 type veth peer name silent1", "addr add 10.99.0.1/24 dev silent0", "link set silent0 up", "link set silent1 up",
		"neigh add 10.99.0.2 lladdr 02:00:00:00:00:02 dev silent0", "neigh add 10.99.0.3 lladdr 02:00:00:00:00:03 dev silent0"} {
		if out, err := exec.CommandContext(t.Context(), "ip", strings.Fields(args)...).CombinedOutput(); err != nil {
			t.Skipf("ip %s: %v: %s", args, err, out)
		}
	}
	start := time.Now()
	c := before(300 * time.Millisecond)
	sc, err := scope.Parse("s.yaml", []byte("version: 1\nauthority: {organisation: a, contact: b, valid_from: 2026-06-01, valid_until: 2026-06-01}\ninclude: [10.99.0.0/24]\n"), c.Now())
	if err != nil {
		t.Fatal(err)
	}
	g := gate.New(sc, fast(gate.Options{Now: c.Now}))
	s, err := g.NewSweeper(8)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if admission, err := s.Start(gate.Attempt{Target: netip.MustParseAddrPort("10.99.0.2:104")}); err != nil || !admission.Started {
		t.Fatal(admission, err)
	}
	dialed := make(chan error)
	go func() {
		_, err := g.Host(mustAddr("10.99.0.3")).Dial(t.Context(), 104)
		dialed <- err
	}()
	var out []gate.Outcome
	for len(out) == 0 && time.Since(start) < 20*time.Second {
		if out, err = s.Poll(time.Second, out); err != nil {
			t.Fatal(err)
		}
	}
	if len(out) != 1 || out[0].Answer != gate.Silent {
		t.Errorf("the attempt: %+v", out)
	}
	if err := <-dialed; !errors.Is(err, scope.ErrNotValid) {
		t.Errorf("dialing: %v", err)
	}
	time.Sleep(time.Until(start.Add(1300 * time.Millisecond))) // when the system would have sent again
	snmp, err := os.ReadFile("/proc/net/snmp")
	if err != nil || !strings.Contains(string(snmp), "RetransSegs") {
		t.Fatal(err)
	}
	var names, values []string
	for line := range strings.Lines(string(snmp)) {
		if strings.HasPrefix(line, "Tcp:") {
			names, values = values, strings.Fields(line)
		}
	}
	for i, name := range names {
		if name == "RetransSegs" && values[i] != "0" {
			t.Errorf("%s packets were sent again after the last day", values[i])
		}
		if name == "ActiveOpens" && values[i] != "2" {
			t.Errorf("%s attempts", values[i])
		}
	}
}
