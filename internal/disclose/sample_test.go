package disclose_test

import (
	"fmt"
	"time"

	"leadglass/internal/disclose"
	"leadglass/internal/survey"
)

var day = time.Date(2026, 3, 1, 9, 30, 0, 0, time.UTC)

func check(id string, state survey.CheckState, severity survey.Severity, port uint16) survey.Check {
	return survey.Check{ID: id, State: state, Severity: severity, Title: "Title of " + id, Port: port, Evidence: "seen", Remedy: "Close " + id + ".\n    setting: \"" + id + "\""}
}

// openImages is an open archive with 12,345 studies.
func openImages(address string) *survey.Finding {
	version := "1.9.7"
	return &survey.Finding{
		Schema: survey.FindingSchema, Verdict: survey.OpenImages, Grade: survey.GradeF,
		Target: survey.Target{Host: address, Address: address, Port: 4242},
		Services: []survey.Service{
			{Port: 4242, Protocol: survey.ProtocolDICOM, Outcome: survey.Answered, Levels: survey.Levels{Speaks: true, Associates: true, QueryContext: true, QueryAnswered: true},
				Product: survey.Product{Name: "Orthanc", Version: &version, Confidence: survey.Certain}},
		},
		Counts: survey.Counts{Studies: survey.ExactCount(12345, "c-find-study"), ImagesLinked: survey.AtLeast(2000000, "c-find-study", "a cap"),
			ImagesAccessible: survey.UnknownCount("not asked"), Patients: survey.UnknownCount("not asked")},
		Checks: []survey.Check{check("LG-D04", survey.Fail, survey.Critical, 4242), check("LG-D06", survey.Fail, survey.Critical, 4242),
			check("LG-D03", survey.Fail, survey.High, 4242), check("LG-D09", survey.Pass, survey.Critical, 4242)},
		Owner:     &survey.Owner{Country: "DE", Site: "Clinic One", ASN: 64496, Network: "EXAMPLE-NET"},
		StartedAt: day,
	}
}

// viewerOnly is a protected archive with an open viewer.
func viewerOnly(address string) *survey.Finding {
	return &survey.Finding{
		Schema: survey.FindingSchema, Verdict: survey.Protected, Grade: survey.GradeD, Viewer: survey.ViewerOpenHTTP,
		Target: survey.Target{Host: "viewer.example.org", Address: address, Port: 104},
		Services: []survey.Service{
			{Port: 104, Protocol: survey.ProtocolDICOM, Outcome: survey.Answered, Levels: survey.Levels{Speaks: true}},
			{Port: 8080, Protocol: survey.ProtocolHTTP, Outcome: survey.Answered, HTTP: &survey.HTTP{Status: 200, Viewer: true, Page: "ohif-viewer"},
				Product: survey.Product{Name: "OHIF Viewer", Confidence: survey.Likely}},
		},
		Counts: survey.NotCounted("no service answers queries"),
		Checks: []survey.Check{check("LG-D04", survey.NotApplicable, survey.Critical, 104), check("LG-W04", survey.Fail, survey.High, 8080)},
		Owner:  &survey.Owner{Country: "US"}, StartedAt: day,
	}
}

// identified accepts associations and answers no query.
func identified(address string) *survey.Finding {
	f := openImages(address)
	f.Verdict, f.Grade, f.Counts = survey.Identified, survey.GradeD, survey.NotCounted("no service answers queries")
	f.Services[0].Levels.QueryAnswered = false
	f.Checks = []survey.Check{check("LG-D01", survey.Fail, survey.High, 4242), check("LG-D04", survey.Pass, survey.Critical, 4242)}
	return f
}

func aSurvey() survey.Survey {
	return survey.Survey{ID: "20260301T093000Z-00aa", Name: "Quarterly", Authority: survey.Authority{Organisation: "Example CERT",
		Contact: "pacs-survey@cert.example", Reference: "MANDATE-17"}, Scope: "include: [203.0.113.0/24]", StartedAt: day,
		FinishedAt: day.AddDate(0, 0, 2), State: survey.StateFinished}
}

// aBundle has n open archives besides a viewer and an identified archive.
func aBundle(language string, n int) *disclose.Bundle {
	b := &disclose.Bundle{Survey: aSurvey(), Date: day.AddDate(0, 0, 3), AnswerBy: day.AddDate(0, 0, 17),
		Recipient: &disclose.Recipient{Organisation: "CERT.example", Language: language, TLP: disclose.TLPAmber}}
	for i := range n {
		b.Findings = append(b.Findings, openImages(fmt.Sprintf("192.0.2.%d", i+1)))
	}
	b.Findings = append(b.Findings, viewerOnly("198.51.100.7"), identified("198.51.100.8"))
	return b
}
