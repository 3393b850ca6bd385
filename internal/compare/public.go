package compare

import (
	"encoding/json"
	"time"

	"leadglass/internal/publish"
	"leadglass/internal/survey"
)

// Schema names the version of the JSON form of a comparison. Within a version
// fields are only ever added.
const Schema = "leadglass.diff/1"

// Public is a comparison without small cells, and the only thing that the
// renderers of the public edition are given: it has no field for an address.
// Its JSON is the public file format, docs/schema/diff.schema.json.
type Public struct {
	Schema  string `json:"schema"`
	Edition string `json:"edition"`
	// TLP is the marking of a confidential edition.
	TLP string `json:"tlp,omitempty"`
	// MinCount is the least number of archives behind a published cell; 1
	// means that nothing is withheld.
	MinCount int64  `json:"min_count"`
	Before   Label  `json:"before"`
	Now      Label  `json:"now"`
	Common   Common `json:"common"`
	// Summary is Balance in one sentence.
	Summary string  `json:"summary"`
	Balance Balance `json:"balance"`
	// LikeForLike are the archives that both surveys looked at alike; InAll
	// are all that either survey reports.
	LikeForLike Net `json:"like_for_like"`
	InAll       Net `json:"in_all"`
	// Kinds are all kinds, those that compare like for like first.
	Kinds []KindRow `json:"kinds"`
	// Countries are like for like, those with the most open archives now
	// first. Other adds up the rest, without naming them.
	Countries []CountryRow `json:"countries"`
	Other     *CountryRow  `json:"other_countries,omitempty"`
	// Causes and Checks are given where nothing is withheld.
	Causes []CauseRow `json:"causes,omitempty"`
	Checks []CheckRow `json:"checks,omitempty"`
	// Rule says how countries are marked; Notes what to know of this
	// comparison.
	Rule  []string `json:"rule"`
	Notes []string `json:"notes"`
}

// Label says which survey it is.
type Label struct {
	Name         string       `json:"name"`
	Organisation string       `json:"authority"`
	StartedAt    time.Time    `json:"started_at"`
	FinishedAt   time.Time    `json:"finished_at,omitzero"`
	State        survey.State `json:"state"`
	Version      string       `json:"leadglass_version"`
	Simulated    bool         `json:"simulated"`
}

// Common says what the surveys looked at alike, and what only one of them
// looked at.
type Common struct {
	// SameAddresses: both scopes held the same addresses.
	SameAddresses   bool     `json:"same_addresses"`
	SameVersion     bool     `json:"same_version"`
	Ports           []uint16 `json:"ports"`
	PortsOnlyBefore []uint16 `json:"ports_only_before"`
	PortsOnlyNow    []uint16 `json:"ports_only_now"`
	// ChecksOtherwise are the checks that both made, but not in the same way.
	ChecksOnlyBefore []string `json:"checks_only_before"`
	ChecksOnlyNow    []string `json:"checks_only_now"`
	ChecksOtherwise  []string `json:"checks_otherwise"`
}

// Net is how open archives and what they expose have changed.
type Net struct {
	OpenBefore publish.Number `json:"open_before"`
	OpenNow    publish.Number `json:"open_now"`
	// Left were open and are not seen to be, Entered are and were not seen to
	// be, Stayed both. In all, Left holds archives that the later survey did not
	// cover: Balance sets them apart.
	Stayed           publish.Number `json:"stayed_open"`
	Left             publish.Number `json:"no_longer_open"`
	Entered          publish.Number `json:"newly_open"`
	StudyRecords     Pair           `json:"study_records"`
	ImagesLinked     Pair           `json:"images_linked"`
	ImagesAccessible Pair           `json:"images_accessible"`
}

// Pair is a figure before and now, with what can be said of the difference.
type Pair struct {
	Before     publish.Figure `json:"before"`
	Now        publish.Figure `json:"now"`
	Difference Shown          `json:"difference"`
}

// Shown is a difference that may be withheld. In JSON it is the difference, or
// {"suppressed":true}.
type Shown struct {
	Difference
	// Partial: no difference can be given of some archives, and this is that
	// of the others. Without is their number, given where nothing is withheld.
	Partial bool
	Without int64
	Hidden  bool
}

// MarshalJSON never writes the value of a withheld difference.
func (s Shown) MarshalJSON() ([]byte, error) {
	if s.Hidden {
		return json.Marshal(publish.Number{Hidden: true})
	}
	return json.Marshal(struct {
		Difference
		Partial bool  `json:"partial,omitempty"`
		Without int64 `json:"without_difference,omitempty"`
	}{s.Difference, s.Partial, s.Without})
}

// KindRow counts the archives of one kind by whether they were open and are.
type KindRow struct {
	Kind        Kind           `json:"kind"`
	LikeForLike bool           `json:"like_for_like"`
	Stayed      publish.Number `json:"stayed_open"`
	Left        publish.Number `json:"no_longer_open"`
	Entered     publish.Number `json:"newly_open"`
	Closed      publish.Number `json:"never_open"`
}

// Mark is how a country did.
type Mark string

// The marks; a country in which nothing was open and nothing is has none, and
// neither has one of which it is not known that fewer are open.
const (
	Good Mark = "good"
	Bad  Mark = "bad"
	Ugly Mark = "ugly"
)

// CountryRow is a row of the table of countries.
type CountryRow struct {
	// ISO2 is the ISO 3166-1 alpha-2 code, ZZ where no country is known, and
	// empty in the row of other countries, which has no mark.
	ISO2 string `json:"iso2,omitempty"`
	Name string `json:"name"`
	Mark Mark   `json:"mark,omitempty"`
	Net
}

// CauseRow counts the archives that are not compared like for like by why.
type CauseRow struct {
	Kind     Kind  `json:"kind"`
	Cause    Cause `json:"cause"`
	Archives int64 `json:"archives"`
}

// CheckRow counts the archives on which a check newly fails or no longer does.
type CheckRow struct {
	ID       string          `json:"id"`
	Title    string          `json:"title"`
	Severity survey.Severity `json:"severity"`
	Failing  int64           `json:"newly_failing"`
	Mended   int64           `json:"no_longer_failing"`
}
