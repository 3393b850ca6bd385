package report

import (
	"slices"

	"leadglass/internal/publish"
	"leadglass/internal/survey"
)

// setApart completes the totals: how many of the open archives are suspected,
// of how many a country is known, and how sure the numbers are.
func (p *publisher) setApart(r *Public) {
	t, s := &r.Totals, &p.agg.Suspects
	t.NumbersQuality, t.CountriesQuality = survey.Exact, survey.Exact
	if p.agg.Survey.State != survey.StateFinished || p.agg.NotExamined > 0 {
		t.NumbersQuality, t.CountriesQuality = survey.LowerBound, survey.LowerBound
	}
	switch without := r.Suspects.Without; {
	case t.ArchivesOpen.Hidden:
		t.Suspected.Hidden = true
	case without != nil:
		t.Suspected = p.number(s.Marked.Open, without.ArchivesOpen.Hidden)
	default:
		of := &r.Suspects
		t.Suspected = p.number(s.Marked.Open, s.Honeypot+s.TestData+s.Veterinary > 0 || of.Honeypot.Hidden || of.TestData.Hidden || of.Veterinary.Hidden)
	}
	unknown := p.agg.Countries[publish.UnknownCountry].Open
	known := p.agg.Total.Open - unknown
	// Whether the number is shown must not depend on the merging of other rows
	// than this one. If it did, it would tell that no country was merged, and the
	// open archives of each would follow where there are hardly enough for all.
	merged := !slices.ContainsFunc(r.Countries, func(c Country) bool { return c.ISO2 == publish.UnknownCountry })
	t.OpenInCountries = p.number(known, t.Countries.Hidden || known > 0 && unknown > 0 && merged)
	switch {
	case t.Countries.Hidden:
		t.CountriesQuality = ""
	case t.OpenInCountries.Hidden:
		t.CountriesQuality = survey.LowerBound // of how many archives the country is not known is withheld
	case known == 0 && unknown > 0:
		t.CountriesQuality = survey.UnknownQuality
	case unknown > 0:
		t.CountriesQuality = survey.LowerBound // the others may be in more countries
	}
}
