package main

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"leadglass/internal/realserver"
	"leadglass/internal/survey"
)

// noStudyDate is a filter of Orthanc that takes Study Date out of each query:
// the archive ignores dates, and its answers hold none.
const noStudyDate = `
function IncomingFindRequestFilter(query, origin)
  query['0008,0020'] = nil
  return query
end
`

// orthancWithout starts an Orthanc whose Lua script filters queries.
func orthancWithout(t testing.TB, script string, studies []realserver.Study) *realserver.Server {
	t.Helper()
	path := filepath.Join(t.TempDir(), "filter.lua")
	if err := os.WriteFile(path, []byte(script), 0o600); err != nil {
		t.Fatal(err)
	}
	config := realserver.OpenOrthanc()
	config["LuaScripts"] = []string{path}
	return realserver.Orthanc(t, realserver.OrthancOptions{Config: config, InMemory: true, Studies: studies})
}

// TestLoadOfFewStudies: a check of an archive that ignores dates, and does not
// return them, costs a few queries for each of its studies.
func TestLoadOfFewStudies(t *testing.T) {
	t.Parallel()
	s := orthancWithout(t, noStudyDate, realserver.Studies(4, 40, 3, realserver.StudyOptions{Minimal: true}))
	f := leadglass(t, "check", s.DICOMAddr(), "--json").want(t, exitDone).finding(t)
	counts(t, f, "40 exact", "120 exact")
	if f.Traffic.Queries > 2*40 || f.Traffic.Responses > 10*40 {
		t.Errorf("%d queries and %d responses for 40 studies", f.Traffic.Queries, f.Traffic.Responses)
	}
}

// TestLoad: what a check asks of an archive is bounded for each of its studies,
// on real servers.
func TestLoad(t *testing.T) {
	t.Parallel()
	t.Run("Orthanc", func(t *testing.T) {
		t.Parallel()
		const n = 1537
		s := realserver.Orthanc(t, realserver.OrthancOptions{Config: realserver.OpenOrthanc(), InMemory: true,
			Studies: realserver.Studies(4, n, 1, realserver.StudyOptions{Minimal: true})})
		f := leadglass(t, "check", s.DICOMAddr(), "--json").want(t, exitDone).finding(t)
		counts(t, f, "1537 exact", "1537 exact")
		if f.Traffic.Queries > 60 || f.Traffic.Responses > n*3/2 {
			t.Errorf("%d queries and %d responses for %d studies", f.Traffic.Queries, f.Traffic.Responses, n)
		}
		path := file(t, scopeText("127.0.0.1", strconv.Itoa(int(s.DICOMPort)), "")+"count: {mode: exact, verify: full}\n")
		f = leadglass(t, "check", s.DICOMAddr(), "--scope", path, "--json").want(t, exitDone).finding(t)
		counts(t, f, "1537 exact", "1537 exact")
		if f.Traffic.Responses < 2*n || f.Counts.Studies.Reason != "" {
			t.Errorf("%d responses for %d studies in full: %s", f.Traffic.Responses, n, f.Counts.Studies.Reason)
		}
	})
	t.Run("dcmqrscp", func(t *testing.T) {
		t.Parallel()
		const n = 400
		s := realserver.Dcmqrscp(t, realserver.DCMTKOptions{Args: []string{"-v"}, Studies: realserver.Studies(4, n, 2, realserver.StudyOptions{Minimal: true})})
		f := leadglass(t, "check", s.DICOMAddr(), "--json", "--called-ae-title", s.AETitle).want(t, exitDone).finding(t)
		counts(t, f, "400 exact", "800 estimate")
		lines := strings.Count(s.Log(), "\n")
		if f.Traffic.Queries > n*2/3 || f.Traffic.Responses > n*3 || lines > 20*n {
			t.Errorf("%d queries, %d responses and %d lines of log for %d studies", f.Traffic.Queries, f.Traffic.Responses, lines, n)
		}
	})
}

