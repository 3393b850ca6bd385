package gate_test

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"leadglass/internal/gate"

	"golang.org/x/sys/unix"
)

// insideNamespace tells the test binary that it runs in a network of its own.
const insideNamespace = "LEADGLASS_TEST_NETWORK_NAMESPACE"

// TestNoPacket proves with the kernel's own counters that a refusal sends not
// one packet. It runs itself again in an empty network namespace, where nobody
// else sends anything.
func TestNoPacket(t *testing.T) {
	if os.Getenv(insideNamespace) != "" {
		noPacket(t)
		return
	}
	cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestNoPacket$", "-test.v")
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
	if err != nil || !strings.Contains(string(out), "--- PASS: TestNoPacket") {
		t.Errorf("in the namespace: %v\n%s", err, out)
	}
}

func noPacket(t *testing.T) {
	if err := loopbackUp(); err != nil {
		t.Fatal(err)
	}
	outside, inside := serve(t, other, silent), serve(t, here, silent)
	g := gate.New(list{"127.0.0.1": true}, fast(gate.Options{ConnectTimeout: 100 * time.Millisecond}))
	before := packets(t)
	for _, addr := range []string{"127.0.0.2", "::ffff:127.0.0.2", "::1", "192.0.2.1", "2001:db8::1"} {
		h := g.Host(mustAddr(addr))
		url := "http://" + netip.AddrPortFrom(h.Addr(), outside.port).String()
		_, dialed := h.Dial(t.Context(), outside.port)
		_, secure := h.DialTLS(t.Context(), outside.port, nil)
		_, asked := h.HTTPClient(gate.HTTPOptions{}).Get(url)
		_, resolved := g.Resolve(t.Context(), addr)
		probed := g.Probe(t.Context(), mustAddr(addr), outside.port)
		for _, err := range []error{dialed, secure, asked, resolved, probed} {
			if !errors.Is(err, gate.ErrOutOfScope) {
				t.Errorf("%s: %v", addr, err)
			}
		}
	}
	if after := packets(t); after != before {
		t.Errorf("refusals sent packets: %v before, %v after", before, after)
	}
	// The counters do count: a permitted connection is seen by both.
	mustDial(t, g.Host(here), inside.port).Close()
	if after := packets(t); after.attempts != before.attempts+1 || after.sent < before.sent+3 {
		t.Errorf("a permitted connection: %v before, %v after", before, after)
	}
}

// counts are the connection attempts of this namespace (tcpActiveOpens, RFC
// 4022) and the packets sent over its only interface.
type counts struct{ attempts, sent int }

func packets(t *testing.T) counts {
	t.Helper()
	snmp, err := os.ReadFile("/proc/net/snmp")
	if err != nil {
		t.Fatal(err)
	}
	var c counts
	var names []string
	for line := range strings.Lines(string(snmp)) {
		words := strings.Fields(line)
		if words[0] != "Tcp:" {
			continue
		}
		if names == nil {
			names = words
			continue
		}
		for i, name := range names {
			if name == "ActiveOpens" {
				c.attempts = number(t, words[i])
			}
		}
	}
	dev, err := os.ReadFile("/proc/net/dev")
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(dev)) {
		if rest, ok := strings.CutPrefix(strings.TrimSpace(line), "lo:"); ok {
			c.sent = number(t, strings.Fields(rest)[9])
		}
	}
	return c
}

func number(t *testing.T, s string) int {
	t.Helper()
	n, err := strconv.Atoi(s)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// loopbackUp brings up the interface lo (netdevice(7)).
func loopbackUp() error {
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return fmt.Errorf("making a socket: %w", err)
	}
	defer unix.Close(fd)
	request, err := unix.NewIfreq("lo")
	if err != nil {
		return fmt.Errorf("naming the interface: %w", err)
	}
	request.SetUint16(unix.IFF_UP | unix.IFF_RUNNING)
	if err := unix.IoctlIfreq(fd, unix.SIOCSIFFLAGS, request); err != nil {
		return fmt.Errorf("bringing up lo: %w", err)
	}
	if _, err := net.InterfaceByName("lo"); err != nil {
		return fmt.Errorf("finding lo: %w", err)
	}
	return nil
}
