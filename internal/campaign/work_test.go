package campaign_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"leadglass/internal/campaign"
	"leadglass/internal/gate"
	"leadglass/internal/lab"
	"leadglass/internal/realserver"
	"leadglass/internal/scope"
	"leadglass/internal/store"
	"leadglass/internal/survey"
)

// heard keeps what a front end is given.
type heard struct {
	mu      sync.Mutex
	events  []campaign.Event
	records []survey.Record
	on      func(campaign.Event)
}

func (h *heard) Event(e campaign.Event) {
	h.mu.Lock()
	h.events = append(h.events, e)
	h.mu.Unlock()
	if h.on != nil {
		h.on(e)
	}
}

func (h *heard) Stored(r survey.Record) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.records = append(h.records, r)
	return nil
}

// said reports whether an event said text.
func (h *heard) said(text string) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, e := range h.events {
		if strings.Contains(e.Text, text) {
			return true
		}
	}
	return false
}

// names resolves by a table.
type names map[string][]netip.Addr

func (n names) LookupNetIP(_ context.Context, _, host string) ([]netip.Addr, error) {
	if addrs, ok := n[strings.TrimSuffix(host, ".")]; ok {
		return addrs, nil
	}
	return nil, errors.New("no such host")
}

// few runs n open archives at prefix 1 to n, and writes the scope file of include.
func few(t *testing.T, prefix string, n int, include string) (*scope.Scope, string) {
	t.Helper()
	var text strings.Builder
	text.WriteString("version: 1\nname: few\nabout: A few archives.\nseed: 1\ndates: {first: 2012-01-02, last: 2026-01-30}\narchives:\n")
	for i := range n {
		fmt.Fprintf(&text, "  - {name: number %d, address: %s%d, port: 11112, country: AT, site: Clinic, persona: orthanc, contents: {studies: 4, images_linked: 8}, from: modelled}\n", i+1, prefix, i+1)
	}
	fleet, err := lab.Parse("few", []byte(text.String()))
	if err != nil {
		t.Fatal(err)
	}
	running, err := fleet.Run(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = running.Close() })
	return written(t, include)
}

// written writes a scope file of include.
func written(t *testing.T, include string) (*scope.Scope, string) {
	t.Helper()
	day := func(days int) string { return time.Now().AddDate(0, 0, days).Format("2006-01-02") }
	path := filepath.Join(t.TempDir(), "scope.yaml")
	text := "version: 1\nname: few\nauthority: {organisation: Example CERT, contact: pacs@cert.example, reference: M-1, valid_from: " + day(-1) +
		", valid_until: " + day(30) + "}\ninclude: [" + include + "]\nports: {dicom: [11112], http: [18042]}\n"
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	s, err := scope.Load(path)
	if err != nil {
		t.Fatal(err)
	}
	return s, path
}

func newCampaign(t *testing.T, at string, h *heard) *campaign.Campaign {
	t.Helper()
	if at == "" {
		at = filepath.Join(t.TempDir(), "surveys.db")
	}
	return &campaign.Campaign{Store: at, Version: "test", Log: slog.New(slog.DiscardHandler), Events: h}
}

