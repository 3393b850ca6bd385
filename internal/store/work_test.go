package store_test

import (
	"context"
	"errors"
	"net/netip"
	"reflect"
	"testing"
	"time"

	"leadglass/internal/store"
	"leadglass/internal/survey"
)

// testWork: what is kept of a survey under way comes back, a host is found and
// taken once, and all of it goes with the end.
func testWork(t *testing.T, e engine) {
	ctx := context.Background()
	s := open(t, e.empty(t))
	v := create(t, s, "v", started)
	do := func(f func(*store.Tx) error) {
		t.Helper()
		if err := s.Update(ctx, "testing", f); err != nil {
			t.Fatal(err)
		}
	}
	host := survey.Candidate{Address: netip.MustParseAddr("127.0.0.9"), Host: "pacs.example", Ports: []uint16{104}}
	done := survey.Candidate{Address: netip.MustParseAddr("127.0.0.1")}
	found := survey.Found{Candidate: host, Services: []survey.Service{{Port: 104, SOPClasses: []string{}, TLS: &survey.TLS{}}},
		StartedAt: started, Traffic: survey.Traffic{BytesSent: 7}, Spent: time.Second}
	do(func(tx *store.Tx) error {
		for part, sweep := range []survey.Sweep{{Seed: "a", Position: 3}, {Seed: "a", Position: 4}} {
			if err := tx.SavePart(ctx, v.ID, part+1, sweep); err != nil {
				return err
			}
		}
		return tx.SavePart(ctx, v.ID, 1, survey.Sweep{Seed: "a", Position: 5})
	})
	if parts, err := s.Parts(ctx, v.ID); err != nil || len(parts) != 2 || parts[0].Position != 5 || parts[1].Position != 4 {
		t.Errorf("parts %+v, %v", parts, err)
	}
	if got, err := s.Survey(ctx, v.ID); err != nil || got.Sweep == nil || got.Sweep.Position != 9 {
		t.Errorf("sweep of the survey %+v, %v", got.Sweep, err)
	}
	do(func(tx *store.Tx) error {
		return errors.Join(tx.AddCandidate(ctx, v.ID, 2, survey.Candidate{Address: host.Address}), tx.AddCandidate(ctx, v.ID, 2, host))
	})
	if c, err := s.Candidates(ctx, v.ID, 2); err != nil || len(c) != 1 || !reflect.DeepEqual(c[0], host) {
		t.Errorf("candidates %+v, %v", c, err)
	}
	if c, err := s.Candidates(ctx, v.ID, 1); err != nil || len(c) != 0 {
		t.Errorf("candidates of another part %+v, %v", c, err)
	}
	if err := s.AppendRecords(ctx, []survey.Record{record(v.ID, "127.0.0.1", 0, survey.Open)}); err != nil {
		t.Fatal(err)
	}
	add := func(f survey.Found, want bool) {
		t.Helper()
		do(func(tx *store.Tx) error {
			added, err := tx.AddPending(ctx, v.ID, f)
			if added != want {
				t.Errorf("%s added: %v", f.Candidate.Address, added)
			}
			return err
		})
	}
	add(found, true)
	add(found, false)
	add(survey.Found{Candidate: done}, false) // it has a record
	if n, err := s.Waiting(ctx, v.ID); err != nil || n != 1 {
		t.Errorf("%d hosts wait, %v", n, err)
	}
	for _, want := range []bool{false, true} {
		if got, again, err := s.Pending(ctx, v.ID, store.KeyOf(host)); err != nil || again != want || !reflect.DeepEqual(got, found) {
			t.Errorf("found %+v, again %v, %v", got, again, err)
		}
		do(func(tx *store.Tx) error { return tx.MarkStale(ctx, v.ID) })
	}
	for _, want := range []bool{true, false} {
		do(func(tx *store.Tx) error {
			was, err := tx.Claim(ctx, v.ID, store.KeyOf(host))
			if was != want {
				t.Errorf("taken: %v", was)
			}
			return err
		})
	}
	if _, _, err := s.Pending(ctx, v.ID, store.KeyOf(host)); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("a host that was examined: %v", err)
	}
	first, err := s.SketchKey(ctx, v.ID, [16]byte{1})
	again, err2 := s.SketchKey(ctx, v.ID, [16]byte{2})
	if err != nil || err2 != nil || first != [16]byte{1} || again != first {
		t.Errorf("keys %v, %v; %v, %v", first, again, err, err2)
	}
	do(func(tx *store.Tx) error { return tx.EndWork(ctx, v.ID) })
	if key, err := s.SketchKey(ctx, v.ID, [16]byte{3}); err != nil || key != [16]byte{3} {
		t.Errorf("the key outlived the survey: %v, %v", key, err)
	}
	if parts, err := s.Parts(ctx, v.ID); err != nil || len(parts) != 0 {
		t.Errorf("parts after the end %+v, %v", parts, err)
	}
}

// testWorkers: at no time do the shares of those who may send exceed the whole.
func testWorkers(t *testing.T, e engine) {
	ctx := context.Background()
	dsn := e.empty(t)
	s := open(t, dsn)
	v := create(t, s, "v", started)
	now := started
	beat := func(id string, want int) {
		t.Helper()
		now = now.Add(time.Second)
		if b, err := s.Beat(ctx, v.ID, id, now); err != nil || b.Divisor != want {
			t.Errorf("%s divides by %d, want %d; %v", id, b.Divisor, want, err)
		}
	}
	beat("a", 1)
	beat("b", 0) // a does not know of it yet
	beat("c", 0)
	beat("a", 3)
	beat("c", 3)
	beat("b", 3)
	if all, err := s.Workers(ctx, v.ID); err != nil || len(all) != 3 || all[0].ID != "a" || all[0].Beats != 2 || all[0].Divisor != 3 {
		t.Errorf("workers %+v, %v", all, err)
	}
	if err := s.Update(ctx, "testing", func(tx *store.Tx) error {
		return errors.Join(tx.Release(ctx, "c"), tx.RemoveWorker(ctx, "c"))
	}); err != nil {
		t.Fatal(err)
	}
	beat("a", 2)
	beat("d", 0) // a and b divide by 2 and by 3
	beat("b", 3)
	beat("a", 3)
	beat("d", 3)

	lead := func(id, before string, want bool) {
		t.Helper()
		var got bool
		err := s.Update(ctx, "testing", func(tx *store.Tx) (err error) {
			got, err = tx.Lead(ctx, v.ID, id, before)
			return err
		})
		if err != nil || got != want {
			t.Errorf("%s leads instead of %q: %v, %v", id, before, got, err)
		}
	}
	lead("a", "", true)
	lead("b", "", false)
	lead("b", "a", true)
	if id, err := s.Leader(ctx, v.ID); err != nil || id != "b" {
		t.Errorf("leader %q, %v", id, err)
	}
}
