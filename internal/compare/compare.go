// Package compare takes two surveys and says what became of each archive: new,
// gone, fixed, worse, better or unchanged. It compares like for like: what only
// one of the two surveys looked at, or looked at in another way, is told apart
// from what has changed, and an archive that was not looked at again is not
// called fixed.
//
// It is pure: facts in, a comparison out; it knows neither store nor network
// and reads no clock. Streams of facts are merged by target, so that memory
// does not grow with the number of archives. docs/diff.md says how it judges.
package compare

import (
	"slices"

	"leadglass/internal/survey"
)

// Judge gives the verdict on services with the checks that failed on them. The
// same judge is given both surveys, so that a verdict that only the rule has
// changed is no change.
type Judge func([]survey.Service, []survey.Check) survey.Verdict

// Kind says what became of a target.
type Kind string

// The kinds. Of the first six both surveys looked at the target in the same
// way; the others say why that is not so.
const (
	// Unchanged: as open as before, with the same checks failing.
	Unchanged Kind = "unchanged"
	// Better: less open than before, or graver checks pass than newly fail.
	Better Kind = "better"
	// Worse: more open than before, or graver checks newly fail than pass.
	Worse Kind = "worse"
	// Fixed: was exposed, and is repaired by the judgement of survey.RepairOf.
	Fixed Kind = "fixed"
	// New: there is an archive where there was none.
	New Kind = "new"
	// Gone: nothing answers where there was an archive. That is not a repair:
	// it may be switched off, moved, or closed to us alone.
	Gone Kind = "gone"

	// NotCoveredBefore: only the later survey looked there.
	NotCoveredBefore Kind = "not-covered-before"
	// NotCoveredNow: only the earlier survey looked there.
	NotCoveredNow Kind = "not-covered-now"
	// NotAssessedBefore: the earlier survey did not get to an answer.
	NotAssessedBefore Kind = "not-assessed-before"
	// NotReassessed: the later survey did not get to an answer.
	NotReassessed Kind = "not-reassessed"
	// OtherMethod: the difference may come from the way of looking.
	OtherMethod Kind = "other-method"
)

// Kinds lists all kinds, those that compare like for like first.
var Kinds = []Kind{New, Worse, Unchanged, Better, Fixed, Gone,
	NotCoveredBefore, NotCoveredNow, NotAssessedBefore, NotReassessed, OtherMethod}

// LikeForLike reports whether both surveys looked at a target of this kind in
// the same way.
func (k Kind) LikeForLike() bool { return slices.Index(Kinds, k) < 6 }

// Cause says why a target is not compared like for like.
type Cause string

// The causes; empty for the kinds that compare like for like.
const (
	// CauseAddress: the address was not in the scope.
	CauseAddress Cause = "address"
	// CausePort: the port was not tried.
	CausePort Cause = "port"
	// CauseCheck: the check was not in the catalogue, or was made otherwise.
	CauseCheck Cause = "check"
	// CauseVersion: another version of Leadglass may recognise other things.
	CauseVersion Cause = "version"
	// CauseTechnique: the scope did not allow the technique.
	CauseTechnique Cause = "technique"
	// CauseInterrupted: the survey did not get there.
	CauseInterrupted Cause = "interrupted"
	// CauseBudget: a budget ran out, or part of the host did not answer.
	CauseBudget Cause = "budget"
	// CauseUnanswered: a check had no result.
	CauseUnanswered Cause = "unanswered"
)

// Change is what became of one target.
type Change struct {
	// Target is its address. Host and Site are of the later survey, if it has
	// any; so is Country, an ISO 3166-1 code or empty.
	Target  string `json:"target"`
	Host    string `json:"host,omitempty"`
	Site    string `json:"site,omitempty"`
	Country string `json:"country,omitempty"`
	Kind    Kind   `json:"kind"`
	Cause   Cause  `json:"cause,omitempty"`
	// Before and Now are what the surveys say of it; null where one says
	// nothing.
	Before *State `json:"before"`
	Now    *State `json:"now"`
	// Failing are the checks that fail now and did not, Mended those that
	// failed and do not now, of an archive that was there and is; only checks
	// that both surveys made alike.
	Failing []string `json:"failing,omitempty"`
	Mended  []string `json:"mended,omitempty"`
	// The differences of what is exposed, now less before; an archive that is
	// not open exposes nothing.
	StudyRecords     Difference `json:"study_records"`
	ImagesLinked     Difference `json:"images_linked"`
	ImagesAccessible Difference `json:"images_accessible"`
}

// State is what one survey says of a target.
type State struct {
	Verdict survey.Verdict `json:"verdict"`
	Grade   survey.Grade   `json:"grade,omitempty"`
	// The counts are those of an open archive.
	StudyRecords     survey.Count `json:"study_records"`
	ImagesLinked     survey.Count `json:"images_linked"`
	ImagesAccessible survey.Count `json:"images_accessible"`
}

// openIn reports whether a state is that of an open archive.
func openIn(s *State) bool { return s != nil && s.Verdict.FreelyAccessible() }

// speaksIn reports whether a state is that of an archive.
func speaksIn(s *State) bool { return s != nil && s.Verdict.Speaks() }
