package products_test

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"

	"leadglass/internal/products"
	"leadglass/internal/survey"
)

func builtin(t testing.TB) *products.Table {
	t.Helper()
	p, err := products.Builtin()
	if err != nil {
		t.Fatal(err)
	}
	return p
}

type announced struct{ UID, Name, Version string }

// rows are the examples in the files beside this one.
type rows struct {
	Toolkits []struct {
		Name        string
		UID         string
		NamePattern string `yaml:"name_pattern"`
		Confidence  survey.Confidence
		Source      string
		Match       announced
		Conflict    []announced
	}
	Products []struct {
		Name      string
		Behaviour []struct{ All, None []string }
		DICOM     []struct {
			Confidence survey.Confidence
			Match      announced
		} `yaml:"dicom"`
		HTTP []struct {
			Page, Path string
			Confidence survey.Confidence
			Match      struct {
				Landing, Title, Realm, Body string
				Status                      int
				Favicon                     int32
				Header, Meta                map[string]string
			}
		} `yaml:"http"`
	}
}

func examples(t *testing.T) rows {
	t.Helper()
	files, err := filepath.Glob("*.yaml")
	if err != nil || len(files) == 0 {
		t.Fatalf("no files of fingerprints: %v", err)
	}
	var all rows
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		var r rows
		if err := yaml.Unmarshal(data, &r); err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		all.Toolkits = append(all.Toolkits, r.Toolkits...)
		all.Products = append(all.Products, r.Products...)
	}
	return all
}

// both are the table, and the table in the reverse order: the names of files,
// which order it, say nothing of what fits.
func both(t *testing.T) []*products.Table {
	p := builtin(t)
	return []*products.Table{p, p.Reversed()}
}

func TestEveryToolkitRowHasAnExampleThatMatches(t *testing.T) {
	for _, p := range both(t) {
		testToolkitExamples(t, p)
	}
}

func testToolkitExamples(t *testing.T, p *products.Table) {
	for _, k := range examples(t).Toolkits {
		t.Run(k.Name, func(t *testing.T) {
			if k.Match == (announced{}) {
				t.Fatal("no example")
			}
			got, _ := p.DICOM(k.Match.UID, k.Match.Name)
			if got.Name != k.Name || got.Version != k.Match.Version || got.Conflict != "" {
				t.Errorf("%+v announced: %+v, want %s %q without conflict", k.Match, got, k.Name, k.Match.Version)
			}
			if k.UID != "" && (k.NamePattern == "" || k.Match.Name != "") && got.Confidence != k.Confidence {
				t.Errorf("confidence %q where class UID and version name agree, want %q", got.Confidence, k.Confidence)
			}
			if k.UID != "" && len(k.Conflict) == 0 {
				t.Error("no example of a conflict")
			}
			for _, c := range k.Conflict {
				got, _ := p.DICOM(c.UID, c.Name)
				if k.NamePattern == "" && got.Name == k.Name && got.Confidence == survey.Possible {
					continue // rows without a pattern conflict with names of other toolkits only
				}
				if got.Confidence != survey.Possible || got.Conflict == "" {
					t.Errorf("%+v announced: %+v, want a conflict", c, got)
				}
			}
		})
	}
}

func TestEverySignOfAProductHasAnExampleThatMatches(t *testing.T) {
	for _, p := range both(t) {
		testProductExamples(t, p)
	}
}

