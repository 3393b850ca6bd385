package discover_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"leadglass/internal/discover"
	"leadglass/internal/gate"
	"leadglass/internal/scope"
	"leadglass/internal/survey"
)

// The tests of whole sweeps run in two network namespaces of their own, which
// a pair of virtual interfaces joins: here the sweep, there a /16 whose
// addresses listen, answer with a reset, or drop. The namespaces, and all that
// is in them, go away with the processes.
const (
	insideNetwork = "LEADGLASS_TEST_SWEEP_NETWORK"
	targetProcess = "LEADGLASS_TEST_SWEEP_TARGET"
	archives      = 2300
)

func TestMain(m *testing.M) {
	if os.Getenv(targetProcess) != "" {
		if err := beTarget(); err != nil {
			fmt.Fprintln(os.Stderr, "target:", err)
			os.Exit(1)
		}
		return
	}
	os.Exit(m.Run())
}

// beTarget listens on the addresses that stdin names, one a line, an empty
// line being the last, until stdin ends.
func beTarget() error {
	in := bufio.NewReader(os.Stdin)
	for {
		line, err := in.ReadString('\n')
		if err != nil {
			return err
		}
		if line = strings.TrimSpace(line); line == "" {
			break
		}
		l, err := net.Listen("tcp", line)
		if err != nil {
			return err
		}
		go func() {
			for {
				c, err := l.Accept()
				if err != nil {
					return
				}
				_ = c.Close()
			}
		}()
	}
	fmt.Println("ready")
	_, err := io.Copy(io.Discard, in)
	return err
}

// network is the target's side.
type network struct {
	t    testing.TB
	pid  string
	open []netip.Addr
}

// inNetwork runs the test that calls it once more in a network namespace of its
// own, and there returns the network. Outside it returns nil when that has
// ended; the caller has nothing left to do. verb is -test.run or -test.bench.
// The archives lie in the prefixes, as many in each; by default in the /16.
func inNetwork(t testing.TB, verb string, prefixes ...string) *network {
	t.Helper()
	if os.Getenv(insideNetwork) != "" {
		if prefixes == nil {
			prefixes = []string{"10.77.0.0/16"}
		}
		return newNetwork(t, prefixes)
	}
	if os.Getuid() != 0 {
		t.Skip("two network namespaces cannot be made without root")
	}
	for _, tool := range []string{"ip", "nft", "nsenter"} {
		if _, err := exec.LookPath(tool); err != nil {
			t.Skipf("the program %s is missing; on Debian: make setup", tool)
		}
	}
	name, _, _ := strings.Cut(t.Name(), "/")
	args := []string{verb, "^" + name + "$", "-test.v", "-test.timeout=5m", "-test.parallel=8"}
	if verb != "-test.run" {
		args = append(args, "-test.run=^$", "-test.benchtime=1x", "-test.timeout=25m")
	}
	cmd := exec.CommandContext(t.Context(), os.Args[0], args...)
	cmd.Env = append(os.Environ(), insideNetwork+"=1")
	cmd.SysProcAttr = &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWNET, Pdeathsig: syscall.SIGKILL}
	if verb == "-test.bench" { // it takes a while: its lines are wanted as they come
		cmd.Stdout, cmd.Stderr = os.Stdout, os.Stderr
		if err := cmd.Run(); err != nil {
			t.Errorf("in the namespace: %v", err)
		}
		return nil
	}
	out, err := cmd.CombinedOutput()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Skipf("a network namespace cannot be made here: %v", err)
	}
	if err != nil {
		t.Errorf("in the namespace: %v\n%s", err, out)
	} else {
		t.Logf("in the namespace:\n%s", out)
	}
	return nil
}

