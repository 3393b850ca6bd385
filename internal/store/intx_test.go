package store_test

import (
	"context"
	"path/filepath"
	"testing"
	"time"

	"leadglass/internal/store"
	"leadglass/internal/survey"
)

// TestLockHeld: a transaction waits for another program that has the lock for
// longer than SQLite itself would wait, and says of one that has it for too long
// that the store is late.
func TestLockHeld(t *testing.T) {
	dsn := filepath.Join(t.TempDir(), "s.db")
	first, err := store.Open(t.Context(), dsn)
	if err != nil {
		t.Fatal(err)
	}
	defer first.Close()
	second, err := store.Open(t.Context(), dsn)
	if err != nil {
		t.Fatal(err)
	}
	defer second.Close()
	second.WaitForLock(t, time.Millisecond)
	hold := func(until <-chan struct{}) <-chan error {
		held, ended := make(chan struct{}), make(chan error, 1)
		go func() {
			ended <- first.Update(context.Background(), "testing", func(*store.Tx) error {
				close(held)
				<-until
				return nil
			})
		}()
		<-held
		return ended
	}
	over := make(chan struct{})
	ended := hold(over)
	refusals := second.Refusals()
	created := make(chan error, 1)
	go func() {
		_, err := second.CreateSurvey(context.Background(), survey.Survey{Name: "v", StartedAt: time.Now()})
		created <- err
	}()
	<-refusals // SQLite has given up once
	select {
	case err := <-created:
		t.Fatalf("it did not wait: %v", err)
	default:
	}
	close(over)
	if err := <-created; err != nil {
		t.Error(err)
	}
	if err := <-ended; err != nil {
		t.Error(err)
	}

	over = make(chan struct{})
	ended = hold(over)
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	err = second.Update(ctx, "testing", func(*store.Tx) error { return nil })
	if !store.Late(err) {
		t.Errorf("not late: %v", err)
	}
	second.WaitNoLonger()
	err = second.Update(t.Context(), "testing", func(*store.Tx) error { return nil })
	if !store.Late(err) {
		t.Errorf("not late: %v", err)
	}
	close(over)
	if err := <-ended; err != nil {
		t.Error(err)
	}
}
