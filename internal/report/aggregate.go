// Package report turns a survey into documents: JSON, HTML and CSV, in a
// public and a confidential edition. It is pure: findings in, bytes out; it
// knows neither store nor network, and reads no clock.
//
// The public edition is made in two steps, each of which forgets something.
// An Aggregator adds findings up into an Aggregate, which has no field for an
// address, a host, an AE title, a site, a contact, or any text that a server
// chose. Publish turns the Aggregate into a Public, which has no small cells.
// The renderers of the public edition are given nothing but a Public.
package report

import (
	"time"

	"leadglass/internal/publish"
	"leadglass/internal/survey"
)

// Aggregate is what a survey says about all archives together. Its numbers
// are not yet suppressed: it is for Publish, not for readers.
type Aggregate struct {
	Survey About
	// Analysed is the number of targets of which something answered, archives
	// or not; Incomplete, how many of all say that they are not the whole truth.
	Analysed, Incomplete int64
	// NotExamined is how many targets accept connections and were not asked what
	// they speak: then the sums of archives are lower bounds.
	NotExamined int64
	Verdicts    map[survey.Verdict]int64
	Grades      map[survey.Grade]int64
	// Total is the sum over the countries.
	Total Row
	// Countries are keyed by ISO 3166-1 alpha-2 code, UnknownCountry for none.
	Countries map[string]Row
	// The tables below count archives by a property. Of Products, Toolkits
	// and Transport each archive has exactly one; of the others any number.
	Products, Toolkits, Transport    map[string]int64
	TLSVersions, Rejections, Classes map[string]int64
	Checks                           map[string]CheckTally
	Years, Modalities                map[string]StudyTally
	// YearsGap and ModalitiesGap add up, over the open archives, by how much
	// the table above differs from the study records of the archive.
	YearsGap, ModalitiesGap publish.Sum
	Qualities               Qualities
	Suspects                Suspects
	SSNPatternRecords       publish.Sum
	UniqueStudies           Unique
	// Sketched are the study records of the archives that UniqueStudies is of,
	// Unsketched those of the other open ones.
	Sketched, Unsketched                publish.Sum
	Traffic                             survey.Traffic
	UnreadableSketches, DuplicatesFound int64
}

// About is what is said of the survey itself, all of it chosen by whoever
// ordered it.
type About struct {
	Name         string
	Organisation string
	StartedAt    time.Time
	FinishedAt   time.Time
	State        survey.State
	Version      string
	Simulated    bool
	Probed       int64
	Addresses    int64
	// Sources are what countries come from.
	Sources []survey.Source
}

// Row adds archives up, of one country or of all.
type Row struct {
	// Archives speak DICOM or DICOMweb; Open of them are freely accessible.
	Archives, Open int64
	// Viewers are open without login over plain HTTP.
	Viewers int64
	// StudyRecords and the images are those of the open archives.
	StudyRecords, ImagesLinked, ImagesAccessible publish.Sum
	// Kept adds up, over the archives that would not serve all images that they
	// link, the images in between: it is the difference of the two sums.
	Kept publish.Sum
}

// CheckTally is the result of one check over all archives.
type CheckTally struct {
	Title    string
	Severity survey.Severity
	// Failed and Passed count archives; one with several services fails if
	// one service fails.
	Failed, Passed, Unknown int64
}

// StudyTally is a number of studies in a number of archives; Largest are those
// of the archive that has the most.
type StudyTally struct{ Studies, Archives, Largest int64 }

// Qualities counts the open archives by the quality of their counts.
type Qualities struct {
	StudyRecords, ImagesLinked, ImagesAccessible map[survey.Quality]int64
}

// Suspects are archives that may not hold real patients.
type Suspects struct {
	Honeypot, TestData, Veterinary int64
	// Marked adds up the archives with any mark, Rest those with none.
	Marked, Rest Row
}

// Aggregator adds the records of one survey up. It is used by one goroutine.
type Aggregator struct {
	agg      Aggregate
	sketches sketchUnion
	checks   map[string]*checkSum
	// archive numbers the archives whose checks were added; seen are the checks
	// of the last.
	archive int64
	seen    []*checkSum
}

