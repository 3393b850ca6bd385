package report

import (
	"cmp"
	"maps"
	"slices"

	"leadglass/internal/publish"
	"leadglass/internal/survey"
)

// DefaultMinCount is the least number of archives behind a published cell
// unless something else is asked for.
const DefaultMinCount = 3

// publisher holds the decisions that concern more than one table.
type publisher struct {
	agg *Aggregate
	min int64
	// nothing: so few targets were analysed that nothing can be said.
	nothing bool
	// coarse: the number of open archives, or of the closed ones, is small.
	// Then no number may be published from which the other follows.
	coarse bool
	// openPair, closedPair: open and open-images, or protected and
	// identified, are withheld as a pair.
	openPair, closedPair bool
	viewersHidden        bool
}

// Publish makes a report of a in which no cell with fewer than minCount
// archives is shown or can be worked out from what is; 1 or less shows all.
func Publish(a Aggregate, minCount int) Public {
	p := &publisher{agg: &a, min: max(1, int64(minCount))}
	closed := a.Verdicts[survey.Protected] + a.Verdicts[survey.Identified]
	p.nothing = publish.Small(a.Analysed, p.min)
	p.coarse = p.nothing || publish.Small(a.Total.Open, p.min) || publish.Small(closed, p.min)
	p.openPair = p.coarse || p.anySmall(survey.Open, survey.OpenImages)
	p.closedPair = p.coarse || p.anySmall(survey.Protected, survey.Identified)
	r := Public{
		Schema: Schema, Edition: publish.EditionPublic, MinCount: p.min,
		Survey: SurveyLabel{
			Name: a.Survey.Name, Organisation: a.Survey.Organisation, StartedAt: a.Survey.StartedAt.UTC(),
			FinishedAt: a.Survey.FinishedAt, State: a.Survey.State, Version: a.Survey.Version, Simulated: a.Survey.Simulated,
			Addresses: p.number(a.Survey.Addresses, p.nothing), Probed: p.number(a.Survey.Probed, p.nothing),
		},
		Verdicts: p.verdicts(), Grades: p.grades(),
		Products: p.archiveTable(a.Products), Toolkits: p.archiveTable(a.Toolkits),
		Transport: p.archiveTable(a.Transport), TLSVersions: p.archiveTable(a.TLSVersions),
		Rejections: p.rejections(),
		Years:      p.studyTable(a.Years), Modalities: p.studyTable(a.Modalities),
		Qualities: PublicQualities{
			StudyRecords: p.qualities(a.Qualities.StudyRecords), ImagesLinked: p.qualities(a.Qualities.ImagesLinked),
			ImagesAccessible: p.qualities(a.Qualities.ImagesAccessible),
		},
		Traffic: p.load(),
	}
	p.countryTable(&r)
	withoutCount(&r.Totals.StudyRecords, r.Qualities.StudyRecords)
	withoutCount(&r.Totals.ImagesLinked, r.Qualities.ImagesLinked)
	withoutCount(&r.Totals.ImagesAccessible, r.Qualities.ImagesAccessible)
	r.Checks = p.checks()
	r.Identifying = p.identifying()
	r.Suspects = p.suspects(&r)
	r.UniqueStudies = p.figureOf(a.UniqueStudies.Count(), a.UniqueStudies.Archives)
	r.UniqueStudies.AtMost(r.Totals.StudyRecords)
	if a.SSNPatternRecords.Exacts+a.SSNPatternRecords.Bounds+a.SSNPatternRecords.Estimates > 0 {
		f := p.figure(a.SSNPatternRecords, false)
		r.SSNPatternRecords = &f
	}
	r.Method, r.Limits, r.QualityNotes = texts(&a, p.min)
	return r
}

// number is n, withheld if hide is set.
func (p *publisher) number(n int64, hide bool) publish.Number {
	if hide {
		return publish.Number{Hidden: true}
	}
	return publish.Number{N: n}
}

// count is a number of archives that nothing else adds up to.
func (p *publisher) count(n int64) publish.Number {
	return p.number(n, p.nothing || publish.Small(n, p.min))
}

// figure is the sum s, withheld if hide is set or few archives contribute.
func (p *publisher) figure(s publish.Sum, hide bool) publish.Figure {
	if hide || p.nothing || publish.Small(s.Contributors, p.min) {
		return publish.Figure{Hidden: true}
	}
	f := publish.Figure{Count: s.Count()}
	if p.min == 1 {
		f.WithoutCount = s.Unknowns
	}
	return f
}

