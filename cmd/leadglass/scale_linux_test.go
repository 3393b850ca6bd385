package main

import (
	"errors"
	"fmt"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"leadglass/internal/farline"
	"leadglass/internal/realserver"
	"leadglass/internal/store"
)

// The environment of BenchmarkScale, which `make scale` sets.
const (
	scaleVariable   = "LEADGLASS_SCALE"         // how many archives
	workersVariable = "LEADGLASS_SCALE_WORKERS" // how many processes work on a survey: "1 2 4"
	insideScale     = "LEADGLASS_TEST_SCALE_NETWORK"
)

// farDelay is how long a packet to or from a far archive is under way; a round
// trip takes twice that.
const farDelay = 25 * time.Millisecond

// scaleSettings are where the archives are, how many hosts each process examines
// side by side, and how many studies an open archive has: few where they are
// far, so that what bounds it is the waiting, and not the two cores of a small
// machine.
func scaleSettings() []scaleSetting {
	return []scaleSetting{{"near", 0, 24, 41_186}, {"far", farDelay, 4, 400}}
}

type scaleSetting struct {
	name                 string
	delay                time.Duration
	concurrency, studies int
}

// fleet is the study's mix of n open and closed archives.
func (s scaleSetting) fleet(n int) string {
	open := n * 590 / 2300
	return fmt.Sprintf(`version: 1
name: scale
seed: 1
dates: {first: 2008-01-07, last: 2019-09-01}
archives:
  - {count: %d, address: 127.30.0.1, persona: dcm4chee-arc, retrieval: get, contents: {studies: %d, images_linked: %d}, from: modelled}
  - {count: %d, address: 127.30.16.1, persona: orthanc, called_title: PRIVATE1, from: modelled}
`, open, open*s.studies, open*s.studies*30, n-open)
}

// BenchmarkScale surveys the same fleet with one process and with several, on
// SQLite and on PostgreSQL, near and 50 ms away, and prints a table. Each survey
// has to find the truth, with as much work as the first.
func BenchmarkScale(b *testing.B) {
	if os.Getenv(scaleVariable) == "" {
		b.Skip("takes minutes; `make scale` runs it")
	}
	for _, s := range scaleSettings() {
		if os.Getenv(insideScale) == s.name {
			s.measure(b)
		}
	}
	if os.Getenv(insideScale) != "" {
		return
	}
	for _, s := range scaleSettings() {
		cmd := exec.CommandContext(b.Context(), os.Args[0], "-test.run=^$", "-test.bench=^BenchmarkScale$", "-test.benchtime=1x", "-test.timeout=2h")
		cmd.Env = append(os.Environ(), insideScale+"="+s.name)
		cmd.SysProcAttr = &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWNET, Pdeathsig: syscall.SIGKILL}
		cmd.Stdout, cmd.Stderr = os.Stdout, os.Stderr // it takes a while: the rows are wanted as they come
		if err := cmd.Run(); err != nil {
			b.Errorf("archives %s: %v", s.name, err)
		}
	}
}

// fleetRange is where the fleet has its archives, as networks, so that a sweep
// finds them.
var fleetRange = []string{"127.30.0.0/20", "127.30.16.0/20"}