func testProductExamples(t *testing.T, p *products.Table) {
	for _, product := range examples(t).Products {
		for _, s := range product.DICOM {
			_, got := p.DICOM(s.Match.UID, s.Match.Name)
			version := ""
			if got.Version != nil {
				version = *got.Version
			}
			if s.Match == (announced{}) || got.Name != product.Name || version != s.Match.Version {
				t.Errorf("%s: %+v announced: %+v, version %q", product.Name, s.Match, got, version)
			}
			if got.Confidence != s.Confidence && got.Confidence != survey.Possible {
				t.Errorf("%s: confidence %q, want %q or less", product.Name, got.Confidence, s.Confidence)
			}
		}
		for _, s := range product.HTTP {
			m := s.Match
			page := &products.Page{Path: s.Path, Landing: m.Landing, Status: m.Status, Title: []byte(m.Title), Realms: []string{m.Realm},
				Body: []byte(m.Body), Favicon: m.Favicon, Header: map[string][]string{}}
			for k, v := range m.Meta {
				page.Meta = append(page.Meta, products.Meta{Name: []byte(k), Content: []byte(v)})
			}
			for k, v := range m.Header {
				page.Header[k] = []string{v}
			}
			got, ok := p.HTTP(page)
			if !ok || got.Product.Name != product.Name || got.Page != s.Page {
				t.Errorf("%s, page %s: example found as %+v", product.Name, s.Page, got)
			}
			if page.Title = append(page.Title, " and more of something else"...); m.Title != "" {
				if got, ok := p.HTTP(page); ok && got.Product.Confidence == survey.Certain && got.Product.Evidence[0] == products.EvidenceTitle {
					t.Errorf("%s: title %q is taken for certain", product.Name, page.Title)
				}
			}
		}
	}
}

func TestToolkits(t *testing.T) {
	tests := []struct {
		name, uid, version string
		toolkit, want      string
		confidence         survey.Confidence
		conflict           bool
	}{
		{"DCMTK 3.6.7", "1.2.276.0.7230010.3.0.3.6.7", "OFFIS_DCMTK_367", "DCMTK", "3.6.7", survey.Certain, false},
		{"DCMTK 3.7.0", "1.2.276.0.7230010.3.0.3.7.0", "OFFIS_DCMTK_370", "DCMTK", "3.7.0", survey.Certain, false},
		{"DCMTK without a name", "1.2.276.0.7230010.3.0.3.6.9", "", "DCMTK", "3.6.9", survey.Likely, false},
		{"DCMTK's name with another UID", "1.2.3.4", "OFFIS_DCMTK_364", "DCMTK", "3.6.4", survey.Likely, false},
		{"the mistyped root of another table", "1.2.276.0.7238010.3.0.3.6.7", "", "", "", "", false},
		{"an arc that only begins so", "1.2.276.0.7230010.3.01", "", "", "", "", false},
		{"pynetdicom 1.5.7", "1.2.826.0.1.3680043.9.3811.1.5.7", "PYNETDICOM_157", "pynetdicom", "1.5.7", survey.Certain, false},
		{"two toolkits", "1.2.40.0.13.1.3", "OFFIS_DCMTK_367", "dcm4che", "", survey.Possible, true},
		{"two versions", "1.2.276.0.7230010.3.0.3.6.2", "OFFIS_DCMTK_367", "DCMTK", "3.6.7", survey.Possible, true},
		{"dcm4che without a manifest", "1.2.40.0.13.1.3", "dcm4che-null", "dcm4che", "", survey.Certain, false},
		{"nothing", "", "", "", "", "", false},
		{"unknown", "2.25.1", "VENDORPACS_42", "", "", "", false},
	}
	p := builtin(t)
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, _ := p.DICOM(tt.uid, tt.version)
			if got.Name != tt.toolkit || got.Version != tt.want || got.Confidence != tt.confidence || (got.Conflict != "") != tt.conflict {
				t.Errorf("%+v, want %s %s, %s, conflict %v", got, tt.toolkit, tt.want, tt.confidence, tt.conflict)
			}
		})
	}
}

func TestProductIsNotTheToolkit(t *testing.T) {
	p := builtin(t)
	for _, k := range p.List().Toolkits {
		_, product := p.DICOM("1.2.276.0.7230010.3.0.3.6.7", "OFFIS_DCMTK_367")
		if product.Name != "unknown" || product.Confidence != survey.UnknownConf || product.Evidence == nil {
			t.Fatalf("product of an announcement of %s: %+v", k.Name, product)
		}
	}
	_, ge := p.DICOM("1.2.840.113619.6.999", "")
	if ge.Name != "unknown" || ge.Vendor != "GE HealthCare" || ge.Confidence != survey.UnknownConf {
		t.Errorf("an announcement in GE's arc: %+v", ge)
	}
}

