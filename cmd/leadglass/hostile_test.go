package main

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"

	"leadglass/internal/survey"
	"leadglass/lab/fleets"
)

// conversations is how many connections to damaging archives the test goes
// through at least: few in a usual run, as many as `make hostile` says there.
func conversations(t *testing.T) int64 {
	t.Helper()
	text := os.Getenv("LEADGLASS_HOSTILE")
	if text == "" {
		return 2000
	}
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		t.Fatalf("LEADGLASS_HOSTILE=%s: %v", text, err)
	}
	return n
}

// hostTime is what a damaging host is given, slack what it may take on top of
// it on a machine that is busy with other things.
const (
	hostTime = 2 * time.Second
	slack    = 20 * time.Second
)

// hostileFleet writes the fleet with so many archives of each kind, made up
// from another seed, and the scope that surveys it within hostTime a host.
func hostileFleet(t *testing.T, count int, seed int64) (scopeFile string) {
	t.Helper()
	text, err := fleets.Read("hostile")
	if err != nil {
		t.Fatal(err)
	}
	fleet := strings.ReplaceAll(string(text), "count: 10,", fmt.Sprintf("count: %d,", count))
	fleet = strings.Replace(fleet, "seed: 99", fmt.Sprintf("seed: %d", seed), 1)
	fleet = strings.ReplaceAll(fleet, "127.0.", "127.9.") // others may run the fleet as it is
	path := filepath.Join(t.TempDir(), "fleet.yaml")
	if err := os.WriteFile(path, []byte(fleet), 0o600); err != nil {
		t.Fatal(err)
	}
	scopeFile = runFleet(t, path)
	scope, err := os.ReadFile(scopeFile)
	if err != nil {
		t.Fatal(err)
	}
	limits := regexp.MustCompile(`limits: \{.*\}`).ReplaceAllString(string(scope),
		fmt.Sprintf("limits: {associations_per_host: 1, per_host_time: %s, per_host_bytes: 64MiB}", hostTime))
	if err := os.WriteFile(scopeFile, []byte(limits), 0o600); err != nil {
		t.Fatal(err)
	}
	return scopeFile
}

// TestHostileArchives surveys archives that damage what they send until so
// many conversations are over: each host gives a finding, within its time, and
// no value of a patient comes out; memory stays where it was.
func TestHostileArchives(t *testing.T) {
	want := conversations(t)
	count := 10
	if want > 100_000 {
		count = 100
	}
	var all hostileTally
	var before uint64
	start := time.Now()
	first := int64(1) // of the seeds
	if n, err := strconv.ParseInt(os.Getenv("LEADGLASS_HOSTILE_SEED"), 10, 64); err == nil {
		first = n
	}
	for round := first; all.conversations < want && !t.Failed(); round++ {
		t.Run(strconv.FormatInt(round, 10), func(t *testing.T) { all.round(t, count, round) })
		if heap := heapInUse(); round == first {
			before = heap
		} else if heap > before+256<<20 {
			t.Fatalf("the heap grew from %d to %d MiB", before>>20, heap>>20)
		}
	}
	t.Logf("%d conversations in %s, slowest host %s, verdicts %v, heap %d MiB after the first round, %d now",
		all.conversations, time.Since(start).Round(time.Second), all.slowest, all.verdicts, before>>20, heapInUse()>>20)
	if all.slowest > hostTime+slack {
		t.Errorf("a host took %s of %s", all.slowest, hostTime)
	}
}

// hostileTally is what surveys of damaging archives came to.
type hostileTally struct {
	conversations int64
	slowest       time.Duration
	verdicts      map[survey.Verdict]int
}

