package main

import (
	"encoding/json"
	"fmt"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// BenchmarkArchives surveys fleets that grow tenfold in archives.
func BenchmarkArchives(b *testing.B) {
	program := build(b)
	var first *growth
	for _, n := range []int{23, 230, 2300} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			fleet := studyMix(n)
			first = grow(b, program, fleet, n, first)
		})
	}
}

// studyMix is a fleet of n archives with the study of 2019's part of open ones
// and records per archive.
func studyMix(n int) string {
	open := n * 590 / 2300
	records := n * 24_300_000 / 2300
	return fmt.Sprintf(`version: 1
name: archives-%d
seed: 1
dates: {first: 2008-01-07, last: 2019-09-01}
archives:
  - {count: %d, address: 127.30.0.1, persona: dcm4chee-arc, retrieval: get, contents: {studies: %d, images_linked: %d}, from: modelled}
  - {count: %d, address: 127.30.16.1, persona: orthanc, called_title: PRIVATE1, from: modelled}
`, n, open, records, records*30, n-open)
}

// BenchmarkStudies surveys one archive that grows tenfold in studies.
func BenchmarkStudies(b *testing.B) {
	program := build(b)
	var first *growth
	for _, n := range []int{1e4, 1e5, 1e6, 1e7} {
		b.Run(fmt.Sprintf("1e%.0f", math.Log10(float64(n))), func(b *testing.B) {
			fleet := fmt.Sprintf(`version: 1
name: studies-%d
seed: 1
dates: {first: 2008-01-07, last: 2019-09-01}
archives:
  - {address: 127.30.0.1, persona: orthanc, retrieval: get, contents: {studies: %d, images_linked: %d}, from: modelled}
`, n, n, n*30)
			first = grow(b, program, fleet, n, first)
		})
	}
}

// growth is what the smallest of a row took.
type growth struct {
	size    int
	seconds float64
	client  int64
}

// grow runs a demo with the fleet and reports what it took, and how much more
// than the smallest: time and the client's memory.
func grow(b *testing.B, program, fleet string, size int, first *growth) *growth {
	b.Helper()
	dir := b.TempDir()
	path := filepath.Join(dir, "fleet.yaml")
	if err := os.WriteFile(path, []byte(fleet), 0o600); err != nil {
		b.Fatal(err)
	}
	var seconds float64
	var client, lab int64
	runs := 0
	for b.Loop() {
		out, err := exec.Command(program, "demo", "--quiet", "--json", "--fleet", path,
			"--out", filepath.Join(dir, fmt.Sprint(runs))).Output()
		if err != nil {
			b.Fatalf("demo: %v\n%s", err, out)
		}
		var r demoResult
		if err := json.Unmarshal(out, &r); err != nil {
			b.Fatal(err)
		}
		seconds += r.Seconds
		client, lab = max(client, r.ClientMaxRSS), max(lab, r.LabMaxRSS)
		runs++
	}
	seconds /= float64(runs)
	if first == nil {
		first = &growth{size, seconds, client}
	}
	b.ReportMetric(0, "ns/op") // seconds say it
	b.ReportMetric(seconds, "s")
	b.ReportMetric(float64(client>>20), "client-MB")
	b.ReportMetric(float64(lab>>20), "fleet-MB")
	b.ReportMetric(float64(size)/float64(first.size), "x-size")
	b.ReportMetric(seconds/first.seconds, "x-time")
	b.ReportMetric(float64(client)/float64(first.client), "x-memory")
	return first
}

// build makes the program as users have it.
func build(b *testing.B) string {
	b.Helper()
	program := filepath.Join(b.TempDir(), "leadglass")
	if out, err := exec.Command("go", "build", "-o", program, ".").CombinedOutput(); err != nil {
		b.Fatalf("building leadglass: %v\n%s", err, out)
	}
	return program
}
