package lab_test

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"leadglass/dicom"
	"leadglass/dicom/dimse"
	"leadglass/dicom/ul"
	"leadglass/internal/lab"
)

// Each product announces itself as it does in the world.
func TestPersonasAnnounceThemselves(t *testing.T) {
	want := map[string]struct{ uid, name string }{
		"orthanc":      {"1.2.276.0.7230010.3.0.3.6.7", "OFFIS_DCMTK_367"},
		"orthanc-old":  {"1.2.276.0.7230010.3.0.3.6.2", "OFFIS_DCMTK_362"},
		"dcmqrscp":     {"1.2.276.0.7230010.3.0.3.6.7", "OFFIS_DCMTK_367"},
		"dcm4chee-arc": {"1.2.40.0.13.1.3", "dcm4che-5.23.3"},
		"conquest":     {"1.2.826.0.1.3680043.2.135.1066.101", "1.5.0/WIN32"},
		"clearcanvas":  {"1.3.6.1.4.1.25403.1.1.1", "Dicom 0.1"},
		"pynetdicom":   {"1.2.826.0.1.3680043.9.3811.1.5.7", "PYNETDICOM_157"},
		"fo-dicom":     {"1.3.6.1.4.1.30071.8", "fo-dicom 4.0.1"},
		"synapse":      {"1.2.840.113845.1.1", "Syn4,4,0,36"},
		"ge-archive":   {"1.2.840.113619.6.55", ""},
		"dicompot":     {"", ""},
		"dicomhawk":    {"1.2.276.0.7230010.3.0.3.6.2", "OFFIS_DCMTK_362"},
		"go-netdicom":  {"", ""},
		"odil":         {"1.2.826.0.1.3680043.9.5560", "Odil 0"},
		"go-dicom":     {ul.ImplementationClassUID, ul.ImplementationVersionName},

		"ctn-simple-storage":   {"1.2.840.113654.2.3.1995.3.0.6", "MIRCTN11MAR2003"},
		"dcm4che-dcmqrscp":     {"1.2.40.0.13.1.3", "dcm4che-5.35.0"},
		"dicompot-enforce":     {"", ""},
		"dicomhawk-pynetdicom": {"1.2.826.0.1.3680043.9.3811.2.0.2", "PYNETDICOM_202"},

		"vendor": {"2.25.302711184205413078319287441072683611520", "VENDORPACS_42"},
	}
	for _, name := range lab.Personas() {
		t.Run(name, func(t *testing.T) {
			_, at := one(t, "127.0.8.1", "persona: "+name)
			title := "ANY"
			if name == "dicompot-enforce" {
				title = "radiant" // any other is rejected
			}
			a, err := associate(t, at, title)
			if err != nil {
				t.Fatal(err)
			}
			u := a.Accepted().User
			if u.ImplementationClassUID != want[name].uid || u.ImplementationVersionName != want[name].name {
				t.Errorf("announces %q, %q; want %q, %q", u.ImplementationClassUID, u.ImplementationVersionName,
					want[name].uid, want[name].name)
			}
		})
	}
}

// tags lists the elements of the first response to a query.
func tags(t *testing.T, c *dimse.Client, keys []dimse.Key) (out []dicom.Tag, values map[dicom.Tag]string) {
	t.Helper()
	values = map[dicom.Tag]string{}
	_, err := c.Find(limit(t), dicom.StudyRootFind, keys, func(m dimse.Match) bool {
		it := m.Elements()
		for it.Next() {
			out = append(out, it.Tag())
			values[it.Tag()] = string(dicom.Trim(it.Value()))
		}
		if it.Err() != nil {
			t.Error(it.Err())
		}
		return false
	})
	if err != nil {
		t.Fatal(err)
	}
	return out, values
}

// Products return unasked keys and leave out asked ones, in order of tags.
func TestPersonasReturnTheirKeys(t *testing.T) {
	ask := counting(date(""), dimse.Key{Tag: dicom.ModalitiesInStudy, VR: dicom.CS},
		dimse.Key{Tag: dicom.InstanceAvailability, VR: dicom.CS})
	const charset, level, title = dicom.SpecificCharacterSet, dicom.QueryRetrieveLevel, dicom.RetrieveAETitle
	for persona, want := range map[string][]dicom.Tag{
		// As Orthanc 1.10.1 and DCMTK 3.6.7 were seen to answer.
		"orthanc": {charset, dicom.StudyDate, level, title, dicom.InstanceAvailability, dicom.ModalitiesInStudy,
			dicom.StudyInstanceUID, dicom.NumberOfStudyRelatedInstances},
		"dcmqrscp": {dicom.StudyDate, level, title, dicom.StudyInstanceUID},
		"pynetdicom": {dicom.StudyDate, level, dicom.InstanceAvailability, dicom.ModalitiesInStudy,
			dicom.StudyInstanceUID, dicom.NumberOfStudyRelatedInstances},
	} {
		t.Run(persona, func(t *testing.T) {
			_, at := one(t, "127.0.8.1", "persona: "+persona+"\ncontents: {studies: 5, images_linked: 50}")
			got, values := tags(t, client(t, at), ask)
			if len(got) != len(want) {
				t.Fatalf("elements %v, want %v", got, want)
			}
			for i := range got {
				if got[i] != want[i] {
					t.Fatalf("elements %v, want %v", got, want)
				}
			}
			wantAvailability := map[string]string{"pynetdicom": "ONLINE"}[persona]
			if v := values[dicom.InstanceAvailability]; v != wantAvailability {
				t.Errorf("availability %q, want %q", v, wantAvailability)
			}
		})
	}
}