func TestBehaviour(t *testing.T) {
	p := builtin(t)
	const any, all = survey.BehaviourAnyTitle, survey.BehaviourQueryAndStorage
	tests := []struct {
		name       string
		toolkit    string
		facts      []string
		product    string
		confidence survey.Confidence
	}{
		{"stock Orthanc", "DCMTK", []string{any, all, "find:abort"}, "Orthanc", survey.Likely},
		{"Orthanc that answers", "DCMTK", []string{any, all, "find:0000", "get-unknown-uid:C000"}, "Orthanc", survey.Likely},
		{"Orthanc with a limit", "DCMTK", []string{survey.BehaviourTitleRefused, all, "find-limit:FE00"}, "Orthanc", survey.Likely},
		{"one weak fact", "DCMTK", []string{"get-unknown-uid:C000"}, "Orthanc", survey.Possible},
		{"dcmqrscp", "DCMTK", []string{survey.BehaviourTitleRefused, all, "find:0000", survey.BehaviourCountsAbsent, "get-unknown-uid:0000"}, "DCMTK dcmqrscp", survey.Likely},
		{"the same of another toolkit", "fo-dicom", []string{any, all, "find:abort", "get-unknown-uid:C000"}, "", ""},
		{"no toolkit", "", []string{any, all, "find:abort"}, "", ""},
		{"nothing seen", "DCMTK", nil, "", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, ok := p.Behaviour(tt.toolkit, tt.facts)
			if ok != (tt.product != "") || ok && (got.Name != tt.product || got.Confidence != tt.confidence) {
				t.Errorf("%+v, %v; want %q, %q", got, ok, tt.product, tt.confidence)
			}
		})
	}
}

func TestBehavioursInRulesAreOnesThatStagesReport(t *testing.T) {
	fixed := []string{survey.BehaviourAnyTitle, survey.BehaviourTitleRefused, survey.BehaviourCallingRefused, survey.BehaviourNonsenseContext,
		survey.BehaviourWorklistOnly, survey.BehaviourStorageOnly, survey.BehaviourEchoOnly, survey.BehaviourQueryAndStorage,
		survey.BehaviourWholeFile, survey.BehaviourVersionDenied, survey.BehaviourDeniedLate, survey.BehaviourEchoesCaller,
		survey.BehaviourCountsAbsent, survey.BehaviourCountsPresent, survey.BehaviourNoAnnouncement}
	status := []string{survey.BehaviourEcho, survey.BehaviourFind, survey.BehaviourFindNoLevel, survey.BehaviourFindLimit,
		survey.BehaviourGetUnknown, survey.BehaviourMoveUnknown}
	n := 0
	for _, p := range examples(t).Products {
		for _, b := range p.Behaviour {
			for _, f := range append(b.All, b.None...) {
				n++
				prefix, value, _ := strings.Cut(f, ":")
				good := value == survey.BehaviourAbort || value == survey.BehaviourClose || len(value) == 4 && strings.Trim(value, "0123456789ABCDEF") == ""
				number := prefix+":" == survey.BehaviourMaxPDU && value != "" && strings.Trim(value, "0123456789") == ""
				if !slices.Contains(fixed, f) && !number && (!slices.Contains(status, prefix+":") || !good) {
					t.Errorf("fact %q is none that a stage reports", f)
				}
			}
		}
	}
	if n == 0 {
		t.Error("no rule with facts was read")
	}
}

func TestTheTableIsLargeAndSourced(t *testing.T) {
	l := builtin(t).List()
	names := map[string]bool{}
	for _, p := range l.Products {
		if names[p.Name] {
			t.Errorf("product %q is listed twice", p.Name)
		}
		names[p.Name] = true
		for _, s := range p.Signs {
			if s.Source.Source == "" || s.Checked == "" {
				t.Errorf("%s: a sign without source or date", p.Name)
			}
		}
	}
	if len(l.Products) < 40 || len(l.Toolkits) < 20 || len(l.Titles) != 10 {
		t.Errorf("%d products, %d toolkits, %d titles", len(l.Products), len(l.Toolkits), len(l.Titles))
	}
}