// measure runs the surveys of one setting, in a network namespace of its own.
func (s scaleSetting) measure(b *testing.B) {
	archives, err := strconv.Atoi(os.Getenv(scaleVariable))
	if err != nil {
		b.Fatalf("%s: %v", scaleVariable, err)
	}
	workers := []int{1}
	if text := os.Getenv(workersVariable); text != "" {
		workers = nil
		for _, word := range strings.Fields(text) {
			n, err := strconv.Atoi(word)
			if err != nil || n < 1 {
				b.Fatalf("%s=%s: give numbers of processes", workersVariable, text)
			}
			workers = append(workers, n)
		}
	}
	m := &scaleRun{scaleSetting: s, dir: b.TempDir(), program: build(b)}
	m.fleetFile = filepath.Join(m.dir, "fleet.yaml")
	if err := os.WriteFile(m.fleetFile, []byte(s.fleet(archives)), 0o600); err != nil {
		b.Fatal(err)
	}
	m.network(b)
	m.server = realserver.Postgres(b)
	fmt.Printf("\n%d archives %s, %d studies on an open one, round trip %s, %d hosts side by side in each process\n", archives, s.name, s.studies,
		2*s.delay, s.concurrency)
	fmt.Printf("%-12s %9s %8s %6s %10s %10s %6s %8s %12s %9s %11s %10s %12s\n", "store", "processes", "seconds", "x", "processor", "database",
		"MB", "records", "connections", "queries", "responses", "megabytes", "packets")
	first := m.survey(b, "SQLite", filepath.Join(m.dir, "embedded.db"), 1)
	for _, n := range workers {
		m.survey(b, "PostgreSQL", m.server.Database(b), n).equals(b, first)
	}
	b.ReportMetric(0, "ns/op") // the table says it
}

// scaleRun is the network, the fleet and the database of a setting.
type scaleRun struct {
	scaleSetting
	dir, program, fleetFile, scope string
	server                         *realserver.PostgresServer
	line                           *farline.Line // nil where the archives are near
	one                            float64       // seconds of one process on PostgreSQL
}

// network starts the fleet: in this namespace, or in another at the end of the
// line. There the loopback interface here keeps one address alone, so that the
// others of 127.0.0.0/8 are those of the fleet.
func (m *scaleRun) network(b *testing.B) {
	ip := func(args ...string) {
		if out, err := exec.CommandContext(b.Context(), "ip", args...).CombinedOutput(); err != nil {
			b.Fatalf("ip %v: %v\n%s", args, err, out)
		}
	}
	ip("link", "set", "lo", "up")
	attributes := &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if m.delay > 0 {
		ip("addr", "del", "127.0.0.1/8", "dev", "lo")
		ip("addr", "add", "127.0.0.1/32", "dev", "lo")
		attributes.Cloneflags = syscall.CLONE_NEWNET
	}
	lab := exec.CommandContext(b.Context(), "sh", "-c", `ip link set lo up && exec "$0" "$@"`, m.program, "lab", "run", m.fleetFile, "--dir", m.dir, "--json")
	lab.SysProcAttr = attributes
	m.scope = runLab(b, lab)
	if m.delay > 0 {
		m.line = farline.Join(b, farline.Options{Delay: m.delay, PID: lab.Process.Pid, Here: netip.MustParseAddr("10.79.0.1"),
			There: netip.MustParseAddr("10.79.0.2"), Reach: netip.MustParsePrefix("127.30.0.0/16")})
	}
	text, err := os.ReadFile(m.scope)
	if err == nil {
		text = regexp.MustCompile(`(?m)^include:\n(  - .*\n)+`).ReplaceAll(text, []byte("include: ["+strings.Join(fleetRange, ", ")+"]\n"))
		err = os.WriteFile(m.scope, text, 0o600)
	}
	if err != nil {
		b.Fatal(err)
	}
}

