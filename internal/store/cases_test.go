package store_test

import (
	"context"
	"errors"
	"iter"
	"os"
	"reflect"
	"strings"
	"testing"
	"time"

	"leadglass/internal/store"
	"leadglass/internal/survey"
)

func collected[T any](t *testing.T, s iter.Seq2[T, error]) []T {
	t.Helper()
	var list []T
	for v, err := range s {
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, v)
	}
	return list
}

func testCases(t *testing.T, e engine) {
	ctx := context.Background()
	s := open(t, e.empty(t))
	v := create(t, s, "first", started)
	if err := s.AppendRecords(ctx, []survey.Record{record(v.ID, "192.0.2.1", 0, survey.Open), record(v.ID, "192.0.2.2", 104, survey.Open),
		record(v.ID, "192.0.2.2", 105, survey.Open)}); err != nil {
		t.Fatal(err)
	}
	d, err := s.AddDisclosure(ctx, disclosure(v.ID, "CERT", survey.DisclosedSystem{Target: "192.0.2.2", Port: 104}, survey.DisclosedSystem{Target: "192.0.2.2", Port: 105}), false)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.AddDisclosureEvent(ctx, d.ID, survey.DisclosureEvent{State: survey.Sent, At: started.Add(3 * time.Hour), Note: "ticket"}); err != nil {
		t.Fatal(err)
	}
	accepted := survey.CaseEvent{Target: "192.0.2.2", Mark: survey.MarkAccepted, At: started.Add(2 * time.Hour), By: "Kim", Note: "until moved", Until: started.AddDate(0, 1, 0)}
	tag := survey.CaseEvent{Target: "192.0.2.2", Mark: survey.MarkTag, At: accepted.At, By: "Kim", Tag: "radiology"}
	if err := s.AddCaseEvents(ctx, accepted, tag); err != nil {
		t.Fatal(err)
	}
	unknown := tag
	unknown.Target = "192.0.2.3"
	if err := s.AddCaseEvents(ctx, tag, unknown); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("a mark on an unknown system: %v", err)
	}
	want := []survey.CaseEvent{
		{Target: "192.0.2.2", Mark: survey.MarkPrepared, At: started.Add(time.Hour), Recipient: "CERT", Survey: v.ID}, accepted, tag,
		{Target: "192.0.2.2", Mark: survey.MarkNotified, At: started.Add(3 * time.Hour), Note: "ticket", Recipient: "CERT", Survey: v.ID}}
	for _, of := range []string{"", "192.0.2.2"} {
		if got := collected(t, s.CaseEvents(ctx, of)); !reflect.DeepEqual(got, want) {
			t.Errorf("events of %q\n%+v, want\n%+v", of, got, want)
		}
	}
	if got := collected(t, s.CaseEvents(ctx, "192.0.2.1")); len(got) > 0 {
		t.Errorf("events of another system: %+v", got)
	}
	again := record(v.ID, "192.0.2.2", 0, survey.Protected)
	r, err := s.AddRecheck(ctx, &again, started.Add(5*time.Hour), "Kim")
	if err != nil {
		t.Fatal(err)
	}
	if got := collected(t, s.Rechecks(ctx, "192.0.2.2")); len(got) != 1 || got[0].ID != r.ID || got[0].By != "Kim" || got[0].Facts.Verdict != survey.Protected || got[0].SurveyID != v.ID {
		t.Errorf("rechecks %+v, want %+v", got, r)
	}
	// A recheck is no record of its survey.
	if rs := all(t, s, v.ID); len(rs) != 3 {
		t.Errorf("%d records after a recheck", len(rs))
	}
}

// testCasesOfOlderSchema opens a store of the schema before 20, with a disclosure.
func testCasesOfOlderSchema(t *testing.T, e engine) {
	ctx := context.Background()
	dsn := e.empty(t)
	s := open(t, dsn)
	v := create(t, s, "v", started)
	if err := s.AppendRecords(ctx, []survey.Record{record(v.ID, "192.0.2.1", 0, survey.Open)}); err != nil {
		t.Fatal(err)
	}
	if _, err := s.AddDisclosure(ctx, disclosure(v.ID, "CERT", survey.DisclosedSystem{Target: "192.0.2.1"}), false); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile("migrations/00020_cases.sql")
	if err != nil {
		t.Fatal(err)
	}
	_, down, _ := strings.Cut(string(text), "-- +goose Down")
	e.exec(t, dsn, down+"; DELETE FROM goose_db_version WHERE version_id = 20")
	s = open(t, dsn)
	if err := s.AddCaseEvents(ctx, survey.CaseEvent{Target: "192.0.2.1", Mark: survey.MarkTest, At: started.Add(2 * time.Hour), By: "Kim"}); err != nil {
		t.Fatal(err)
	}
	if got := collected(t, s.CaseEvents(ctx, "")); len(got) != 2 || got[0].Mark != survey.MarkPrepared || got[1].Mark != survey.MarkTest {
		t.Errorf("events %+v", got)
	}
	// Of a survey that kept no coverage, the facts come from the records.
	if v, err = s.Survey(ctx, "v"); err != nil {
		t.Fatal(err)
	}
	v.Coverage = nil
	if got := collected(t, s.FactsOf(ctx, &v)); len(got) != 1 || got[0].Target != "192.0.2.1" || got[0].Verdict != survey.Open {
		t.Errorf("facts %+v", got)
	}
}
