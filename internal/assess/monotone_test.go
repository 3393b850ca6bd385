package assess_test

import (
	"slices"
	"testing"

	"leadglass/internal/assess"
	"leadglass/internal/survey"
)

// weakness is something of a host that can be taken away.
type weakness uint

const (
	dicomClear     weakness = 1 << iota // no TLS on the DICOM port
	dicomAnyCaller                      // no client certificate demanded there
	dicomBadCertificate
	dicomOldTLS
	anyTitle
	associates
	answersQueries
	sendsImages
	webClear // no TLS on the web port
	webBadCertificate
	webOldTLS
	pageOpen
	searchOpen
	retrievalOpen
	lastWeakness
)

func (w weakness) has(one weakness) bool { return w&one != 0 }

// host is what a check finds on a host with these weaknesses: DICOM on one
// port, an archive's page with a DICOMweb service on another.
func (w weakness) host() (services []survey.Service, checks []survey.Check) {
	say := func(port uint16, id string, bad bool) {
		state := survey.Pass
		if bad {
			state = survey.Fail
		}
		checks = append(checks, survey.Check{ID: id, Port: port, State: state, Evidence: "test"})
	}
	d := survey.Service{Port: 104, Protocol: survey.ProtocolDICOM, Outcome: survey.Answered}
	d.Levels.Speaks, d.Levels.Associates = true, w.has(associates)
	if !w.has(dicomClear) {
		d.TLS = &survey.TLS{Version: "TLS 1.3", ClientCertificate: "not-required"}
		say(104, "LG-T02", w.has(dicomOldTLS))
		say(104, "LG-T03", w.has(dicomBadCertificate))
		say(104, "LG-T04", w.has(dicomAnyCaller))
	}
	say(104, "LG-D03", w.has(dicomClear))
	say(104, "LG-D01", w.has(anyTitle) && w.has(associates))
	say(104, "LG-D04", w.has(answersQueries) && w.has(associates))
	say(104, "LG-D06", w.has(sendsImages) && w.has(associates))
	h := page(survey.HTTP{Status: 200, Page: "orthanc-explorer", Viewer: true, AuthRequired: !w.has(pageOpen)})
	h.DICOMweb = &survey.DICOMweb{Root: "/dicom-web", QIDO: survey.AccessProtected, WADO: survey.AccessProtected}
	if !w.has(webClear) {
		h.TLS = &survey.TLS{Version: "TLS 1.3", ClientCertificate: "not-required"}
		say(h.Port, "LG-T02", w.has(webOldTLS))
		say(h.Port, "LG-T03", w.has(webBadCertificate))
	}
	if w.has(searchOpen) {
		h.DICOMweb.QIDO = survey.AccessOpen
	}
	say(h.Port, "LG-W10", w.has(webClear))
	say(h.Port, "LG-W04", w.has(pageOpen))
	say(h.Port, "LG-W05", w.has(pageOpen) && w.has(webClear))
	say(h.Port, "LG-W01", w.has(searchOpen))
	say(h.Port, "LG-W02", w.has(retrievalOpen))
	return []survey.Service{d, h}, checks
}

// TestGradeIsMonotone: of each host that the rule tells apart, taking any one
// weakness away, TLS before anything else, never makes the grade worse, and the
// host with all of them has the worst.
func TestGradeIsMonotone(t *testing.T) {
	order := []survey.Grade{survey.GradeA, survey.GradeB, survey.GradeC, survey.GradeD, survey.GradeF}
	grade := func(w weakness) int {
		services, checks := w.host()
		return slices.Index(order, assess.Grade(services, checks))
	}
	grades := make([]int, lastWeakness)
	for w := range lastWeakness {
		if grades[w] = grade(w); grades[w] < 0 {
			t.Fatalf("%b has no grade", w)
		}
	}
	for w := range lastWeakness {
		for one := weakness(1); one < lastWeakness; one <<= 1 {
			if w.has(one) && grades[w&^one] > grades[w] {
				t.Fatalf("with the weaknesses %014b the grade is %s, without %014b of them %s", w, order[grades[w]], one, order[grades[w&^one]])
			}
		}
	}
	if order[grades[lastWeakness-1]] != survey.GradeF || order[grades[0]] != survey.GradeB {
		t.Errorf("all weaknesses: %s, none: %s", order[grades[lastWeakness-1]], order[grades[0]])
	}
}

// TestClientCertificatesNeverWorsen: a port that demands them shows nothing
// else, and the host with it is graded no worse than with any open state of
// that port.
func TestClientCertificatesNeverWorsen(t *testing.T) {
	order := []survey.Grade{survey.GradeA, survey.GradeB, survey.GradeC, survey.GradeD, survey.GradeF}
	for w := range lastWeakness {
		before, checks := w.host()
		after := slices.Clone(before)
		after[1].TLS = &survey.TLS{Version: "TLS 1.3", ClientCertificate: "required"}
		after[1].HTTP, after[1].DICOMweb = nil, &survey.DICOMweb{Root: "/dicom-web", QIDO: survey.AccessProtected, WADO: survey.AccessProtected}
		kept := slices.DeleteFunc(slices.Clone(checks), func(c survey.Check) bool { return c.Port == after[1].Port })
		for _, id := range []string{"LG-T02", "LG-T03"} { // of the TLS before it, with all its faults
			bad := map[string]bool{"LG-T02": w.has(webOldTLS), "LG-T03": w.has(webBadCertificate)}[id]
			kept = append(kept, survey.Check{ID: id, Port: after[1].Port, State: map[bool]survey.CheckState{true: survey.Fail, false: survey.Pass}[bad]})
		}
		was, is := assess.Grade(before, checks), assess.Grade(after, kept)
		if slices.Index(order, is) > slices.Index(order, was) {
			t.Fatalf("%014b: %s, and %s with client certificates", w, was, is)
		}
	}
}