// BenchmarkLoad says what a check of one archive costs the archive: queries and
// responses for each study, processor time, lines of its log. With
// LEADGLASS_LOAD_BINARY it runs that program, to compare two versions;
// LEADGLASS_LOAD_STUDIES is the size of the largest archive. docs/gentle.md has
// results.
func BenchmarkLoad(b *testing.B) {
	program := os.Getenv("LEADGLASS_LOAD_BINARY")
	if program == "" {
		program = build(b)
	}
	large, err := strconv.Atoi(os.Getenv("LEADGLASS_LOAD_STUDIES"))
	if err != nil {
		large = 5000
	}
	few := realserver.Studies(4, 40, 3, realserver.StudyOptions{Minimal: true})
	tests := []struct {
		name    string
		studies int
		serve   func(*testing.B) *realserver.Server
	}{
		{fmt.Sprintf("Orthanc_%d", large), large, func(b *testing.B) *realserver.Server {
			return realserver.Orthanc(b, realserver.OrthancOptions{Config: realserver.OpenOrthanc(), InMemory: true,
				Studies: realserver.Studies(4, large, 1, realserver.StudyOptions{Minimal: true})})
		}},
		{"dcmqrscp_400", 400, func(b *testing.B) *realserver.Server {
			return realserver.Dcmqrscp(b, realserver.DCMTKOptions{Args: []string{"-v"}, Studies: realserver.Studies(4, 400, 2, realserver.StudyOptions{Minimal: true})})
		}},
		{"Lua_drops_dates_40", 40, func(b *testing.B) *realserver.Server { return orthancWithout(b, noStudyDate, few) }},
	}
	for _, test := range tests {
		b.Run(test.name, func(b *testing.B) {
			s := test.serve(b)
			for b.Loop() {
				checkLoad(b, program, s, test.studies)
			}
		})
	}
}

// checkLoad checks s once and reports what that cost it.
func checkLoad(b *testing.B, program string, s *realserver.Server, studies int) {
	b.Helper()
	lines, processor := strings.Count(s.Log(), "\n"), processorOf(b, s.PID)
	args := []string{"check", s.DICOMAddr(), "--json"}
	if s.AETitle != "ORTHANC" {
		args = append(args, "--called-ae-title", s.AETitle)
	}
	out, failed := exec.CommandContext(b.Context(), program, args...).Output() // fails where the count is incomplete
	var f survey.Finding
	if err := json.Unmarshal(out, &f); err != nil {
		b.Fatalf("check: %v, %v", failed, err)
	}
	_, _ = realserver.Tool(b, "echoscu", s.Host, strconv.Itoa(int(s.DICOMPort))) // dcmqrscp takes note of children that ended
	b.Logf("studies %v (%s) %s, images %v (%s) %s", f.Counts.Studies, f.Counts.Studies.Quality, f.Counts.Studies.Reason,
		f.Counts.ImagesLinked, f.Counts.ImagesLinked.Quality, f.Counts.ImagesLinked.Reason)
	of, traffic := float64(studies), f.Traffic
	b.ReportMetric(0, "ns/op")
	b.ReportMetric(float64(traffic.Queries), "queries")
	b.ReportMetric(float64(traffic.Queries)/of, "queries/study")
	b.ReportMetric(float64(traffic.Responses), "responses")
	b.ReportMetric(float64(traffic.Responses)/of, "responses/study")
	b.ReportMetric(float64(traffic.BytesReceived)/1e6, "MB")
	b.ReportMetric((processorOf(b, s.PID) - processor).Seconds(), "server-cpu-s")
	b.ReportMetric((processorOf(b, s.PID)-processor).Seconds()*1000/of, "server-cpu-ms/study")
	b.ReportMetric(float64(traffic.LongestQueryMS), "longest-query-ms")
	b.ReportMetric(traffic.EchoDuringMS, "echo-ms")
	b.ReportMetric(float64(strings.Count(s.Log(), "\n")-lines), "log-lines")
}

// processorOf is the processor time of a process and of its children that
// ended (proc(5), stat: fields 14 to 17, in hundredths of a second).
func processorOf(b *testing.B, pid int) time.Duration {
	b.Helper()
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		b.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(text), ") ") // the name may hold spaces
	fields := strings.Fields(rest)
	var ticks int64
	for _, field := range fields[11:15] {
		n, err := strconv.ParseInt(field, 10, 64)
		if err != nil {
			b.Fatal(err)
		}
		ticks += n
	}
	return time.Duration(ticks) * 10 * time.Millisecond
}
