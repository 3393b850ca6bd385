package report

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"leadglass/internal/publish"
	"leadglass/internal/survey"
)

// checksOfOpen and checksOfClosed are the checks whose results decide between
// open and open-images, and between protected and identified; checksOfViewers
// count the viewers. They are withheld when those are. The checks of TLS, and
// checksOfTransport, tell how archives are carried, and are withheld where a line
// of the tables of transport is.
var (
	checksOfOpen      = survey.ChecksOf(survey.Retrieves)
	checksOfClosed    = []string{"LG-D01", "LG-D02"}
	checksOfViewers   = []string{"LG-W04", "LG-W05"}
	checksOfTransport = []string{"LG-D03", "LG-W10"}
)

// checks are the rows of the table of checks. Those that failed, those that
// passed, and those that were not tested are parts of the archives: a row is
// withheld where one of the three is small.
func (p *publisher) checks(r *Public) []CheckRow {
	rows := make([]CheckRow, 0, len(p.agg.Checks))
	transport := r.Transport.Other != nil || r.TLSVersions.Other != nil
	for _, id := range slices.Sorted(maps.Keys(p.agg.Checks)) {
		t := p.agg.Checks[id]
		tested := t.Failed + t.Passed
		hide := p.coarse || p.moved("failed", id) || p.moved("passed", id) || p.moved("untested", id) || p.near(t.Failed) || p.near(t.Passed) || p.near(tested) ||
			(p.openPair && slices.Contains(checksOfOpen, id)) ||
			(p.closedPair && slices.Contains(checksOfClosed, id)) ||
			(p.viewersHidden && slices.Contains(checksOfViewers, id)) ||
			(transport && (slices.Contains(checksOfTransport, id) || strings.HasPrefix(id, "LG-T")))
		for _, n := range []int64{t.Failed, t.Passed, p.agg.Total.Archives - tested} {
			hide = hide || publish.Small(n, p.min)
		}
		rows = append(rows, CheckRow{ID: id, Title: t.Title, Severity: t.Severity, Failed: p.number(t.Failed, hide), Tested: p.number(tested, hide)})
	}
	slices.SortStableFunc(rows, func(a, b CheckRow) int {
		return cmp.Compare(severityRank(a.Severity), severityRank(b.Severity))
	})
	return rows
}

func (p *publisher) identifying() []Slice {
	rows := make([]Slice, 0, len(p.agg.Classes))
	for _, class := range slices.Sorted(maps.Keys(p.agg.Classes)) {
		rows = append(rows, Slice{class, p.count(p.agg.Classes[class], "class", class)})
	}
	return rows
}

// suspects must not give the figures of a few suspected archives away as the
// difference of two totals.
func (p *publisher) suspects(r *Public) PublicSuspects {
	s := &p.agg.Suspects
	out := PublicSuspects{Honeypot: p.count(s.Honeypot, "suspects", "honeypot"),
		TestData: p.count(s.TestData, "suspects", "test data"), Veterinary: p.count(s.Veterinary, "suspects", "veterinary")}
	if s.Honeypot+s.TestData+s.Veterinary == 0 || p.coarse || out.Honeypot.Hidden || out.TestData.Hidden || out.Veterinary.Hidden {
		return out
	}
	free := func(key string, total publish.Figure, marked, rest publish.Sum) publish.Figure {
		return p.figure(rest, total.Hidden || total.Coarse || !marked.Cell().Safe(p.min) || p.moved(key, "marked", "rest"))
	}
	out.Without = &SuspectFree{
		ArchivesOpen:     p.number(s.Rest.Open, r.Totals.ArchivesOpen.Hidden || publish.Small(s.Marked.Open, p.min) || publish.Small(s.Rest.Open, p.min) || p.moved(keyOpen, "marked", "rest")),
		StudyRecords:     free(keyStudies, r.Totals.StudyRecords, s.Marked.StudyRecords, s.Rest.StudyRecords),
		ImagesLinked:     free(keyLinked, r.Totals.ImagesLinked, s.Marked.ImagesLinked, s.Rest.ImagesLinked),
		ImagesAccessible: free(keyAccessible, r.Totals.ImagesAccessible, s.Marked.ImagesAccessible, s.Rest.ImagesAccessible),
	}
	if !s.Marked.Kept.Cell().Safe(p.min) || !s.Rest.Kept.Cell().Safe(p.min) || p.moved(keyKept, "marked", "rest") {
		out.Without.ImagesAccessible = publish.Figure{Hidden: true}
	}
	return out
}
