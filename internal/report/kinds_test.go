package report_test

import (
	"testing"

	"leadglass/internal/report"
	"leadglass/internal/survey"
)

// withClosed are records beside 20 archives that are closed, in plaintext.
func withClosed(rs ...survey.Record) []survey.Record {
	for range 20 {
		rs = append(rs, plain(len(rs), survey.Protected, "DE"))
	}
	return rs
}

// sized is an open archive of n studies.
func sized(i int, n int64) survey.Record {
	r := plain(i, survey.OpenImages, "DE")
	c := &r.Finding.Counts
	c.Studies, c.ImagesLinked, c.ImagesAccessible = survey.ExactCount(n, ""), survey.ExactCount(2*n, ""), survey.ExactCount(2*n, "")
	c.Years = map[string]int64{"2015": n}
	r.Finding.Traffic = survey.Traffic{Queries: 9, Responses: n, BytesReceived: 300 * n, LongestQueryMS: n}
	return r
}

// TestTablesKeepASecretTotal: the total of two archives does not follow from the
// years, nor does what they hold from the load.
func TestTablesKeepASecretTotal(t *testing.T) {
	r := report.Publish(aggregate(withClosed(sized(1, 700), sized(2, 900))), 3)
	if !r.Totals.StudyRecords.Hidden || len(r.Years.Rows) > 0 || r.Years.Other == nil || !r.Years.Other.Hidden {
		t.Errorf("studies %+v, years %+v", r.Totals.StudyRecords, r.Years)
	}
	if l := r.Traffic; !l.Responses.Hidden || !l.BytesReceived.Hidden || !l.Queries.Hidden || !l.LongestQueryMS.Hidden || !l.Connections.Hidden {
		t.Errorf("load %+v", l)
	}
}

// TestComplementsAreWithheld: a check that few archives pass, or in which few are
// not tested, tells those.
func TestComplementsAreWithheld(t *testing.T) {
	for name, state := range map[string]survey.CheckState{"pass": survey.Pass, "unknown": survey.Unknown} {
		rs := withClosed(sized(1, 700), sized(2, 900), sized(3, 800), sized(4, 600))
		for i := range 2 {
			for j := range rs[i].Finding.Checks {
				if c := &rs[i].Finding.Checks[j]; c.ID == "LG-D03" {
					c.State = state
				}
			}
		}
		for _, c := range report.Publish(aggregate(rs), 3).Checks {
			if c.ID == "LG-D03" && (!c.Failed.Hidden || !c.Tested.Hidden) {
				t.Errorf("%s: %+v", name, c)
			}
			if c.ID == "LG-D04" && c.Failed.Hidden {
				t.Errorf("%s: %+v, of which nothing is small", name, c)
			}
		}
	}
}

// TestALargeArchiveIsNotPublished: a sum that one archive dominates is coarse as
// a total, and withheld in every table.
func TestALargeArchiveIsNotPublished(t *testing.T) {
	r := report.Publish(aggregate(withClosed(sized(1, 100), sized(2, 120), sized(3, 130), sized(4, 9000))), 3)
	f := r.Totals.StudyRecords
	if n, _ := f.Int(); !f.Coarse || f.Quality != survey.LowerBound || n != 1000 {
		t.Errorf("the total is %+v", f)
	}
	if len(r.Countries) != 1 || !r.Countries[0].StudyRecords.Hidden || len(r.Years.Rows) > 0 || r.Totals.ArchivesOpen.N != 4 {
		t.Errorf("countries %+v, years %+v", r.Countries, r.Years)
	}
	r = report.Publish(aggregate(withClosed(sized(1, 3000), sized(2, 4000), sized(3, 2000), sized(4, 9000))), 3)
	if n, _ := r.Totals.StudyRecords.Int(); n != 18000 || r.Totals.StudyRecords.Coarse || len(r.Years.Rows) != 1 {
		t.Errorf("without a large one: %+v, years %+v", r.Totals.StudyRecords, r.Years)
	}
}