func newNetwork(t testing.TB, prefixes []string) *network {
	n := &network{t: t}
	r := rand.New(rand.NewPCG(77, 0)) // the same archives each time
	seen := map[netip.Addr]bool{}
	for i, text := range prefixes {
		prefix := netip.MustParsePrefix(text)
		for len(n.open) < archives*(i+1) {
			b := prefix.Addr().As4()
			host := r.Uint32() >> prefix.Bits()
			b[2], b[3] = b[2]|byte(host>>8), b[3]|byte(host)
			if a := netip.AddrFrom4(b); !seen[a] {
				n.open, seen[a] = append(n.open, a), true
			}
		}
	}
	cmd := exec.CommandContext(t.Context(), os.Args[0])
	cmd.Env = append(os.Environ(), targetProcess+"=1")
	cmd.SysProcAttr = &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWNET, Pdeathsig: syscall.SIGKILL}
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { in.Close(); _ = cmd.Wait() })
	n.pid = fmt.Sprint(cmd.Process.Pid)
	run(t, "ip", "link", "set", "lo", "up")
	run(t, "ip", "link", "add", "lgsweep0", "type", "veth", "peer", "name", "lgsweep1", "netns", n.pid)
	run(t, "ip", "addr", "add", "10.78.0.1/30", "dev", "lgsweep0")
	run(t, "ip", "link", "set", "lgsweep0", "up")
	n.do("ip", "link", "set", "lo", "up")
	n.do("ip", "addr", "add", "10.78.0.2/30", "dev", "lgsweep1")
	n.do("ip", "link", "set", "lgsweep1", "up")
	n.do("ip", "route", "add", "local", "10.77.0.0/16", "dev", "lo")
	run(t, "ip", "route", "add", "10.77.0.0/16", "via", "10.78.0.2")
	for _, a := range n.open {
		fmt.Fprintf(in, "%s:104\n", a)
	}
	fmt.Fprintln(in)
	if line, err := bufio.NewReader(out).ReadString('\n'); line != "ready\n" {
		t.Fatalf("the target said %q, %v", line, err)
	}
	return n
}

func run(t testing.TB, name string, args ...string) {
	t.Helper()
	if out, err := exec.CommandContext(t.Context(), name, args...).CombinedOutput(); err != nil {
		t.Fatalf("%s %v: %v\n%s", name, args, err, out)
	}
}

// do runs a command on the target's side.
func (n *network) do(args ...string) {
	n.t.Helper()
	run(n.t, "nsenter", append([]string{"-t", n.pid, "-n"}, args...)...)
}

// rules replaces the target's packet filter by rules on what comes in.
func (n *network) rules(rules ...string) {
	n.t.Helper()
	text := "flush ruleset\ntable inet target {\n set archives { type ipv4_addr; elements = {"
	for i, a := range n.open {
		if i > 0 {
			text += ","
		}
		text += a.String()
	}
	text += "} }\n chain input { type filter hook input priority 0;\n" + strings.Join(rules, "\n") + "\n }\n}\n"
	cmd := exec.CommandContext(n.t.Context(), "nsenter", "-t", n.pid, "-n", "nft", "-f", "-")
	cmd.Stdin = strings.NewReader(text)
	if out, err := cmd.CombinedOutput(); err != nil {
		n.t.Fatalf("nft: %v\n%s", err, out)
	}
}

// dropHalf: the upper half of the /16 drops what is not for an archive.
const dropHalf = "ip daddr 10.77.128.0/17 ip daddr != @archives drop"

// swept is what a sweep found.
type swept struct {
	mu    sync.Mutex
	open  map[netip.AddrPort]int // how often each was found open
	done  map[netip.Addr]int
	state survey.Sweep
	took  time.Duration
	total gate.Ledger
}

// visitor notes what it is called for.
type visitor struct {
	swept *swept
	addr  netip.Addr
}

func (v visitor) Open(_ context.Context, port uint16) {
	v.swept.mu.Lock()
	defer v.swept.mu.Unlock()
	v.swept.open[netip.AddrPortFrom(v.addr, port)]++
}

func (v visitor) Done(_ context.Context, f discover.Found) {
	v.swept.mu.Lock()
	defer v.swept.mu.Unlock()
	v.swept.done[v.addr]++
	f.Saved()
}

const header = "version: 1\nauthority: {organisation: a, contact: b, valid_from: 2026-01-01, valid_until: 2126-12-31}\n"

