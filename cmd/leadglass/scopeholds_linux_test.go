package main

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"maps"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"leadglass/internal/campaign"
	"leadglass/internal/scope"
	"leadglass/internal/store"

	"golang.org/x/sys/unix"
)

// insideNetwork tells the test binary that it runs in a network of its own.
const insideNetwork = "LEADGLASS_TEST_SCOPE_NETWORK"

// TestScopeHolds captures what leaves the program when a survey is continued,
// helped with or repeated by processes that know less of its bounds than the one
// that began it, and when somebody has changed the store. It runs itself again in
// namespaces, with addresses of the Internet on the loopback interface and a name
// server.
func TestScopeHolds(t *testing.T) {
	if os.Getenv(insideNetwork) == "" {
		inNamespaces(t)
		return
	}
	n := newOwnNetwork(t)
	for _, c := range []struct {
		name string
		run  func(*testing.T, *ownNetwork)
	}{
		{"worker without the exclusions", workerKeepsExclusions}, {"worker with a signed survey", workerWithSeal},
		{"worker and a changed store", workerOfChangedStore}, {"worker of names", workerOfNames},
		{"resume without the exclusions", resumeKeepsExclusions}, {"resume of a name that moved", resumeKeepsAddresses},
		{"the next of a series", seriesKeepsExclusions}, {"candidates", candidatesWidenNothing},
		{"the last day ends", lastDayEnds},
	} {
		t.Run(c.name, func(t *testing.T) { c.run(t, n) })
	}
}

func inNamespaces(t *testing.T) {
	if os.Getuid() != 0 {
		t.Skip("namespaces cannot be made without root")
	}
	if _, err := exec.LookPath("ip"); err != nil {
		t.Skip("the program ip is missing; on Debian: make setup")
	}
	cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestScopeHolds$", "-test.v", "-test.timeout=5m")
	cmd.Env = append(os.Environ(), insideNetwork+"=1")
	cmd.SysProcAttr = &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWNET | syscall.CLONE_NEWNS, Pdeathsig: syscall.SIGKILL}
	out, err := cmd.CombinedOutput()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Skipf("namespaces cannot be made here: %v", err)
	}
	if err != nil || !strings.Contains(string(out), "--- PASS: TestScopeHolds") {
		t.Errorf("in the namespaces: %v\n%s", err, out)
	}
}

// first and second are what a name leads to, before and after.
const first, second = "44.0.0.1", "44.0.0.2"

// ownNetwork is the loopback interface of a namespace with a capture.
type ownNetwork struct {
	mu      sync.Mutex
	answers map[string]string
	asked   map[string]int         // questions to the name server
	tried   map[netip.AddrPort]int // SYNs
}

func newOwnNetwork(t *testing.T) *ownNetwork {
	n := &ownNetwork{answers: map[string]string{}, asked: map[string]int{}, tried: map[netip.AddrPort]int{}}
	for _, args := range []string{"link set lo up", "addr add " + first + "/32 dev lo", "addr add " + second + "/32 dev lo"} {
		if out, err := exec.CommandContext(t.Context(), "ip", strings.Fields(args)...).CombinedOutput(); err != nil {
			t.Fatalf("ip %s: %v: %s", args, err, out)
		}
	}
	resolv := filepath.Join(t.TempDir(), "resolv.conf")
	if err := errors.Join(os.WriteFile(resolv, []byte("nameserver 127.0.0.1\n"), 0o644), unix.Mount("", "/", "", unix.MS_REC|unix.MS_PRIVATE, ""),
		unix.Mount(resolv, "/etc/resolv.conf", "", unix.MS_BIND, "")); err != nil {
		t.Skipf("the name server cannot be set: %v", err)
	}
	pc, err := net.ListenPacket("udp", "127.0.0.1:53")
	if err != nil {
		t.Fatal(err)
	}
	const all = unix.ETH_P_IP<<8 | unix.ETH_P_IP>>8&0xff
	fd, err := unix.Socket(unix.AF_PACKET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, all)
	if err == nil {
		err = errors.Join(unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_RCVBUFFORCE, 16<<20),
			unix.SetsockoptTimeval(fd, unix.SOL_SOCKET, unix.SO_RCVTIMEO, &unix.Timeval{Usec: 20_000}))
	}
	if err != nil {
		t.Fatal(err)
	}
	var stop atomic.Bool
	var done sync.WaitGroup
	done.Go(func() { n.serveNames(pc) })
	done.Go(func() { n.capture(fd, &stop) })
	t.Cleanup(func() {
		stop.Store(true)
		pc.Close()
		done.Wait()
		unix.Close(fd)
	})
	return n
}

