package store_test

import (
	"context"
	"net/netip"
	"reflect"
	"testing"
	"time"

	"leadglass/internal/survey"
)

func testRegistrations(t *testing.T, e engine) {
	ctx := context.Background()
	s := open(t, e.empty(t))
	addr := netip.MustParseAddr("130.59.31.248")
	get := func(at time.Time) (survey.Registration, bool) {
		t.Helper()
		r, ok, err := s.Registration(ctx, addr, at)
		if err != nil {
			t.Fatal(err)
		}
		return r, ok
	}
	if r, ok := get(started); ok {
		t.Fatalf("an empty store knows %+v", r)
	}
	want := survey.Registration{Email: "abuse@net.example", Organisation: "Net", Country: "CH", Handle: "N-1",
		Registry: "rdap.example", AskedAt: started, ExpiresAt: started.Add(time.Hour)}
	if err := s.SaveRegistration(ctx, addr, want); err != nil {
		t.Fatal(err)
	}
	if got, ok := get(started.Add(time.Minute)); !ok || got != want {
		t.Errorf("got %+v, %v, want %+v", got, ok, want)
	}
	if got, ok, err := s.Registration(ctx, netip.MustParseAddr("::ffff:130.59.31.248"), started); err != nil || !ok || got != want {
		t.Errorf("by its mapped form: %+v, %v, %v", got, ok, err)
	}
	if got, ok := get(want.ExpiresAt); ok {
		t.Errorf("expired, but got %+v", got)
	}
	newer := want
	newer.Email, newer.AskedAt, newer.ExpiresAt = "", want.ExpiresAt, want.ExpiresAt.Add(time.Hour)
	if err := s.SaveRegistration(ctx, addr, newer); err != nil {
		t.Fatal(err)
	}
	if got, ok := get(newer.AskedAt); !ok || got != newer {
		t.Errorf("got %+v, %v, want %+v", got, ok, newer)
	}
	// What has expired goes with the next answer, whoever's it is.
	other := netip.MustParseAddr("2001:620::1")
	later := newer
	later.AskedAt, later.ExpiresAt = newer.ExpiresAt, newer.ExpiresAt.Add(time.Hour)
	if err := s.SaveRegistration(ctx, other, later); err != nil {
		t.Fatal(err)
	}
	if got, ok := get(newer.AskedAt); ok {
		t.Errorf("an expired answer is still there: %+v", got)
	}
}

func testSourcesOfASurvey(t *testing.T, e engine) {
	ctx := context.Background()
	dsn := e.empty(t)
	s := open(t, dsn)
	v := create(t, s, "v", started)
	v.Sources = []survey.Source{{Kind: survey.SourceEmbedded, Name: "table", Date: started, Licence: "CC0", Attribution: "somebody"}}
	if err := s.UpdateSurvey(ctx, v); err != nil {
		t.Fatal(err)
	}
	if got, err := s.Survey(ctx, v.ID); err != nil || !reflect.DeepEqual(got.Sources, v.Sources) {
		t.Errorf("sources %+v, %v, want %+v", got.Sources, err, v.Sources)
	}
	e.exec(t, dsn, "UPDATE surveys SET sources = 'x'")
	if _, err := s.Survey(ctx, v.ID); err == nil {
		t.Error("damaged sources are read")
	}
}
