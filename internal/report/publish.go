package report

import (
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
	// known are numbers of archives that are published elsewhere, and those
	// that follow from them.
	known []int64
	// past are the changes since earlier reports.
	past []Changes
}

// Publish makes a report of a in which no cell with fewer than minCount
// archives is shown or can be worked out from what is, also beside the reports
// that were published before, since which the changes are past; 1 or less shows
// all.
func Publish(a Aggregate, minCount int, past ...Changes) Public {
	p := &publisher{agg: &a, min: max(1, int64(minCount)), past: past}
	closed := a.Verdicts[survey.Protected] + a.Verdicts[survey.Identified]
	p.nothing = publish.Small(a.Analysed, p.min)
	p.coarse = p.nothing || publish.Small(a.Total.Open, p.min) || publish.Small(closed, p.min) ||
		p.moved(keyOpen, "") || p.moved(keyClosed, "") || p.moved(keyArchives, "")
	p.openPair = p.coarse || p.anySmall(survey.Open, survey.OpenImages)
	p.closedPair = p.coarse || p.anySmall(survey.Protected, survey.Identified)
	p.known = []int64{a.Total.Archives, a.Total.Open, closed, a.Total.Viewers,
		a.Transport[transportTLS], a.Transport[transportTLS] + a.Transport[transportBoth], a.Transport[transportPlain] + a.Transport[transportBoth]}
	for _, v := range []survey.Verdict{survey.Protected, survey.Identified, survey.Open, survey.OpenImages} {
		p.known = append(p.known, a.Verdicts[v])
	}
	r := Public{
		Schema: Schema, Edition: publish.EditionPublic, MinCount: p.min,
		Survey: SurveyLabel{
			Name: a.Survey.Name, Organisation: a.Survey.Organisation, StartedAt: a.Survey.StartedAt.UTC(),
			FinishedAt: a.Survey.FinishedAt, State: a.Survey.State, Version: a.Survey.Version, Simulated: a.Survey.Simulated,
			Addresses: p.number(a.Survey.Addresses, p.nothing), Probed: p.number(a.Survey.Probed, p.nothing),
		},
		Verdicts: p.verdicts(), Grades: p.grades(),
		Products: p.archiveTable("product", a.Products, false), Toolkits: p.archiveTable("toolkit", a.Toolkits, false),
		Transport:  p.archiveTable("transport", a.Transport, false),
		Rejections: p.rejections(),
		Qualities: PublicQualities{
			StudyRecords: p.qualities(keyStudies, a.Qualities.StudyRecords), ImagesLinked: p.qualities(keyLinked, a.Qualities.ImagesLinked),
			ImagesAccessible: p.qualities(keyAccessible, a.Qualities.ImagesAccessible),
		},
		Traffic: p.load(),
	}
	r.TLSVersions = p.tlsVersions(r.Transport)
	p.countryTable(&r)
	r.Years = p.studyTable("year", a.Years, a.YearsGap, r.Totals.StudyRecords)
	r.Modalities = p.studyTable("modality", a.Modalities, a.ModalitiesGap, r.Totals.StudyRecords)
	withoutCount(&r.Totals.StudyRecords, r.Qualities.StudyRecords)
	withoutCount(&r.Totals.ImagesLinked, r.Qualities.ImagesLinked)
	withoutCount(&r.Totals.ImagesAccessible, r.Qualities.ImagesAccessible)
	r.Checks = p.checks(&r)
	r.Identifying = p.identifying()
	r.Suspects = p.suspects(&r)
	p.setApart(&r)
	r.UniqueStudies = p.unique(r.Totals.StudyRecords)
	if a.SSNPatternRecords.Exacts+a.SSNPatternRecords.Bounds+a.SSNPatternRecords.Estimates > 0 {
		f := p.figure(a.SSNPatternRecords, p.moved("ssn", ""))
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

// near reports whether a number of archives, which may be part of one that is
// published elsewhere or have it as a part, leaves few archives beside it.
func (p *publisher) near(n int64) bool {
	return n > 0 && slices.ContainsFunc(p.known, func(o int64) bool { return publish.Small(max(n-o, o-n), p.min) })
}

// count is a number of archives that nothing else adds up to, in that line of a
// table.
func (p *publisher) count(n int64, table, line string) publish.Number {
	return p.number(n, p.nothing || publish.Small(n, p.min) || p.near(n) || p.moved(table, line))
}

// figure is the sum s, withheld if hide is set, or if few archives contribute,
// or one of them most.
func (p *publisher) figure(s publish.Sum, hide bool) publish.Figure {
	if hide || p.nothing || !s.Cell().Safe(p.min) {
		return publish.Figure{Hidden: true}
	}
	f := publish.Figure{Count: s.Count()}
	if p.min == 1 { // nothing is suppressed
		f.Count, f.WithoutCount = s.CountOfParts(), s.Unknowns
	}
	return f
}

// total is the sum over all countries. Where the exact one would disclose an
// archive, but enough contribute, it is coarse.
func (p *publisher) total(s publish.Sum, exact bool) publish.Figure {
	if f := p.figure(s, !exact); !f.Hidden {
		return f
	}
	coarse, ok := s.Coarse()
	if !ok || p.nothing || publish.Small(s.Contributors, p.min) {
		return publish.Figure{Hidden: true}
	}
	return publish.Figure{Count: coarse, Coarse: true}
}

// unique is the number of different studies; nil where no archive has a sketch.
// It tells the sum of the study records of those archives nearly, and beside the
// total that of the others.
func (p *publisher) unique(total publish.Figure) *publish.Figure {
	of := p.agg.UniqueStudies
	switch {
	case of.Archives == 0:
		return nil
	case p.nothing || publish.Small(of.Archives, p.min) || p.moved("sketched", "") || p.moved("unsketched", ""),
		p.min > 1 && (total.Hidden || total.Coarse || !p.agg.Sketched.Cell().Safe(p.min) || !p.agg.Unsketched.Cell().Safe(p.min)):
		return &publish.Figure{Hidden: true}
	}
	f := &publish.Figure{Count: of.Count()}
	if p.agg.Total.StudyRecords.Part {
		f.Count = survey.AtLeast(*f.Low, "", f.Reason+"; the survey is not whole")
	}
	f.AtMost(total)
	return f
}

func (p *publisher) anySmall(verdicts ...survey.Verdict) bool {
	return slices.ContainsFunc(verdicts, func(v survey.Verdict) bool {
		return publish.Small(p.agg.Verdicts[v], p.min) || p.moved("verdict", string(v))
	})
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

// closedGrades are the grades that only closed archives get, gradesHidden
// whether they are withheld: a grade is nearly a verdict, so that those of closed
// archives are withheld together, and where their verdicts are.
var closedGrades = []survey.Grade{survey.GradeA, survey.GradeB, survey.GradeC, survey.GradeD}

func (p *publisher) gradesHidden() bool {
	var n []int64
	for _, g := range closedGrades {
		n = append(n, p.agg.Grades[g])
	}
	hidden, _ := publish.Protect(publish.CountsOf(n...), p.min)
	return p.min > 1 && (p.closedPair || slices.Contains(hidden, true) || p.movedAnywhere("grade"))
}

func (p *publisher) grades() []Slice {
	var rows []Slice
	hidden := p.gradesHidden()
	for _, g := range closedGrades {
		rows = append(rows, Slice{string(g), p.number(p.agg.Grades[g], hidden)})
	}
	open := p.agg.Grades[survey.GradeF]
	return append(rows, Slice{string(survey.GradeF), p.number(open, p.coarse || p.near(open) || p.moved("grade", string(survey.GradeF)))})
}

// rejections come from protected archives, mostly.
func (p *publisher) rejections() Distribution {
	if p.closedPair && p.min > 1 {
		return Distribution{Rows: []Slice{}, Other: &publish.Number{Hidden: true}}
	}
	return p.archiveTable("rejection", p.agg.Rejections, true)
}

func (p *publisher) qualities(key string, by map[survey.Quality]int64) []Slice {
	list := []survey.Quality{survey.Exact, survey.LowerBound, survey.Estimated, survey.UnknownQuality}
	var n []int64
	for _, q := range list {
		n = append(n, by[q])
	}
	hidden, _ := publish.Protect(publish.CountsOf(n...), p.min)
	rows := make([]Slice, 0, len(n))
	for i, q := range list {
		rows = append(rows, Slice{string(q), p.number(n[i], p.coarse || hidden[i] || p.movedAnywhere("quality of "+key))})
	}
	return rows
}

// withoutCount says with a total how many archives are not in it, if the table
// of qualities says so too.
func withoutCount(total *publish.Figure, qualities []Slice) {
	for _, q := range qualities {
		if q.Name == string(survey.UnknownQuality) && !q.Count.Hidden && !total.Hidden && !total.Coarse {
			total.WithoutCount = q.Count.N
		}
	}
}

// archiveTable counts archives by a property; each has one, or, with overlap,
// any number.
func (p *publisher) archiveTable(key string, m map[string]int64, overlap bool) Distribution {
	rows := make([]row, 0, len(m))
	for name, n := range m {
		r := row{name: name, value: n, Cell: publish.CountOf(n)}
		r.Secret = overlap && p.near(n)
		rows = append(rows, r)
	}
	if overlap { // of what the sum is, depends on which archives have several
		return p.table(rows, key, true, p.coarse, &publish.Cell{})
	}
	return p.table(rows, key, false, p.coarse, nil)
}

// tlsVersions are parts of the archives with TLS, which the table of transport
// counts.
func (p *publisher) tlsVersions(transport Distribution) Distribution {
	if p.min > 1 && transport.Other != nil && len(p.agg.TLSVersions) > 0 {
		return Distribution{Rows: []Slice{}, Other: &publish.Number{Hidden: true}}
	}
	return p.archiveTable("tls", p.agg.TLSVersions, true)
}

// studyTable counts studies by a property. Its sum is nearly the total of the
// study records, or tells the rest of it.
func (p *publisher) studyTable(key string, m map[string]StudyTally, gap publish.Sum, total publish.Figure) Distribution {
	rows := make([]row, 0, len(m))
	for name, t := range m {
		rows = append(rows, row{name: name, value: t.Studies, Cell: publish.Cell{Archives: t.Archives, Sum: t.Studies, Largest: t.Largest}})
	}
	missing := gap.Cell()
	return p.table(rows, key, true, total.Hidden || total.Coarse, &missing)
}

// load is what the survey put on the wire. It follows what the archives hold,
// and the longest query is one of a single archive: where anything is withheld,
// so is the load.
func (p *publisher) load() Load {
	t := &p.agg.Traffic
	n := func(v int64) publish.Number { return p.number(v, p.min > 1) }
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
