package store_test

import (
	"errors"
	"net/netip"
	"reflect"
	"testing"

	"leadglass/internal/store"
	"leadglass/internal/survey"
)

// testMandates: what bounds a survey comes back as it was, also when the survey
// has ended, and exclusions of workers are kept beside it, each once.
func testMandates(t *testing.T, e engine) {
	ctx := t.Context()
	dsn := e.empty(t)
	s, other := open(t, dsn), open(t, dsn)
	v := create(t, s, "v", started)
	if _, err := other.Mandate(ctx, v.ID); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("before it was stored: %v", err)
	}
	for _, want := range []survey.Mandate{
		{Exclusions: []byte{0, 0, 0, 0}, Pins: []survey.Pin{}},
		{Exclusions: []byte{0, 0, 0, 1, 0xff}, Titles: []string{"ARCHIVE"}, Seal: "seal",
			Pins: []survey.Pin{{Name: "pacs.example.org", Addresses: []netip.Addr{netip.MustParseAddr("192.0.2.1"), netip.MustParseAddr("2001:db8::1")}}}},
	} {
		if err := s.Update(ctx, "testing", func(tx *store.Tx) error { return tx.SaveMandate(ctx, v.ID, want) }); err != nil {
			t.Fatal(err)
		}
		if got, err := other.Mandate(ctx, v.ID); err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%+v, %v; want %+v", got, err, want)
		}
	}
	for _, b := range [][]byte{{1}, {2}, {1}} {
		if err := other.AddExclusions(ctx, v.ID, b); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Update(ctx, "testing", func(tx *store.Tx) error { return tx.EndWork(ctx, v.ID) }); err != nil {
		t.Fatal(err)
	}
	more, err := s.MoreExclusions(ctx, v.ID)
	if m, err2 := s.Mandate(ctx, v.ID); err != nil || err2 != nil || len(more) != 2 || m.Seal != "seal" {
		t.Errorf("at the end %v, %v, %+v, %v", more, err, m, err2)
	}
}