// A service that is not open is refused in the product's manner.
func TestRefusals(t *testing.T) {
	t.Run("orthanc aborts at the request", func(t *testing.T) {
		_, at := one(t, "127.0.8.1", "persona: orthanc\nquery: refused\ncontents: {studies: 5, images_linked: 50}")
		c := client(t, at)
		if _, err := c.Echo(limit(t)); err != nil {
			t.Fatalf("C-ECHO: %v", err)
		}
		_, err := tryCount(t, c, dicom.StudyRootFind, counting())
		var aborted *ul.AbortedError
		if !errors.As(err, &aborted) {
			t.Errorf("C-FIND: %v, want A-ABORT", err)
		}
	})
	t.Run("dcm4chee answers 0124", func(t *testing.T) {
		_, at := one(t, "127.0.8.1", "persona: dcm4chee-arc\nquery: refused\ncontents: {studies: 5, images_linked: 50}")
		if got := count(t, client(t, at), counting()); got.final != dimse.NotAuthorized || got.responses != 0 {
			t.Errorf("%d responses, status %s; want 0124", got.responses, got.final)
		}
	})
	t.Run("conquest accepts no context", func(t *testing.T) {
		_, at := one(t, "127.0.8.1", "persona: conquest\nquery: refused\ncontents: {studies: 5, images_linked: 50}")
		a, err := associate(t, at, "ANY")
		if err != nil {
			t.Fatal(err)
		}
		if _, _, ok := a.Context(dicom.StudyRootFind); ok {
			t.Error("context for queries accepted")
		}
		if _, _, ok := a.Context(dicom.Verification); !ok {
			t.Error("context for C-ECHO refused")
		}
	})
}

func TestRejections(t *testing.T) {
	for name, c := range map[string]struct {
		text, called string
		want         ul.AssociateRJ
	}{
		"called title":  {"called_title: RIGHT", "WRONG", ul.AssociateRJ{Result: 1, Source: 1, Reason: 7}},
		"default title": {"called_title: default", "WRONG", ul.AssociateRJ{Result: 1, Source: 1, Reason: 7}},
		"calling title": {"calling_title: FRIEND", "ANY", ul.AssociateRJ{Result: 1, Source: 1, Reason: 3}},
		"congestion":    {"reject: {result: 2, source: 3, reason: 1}", "ANY", ul.AssociateRJ{Result: 2, Source: 3, Reason: 1}},
	} {
		t.Run(name, func(t *testing.T) {
			_, at := one(t, "127.0.8.1", "persona: dcm4chee-arc\n"+c.text)
			_, err := associate(t, at, c.called)
			var rejected *ul.RejectedError
			if !errors.As(err, &rejected) || rejected.RJ != c.want {
				t.Errorf("%v, want %v", err, c.want)
			}
		})
	}
	_, at := one(t, "127.0.8.1", "persona: dcm4chee-arc\ncalled_title: default")
	if _, err := associate(t, at, "DCM4CHEE"); err != nil {
		t.Errorf("the default title: %v", err)
	}
}