// NewAggregator returns an Aggregator for the records of s.
func NewAggregator(s survey.Survey) *Aggregator {
	part := publish.Sum{Part: s.State != survey.StateFinished}
	return &Aggregator{checks: map[string]*checkSum{}, agg: Aggregate{
		Total: partRow(part), Suspects: Suspects{Marked: partRow(part), Rest: partRow(part)}, SSNPatternRecords: part,
		Survey: About{
			Name: s.Name, Organisation: s.Authority.Organisation, StartedAt: s.StartedAt, FinishedAt: s.FinishedAt,
			State: s.State, Version: s.Version, Simulated: s.Simulated, Probed: s.Probed, Addresses: s.Addresses,
			Sources: s.Sources,
		},
		Verdicts: map[survey.Verdict]int64{}, Grades: map[survey.Grade]int64{}, Countries: map[string]Row{},
		Products: map[string]int64{}, Toolkits: map[string]int64{}, Transport: map[string]int64{},
		TLSVersions: map[string]int64{}, Rejections: map[string]int64{}, Classes: map[string]int64{},
		Checks: map[string]CheckTally{}, Years: map[string]StudyTally{}, Modalities: map[string]StudyTally{},
		Qualities: Qualities{
			StudyRecords: map[survey.Quality]int64{}, ImagesLinked: map[survey.Quality]int64{},
			ImagesAccessible: map[survey.Quality]int64{},
		},
	}}
}

// Aggregate returns what was added so far. It shares its maps with a: add no
// more once it is used.
func (a *Aggregator) Aggregate() Aggregate {
	a.agg.UniqueStudies = a.sketches.unique()
	if a.agg.NotExamined > 0 {
		a.agg.lessThanWhole()
	}
	for id, sum := range a.checks {
		a.agg.Checks[id] = sum.CheckTally
	}
	return a.agg
}

// lessThanWhole marks the sums as those of a part of the archives.
func (a *Aggregate) lessThanWhole() {
	part := publish.Sum{Part: true}
	rest := partRow(part)
	a.Total, a.Suspects.Marked, a.Suspects.Rest = a.Total.plus(rest), a.Suspects.Marked.plus(rest), a.Suspects.Rest.plus(rest)
	a.SSNPatternRecords.Merge(part)
	for code, row := range a.Countries {
		a.Countries[code] = row.plus(rest)
	}
}

// Add adds one record.
func (a *Aggregator) Add(r survey.Record) {
	f := &r.Finding
	if f.SameArchiveAs != nil { // it is counted at the other address
		a.addTraffic(f.Traffic)
		return
	}
	if f.Verdict != survey.Unreachable {
		a.agg.Analysed++
	}
	if f.Incomplete != nil {
		a.agg.Incomplete++
	}
	if f.NotExamined != nil {
		a.agg.NotExamined++
	}
	a.agg.Verdicts[f.Verdict]++
	a.addTraffic(f.Traffic)
	a.addRow(f)
	if !f.Verdict.Speaks() {
		return
	}
	a.agg.Grades[f.Grade]++
	a.addServices(f)
	a.addChecks(f.Checks)
	for _, c := range f.IdentifyingClasses {
		if c.Present {
			a.agg.Classes[cleaned(a.agg.Classes, c.Class, cleanClass)]++
		}
	}
	if !f.Verdict.FreelyAccessible() {
		return
	}
	a.addCounts(&f.Counts)
	if len(r.StudySketch) > 0 && a.sketches.add(r.StudySketch) {
		a.agg.Sketched.Add(f.Counts.Studies)
		return
	}
	a.agg.Unsketched.Add(f.Counts.Studies)
	if len(r.StudySketch) > 0 {
		a.agg.UnreadableSketches++
	}
}

// partRow is an empty row whose sums are of part of the survey, where part is.
func partRow(part publish.Sum) Row {
	return Row{StudyRecords: part, ImagesLinked: part, ImagesAccessible: part}
}

