package store_test

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"net/netip"
	"reflect"
	"strings"
	"sync"
	"testing"
	"time"

	"leadglass/internal/store"
	"leadglass/internal/survey"
)

var started = time.Date(2026, 11, 23, 21, 58, 45, 123456789, time.UTC)

func open(t testing.TB, dsn string) *store.Store {
	t.Helper()
	s, err := store.Open(context.Background(), dsn)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

func create(t testing.TB, s *store.Store, name string, at time.Time) survey.Survey {
	t.Helper()
	v, err := s.CreateSurvey(context.Background(), survey.Survey{
		Name: name, StartedAt: at, Version: "1.2.3", Simulated: true, Addresses: 256,
		Authority: survey.Authority{Organisation: "Example CERT", Contact: "pacs@cert.example", Reference: "M-17"},
		Scope:     "version: 1\nname: " + name + "\n",
	})
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func record(id, address string, port uint16, verdict survey.Verdict) survey.Record {
	product := "1.10.1"
	return survey.Record{
		SurveyID: id, RequestedPort: port, StudySketch: []byte{1, 2, 3},
		Finding: survey.Finding{
			Schema: survey.FindingSchema, Verdict: verdict, Grade: survey.GradeF,
			Target: survey.Target{Host: address, Address: address, Port: 4242},
			Services: []survey.Service{{Port: 4242, Protocol: survey.ProtocolDICOM, Outcome: survey.Answered,
				Product: survey.Product{Name: "Orthanc", Version: &product, Confidence: survey.Certain, Evidence: []string{"http-title"}}}},
			Counts:    survey.Counts{Studies: survey.ExactCount(40, "c-find-study"), ImagesLinked: survey.AtLeast(120, "c-find-study", "a cap"), ImagesAccessible: survey.UnknownCount("not asked"), Patients: survey.UnknownCount("not asked")},
			Owner:     &survey.Owner{Country: "DE", Source: "overlay"},
			StartedAt: started, DurationMS: 17,
		},
	}
}

func all(t testing.TB, s *store.Store, id string) []survey.Record {
	t.Helper()
	var rs []survey.Record
	for r, err := range s.Records(context.Background(), id) {
		if err != nil {
			t.Fatal(err)
		}
		rs = append(rs, r)
	}
	return rs
}

func testSurveyRoundTrip(t *testing.T, e engine) {
	ctx := context.Background()
	dsn := e.empty(t)
	s := open(t, dsn)
	v := create(t, s, "first", started)
	if !strings.HasPrefix(v.ID, "20261123T215845Z-") || v.State != survey.StateRunning {
		t.Errorf("ID %q, state %q", v.ID, v.State)
	}
	got, err := s.Survey(ctx, v.ID)
	if err != nil || !reflect.DeepEqual(got, v) {
		t.Fatalf("stored %+v, %v; want %+v", got, err, v)
	}
	v.State, v.FinishedAt = survey.StateFinished, started.Add(time.Minute)
	if err := s.UpdateSurvey(ctx, v); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	s = open(t, dsn)
	if got, err = s.Survey(ctx, "first"); err != nil || !reflect.DeepEqual(got, v) {
		t.Fatalf("after reopening %+v, %v; want %+v", got, err, v)
	}
}

func testFindingSurveys(t *testing.T, e engine) {
	ctx := context.Background()
	s := open(t, e.empty(t))
	if _, err := s.Survey(ctx, ""); !errors.Is(err, store.ErrNotFound) || !strings.Contains(err.Error(), "leadglass survey") {
		t.Errorf("empty store: %v", err)
	}
	a := create(t, s, "quarterly", started)
	c := create(t, s, "other", started.Add(2*time.Hour))
	b := create(t, s, "quarterly", started.Add(time.Hour))
	d := create(t, s, a.ID, started.Add(-time.Hour)) // named like another's ID
	for in, want := range map[string]string{"": c.ID, "quarterly": b.ID, "other": c.ID, a.ID: a.ID, d.ID: d.ID} {
		if got, err := s.Survey(ctx, in); err != nil || got.ID != want {
			t.Errorf("Survey(%q) = %s, %v; want %s", in, got.ID, err, want)
		}
	}
	if _, err := s.Survey(ctx, "nobody"); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("unknown name: %v", err)
	}
	list, err := s.Surveys(ctx)
	if err != nil {
		t.Fatal(err)
	}
	var ids []string
	for _, v := range list {
		ids = append(ids, v.ID)
	}
	if want := []string{c.ID, b.ID, a.ID, d.ID}; !reflect.DeepEqual(ids, want) {
		t.Errorf("Surveys() = %v, want %v", ids, want)
	}
	if _, err := s.CreateSurvey(ctx, survey.Survey{ID: a.ID, StartedAt: started}); err == nil {
		t.Error("an ID was given twice")
	}
	if err := s.UpdateSurvey(ctx, survey.Survey{ID: "none", State: survey.StateFinished}); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("update of an unknown survey: %v", err)
	}
	if err := s.UpdateSurvey(ctx, survey.Survey{ID: a.ID, State: "odd"}); err == nil {
		t.Error("an unknown state was stored")
	}
}