// serveNames answers questions for IPv4 addresses (RFC 1035 4.1).
func (n *ownNetwork) serveNames(pc net.PacketConn) {
	buf := make([]byte, 1500)
	for {
		size, from, err := pc.ReadFrom(buf)
		if err != nil {
			return
		}
		q := buf[:size]
		i, labels := 12, []string{}
		for i < len(q) && q[i] != 0 {
			labels = append(labels, string(q[i+1:i+1+int(q[i])]))
			i += 1 + int(q[i])
		}
		name, kind, end := strings.Join(labels, "."), binary.BigEndian.Uint16(q[i+1:]), i+5
		n.mu.Lock()
		n.asked[name]++
		addr, known := n.answers[name]
		n.mu.Unlock()
		reply := append(slices.Clone(q[:2]), 0x81, 0x80, 0, 1, 0, 0, 0, 0, 0, 0)
		reply = append(reply, q[12:end]...)
		switch {
		case !known:
			reply[3] |= 3
		case kind == 1:
			reply[7] = 1
			ip := netip.MustParseAddr(addr).As4()
			reply = append(append(reply, 0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 0, 0, 4), ip[:]...)
		}
		_, _ = pc.WriteTo(reply, from)
	}
}

// capture notes to where connections are tried. Packets of loopback are seen
// twice, on their way out and in.
func (n *ownNetwork) capture(fd int, stop *atomic.Bool) {
	buf := make([]byte, 256)
	for !stop.Load() {
		size, from, err := unix.Recvfrom(fd, buf, 0)
		link, ok := from.(*unix.SockaddrLinklayer)
		if err != nil || !ok || link.Pkttype == unix.PACKET_OUTGOING || size < 40 || buf[9] != unix.IPPROTO_TCP {
			continue
		}
		tcp := buf[int(buf[0]&15)*4:]
		if tcp[13]&0x12 != 0x02 { // a SYN without an ACK
			continue
		}
		n.mu.Lock()
		n.tried[netip.AddrPortFrom(netip.AddrFrom4([4]byte(buf[16:20])), binary.BigEndian.Uint16(tcp[2:]))]++
		n.mu.Unlock()
	}
}

func (n *ownNetwork) point(name, addr string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.answers[name] = addr
}

// begin forgets what was captured.
func (n *ownNetwork) begin() {
	n.mu.Lock()
	defer n.mu.Unlock()
	clear(n.tried)
	clear(n.asked)
}

// seen is what was captured, once all that went out before has come by.
func (n *ownNetwork) seen(t *testing.T) (tried map[netip.AddrPort]int, asked map[string]int) {
	t.Helper()
	marker := netip.MustParseAddrPort("127.0.0.9:9")
	if c, err := net.Dial("tcp", marker.String()); err == nil {
		c.Close()
	}
	eventually(t, "the capture", func() bool {
		n.mu.Lock()
		defer n.mu.Unlock()
		return n.tried[marker] > 0
	})
	n.mu.Lock()
	defer n.mu.Unlock()
	delete(n.tried, marker)
	return maps.Clone(n.tried), maps.Clone(n.asked)
}

// only complains of what was tried that is not permitted, and unless anything was
// that must be.
func (n *ownNetwork) only(t *testing.T, permitted func(netip.AddrPort) bool, some bool) {
	t.Helper()
	tried, _ := n.seen(t)
	for to := range tried {
		if !permitted(to) {
			t.Errorf("a packet to %s", to)
		}
	}
	if some != (len(tried) > 0) {
		t.Errorf("%d places were tried", len(tried))
	}
}

