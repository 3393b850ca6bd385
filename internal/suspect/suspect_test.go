package suspect_test

import (
	"fmt"
	"os"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"leadglass/internal/products"
	"leadglass/internal/survey"
	"leadglass/internal/suspect"
)

// open is the finding of an open archive at an address with so many studies.
func open(address string, studies, images int64, years ...string) *survey.Finding {
	f := &survey.Finding{Verdict: survey.Open, Target: survey.Target{Host: address, Address: address, Port: 104},
		StartedAt: time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC), Counts: survey.NotCounted("not asked"),
		Suspicion: survey.Suspicion{Reasons: []string{}}}
	pdu := uint32(16384)
	f.Services = []survey.Service{{Port: 104, Protocol: survey.ProtocolDICOM, Outcome: survey.Answered, MaxPDU: &pdu,
		ImplementationClassUID: "1.2.276.0.7230010.3.0.3.6.7", ImplementationVersionName: "OFFIS_DCMTK_367",
		Toolkit: survey.Toolkit{Name: "DCMTK", Version: "3.6.7"}, Product: survey.Product{Name: "Orthanc", Confidence: survey.Likely},
		Levels:     survey.Levels{Speaks: true, Associates: true, QueryContext: true, QueryAnswered: true},
		SOPClasses: []string{"1.2.840.10008.1.1", "1.2.840.10008.5.1.4.1.2.2.1"},
		Behaviours: []string{survey.BehaviourAnyTitle, survey.BehaviourQueryAndStorage}}}
	f.Counts.Studies, f.Counts.ImagesLinked = survey.ExactCount(studies, "c-find"), survey.ExactCount(images, "c-find")
	f.Counts.Years = map[string]int64{}
	for _, y := range years {
		f.Counts.Years[y] = studies / int64(len(years))
	}
	return f
}

// with changes a finding, or its only service.
func with(f *survey.Finding, change func(*survey.Finding, *survey.Service)) *survey.Finding {
	change(f, &f.Services[0])
	return f
}

func facts(t testing.TB) suspect.Facts {
	t.Helper()
	table, err := products.Builtin()
	if err != nil {
		t.Fatal(err)
	}
	return suspect.Facts{Products: table}
}

func ids(signs []survey.Sign) string {
	var list []string
	for _, s := range signs {
		list = append(list, s.Rule)
	}
	return strings.Join(list, " ")
}

func marks(s survey.Suspicion) string {
	var list []string
	for mark, has := range map[string]bool{"honeypot": s.Honeypot, "test": s.TestData, "animals": s.Veterinary, "demo": s.DemoServer} {
		if has {
			list = append(list, mark)
		}
	}
	slices.Sort(list)
	return strings.Join(list, " ")
}

