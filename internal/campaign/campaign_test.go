package campaign_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"leadglass/internal/campaign"
	"leadglass/internal/lab"
	"leadglass/internal/scope"
	"leadglass/internal/store"
	"leadglass/internal/survey"
	"leadglass/lab/fleets"
)

// frontEnd is a front end of its own: it watches by events, and does something
// when the first record is stored.
type frontEnd struct {
	began   chan string // the ID of the survey
	records atomic.Int64
	first   func()
}

func (f *frontEnd) Event(e campaign.Event) {
	if e.Kind == campaign.Working {
		f.began <- e.Survey
	}
}

func (f *frontEnd) Stored(survey.Record) error {
	if f.records.Add(1) == 1 && f.first != nil {
		f.first()
	}
	return nil
}

// TestSecondFrontEnd begins, watches, interrupts, resumes and cancels surveys
// without the command line.
func TestSecondFrontEnd(t *testing.T) {
	t.Parallel()
	s := startFleet(t)
	front := &frontEnd{began: make(chan string, 10)}
	c := &campaign.Campaign{Store: filepath.Join(t.TempDir(), "surveys.db"), Version: "test", Log: slog.New(slog.DiscardHandler), Events: front}

	ctx, interrupt := context.WithCancel(t.Context())
	front.first = interrupt
	begun, err := c.Run(ctx, s, campaign.Options{Name: "watched", Examiners: 1})
	var ended *campaign.EndedError
	if !errors.As(err, &ended) || ended.How != campaign.Interrupted || begun.Survey.State != survey.StateInterrupted {
		t.Fatalf("interrupted: %v, %s", err, begun.Survey.State)
	}
	<-front.began
	resumed, err := c.Run(t.Context(), s, campaign.Options{Name: "watched", Resume: true, Examiners: 4})
	if err != nil || resumed.Survey.ID != begun.Survey.ID || resumed.Survey.State != survey.StateFinished || !resumed.Complete() {
		t.Fatalf("resumed: %v, %+v", err, resumed.Survey)
	}
	if n := resumed.Totals.Examined.Load(); n == 0 || n != front.records.Load() {
		t.Errorf("%d hosts examined, %d records watched", n, front.records.Load())
	}
	<-front.began

	db, err := store.OpenExisting(t.Context(), c.Store)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	front.records.Store(0)
	front.first = func() {
		if err := db.Cancel(t.Context(), <-front.began, time.Now()); err != nil {
			t.Error(err)
		}
	}
	_, err = c.Run(t.Context(), s, campaign.Options{Name: "cancelled", Examiners: 1})
	if !errors.As(err, &ended) || ended.How != campaign.Cancelled {
		t.Errorf("cancelled: %v", err)
	}
	var refusal *campaign.Refusal
	if _, err := c.Run(t.Context(), s, campaign.Options{Name: "cancelled", Resume: true, Examiners: 1}); !errors.As(err, &refusal) || !errors.Is(err, campaign.ErrWasCancelled) {
		t.Errorf("a cancelled survey was resumed: %v", err)
	}
}

// startFleet starts the demo fleet at addresses of its own and returns its scope.
func startFleet(t *testing.T) *scope.Scope {
	t.Helper()
	text, err := fleets.Read("demo")
	if err != nil {
		t.Fatal(err)
	}
	fleet, err := lab.Parse("demo", bytes.ReplaceAll(text, []byte("127.0.1."), []byte("127.0.61.")))
	if err != nil {
		t.Fatal(err)
	}
	running, err := fleet.Run(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = running.Close() })
	var words strings.Builder
	if err := fleet.Scope(&words, lab.ScopeOptions{Now: time.Now()}); err != nil {
		t.Fatal(err)
	}
	s, err := scope.Parse("demo.yaml", []byte(words.String()), time.Now())
	if err != nil {
		t.Fatal(err)
	}
	return s
}