// What a dry probe of retrieval gets to hear.
func TestRetrievalProbes(t *testing.T) {
	const some = "\ncontents: {studies: 30, images_linked: 400}"
	for name, c := range map[string]struct {
		text              string
		random, known     dimse.Status
		move              dimse.Status
		getEnds, moveEnds bool
	}{
		"orthanc, get open":  {text: "persona: orthanc\nretrieval: get" + some, random: 0xC000, known: 0xC000, moveEnds: true},
		"orthanc, both open": {text: "persona: orthanc\nretrieval: both" + some, random: 0xC000, known: 0xC000, move: 0xC000},
		"orthanc, closed":    {text: "persona: orthanc" + some, getEnds: true, moveEnds: true},
		"dcmqrscp, get open": {text: "persona: dcmqrscp\nretrieval: get" + some, random: 0, known: 0xA702, move: 0},
		"dcm4chee, get open": {text: "persona: dcm4chee-arc\nretrieval: get" + some, random: 0, known: 0xA702, move: 0xA801},
		"dcm4chee, closed":   {text: "persona: dcm4chee-arc" + some, random: 0x0124, known: 0x0124, move: 0xA801},
	} {
		t.Run(name, func(t *testing.T) {
			_, at := one(t, "127.0.8.1", c.text)
			probing := func() *dimse.Client {
				a, err := associateWith(t, at, ul.AssociateRQ{CalledAETitle: "ANY", CallingAETitle: "TESTER",
					Contexts: ul.Propose(dicom.StudyRootFind, dicom.StudyRootGet, dicom.StudyRootMove)})
				if err != nil {
					t.Fatal(err)
				}
				return dimse.NewClient(a)
			}
			p, err := probing().ProbeGet(limit(t), dicom.StudyRootGet)
			if err != nil || (p.Ended != dimse.NotEnded) != c.getEnds || !c.getEnds && p.Status != c.random {
				t.Errorf("random UID: %+v, %v; want status %s, ended %v", p, err, c.random, c.getEnds)
			}
			p, err = probing().ProbeGetStudy(limit(t), "", 10)
			if err != nil || (p.Ended != dimse.NotEnded) != c.getEnds || !c.getEnds && p.Status != c.known {
				t.Errorf("known study: %+v, %v; want status %s, ended %v", p, err, c.known, c.getEnds)
			}
			if open := strings.Contains(name, "open"); open && p.Failed < 1 {
				t.Errorf("known study: %d sub-operations failed, want at least one", p.Failed)
			}
			p, err = probing().ProbeMove(limit(t), dicom.StudyRootMove, "NOWHERE")
			if err != nil || (p.Ended != dimse.NotEnded) != c.moveEnds || !c.moveEnds && p.Status != c.move {
				t.Errorf("move: %+v, %v; want status %s, ended %v", p, err, c.move, c.moveEnds)
			}
		})
	}
}

// Levels below the study, and patients, add up to the same images.
func TestLevelsAddUp(t *testing.T) {
	f, at := one(t, "127.0.8.1", "persona: vendor\ncontents: {studies: 60, images_linked: 700}")
	truth := f.Truth().Archives[0]
	sum := func(level string, sopClass string, unique, number dicom.Tag) (responses, images int64) {
		keys := []dimse.Key{{Tag: dicom.QueryRetrieveLevel, VR: dicom.CS, Value: level},
			{Tag: unique, VR: dicom.UI}, {Tag: number, VR: dicom.IS}}
		seen := map[string]bool{}
		result, err := client(t, at).Find(limit(t), sopClass, keys, func(m dimse.Match) bool {
			it := m.Elements()
			for it.Next() {
				if it.Tag() == unique {
					seen[string(it.Value())] = true
				}
				if n, ok := dicom.ParseIS(it.Value()); ok && it.Tag() == number {
					images += n
				}
			}
			return true
		})
		if err != nil {
			t.Fatal(err)
		}
		if int64(len(seen)) != result.Pending {
			t.Errorf("%s: %d different keys in %d responses", level, len(seen), result.Pending)
		}
		return result.Pending, images
	}
	if n, images := sum("STUDY", dicom.StudyRootFind, dicom.StudyInstanceUID, dicom.NumberOfStudyRelatedInstances); n != 60 || images != 700 {
		t.Errorf("STUDY: %d responses, %d images", n, images)
	}
	if n, images := sum("SERIES", dicom.StudyRootFind, dicom.SeriesInstanceUID, dicom.NumberOfSeriesRelatedInstances); n < 60 || images != 700 {
		t.Errorf("SERIES: %d responses, %d images", n, images)
	}
	if n, _ := sum("IMAGE", dicom.StudyRootFind, dicom.SOPInstanceUID, dicom.NumberOfSeriesRelatedInstances); n != 700 {
		t.Errorf("IMAGE: %d responses", n)
	}
	if n, images := sum("PATIENT", dicom.PatientRootFind, dicom.PatientID, dicom.NumberOfPatientRelatedInstances); n != truth.Patients || images != 700 {
		t.Errorf("PATIENT: %d responses, %d images; want %d, 700", n, images, truth.Patients)
	}
}