// TestHost shows each rule alone, what it takes to make it a mark, and what
// looks like it and is no sign.
func TestHost(t *testing.T) {
	product := func(name string, c survey.Confidence) func(*survey.Finding, *survey.Service) {
		return func(_ *survey.Finding, s *survey.Service) { s.Product = survey.Product{Name: name, Confidence: c} }
	}
	pdu := func(n uint32) func(*survey.Finding, *survey.Service) {
		return func(_ *survey.Finding, s *survey.Service) { s.MaxPDU = &n }
	}
	behaves := func(facts ...string) func(*survey.Finding, *survey.Service) {
		return func(_ *survey.Finding, s *survey.Service) { s.Behaviours = append(s.Behaviours, facts...) }
	}
	page := func(port uint16, name string, c survey.Confidence) func(*survey.Finding, *survey.Service) {
		return func(f *survey.Finding, _ *survey.Service) {
			f.Services = append(f.Services, survey.Service{Port: 8042, Protocol: survey.ProtocolHTTP, Outcome: survey.Answered,
				Product: survey.Product{Name: name, Confidence: c}, HTTP: &survey.HTTP{Status: 200, DICOMPort: port}})
		}
	}
	modalities := func(m map[string]int64) func(*survey.Finding, *survey.Service) {
		return func(f *survey.Finding, _ *survey.Service) { f.Counts.Modalities = m }
	}
	named := func(host string) func(*survey.Finding, *survey.Service) {
		return func(f *survey.Finding, _ *survey.Service) { f.Target.Host = host }
	}
	nothing := func(*survey.Finding, *survey.Service) {}
	old, recent := "2019", "2026"
	for _, test := range []struct {
		name    string
		studies int64
		year    string
		change  func(*survey.Finding, *survey.Service)
		species suspect.Species
		signs   string
		marks   string
	}{
		{"an ordinary archive", 1000, recent, nothing, suspect.Species{}, "", ""},
		{"large and old", 1000, old, nothing, suspect.Species{}, "", ""},
		{"small and recent", 12, recent, nothing, suspect.Species{}, "", ""},
		{"small, of last year", 12, "2025", nothing, suspect.Species{}, "", ""},
		{"small and old", 12, old, nothing, suspect.Species{}, "few-old-studies", ""},
		{"small, without dates", 12, "none", nothing, suspect.Species{}, "", ""},
		{"empty", 0, old, nothing, suspect.Species{}, "", ""},
		{"certainly a honeypot", 1000, recent, product("dicompot", survey.Certain), suspect.Species{}, "honeypot-certain", "honeypot"},
		{"likely a honeypot", 1000, recent, product("dicompot", survey.Likely), suspect.Species{}, "honeypot-likely", ""},
		{"likely, small and old", 12, old, product("dicompot", survey.Likely), suspect.Species{}, "honeypot-likely few-old-studies", "honeypot"},
		{"possibly, small and old", 12, old, product("dicompot", survey.Possible), suspect.Species{}, "honeypot-possible few-old-studies", ""},
		{"conflict", 12, old, func(_ *survey.Finding, s *survey.Service) { s.Toolkit.Conflict = "different versions" }, suspect.Species{}, "announcement-conflict few-old-studies", ""},
		{"DCMTK with the PDU of pynetdicom", 1000, recent, pdu(16382), suspect.Species{}, "announcement-contradicted", ""},
		{"the same, small and old", 12, old, pdu(16382), suspect.Species{}, "announcement-contradicted few-old-studies", "honeypot"},
		{"DCMTK without a limit", 1000, recent, pdu(0), suspect.Species{}, "announcement-contradicted", ""},
		{"DCMTK with 4 MiB", 1000, recent, pdu(4 << 20), suspect.Species{}, "announcement-contradicted", ""},
		{"DCMTK at its limits", 1000, recent, pdu(131072), suspect.Species{}, "", ""},
		{"page of the product", 1000, recent, page(104, "Orthanc", survey.Certain), suspect.Species{}, "", ""},
		{"page of another product", 1000, recent, page(104, "dcm4chee-arc", survey.Certain), suspect.Species{}, "announcement-contradicted", ""},
		{"page for another port", 1000, recent, page(4242, "dcm4chee-arc", survey.Certain), suspect.Species{}, "", ""},
		{"page that is not certain", 1000, recent, page(104, "dcm4chee-arc", survey.Likely), suspect.Species{}, "", ""},
		{"nonsense", 1000, recent, behaves(survey.BehaviourNonsenseContext), suspect.Species{}, "nonsense-beside-queries", ""},
		{"nonsense beside storage alone", 1000, recent, func(_ *survey.Finding, s *survey.Service) {
			s.Levels.QueryContext = false
			s.Behaviours = []string{survey.BehaviourNonsenseContext, survey.BehaviourStorageOnly}
		}, suspect.Species{}, "", ""},
		{"nonsense beside neither", 1000, recent, func(_ *survey.Finding, s *survey.Service) {
			s.Levels.QueryContext = false
			s.Behaviours = []string{survey.BehaviourNonsenseContext}
		}, suspect.Species{}, "nonsense", ""},
		{"nonsense, small and old", 9, old, behaves(survey.BehaviourNonsenseContext), suspect.Species{}, "nonsense-beside-queries few-old-studies", ""},
		{"a library that accepts everything", 9, old, func(_ *survey.Finding, s *survey.Service) {
			s.Toolkit = survey.Toolkit{Name: "Odil"}
			s.Behaviours = append(s.Behaviours, survey.BehaviourNonsenseContext)
		}, suspect.Species{}, "few-old-studies", ""},
		{"the library of dicompot", 9, old, func(_ *survey.Finding, s *survey.Service) {
			pdu := uint32(4 << 20)
			s.Toolkit, s.MaxPDU, s.Product = survey.Toolkit{}, &pdu, survey.Product{Confidence: survey.UnknownConf}
			s.Behaviours = append(s.Behaviours, survey.BehaviourNonsenseContext, survey.BehaviourNoAnnouncement)
		}, suspect.Species{}, "few-old-studies", ""},
		{"whole files", 10, recent, behaves(survey.BehaviourWholeFile), suspect.Species{}, "whole-file", ""},
		{"whole files, nonsense", 10, recent, behaves(survey.BehaviourWholeFile, survey.BehaviourNonsenseContext), suspect.Species{},
			"nonsense-beside-queries whole-file", "honeypot"},
		{"whole files of what may be a honeypot", 10, recent, func(_ *survey.Finding, s *survey.Service) {
			s.Product = survey.Product{Name: "dicompot", Confidence: survey.Possible}
			s.Behaviours = append(s.Behaviours, survey.BehaviourWholeFile)
		}, suspect.Species{}, "honeypot-possible whole-file", "honeypot"},
		{"a version that it did not have", 1000, recent, behaves(survey.BehaviourVersionDenied), suspect.Species{}, "version-denied", ""},
		{"a likely honeypot that denies the version", 1000, recent, func(_ *survey.Finding, s *survey.Service) {
			s.Product = survey.Product{Name: "dicompot", Confidence: survey.Likely}
			s.Behaviours = append(s.Behaviours, survey.BehaviourVersionDenied, survey.BehaviourDeniedLate)
		}, suspect.Species{}, "honeypot-likely version-denied", "honeypot"},
		{"impossible queries are one sign", 1000, recent, behaves(survey.BehaviourImpossible+survey.ImpossibleStudy,
			survey.BehaviourImpossible+survey.ImpossiblePatient, survey.BehaviourImpossible+survey.ImpossibleWorklist), suspect.Species{}, "impossible-query", ""},
		{"nonsense and an impossible query", 1000, recent, behaves(survey.BehaviourNonsenseContext, survey.BehaviourImpossible+survey.ImpossibleStudy),
			suspect.Species{}, "nonsense-beside-queries impossible-query", "honeypot"},
		{"a phantom's", 1000, recent, modalities(map[string]int64{"QA": 950, "CT": 1000}), suspect.Species{}, "qa-modalities", ""},
		{"a phantom's, small and old", 30, old, modalities(map[string]int64{"PHANTOM": 30}), suspect.Species{}, "few-old-studies qa-modalities", "test"},
		{"half a phantom's, small and old", 30, old, modalities(map[string]int64{"QC": 15, "CT": 15}), suspect.Species{}, "few-old-studies some-qa-modalities", ""},
		{"little quality assurance", 30, recent, modalities(map[string]int64{"QC": 5, "CT": 25}), suspect.Species{}, "", ""},
		{"too few for a share", 2, recent, modalities(map[string]int64{"QA": 2}), suspect.Species{}, "", ""},
		{"animals", 1000, recent, nothing, suspect.Species{Sampled: 5, Species: 5, Breed: 4}, "species breed", "animals"},
		{"species alone", 1000, recent, nothing, suspect.Species{Sampled: 5, Species: 5}, "species", ""},
		{"some animals", 1000, recent, nothing, suspect.Species{Sampled: 5, Species: 2, Breed: 2}, "", ""},
		{"a demonstration server", 1000, recent, named("WWW.dicomserver.co.uk."), suspect.Species{}, "demo-name", "demo test"},
		{"a name that resembles one", 1000, recent, named("dicomserver.co.uk.example.org"), suspect.Species{}, "", ""},
		{"the address of one", 1000, recent, func(f *survey.Finding, s *survey.Service) { f.Target.Address, s.Port = "::ffff:184.73.255.26", 11112 },
			suspect.Species{}, "demo-address", ""},
		{"another port of it", 1000, recent, func(f *survey.Finding, s *survey.Service) { f.Target.Address, s.Port = "184.73.255.26", 104 },
			suspect.Species{}, "", ""},
		{"the address of one, small and old", 12, old, func(f *survey.Finding, s *survey.Service) { f.Target.Address, s.Port = "184.73.255.26", 11112 },
			suspect.Species{}, "few-old-studies demo-address", "demo test"},
	} {
		t.Run(test.name, func(t *testing.T) {
			f := with(open("192.0.2.1", test.studies, test.studies*20, test.year), test.change)
			x := facts(t)
			x.Species = test.species
			var err error
			if x.Demos, err = suspect.BuiltinDemos(); err != nil {
				t.Fatal(err)
			}
			signs := suspect.Host(f, x)
			got := suspect.Weigh(signs)
			if ids(signs) != test.signs || marks(got) != test.marks {
				t.Errorf("signs %q, marks %q; want %q, %q", ids(signs), marks(got), test.signs, test.marks)
			}
			if got.Any() != (len(got.Reasons) > 0) {
				t.Errorf("marks %q for the reasons %q", marks(got), got.Reasons)
			}
			for _, s := range signs {
				if !strings.HasSuffix(s.Text, ".") || strings.ContainsAny(s.Text, "\n%") {
					t.Errorf("%s is no sentence: %q", s.Rule, s.Text)
				}
			}
		})
	}
}

