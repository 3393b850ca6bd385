package discover_test

import (
	"bytes"
	"context"
	"fmt"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"leadglass/internal/survey"

	"golang.org/x/sys/unix"
)

// measured is one run of one tool.
type measured struct {
	seconds, cpu float64
	found        int
	failed       string
}

// hangs is after what time a tool is taken to have stopped working. masscan
// 1.3.2 waits for a packet before it ends, and may wait for ever on a quiet
// interface.
const hangs = 40 * time.Second

// patient is how long nmap may take: where all is silent it does not hang, but
// is slow.
const patient = 2 * time.Minute

// runs of each cell of the table; the median of their times counts.
const runs = 3

// BenchmarkSweepAgainstOthers sweeps the /16 with both of our methods and with
// Debian's zmap, masscan and nmap, side by side: where closed ports answer and
// where they are silent, as fast as each can and at one rate. All have the same
// work: one port and one pass (nmap tries again once what is silent), and a wait
// of a second for the last answers, where they take a time (zmap's default is
// 8 s; ours is a quarter of a second when answers come at once). Ours connects to
// what it finds besides. It prints a table.
func BenchmarkSweepAgainstOthers(b *testing.B) {
	for _, tool := range []string{"zmap", "masscan", "nmap"} {
		if _, err := exec.LookPath(tool); err != nil {
			b.Skipf("the program %s is missing; make bench-sweep installs it", tool)
		}
	}
	n := inNetwork(b, "-test.bench")
	if n == nil {
		return
	}
	mac := regexp.MustCompile(`link/ether (\S+)`).FindStringSubmatch(n.output("ip", "-o", "link", "show", "lgsweep1"))
	if mac == nil {
		b.Fatal("the target's interface has no address")
	}
	for _, net := range []struct{ name, rule string }{{"closed ports answer", ""}, {"closed ports are silent", "ip daddr != @archives tcp dport 104 drop"}} {
		for _, rate := range []int{0, 10_000} {
			n.rules(net.rule)
			compare(b, net.name, rate, others(b, mac[1], rate))
		}
	}
}

// output is what a command on the target's side prints.
func (n *network) output(args ...string) string {
	n.t.Helper()
	out, err := exec.CommandContext(n.t.Context(), "nsenter", append([]string{"-t", n.pid, "-n"}, args...)...).Output()
	if err != nil {
		n.t.Fatal(err)
	}
	return string(out)
}

// contestant is a way to sweep.
type contestant struct {
	name string
	run  func() measured
}

func compare(b *testing.B, what string, rate int, all []contestant) {
	limit := "as fast as it can"
	if rate > 0 {
		limit = fmt.Sprintf("%d probes a second", rate)
	}
	fmt.Printf("\n%s, %s\n| sweep | time | CPU | found | of nmap | of zmap |\n|---|---|---|---|---|---|\n", what, limit)
	medians := map[string]measured{}
	for _, c := range all {
		var times []measured
		for len(times) < runs {
			m := c.run()
			if times = append(times, m); m.seconds > hangs.Seconds() {
				break // it hangs, or takes as long again
			}
		}
		slices.SortFunc(times, func(a, b measured) int { return int(1e6 * (a.seconds - b.seconds)) })
		medians[c.name] = times[len(times)/2]
	}
	for _, c := range all {
		m := medians[c.name]
		fmt.Printf("| %s | %.2f s | %.2f s | %d of %d | %.2f | %.2f | %s\n", c.name, m.seconds, m.cpu, m.found, archives,
			m.seconds/medians["nmap"].seconds, m.seconds/medians["zmap"].seconds, m.failed)
		unit := strings.NewReplacer(" ", "-", ",", "").Replace(c.name + "-" + what + "-" + limit)
		b.ReportMetric(m.seconds, unit+"-s")
	}
}

// others are all contestants at a rate, 0 for none.
func others(b *testing.B, mac string, rate int) []contestant {
	dir := b.TempDir()
	none := filepath.Join(dir, "none")
	if err := os.WriteFile(none, nil, 0o600); err != nil {
		b.Fatal(err)
	}
	out := filepath.Join(dir, "out")
	perSecond := func(unlimited string) string {
		if rate == 0 {
			return unlimited
		}
		return fmt.Sprint(rate)
	}
	nmap := []string{"nmap", "-n", "-Pn", "-sS", "-T4", "--max-retries", "1", "-p", "104", "10.77.0.0/16", "-oG", out}
	if rate > 0 {
		nmap = append(nmap, "--max-rate", fmt.Sprint(rate), "--min-rate", fmt.Sprint(rate))
	}
	return []contestant{
		{"leadglass, connect", func() measured { return ours(b, survey.SweepConnect, perSecond("1000000")) }},
		{"leadglass, SYN", func() measured { return ours(b, survey.SweepSYN, perSecond("1000000")) }},
		{"zmap", func() measured {
			return theirs(b, hangs, out, `10\.77\.\d+\.\d+`, "zmap", "-q", "-p", "104", "-r", perSecond("0"), "-c", "1", "-b", none, "-i", "lgsweep0",
				"-S", "10.78.0.1", "-G", mac, "-o", out, "10.77.0.0/16")
		}},
		{"masscan", func() measured {
			return theirs(b, hangs, out, `open tcp 104 `, "masscan", "10.77.0.0/16", "-p104", "--rate", perSecond("1000000"), "--wait", "1",
				"--adapter", "lgsweep0", "--adapter-ip", "10.78.0.1", "--router-mac", strings.ReplaceAll(mac, ":", "-"), "-oL", out)
		}},
		{"nmap", func() measured { return theirs(b, patient, out, `104/open/`, nmap[0], nmap[1:]...) }},
	}
}

// ours is a sweep of this program, without the second pass over what is silent.
func ours(b *testing.B, method survey.SweepMethod, rate string) measured {
	before := cpu()
	w := sweep(b, method, "include: [10.77.0.0/16]\nports: {dicom: [104], http: []}\nrate: {probes_per_second: "+rate+
		", per_network: {probes_per_second: "+rate+"}}\n", 1)
	found := 0
	for range w.open {
		found++
	}
	return measured{seconds: w.took.Seconds(), cpu: cpu() - before, found: found}
}

// cpu is the time that this process has computed, in seconds.
func cpu() float64 {
	var u unix.Rusage
	if unix.Getrusage(unix.RUSAGE_SELF, &u) != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano()).Seconds()
}

// theirs runs a tool and counts the distinct lines of its output that say that
// a port is open.
func theirs(b *testing.B, limit time.Duration, out, open, name string, args ...string) measured {
	_ = os.Remove(out)
	ctx, cancel := context.WithTimeout(b.Context(), limit)
	defer cancel()
	cmd := exec.CommandContext(ctx, name, args...)
	var said bytes.Buffer
	cmd.Stdout, cmd.Stderr = &said, &said
	start := time.Now()
	err := cmd.Run()
	m := measured{seconds: time.Since(start).Seconds(), cpu: (cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()).Seconds()}
	if err != nil {
		m.failed = fmt.Sprintf("%v: %.200q", err, said.String())
	}
	text, err := os.ReadFile(out)
	if err != nil {
		m.failed += err.Error()
		return m
	}
	line := regexp.MustCompile(open)
	found := map[netip.Addr]bool{}
	for _, l := range strings.Split(string(text), "\n") {
		if !line.MatchString(l) {
			continue
		}
		for _, word := range strings.Fields(l) {
			if a, err := netip.ParseAddr(word); err == nil {
				found[a] = true
			}
		}
	}
	m.found = len(found)
	return m
}