// figureOf is a count over so many archives; nil over none.
func (p *publisher) figureOf(c survey.Count, archives int64) *publish.Figure {
	switch {
	case archives == 0:
		return nil
	case p.nothing || publish.Small(archives, p.min):
		return &publish.Figure{Hidden: true}
	}
	return &publish.Figure{Count: c}
}

func (p *publisher) anySmall(verdicts ...survey.Verdict) bool {
	return slices.ContainsFunc(verdicts, func(v survey.Verdict) bool { return publish.Small(p.agg.Verdicts[v], p.min) })
}

// verdicts lists all verdicts. Targets that are no archives are no cells to
// protect; of the two pairs of verdicts on archives the sums can be known.
func (p *publisher) verdicts() []Slice {
	rows := make([]Slice, 0, len(survey.Verdicts))
	for _, v := range survey.Verdicts {
		hide := p.coarse
		switch v {
		case survey.Protected, survey.Identified:
			hide = p.closedPair
		case survey.Open, survey.OpenImages:
			hide = p.openPair
		}
		rows = append(rows, Slice{string(v), p.number(p.agg.Verdicts[v], hide)})
	}
	return rows
}

func (p *publisher) grades() []Slice {
	grades := []survey.Grade{survey.GradeA, survey.GradeB, survey.GradeC, survey.GradeD, survey.GradeF}
	cells := make([]cell, 0, len(grades))
	for _, g := range grades {
		cells = append(cells, cell{name: string(g), archives: p.agg.Grades[g]})
	}
	rows := p.fixedTable(cells)
	// A grade may be the same as a verdict: where the verdicts on closed
	// archives are withheld, so are the grades that only those get.
	if p.closedPair && p.min > 1 {
		for i := range rows {
			f := rows[i].Name == string(survey.GradeF)
			n := p.agg.Grades[survey.GradeF]
			rows[i].Count = p.number(n, !f || p.coarse || publish.Small(n, p.min))
		}
	}
	return rows
}

// rejections come from protected archives, mostly.
func (p *publisher) rejections() Distribution {
	if p.closedPair && p.min > 1 {
		return Distribution{Rows: []Slice{}, Other: &publish.Number{Hidden: true}}
	}
	return p.archiveTable(p.agg.Rejections)
}

func (p *publisher) qualities(by map[survey.Quality]int64) []Slice {
	var cells []cell
	for _, q := range []survey.Quality{survey.Exact, survey.LowerBound, survey.Estimated, survey.UnknownQuality} {
		cells = append(cells, cell{name: string(q), archives: by[q]})
	}
	return p.fixedTable(cells)
}

// withoutCount says with a total how many archives are not in it, if the table
// of qualities says so too.
func withoutCount(total *publish.Figure, qualities []Slice) {
	for _, q := range qualities {
		if q.Name == string(survey.UnknownQuality) && !q.Count.Hidden && !total.Hidden {
			total.WithoutCount = q.Count.N
		}
	}
}

// fixedTable is a table whose lines are known, so that a withheld line is
// named. Where sums must not be had, all lines are withheld.
func (p *publisher) fixedTable(cells []cell) []Slice {
	n := make([]int64, len(cells))
	for i, c := range cells {
		n[i] = c.archives
	}
	hidden, _ := publish.Protect(n, p.min)
	rows := make([]Slice, 0, len(cells))
	for i, c := range cells {
		rows = append(rows, Slice{c.name, p.number(c.archives, p.coarse || hidden[i])})
	}
	return rows
}

func (p *publisher) archiveTable(m map[string]int64) Distribution {
	cells := make([]cell, 0, len(m))
	for name, n := range m {
		cells = append(cells, cell{name: name, value: n, archives: n})
	}
	return p.distribution(cells, p.coarse)
}

func (p *publisher) studyTable(m map[string]StudyTally) Distribution {
	cells := make([]cell, 0, len(m))
	for name, t := range m {
		cells = append(cells, cell{name: name, value: t.Studies, archives: t.Archives})
	}
	return p.distribution(cells, false)
}

