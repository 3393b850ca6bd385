package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"leadglass/internal/campaign"
	"leadglass/internal/realserver"
	"leadglass/internal/store"
	"leadglass/internal/survey"
	"leadglass/internal/trial"
)

// heldFleet has archives enough that a survey with one free hand is stopped in
// the middle of them; three further ones hold whoever asks them.
const heldFleet = `version: 1
name: held
seed: 12
dates: {first: 2015-01-01, last: 2020-12-31}
archives:
  - {name: some, address: %[1]s1, count: 60, port: 11112, country: AT, persona: orthanc, contents: {studies: 90, images_linked: 700}}
  - {name: more, address: %[1]s101, count: 60, port: 11112, country: BE, persona: dcm4chee-arc, retrieval: get, contents: {studies: 120, images_linked: 900}}
`

// heldArchives and heldHosts are how many archives and hosts there are.
const (
	heldArchives = 120
	heldHosts    = 123
)

// held is a fleet of which a survey does not come to an end until release.
type held struct {
	fleet, scope string
	slow         io.Closer
}

// slowFleet has three archives that take four seconds for every answer.
const slowFleet = `version: 1
name: slow
seed: 13
dates: {first: 2015-01-01, last: 2020-12-31}
archives:
  - {name: slow, address: %[1]s70, count: 3, port: 11112, country: AT, persona: orthanc, contents: {studies: 90, images_linked: 700}, quirks: {response_delay_ms: 4000}}
`

// holdFleet runs the fleet at addresses of its own; prefix is their first
// three bytes, "127.31.1.".
func holdFleet(t *testing.T, prefix string) *held {
	t.Helper()
	h := &held{fleet: filepath.Join(t.TempDir(), "fleet.yaml")}
	if err := os.WriteFile(h.fleet, fmt.Appendf(nil, heldFleet, prefix), 0o600); err != nil {
		t.Fatal(err)
	}
	h.scope = runFleet(t, h.fleet)
	text, err := os.ReadFile(h.scope)
	if err != nil {
		t.Fatal(err)
	}
	slowFile := filepath.Join(t.TempDir(), "slow.yaml")
	if err := os.WriteFile(slowFile, fmt.Appendf(nil, slowFleet, prefix), 0o600); err != nil {
		t.Fatal(err)
	}
	fleet, err := trial.Open(slowFile)
	if err != nil {
		t.Fatal(err)
	}
	running, err := fleet.Run(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	h.slow = running
	t.Cleanup(h.release)
	more := fmt.Sprintf("  - %[1]s70\n  - %[1]s71\n  - %[1]s72\n", prefix)
	text = bytes.Replace(text, fmt.Appendf(nil, "  - %s101\n", prefix), fmt.Appendf(nil, "%s  - %s101\n", more, prefix), 1)
	if err := os.WriteFile(h.scope, text, 0o600); err != nil {
		t.Fatal(err)
	}
	return h
}

// release takes the slow archives away; their ports refuse then.
func (h *held) release() { _ = h.slow.Close() }

// background is a survey that runs beside the test.
type background struct {
	stdout, stderr buffer
	code           chan int
}

// begin starts the survey of the fleet into the store.
func (h *held) begin(ctx context.Context, dsn string, args ...string) *background {
	b := &background{code: make(chan int, 1)}
	args = append([]string{"--store", dsn, "survey", "--scope", h.scope, "--concurrency", "4"}, args...)
	go func() { b.code <- run(ctx, args, &b.stdout, &b.stderr) }()
	return b
}

// ended is what the survey left behind; it has a minute to come to its end.
func (b *background) ended(t *testing.T) output {
	t.Helper()
	select {
	case code := <-b.code:
		return output{code, b.stdout.String(), b.stderr.String()}
	case <-time.After(time.Minute):
		t.Fatalf("the survey has not ended: %s", b.stderr.String())
		return output{}
	}
}

// eventually waits until ok.
func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for deadline := time.Now().Add(time.Minute); !ok(); time.Sleep(50 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("still not: %s", what)
		}
	}
}

// status is what `survey show` says.
func status(t *testing.T, dsn string) (s campaign.Status) {
	t.Helper()
	o := leadglass(t, "--store", dsn, "survey", "show", "--json").want(t, exitDone)
	matches(t, "survey-status", []byte(o.out))
	if err := json.Unmarshal([]byte(o.out), &s); err != nil {
		t.Fatalf("%v in %s", err, o.out)
	}
	return s
}

// someRecords waits until the store holds some results.
func someRecords(t *testing.T, dsn string) {
	t.Helper()
	eventually(t, "records", func() bool {
		db, err := store.OpenExisting(t.Context(), dsn)
		if err != nil {
			return false
		}
		defer func() { _ = db.Close() }()
		v, err := db.Survey(t.Context(), "")
		if err != nil {
			return false
		}
		r, err := db.Run(t.Context(), v.ID)
		return err == nil && len(r.Verdicts) > 0
	})
}

