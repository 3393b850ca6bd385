package compare_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"strings"

	"leadglass/internal/publish"
	"leadglass/internal/survey"
)

// world is two surveys of the same archives, the second after some have come,
// gone or changed.
type world [2][]survey.Record

// newWorld makes a world in which small cells, large archives and small changes
// are frequent.
func newWorld(seed uint64) world {
	rng := rand.New(rand.NewPCG(seed, 11))
	var w world
	countries := strings.Fields("AR AU BR CH CN DE ES FR GB IN IT JP US ZZ")
	countries = countries[:1+rng.IntN(len(countries))]
	most, spread := 4+rng.IntN(40), 1+4*rng.Float64()
	for _, country := range countries {
		for _, v := range []survey.Verdict{survey.Protected, survey.Identified, survey.Open, survey.OpenImages} {
			for range few(rng, most) {
				i := len(w[0])
				w[0] = append(w[0], newRecord(rng, spread, i, v, country))
			}
		}
	}
	change := []float64{0, 0.03, 0.1, 0.4}[rng.IntN(4)]
	for _, r := range w[0] {
		i := len(w[1])
		switch {
		case rng.Float64() >= change:
		case rng.IntN(3) == 0:
			r = survey.Record{Finding: survey.Finding{Target: r.Finding.Target, Verdict: survey.Unreachable}}
		default:
			verdicts := []survey.Verdict{r.Finding.Verdict, survey.Protected, survey.OpenImages}
			r = newRecord(rng, spread, i, verdicts[rng.IntN(3)], r.Finding.Owner.Country)
		}
		w[1] = append(w[1], r)
	}
	for range rng.IntN(1 + int(change*float64(len(w[0])))) {
		w[1] = append(w[1], newRecord(rng, spread, len(w[1]), survey.OpenImages, countries[rng.IntN(len(countries))]))
	}
	return w
}

// few is a number below most, mostly a small one.
func few(rng *rand.Rand, most int) int {
	if rng.IntN(3) > 0 {
		return rng.IntN(min(most, 4))
	}
	return rng.IntN(most)
}

func newRecord(rng *rand.Rand, spread float64, i int, v survey.Verdict, country string) survey.Record {
	f := survey.Finding{Verdict: v, Owner: &survey.Owner{Country: country}, Counts: survey.NotCounted("closed"), Target: survey.Target{Address: fmt.Sprintf("2001:db8::1%03x", i)}}
	s := survey.Service{Port: 104, Outcome: survey.Answered, Protocol: survey.ProtocolDICOM,
		Levels:  survey.Levels{Speaks: true, Associates: v != survey.Protected},
		Product: survey.Product{Name: strings.Fields("Orthanc Conquest Horos ClearCanvas dcm4chee-arc Synapse")[few(rng, 6)], Confidence: survey.Certain},
		Toolkit: survey.Toolkit{Name: strings.Fields("DCMTK dcm4che fo-dicom pynetdicom")[few(rng, 4)]}}
	plain := rng.IntN(5) > 0
	if !plain || rng.IntN(6) == 0 {
		secure := s
		secure.Port, secure.TLS = 2762, &survey.TLS{Version: []string{"TLS 1.2", "TLS 1.3"}[few(rng, 2)]}
		f.Services = append(f.Services, secure)
	}
	if plain {
		f.Services = append(f.Services, s)
	}
	check := func(id string, state survey.CheckState) {
		f.Checks = append(f.Checks, survey.Check{ID: id, State: state, Severity: survey.High, Title: id})
	}
	failIf := func(fails bool) survey.CheckState {
		if fails {
			return survey.Fail
		}
		return survey.Pass
	}
	check("LG-D01", failIf(v != survey.Protected))
	check("LG-D03", failIf(plain))
	check("LG-D04", failIf(v.FreelyAccessible()))
	check("LG-D06", failIf(v == survey.OpenImages))
	check("LG-W03", []survey.CheckState{survey.Fail, survey.Pass, survey.Pass, survey.Unknown}[few(rng, 4)])
	if rng.IntN(8) == 0 {
		f.Viewer = survey.ViewerOpenHTTP
	}
	check("LG-W05", failIf(f.Viewer != ""))
	f.Grade = map[survey.Verdict]survey.Grade{survey.Protected: []survey.Grade{survey.GradeA, survey.GradeB}[few(rng, 2)],
		survey.Identified: []survey.Grade{survey.GradeC, survey.GradeD}[few(rng, 2)], survey.Open: survey.GradeF, survey.OpenImages: survey.GradeF}[v]
	f.Suspicion = survey.Suspicion{Honeypot: rng.IntN(12) == 0, TestData: rng.IntN(12) == 0}
	if v.FreelyAccessible() {
		newHoldings(rng, spread, &f)
	}
	return survey.Record{Finding: f}
}