// The number of records with Social Security numbers is what was asked for, by
// the pattern in the response and by the wildcard in the query.
func TestSocialSecurityNumbers(t *testing.T) {
	_, at := one(t, "127.0.8.1", "persona: vendor\ncontents: {studies: 4000, images_linked: 40000, ssn_records: 1234}")
	for _, pattern := range []string{"", "???-??-????"} {
		var n int64
		keys := counting(dimse.Key{Tag: dicom.PatientID, VR: dicom.LO, Value: pattern})
		result, err := client(t, at).Find(limit(t), dicom.StudyRootFind, keys, func(m dimse.Match) bool {
			it := m.Elements()
			for it.Next() {
				v := dicom.Trim(it.Value())
				if it.Tag() == dicom.PatientID && len(v) == 11 && v[3] == '-' && v[6] == '-' && bytes.HasPrefix(v, []byte("987-")) {
					n++
				}
			}
			return true
		})
		want := map[string]int64{"": 4000, "???-??-????": 1234}[pattern]
		if err != nil || n != 1234 || result.Pending != want {
			t.Errorf("pattern %q: %d of %d responses have one, error %v; want 1234 of %d", pattern, n, result.Pending, err, want)
		}
	}
}

// Every identifying value that goes out carries a mark.
func TestIdentifyingValuesAreMarked(t *testing.T) {
	_, at := one(t, "127.0.8.1", "persona: orthanc\nworklist: 3\ncontents: {studies: 9, images_linked: 90}")
	keys := counting(
		dimse.Key{Tag: dicom.PatientName, VR: dicom.PN}, dimse.Key{Tag: dicom.PatientID, VR: dicom.LO},
		dimse.Key{Tag: dicom.PatientBirthDate, VR: dicom.DA}, dimse.Key{Tag: dicom.PatientAddress, VR: dicom.LO},
		dimse.Key{Tag: dicom.PatientTelephoneNumbers, VR: dicom.SH}, dimse.Key{Tag: dicom.OtherPatientIDs, VR: dicom.LO},
		dimse.Key{Tag: dicom.AccessionNumber, VR: dicom.SH}, dimse.Key{Tag: dicom.ReferringPhysicianName, VR: dicom.PN},
		dimse.Key{Tag: dicom.InstitutionName, VR: dicom.LO}, dimse.Key{Tag: dicom.StudyDescription, VR: dicom.LO},
		dimse.Key{Tag: dicom.EthnicGroup, VR: dicom.SH}, dimse.Key{Tag: dicom.Occupation, VR: dicom.SH},
		dimse.Key{Tag: dicom.PatientComments, VR: dicom.LT}, dimse.Key{Tag: dicom.MilitaryRank, VR: dicom.LO})
	_, values := tags(t, client(t, at), keys)
	for _, k := range keys[3:] {
		v, marked := values[k.Tag], false
		for _, mark := range lab.CanaryMarks() {
			marked = marked || strings.Contains(v, mark)
		}
		if !marked {
			t.Errorf("%s has no mark", k.Tag)
		}
	}
	var n int
	result, err := client(t, at).Find(limit(t), dicom.ModalityWorklistFind,
		[]dimse.Key{{Tag: dicom.PatientName, VR: dicom.PN}, {Tag: dicom.AccessionNumber, VR: dicom.SH}},
		func(m dimse.Match) bool {
			if bytes.Count(m.Data, []byte("CANARY")) == 2 {
				n++
			}
			return true
		})
	if err != nil || n != 3 || result.Final != dimse.Success {
		t.Errorf("worklist: %d marked of %d, status %s, %v", n, result.Pending, result.Final, err)
	}
}

// Only the classes that the fleet file lists have values.
func TestIdentifyingClassesAreThoseListed(t *testing.T) {
	_, at := one(t, "127.0.8.1", "persona: orthanc\nidentifying: [sex]\ncontents: {studies: 9, images_linked: 90}")
	_, values := tags(t, client(t, at), counting(dimse.Key{Tag: dicom.PatientName, VR: dicom.PN}, dimse.Key{Tag: dicom.PatientSex, VR: dicom.CS}))
	if values[dicom.PatientName] != "" || values[dicom.PatientSex] != "O" {
		t.Errorf("name %q, sex %q; want only the sex", values[dicom.PatientName], values[dicom.PatientSex])
	}
}

// A C-CANCEL after a few responses finds few on their way, even while many
// archives are at work.
func TestCancelIsHeardSoon(t *testing.T) {
	_, at := one(t, "127.0.8.8", "persona: vendor\ncontents: {studies: 5000000, images_linked: 90000000}")
	for range 12 {
		c := client(t, at)
		t.Run("", func(t *testing.T) {
			t.Parallel()
			for _, after := range []int64{1, 20, 200} {
				var seen int64
				result, err := c.Find(limit(t), dicom.StudyRootFind, counting(), func(dimse.Match) bool {
					seen++
					return seen < after
				})
				if err != nil || result.Final != dimse.Cancelled || result.AfterCancel > 4000 {
					t.Errorf("cancelled after %d: %d more came, status %s, %v", after, result.AfterCancel, result.Final, err)
				}
			}
		})
	}
}
