package lab

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
)

// TruthSchema names the form of Truth in JSON.
const TruthSchema = "leadglass.truth/1"

// Quality is how well a number can be known, as in a finding of a survey.
type Quality string

// The qualities, best first.
const (
	Exact      Quality = "exact"
	Estimate   Quality = "estimate"
	LowerBound Quality = "lower-bound"
	Unknown    Quality = "unknown"
)

// rank is 0 for the best quality; -1 for none.
func (q Quality) rank() int {
	return slices.Index([]Quality{Exact, Estimate, LowerBound, Unknown}, q)
}

// The verdicts of a survey, least exposed first.
const (
	unreachable = "unreachable"
	notDICOM    = "not-dicom"
	protected   = "protected"
	identified  = "identified"
	open        = "open"
	openImages  = "open-images"
)

var verdicts = []string{unreachable, notDICOM, protected, identified, open, openImages}

// Truth is what there is to be found in a fleet.
type Truth struct {
	Schema string `json:"schema"`
	Fleet  string `json:"fleet"`
	Totals Totals `json:"totals"`
	// Countries are in order of their codes.
	Countries []CountryTruth `json:"countries"`
	Archives  []ArchiveTruth `json:"archives"`
}

// Totals are the figures of a set of archives. Studies and images are those of
// open archives; a study held by two archives counts twice.
type Totals struct {
	// ArchivesAnalysed counts the addresses where anything answers.
	ArchivesAnalysed int64 `json:"archives_analysed"`
	ArchivesOpen     int64 `json:"archives_open"`
	// Countries counts those with an open archive.
	Countries        int64 `json:"countries"`
	StudyRecords     int64 `json:"study_records"`
	ImagesLinked     int64 `json:"images_linked"`
	ImagesAccessible int64 `json:"images_accessible"`
	// ViewersOpen counts the addresses with an image viewer without login over
	// plain HTTP.
	ViewersOpen int64 `json:"viewers_open"`
	// USRecords is StudyRecords of the United States.
	USRecords int64 `json:"us_records"`
	// SSNRecords counts the study records whose patient ID has the form of a US
	// Social Security number.
	SSNRecords int64 `json:"ssn_records"`
	// Honeypots, TestData and Veterinary count the archives with each mark.
	Honeypots  int64 `json:"honeypots"`
	TestData   int64 `json:"test_data"`
	Veterinary int64 `json:"veterinary"`
}

// CountryTruth is the figures of a country.
type CountryTruth struct {
	ISO2 string `json:"iso2"`
	Name string `json:"name"`
	Totals
	// Provenance says of each figure whether it was published or is modelled.
	Provenance map[string]Provenance `json:"provenance,omitempty"`
}

// ArchiveTruth is what there is to be found at one address.
type ArchiveTruth struct {
	Address netip.Addr `json:"address"`
	Port    uint16     `json:"port"`
	Name    string     `json:"name,omitempty"`
	Country string     `json:"country,omitempty"`
	Verdict string     `json:"verdict"`
	// Viewer is "open-http" or empty.
	Viewer  string `json:"viewer,omitempty"`
	Product string `json:"product,omitempty"`
	// Marks say what the archive is where it does not hold patients.
	Marks []Mark `json:"marks,omitempty"`
	// The figures are 0 for archives that are not open.
	Studies          int64 `json:"studies"`
	ImagesLinked     int64 `json:"images_linked"`
	ImagesAccessible int64 `json:"images_accessible"`
	Patients         int64 `json:"patients"`
	SSNRecords       int64 `json:"ssn_records"`
	// IdentifyingClasses are the classes of identifying attributes that queries
	// return, in order.
	IdentifyingClasses []string `json:"identifying_classes"`
	// Expected is how well a good survey knows each figure.
	Expected Expected `json:"expected"`
	// Why explains an expectation below exact.
	Why string `json:"why,omitempty"`
}

// Expected is the quality to expect of each figure of an open archive.
type Expected struct {
	Studies          Quality `json:"studies"`
	ImagesLinked     Quality `json:"images_linked"`
	ImagesAccessible Quality `json:"images_accessible"`
	// IdentifyingClasses is exact where a sample of studies can be taken, and a
	// lower bound where only part of the attributes can be asked for.
	IdentifyingClasses Quality `json:"identifying_classes"`
	// Complete says that a lower bound has to be the truth itself.
	Complete bool `json:"complete,omitempty"`
}