// newHoldings fills in what an open archive holds: from 10 studies on, over so
// many powers of ten.
func newHoldings(rng *rand.Rand, spread float64, f *survey.Finding) {
	n := int64(math.Pow(10, 1+spread*rng.Float64()))
	c := &f.Counts
	c.Studies, c.ImagesLinked, c.ImagesAccessible = survey.ExactCount(n, ""), survey.ExactCount(n*(1+rng.Int64N(60)), ""), survey.ExactCount(0, "")
	if linked, _ := c.ImagesLinked.Int(); f.Verdict == survey.OpenImages {
		c.ImagesAccessible = survey.ExactCount(linked, "")
	}
	if rng.IntN(9) == 0 {
		c.ImagesLinked.Quality = survey.LowerBound
	}
	if rng.IntN(8) > 0 { // the others give numbers only
		old := rng.Int64N(n + 1)
		c.Years = map[string]int64{fmt.Sprint(2015 + few(rng, 6)): n - old, fmt.Sprint(2010 + few(rng, 5)): old}
		c.Modalities = map[string]int64{strings.Fields("CT MR US CR XA")[few(rng, 5)]: n}
	}
	f.IdentifyingClasses = []survey.IdentifyingClass{{Class: strings.Fields("patient-name patient-id birth-date")[few(rng, 3)], Present: true, Sampled: 1}}
	f.Traffic = survey.Traffic{Responses: n + 40, Queries: 30, BytesReceived: 300 * n}
}

// cells are what the archives of a survey add up to, by the name that the
// attacker gives each number.
func cells(rs []survey.Record) map[string]publish.Cell {
	all := map[string]publish.Cell{}
	for i := range rs {
		for name, n := range numbers(&rs[i].Finding) {
			if n != 0 {
				all[name] = all[name].Plus(publish.Cell{Archives: 1, Sum: n, Largest: n})
			}
		}
	}
	return all
}

// changes are what lies between two surveys.
func changes(w world) map[string]publish.Cell {
	all := map[string]publish.Cell{}
	for i := range w[1] {
		now, before := numbers(&w[1][i].Finding), map[string]int64{}
		if i < len(w[0]) {
			before = numbers(&w[0][i].Finding)
		}
		for name := range before {
			now[name] -= before[name]
		}
		for name, n := range now {
			if n != 0 {
				all[name] = all[name].Plus(publish.Cell{Archives: 1, Sum: max(n, -n), Largest: max(n, -n)})
			}
		}
	}
	return all
}

// numbers are what one archive adds.
func numbers(f *survey.Finding) map[string]int64 {
	n := map[string]int64{}
	if !f.Verdict.Speaks() {
		return n
	}
	open := f.Verdict.FreelyAccessible()
	count := func(is bool, name string) {
		if is {
			n[name]++
		}
	}
	both := func(is bool, name string) { // in all, and by country
		count(is, name)
		count(is, name+" "+f.Owner.Country)
	}
	both(true, "archives")
	both(open, "open")
	both(!open, "closed")
	both(f.Viewer != "", "viewers")
	count(true, "verdict "+string(f.Verdict))
	count(true, "grade "+string(f.Grade))
	count(true, "product "+f.Services[0].Product.Name)
	count(true, "toolkit "+f.Services[0].Toolkit.Name)
	plain, secure := f.Services[len(f.Services)-1].TLS == nil, f.Services[0].TLS
	count(plain && secure == nil, "transport plaintext only")
	count(plain && secure != nil, "transport plaintext and TLS")
	count(!plain, "transport TLS only")
	if secure != nil {
		count(true, "tls "+secure.Version)
	}
	for _, c := range f.Checks {
		count(true, map[survey.CheckState]string{survey.Fail: "failed ", survey.Pass: "passed ", survey.Unknown: "untested "}[c.State]+c.ID)
	}
	count(f.Suspicion.Honeypot, "honeypot")
	count(f.Suspicion.TestData, "test data")
	for _, c := range f.IdentifyingClasses {
		count(true, "class "+c.Class)
	}
	if !open {
		return n
	}
	count(true, "quality "+string(f.Counts.ImagesLinked.Quality))
	rest := "rest"
	if f.Suspicion.Any() {
		rest = "marked"
	}
	count(true, "open "+rest)
	studies, _ := f.Counts.Studies.Int()
	linked, _ := f.Counts.ImagesLinked.Int()
	accessible, _ := f.Counts.ImagesAccessible.Int()
	for name, v := range map[string]int64{"studies": studies, "linked": linked, "accessible": accessible, "kept": linked - accessible} {
		n[name] += v
		n[name+" "+f.Owner.Country] += v
		n[name+" "+rest] += v
	}
	n["year gap"], n["modality gap"] = studies, studies
	for year, v := range f.Counts.Years {
		n["year "+year] += v
		n["year gap"] -= v
	}
	for m, v := range f.Counts.Modalities {
		n["modality "+m] += v
		n["modality gap"] -= v
	}
	return n
}