// TestNoSignAloneMarks: only what is called proof does, however often it is
// seen.
func TestNoSignAloneMarks(t *testing.T) {
	var seen []string
	for _, r := range suspect.Rules() {
		if slices.Contains(seen, r.ID) || r.Weight < 1 || r.Weight > 3 || len(r.Of) == 0 || r.When == "" || r.Why == "" {
			t.Errorf("rule %+v", r)
		}
		seen = append(seen, r.ID)
		one := survey.Sign{Rule: r.ID, Kind: r.Kind, Of: r.Of, Weight: r.Weight, Text: "Seen."}
		if got := suspect.Weigh([]survey.Sign{one, one, one}).Any(); got != (r.Weight >= suspect.Needed) {
			t.Errorf("%s of weight %d alone marks: %v", r.ID, r.Weight, got)
		}
	}
}

// TestDocumentation: docs/suspicion.md has the table of rules.
func TestDocumentation(t *testing.T) {
	text, err := os.ReadFile("../../docs/suspicion.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range suspect.Rules() {
		var of []string
		for _, s := range r.Of {
			of = append(of, string(s))
		}
		row := fmt.Sprintf("| %s | %s | %d | %s | %s |", r.Kind, strings.Join(of, ", "), r.Weight, r.When, r.Why)
		if !strings.Contains(string(text), row) {
			t.Errorf("docs/suspicion.md lacks the row\n%s", row)
		}
	}
}