// survey surveys the fleet with so many processes, prints a row, and returns
// what was done.
func (m *scaleRun) survey(b *testing.B, engine, dsn string, processes int) workDone {
	b.Helper()
	database := m.server.Processor(b)
	var before farline.Traffic
	if m.line != nil {
		before = m.line.There()
	}
	start := time.Now()
	all := m.start(b, dsn, processes)
	var processor time.Duration
	var resident int64
	for _, cmd := range all {
		if err := cmd.Wait(); err != nil {
			b.Fatalf("%v: %v\n%s", cmd.Args[1:], err, cmd.Stderr)
		}
		processor += cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()
		if usage, ok := cmd.ProcessState.SysUsage().(*syscall.Rusage); ok {
			resident = max(resident, usage.Maxrss<<10)
		}
	}
	took := time.Since(start).Seconds()
	out, err := exec.CommandContext(b.Context(), m.program, "--store", dsn, "lab", "score", m.fleetFile).CombinedOutput()
	if err != nil {
		b.Errorf("%s, %d processes: %v\n%s", engine, processes, err, out)
	}
	if engine == "PostgreSQL" && m.one == 0 {
		m.one = took
	}
	gain, packets := "", ""
	if engine == "PostgreSQL" {
		gain = fmt.Sprintf("%.2f", m.one/took)
	}
	if m.line != nil {
		if now := m.line.There(); now.Lost > before.Lost {
			b.Errorf("the line lost %d packets", now.Lost-before.Lost)
		} else {
			packets = fmt.Sprint(now.Packets - before.Packets)
		}
	}
	w := workOf(b, dsn)
	fmt.Printf("%-12s %9d %8.1f %6s %8.1f s %8.1f s %6d %8d %12d %9d %11d %10.1f %12s\n", engine, processes, took, gain, processor.Seconds(),
		(m.server.Processor(b) - database).Seconds(), resident>>20, w.records, w.traffic.Connections, w.traffic.Queries, w.traffic.Responses,
		float64(w.traffic.BytesSent+w.traffic.BytesReceived)/1e6, packets)
	return w
}

// start starts the survey, and beside it the workers that it takes to be so
// many processes.
func (m *scaleRun) start(b *testing.B, dsn string, processes int) (all []*exec.Cmd) {
	b.Helper()
	concurrency := strconv.Itoa(m.concurrency)
	command := func(args ...string) {
		cmd := exec.CommandContext(b.Context(), m.program, append([]string{"--quiet", "--store", dsn}, args...)...)
		cmd.Stderr = &buffer{}
		cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
		if err := cmd.Start(); err != nil {
			b.Fatal(err)
		}
		all = append(all, cmd)
	}
	args := []string{"survey", "--scope", m.scope, "--concurrency", concurrency}
	if processes > 1 {
		args = append(args, "--parts", strconv.Itoa(processes))
	}
	command(args...)
	if processes > 1 {
		m.begun(b, dsn)
	}
	for range processes - 1 {
		command("worker", "--scope", m.scope, "--concurrency", concurrency, "--until-done")
	}
	return all
}

// begun waits until the survey is in the store: a worker that comes before has
// nothing to wait for.
func (m *scaleRun) begun(b *testing.B, dsn string) {
	b.Helper()
	for deadline := time.Now().Add(time.Minute); time.Now().Before(deadline); time.Sleep(20 * time.Millisecond) {
		db, err := store.OpenExisting(b.Context(), dsn)
		if err != nil {
			continue
		}
		all, err := db.Surveys(b.Context())
		if err := errors.Join(err, db.Close()); err == nil && len(all) > 0 {
			return
		}
	}
	b.Fatal("the survey has not begun in a minute")
}

// equals complains unless two surveys came to the same with the same work: as
// many records, studies and associations. Which windows of a count are verified
// is chosen at random, how many it has depends on how fast the archive answers,
// and a connection that had to wait may have to be made anew: connections,
// queries and responses may differ by a tenth.
func (w workDone) equals(b *testing.B, first workDone) {
	b.Helper()
	if w.records != first.records || w.studies != first.studies {
		b.Errorf("%d records and %d studies, were %d and %d", w.records, w.studies, first.records, first.studies)
	}
	for _, c := range []struct {
		name       string
		got, first int64
		within     int64
	}{
		{"connections", w.traffic.Connections, first.traffic.Connections, first.traffic.Connections / 10},
		{"associations", w.traffic.Associations, first.traffic.Associations, 0},
		{"queries", w.traffic.Queries, first.traffic.Queries, first.traffic.Queries / 10},
		{"responses", w.traffic.Responses, first.traffic.Responses, first.traffic.Responses / 10},
		{"bytes received", w.traffic.BytesReceived, first.traffic.BytesReceived, first.traffic.BytesReceived / 10},
	} {
		if d := c.got - c.first; d > c.within || d < -c.within {
			b.Errorf("%d %s, were %d", c.got, c.name, c.first)
		}
	}
}
