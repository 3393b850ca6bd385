package assess

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"leadglass/dicom"
	"leadglass/internal/privacy"
	"leadglass/internal/products"
	"leadglass/internal/survey"
)

// LGD11 asks whether identifiers have the form of national ones.
var LGD11 = Check{
	ID:       "LG-D11",
	Title:    "National identifiers are returned",
	Severity: survey.Critical,
	On:       OnDICOM,
	Means: `Patients are registered under their national number, and the archive gives it to anyone who asks. Such a number opens
bank accounts, prescriptions and tax refunds in the patient's name, cannot be changed in most countries, and ties the record
to every other leak that has it. National law often forbids its use or its disclosure (GDPR Art. 87).`,
	Tested: `The identifiers in the sample of LG-D10 (patient ID, other patient IDs) are looked at in the receive buffer, each
once: are they written as a national identifier is, and do their check digits and dates hold? What is found has the form of
such an identifier; whether it is one cannot be known. Numbers that were merely counted up have the form as well, now and
then. Therefore a class is called present only where chance would give as many with a probability of 0.001 at most, from the
share of made-up values that pass, which is measured by a test:

` + nationalTable() + `
A US DoD ID number (EDIPI) is ten digits and nothing else that is published; it counts only where the record names the
Department of Defense as its issuer. A US Social Security number is recognised by its dashes; without them it is any number of nine digits
and not recognised. Where an archive has the form in too few identifiers to say, the check is unknown. Patient IDs in the form of
Social Security numbers are also counted over the whole archive while it is counted, by the wildcard ???-??-????, and one is
enough to fail (see "census" in docs/census.md).`,
	Sends: `Nothing beyond LG-D10, and while the archive is counted C-FIND-RQs with (0010,0020) ???-??-????. None of this where
allow.sample is false.`,
	References: []string{refFind, refConfidentiality, refSafeHarbor, refAccess, refGDPR, refGDPR87, refNIS2Access},
	Run:        runD11,
}

func runD11(ctx context.Context, s *Session) Result {
	if r, ok := s.mayIdentify(); !ok {
		return r
	}
	id := s.identify(ctx)
	n := id.sample.Responses()
	if n == 0 {
		return unknown("No identifier could be requested: %s.", id.why)
	}
	present, doubtful, ids := id.sample.NationalIDs()
	switch {
	case len(present) > 0:
		return fail("%s", upperFirst(forms(present, "has the form of", "have the form of"))+".")
	case len(doubtful) > 0:
		return unknown("%s, which are too few to rule out chance.", upperFirst(forms(doubtful, "has the form of", "have the form of")))
	case ids == 0:
		return pass("A sample of %s was returned without an identifier.", counted(n, s.listsBy()))
	}
	return pass("Of %d different identifiers in a sample of %s no more have the form of a national one than made-up numbers would.",
		ids, counted(n, s.listsBy()))
}

// forms says how many identifiers have which form, and how many by chance.
func forms(list []privacy.National, one, many string) string {
	var parts []string
	for _, f := range list {
		verb := many
		if f.Valid == 1 {
			verb = one
		}
		text := fmt.Sprintf("%d of %d identifiers written alike %s %s", f.Valid, f.Written, verb, f.Name)
		if f.Chance > 0 {
			text += fmt.Sprintf(" (made-up ones: %.2g %%)", 100*f.Chance)
		}
		parts = append(parts, text)
	}
	return strings.Join(parts, "; ")
}

func upperFirst(s string) string { return strings.ToUpper(s[:1]) + s[1:] }

// counted is "1 study", "8 studies"; of patients where studies were not asked
// for.
func counted(n int, class string) string {
	one, many := "study", "studies"
	if class == dicom.PatientRootFind {
		one, many = "patient", "patients"
	}
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}

// CountedSSNs carries the number of records with patient IDs in the form of US
// Social Security numbers, which the census counted over the whole archive,
// into the result of LG-D11 on the service that was counted.
func CountedSSNs(f *survey.Finding, service *survey.Service, table *products.Table) {
	c := f.Counts.NationalIDs
	if c == nil {
		return
	}
	n, known := c.Int()
	if !known || n == 0 {
		return
	}
	for i := range f.Checks {
		if k := &f.Checks[i]; k.ID == LGD11.ID && k.Port == service.Port {
			before := ""
			if k.State == survey.Fail {
				before = " " + k.Evidence
			}
			k.State = survey.Fail
			k.Evidence = fmt.Sprintf("%s study records have a patient ID with the form of a US Social Security number (%s).%s", c, c.Quality, before)
			k.Remedy = table.Remedy(LGD11.ID, service)
		}
	}
	countedIDs(f, service, table, n)
	const ssn = "us-ssn"
	i := slices.IndexFunc(f.IdentifyingClasses, func(c survey.IdentifyingClass) bool { return c.Class == ssn })
	if i < 0 {
		i = len(f.IdentifyingClasses)
		f.IdentifyingClasses = append(f.IdentifyingClasses, survey.IdentifyingClass{Class: ssn, Sampled: int(n)})
	}
	f.IdentifyingClasses[i].Present = true
}

// nationalTable shows the forms on the page of the check.
func nationalTable() string {
	var b strings.Builder
	b.WriteString("| class | form of | made-up values that pass |\n|---|---|---|\n")
	for _, f := range privacy.Nationals() {
		text := "not by its digits"
		if f.Chance > 0 {
			text = fmt.Sprintf("%.2g %%", 100*f.Chance)
		}
		fmt.Fprintf(&b, "| %s | %s | %s |\n", f.Class, f.Name, text)
	}
	return b.String()
}