// compare adds all findings and judges each.
func compare(all []*survey.Finding) {
	fleet := suspect.NewFleet()
	for _, f := range all {
		fleet.Add(f)
	}
	for _, f := range all {
		fleet.Judge(f)
	}
}

// TestFleet shows which repetition is suspicious, from both sides.
func TestFleet(t *testing.T) {
	spread := func(n int, make func(i int, address string) *survey.Finding) []*survey.Finding {
		var all []*survey.Finding
		for i := range n {
			all = append(all, make(i, fmt.Sprintf("198.%d.7.%d", 10+i%5, i)))
		}
		return all
	}
	same := func(_ int, address string) *survey.Finding { return open(address, 30, 640, "2018", "2019") }
	other := func(f *survey.Finding, i int) *survey.Finding {
		f.Services[0].ImplementationVersionName = fmt.Sprint("OTHER", i)
		return f
	}
	portal := func(i int, address string) *survey.Finding {
		f := open(address, 0, 0)
		f.Verdict, f.Counts = survey.Identified, survey.NotCounted("no query was answered")
		f.Services = append(f.Services, survey.Service{Port: 443, Protocol: survey.ProtocolHTTP, Outcome: survey.Answered,
			HTTP: &survey.HTTP{Status: 200, Shape: "0123456789abcdef"}})
		return f
	}
	for _, test := range []struct {
		name   string
		all    []*survey.Finding
		signs  string
		marked string
	}{
		{"a fleet with its contents", spread(7, same), "same-contents same-everything", ""},
		{"a fleet of four", spread(4, same), "same-contents", ""},
		{"the same contents in two networks", []*survey.Finding{same(0, "198.51.1.1"), same(0, "198.51.2.1"), same(0, "198.51.3.1"),
			same(0, "198.52.1.1"), same(0, "198.52.2.1"), same(0, "198.52.9.1")}, "", ""},
		{"the same contents under different products", spread(6, func(i int, a string) *survey.Finding { return other(same(i, a), i) }), "same-contents", ""},
		{"forty stock Orthancs", spread(40, func(i int, a string) *survey.Finding { return open(a, int64(100+i), int64(3000+i), "2026") }), "", ""},
		{"forty empty Orthancs", spread(40, func(i int, a string) *survey.Finding { return open(a, 0, 0) }), "", ""},
		{"forty Orthancs with a few test images", spread(40, func(i int, a string) *survey.Finding { return open(a, 2, 4, "2019") }), "", ""},
		{"forty that refuse queries", spread(40, func(i int, a string) *survey.Finding {
			f := open(a, 0, 0)
			f.Verdict, f.Counts = survey.Identified, survey.NotCounted("refused")
			return f
		}), "", ""},
		{"lower bounds that are equal", spread(40, func(i int, a string) *survey.Finding {
			f := open(a, 100, 500, "2019")
			f.Counts.Studies = survey.AtLeast(100, "c-find", "the archive cuts lists")
			return f
		}), "", ""},
		{"the same page of no product", spread(7, portal), "same-page", ""},
		{"the same page of a product", spread(7, func(i int, a string) *survey.Finding {
			f := portal(i, a)
			f.Services[1].HTTP.Page = "orthanc-explorer"
			return f
		}), "", ""},
		{"the same page beside a maker's own announcement", spread(7, func(i int, a string) *survey.Finding {
			f := portal(i, a)
			f.Services[0].Toolkit, f.Services[0].ImplementationClassUID = survey.Toolkit{}, "2.25.9"
			return f
		}), "", ""},
		{"one site over many networks", spread(40, func(i int, a string) *survey.Finding {
			f := same(i, a)
			f.Owner = &survey.Owner{Site: "Hospital group"}
			return f
		}), "", ""},
		{"IPv6", []*survey.Finding{same(0, "2001:db8::1"), same(0, "2001:db9::1"), same(0, "2001:dba:7::1"), same(0, "2001:dba:8::1"), same(0, "2001:db9::2")},
			"same-contents same-everything", ""},
		{"IPv6 in one network", []*survey.Finding{same(0, "2001:db8::1"), same(0, "2001:db8:1::1"), same(0, "2001:db8:2::1"), same(0, "2001:db8:3::1"), same(0, "2001:db8:4::1")}, "", ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			compare(test.all)
			for _, f := range test.all {
				if got := ids(f.Suspicion.Signs); got != test.signs || f.Suspicion.Any() {
					t.Errorf("%s: signs %q, marks %q; want %q and none", f.Target.Address, got, marks(f.Suspicion), test.signs)
				}
			}
		})
	}
}

