package report_test

import (
	"fmt"
	"iter"
	"math/rand/v2"
	"strings"
	"time"

	"github.com/axiomhq/hyperloglog"

	"leadglass/internal/report"
	"leadglass/internal/survey"
)

var began = time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)

func sampleSurvey() survey.Survey {
	return survey.Survey{
		ID: "20261123T090000Z-0000", Name: "Example region, quarterly", Simulated: true, Version: "0.1.0",
		Authority: survey.Authority{Organisation: "Example CERT", Contact: "canary-authority-contact@cert.example"},
		Scope:     "canary-scope-text", StartedAt: began, FinishedAt: began.Add(31 * time.Minute),
		State: survey.StateFinished, Probed: 11500, Addresses: 2300,
	}
}

// canary marks every text of a sample record that must not be published.
const canary = "CANARY"

// sampleRecords makes n records of all kinds, the same ones every time.
func sampleRecords(n int) []survey.Record {
	rng := rand.New(rand.NewPCG(1, 2))
	rs := make([]survey.Record, n)
	for i := range rs {
		rs[i] = sampleRecord(rng, i)
	}
	return rs
}

func sampleRecord(rng *rand.Rand, i int) survey.Record {
	countries := strings.Fields("US US US US US US US US IN IN IN TR TR BR BR BR FR FR IT IT CN ZA ZA MY MY MY CH CH SK DE DE DE GB ES ES EC RU JP AU AR")
	verdicts := []survey.Verdict{survey.NotDICOM, survey.Protected, survey.Protected, survey.Protected, survey.Identified, survey.Identified, survey.Open, survey.OpenImages}
	products := strings.Fields("Orthanc Orthanc Orthanc dcm4chee-arc dcm4chee-arc Conquest ClearCanvas Horos dcmqrscp")
	v := verdicts[rng.IntN(len(verdicts))]
	address := fmt.Sprintf("127.%d.%d.%d", 1+i>>16, i>>8&255, i&255)
	version := "1.10.1-" + canary
	f := survey.Finding{
		Schema: survey.FindingSchema, Verdict: v, Grade: survey.GradeC,
		Target:   survey.Target{Host: canary + ".host.example", Address: address, Port: 104},
		Counts:   survey.NotCounted("the archive answers no query"),
		Services: []survey.Service{}, Checks: []survey.Check{}, IdentifyingClasses: []survey.IdentifyingClass{},
		Suspicion: survey.Suspicion{Reasons: []string{}},
		Owner:     &survey.Owner{Country: countries[rng.IntN(len(countries))], Site: canary + " hospital", Contact: canary + "@hospital.example", Network: canary, Source: "overlay"},
		StartedAt: began, DurationMS: 1200, AuthorisedBy: canary,
		Traffic: survey.Traffic{Associations: 6, Connections: 9, BytesSent: 4000, BytesReceived: 90000, Queries: 40, Responses: 900, LongestQueryMS: 1234},
	}
	r := survey.Record{SurveyID: sampleSurvey().ID, Finding: f}
	if v == survey.NotDICOM {
		r.Finding.Grade = survey.GradeNone
		return r
	}
	pdu := uint32(16384)
	service := survey.Service{
		Port: 104, Protocol: survey.ProtocolDICOM, Outcome: survey.Answered, Detail: canary,
		Toolkit:                   survey.Toolkit{Name: "DCMTK", Version: "3.6.7"},
		Product:                   survey.Product{Name: products[rng.IntN(len(products))], Version: &version, Confidence: survey.Likely, Evidence: []string{"http-title"}},
		ImplementationVersionName: canary, ImplementationClassUID: canary, MaxPDU: &pdu,
		CalledAETitle: survey.CalledAETitle{Accepted: canary, Policy: survey.AnyTitle},
		SOPClasses:    []string{"1.2.840.10008.1.1"}, Levels: survey.Levels{Speaks: true},
	}
	if v == survey.Protected {
		service.Rejection = &survey.Rejection{Kind: "reject", Result: 1, Source: 1, Reason: 7, Text: canary, During: "association"}
		service.CalledAETitle = survey.CalledAETitle{Policy: survey.RefusedTitle}
		r.Finding.Grade = survey.GradeB
	}
	if rng.IntN(40) == 0 {
		service.TLS = &survey.TLS{Version: "TLS 1.2", CipherSuite: canary, ClientCertificate: "not-required", NotAfter: began}
	}
	r.Finding.Services = []survey.Service{service}
	r.Finding.Checks = []survey.Check{
		{ID: "LG-D01", State: survey.Fail, Severity: survey.Medium, Title: "Any called AE title is accepted", Port: 104, Evidence: canary, Remedy: "Set \"DicomCheckCalledAet\": true"},
		{ID: "LG-D03", State: survey.Fail, Severity: survey.High, Title: "DICOM in plaintext", Port: 104, Evidence: canary, Remedy: "Use TLS; " + canary},
		{ID: "LG-D04", State: survey.Pass, Severity: survey.Critical, Title: "Study query answered", Evidence: canary},
	}
	if v.FreelyAccessible() {
		openSample(rng, &r)
	}
	return r
}