func (p *publisher) distribution(cells []cell, secretSum bool) Distribution {
	if p.nothing && len(cells) > 0 {
		return Distribution{Rows: []Slice{}, Other: &publish.Number{Hidden: true}}
	}
	return distribution(cells, p.min, secretSum && p.min > 1)
}

// checksOfOpen and checksOfClosed are the checks whose results decide between
// open and open-images, and between protected and identified; checksOfViewers
// count the viewers. They are withheld when those are.
var (
	checksOfOpen    = survey.ChecksOf(survey.Retrieves)
	checksOfClosed  = []string{"LG-D01", "LG-D02"}
	checksOfViewers = []string{"LG-W04", "LG-W05"}
)

func (p *publisher) checks() []CheckRow {
	rows := make([]CheckRow, 0, len(p.agg.Checks))
	for _, id := range slices.Sorted(maps.Keys(p.agg.Checks)) {
		t := p.agg.Checks[id]
		hide := p.coarse || publish.Small(t.Failed, p.min) ||
			(p.openPair && slices.Contains(checksOfOpen, id)) ||
			(p.closedPair && slices.Contains(checksOfClosed, id)) ||
			(p.viewersHidden && slices.Contains(checksOfViewers, id))
		tested := t.Failed + t.Passed
		rows = append(rows, CheckRow{ID: id, Title: t.Title, Severity: t.Severity,
			Failed: p.number(t.Failed, hide), Tested: p.number(tested, hide || publish.Small(tested, p.min))})
	}
	slices.SortStableFunc(rows, func(a, b CheckRow) int {
		return cmp.Compare(severityRank(a.Severity), severityRank(b.Severity))
	})
	return rows
}

func (p *publisher) identifying() []Slice {
	rows := make([]Slice, 0, len(p.agg.Classes))
	for _, class := range slices.Sorted(maps.Keys(p.agg.Classes)) {
		rows = append(rows, Slice{class, p.count(p.agg.Classes[class])})
	}
	return rows
}

// suspects must not give the figures of a few suspected archives away as the
// difference of two totals.
func (p *publisher) suspects(r *Public) PublicSuspects {
	s := &p.agg.Suspects
	out := PublicSuspects{Honeypot: p.count(s.Honeypot), TestData: p.count(s.TestData), Veterinary: p.count(s.Veterinary)}
	if s.Honeypot+s.TestData+s.Veterinary == 0 || p.coarse || out.Honeypot.Hidden || out.TestData.Hidden || out.Veterinary.Hidden {
		return out
	}
	free := func(total publish.Figure, marked, rest publish.Sum) publish.Figure {
		return p.figure(rest, total.Hidden || publish.Small(marked.Contributors, p.min))
	}
	out.Without = &SuspectFree{
		ArchivesOpen:     p.number(s.Rest.Open, r.Totals.ArchivesOpen.Hidden || publish.Small(s.Marked.Open, p.min) || publish.Small(s.Rest.Open, p.min)),
		StudyRecords:     free(r.Totals.StudyRecords, s.Marked.StudyRecords, s.Rest.StudyRecords),
		ImagesLinked:     free(r.Totals.ImagesLinked, s.Marked.ImagesLinked, s.Rest.ImagesLinked),
		ImagesAccessible: free(r.Totals.ImagesAccessible, s.Marked.ImagesAccessible, s.Rest.ImagesAccessible),
	}
	if publish.Small(s.Marked.Differ, p.min) || publish.Small(s.Rest.Differ, p.min) {
		out.Without.ImagesAccessible = publish.Figure{Hidden: true}
	}
	return out
}

func (p *publisher) load() Load {
	t := &p.agg.Traffic
	n := func(v int64) publish.Number { return p.number(v, p.nothing) }
	return Load{
		Associations: n(t.Associations), Connections: n(t.Connections), BytesSent: n(t.BytesSent),
		BytesReceived: n(t.BytesReceived), Queries: n(t.Queries), Responses: n(t.Responses),
		LongestQueryMS: n(roundUp(t.LongestQueryMS)),
	}
}

// roundUp is the least of 1, 2, 5, 10, 20, 50… that is not below n; 0 for 0.
func roundUp(n int64) int64 {
	if n <= 0 {
		return 0
	}
	for unit := int64(1); unit < 1e17; unit *= 10 {
		for _, f := range []int64{1, 2, 5} {
			if f*unit >= n {
				return f * unit
			}
		}
	}
	return n
}
