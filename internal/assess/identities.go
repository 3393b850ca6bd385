package assess

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"leadglass/dicom"
	"leadglass/dicom/dimse"
	"leadglass/internal/privacy"
	"leadglass/internal/survey"
)

// identityStudies is how many studies are asked for their identifying
// attributes, and patients where studies cannot be asked for.
const identityStudies = 8

// identities is what a sample of the archive's studies said of its patients. It
// is taken once, for LG-D10 and LG-D11.
type identities struct {
	sample *privacy.Sample
	// plain: only the attributes that nearly every archive knows were asked for,
	// because the archive did not take the others.
	plain bool
	// why says why nothing was sampled; empty where something was. failed: the
	// request had no answer, which need not be for its keys.
	why    string
	failed bool
	// unlisted: the list of studies was refused; empty: it has none.
	unlisted, empty bool
}

// mayIdentify is the result of a check that needs a sample where none may or
// can be taken; ok is false then.
func (s *Session) mayIdentify() (r Result, ok bool) {
	if r, ok := s.notAssociated(); !ok {
		return r, false
	}
	if s.listsBy() == "" {
		return notApplicable("No study or patient query was answered, so no identifying attribute was returned."), false
	}
	if !s.Allow.Sample {
		return unknown("The scope does not allow asking for identifying attributes (allow.sample)."), false
	}
	return Result{}, true
}

// listsBy is the SOP class whose query was answered, "" where none was.
func (s *Session) listsBy() string {
	for _, class := range []string{dicom.StudyRootFind, dicom.PatientRootFind} {
		if slices.Contains(s.queries, class) {
			return class
		}
	}
	return ""
}

// identify takes the sample, or returns the one taken before.
func (s *Session) identify(ctx context.Context) *identities {
	if s.identities != nil {
		return s.identities
	}
	id := s.takeSample(ctx, false)
	if id.unlisted && s.listedDates == "" { // some archives demand a date
		s.listedDates = everyDate
		id = s.takeSample(ctx, false)
	}
	if n := id.sample.Responses(); n > 0 && n < identityStudies && s.listedDates == s.lastDays(recentDays) {
		s.listedDates = "" // few are recent, so that all are asked for
		if all := s.takeSample(ctx, false); all.sample.Responses() > n {
			id = all
		}
	}
	if id.failed {
		id = s.takeSample(ctx, false)
	}
	if id.sample.Responses() == 0 && !id.empty {
		if again := s.takeSample(ctx, true); again.sample.Responses() > 0 {
			id = again
		}
	}
	s.identities = id
	return id
}

// takeSample asks for the identifying attributes of a few studies.
func (s *Session) takeSample(ctx context.Context, plain bool) *identities {
	class := s.listsBy()
	id := &identities{plain: plain, sample: privacy.NewSample(func(a privacy.Attribute) bool {
		// A Patient Root query at PATIENT level takes attributes of the patient.
		return (a.Plain || !plain) && (class == dicom.StudyRootFind || a.Tag.Group() == 0x0010)
	})}
	if s.dataSets {
		id.why = reasonDataSets
		return id
	}
	var r dimse.SampleResult
	e := s.do(ctx, class, func(ctx context.Context, c *dimse.Client) (err error) {
		r, err = askSample(ctx, c, class, s.listedDates, id)
		s.sent(r.Queries, r.Responses, 0, err)
		if err != nil && id.sample.Responses() > 0 {
			return errCutOff
		}
		return err
	})
	switch {
	case id.sample.Responses() > 0:
	case e.contact == ended:
		id.why, id.failed = "the association was ended at the request ("+e.what+")", true
	case e.contact == failed:
		id.why, id.failed = e.what, true
	case r.Listed == 0 && r.Final == dimse.Success:
		id.why, id.empty = "no study is listed", true
	case r.Listed == 0:
		id.why, id.unlisted = fmt.Sprintf("studies are not listed (status %s, %s)", r.Final, meaning(r.Final)), true
	default:
		id.why = fmt.Sprintf("studies are listed, but none when requested by its UID (status %s, %s)", r.Final, meaning(r.Final))
	}
	return id
}

// askSample asks for studies one by one or, where the archive answers Patient
// Root queries alone, for a list of patients that ends after a few.
func askSample(ctx context.Context, c *dimse.Client, class, dates string, id *identities) (dimse.SampleResult, error) {
	if class == dicom.StudyRootFind {
		return c.FindSample(ctx, class, dimse.Sample{Studies: identityStudies, Dates: dates, Keys: identifyingKeys(id.sample)},
			func(m dimse.Match) { id.sample.Read(m.Elements()) })
	}
	defer c.Wipe()
	keys := append(identifyingKeys(id.sample), dimse.Key{Tag: dicom.QueryRetrieveLevel, VR: dicom.CS, Value: "PATIENT"})
	found, err := c.Find(ctx, class, keys, func(m dimse.Match) bool {
		id.sample.Read(m.Elements())
		return id.sample.Responses() < identityStudies
	})
	return dimse.SampleResult{Listed: found.Pending, Queries: 1, Responses: found.Pending, Final: found.Final}, err
}

// identifyingKeys are the keys that ask for identifying attributes, all empty:
// universal matching (PS3.4 C.2.2.2.3).
func identifyingKeys(sample *privacy.Sample) []dimse.Key {
	var keys []dimse.Key
	for _, a := range sample.Asked() {
		keys = append(keys, dimse.Key{Tag: a.Tag, VR: a.VR})
	}
	return keys
}

// classes are the classes of which the sample gives an answer.
func (s *Session) classes() []survey.IdentifyingClass {
	if s.identities == nil {
		return nil
	}
	return s.identities.sample.Classes()
}

// identifyingTable shows the attributes on the pages of the checks.
func identifyingTable() string {
	var b strings.Builder
	b.WriteString("| tag | class |\n|---|---|\n")
	for _, a := range privacy.Attributes() {
		text := string(a.Class)
		if text == "" {
			text = "none; explains the patient ID"
		}
		if a.Plain {
			text += " (also in the short list)"
		}
		fmt.Fprintf(&b, "| %s | %s |\n", a.Tag, text)
	}
	return b.String()
}