// TestFleetMarks: with the sign of the contents itself, repetition marks; and
// judging again changes nothing.
func TestFleetMarks(t *testing.T) {
	var all []*survey.Finding
	for i := range 7 {
		f := open(fmt.Sprintf("198.%d.7.1", 10+i), 30, 640, "2018", "2019")
		f.Suspicion = suspect.Weigh(suspect.Host(f, facts(t)))
		all = append(all, f)
	}
	compare(all)
	for _, f := range all {
		if got := marks(f.Suspicion); got != "honeypot test" || len(f.Suspicion.Reasons) != 3 {
			t.Errorf("marks %q, reasons %q", got, f.Suspicion.Reasons)
		}
	}
	fleet := suspect.NewFleet()
	for _, f := range all {
		fleet.Add(f)
	}
	for _, f := range all {
		if fleet.Judge(f) {
			t.Error("judging again changed a finding")
		}
	}
	// Alone, it loses what the others gave it.
	alone := suspect.NewFleet()
	alone.Add(all[0])
	if !alone.Judge(all[0]) || all[0].Suspicion.Any() || ids(all[0].Suspicion.Signs) != "few-old-studies" {
		t.Errorf("alone: %+v", all[0].Suspicion)
	}
}

// TestFleetIsSmall: a hundred thousand different archives fit into a few tens
// of megabytes.
func TestFleetIsSmall(t *testing.T) {
	const archives, most = 100_000, 48 << 20
	heap := func() uint64 {
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return m.HeapAlloc
	}
	before := heap()
	fleet := suspect.NewFleet()
	f := open("192.0.2.1", 0, 0, "2019")
	for i := range int64(archives) {
		f.Counts.Studies = survey.ExactCount(100+i, "c-find")
		fleet.Add(f)
	}
	if grown := heap() - before; grown > most {
		t.Errorf("%d archives take %d bytes, want at most %d", archives, grown, most)
	} else {
		t.Logf("%d bytes an archive", grown/archives)
	}
	runtime.KeepAlive(fleet)
}

// TestDemosAreSourced: whoever is called a demonstration server is called so by
// somebody.
func TestDemosAreSourced(t *testing.T) {
	for _, text := range []string{"where,what,source,checked\nexample.org,,x,2026-01-01\n", "where,what,source,checked\nexample.org,a,,2026-01-01\n",
		"where,what,source,checked\nexample.org,a\n"} {
		if _, err := suspect.ReadDemos(text); err == nil {
			t.Errorf("accepted: %q", text)
		}
	}
}
