package lab

import (
	"net/netip"
	"slices"
	"strings"
)

// ScoreSchema names the form of Scores in JSON.
const ScoreSchema = "leadglass.score/1"

// Measured is what a survey says about one address.
type Measured struct {
	Address netip.Addr
	Country string
	Verdict string
	// Viewer is as in a finding: "open-http", …
	Viewer           string
	Marks            []Mark
	Studies          Number
	ImagesLinked     Number
	ImagesAccessible Number
	// Sampled says that identifying attributes were asked for,
	// IdentifyingClasses which classes there were.
	Sampled            bool
	IdentifyingClasses []string
}

// Number is a measured figure with its quality. Low and High are the interval
// of an estimate.
type Number struct {
	Value     int64
	Quality   Quality
	Low, High int64
}

// Scores compares a survey with the truth.
type Scores struct {
	Schema  string        `json:"schema"`
	Figures []ScoreFigure `json:"figures"`
	// ArchivesWrong counts the addresses about which the survey says anything
	// that is not so, or knows less than it could.
	ArchivesWrong int64 `json:"archives_wrong"`
	// Wrong lists them.
	Wrong []WrongArchive `json:"wrong,omitempty"`
}

// ScoreFigure is one figure: the truth, what was measured, and the difference
// measured - truth.
type ScoreFigure struct {
	Name     string `json:"name"`
	Truth    int64  `json:"truth"`
	Measured int64  `json:"measured"`
	Error    int64  `json:"error"`
}

// WrongArchive says what is wrong about one address.
type WrongArchive struct {
	Address netip.Addr `json:"address"`
	Wrong   []string   `json:"wrong"`
}

// AllRight reports whether every figure is met and no archive is wrong.
func (s *Scores) AllRight() bool {
	return s.ArchivesWrong == 0 && !slices.ContainsFunc(s.Figures, func(f ScoreFigure) bool { return f.Error != 0 })
}

// Score compares measured with the truth: totals, then countries, then
// archives, in this order.
func Score(truth Truth, measured []Measured) Scores {
	s := Scores{Schema: ScoreSchema}
	byAddress := map[netip.Addr]*Measured{}
	byCountry := map[string]*Totals{}
	var totals Totals
	for i := range measured {
		m := &measured[i]
		byAddress[m.Address] = m
		at := m.truth()
		totals.add(&at)
		if m.Country == "" {
			continue
		}
		if byCountry[m.Country] == nil {
			byCountry[m.Country] = &Totals{}
		}
		byCountry[m.Country].add(&at)
	}
	for _, t := range byCountry {
		if t.ArchivesOpen > 0 {
			totals.Countries++
		}
	}
	s.totals("", truth.Totals, totals)
	for _, c := range truth.Countries {
		var got Totals
		if m := byCountry[c.ISO2]; m != nil {
			got = *m
		}
		s.totals("country."+c.ISO2+".", c.Totals, got)
		delete(byCountry, c.ISO2)
	}
	for _, code := range sortedKeys(byCountry) { // countries that hold nothing in truth
		s.totals("country."+code+".", Totals{}, *byCountry[code])
	}
	s.archives(truth, byAddress)
	return s
}

func sortedKeys[V any](m map[string]V) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}

// truth gives a measurement the form of a truth, unknown figures as 0.
func (m *Measured) truth() ArchiveTruth {
	return ArchiveTruth{Address: m.Address, Country: m.Country, Verdict: m.Verdict, Viewer: m.Viewer, Marks: m.Marks,
		Studies: m.Studies.known(), ImagesLinked: m.ImagesLinked.known(), ImagesAccessible: m.ImagesAccessible.known()}
}

func (n Number) known() int64 {
	if n.Quality == Unknown {
		return 0
	}
	return n.Value
}

func (s *Scores) totals(prefix string, truth, measured Totals) {
	s.figure(prefix+"archives_analysed", truth.ArchivesAnalysed, measured.ArchivesAnalysed)
	s.figure(prefix+"archives_open", truth.ArchivesOpen, measured.ArchivesOpen)
	if prefix == "" {
		s.figure("countries", truth.Countries, measured.Countries)
	}
	s.figure(prefix+"study_records", truth.StudyRecords, measured.StudyRecords)
	s.figure(prefix+"images_linked", truth.ImagesLinked, measured.ImagesLinked)
	s.figure(prefix+"images_accessible", truth.ImagesAccessible, measured.ImagesAccessible)
	s.figure(prefix+"viewers_open", truth.ViewersOpen, measured.ViewersOpen)
	if prefix == "" {
		s.figure("us_records", truth.USRecords, measured.USRecords)
		s.figure("honeypots", truth.Honeypots, measured.Honeypots)
		s.figure("test_data", truth.TestData, measured.TestData)
		s.figure("veterinary", truth.Veterinary, measured.Veterinary)
	}
}

