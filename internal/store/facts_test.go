package store_test

import (
	"context"
	"fmt"
	"path/filepath"
	"reflect"
	"sync"
	"testing"

	"leadglass/internal/survey"
)

// TestFactsOfManyForms: however many forms services and checks have, and
// whoever else reads, each record has its own.
func TestFactsOfManyForms(t *testing.T) {
	ctx := context.Background()
	s := open(t, filepath.Join(t.TempDir(), "s.db"))
	v := create(t, s, "v", started)
	var records []survey.Record
	var want []survey.Facts
	for i := range 2400 { // some are alike
		r := record(v.ID, fmt.Sprintf("10.%03d.%03d.1", i>>8, i&255), 0, survey.Open)
		port := uint16(1 + i%2200)
		r.Finding.Services = []survey.Service{{Port: port, Protocol: survey.ProtocolDICOM, Outcome: survey.Answered}}
		r.Finding.Checks = []survey.Check{{ID: "LG-D01", Port: port, State: survey.Fail}, {ID: "LG-D02", Port: port, State: survey.Pass}}
		records, want = append(records, r), append(want, survey.FactsOf(&r))
	}
	if err := s.AppendRecords(ctx, records); err != nil {
		t.Fatal(err)
	}
	var readers sync.WaitGroup
	for range 3 {
		readers.Go(func() {
			var got []survey.Facts
			for f, err := range s.Facts(ctx, v.ID) {
				if err != nil {
					t.Error(err)
					return
				}
				got = append(got, f)
			}
			if !reflect.DeepEqual(got, want) {
				t.Errorf("%d facts are not the %d that were stored", len(got), len(want))
			}
		})
	}
	readers.Wait()
}
