package report

import (
	"slices"
	"time"

	"leadglass/internal/publish"
	"leadglass/internal/survey"
)

// Schema names the version of the JSON form of a report. Within a version
// fields are only ever added.
const Schema = "leadglass.report/1"

// Public is a report without small cells, and the only thing that the
// renderers of the public edition are given. Its JSON is the public file
// format, docs/schema/report.schema.json.
type Public struct {
	Schema  string `json:"schema"`
	Edition string `json:"edition"`
	// TLP is the marking of a confidential edition.
	TLP string `json:"tlp,omitempty"`
	// MinCount is the least number of archives behind a published cell; 1
	// means that nothing is withheld.
	MinCount int64       `json:"min_count"`
	Survey   SurveyLabel `json:"survey"`
	Totals   Totals      `json:"totals"`
	// Countries are the rows that may be shown, those with the most open
	// archives first. Other adds up the rest, without naming them.
	Countries []Country `json:"countries"`
	Other     *Country  `json:"other_countries,omitempty"`
	// UniqueStudies estimates how many different studies there are, where the
	// same one may lie in several archives.
	UniqueStudies *publish.Figure `json:"unique_studies,omitempty"`
	// SSNPatternRecords counts the study records whose patient ID has the form
	// of a US Social Security number.
	SSNPatternRecords *publish.Figure `json:"ssn_pattern_records,omitempty"`
	Verdicts          []Slice         `json:"verdicts"`
	Grades            []Slice         `json:"grades"`
	Products          Distribution    `json:"products"`
	Toolkits          Distribution    `json:"toolkits"`
	Transport         Distribution    `json:"transport"`
	TLSVersions       Distribution    `json:"tls_versions"`
	Rejections        Distribution    `json:"rejections"`
	Checks            []CheckRow      `json:"checks"`
	Identifying       []Slice         `json:"identifying_classes"`
	Years             Distribution    `json:"years"`
	Modalities        Distribution    `json:"modalities"`
	Qualities         PublicQualities `json:"qualities"`
	Suspects          PublicSuspects  `json:"suspects"`
	Traffic           Load            `json:"traffic"`
	Method            []string        `json:"method"`
	Limits            []string        `json:"limits"`
	QualityNotes      []string        `json:"quality_notes"`
	// Earlier are the totals of earlier surveys, the oldest first.
	Earlier []Headline `json:"earlier_surveys,omitempty"`
	// study2019 says whether the page shows the figures of 2019 beside those of
	// the survey; nil where that follows from the survey.
	study2019 *bool
}

// Study2019 has the page show the figures of the study of 2019, or not. Without
// it they stand beside a simulated survey, and one of more countries than one:
// beside those of one country or of one hospital they say nothing.
func (r *Public) Study2019(show bool) { r.study2019 = &show }

// shows2019 reports whether the page shows the figures of 2019.
func (r *Public) shows2019() bool {
	switch {
	case r.study2019 != nil:
		return *r.study2019
	case r.Survey.Simulated:
		return true
	}
	return len(r.Countries) > 1 || len(r.Countries) == 1 && r.Other != nil
}

// Headline is what a report says of a survey as a whole.
type Headline struct {
	Survey SurveyLabel `json:"survey"`
	Totals Totals      `json:"totals"`
}

// Headline is the part of r that a later report shows of it.
func (r Public) Headline() Headline { return Headline{r.Survey, r.Totals} }

// Follow has r show the totals of earlier surveys. They are published reports
// themselves, so that nothing which was withheld then can be had now.
func (r *Public) Follow(earlier ...Public) {
	for _, e := range earlier {
		r.Earlier = append(r.Earlier, e.Headline())
	}
	slices.SortStableFunc(r.Earlier, func(a, b Headline) int { return a.Survey.StartedAt.Compare(b.Survey.StartedAt) })
}

// SurveyLabel says which survey a report is of.
type SurveyLabel struct {
	Name         string       `json:"name"`
	Organisation string       `json:"authority"`
	StartedAt    time.Time    `json:"started_at"`
	FinishedAt   time.Time    `json:"finished_at,omitzero"`
	State        survey.State `json:"state"`
	Version      string       `json:"leadglass_version"`
	// Simulated: the archives are those of the laboratory, not real ones.
	Simulated bool           `json:"simulated"`
	Addresses publish.Number `json:"addresses"`
	Probed    publish.Number `json:"probed"`
}