func testRecordsReplaceAndNeverDouble(t *testing.T, e engine) {
	ctx := context.Background()
	s := open(t, e.empty(t))
	v, w := create(t, s, "v", started), create(t, s, "w", started)
	first := []survey.Record{
		record(v.ID, "127.0.0.1", 0, survey.Open), record(v.ID, "127.0.0.1", 104, survey.Open),
		record(v.ID, "::1", 0, survey.Protected), record(w.ID, "127.0.0.1", 0, survey.NotDICOM),
	}
	unresolved := record(v.ID, "", 0, survey.Unreachable)
	unresolved.Finding.Target.Host, unresolved.StudySketch = "pacs.example.org", nil
	first = append(first, unresolved)
	if err := s.AppendRecords(ctx, first); err != nil {
		t.Fatal(err)
	}
	again := record(v.ID, "127.0.0.1", 0, survey.OpenImages)
	again.StudySketch = []byte{9}
	if err := s.AppendRecords(ctx, []survey.Record{again}); err != nil {
		t.Fatal(err)
	}
	want := []survey.Record{again, first[1], first[2], unresolved}
	if got := all(t, s, v.ID); !reflect.DeepEqual(got, want) {
		t.Errorf("records\n%+v\nwant\n%+v", got, want)
	}
	done, err := s.KnownTargets(ctx, v.ID)
	if err != nil || len(done) != 4 {
		t.Fatalf("KnownTargets = %v, %v", done, err)
	}
	for _, c := range []survey.Candidate{
		{Address: netip.MustParseAddr("127.0.0.1")}, {Address: netip.MustParseAddr("::ffff:127.0.0.1"), Port: 104},
		{Address: netip.MustParseAddr("::1"), Host: "localhost"}, {Host: "pacs.example.org"},
	} {
		if _, ok := done[store.KeyOf(c)]; !ok {
			t.Errorf("%+v is not done", c)
		}
	}
	if _, ok := done[store.KeyOf(survey.Candidate{Address: netip.MustParseAddr("127.0.0.1"), Port: 105})]; ok {
		t.Error("a port that was not asked is done")
	}
}

func testBadBatchStoresNothing(t *testing.T, e engine) {
	ctx := context.Background()
	s := open(t, e.empty(t))
	v := create(t, s, "v", started)
	good := record(v.ID, "127.0.0.1", 0, survey.Open)
	for name, bad := range map[string]survey.Record{
		"unknown survey": record("nobody", "127.0.0.2", 0, survey.Open),
		"no verdict":     record(v.ID, "127.0.0.2", 0, "odd"),
		"no target":      record(v.ID, "", 0, survey.Open),
	} {
		if err := s.AppendRecords(ctx, []survey.Record{good, bad}); err == nil {
			t.Errorf("%s: stored", name)
		}
	}
	if rs := all(t, s, v.ID); len(rs) != 0 {
		t.Errorf("%d records of failed batches were stored", len(rs))
	}
}

func testConcurrentWritersAndReaders(t *testing.T, e engine) {
	ctx := context.Background()
	dsn := e.empty(t)
	stores := []*store.Store{open(t, dsn), open(t, dsn)} // as two processes would
	v := create(t, stores[0], "v", started)
	const writers, batches, size = 8, 12, 5
	var wg sync.WaitGroup
	errs := make(chan error, 2*writers)
	for w := range writers {
		s := stores[w%2]
		wg.Go(func() {
			for b := range batches {
				var rs []survey.Record
				for i := range size {
					rs = append(rs, record(v.ID, fmt.Sprintf("127.%d.%d.%d", w/2, b, i), 0, survey.Open)) // every target twice
				}
				if err := s.AppendRecords(ctx, rs); err != nil {
					errs <- err
					return
				}
			}
		})
		wg.Go(func() {
			for range batches {
				for _, err := range s.Records(ctx, v.ID) {
					if err != nil {
						errs <- err
						return
					}
				}
			}
		})
	}
	wg.Wait()
	close(errs)
	for err := range errs {
		t.Error(err)
	}
	if got, want := len(all(t, stores[1], v.ID)), writers/2*batches*size; got != want {
		t.Errorf("%d records, want %d", got, want)
	}
}

