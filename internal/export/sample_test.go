package export_test

import (
	"iter"
	"time"

	"leadglass/internal/cases"
	"leadglass/internal/export"
	"leadglass/internal/survey"
)

var day = time.Date(2026, 3, 1, 9, 30, 0, 0, time.UTC)

func check(id, title string, state survey.CheckState, severity survey.Severity, port uint16) survey.Check {
	return survey.Check{ID: id, State: state, Severity: severity, Title: title, Port: port, Evidence: "Seen at the port.", Remedy: "Close it.\n    setting: on",
		References: []string{"DICOM PS3.15"}}
}

// archive is an open archive with a viewer beside it, both of a product that is
// certain at one port and likely at the other.
func archive(address string) *survey.Finding {
	version := "1.12.4"
	return &survey.Finding{
		Schema: survey.FindingSchema, Verdict: survey.OpenImages, Grade: survey.GradeF, Viewer: survey.ViewerOpenHTTP,
		Target: survey.Target{Host: "pacs.example.org.", Address: address, Port: 4242},
		Services: []survey.Service{
			{Port: 4242, Protocol: survey.ProtocolDICOM, Outcome: survey.Answered, Levels: survey.Levels{Speaks: true, Associates: true, QueryContext: true, QueryAnswered: true},
				Product: survey.Product{Name: "Orthanc", Vendor: "Orthanc Team", Version: &version, Confidence: survey.Certain}},
			{Port: 8080, Protocol: survey.ProtocolHTTP, Outcome: survey.Answered, HTTP: &survey.HTTP{Status: 200, Viewer: true, Page: "ohif-viewer"},
				Product: survey.Product{Name: "OHIF Viewer", Confidence: survey.Likely}},
		},
		Counts: survey.Counts{Studies: survey.ExactCount(12345, "c-find-study"), ImagesLinked: survey.AtLeast(2000000, "c-find-study", "a cap"),
			ImagesAccessible: survey.UnknownCount("not asked"), Patients: survey.UnknownCount("not asked")},
		Checks: []survey.Check{check("LG-D04", "Study query answered", survey.Fail, survey.Critical, 4242), check("LG-D06", "C-GET open", survey.Fail, survey.Critical, 4242),
			check("LG-D03", "DICOM in plaintext", survey.Fail, survey.High, 4242), check("LG-W04", "Viewer without login", survey.Fail, survey.High, 8080)},
		IdentifyingClasses: []survey.IdentifyingClass{}, StartedAt: day,
		Owner: &survey.Owner{Country: "DE", Site: "Clinic One", ASN: 64496, Network: "EXAMPLE-NET", Contact: "noc@example.org"},
	}
}

// guessed is an open archive over TLS at an IPv6 address, of a product that could
// only be guessed.
func guessed(address string) *survey.Finding {
	f := archive(address)
	f.Verdict, f.Viewer, f.Target.Host = survey.Open, "", address
	f.Services, f.Checks = f.Services[:1], []survey.Check{f.Checks[0]}
	f.Services[0].Product.Confidence, f.Services[0].TLS = survey.Possible, &survey.TLS{Version: "TLS 1.3", ClientCertificate: "not-required"}
	f.Suspicion.TestData, f.Owner = true, nil
	return f
}

func aSurvey() survey.Survey {
	return survey.Survey{ID: "20260301T093000Z-00aa", Name: "Quarterly", Version: "1.0.0", Authority: survey.Authority{Organisation: "Example CERT",
		Contact: "pacs-survey@cert.example"}, StartedAt: day, FinishedAt: day.AddDate(0, 0, 2), State: survey.StateFinished}
}

func about() export.About { return export.About{Survey: aSurvey(), TLP: "TLP:AMBER"} }

// caseOf is a case that has been open for 40 days.
func caseOf(address string, state cases.State) *cases.Case {
	e := cases.Episode{OpenedAt: day.AddDate(0, 0, -40), OpenedBy: "s1"}
	if state == cases.Fixed {
		e.FixedAt, e.FixedBy = day.AddDate(0, 0, 1), "r1"
	}
	return &cases.Case{Schema: cases.Schema, Address: address, State: state, Exposure: cases.Exposed, FirstSeen: e.OpenedAt, LastSeen: day, DaysOpen: 40,
		Tags: []string{"radiology"}, Checks: []string{}, Episodes: []cases.Episode{e}, WorstVerdict: survey.OpenImages, Verdict: survey.OpenImages}
}

// items are an archive with its viewer, a guess, and one system of each state that
// sets it apart.
func items() []export.Item {
	list := []export.Item{{Finding: archive("192.0.2.7"), Case: caseOf("192.0.2.7", cases.Notified)}, {Finding: guessed("2001:db8::7"), Case: caseOf("2001:db8::7", cases.Open)}}
	for i, s := range []cases.State{cases.Fixed, cases.FalsePositive, cases.Accepted, cases.Test, cases.Gone} {
		a := "198.51.100." + string(rune('1'+i))
		list = append(list, export.Item{Finding: archive(a), Case: caseOf(a, s)})
	}
	same := export.Item{Finding: archive("198.51.100.9"), Case: caseOf("198.51.100.9", cases.Open)}
	same.Case.SameArchiveAs = "192.0.2.7"
	return append(list, same)
}

func each(list []export.Item) export.Items {
	return func(yield func(export.Item, error) bool) {
		for _, i := range list {
			if !yield(i, nil) {
				return
			}
		}
	}
}

// casesOf are cases of these addresses.
func casesOf(addresses ...string) iter.Seq2[cases.Case, error] {
	return func(yield func(cases.Case, error) bool) {
		for _, a := range addresses {
			if !yield(*caseOf(a, cases.Open), nil) {
				return
			}
		}
	}
}