// Totals are the headline figures.
type Totals struct {
	// ArchivesAnalysed is the number of targets of which something answered,
	// archives or not.
	ArchivesAnalysed publish.Number `json:"archives_analysed"`
	// Archives is the number of archives found: they speak DICOM or DICOMweb,
	// or show the page of an archive or an image viewer.
	Archives     publish.Number `json:"archives"`
	ArchivesOpen publish.Number `json:"archives_open"`
	// Countries is the number of countries with an open archive.
	Countries        publish.Number `json:"countries"`
	StudyRecords     publish.Figure `json:"study_records"`
	ImagesLinked     publish.Figure `json:"images_linked"`
	ImagesAccessible publish.Figure `json:"images_accessible"`
	ViewersOpen      publish.Number `json:"viewers_open"`
	Incomplete       publish.Number `json:"incomplete"`
	// Suspected are the open archives that look like honeypots, or hold test
	// data or the studies of animals; they are among ArchivesOpen.
	Suspected publish.Number `json:"archives_open_suspected"`
	// OpenInCountries are the open archives whose country is known: Countries is
	// counted by them.
	OpenInCountries publish.Number `json:"archives_open_with_country"`
	// CountriesQuality is lower-bound where open archives are left whose country
	// is not known, unknown where it is of none; empty where Countries is
	// withheld. NumbersQuality is that of the numbers of archives: lower-bound
	// while the survey is not whole, or where networks were examined by a sample.
	CountriesQuality survey.Quality `json:"countries_quality,omitempty"`
	NumbersQuality   survey.Quality `json:"numbers_quality"`
}

// Country is a row of the table of countries, in the columns of the study of
// 2019.
type Country struct {
	// ISO2 is the ISO 3166-1 alpha-2 code, ZZ where no country is known, and
	// empty in the row of other countries.
	ISO2 string `json:"iso2,omitempty"`
	Name string `json:"name"`
	// Archives speak DICOM or DICOMweb; ArchivesOpen of them are freely
	// accessible.
	Archives         publish.Number `json:"archives"`
	ArchivesOpen     publish.Number `json:"archives_open"`
	StudyRecords     publish.Figure `json:"study_records"`
	ImagesLinked     publish.Figure `json:"images_linked"`
	ImagesAccessible publish.Figure `json:"images_accessible"`
	ViewersOpen      publish.Number `json:"viewers_open"`
}

// Slice is one line of a table.
type Slice struct {
	Name  string         `json:"name"`
	Count publish.Number `json:"count"`
}

// Distribution is a table, the largest line first. Other adds up the lines
// that are withheld; it is absent when none is.
type Distribution struct {
	Rows  []Slice         `json:"rows"`
	Other *publish.Number `json:"other,omitempty"`
}

// CheckRow is the result of one check over all archives.
type CheckRow struct {
	ID       string          `json:"id"`
	Title    string          `json:"title"`
	Severity survey.Severity `json:"severity"`
	Failed   publish.Number  `json:"failed"`
	// Tested is the number of archives on which the check passed or failed.
	Tested publish.Number `json:"tested"`
}

// PublicQualities counts the open archives by the quality of their counts.
type PublicQualities struct {
	StudyRecords     []Slice `json:"study_records"`
	ImagesLinked     []Slice `json:"images_linked"`
	ImagesAccessible []Slice `json:"images_accessible"`
}

// PublicSuspects says how much of the totals may not be real patients'.
type PublicSuspects struct {
	Honeypot publish.Number `json:"honeypot"`
	TestData publish.Number `json:"test_data"`
	// Veterinary are archives of animals.
	Veterinary publish.Number `json:"veterinary"`
	// Without are the totals without the archives that have any of the marks;
	// absent when none has.
	Without *SuspectFree `json:"totals_without,omitempty"`
}

// SuspectFree are totals without suspected archives.
type SuspectFree struct {
	ArchivesOpen     publish.Number `json:"archives_open"`
	StudyRecords     publish.Figure `json:"study_records"`
	ImagesLinked     publish.Figure `json:"images_linked"`
	ImagesAccessible publish.Figure `json:"images_accessible"`
}

// Load is what the survey put on the wire.
type Load struct {
	Associations  publish.Number `json:"associations"`
	Connections   publish.Number `json:"connections"`
	BytesSent     publish.Number `json:"bytes_sent"`
	BytesReceived publish.Number `json:"bytes_received"`
	Queries       publish.Number `json:"queries"`
	Responses     publish.Number `json:"responses"`
	// LongestQueryMS is rounded up to 1, 2 or 5 times a power of ten, since
	// it is the figure of a single archive.
	LongestQueryMS publish.Number `json:"longest_query_ms"`
}
