package assess_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"leadglass/dicom"
	"leadglass/dicom/dimse"
	"leadglass/internal/assess"
	"leadglass/internal/realserver"
	"leadglass/internal/survey"
)

// present lists the classes of identifying attributes that were present, and
// fails the test where a class was sampled other than want times.
func present(t *testing.T, a assess.Assessment, want int) []string {
	t.Helper()
	var out []string
	for _, c := range a.Classes {
		if c.Sampled != want {
			t.Errorf("%s sampled %d times, want %d", c.Class, c.Sampled, want)
		}
		if c.Present {
			out = append(out, c.Class)
		}
	}
	slices.Sort(out)
	return out
}

// everyClass are the classes of a study that realserver makes.
const everyClass = "accession-number address age birth-date comments diagnosis ethnic-group history institution insurance " +
	"military occupation other-ids patient-id patient-name performing-physician phone reason referring-physician religion sex study-description"

// keptByDcmqrscp are those of them that DCMTK's database has a column for
// (dcmqrdb/include/dcmtk/dcmqrdb/dcmqrdbi.h).
const keptByDcmqrscp = "accession-number age birth-date diagnosis ethnic-group occupation other-ids patient-id patient-name " +
	"performing-physician referring-physician sex study-description"

// anonymous are the attributes without which nobody is named.
var anonymous = []uint32{0x00080050, 0x00100010, 0x00100020, 0x00100030, 0x00101000, 0x00101001, 0x00101005, 0x00101040,
	0x00101050, 0x00101060, 0x00101090, 0x00102154, 0x00380010}

// TestIdentifyingClassesOfRealServers: Orthanc returns all that a study has,
// dcmqrscp what its database keeps.
func TestIdentifyingClassesOfRealServers(t *testing.T) {
	nhs := realserver.StudyOptions{PatientIDs: []string{"9434765919", "4010232137", "9990000018", "9990000026", "9990000034", "9990000042"}}
	ssn := realserver.StudyOptions{SSN: true, Without: []uint32{0x00101000}}
	for _, test := range []struct {
		name           string
		options        realserver.StudyOptions
		orthanc, dcmtk string
		d10, d11       survey.CheckState
	}{
		{"everything", realserver.StudyOptions{}, everyClass, keptByDcmqrscp, survey.Fail, survey.Pass},
		{"NHS numbers", nhs, everyClass + " gb-nhs-number", keptByDcmqrscp + " gb-nhs-number", survey.Fail, survey.Fail},
		{"Social Security numbers", ssn, everyClass + " us-ssn", strings.Replace(keptByDcmqrscp, "other-ids ", "", 1) + " us-ssn", survey.Fail, survey.Fail},
	} {
		t.Run(test.name, func(t *testing.T) {
			made := realserver.Studies(7, 12, 1, test.options)
			o := realserver.Orthanc(t, realserver.OrthancOptions{Config: realserver.OpenOrthanc(), Studies: made})
			d := realserver.Dcmqrscp(t, realserver.DCMTKOptions{Studies: made})
			for _, server := range []struct {
				*realserver.Server
				want string
			}{{o, test.orthanc}, {d, test.dcmtk}} {
				a, by := identify(t, server.DICOMAddr(), server.AETitle).run(t)
				want := strings.Fields(server.want)
				slices.Sort(want)
				if got := present(t, a, 8); !slices.Equal(got, want) {
					t.Errorf("%s returns %v, want %v", server.AETitle, got, want)
				}
				expect(t, by, map[string]survey.CheckState{"LG-D10": test.d10, "LG-D11": test.d11})
				noCanary(t, a)
			}
		})
	}
}

// TestAnonymousStudiesOfOrthanc: what names nobody passes, and is listed.
func TestAnonymousStudiesOfOrthanc(t *testing.T) {
	o := realserver.Orthanc(t, realserver.OrthancOptions{Config: realserver.OpenOrthanc(),
		Studies: realserver.Studies(8, 3, 1, realserver.StudyOptions{Without: anonymous})})
	a, by := identify(t, o.DICOMAddr()).run(t)
	expect(t, by, map[string]survey.CheckState{"LG-D04": survey.Fail, "LG-D10": survey.Pass, "LG-D11": survey.Pass})
	if got := present(t, a, 3); !slices.Contains(got, "study-description") || slices.Contains(got, "patient-name") {
		t.Errorf("classes %v", got)
	}
}