func TestDefaultTitles(t *testing.T) {
	p := builtin(t)
	if got := p.DefaultTitles(5678, nil, 10); got[0] != "CONQUESTSRV1" || len(got) != 10 {
		t.Errorf("titles for port 5678: %q", got)
	}
	if got := p.DefaultTitles(5678, []string{"dcm4chee-arc"}, 3); !slices.Equal(got, []string{"DCM4CHEE", "WORKLIST", "CONQUESTSRV1"}) {
		t.Errorf("titles where dcm4chee-arc is likely: %q", got)
	}
}

func TestRoots(t *testing.T) {
	p := builtin(t)
	paths := func(roots []products.Root) (paths []string) {
		for _, r := range roots {
			paths = append(paths, r.Path)
		}
		return paths
	}
	for name, test := range map[string]struct {
		product string
		titles  []string
		limit   int
		want    []string
	}{
		"nothing known":    {limit: 4, want: []string{"/dicom-web", "/dcm4chee-arc/aets/DCM4CHEE/rs", "/pacs/dicom-web", "/dicomweb"}},
		"own ones first":   {product: "Orthanc", limit: 3, want: []string{"/dicom-web", "/orthanc/dicom-web", "/dcm4chee-arc/aets/DCM4CHEE/rs"}},
		"own titles first": {product: "dcm4chee-arc", titles: []string{"OURS", "a b", "../x", ".."}, limit: 3, want: []string{"/dcm4chee-arc/aets/OURS/rs", "/dcm4chee-arc/aets/DCM4CHEE/rs", "/dicom-web"}},
		"titles of another": {product: "Orthanc", titles: []string{"OURS"}, limit: 3,
			want: []string{"/dicom-web", "/orthanc/dicom-web", "/dcm4chee-arc/aets/DCM4CHEE/rs"}},
		"all": {limit: 100, want: []string{"/dicom-web", "/dcm4chee-arc/aets/DCM4CHEE/rs", "/pacs/dicom-web", "/dicomweb", "/orthanc/dicom-web",
			"/rs", "", "/wado-rs", "/api/dicom-web", "/pacs"}},
	} {
		if got := paths(p.Roots(test.product, test.titles, test.limit)); !slices.Equal(got, test.want) {
			t.Errorf("%s: %q, want %q", name, got, test.want)
		}
	}
	if got := p.OwnRoots("dcm4chee-arc", nil); len(got) != 1 || got[0].WADOURI != "/dcm4chee-arc/aets/DCM4CHEE/wado" {
		t.Errorf("%+v", got)
	}
	own, err := products.Parse("own.yaml", []byte(good))
	if err != nil {
		t.Fatal(err)
	}
	if got := paths(own.Roots("", nil, 2)); !slices.Equal(got, []string{"/ours/OURS", "/dicom-web"}) {
		t.Errorf("with roots of a user: %q", got)
	}
	if got := paths(p.Roots("", nil, 1)); !slices.Equal(got, []string{"/dicom-web"}) {
		t.Errorf("a file of a user changed the built-in roots: %q", got)
	}
}

const good = `version: 1
toolkits:
  - {name: Ours, uid: 2.25.77, name_pattern: '^OURS_(\d)$', name_version: '$1', confidence: certain, source: us, checked: 2026-01-01}
products:
  - name: Our archive
    kind: archive
    toolkits: [Ours]
    ae_titles: [OURS]
    http:
      - {page: ours, path: /, title: '^Ours$', viewer: true, confidence: certain, source: us, checked: 2026-01-01}
default_ae_titles:
  - {title: OURS, product: Our archive, source: us, checked: 2026-01-01}
dicomweb_roots:
  - {path: '/ours/{AET}', product: Our archive, source: us, checked: 2026-01-01}
`