// resumed continues the survey when nothing holds it, and compares every
// figure with the truth.
func (h *held) resumed(t *testing.T, dsn string, kept int64) {
	t.Helper()
	h.release()
	o := leadglass(t, "--store", dsn, "survey", "--scope", h.scope, "--resume", "--json").want(t, exitDone)
	if again := int64(strings.Count(o.out, "leadglass.finding/1")); again != heldHosts-kept {
		t.Errorf("%d hosts were examined after %d of %d were kept", again, kept, heldHosts)
	}
	leadglass(t, "--store", dsn, "lab", "score", h.fleet).want(t, exitDone)
	if s := status(t, dsn); s.Status != survey.StatusFinished || s.Records != heldHosts {
		t.Errorf("in the end %s with %d records", s.Status, s.Records)
	}
}

// TestOperations does on both engines what somebody does who runs surveys.
func TestOperations(t *testing.T) {
	server := realserver.Postgres(t)
	t.Run("SQLite", func(t *testing.T) { cancelSurvey(t, filepath.Join(t.TempDir(), "s.db"), "127.31.1.") })
	t.Run("PostgreSQL", func(t *testing.T) { cancelSurvey(t, server.Database(t), "127.31.2.") })
	t.Run("database lost", func(t *testing.T) { loseDatabase(t, server, "127.31.3.") })
}

// cancelSurvey cancels a survey from outside of the process that works on it.
func cancelSurvey(t *testing.T, dsn, prefix string) {
	h := holdFleet(t, prefix)
	b := h.begin(t.Context(), dsn, "--name", "held")
	someRecords(t, dsn)
	if s := status(t, dsn); s.Status != survey.StatusRunning || s.SeenAt.IsZero() {
		t.Errorf("at work: %+v", s)
	}
	o := leadglass(t, "--store", dsn, "survey", "--scope", h.scope, "--name", "held", "--resume").want(t, exitUsage)
	if !strings.Contains(o.errors, "at work in another process") {
		t.Errorf("resumed while it runs: %s", o.errors)
	}
	o = leadglass(t, "--store", dsn, "survey", "cancel", "held").want(t, exitDone)
	if !regexp.MustCompile(`(?m)^status +cancelled$`).MatchString(o.out) {
		t.Errorf("cancelled: %s", o.out)
	}
	o = b.ended(t).want(t, exitIncomplete)
	if !strings.Contains(o.errors, "was cancelled after") || !strings.Contains(o.errors, "leadglass report") {
		t.Errorf("the survey says: %s", o.errors)
	}
	s := status(t, dsn)
	if s.Status != survey.StatusCancelled || s.Records == 0 || s.CancelledAt.IsZero() || s.Survey.State != survey.StateInterrupted {
		t.Errorf("afterwards: %+v", s)
	}
	h.release()
	o = leadglass(t, "--store", dsn, "survey", "--scope", h.scope, "--resume").want(t, exitUsage)
	if !strings.Contains(o.errors, s.Survey.ID+" was cancelled") {
		t.Errorf("resumed: %s", o.errors)
	}
	leadglass(t, "--store", dsn, "report", "--out", t.TempDir()).want(t, exitDone)

	// A survey that nobody works on is cancelled at once; one that has
	// finished is not.
	leadglass(t, "--store", dsn, "survey", "--scope", h.scope, "--name", "whole").want(t, exitDone)
	leadglass(t, "--store", dsn, "lab", "score", h.fleet).want(t, exitDone)
	leadglass(t, "--store", dsn, "survey", "cancel", "whole").want(t, exitUsage)
	leadglass(t, "--store", dsn, "survey", "cancel", "nobody").want(t, exitFailed)
	o = leadglass(t, "--store", dsn, "survey", "list").want(t, exitDone)
	if lines := strings.Split(strings.TrimSpace(o.out), "\n"); len(lines) != 3 || !strings.Contains(lines[1], "finished") ||
		!strings.Contains(lines[1], "whole") || !strings.Contains(lines[2], "cancelled") {
		t.Errorf("list: %s", o.out)
	}
	o = leadglass(t, "--store", dsn, "survey", "list", "--json").want(t, exitDone)
	if strings.Count(o.out, `"schema":"leadglass.survey-status/1"`) != 2 || strings.Contains(o.out, prefix) {
		t.Errorf("list --json: %s", o.out)
	}
}

// loseDatabase takes the database away in the middle of a survey.
func loseDatabase(t *testing.T, server *realserver.PostgresServer, prefix string) {
	dsn := server.Database(t)
	h := holdFleet(t, prefix)
	b := h.begin(t.Context(), dsn)
	someRecords(t, dsn)
	server.Stop()
	o := b.ended(t).want(t, exitFailed)
	if !strings.Contains(o.errors, "--resume") || !strings.Contains(o.errors, "stopped: ") || strings.Contains(o.errors, "w@rd") || strings.Contains(o.errors, "w%40rd") {
		t.Errorf("the survey says: %s", o.errors)
	}
	message := o.errors
	o = leadglass(t, "--store", dsn, "survey", "list").want(t, exitFailed)
	if !strings.Contains(o.errors, "is the server running") {
		t.Errorf("without a server: %s", o.errors)
	}
	server.Start(t)
	s := status(t, dsn)
	if s.Records == 0 || s.Survey.State != survey.StateRunning {
		t.Errorf("after the loss: %+v", s)
	}
	t.Logf("%d of %d records were kept; the message: %s", s.Records, heldHosts, message)
	h.resumed(t, dsn, s.Records)
}

