package report_test

import (
	"fmt"
	"testing"

	"github.com/axiomhq/hyperloglog"

	"leadglass/internal/report"
	"leadglass/internal/survey"
)

func TestUniqueStudies(t *testing.T) {
	const archives, each, shared = 10, 20000, 5000
	a := report.NewAggregator(sampleSurvey())
	for i := range archives {
		sketch := hyperloglog.New14()
		for j := range each {
			if j < shared {
				sketch.Insert(fmt.Appendf(nil, "shared %d", j))
			} else {
				sketch.Insert(fmt.Appendf(nil, "%d of %d", j, i))
			}
		}
		r := plain(i, survey.Open, "DE")
		r.StudySketch, _ = sketch.MarshalBinary()
		a.Add(r)
	}
	damaged := plain(99, survey.Open, "DE")
	damaged.StudySketch = []byte{2, 14, 0, 0, 1, 2, 3}
	a.Add(damaged)
	agg := a.Aggregate()
	want := int64(shared + archives*(each-shared))
	got := agg.UniqueStudies.Count()
	if *got.Low > want || *got.High < want || got.Quality != survey.Estimated {
		t.Errorf("unique studies %s, want an interval with %d", got, want)
	}
	if agg.UniqueStudies.Archives != archives || agg.UnreadableSketches != 1 {
		t.Errorf("%d sketches, %d unreadable", agg.UniqueStudies.Archives, agg.UnreadableSketches)
	}
}

func TestTotals(t *testing.T) {
	rs := []survey.Record{
		plain(1, survey.OpenImages, "DE"), plain(2, survey.Open, "DE"), plain(3, survey.Protected, "FR"),
		plain(4, survey.OpenImages, ""), plain(5, survey.Identified, "QL"), {Finding: survey.Finding{Verdict: survey.NotDICOM, Viewer: survey.ViewerOpenHTTP}},
		{Finding: survey.Finding{Verdict: survey.Unreachable}}, // nothing answered, so nothing was analysed
	}
	rs[0].Finding.Viewer = survey.ViewerOpenHTTPS
	// The same check on two ports of one archive counts once, as failed.
	rs[2].Finding.Checks = append(rs[2].Finding.Checks, survey.Check{ID: "LG-D04", State: survey.Fail, Severity: survey.Critical, Port: 2762})
	r := report.Publish(aggregate(rs), 1)
	n := r.Totals
	if n.ArchivesAnalysed.N != 6 || n.Archives.N != 5 || n.ArchivesOpen.N != 3 || n.Countries.N != 1 || n.ViewersOpen.N != 1 {
		t.Errorf("totals %+v", n)
	}
	if *n.StudyRecords.Value != 3000 || *n.ImagesAccessible.Value != 2000 || n.StudyRecords.Quality != survey.Exact {
		t.Errorf("figures %+v", n)
	}
	var order []string
	for _, c := range r.Countries {
		order = append(order, fmt.Sprintf("%s %d/%d %s", c.ISO2, c.ArchivesOpen.N, c.Archives.N, c.StudyRecords))
	}
	if got := fmt.Sprint(order); got != "[DE 2/2 2,000 FR 0/1 0 ZZ 1/2 1,000]" {
		t.Errorf("countries %s", got)
	}
	for _, c := range r.Checks {
		if c.ID == "LG-D04" && (c.Failed.N != 4 || c.Tested.N != 5 || c.Severity != survey.Critical) {
			t.Errorf("check %+v", c)
		}
	}
}
