package store_test

import (
	"context"
	"errors"
	"reflect"
	"strings"
	"testing"
	"time"

	"leadglass/internal/store"
	"leadglass/internal/survey"
)

func disclosure(surveyID, recipient string, systems ...survey.DisclosedSystem) survey.Disclosure {
	return survey.Disclosure{SurveyID: surveyID, Recipient: recipient, Email: "cert@cert.example", Channel: "email", Language: "de",
		TLP: "TLP:AMBER", Method: "openpgp", Keys: []string{"AA11", "BB22"}, SignedBy: "CC33", File: "/x/bundle.zip.pgp", SHA256: "00ff",
		AnswerBy: started.AddDate(0, 0, 14), Systems: systems,
		Events: []survey.DisclosureEvent{{State: survey.Prepared, At: started.Add(time.Hour)}}}
}

func testDisclosures(t *testing.T, e engine) {
	ctx := context.Background()
	dsn := e.empty(t)
	s := open(t, dsn)
	v := create(t, s, "first", started)
	if err := s.AppendRecords(ctx, []survey.Record{record(v.ID, "192.0.2.1", 0, survey.Open), record(v.ID, "192.0.2.2", 104, survey.Open)}); err != nil {
		t.Fatal(err)
	}
	one, two := survey.DisclosedSystem{Target: "192.0.2.1"}, survey.DisclosedSystem{Target: "192.0.2.2", Port: 104}
	if _, err := s.AddDisclosure(ctx, disclosure(v.ID, "CERT.example", one), false); err != nil {
		t.Fatal(err)
	}
	// What was not sent is replaced.
	d, err := s.AddDisclosure(ctx, disclosure(v.ID, "CERT.example", one, two), false)
	if err != nil {
		t.Fatal(err)
	}
	sent := survey.DisclosureEvent{State: survey.Sent, At: started.Add(2 * time.Hour), Note: "by hand"}
	if err := s.AddDisclosureEvent(ctx, d.ID, sent); err != nil {
		t.Fatal(err)
	}
	if _, err := s.AddDisclosure(ctx, disclosure(v.ID, "CERT.example", one), false); !errors.Is(err, store.ErrSent) {
		t.Errorf("prepared once more after it was sent: %v", err)
	}
	if _, err := s.AddDisclosure(ctx, disclosure(v.ID, "Hospital", two), false); err != nil {
		t.Fatal(err)
	}
	want := d
	want.Events = append(want.Events, sent)

	s = open(t, dsn) // a second time, as another run of the program does
	got, err := s.LastDisclosure(ctx, " cert.EXAMPLE", "")
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("stored\n%+v, want\n%+v (%v)", got, want, err)
	}
	again, err := s.AddDisclosure(ctx, disclosure(v.ID, "CERT.example", two), true)
	if err != nil || again.ID == d.ID {
		t.Errorf("again: %q (%v)", again.ID, err)
	}
	all, err := s.Disclosures(ctx)
	if err != nil || len(all) != 3 {
		t.Errorf("%d disclosures (%v)", len(all), err)
	}
	for query, want := range map[[2]string]string{{"nobody", ""}: "prepared are those to", {"CERT.example", "other"}: "prepare` first"} {
		if _, err := s.LastDisclosure(ctx, query[0], query[1]); !errors.Is(err, store.ErrNotFound) || !strings.Contains(err.Error(), want) {
			t.Errorf("%v: %v, want %q", query, err, want)
		}
	}
	if err := s.AddDisclosureEvent(ctx, "absent", sent); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("an event of no disclosure: %v", err)
	}
}

// testDisclosureNeedsRecords: what no record says cannot have been told.
func testDisclosureNeedsRecords(t *testing.T, e engine) {
	ctx := context.Background()
	s := open(t, e.empty(t))
	v := create(t, s, "first", started)
	for _, d := range []survey.Disclosure{
		disclosure(v.ID, "CERT.example", survey.DisclosedSystem{Target: "192.0.2.1"}),
		disclosure(v.ID, "CERT.example"),
		disclosure("absent", "CERT.example", survey.DisclosedSystem{Target: "192.0.2.1"}),
	} {
		if _, err := s.AddDisclosure(ctx, d, false); err == nil {
			t.Errorf("stored a disclosure of %v", d.Systems)
		}
	}
	if all, err := s.Disclosures(ctx); err != nil || len(all) > 0 {
		t.Errorf("left behind: %v (%v)", all, err)
	}
}

func testRecordsOf(t *testing.T, e engine) {
	ctx := context.Background()
	s := open(t, e.empty(t))
	v, later := create(t, s, "first", started), create(t, s, "later", started.Add(time.Hour))
	if err := s.AppendRecords(ctx, []survey.Record{record(v.ID, "192.0.2.1", 0, survey.Open), record(v.ID, "192.0.2.1", 104, survey.Open),
		record(v.ID, "192.0.2.10", 0, survey.Open), record(later.ID, "192.0.2.1", 0, survey.Protected)}); err != nil {
		t.Fatal(err)
	}
	got, err := s.RecordsOf(ctx, v.ID, "192.0.2.1")
	if err != nil || len(got) != 2 || got[0].RequestedPort != 0 || got[1].RequestedPort != 104 {
		t.Errorf("records %v (%v)", got, err)
	}
	if got, err := s.RecordsOf(ctx, later.ID, "192.0.2.10"); err != nil || len(got) > 0 {
		t.Errorf("records of another survey: %v (%v)", got, err)
	}
	for at, want := range map[time.Duration]int{-time.Hour: 2, 0: 1, time.Hour: 0} {
		if list, err := s.SurveysAfter(ctx, started.Add(at)); err != nil || len(list) != want {
			t.Errorf("%d surveys after %v, want %d (%v)", len(list), at, want, err)
		}
	}
}