// openHTTP is the value of Viewer for a viewer without login over plain HTTP.
const openHTTP = "open-http"

// Truth returns the truth about the fleet.
func (f *Fleet) Truth() Truth {
	t := Truth{Schema: TruthSchema, Fleet: f.File.Name}
	byCountry := map[string]*CountryTruth{}
	for _, c := range f.File.Countries {
		byCountry[c.ISO2] = &CountryTruth{ISO2: c.ISO2, Name: c.Name, Provenance: c.provenance()}
	}
	for _, a := range f.Archives {
		at := a.Truth()
		t.Archives = append(t.Archives, at)
		t.Totals.add(&at)
		if at.Country == "" {
			continue
		}
		c := byCountry[at.Country]
		if c == nil {
			c = &CountryTruth{ISO2: at.Country, Name: at.Country}
			byCountry[at.Country] = c
		}
		c.add(&at)
	}
	for _, c := range byCountry {
		if c.ArchivesOpen > 0 {
			c.Countries = 1
			t.Totals.Countries++
		}
		t.Countries = append(t.Countries, *c)
	}
	slices.SortFunc(t.Countries, func(a, b CountryTruth) int { return strings.Compare(a.ISO2, b.ISO2) })
	return t
}

func (t *Totals) add(a *ArchiveTruth) {
	if a.Verdict != unreachable {
		t.ArchivesAnalysed++
	}
	t.count(a.Marks)
	if a.Viewer == openHTTP {
		t.ViewersOpen++
	}
	if a.Verdict != open && a.Verdict != openImages {
		return
	}
	t.ArchivesOpen++
	t.StudyRecords += a.Studies
	t.ImagesLinked += a.ImagesLinked
	t.ImagesAccessible += a.ImagesAccessible
	t.SSNRecords += a.SSNRecords
	if a.Country == "US" {
		t.USRecords += a.Studies
	}
}

func (c *Country) provenance() map[string]Provenance {
	m := map[string]Provenance{}
	for name, f := range map[string]*Figure{"archives_open": c.SystemsOpen, "study_records": c.StudyRecords,
		"images_linked": c.ImagesLinked, "images_accessible": c.ImagesAccessible} {
		if f != nil {
			m[name] = f.From
		}
	}
	return m
}

// Truth returns the truth about one archive.
func (a *Archive) Truth() ArchiveTruth {
	g := a.Group
	t := ArchiveTruth{Address: a.Address, Port: g.Port, Name: g.Name, Country: g.Country,
		Verdict: a.verdict(), Product: a.persona.product, Marks: a.marks(),
		IdentifyingClasses: []string{},
		Expected:           Expected{Studies: Exact, ImagesLinked: Exact, ImagesAccessible: Exact, IdentifyingClasses: Unknown}}
	for i := range g.Web {
		if g.Web[i].viewer() && !g.Web[i].TLS.on() {
			t.Viewer = openHTTP
		}
	}
	if t.Verdict != open && t.Verdict != openImages {
		t.Expected = Expected{Studies: Unknown, ImagesLinked: Unknown, ImagesAccessible: Unknown, IdentifyingClasses: Unknown}
	} else if a.contents != nil {
		spec := a.contents.Spec()
		t.Studies, t.ImagesLinked = spec.Studies(), spec.Images()
		t.Patients, t.SSNRecords = a.contents.Patients(), spec.SSN
		if t.Verdict == openImages {
			t.ImagesAccessible = spec.Online.Images
		}
		if v := g.dicomVerdict(); t.Studies > 0 && (v == open || v == openImages) {
			t.IdentifyingClasses, t.Expected.IdentifyingClasses = a.classes(), Exact
		}
		if !a.persona.counts {
			t.Expected.ImagesLinked, t.Expected.ImagesAccessible = Unknown, Unknown
			t.Why = "the product does not tell how many images a study has"
		}
	}
	if e := g.Expect; e != nil {
		e.override(&t)
	}
	return t
}