// TestCandidates: files name hosts and never widen the scope; names in them are
// resolved where the scope has them.
func TestCandidates(t *testing.T) {
	t.Parallel()
	s, _ := few(t, "127.0.62.", 3, "127.0.62.0/28, pacs.example, gone.example")
	list := filepath.Join(t.TempDir(), "hosts.txt")
	if err := os.WriteFile(list, []byte("127.0.62.1\n127.0.62.2:11112\n127.0.63.9\n127.0.62.1:7777\npacs.example\nelsewhere.example\nnot a host at all\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	h := &heard{}
	c := newCampaign(t, "", h)
	c.Resolver = names{"pacs.example": {netip.MustParseAddr("127.0.62.3"), netip.MustParseAddr("127.0.62.2")}}
	r, err := c.Run(t.Context(), s, campaign.Options{Examiners: 2, Candidates: []string{list}, SweepToo: true, Metrics: "127.0.62.14:0"})
	if err != nil {
		t.Fatal(err)
	}
	if len(r.Files) != 1 || r.Files[0].OutOfScope != 2 || r.Files[0].PortsOutOfScope != 1 || r.Files[0].Skipped != 1 {
		t.Errorf("files %+v", r.Files)
	}
	if r.Unresolved != 1 || r.Complete() {
		t.Errorf("%d names led to no address", r.Unresolved)
	}
	open := map[string]bool{}
	for _, k := range h.records {
		if k.Finding.Verdict.FreelyAccessible() && !strings.Contains(fmt.Sprint(open), k.Finding.Target.Address) {
			open[k.Finding.Target.Address] = true
		}
	}
	if len(open) != 3 {
		t.Errorf("open archives %v", open)
	}
	for _, text := range []string{"2 outside the scope", "left out: "} {
		if !h.said(text) {
			t.Errorf("nothing said %q", text)
		}
	}
	strict := campaign.Options{Examiners: 1, Candidates: []string{list}, Strict: true}
	if _, err := newCampaign(t, "", h).Run(t.Context(), s, strict); !campaign.Refused(err) {
		t.Errorf("a line that cannot be read, strictly: %v", err)
	}
	strict.Candidates = []string{list + ".not"}
	if _, err := newCampaign(t, "", h).Run(t.Context(), s, strict); !campaign.Refused(err) {
		t.Errorf("a file that is not there: %v", err)
	}
}

// TestRepeat: a series surveys when it is due, reads the scope before each, and
// ends with its context.
func TestRepeat(t *testing.T) {
	t.Parallel()
	s, path := few(t, "127.0.64.", 1, "127.0.64.1")
	h := &heard{}
	c := newCampaign(t, "", h)
	ctx, end := context.WithCancel(t.Context())
	defer end()
	h.on = func(e campaign.Event) {
		if e.Kind == campaign.Waiting && strings.Contains(e.Text, "the next survey of few begins") {
			end()
		}
	}
	var results []campaign.Result
	each := func(r campaign.Result, err error) error {
		results = append(results, r)
		return err
	}
	load := func() (*scope.Scope, error) { return scope.Load(path) }
	if err := c.Repeat(ctx, "", 24*time.Hour, load, campaign.Options{Examiners: 1}, each); err != nil {
		t.Fatal(err)
	}
	if len(results) != 1 || results[0].Survey.State != survey.StateFinished || results[0].Totals.Examined.Load() != 1 {
		t.Errorf("%+v", results)
	}
	if !strings.HasPrefix(results[0].Survey.Name, s.Name+" ") {
		t.Errorf("named %q", results[0].Survey.Name)
	}
	if err := c.Repeat(t.Context(), "", time.Minute, load, campaign.Options{Examiners: 1}, each); !campaign.Refused(err) {
		t.Errorf("every minute: %v", err)
	}
	bad := func() (*scope.Scope, error) { return nil, errors.New("the scope is gone") }
	if err := c.Repeat(t.Context(), "", time.Hour, bad, campaign.Options{Examiners: 1}, each); err == nil {
		t.Error("a series without a scope began")
	}
}

// TestWorker: a worker bounded by the scope file takes a part, one that is not is
// refused, and one with another scope leaves the survey alone.
func TestWorker(t *testing.T) {
	t.Parallel()
	dsn := realserver.Postgres(t).Database(t)
	s, path := few(t, "127.0.65.", 6, "127.0.65.0/26")
	h := &heard{}
	lead, helper := newCampaign(t, dsn, h), newCampaign(t, dsn, &heard{})
	began := make(chan struct{}, 10)
	h.on = func(e campaign.Event) {
		if e.Kind == campaign.Working {
			began <- struct{}{}
		}
	}
	if _, err := helper.Work(t.Context(), campaign.WorkerOptions{Examiners: 1}); !campaign.Refused(err) {
		t.Errorf("a worker without bounds: %v", err)
	}
	if _, err := helper.Work(t.Context(), campaign.WorkerOptions{Examiners: 1, Trust: []string{"no key"}}); !campaign.Refused(err) {
		t.Errorf("a worker with no key: %v", err)
	}
	type ended struct {
		r   campaign.Result
		err error
	}
	done := make(chan ended, 1)
	go func() {
		r, err := lead.Run(t.Context(), s, campaign.Options{Examiners: 1})
		done <- ended{r, err}
	}()
	<-began
	_, other := written(t, "127.0.65.0/27")
	apart := &heard{}
	ctx, stop := context.WithCancel(t.Context())
	apart.on = func(e campaign.Event) {
		if strings.Contains(e.Text, "its scope is not the text of") {
			stop()
		}
	}
	if _, err := newCampaign(t, dsn, apart).Work(ctx, campaign.WorkerOptions{ScopeFile: other, Examiners: 1}); err != nil {
		t.Errorf("a worker with another scope: %v", err)
	}
	if complete, err := helper.Work(t.Context(), campaign.WorkerOptions{ScopeFile: path, Examiners: 1, UntilDone: true}); err != nil || !complete {
		t.Errorf("worker: %v, %v", complete, err)
	}
	e := <-done
	if e.err != nil || e.r.Totals.Examined.Load() != 6 || len(h.records) != 6 {
		t.Fatalf("%v: %d hosts, %d records", e.err, e.r.Totals.Examined.Load(), len(h.records))
	}
	db, err := store.OpenExisting(t.Context(), dsn)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	status, err := campaign.StatusOf(t.Context(), db, e.r.Survey)
	if err != nil || status.Status != survey.StatusFinished || status.Open() != 6 || status.Records != 6 {
		t.Errorf("%+v, %v", status, err)
	}
}

// TestCheckOfTargets: names are resolved within the scope, and one that does not
// resolve is a finding.
func TestCheckOfTargets(t *testing.T) {
	t.Parallel()
	_, _ = few(t, "127.0.66.", 1, "127.0.66.1")
	targets, err := scope.ParseTargets([]string{"pacs.example:11112", "gone.example", "127.0.66.1:11112"})
	if err != nil {
		t.Fatal(err)
	}
	s, err := scope.ForTargets([]string{"pacs.example", "gone.example", "127.0.66.1"}, "")
	if err != nil {
		t.Fatal(err)
	}
	resolver := names{"pacs.example": {netip.MustParseAddr("127.0.66.1")}, "outside.example": {netip.MustParseAddr("192.0.2.1")}}
	eng, err := campaign.NewEngine(s, campaign.EngineOptions{Log: slog.New(slog.DiscardHandler), Resolver: resolver})
	if err != nil {
		t.Fatal(err)
	}
	all, err := campaign.ResolveTargets(t.Context(), eng, targets)
	if err != nil || len(all) != 3 {
		t.Fatalf("%+v, %v", all, err)
	}
	for i, want := range []survey.Verdict{survey.Open, survey.Unreachable, survey.Open} {
		f, err := all[i].Check(t.Context(), eng)
		if err != nil || f.Verdict != want && !(want == survey.Open && f.Verdict.FreelyAccessible()) {
			t.Errorf("%s: %s, %v", all[i].Name(), f.Verdict, err)
		}
	}
	outside := []scope.Target{{Host: "192.0.2.1", Addr: netip.MustParseAddr("192.0.2.1")}}
	if _, err := campaign.ResolveTargets(t.Context(), eng, outside); !campaign.Refused(err) || !errors.Is(err, gate.ErrOutOfScope) && !strings.Contains(err.Error(), "192.0.2.1") {
		t.Errorf("outside the scope: %v", err)
	}
}

// TestHowSurveysEnd: each ending says what it is.
func TestHowSurveysEnd(t *testing.T) {
	cause := errors.New("the disk is full")
	for want, e := range map[string]*campaign.EndedError{
		"survey S stopped: the disk is full":                          {Survey: "S", How: campaign.Stopped, Err: cause},
		"survey S ended after 3 hosts with the validity of its scope": {Survey: "S", How: campaign.Expired, Hosts: 3},
		"survey S cancelled after 3 hosts":                            {Survey: "S", How: campaign.Cancelled, Hosts: 3},
	} {
		if e.Error() != want || e.Err != nil && !errors.Is(e, cause) {
			t.Errorf("%q, want %q", e.Error(), want)
		}
	}
	refusal := &campaign.Refusal{Err: cause}
	if refusal.Error() != cause.Error() || !errors.Is(refusal, cause) || !campaign.Refused(fmt.Errorf("beginning: %w", refusal)) || campaign.Refused(cause) {
		t.Errorf("%v", refusal)
	}
	if !bytes.Contains([]byte(campaign.StatusSchema), []byte("survey-status")) {
		t.Error(campaign.StatusSchema)
	}
}