// keysSent records the keys of the queries that a provider was asked, and
// answers all with success and nothing, or with one study.
type keysSent struct {
	tags  map[dicom.Tag][]string
	study bool
}

func (k *keysSent) find(_ context.Context, r *dimse.Request, out *dimse.Responder) dimse.Outcome {
	it := r.Elements()
	for it.Next() {
		k.tags[it.Tag()] = append(k.tags[it.Tag()], string(dicom.Trim(it.Value())))
	}
	if k.study && r.SOPClass != dicom.PatientRootFind {
		_ = out.Pending(dicom.AppendString(nil, r.Syntax, dicom.StudyInstanceUID, dicom.UI, "2.25.1"))
	}
	return dimse.Answer(dimse.Success)
}

// TestNoSampleSendsNoIdentifyingKey: where a sample is not allowed, no query
// asks for an identifying attribute. The only one that is named is the patient
// ID of LG-D05, with a value that nobody has.
func TestNoSampleSendsNoIdentifyingKey(t *testing.T) {
	for _, allowed := range []bool{false, true} {
		sent := &keysSent{tags: map[dicom.Tag][]string{}, study: true}
		tg := identify(t, provide(t, &dimse.Provider{Find: sent.find}, dicom.StudyRootFind, dicom.PatientRootFind, dicom.ModalityWorklistFind))
		tg.session.Allow.Sample = allowed
		a, by := tg.run(t)
		identifying := 0
		for tag, values := range sent.tags {
			if tag.Group() != 0x0010 && !slices.Contains([]dicom.Tag{dicom.AccessionNumber, dicom.ReferringPhysicianName,
				dicom.InstitutionName, dicom.StudyDescription, dicom.StudyComments, dicom.ReasonForVisit, dicom.PerformingPhysicianName}, tag) {
				continue
			}
			for _, v := range values {
				if tag != dicom.PatientID || !strings.HasPrefix(v, "LEADGLASS-") {
					identifying++
				}
			}
		}
		if (identifying > 0) != allowed {
			t.Errorf("allow.sample %v: %d identifying keys were sent: %v", allowed, identifying, sent.tags)
		}
		if !allowed {
			expect(t, by, map[string]survey.CheckState{"LG-D10": survey.Unknown, "LG-D11": survey.Unknown})
			if len(a.Classes) != 0 || !strings.Contains(by["LG-D10"].Evidence, "allow.sample") {
				t.Errorf("classes %v, evidence %s", a.Classes, by["LG-D10"].Evidence)
			}
		}
	}
}

// TestSampleOfDifficultPeers: archives that take few keys, that know patients
// alone, that hold nothing, or that do not find what they list.
func TestSampleOfDifficultPeers(t *testing.T) {
	answer := func(out *dimse.Responder, r *dimse.Request, n int) dimse.Outcome {
		for i := range n {
			data := dicom.AppendString(nil, r.Syntax, dicom.PatientName, dicom.PN, "CANARY")
			data = dicom.AppendString(data, r.Syntax, dicom.StudyInstanceUID, dicom.UI, fmt.Sprintf("2.25.%d", i+1))
			if out.Cancelled() || out.Pending(data) != nil {
				return dimse.Answer(dimse.Cancelled)
			}
		}
		return dimse.Answer(dimse.Success)
	}
	unrequested := map[string]string{"few keys": "address", "patients alone": "study-description"}
	for _, test := range []struct {
		name     string
		accepts  string
		find     func(r *dimse.Request, out *dimse.Responder) dimse.Outcome
		state    survey.CheckState
		evidence string
	}{
		{"few keys", dicom.StudyRootFind, func(r *dimse.Request, out *dimse.Responder) dimse.Outcome {
			if named(r, dicom.PatientAddress) {
				return dimse.Answer(0xA900)
			}
			return answer(out, r, 1)
		}, survey.Fail, "the short list of attributes"},
		{"patients alone", dicom.PatientRootFind, func(r *dimse.Request, out *dimse.Responder) dimse.Outcome {
			if named(r, dicom.StudyDescription) {
				t.Error("an attribute of a study is asked for at PATIENT level")
			}
			return answer(out, r, 2000)
		}, survey.Fail, "8 patients"},
		{"nothing", dicom.StudyRootFind, func(r *dimse.Request, out *dimse.Responder) dimse.Outcome {
			return answer(out, r, 0)
		}, survey.Unknown, "no study is listed"},
		{"listed, not found", dicom.StudyRootFind, func(r *dimse.Request, out *dimse.Responder) dimse.Outcome {
			if named(r, dicom.PatientName) {
				return answer(out, r, 0)
			}
			return answer(out, r, 1)
		}, survey.Unknown, "none when requested by its UID"},
	} {
		p := &dimse.Provider{Find: func(_ context.Context, r *dimse.Request, out *dimse.Responder) dimse.Outcome {
			return test.find(r, out)
		}}
		a, by := identify(t, provide(t, p, test.accepts)).run(t)
		if c := by["LG-D10"]; c.State != test.state || !strings.Contains(c.Evidence, test.evidence) {
			t.Errorf("%s: %s, %s", test.name, c.State, c.Evidence)
		}
		// What was not requested is not known to be absent.
		for _, c := range a.Classes {
			if c.Class == unrequested[test.name] && !c.Present {
				t.Errorf("%s: %+v was not requested", test.name, c)
			}
		}
		noCanary(t, a)
	}
}

