package prepare_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"leadglass/internal/disclose/prepare"
	"leadglass/internal/store"
	"leadglass/internal/survey"
)

// An age recipient whose secret key nobody kept.
const publicKey = "age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p"

var now = time.Date(2026, 12, 1, 9, 0, 0, 0, time.UTC)

// stored is a store with a survey that found an open archive in each country.
func stored(t *testing.T, countries ...string) (*store.Store, survey.Survey) {
	t.Helper()
	db, err := store.Open(t.Context(), filepath.Join(t.TempDir(), "s.db"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	v, err := db.CreateSurvey(t.Context(), survey.Survey{Name: "s", StartedAt: now.AddDate(0, 0, -1), FinishedAt: now, State: survey.StateFinished})
	if err != nil {
		t.Fatal(err)
	}
	for i, country := range countries {
		f := survey.Finding{Schema: survey.FindingSchema, Verdict: survey.Open, Grade: survey.GradeF, Counts: survey.NotCounted("off"),
			Target: survey.Target{Address: fmt.Sprintf("127.0.9.%d", i)}, Owner: &survey.Owner{Country: country},
			Checks: []survey.Check{{ID: "LG-D04", State: survey.Fail}}}
		if err := db.AppendRecords(t.Context(), []survey.Record{{SurveyID: v.ID, Finding: f}}); err != nil {
			t.Fatal(err)
		}
	}
	return db, v
}

// recipients writes a recipients file: CERT A for DE with a key, CERT B for FR
// without one.
func recipients(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "r.yaml")
	text := "version: 1\nrecipients:\n  - {organisation: CERT A, countries: [DE], email: a@cert.example, keys: {age: [" + publicKey + "]}}\n" +
		"  - {organisation: CERT B, countries: [FR], email: b@cert.example}\n"
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func bundles(t *testing.T, db *store.Store, v survey.Survey, o prepare.Options) prepare.Result {
	t.Helper()
	o.MinVerdict, o.Now = survey.Open, now
	order, err := prepare.Read(o)
	if err != nil {
		t.Fatal(err)
	}
	defer order.Close()
	r, err := order.Bundles(t.Context(), db, v)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// TestBundles: who has a key gets a bundle that the store knows of, who has
// none is named with the reason, and so is the system that nobody claims; a dry
// run writes nothing.
func TestBundles(t *testing.T) {
	db, v := stored(t, "DE", "FR", "IT")
	o := prepare.Options{Recipients: recipients(t), Out: filepath.Join(t.TempDir(), "out"), DryRun: true}
	check := func(r prepare.Result) {
		t.Helper()
		if len(r.Prepared) != 1 || r.Prepared[0].Recipient != "CERT A" || r.Prepared[0].Systems != 1 || r.Prepared[0].Method != "age" {
			t.Errorf("prepared %+v", r.Prepared)
		}
		if len(r.NotPrepared) != 1 || r.NotPrepared[0].Recipient != "CERT B" || r.NotPrepared[0].Sent || !strings.Contains(r.NotPrepared[0].Reason, "key") {
			t.Errorf("not prepared %+v", r.NotPrepared)
		}
		if len(r.NoRecipient) != 1 || r.NoRecipient[0].Address != "127.0.9.2" || !r.Missing() {
			t.Errorf("without a recipient %+v, missing %v", r.NoRecipient, r.Missing())
		}
	}
	check(bundles(t, db, v, o))
	if _, err := os.Stat(o.Out); !os.IsNotExist(err) {
		t.Errorf("a dry run made the folder: %v", err)
	}
	o.DryRun = false
	r := bundles(t, db, v, o)
	check(r)
	if text, err := os.ReadFile(r.Prepared[0].File); err != nil || strings.Contains(string(text), "127.0.9.0") {
		t.Errorf("the bundle: %v, or not encrypted", err)
	}
	list, err := db.Disclosures(t.Context())
	if err != nil || len(list) != 1 || list[0].File != r.Prepared[0].File || len(list[0].Systems) != 1 {
		t.Fatalf("the store has %+v, %v", list, err)
	}
	if !r.Prepared[0].AnswerBy.Equal(now.AddDate(0, 0, 14)) {
		t.Errorf("answer by %s", r.Prepared[0].AnswerBy)
	}
	if err := db.AddDisclosureEvent(t.Context(), list[0].ID, survey.DisclosureEvent{State: survey.Sent, At: now}); err != nil {
		t.Fatal(err)
	}
	o.Only = []string{"cert a"}
	if r := bundles(t, db, v, o); len(r.Prepared) != 0 || len(r.NotPrepared) != 1 || !r.NotPrepared[0].Sent {
		t.Errorf("a recipient who was sent its bundle: %+v", r)
	}
}

// TestRead: what the user named is checked before anything is written.
func TestRead(t *testing.T) {
	file := recipients(t)
	for want, o := range map[string]prepare.Options{
		"is not in":            {Recipients: file, Only: []string{"CERT C"}},
		"is not a day":         {Recipients: file, AnswerBy: "tomorrow"},
		"has passed":           {Recipients: file, AnswerBy: "2026-11-01"},
		"without --sign-key":   {Recipients: file, SignPassphrase: "x"},
		"no such file":         {Recipients: file + "x"},
		"reading the passphra": {Recipients: file, SignKey: "k", SignPassphrase: file + "x"},
	} {
		o.Now = now
		var refusal *survey.Refusal
		if _, err := prepare.Read(o); !errors.As(err, &refusal) || !strings.Contains(err.Error(), want) {
			t.Errorf("want a refusal with %q: %v", want, err)
		}
	}
}