func (e *Expect) override(t *ArchiveTruth) {
	for _, o := range []struct {
		from Quality
		to   *Quality
	}{{e.Studies, &t.Expected.Studies}, {e.ImagesLinked, &t.Expected.ImagesLinked},
		{e.ImagesAccessible, &t.Expected.ImagesAccessible}, {e.Classes, &t.Expected.IdentifyingClasses}} {
		if o.from != "" {
			*o.to = o.from
		}
	}
	t.Expected.Complete = e.Complete
	if e.Why != "" {
		t.Why = e.Why
	}
}

func (g *Group) validateExpect() error {
	if g.Expect == nil {
		return nil
	}
	for _, q := range []Quality{g.Expect.Studies, g.Expect.ImagesLinked, g.Expect.ImagesAccessible, g.Expect.Classes} {
		if q != "" && q.rank() < 0 {
			return fmt.Errorf("unknown quality %q", q)
		}
	}
	if v := g.Expect.Verdict; v != "" && !slices.Contains(verdicts, v) {
		return fmt.Errorf("unknown verdict %q; known are %q", v, verdicts)
	}
	return nil
}

// verdict follows from the configuration alone.
func (a *Archive) verdict() string {
	g := a.Group
	if g.Expect != nil && g.Expect.Verdict != "" {
		return g.Expect.Verdict
	}
	verdict := g.dicomVerdict()
	for i := range g.Web {
		switch w := &g.Web[i]; {
		case w.retrieved():
			return openImages
		case w.queried() && verdict != openImages:
			verdict = open
		case w.guarded() && (verdict == notDICOM || verdict == unreachable):
			verdict = protected
		}
	}
	return verdict
}

// dicomVerdict is the verdict without what the web servers answer.
func (g *Group) dicomVerdict() string {
	switch {
	case g.Speaks == Closed && len(g.Web) == 0:
		return unreachable
	case g.Speaks != SpeaksDICOM:
		return notDICOM
	case g.TLS == MutualTLS && g.PlainPort == 0:
		return notDICOM // as far as anybody can see who has no certificate
	case g.Reject != nil, g.CallingTitle != "",
		g.CalledTitle != "" && g.CalledTitle != defaultTitle:
		return protected
	case g.Query == QueryRefused:
		return identified
	case g.Retrieval != NoRetrieval:
		return openImages
	}
	return open
}

// defaultTitle stands in a fleet file for the persona's own AE title.
const defaultTitle = "default"

// checkCountries compares the figures that a fleet file states with what its
// archives add up to.
func (f *Fleet) checkCountries() error {
	truth := f.Truth()
	byCode := map[string]Totals{}
	for _, c := range truth.Countries {
		byCode[c.ISO2] = c.Totals
	}
	for i := range f.File.Countries {
		c := &f.File.Countries[i]
		got := byCode[c.ISO2]
		for _, check := range []struct {
			name   string
			figure *Figure
			got    int64
		}{
			{"systems_open", c.SystemsOpen, got.ArchivesOpen},
			{"study_records", c.StudyRecords, got.StudyRecords},
			{"images_linked", c.ImagesLinked, got.ImagesLinked},
			{"images_accessible", c.ImagesAccessible, got.ImagesAccessible},
		} {
			if check.figure != nil && check.figure.Value != check.got {
				return fmt.Errorf("country %s: %s is stated as %d, its archives add up to %d",
					c.ISO2, check.name, check.figure.Value, check.got)
			}
		}
	}
	for _, a := range f.Archives {
		if err := f.inCountry(a); err != nil {
			return err
		}
	}
	return nil
}

// inCountry checks that the address of an archive lies in its country.
func (f *Fleet) inCountry(a *Archive) error {
	for i := range f.File.Countries {
		c := &f.File.Countries[i]
		inside := slices.ContainsFunc(c.Prefixes, func(p Prefix) bool { return p.Contains(a.Address) })
		switch {
		case c.ISO2 == a.Group.Country && !inside:
			return fmt.Errorf("%s is in country %s, but in none of its prefixes %v", a.Address, c.ISO2, c.Prefixes)
		case c.ISO2 != a.Group.Country && inside:
			return fmt.Errorf("%s is in a prefix of country %s, but in country %q", a.Address, c.ISO2, a.Group.Country)
		}
	}
	return nil
}