func testConcurrentFirstOpen(t *testing.T, e engine) {
	dsn := e.empty(t)
	var wg sync.WaitGroup
	for range 6 {
		wg.Go(func() {
			s, err := store.Open(context.Background(), dsn)
			if err != nil {
				t.Error(err)
				return
			}
			if err := s.Close(); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
}

func testStreamCanBeLeftAndNested(t *testing.T, e engine) {
	ctx := context.Background()
	s := open(t, e.empty(t))
	v := create(t, s, "v", started)
	for i := range 20 {
		if err := s.AppendRecords(ctx, []survey.Record{record(v.ID, fmt.Sprintf("127.0.0.%d", i), 0, survey.Open)}); err != nil {
			t.Fatal(err)
		}
	}
	for range 50 { // more often than there are connections
		for r, err := range s.Records(ctx, v.ID) {
			if err != nil {
				t.Fatal(err)
			}
			if err := s.AppendRecords(ctx, []survey.Record{r}); err != nil {
				t.Fatal(err)
			}
			break
		}
	}
	cancelled, cancel := context.WithCancel(ctx)
	cancel()
	n := 0
	for _, err := range s.Records(cancelled, v.ID) {
		if err == nil {
			t.Error("a record came although the context had ended")
		}
		n++
	}
	if n != 1 {
		t.Errorf("%d errors, want one", n)
	}
}

func TestIDsSortByStart(t *testing.T) {
	earlier, later := store.NewID(started), store.NewID(started.Add(time.Second).In(time.FixedZone("x", -9*3600)))
	if !(earlier < later) {
		t.Errorf("%s is not before %s", earlier, later)
	}
}

// testCoverage: what a survey covered comes back, also when it is continued.
func testCoverage(t *testing.T, e engine) {
	ctx := context.Background()
	s := open(t, e.empty(t))
	address := netip.MustParseAddr("192.0.2.1")
	v, err := s.CreateSurvey(ctx, survey.Survey{Name: "v", StartedAt: started, Coverage: &survey.Coverage{Version: "1", Ports: []uint16{104},
		Ranges: []survey.AddressRange{{From: address, To: address}},
		Checks: []survey.CoveredCheck{{ID: "LG-D04", Title: "Study query answered", Severity: survey.Critical, Method: "a"}}}})
	if err != nil {
		t.Fatal(err)
	}
	for _, version := range []string{"1", "1, 2"} {
		v.Coverage.Version = version
		if err := s.UpdateSurvey(ctx, v); err != nil {
			t.Fatal(err)
		}
		if got, err := s.Survey(ctx, v.ID); err != nil || !reflect.DeepEqual(got, v) {
			t.Errorf("stored %+v, %v; want %+v", got, err, v)
		}
	}
}

// testFacts: the facts are those of the records, in the order of the targets'
// bytes, and follow a record that is replaced.
func testFacts(t *testing.T, e engine) {
	ctx := context.Background()
	s := open(t, e.empty(t))
	v, other := create(t, s, "v", started), create(t, s, "other", started)
	records := []survey.Record{record(v.ID, "192.0.2.9", 0, survey.Open), record(v.ID, "192.0.2.10", 4242, survey.Open),
		record(v.ID, "192.0.2.10", 104, survey.Protected), record(other.ID, "192.0.2.1", 0, survey.Open), record(v.ID, "192.0.2.9", 0, survey.Protected)}
	for _, r := range records {
		if err := s.AppendRecords(ctx, []survey.Record{r}); err != nil {
			t.Fatal(err)
		}
	}
	want := []survey.Facts{survey.FactsOf(&records[2]), survey.FactsOf(&records[1]), survey.FactsOf(&records[4])}
	var got []survey.Facts
	for f, err := range s.Facts(ctx, v.ID) {
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, f)
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("facts %+v, want %+v", got, want)
	}
}

// testManyStreamsOfFacts: as many streams as a trend has surveys, and more, are
// read side by side, page by page, and each has everything.
func testManyStreamsOfFacts(t *testing.T, e engine) {
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	s := open(t, e.empty(t))
	v := create(t, s, "v", started)
	var records []survey.Record
	const targets = 2*store.FactsPage/3 + 1 // three ports each: pages end within a target
	for i := range targets {
		for _, port := range []uint16{0, 104, 4242} {
			records = append(records, record(v.ID, fmt.Sprintf("10.0.%d.%d", i>>8, i&255), port, survey.Open))
		}
	}
	if err := s.AppendRecords(ctx, records); err != nil {
		t.Fatal(err)
	}
	seen := make([]map[string]bool, 30)
	var next []func() (survey.Facts, error, bool)
	for i := range seen {
		pull, stop := iter.Pull2(s.Facts(ctx, v.ID))
		defer stop()
		seen[i], next = map[string]bool{}, append(next, pull)
	}
	last := ""
	for range records {
		for i := range seen {
			f, err, ok := next[i]()
			if err != nil || !ok || f.Target < last {
				t.Fatalf("stream %d has %d of %d records: %v", i, len(seen[i]), len(records), err)
			}
			last = f.Target
			seen[i][fmt.Sprint(f.Target, " ", f.RequestedPort)] = true
		}
	}
	for i := range seen {
		if _, _, more := next[i](); more || len(seen[i]) != len(records) {
			t.Errorf("stream %d: %d different records of %d, more: %t", i, len(seen[i]), len(records), more)
		}
	}
}