func (s *Scores) figure(name string, truth, measured int64) {
	s.Figures = append(s.Figures, ScoreFigure{name, truth, measured, measured - truth})
}

// archives adds the figures of the open archives, and finds what is wrong.
func (s *Scores) archives(truth Truth, measured map[netip.Addr]*Measured) {
	for i := range truth.Archives {
		t := &truth.Archives[i]
		m := measured[t.Address]
		delete(measured, t.Address)
		if m == nil {
			m = &Measured{Address: t.Address, Verdict: unreachable, Studies: Number{Quality: Unknown},
				ImagesLinked: Number{Quality: Unknown}, ImagesAccessible: Number{Quality: Unknown}}
		}
		if t.Verdict == open || t.Verdict == openImages {
			prefix := "archive." + t.Address.String() + "."
			s.figure(prefix+"study_records", t.Studies, m.Studies.known())
			s.figure(prefix+"images_linked", t.ImagesLinked, m.ImagesLinked.known())
			s.figure(prefix+"images_accessible", t.ImagesAccessible, m.ImagesAccessible.known())
			if t.Expected.IdentifyingClasses == Exact {
				s.figure(prefix+"identifying_classes", int64(len(t.IdentifyingClasses)), int64(len(m.IdentifyingClasses)))
			}
		}
		s.wrong(t.Address, t.wrong(m))
	}
	var rest []Measured
	for _, m := range measured {
		if m.Verdict != unreachable {
			rest = append(rest, *m)
		}
	}
	slices.SortFunc(rest, func(a, b Measured) int { return a.Address.Compare(b.Address) })
	for _, m := range rest {
		s.wrong(m.Address, []string{"there is no archive, measured " + m.Verdict})
	}
}

func (s *Scores) wrong(addr netip.Addr, what []string) {
	if len(what) > 0 {
		s.ArchivesWrong++
		s.Wrong = append(s.Wrong, WrongArchive{addr, what})
	}
}

// wrong says what of m is not so.
func (t *ArchiveTruth) wrong(m *Measured) []string {
	var out []string
	note := func(what, truth, got string) {
		if truth != got {
			out = append(out, what+" is "+orNone(truth)+", measured "+orNone(got))
		}
	}
	note("verdict", t.Verdict, m.Verdict)
	note("viewer", t.Viewer, viewerOf(m.Viewer))
	note("mark", words(t.Marks), words(m.Marks))
	if t.Country != "" && t.Verdict != unreachable {
		note("country", t.Country, m.Country)
	}
	if t.Verdict == open || t.Verdict == openImages {
		for _, f := range []struct {
			name     string
			truth    int64
			expected Quality
			got      Number
		}{
			{"studies", t.Studies, t.Expected.Studies, m.Studies},
			{"images linked", t.ImagesLinked, t.Expected.ImagesLinked, m.ImagesLinked},
			{"images accessible", t.ImagesAccessible, t.Expected.ImagesAccessible, m.ImagesAccessible},
		} {
			if why := f.got.wrong(f.truth, f.expected, t.Expected.Complete); why != "" {
				out = append(out, f.name+": "+why)
			}
		}
	}
	return append(out, t.wrongClasses(m)...)
}

// wrongClasses says which classes of identifying attributes were missed, or
// made up.
func (t *ArchiveTruth) wrongClasses(m *Measured) []string {
	switch {
	case !m.Sampled && t.Expected.IdentifyingClasses == Exact:
		return []string{"identifying classes: none was requested"}
	case !m.Sampled:
		return nil
	}
	var out []string
	for _, class := range t.IdentifyingClasses {
		if t.Expected.IdentifyingClasses == Exact && !slices.Contains(m.IdentifyingClasses, class) {
			out = append(out, "identifying class "+class+" is returned, and was not found")
		}
	}
	for _, class := range m.IdentifyingClasses {
		if !slices.Contains(t.IdentifyingClasses, class) {
			out = append(out, "identifying class "+class+" is not returned, and was found")
		}
	}
	return out
}

func orNone(s string) string {
	if s == "" {
		return "none"
	}
	return s
}

// viewerOf keeps only what the truth knows: open over plain HTTP or not.
func viewerOf(v string) string {
	if strings.EqualFold(v, openHTTP) {
		return openHTTP
	}
	return ""
}