// sweep goes through the scope, in as many passes at most as may be given.
func sweep(t testing.TB, method survey.SweepMethod, text string, passes ...int) *swept {
	t.Helper()
	sc, err := scope.Parse("sweep.yaml", []byte(header+text), time.Now())
	if err != nil {
		t.Fatal(err)
	}
	w := &swept{open: map[netip.AddrPort]int{}, done: map[netip.Addr]int{}}
	g := gate.New(sc, gate.Options{ProbesPerSecond: sc.Rate.ProbesPerSecond, PerNetworkPrefix: sc.Rate.PerNetwork.Prefix,
		PerNetworkProbesPerSecond: sc.Rate.PerNetwork.ProbesPerSecond})
	from := discover.New(discover.Seed{1, 2, 3}, 1, 1)
	from.Method = method
	s, err := discover.Prepare(discover.Options{Gate: g, Scope: sc, Candidates: func(yield func(survey.Candidate) bool) {
		for a := range sc.Singles() {
			if !yield(survey.Candidate{Address: a}) {
				return
			}
		}
	}, Prefixes: true, Passes: append(passes, 0)[0], From: from, Visits: 48,
		Visit: func(c survey.Candidate) discover.Visitor { return visitor{w, c.Address} }})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	start := time.Now()
	if err := s.Run(ctx); err != nil {
		t.Fatal(err)
	}
	w.took, w.state, w.total = time.Since(start), s.State(), g.Total()
	if w.state.Position != w.state.Pairs {
		t.Errorf("the sweep ended at position %d of %d", w.state.Position, w.state.Pairs)
	}
	return w
}

const wholeNetwork = "include: [10.77.0.0/16]\nports: {dicom: [104], http: []}\n" +
	"rate: {probes_per_second: 1000000, per_network: {probes_per_second: 1000000}}\n"

// within is the network of which only a prefix is of interest.
func (n *network) within(prefix string) *network {
	p := *n
	p.open = slices.DeleteFunc(slices.Clone(n.open), func(a netip.Addr) bool { return !netip.MustParsePrefix(prefix).Contains(a) })
	return &p
}

// found is how many archives were found, each at most once, and nothing else.
func (w *swept) found(t testing.TB, n *network) int {
	t.Helper()
	found := n.openIn(w)
	if found != len(w.open) || len(w.done) != found {
		t.Errorf("%d archives, %d ports found open, %d hosts done", found, len(w.open), len(w.done))
	}
	return found
}

// openIn is how many archives were found open, each once.
func (n *network) openIn(w *swept) int {
	found := 0
	for _, a := range n.open {
		if w.open[netip.AddrPortFrom(a, 104)] == 1 {
			found++
		}
	}
	return found
}

var methods = []survey.SweepMethod{survey.SweepConnect, survey.SweepSYN}

// TestSweepFindsAll: a /16 with 2,300 archives, of which one half answers with
// resets and the other drops.
func TestSweepFindsAll(t *testing.T) {
	n := inNetwork(t, "-test.run")
	if n == nil {
		return
	}
	n.rules(dropHalf)
	for _, method := range methods {
		w := sweep(t, method, wholeNetwork)
		if found := w.found(t, n); found != archives {
			t.Errorf("%s: %d of %d archives", method, found, archives)
		}
		if w.state.Loss == nil || *w.state.Loss > 0.02 || w.state.HostsMissed == nil || *w.state.HostsMissed > 5 {
			t.Errorf("%s: %s", method, lossText(w.state))
		}
		t.Logf("%s: %.1f s, rate %d, %s, %d connections, %d packets", method, w.took.Seconds(), w.state.Rate, lossText(w.state),
			w.total.Connections, w.total.Packets)
	}
}

func lossText(s survey.Sweep) string {
	value := func(v *float64) string {
		if v == nil {
			return "unknown"
		}
		return fmt.Sprintf("%.4f", *v)
	}
	return fmt.Sprintf("loss %s (%d of %d canaries), uneven %v, highest %s, missed share %s, hosts missed %s %s", value(s.Loss), s.CanariesLost,
		s.Canaries, s.LossUneven, value(s.LossHighest), value(s.MissedShare), value(s.HostsMissed), s.LossUnknown)
}