// The network that is swept, of which the second half has opted out, and ports.
const sweptPort, otherPort = 11112, 2222

func optedIn(to netip.AddrPort) bool {
	return netip.MustParsePrefix("127.9.0.0/25").Contains(to.Addr()) && to.Port() == sweptPort
}

// scopeOf writes the scope of an include list into a folder, with an exclude file
// beside it.
func writeScope(t *testing.T, include, excluded string) string {
	t.Helper()
	text := strings.Replace(scopeText(include, fmt.Sprint(sweptPort), ""), "rate: {probes_per_second: 100000, per_network: {prefix: 8, probes_per_second: 100000}}",
		"rate: {probes_per_second: 300, per_network: {probes_per_second: 300}}\nexclude_files: [optout.txt]", 1)
	path := file(t, text)
	if err := os.WriteFile(filepath.Join(filepath.Dir(path), "optout.txt"), []byte(excluded), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

const half = "127.9.0.128/25\n"

// emptied is the exclude file of a scope without an entry.
func emptied(t *testing.T, path string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(filepath.Dir(path), "optout.txt"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
}

// interrupted begins a survey and interrupts it when it has tried something.
func (n *ownNetwork) interrupted(t *testing.T, dsn, path string, args ...string) {
	t.Helper()
	// A host that takes connections and says nothing holds the survey up.
	if l, err := net.Listen("tcp4", fmt.Sprintf("127.9.0.1:%d", sweptPort)); err != nil {
		t.Fatal(err)
	} else {
		defer l.Close()
	}
	n.begin()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	b := &background{code: make(chan int, 1)}
	go func() {
		b.code <- run(ctx, append([]string{"--store", dsn, "survey", "--scope", path}, args...), &b.stdout, &b.stderr)
	}()
	eventually(t, "the sweep", func() bool {
		n.mu.Lock()
		defer n.mu.Unlock()
		return len(n.tried) > 0
	})
	cancel()
	b.ended(t).want(t, exitIncomplete)
	n.begin()
}

// change changes the store, as who can write to it may.
func change(t *testing.T, dsn string, statements ...string) {
	t.Helper()
	db, err := store.OpenExisting(t.Context(), dsn)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	err = db.Update(t.Context(), "changing", func(tx *store.Tx) error {
		for _, s := range statements {
			if _, err := tx.SQL.ExecContext(t.Context(), s); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// led makes an interrupted survey one that runs and whose leader is gone: there is
// work for workers.
var led = []string{"UPDATE surveys SET state = 'running'", "UPDATE runs SET seen_at = '2020-01-01T00:00:00.000000000Z'"}

func workerKeepsExclusions(t *testing.T, n *ownNetwork) {
	dsn := filepath.Join(t.TempDir(), "s.db")
	path := writeScope(t, "127.9.0.0/24", half)
	n.interrupted(t, dsn, path)
	change(t, dsn, led...)
	leadglass(t, "--store", dsn, "worker", "--until-done").want(t, exitUsage)
	n.only(t, optedIn, false)
	emptied(t, path)
	leadglass(t, "--store", dsn, "worker", "--until-done", "--scope", path).want(t, exitIncomplete)
	n.only(t, optedIn, true)
}

func workerWithSeal(t *testing.T, n *ownNetwork) {
	dir := t.TempDir()
	dsn, key := filepath.Join(dir, "s.db"), filepath.Join(dir, "leader.key")
	path := writeScope(t, "127.9.0.0/24", half)
	public := strings.TrimSpace(leadglass(t, "scope", "key", key).want(t, exitDone).out)
	other := strings.TrimSpace(leadglass(t, "scope", "key", key+"2").want(t, exitDone).out)
	if info, err := os.Stat(key); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the key: %v", err)
	}
	n.interrupted(t, dsn, path, "--sign", key)
	emptied(t, path)
	leadglass(t, "--store", dsn, "survey", "--scope", path, "--resume").want(t, exitUsage)
	leadglass(t, "--store", dsn, "survey", "--scope", path, "--resume", "--sign", key+"2").want(t, exitUsage)
	change(t, dsn, led...)
	for _, trust := range []string{other, "none"} {
		ctx, cancel := context.WithCancel(t.Context())
		b := &background{code: make(chan int, 1)}
		go func() {
			b.code <- run(ctx, []string{"--store", dsn, "worker", "--trust", trust}, &b.stdout, &b.stderr)
		}()
		eventually(t, "the refusal", func() bool {
			return strings.Contains(b.stderr.String(), "not signed by a key of --trust") || strings.Contains(b.stderr.String(), "is no public key")
		})
		cancel()
		<-b.code
	}
	n.only(t, optedIn, false)
	leadglass(t, "--store", dsn, "worker", "--until-done", "--trust", public).want(t, exitIncomplete)
	n.only(t, optedIn, true)
}

// workerOfChangedStore: whoever can write to the store adds hosts and ports, and
// takes exclusions away. A worker's own scope bounds what comes of it; where the
// survey is signed, nothing does.
func workerOfChangedStore(t *testing.T, n *ownNetwork) {
	dir := t.TempDir()
	dsn, key := filepath.Join(dir, "s.db"), filepath.Join(dir, "leader.key")
	path := writeScope(t, "127.9.0.0/24", half)
	public := strings.TrimSpace(leadglass(t, "scope", "key", key).want(t, exitDone).out)
	n.interrupted(t, dsn, path, "--sign", key)
	change(t, dsn, append(led, "UPDATE mandates SET exclusions = x'00000000'",
		fmt.Sprintf(`INSERT INTO candidates (survey_id, target, port, part, candidate) SELECT id, '127.9.0.200', 0, 1, '{"Address":"127.9.0.200","Ports":[%d]}' FROM surveys`, otherPort),
		fmt.Sprintf(`INSERT INTO candidates (survey_id, target, port, part, candidate) SELECT id, '127.9.0.3', 0, 1, '{"Address":"127.9.0.3","Ports":[%d]}' FROM surveys`, otherPort),
		fmt.Sprintf(`INSERT INTO candidates (survey_id, target, port, part, candidate) SELECT id, '127.9.0.4', %d, 1, '{"Address":"127.9.0.4","Port":%d}' FROM surveys`, otherPort, otherPort),
		`INSERT INTO candidates (survey_id, target, port, part, candidate) SELECT id, '44.0.0.2', 0, 1, '{"Address":"44.0.0.2","Host":"evil.example.org"}' FROM surveys`)...)
	ctx, cancel := context.WithCancel(t.Context())
	b := &background{code: make(chan int, 1)}
	go func() {
		b.code <- run(ctx, []string{"--store", dsn, "worker", "--trust", public}, &b.stdout, &b.stderr)
	}()
	eventually(t, "the refusal", func() bool { return strings.Contains(b.stderr.String(), "not signed by a key of --trust") })
	cancel()
	<-b.code
	n.only(t, optedIn, false)
	leadglass(t, "--store", dsn, "worker", "--until-done", "--scope", path).want(t, exitIncomplete)
	n.only(t, optedIn, true)
	if _, asked := n.seen(t); len(asked) != 0 {
		t.Errorf("the name server was asked: %v", asked)
	}
}

// workerOfNames: a worker uses the addresses that the survey resolved first, and
// takes the word neither of the store nor of the name server alone for them.
func workerOfNames(t *testing.T, n *ownNetwork) {
	dir := t.TempDir()
	dsn, key := filepath.Join(dir, "s.db"), filepath.Join(dir, "leader.key")
	path := writeScope(t, "pacs.example.org", "")
	public := strings.TrimSpace(leadglass(t, "scope", "key", key).want(t, exitDone).out)
	n.point("pacs.example.org", first)
	n.heldName(t, dsn, path, "--sign", key)
	n.point("pacs.example.org", second)
	change(t, dsn, led...)
	refused := func(args ...string) {
		t.Helper()
		ctx, cancel := context.WithCancel(t.Context())
		b := &background{code: make(chan int, 1)}
		go func() {
			b.code <- run(ctx, append([]string{"--store", dsn, "worker"}, args...), &b.stdout, &b.stderr)
		}()
		eventually(t, "the refusal", func() bool { return strings.Contains(b.stderr.String(), "is left to others") })
		cancel()
		<-b.code
		n.only(t, func(netip.AddrPort) bool { return false }, false)
	}
	refused("--scope", path) // the name has moved
	leadglass(t, "--store", dsn, "worker", "--until-done", "--trust", public).want(t, exitIncomplete)
	n.only(t, func(to netip.AddrPort) bool { return to == netip.MustParseAddrPort(first+":11112") }, true)
	// The store says where it leads.
	n.point("pacs.example.org", first)
	n.begin()
	dsn += "2"
	n.heldName(t, dsn, path, "--sign", key)
	change(t, dsn, append(led, `UPDATE mandates SET pins = '[{"name":"pacs.example.org","addresses":["44.0.0.2"]}]'`,
		`UPDATE candidates SET target = '44.0.0.2', candidate = '{"Address":"44.0.0.2","Host":"pacs.example.org"}'`)...)
	refused("--scope", path)
	refused("--trust", public)
}

// heldName begins a survey of a name, and interrupts it at the first connection.
func (n *ownNetwork) heldName(t *testing.T, dsn, path string, args ...string) {
	t.Helper()
	l, err := net.Listen("tcp4", fmt.Sprintf("%s:%d", first, sweptPort))
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close() // it takes connections and says nothing
	n.interrupted(t, dsn, path, args...)
}

func resumeKeepsExclusions(t *testing.T, n *ownNetwork) {
	dsn := filepath.Join(t.TempDir(), "s.db")
	path := writeScope(t, "127.9.0.0/24", half)
	n.interrupted(t, dsn, path)
	emptied(t, path)
	leadglass(t, "--store", dsn, "survey", "--scope", path, "--resume").want(t, exitDone)
	n.only(t, optedIn, true)
	db, err := store.OpenExisting(t.Context(), dsn)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	v, err := db.Survey(t.Context(), "")
	if err != nil || len(v.Coverage.Ranges) != 1 || v.Coverage.Covers(netip.MustParseAddr("127.9.0.200")) {
		t.Errorf("%v, covered %v", err, v.Coverage.Ranges)
	}
}

func resumeKeepsAddresses(t *testing.T, n *ownNetwork) {
	dsn := filepath.Join(t.TempDir(), "s.db")
	path := writeScope(t, "pacs.example.org", "")
	n.point("pacs.example.org", first)
	n.heldName(t, dsn, path)
	n.point("pacs.example.org", second)
	leadglass(t, "--store", dsn, "survey", "--scope", path, "--resume").want(t, exitDone)
	n.only(t, func(to netip.AddrPort) bool { return to == netip.MustParseAddrPort(first+":11112") }, true)
	if _, asked := n.seen(t); len(asked) != 0 {
		t.Errorf("the name was resolved again: %v", asked)
	}
	// A name may not lead into one's own networks.
	for _, addr := range []string{"127.9.0.1", "10.1.2.3", "169.254.169.254"} {
		n.begin()
		n.point("pacs.example.org", addr)
		leadglass(t, "--store", dsn+"2", "survey", "--scope", path).want(t, exitIncomplete)
		n.only(t, func(netip.AddrPort) bool { return false }, false)
	}
}

func seriesKeepsExclusions(t *testing.T, n *ownNetwork) {
	dsn := filepath.Join(t.TempDir(), "s.db")
	path := writeScope(t, "127.9.0.96/27, 127.9.0.128/27", half)
	n.begin()
	var out buffer
	a := &app{commandLine: &commandLine{Store: dsn}, out: &out, err: &out, log: logger(&out, "off", false)}
	leadglass(t, "--store", dsn, "survey", "--scope", path, "--name", "weekly 2026-01-01 00:00").want(t, exitDone)
	emptied(t, path)
	s, err := scope.Load(path)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := runSurvey(t.Context(), a, s, campaign.Options{Name: "weekly 2026-01-08 00:00", Series: "weekly", Examiners: 4}, false); err != nil {
		t.Fatalf("%v\n%s", err, out.String())
	}
	n.only(t, optedIn, true)
	if !strings.Contains(out.String(), "weekly 2026-01-08 00:00") {
		t.Errorf("the second survey says: %s", out.String())
	}
}

func candidatesWidenNothing(t *testing.T, n *ownNetwork) {
	dir := t.TempDir()
	var list strings.Builder
	for i := range 500 {
		fmt.Fprintf(&list, "host%d.example.org\n", i)
	}
	fmt.Fprintf(&list, "127.9.0.1:%d\n127.9.0.200:%d\n127.9.0.2:%d\n192.0.2.1\npacs.example.org:%d\n", otherPort, otherPort, sweptPort, otherPort)
	path := filepath.Join(dir, "list.txt")
	if err := os.WriteFile(path, []byte(list.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	// A scope of names: those that it does not list could permit nothing.
	n.point("pacs.example.org", first)
	n.begin()
	o := leadglass(t, "--store", filepath.Join(dir, "1.db"), "survey", "--scope", writeScope(t, "pacs.example.org", ""), "--candidates", path).want(t, exitDone)
	n.only(t, func(to netip.AddrPort) bool { return to == netip.MustParseAddrPort(first+":11112") }, true)
	if _, asked := n.seen(t); len(asked) != 1 || asked["pacs.example.org"] == 0 {
		t.Errorf("the name server was asked for %d names: %s", len(asked), o.errors)
	}
	// A scope of prefixes: ports that are not the scope's are left out.
	n.begin()
	if err := os.WriteFile(path, []byte(strings.Join(strings.Split(list.String(), "\n")[480:], "\n")), 0o600); err != nil {
		t.Fatal(err)
	}
	o = leadglass(t, "--store", filepath.Join(dir, "2.db"), "survey", "--scope", writeScope(t, "127.9.0.0/24", half), "--candidates", path).want(t, exitDone)
	n.only(t, optedIn, true)
	if !strings.Contains(o.errors, "with ports that are not the scope's") {
		t.Errorf("what was left out is not said: %s", o.errors)
	}
}

// lastDayEnds: a survey under way ends with the validity of its scope, and what
// holds a connection then is left by it.
func lastDayEnds(t *testing.T, n *ownNetwork) {
	dsn := filepath.Join(t.TempDir(), "s.db")
	path := writeScope(t, "127.9.0.0/24", "")
	var open, reset atomic.Int64
	s, err := scope.Load(path)
	if err != nil {
		t.Fatal(err)
	}
	// An hour is left until something holds a connection, then a moment.
	const moment = 200 * time.Millisecond
	var held atomic.Int64 // when, in Unix nanoseconds
	var out buffer
	a := &app{commandLine: &commandLine{Store: dsn}, out: &out, err: &out, log: logger(&out, "off", false), now: func() time.Time {
		if at := held.Load(); at != 0 {
			return s.Until().Add(time.Since(time.Unix(0, at)) - moment)
		}
		return s.Until().Add(-time.Hour)
	}}
	listener(t, fmt.Sprintf("127.9.0.1:%d", sweptPort), func(_ context.Context, c net.Conn) {
		open.Add(1)
		for b := make([]byte, 512); ; {
			if _, err := c.Read(b); err != nil {
				reset.Add(1)
				return
			}
			held.CompareAndSwap(0, time.Now().UnixNano()) // a question came that stays without an answer
		}
	})
	n.begin()
	err = (&surveyCommand{ScopeFile: path, Concurrency: 4}).Run(t.Context(), a)
	var ended *campaign.EndedError
	if !errors.As(err, &ended) || ended.How != campaign.Expired || a.finish(err) != exitIncomplete || !strings.Contains(out.String(), "with the validity of its scope") {
		t.Errorf("the end of the survey: %v, %s", err, out.String())
	}
	if at := held.Load(); at == 0 || time.Since(time.Unix(0, at)) < moment {
		t.Errorf("it ended before the scope did")
	}
	eventually(t, "the end of the connections", func() bool { return open.Load() > 0 && reset.Load() == open.Load() })
	n.begin()
	n.only(t, optedIn, false)
}
