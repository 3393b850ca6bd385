package main

import (
	"testing"

	"leadglass/internal/disclose"
	"leadglass/internal/survey"
)

// honest fails the test where a finding contradicts itself. Every finding that
// a test of this package reads goes through it: those of every real server and
// of every persona that is checked.
func honest(t *testing.T, f *survey.Finding) {
	t.Helper()
	for name, c := range map[string]survey.Count{"studies": f.Counts.Studies, "images linked": f.Counts.ImagesLinked,
		"images accessible": f.Counts.ImagesAccessible, "patients": f.Counts.Patients} {
		if _, ok := c.Int(); ok && !f.IsArchive() {
			t.Errorf("%s of a finding that is %s: %s", name, f.Verdict, c)
		}
		if err := c.Validate(); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	retrieval := f.Retrieval()
	accessible, known := f.Counts.ImagesAccessible.Int()
	if retrieval.State == survey.Undecided && known && accessible == 0 && f.Counts.ImagesAccessible.Quality == survey.Exact &&
		number(f.Counts.ImagesLinked) != "0 exact" {
		t.Errorf("no image is accessible, exactly, although %s", retrieval.Why)
	}
	if open := retrieval.State == survey.DecidedOpen; f.FreelyAccessible() && (f.Verdict == survey.OpenImages) != (open && f.Exposure().With(survey.Lists).State() == survey.DecidedOpen) {
		t.Errorf("%s, and retrieval is %s", f.Verdict, retrieval.State)
	}
	// What is stored is judged as what was just found.
	facts := survey.FactsOf(&survey.Record{Finding: *f})
	var services []survey.Service
	for i := range facts.Services {
		services = append(services, facts.Services[i].Service())
	}
	if v := survey.VerdictOf(services, f.Checks); v != f.Verdict && f.Incomplete == nil {
		t.Errorf("%s, and by what is stored %s", f.Verdict, v)
	}
	choice := disclose.Rule{Least: survey.Open, Honeypots: true}.Choose(f)
	if told := choice == disclose.Told; told != f.Exposed() {
		t.Errorf("%s, exposed %t, and of letters it is %s", f.Verdict, f.Exposed(), choice)
	}
}