func TestUserFile(t *testing.T) {
	p, err := products.Parse("own.yaml", []byte(good))
	if err != nil {
		t.Fatal(err)
	}
	if kit, _ := p.DICOM("2.25.77", "OURS_3"); kit.Name != "Ours" || kit.Version != "3" {
		t.Errorf("toolkit %+v", kit)
	}
	if m, ok := p.HTTP(&products.Page{Path: "/", Title: []byte("Ours")}); !ok || m.Product.Name != "Our archive" || !m.Viewer {
		t.Errorf("page %+v", m)
	}
	if got := p.DefaultTitles(104, nil, 10)[0]; p.List().Titles[0].Title != "OURS" || got == "" {
		t.Errorf("first title %q", got)
	}
	if kit, _ := p.DICOM("1.2.276.0.7230010.3.0.3.6.7", "OFFIS_DCMTK_367"); kit.Name != "DCMTK" {
		t.Error("the fingerprints of the program are gone")
	}
	file := filepath.Join(t.TempDir(), "own.yaml")
	if err := os.WriteFile(file, []byte(good), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := products.Load(file); err != nil {
		t.Error(err)
	}
	if _, err := products.Load(file + ".absent"); err == nil {
		t.Error("a file that does not exist was loaded")
	}
}

func TestUserFileErrorsSayWhere(t *testing.T) {
	tests := []struct {
		name, from, to string
		line           int
		what           string
	}{
		{"unknown key", "kind: archive", "kindd: archive", 6, "docs/products.md lists the keys"},
		{"bad kind", "kind: archive", "kind: fridge", 5, "kind"},
		{"bad UID", "uid: 2.25.77", "uid: 2.25.a7", 3, "no UID"},
		{"bad expression", `'^Ours$'`, `'^Ours('`, 9, "regular expression"},
		{"bad confidence", "viewer: true, confidence: certain", "viewer: true, confidence: sure", 9, "confidence"},
		{"no source", "source: us, checked: 2026-01-01}\nproducts", "checked: 2026-01-01}\nproducts", 3, "source"},
		{"no date", "source: us, checked: 2026-01-01}\nproducts", "source: us}\nproducts", 3, "checked"},
		{"path elsewhere", "path: /,", "path: //192.0.2.1/,", 10, "path"},
		{"title without a place", "title: OURS,", "title: OURS, order: -1,", 11, "order"},
		{"title too long", "title: OURS,", "title: OURSOURSOURSOURSOURS,", 11, "AE title"},
		{"no condition", "title: '^Ours$', ", "", 9, "no condition"},
		{"root elsewhere", "/ours/{AET}", "https://192.0.2.1/", 14, "no plain path"},
		{"root of a title without product", "{path: '/ours/{AET}', product: Our archive,", "{path: '/ours/{AET}',", 14, "needs a product"},
		{"other version", "version: 1", "version: 2", 1, "version"},
		{"not YAML", "toolkits:", "toolkits: [", 4, ""},
		{"nested deep", "toolkits:", "toolkits: " + strings.Repeat("[", 40_000), 2, "nested too deep"},
		{"toolkit that is not there", "toolkits: [Ours]", "toolkits: [Theirs]", 7, "not in the table: name one"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			text := strings.Replace(good, tt.from, tt.to, 1)
			if text == good {
				t.Fatal("the example was not changed")
			}
			_, err := products.Parse("own.yaml", []byte(text))
			if err == nil || !strings.Contains(err.Error(), tt.what) {
				t.Fatalf("error %v, want one with %q", err, tt.what)
			}
			var at *products.FileError
			if tt.line != 0 && (!errors.As(err, &at) || at.File != "own.yaml" || abs(at.Line-tt.line) > 1 || at.Column < 1) {
				t.Errorf("%v; want line %d", err, tt.line)
			}
		})
	}
}

func abs(n int) int { return max(n, -n) }

func FuzzParse(f *testing.F) {
	f.Add([]byte(good))
	f.Add([]byte("version: 1\nproducts: [{name: x}]"))
	f.Add([]byte("{{{{"))
	f.Fuzz(func(t *testing.T, data []byte) {
		if p, err := products.Parse("f", data); err == nil {
			p.DICOM("1.2.3", "x")
			p.HTTP(&products.Page{Path: "/"})
			p.List()
		}
	})
}
