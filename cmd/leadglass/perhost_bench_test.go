package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"leadglass/internal/survey"
)

// perHosts is how many hosts there are of each kind.
const perHosts = 200

// BenchmarkPerHost says what a survey spends on one host of each kind, beyond
// what it spends on a /24 where nothing is: processor time, connections, bytes,
// room in the store. docs/scale.md reckons with it.
func BenchmarkPerHost(b *testing.B) {
	dir, program := b.TempDir(), build(b)
	kinds := []struct{ name, group string }{
		{"nothing", ""},
		{"web server", "speaks: http, port: 80"},
		{"accepts and is silent", "speaks: silent, port: 104"},
		{"closed archive", "persona: orthanc, called_title: PRIVATE1, port: 104"},
		{"open archive of 1,000 studies", fmt.Sprintf("persona: dcm4chee-arc, retrieval: get, port: 104, contents: {studies: %d, images_linked: %d}",
			1000*perHosts, 30_000*perHosts)},
	}
	fleet := "version: 1\nname: kinds\nseed: 3\ndates: {first: 2008-01-07, last: 2019-09-01}\narchives:\n"
	for i, kind := range kinds[1:] {
		fleet += fmt.Sprintf("  - {count: %d, address: 127.60.%d.1, %s}\n", perHosts, i+1, kind.group)
	}
	path := filepath.Join(dir, "fleet.yaml")
	if err := os.WriteFile(path, []byte(fleet), 0o600); err != nil {
		b.Fatal(err)
	}
	runLab(b, exec.CommandContext(b.Context(), program, "lab", "run", path, "--dir", dir, "--json"))
	var nothing perHost
	for i, kind := range kinds {
		b.Run(strings.ReplaceAll(kind.name, " ", "_"), func(b *testing.B) {
			var sum perHost
			runs := 0
			for b.Loop() {
				spent := surveyKind(b, program, filepath.Join(dir, fmt.Sprintf("%d-%d-%d.db", i, runs, time.Now().UnixNano())), i)
				sum.processor += spent.processor
				sum.store += spent.store
				sum.traffic = spent.traffic
				sum.hosts = spent.hosts
				runs++
			}
			sum.processor /= time.Duration(runs)
			sum.store /= int64(runs)
			b.ReportMetric(0, "ns/op") // the others say it
			if i == 0 {
				nothing = sum
				b.ReportMetric(sum.processor.Seconds()*1000, "ms-in-all")
				b.ReportMetric(float64(sum.store), "store-B-in-all")
				return
			}
			if sum.hosts != perHosts {
				b.Fatalf("%d hosts, want %d", sum.hosts, perHosts)
			}
			b.ReportMetric((sum.processor-nothing.processor).Seconds()*1000/perHosts, "ms/host")
			b.ReportMetric(float64(sum.store-nothing.store)/perHosts, "store-B/host")
			b.ReportMetric(float64(sum.traffic.Connections)/perHosts, "connections/host")
			b.ReportMetric(float64(sum.traffic.BytesSent)/perHosts, "sent-B/host")
			b.ReportMetric(float64(sum.traffic.BytesReceived)/perHosts, "received-B/host")
		})
	}
}

// perHost is what a survey of perHosts hosts spent.
type perHost struct {
	processor time.Duration
	store     int64 // bytes
	traffic   survey.Traffic
	hosts     int
}

// surveyKind surveys the network of one kind, with the default ports.
func surveyKind(b *testing.B, program, dsn string, kind int) (p perHost) {
	b.Helper()
	scope := filepath.Join(filepath.Dir(dsn), fmt.Sprintf("kind-%d.yaml", kind))
	text := "version: 1\nauthority: {organisation: Test, contact: test@leadglass.invalid, valid_from: 2020-01-01, valid_until: 2099-12-31}\n" +
		fmt.Sprintf("simulated: true\ninclude: [127.60.%d.0/24]\n", kind) +
		"rate: {probes_per_second: 100000, per_network: {prefix: 8, probes_per_second: 100000}}\n"
	if err := os.WriteFile(scope, []byte(text), 0o600); err != nil {
		b.Fatal(err)
	}
	cmd := exec.CommandContext(b.Context(), program, "--quiet", "--store", dsn, "survey", "--scope", scope)
	if out, err := cmd.CombinedOutput(); err != nil {
		b.Fatalf("survey: %v\n%s", err, out)
	}
	file, err := os.Stat(dsn)
	if err != nil {
		b.Fatal(err)
	}
	work := workOf(b, dsn)
	return perHost{processor: cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime(), store: file.Size(),
		traffic: work.traffic, hosts: int(work.records)}
}