// openSample fills in what an open archive shows.
func openSample(rng *rand.Rand, r *survey.Record) {
	f := &r.Finding
	f.Grade = survey.GradeF
	f.Checks[2].State = survey.Fail
	f.Services[0].Levels = survey.Levels{Speaks: true, Associates: true, QueryContext: true, QueryAnswered: true}
	n := 100 + rng.Int64N(90000)
	f.Counts.Studies = survey.ExactCount(n, "c-find-study")
	f.Counts.ImagesLinked = survey.ExactCount(n*30, "c-find-study")
	switch rng.IntN(20) {
	case 0:
		f.Counts.ImagesLinked = survey.AtLeast(n*30, "c-find-study", canary)
	case 1:
		f.Counts.ImagesLinked = survey.EstimateOf(n*30, n*29, n*32, 0.95, "c-find-series", canary)
	case 2:
		f.Counts.ImagesLinked = survey.UnknownCount(canary)
	}
	f.Counts.ImagesAccessible = survey.ExactCount(0, "")
	if f.Verdict == survey.OpenImages {
		f.Counts.ImagesAccessible = survey.ExactCount(n*30, "c-get-probe")
	}
	f.Counts.Years = map[string]int64{"2019": n / 2, "2018": n / 4, "2015": n / 8, "none": 1, canary + "YEAR": 2}
	for y := 2002; y < 2015; y++ {
		f.Counts.Years[fmt.Sprint(y)] = n / int64(2030-y)
	}
	f.Counts.Modalities = map[string]int64{"CT": n / 2, "MR": n / 3, "US": n / 9, "CR": n / 4, canary: 3}
	if f.Owner.Country == "US" {
		ssn := survey.ExactCount(n/2, "c-find-wildcard")
		f.Counts.NationalIDs = &ssn
	}
	f.IdentifyingClasses = []survey.IdentifyingClass{{Class: "patient-name", Present: true, Sampled: 5}, {Class: "birth-date", Present: rng.IntN(2) == 0, Sampled: 5}, {Class: canary, Present: true, Sampled: 5}}
	if rng.IntN(9) == 0 {
		f.Viewer = survey.ViewerOpenHTTP
	}
	if rng.IntN(30) == 0 {
		f.Suspicion = survey.Suspicion{Honeypot: true, Reasons: []string{canary}}
	}
	if rng.IntN(50) == 0 {
		why := canary
		f.Incomplete = &why
	}
	sketch := hyperloglog.New14()
	for i := range 300 {
		fmt.Fprint(writerFunc(func(b []byte) (int, error) { sketch.Insert(b); return len(b), nil }), rng.IntN(50000), i/300)
	}
	r.StudySketch, _ = sketch.MarshalBinary()
}

type writerFunc func([]byte) (int, error)

func (f writerFunc) Write(b []byte) (int, error) { return f(b) }

func aggregate(rs []survey.Record) report.Aggregate {
	a := report.NewAggregator(sampleSurvey())
	for _, r := range rs {
		a.Add(r)
	}
	return a.Aggregate()
}

func stream(rs []survey.Record) iter.Seq2[survey.Record, error] {
	return func(yield func(survey.Record, error) bool) {
		for _, r := range rs {
			if !yield(r, nil) {
				return
			}
		}
	}
}