// addRow adds f to the totals, its country, and the suspects.
func (a *Aggregator) addRow(f *survey.Finding) {
	one := partRow(publish.Sum{Part: a.agg.Survey.State != survey.StateFinished})
	if f.Viewer == survey.ViewerOpenHTTP {
		one.Viewers = 1
	}
	if f.Verdict.Speaks() {
		one.Archives = 1
	}
	if f.Verdict.FreelyAccessible() {
		one.Open = 1
		one.StudyRecords.Add(f.Counts.Studies)
		one.ImagesLinked.Add(f.Counts.ImagesLinked)
		one.ImagesAccessible.Add(f.Counts.ImagesAccessible)
		linked, _ := f.Counts.ImagesLinked.Int()
		if accessible, ok := f.Counts.ImagesAccessible.Int(); ok && accessible != linked {
			one.Kept.Add(survey.ExactCount(max(linked-accessible, accessible-linked), ""))
		}
	}
	if one.Archives == 0 && one.Viewers == 0 {
		return
	}
	country := publish.UnknownCountry
	if f.Owner != nil && survey.CountryName(f.Owner.Country) != "" {
		country = f.Owner.Country
	}
	a.agg.Countries[country] = a.agg.Countries[country].plus(one)
	a.agg.Total = a.agg.Total.plus(one)
	if f.Suspicion.Honeypot {
		a.agg.Suspects.Honeypot++
	}
	if f.Suspicion.TestData {
		a.agg.Suspects.TestData++
	}
	if f.Suspicion.Veterinary {
		a.agg.Suspects.Veterinary++
	}
	if f.Suspicion.Any() {
		a.agg.Suspects.Marked = a.agg.Suspects.Marked.plus(one)
	} else {
		a.agg.Suspects.Rest = a.agg.Suspects.Rest.plus(one)
	}
}

func (r Row) plus(o Row) Row {
	r.Archives += o.Archives
	r.Open += o.Open
	r.Viewers += o.Viewers
	r.StudyRecords.Merge(o.StudyRecords)
	r.ImagesLinked.Merge(o.ImagesLinked)
	r.ImagesAccessible.Merge(o.ImagesAccessible)
	r.Kept.Merge(o.Kept)
	return r
}

func (a *Aggregator) addCounts(c *survey.Counts) {
	q := &a.agg.Qualities
	q.StudyRecords[publish.QualityOf(c.Studies)]++
	q.ImagesLinked[publish.QualityOf(c.ImagesLinked)]++
	q.ImagesAccessible[publish.QualityOf(c.ImagesAccessible)]++
	if c.NationalIDs != nil {
		a.agg.SSNPatternRecords.Add(*c.NationalIDs)
	}
	a.agg.DuplicatesFound = survey.AddCapped(a.agg.DuplicatesFound, c.Duplicates)
	addStudies(a.agg.Years, c.Years, cleanYear)
	addStudies(a.agg.Modalities, c.Modalities, cleanModality)
	addGap(&a.agg.YearsGap, c.Studies, c.Years)
	addGap(&a.agg.ModalitiesGap, c.Studies, c.Modalities)
}

// addGap adds by how much a table of one archive differs from its study records.
func addGap(to *publish.Sum, studies survey.Count, table map[string]int64) {
	n, _ := studies.Int()
	sum := int64(0)
	for _, v := range table {
		sum = survey.AddCapped(sum, max(v, 0))
	}
	if n = max(n, 0); n != sum {
		to.Add(survey.ExactCount(max(n-sum, sum-n), ""))
	}
}

// addStudies adds the studies of one archive to into; labels that clean makes
// equal count the archive once.
func addStudies(into map[string]StudyTally, from map[string]int64, clean func(string) string) {
	one := make(map[string]int64, len(from))
	for label, n := range from {
		if n > 0 {
			label = cleaned(into, label, clean)
			one[label] = survey.AddCapped(one[label], n)
		}
	}
	for label, n := range one {
		t := into[label]
		into[label] = StudyTally{Studies: survey.AddCapped(t.Studies, n), Archives: t.Archives + 1, Largest: max(t.Largest, n)}
	}
}

func (a *Aggregator) addTraffic(t survey.Traffic) {
	s := &a.agg.Traffic
	s.Associations = survey.AddCapped(s.Associations, t.Associations)
	s.Connections = survey.AddCapped(s.Connections, t.Connections)
	s.BytesSent = survey.AddCapped(s.BytesSent, t.BytesSent)
	s.BytesReceived = survey.AddCapped(s.BytesReceived, t.BytesReceived)
	s.Queries = survey.AddCapped(s.Queries, t.Queries)
	s.Responses = survey.AddCapped(s.Responses, t.Responses)
	s.LongestQueryMS = max(s.LongestQueryMS, t.LongestQueryMS)
}