// named reports whether a request names one of the tags.
func named(r *dimse.Request, tags ...dicom.Tag) bool {
	it := r.Elements()
	for it.Next() {
		if slices.Contains(tags, it.Tag()) {
			return true
		}
	}
	return false
}

// TestSampleAgain: an association that ends says nothing of the keys, so the
// sample is requested again with all of them.
func TestSampleAgain(t *testing.T) {
	var samples atomic.Int32
	p := &dimse.Provider{Find: func(_ context.Context, r *dimse.Request, out *dimse.Responder) dimse.Outcome {
		if named(r, dicom.PatientAddress) && samples.Add(1) <= 2 { // a used association is tried again anyway
			return dimse.AbortAssociation
		}
		data := dicom.AppendString(nil, r.Syntax, dicom.StudyInstanceUID, dicom.UI, "2.25.1")
		data = dicom.AppendString(data, r.Syntax, dicom.PatientAddress, dicom.LO, "1 Example Street")
		if out.Cancelled() || out.Pending(data) != nil {
			return dimse.Answer(dimse.Cancelled)
		}
		return dimse.Answer(dimse.Success)
	}}
	a, _ := identify(t, provide(t, p, dicom.StudyRootFind)).run(t)
	if !slices.ContainsFunc(a.Classes, func(c survey.IdentifyingClass) bool { return c.Class == "address" && c.Present }) {
		t.Errorf("%+v after %d samples", a.Classes, samples.Load())
	}
}

// TestCountedSSNs: what the census counts decides LG-D11 on the service that was
// counted, and on no other.
func TestCountedSSNs(t *testing.T) {
	n := survey.ExactCount(3100, "test")
	f := survey.Finding{Counts: survey.Counts{NationalIDs: &n}, Checks: []survey.Check{
		{ID: "LG-D11", Port: 104, State: survey.Pass, Evidence: "Before."}, {ID: "LG-D11", Port: 105, State: survey.Pass}, {ID: "LG-D10", Port: 104}}}
	assess.CountedSSNs(&f, &survey.Service{Port: 104}, builtin(t))
	c := f.Checks[0]
	if c.State != survey.Fail || c.Remedy == "" || !strings.HasPrefix(c.Evidence, "3100 study records") || f.Checks[1].State != survey.Pass {
		t.Errorf("%+v", f.Checks)
	}
	if len(f.IdentifyingClasses) != 1 || f.IdentifyingClasses[0] != (survey.IdentifyingClass{Class: "us-ssn", Present: true, Sampled: 3100}) {
		t.Errorf("%+v", f.IdentifyingClasses)
	}
	zero := survey.ExactCount(0, "test")
	none := survey.Finding{Counts: survey.Counts{NationalIDs: &zero}, Checks: []survey.Check{{ID: "LG-D11", Port: 104, State: survey.Pass}}}
	assess.CountedSSNs(&none, &survey.Service{Port: 104}, builtin(t))
	if none.Checks[0].State != survey.Pass || len(none.IdentifyingClasses) != 0 {
		t.Errorf("%+v", none)
	}
}