// TestListPrintsNoControls: the name of a survey is not obeyed by a terminal.
func TestListPrintsNoControls(t *testing.T) {
	dsn := filepath.Join(t.TempDir(), "s.db")
	db, err := store.Open(t.Context(), dsn)
	if err != nil {
		t.Fatal(err)
	}
	_, err = db.CreateSurvey(t.Context(), survey.Survey{Name: "a\x1b[2J\u009bb\r\nc", StartedAt: time.Now()})
	if err := errors.Join(err, db.Close()); err != nil {
		t.Fatal(err)
	}
	for _, command := range []string{"list", "show"} {
		o := leadglass(t, "--store", dsn, "survey", command).want(t, exitDone)
		if strings.ContainsAny(o.out, "\x1b\u009b\r") || !strings.Contains(o.out, "a [2J b  c\n") || !strings.Contains(o.out, "silent") {
			t.Errorf("%s: %q", command, o.out)
		}
	}
}

// TestMetrics: what a survey shows while it runs are its numbers, and nothing
// that names a target.
func TestMetrics(t *testing.T) {
	const prefix = "127.31.4."
	dsn := filepath.Join(t.TempDir(), "s.db")
	h := holdFleet(t, prefix)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	b := h.begin(ctx, dsn, "--metrics", "0")
	var url string
	eventually(t, "address of the metrics", func() bool {
		if m := regexp.MustCompile(`metrics at (http://127\.0\.0\.1:\d+)/metrics`).FindStringSubmatch(b.stderr.String()); m != nil {
			url = m[1]
		}
		return url != ""
	})
	ask := func(path string) string {
		r, err := http.Get(url + path)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = r.Body.Close() }()
		body, err := io.ReadAll(r.Body)
		if err != nil || r.StatusCode != http.StatusOK {
			t.Fatalf("%s: status %d, %v", path, r.StatusCode, err)
		}
		return string(body)
	}
	var text string
	eventually(t, "all archives examined", func() bool {
		text = ask("/metrics")
		return strings.Contains(text, fmt.Sprintf("\nleadglass_archives_total %d\n", heldArchives))
	})
	for _, want := range []string{fmt.Sprintf("leadglass_hosts_examined_total %d", heldArchives), fmt.Sprintf("leadglass_addresses %d", heldHosts), `leadglass_gate_sent_bytes_total [1-9]\S*`,
		`leadglass_gate_associations_total [1-9]\d*`, `leadglass_studies_counted_total [1-9]\d*`, "leadglass_gate_refused_total 0"} {
		if !regexp.MustCompile("(?m)^" + want + "$").MatchString(text) {
			t.Errorf("no %s in\n%s", want, text)
		}
	}
	page, err := os.ReadFile("../../docs/operations.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range regexp.MustCompile(`(?m)^# TYPE (leadglass_\S+)`).FindAllStringSubmatch(text, -1) {
		if !bytes.Contains(page, []byte("`"+m[1]+"`")) {
			t.Errorf("docs/operations.md does not name %s", m[1])
		}
	}
	for _, secret := range []string{prefix, "127.", "LEADGLASS", "ORTHANC", "DCM4CHEE", "CANARY"} {
		if strings.Contains(text, secret) {
			t.Errorf("the metrics name %s", secret)
		}
	}
	if got := ask("/healthz"); got != "ok\n" {
		t.Errorf("health: %q", got)
	}
	cancel()
	b.ended(t).want(t, exitIncomplete)
	if r, err := http.Get(url + "/healthz"); err == nil {
		_ = r.Body.Close()
		t.Error("the metrics are still served")
	}
	o := leadglass(t, "--store", dsn, "survey", "--scope", h.scope, "--metrics", "nowhere:x").want(t, exitUsage)
	if !strings.Contains(o.errors, "--metrics") {
		t.Errorf("a bad address: %s", o.errors)
	}
}

// TestLogsNameNobody: at its most talkative the log holds no address, unless
// it is told to.
func TestLogsNameNobody(t *testing.T) {
	path := file(t, scopeText("127.31.5.1", "11112", "8042"))
	log := func(args ...string) string {
		args = append([]string{"--log-level", "debug"}, append(args, "check", "localhost", "--scope", path)...)
		o := leadglass(t, args...).want(t, exitUsage)
		var lines []string
		for line := range strings.Lines(o.errors) {
			if strings.Contains(line, " level=") {
				lines = append(lines, line)
			}
		}
		return strings.Join(lines, "")
	}
	if text := log(); !strings.Contains(text, "refused by the scope") || strings.Contains(text, "127.") || strings.Contains(text, "localhost") {
		t.Errorf("log: %s", text)
	}
	if text := log("--log-addresses"); !strings.Contains(text, "target=localhost") || !strings.Contains(text, "127.0.0.1") {
		t.Errorf("log with addresses: %s", text)
	}
}
