package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"leadglass/internal/lab"
	"leadglass/internal/store"
	"leadglass/internal/survey"
)

// figures compares what the survey says with the truth, in all the places where
// it says it, and returns how many figures there are, and those that are wrong.
func (st *study) figures(t *testing.T) (compared int, wrong []string) {
	t.Helper()
	is := func(name string, truth, measured int64) {
		compared++
		if truth != measured {
			wrong = append(wrong, fmt.Sprintf("%s: %d, the truth is %d", name, measured, truth))
		}
	}
	var scores lab.Scores
	o := leadglass(t, "--store", st.dsn, "lab", "score", st.fleet, "--json")
	if err := json.Unmarshal([]byte(o.out), &scores); err != nil {
		t.Fatalf("%s: %v in %s, %s", st.name, err, o.out, o.errors)
	}
	truth := map[string]int64{}
	for _, f := range scores.Figures {
		truth[f.Name] = f.Truth
		is(f.Name, f.Truth, f.Measured)
	}
	is("archives_wrong", 0, scores.ArchivesWrong)

	// One record a target, by the store's own count of rows too.
	addresses, all := map[string]bool{}, st.findings(t)
	for _, f := range all {
		addresses[f.Target.Address] = true
	}
	s := stored(t, st.dsn)
	is("targets with a record", truth["archives_analysed"], int64(len(addresses)))
	is("records", truth["archives_analysed"], int64(len(all)))
	is("records by survey show", truth["archives_analysed"], s.Records)
	is("open by survey show", truth["archives_open"], s.Open())

	public := st.reported(t)
	is("archives analysed by the report", truth["archives_analysed"], public.Totals.ArchivesAnalysed)
	is("open by the report", truth["archives_open"], public.Totals.ArchivesOpen)
	is("study records by the report", truth["study_records"], public.Totals.StudyRecords.Value)
	is("images by the report", truth["images_linked"], public.Totals.ImagesLinked.Value)

	// The last words of the survey, unless it was killed just before them.
	var last surveySummary
	if st.survey.code() == exitDone {
		if err := json.Unmarshal(st.summary.line, &last); err != nil {
			t.Fatalf("%s: %v in %s", st.name, err, st.summary.line)
		}
		is("hosts by the survey", truth["archives_analysed"], last.Hosts)
		is("open by the survey", truth["archives_open"], last.Open)
		is("studies by the survey", truth["study_records"], last.Studies)
		is("images by the survey", truth["images_linked"], last.Images)
	}
	return compared, wrong
}

// findings are all records of the survey as they lie in the store.
func (st *study) findings(t *testing.T) (all []survey.Finding) {
	t.Helper()
	db, err := store.OpenExisting(t.Context(), st.dsn)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	v, err := db.Survey(t.Context(), "")
	if err != nil {
		t.Fatal(err)
	}
	for r, err := range db.Records(t.Context(), v.ID) {
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, r.Finding)
	}
	return all
}

// reportedTotals are the figures of report.json that are compared.
type reportedTotals struct {
	Totals struct {
		ArchivesAnalysed int64                 `json:"archives_analysed"`
		ArchivesOpen     int64                 `json:"archives_open"`
		StudyRecords     struct{ Value int64 } `json:"study_records"`
		ImagesLinked     struct{ Value int64 } `json:"images_linked"`
	} `json:"totals"`
}

// reported are the figures of the public report.
func (st *study) reported(t *testing.T) (r reportedTotals) {
	t.Helper()
	folder := t.TempDir()
	leadglass(t, "--store", st.dsn, "report", "--format", "json", "--min-count", "1", "--out", folder).want(t, exitDone)
	text, err := os.ReadFile(filepath.Join(folder, "report.json"))
	if err == nil {
		err = json.Unmarshal(text, &r)
	}
	if err != nil {
		t.Fatal(err)
	}
	return r
}