// TestSweepUnderLoss: packets are lost at random, or above a rate.
func TestSweepUnderLoss(t *testing.T) {
	if os.Getenv("LEADGLASS_LOSS") == "" {
		t.Skip("how much is found under loss depends on what else the machine does; `make loss` measures it")
	}
	n := inNetwork(t, "-test.run")
	if n == nil {
		return
	}
	for _, c := range []struct {
		name string
		rule string
		loss float64 // negative: it depends on the rate that is found
		rate int64   // the highest in the end; 0 for any
		of   []survey.SweepMethod
	}{
		{"5 %", "numgen random mod 1000 < 50 drop", 0.05, 0, methods},
		{"20 %", "numgen random mod 1000 < 200 drop", 0.20, 0, methods},
		// Connecting takes so long that it stays below this one.
		{"50,000 a second", "tcp flags syn limit rate over 50000/second burst 500 packets drop", -1, 0, methods[1:]},
		{"10,000 a second", "tcp flags syn limit rate over 10000/second burst 500 packets drop", -1, 20_000, methods},
		{"3,000 a second", "tcp flags syn limit rate over 3000/second burst 300 packets drop", -1, 6_000, methods[:1]},
	} {
		n.rules(c.rule)
		for _, method := range c.of {
			w := sweep(t, method, wholeNetwork)
			if found := w.found(t, n); found < archives*99/100 {
				t.Errorf("%s, %s: %d of %d archives", c.name, method, found, archives)
			}
			if l := w.state.Loss; c.loss >= 0 && (l == nil || *l < c.loss-0.02 || *l > c.loss+0.02) {
				t.Errorf("%s, %s: %s", c.name, method, lossText(w.state))
			}
			if c.rate > 0 && w.state.Rate > c.rate {
				t.Errorf("%s, %s: the rate is %d in the end", c.name, method, w.state.Rate)
			}
			t.Logf("%s, %s: %d archives in %.1f s, rate %d, %s, %d packets", c.name, method, len(w.open), w.took.Seconds(),
				w.state.Rate, lossText(w.state), w.total.Packets)
		}
	}
}

// TestSweepLoses: packets are lost at random, in one part of the network 5 %, in
// another 20 %, in a third 40 % at a quarter of its addresses and none elsewhere.
// The sweeps find what they promise, and tell what was lost; each has a rate
// that a busy machine bears.
func TestSweepLoses(t *testing.T) {
	const few, many, uneven, lossy = "10.77.0.0/20", "10.77.16.0/20", "10.77.64.0/18", "10.77.80.0/20"
	n := inNetwork(t, "-test.run", few, many, uneven)
	if n == nil {
		return
	}
	n.rules("ip daddr "+few+" numgen random mod 1000 < 50 drop", "ip daddr "+many+" numgen random mod 1000 < 200 drop",
		"ip daddr "+lossy+" numgen random mod 1000 < 400 drop")
	for _, c := range []struct {
		part   string
		loss   float64 // of a group of networks at most
		uneven bool
	}{{few, 0.05, false}, {many, 0.20, false}, {uneven, 0.40, true}} {
		for _, method := range methods {
			t.Run(c.part+" "+string(method), func(t *testing.T) {
				t.Parallel()
				w := sweep(t, method, "include: ["+c.part+"]\nports: {dicom: [104], http: []}\n"+
					"rate: {probes_per_second: 8000, per_network: {probes_per_second: 8000}}\n")
				open := n.within(c.part).openIn(w)
				t.Logf("%d archives open of %d hosts found in %.1f s, %s", open, len(w.done), w.took.Seconds(), lossText(w.state))
				// At most 0.25 % are missed in the mean; 1 % is eight standard
				// deviations of that away.
				if open < archives*99/100 || open != len(w.open) {
					t.Errorf("%d of %d archives open, of %d ports", open, archives, len(w.open))
				}
				if w.state.Loss == nil {
					t.Fatal(lossText(w.state))
				}
				measured, canaries := *w.state.Loss, float64(w.state.Canaries)
				if w.state.LossUneven != c.uneven {
					t.Fatalf("uneven is %v: %s", w.state.LossUneven, lossText(w.state))
				}
				if c.uneven { // the highest of several groups, with 50 canaries at least
					measured, canaries = *w.state.LossHighest, 50
				}
				// Binomial: 4.5 standard errors to each side, once in 150,000 runs.
				if off := 4.5 * math.Sqrt(c.loss*(1-c.loss)/canaries); math.Abs(measured-c.loss) > off {
					t.Errorf("a loss of %.3f is measured as %.3f, by %.0f canaries; %.3f are by chance", c.loss, measured, canaries, off)
				}
			})
		}
	}
}