// round surveys a fleet of damaging archives once.
func (all *hostileTally) round(t *testing.T, count int, seed int64) {
	scope := hostileFleet(t, count, seed)
	o := leadglass(t, "--store", filepath.Join(t.TempDir(), "s.db"), "--log-level", "debug", "survey", "--scope", scope,
		"--concurrency", strconv.Itoa(min(20*count, 400)), "--json").want(t, exitDone)
	s := searched{"stdout": []byte(o.out), "stderr": []byte(o.errors)}
	if found := s.hits(marks()...); len(found) > 0 {
		t.Fatalf("patient values in %d places:\n%s", len(found), strings.Join(found, "\n"))
	}
	lines := strings.Split(strings.TrimSpace(o.out), "\n")
	if hosts := 24 * count; len(lines)-1 != hosts {
		t.Errorf("%d findings of %d hosts", len(lines)-1, hosts)
	}
	if all.verdicts == nil {
		all.verdicts = map[survey.Verdict]int{}
	}
	for _, line := range lines[:len(lines)-1] {
		var f survey.Finding
		if err := json.Unmarshal([]byte(line), &f); err != nil {
			t.Fatal(err)
		}
		all.slowest = max(all.slowest, time.Duration(f.DurationMS)*time.Millisecond)
		all.verdicts[f.Verdict]++
	}
	var sum surveySummary
	if err := json.Unmarshal([]byte(lines[len(lines)-1]), &sum); err != nil {
		t.Fatal(err)
	}
	all.conversations += sum.Traffic.Connections
}

func heapInUse() uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapInuse
}

// TestHostileWeb: what a web server can do to a client that asks politely.
func TestHostileWeb(t *testing.T) {
	for name, handle := range map[string]http.HandlerFunc{
		"one byte a second": func(w http.ResponseWriter, r *http.Request) {
			for range 100 {
				if _, err := io.WriteString(w, "a"); err != nil || sleepOrGone(r, time.Second) {
					return
				}
				w.(http.Flusher).Flush()
			}
		},
		"a page without an end": func(w http.ResponseWriter, _ *http.Request) {
			for {
				if _, err := io.WriteString(w, strings.Repeat("<title>x</title>", 4096)); err != nil {
					return
				}
			}
		},
		"headers without an end": func(w http.ResponseWriter, _ *http.Request) {
			c, _, err := w.(http.Hijacker).Hijack()
			if err != nil {
				return
			}
			defer func() { _ = c.Close() }()
			_, _ = io.WriteString(c, "HTTP/1.1 200 OK\r\n")
			for {
				if _, err := io.WriteString(c, "X-A: "+strings.Repeat("a", 4096)+"\r\n"); err != nil {
					return
				}
			}
		},
		"chunks of impossible size": func(w http.ResponseWriter, _ *http.Request) {
			c, _, err := w.(http.Hijacker).Hijack()
			if err != nil {
				return
			}
			defer func() { _ = c.Close() }()
			_, _ = io.WriteString(c, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nFFFFFFFFFFFFFFFF\r\nxx")
		},
		"a packed page that unpacks to a thousand times as much": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Encoding", "gzip")
			w.Header().Set("Content-Type", "text/html")
			_, _ = w.Write(bomb())
		},
		"redirects in a circle": func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, r.URL.Path+"x", http.StatusFound) },
	} {
		t.Run(name, func(t *testing.T) {
			s := record(t, handle)
			var before, after runtime.MemStats
			runtime.GC()
			runtime.ReadMemStats(&before)
			start := time.Now()
			o := leadglass(t, "check", s.URL+"/dicom-web", "--json", "--time", "3s")
			took := time.Since(start)
			runtime.ReadMemStats(&after)
			if o.code != exitDone && o.code != exitIncomplete {
				t.Errorf("exit code %d: %s", o.code, o.errors)
			}
			f := o.finding(t)
			if f.Verdict.FreelyAccessible() {
				t.Errorf("verdict %s", f.Verdict)
			}
			if took > 3*time.Second+slack {
				t.Errorf("it took %s", took)
			}
			if grown := after.TotalAlloc - before.TotalAlloc; grown > 256<<20 {
				t.Errorf("%d MiB were allocated", grown>>20)
			}
			t.Logf("%s, %d requests, %d bytes received", took.Round(time.Millisecond), len(s.asked), f.Traffic.BytesReceived)
		})
	}
}

// bomb packs 64 MiB of zeros into 64 KiB.
func bomb() []byte {
	var b bytes.Buffer
	z, err := gzip.NewWriterLevel(&b, gzip.BestCompression)
	if err != nil {
		return nil
	}
	zeros := make([]byte, 1<<20)
	for range 64 {
		_, _ = z.Write(zeros)
	}
	_ = z.Close()
	return b.Bytes()
}

// sleepOrGone waits, or reports that the client has gone.
func sleepOrGone(r *http.Request, d time.Duration) bool {
	select {
	case <-time.After(d):
		return false
	case <-r.Context().Done():
		return true
	}
}
