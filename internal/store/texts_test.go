package store_test

import (
	"context"
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
	"testing"

	"leadglass/internal/survey"
)

// withChecks is a record with two checks, one of which failed.
func withChecks(id, address string) survey.Record {
	r := record(id, address, 0, survey.Open)
	r.Finding.Checks = []survey.Check{
		{ID: "LG-D01", State: survey.Pass, Severity: survey.High, Title: "Any called AE title is accepted", Port: 4242,
			Evidence: "A title made up at random was rejected.", References: []string{"DICOM PS3.8 9.3.4"}},
		{ID: "LG-D04", State: survey.Fail, Severity: survey.Critical, Title: "Study query answered", Port: 4242,
			Evidence: "It was answered by " + address + ".", Remedy: "Close it.", References: []string{"a", "b"}},
	}
	return r
}

// testChecksComeBack: findings come back as they were stored, by the store
// that stored them and by one that did not.
func testChecksComeBack(t *testing.T, e engine) {
	ctx := context.Background()
	dsn := e.empty(t)
	s := open(t, dsn)
	v := create(t, s, "v", started)
	var want []survey.Record
	for i := range 40 {
		want = append(want, withChecks(v.ID, fmt.Sprintf("10.0.0.%d", 100+i)))
	}
	want[3].Finding.Checks = []survey.Check{}
	want[4].Finding.Checks = nil
	for i := range want {
		if err := s.AppendRecords(ctx, want[i:i+1]); err != nil {
			t.Fatal(err)
		}
	}
	if got := all(t, s, v.ID); !reflect.DeepEqual(got, want) {
		t.Errorf("records %+v\nwant %+v", got, want)
	}
	if got := all(t, open(t, dsn), v.ID); !reflect.DeepEqual(got, want) {
		t.Errorf("another store reads %+v\nwant %+v", got, want)
	}
}

// testFindingsInFull reads a finding of a version that kept all in one text,
// and refuses one whose texts are not there.
func testFindingsInFull(t *testing.T, e engine) {
	ctx := context.Background()
	dsn := e.empty(t)
	s := open(t, dsn)
	v := create(t, s, "v", started)
	want := withChecks(v.ID, "10.0.0.1")
	if err := s.AppendRecords(ctx, []survey.Record{want}); err != nil {
		t.Fatal(err)
	}
	text, err := json.Marshal(want.Finding)
	if err != nil {
		t.Fatal(err)
	}
	e.exec(t, dsn, "UPDATE records SET finding = '"+strings.ReplaceAll(string(text), "'", "''")+"'; DELETE FROM check_texts")
	if got := all(t, open(t, dsn), v.ID); !reflect.DeepEqual(got, []survey.Record{want}) {
		t.Errorf("records %+v\nwant %+v", got, want)
	}
	if err := open(t, dsn).AppendRecords(ctx, []survey.Record{want}); err != nil {
		t.Fatal(err)
	}
	e.exec(t, dsn, "DELETE FROM check_texts")
	for _, err := range open(t, dsn).Records(ctx, v.ID) {
		if err == nil || !strings.Contains(err.Error(), "damaged") {
			t.Errorf("a finding without its texts is read: %v", err)
		}
	}
}
