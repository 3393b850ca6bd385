package products_test

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"leadglass/internal/advisories"
	"leadglass/internal/products"
	"leadglass/internal/survey"
)

// record is all that a user can say of a product without a sign.
const record = `version: 1
products:
  - name: Our archive
    kind: archive
    api:
      - {path: /about, keys: [Name], number_key: Build, source: us, checked: 2026-01-01}
    numbers:
      name: our-numbers
      root: '^(.*)/our-web$'
      at_root: true
      at_hand: true
      routes:
        - {path: /numbers, studies: n, images: i}
      source: us
      checked: 2026-01-01
    rest:
      studies: /list
      instances: /items
      past_the_end: from=999999999
      file: '/items/{id}/file'
      identifier: xxxxxxxxxxxxxxxx-xxxxxxxxxxxxxxxx
      error_key: Code
      source: us
      checked: 2026-01-01
    facts:
      - {is: c-get-allowed, status: C123, checks: [LG-D06], text: answers C123, source: us, checked: 2026-01-01}
      - {is: lists-empty-dates, status: A700, text: lists them, source: us, checked: 2026-01-01}
    advisories:
      - ids: [CVE-2026-0001]
        reach: http
        affected: [{before: 1.2.3}]
        severity: high
        what: it is made up
        source: https://example.org/advisory
        published: 2026-01-01
        checked: 2026-01-02
dicomweb_roots:
  - {path: /our-web, product: Our archive, source: us, checked: 2026-01-01}
`

func TestRecordOfAUser(t *testing.T) {
	p, err := products.Parse("own.yaml", []byte(record))
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		at     products.Place
		routes []string
		lists  string
	}{
		{products.Place{Product: "Our archive", ByPages: true}, []string{"/about", "/numbers"}, "/list"},
		{products.Place{Product: "Our archive", ByPages: true, Root: "/x/our-web"}, []string{"/about", "/numbers"}, "/list"},
		{products.Place{Product: "Our archive", Root: "/x/our-web"}, []string{"/x/about", "/x/numbers"}, "/x/list"},
		{products.Place{Product: "Our archive"}, []string{"/about", "/numbers"}, "/list"},
		{products.Place{Product: "Our archive 2", ByPages: true}, nil, ""},
		{products.Place{}, nil, ""},
	} {
		var routes []string
		for _, r := range p.OpenRoutes(test.at, 2) {
			routes = append(routes, r.Path)
		}
		rest, ok := p.RESTOf(test.at)
		if !slices.Equal(routes, test.routes) || rest.Studies != test.lists || ok != (test.lists != "") {
			t.Errorf("%+v: routes %q, lists %q, %v", test.at, routes, rest.Studies, ok)
		}
	}
	rest, _ := p.RESTOf(products.Place{Product: "Our archive", ByPages: true})
	if a, b := rest.File(), rest.File(); a == b || !regexp.MustCompile(`^/items/[0-9a-f]{16}-[0-9a-f]{16}/file$`).MatchString(a) {
		t.Errorf("files %s and %s", a, b)
	}
	service := &survey.Service{Product: survey.Product{Name: "Our archive", Confidence: survey.Likely}}
	f := p.FactsOf(service)
	if !slices.Equal(f.GetAllowed, []string{"C123"}) || !slices.Equal(f.ListsEmptyDates, []string{"A700"}) || f.Product != "Our archive" {
		t.Errorf("%+v", f)
	}
	if service.Product.Confidence = survey.Possible; len(p.FactsOf(service).GetAllowed) > 0 {
		t.Error("a guess is taken for a fact")
	}
	if got := p.Numbers("Our archive", ""); len(got) != 1 || !got[0].AtHand || got[0].Routes[0] != (products.NumberRoute{Path: "/numbers", Studies: "n", Images: "i"}) {
		t.Errorf("%+v", got)
	}
	if got := p.Advisories("Our archive", advisories.ByHTTP); len(got) != 1 || got[0].For("1.2") != advisories.Unknown || got[0].For("1.1") != advisories.Affected {
		t.Errorf("%+v", got)
	}
	if got := p.FactsFor("LG-D06"); !slices.ContainsFunc(got, func(k products.KnownFact) bool { return k.Name == "Our archive" && k.Text == "answers C123" }) {
		t.Errorf("%+v", got)
	}
}

// TestFactsByBehaviour: a product that shows itself by the end of its lists alone.
func TestFactsByBehaviour(t *testing.T) {
	p := builtin(t)
	s := &survey.Service{Toolkit: survey.Toolkit{Name: "DCMTK"}}
	if f := p.FactsOf(s); len(f.ListsEmptyDates) > 0 || !f.StudyBeforeDestination {
		t.Errorf("of the toolkit: %+v", f)
	}
	if f := p.FactsOf(s, survey.BehaviourFindLimit+"FE00"); !slices.Equal(f.ListsEmptyDates, []string{"FE00"}) || f.Product != "Orthanc" {
		t.Errorf("by the limit: %+v", f)
	}
	s.Product = survey.Product{Name: "DCMTK dcmqrscp", Confidence: survey.Certain}
	if f := p.FactsOf(s, survey.BehaviourFindLimit+"FE00"); len(f.ListsEmptyDates) > 0 {
		t.Errorf("of another product: %+v", f)
	}
	if got := p.ByDefaultPDU(16382); got != "pynetdicom" || p.ByDefaultPDU(16384) != "" || p.ByDefaultPDU(0) != "" {
		t.Errorf("toolkit %q", got)
	}
}

// TestRowsOfAUserComeFirst: a user's rows are added to those of the program, and
// come before them.
func TestRowsOfAUserComeFirst(t *testing.T) {
	p, err := products.Parse("own.yaml", []byte(`version: 1
toolkits:
  - {name: DCMTK, uid: 2.25.77, confidence: likely, source: us, checked: 2026-01-01,
     facts: [{is: max-pdu-bounds, least: 1, most: 2, text: ours, source: us, checked: 2026-01-01}]}
default_ae_titles:
  - {title: B, order: 20, source: us, checked: 2026-01-01}
  - {title: A, order: 10, source: us, checked: 2026-01-01}
`))
	if err != nil {
		t.Fatal(err)
	}
	if f := p.FactsNamed("DCMTK"); f.LeastPDU != 1 || f.MostPDU != 2 || !f.StudyBeforeDestination {
		t.Errorf("%+v", f)
	}
	if f := builtin(t).FactsNamed("DCMTK"); f.LeastPDU != 4096 || f.MostPDU != 131072 {
		t.Errorf("built-in %+v", f)
	}
	if titles := p.DefaultTitles(0, nil, 3); !slices.Equal(titles, []string{"A", "B", "ORTHANC"}) {
		t.Errorf("%q", titles)
	}
	_, err = products.Parse("own.yaml", []byte(`version: 1
toolkits:
  - {name: T, uid: 2.25.77, confidence: likely, source: us, checked: 2026-01-01, advisories: [{ids: [CVE-2026-0001], programs: [Nobody's],
     reach: dicom, affected: [{only: 1}], severity: low, what: x, source: x, published: 2026-01-01, checked: 2026-01-01}]}
`))
	if err == nil || !strings.Contains(err.Error(), `own.yaml:3:`) || !strings.Contains(err.Error(), `product "Nobody's" is not in the table`) {
		t.Error(err)
	}
	_, err = products.Parse("own.yaml", []byte(`version: 1
products:
  - {name: P, kind: archive, facts: [{text: x, source: us, checked: 2026-01-01}]}
dicomweb_roots:
  - {path: '/{AET}', product: P, source: us, checked: 2026-01-01}
`))
	if err == nil || !strings.Contains(err.Error(), `own.yaml:5:`) || !strings.Contains(err.Error(), "no AE title") {
		t.Error(err)
	}
}

func TestMistakesInRecords(t *testing.T) {
	for _, test := range []struct {
		from, to string
		line     string
		what     string
	}{
		{"is: c-get-allowed", "is: c-get-alowed", ":26:", "no fact that the program asks for"},
		{"text: answers C123", `text: "answers \u202e C123"`, ":26:", "formatting character"},
		{"name: Our archive", `name: "Our\e[2J archive"`, ":3:", "control"},
		{"status: C123", "status: c123", ":26:", "status"},
		{"text: answers C123, ", "", ":26:", "text"},
		{"routes:\n        - {path: /numbers, studies: n, images: i}", "routes: []", ":12:", "0 routes"},
		{"studies: n, images: i", "", ":13:", "name of a number"},
		{"root: '^(.*)/our-web$'", "root: '^/our-web$'", ":9:", "group"},
		{"xxxxxxxxxxxxxxxx-xxxxxxxxxxxxxxxx", "1-xxxxxxxxxxxxxxxx", ":17:", "made up"},
		{"/items/{id}/file", "/items/1/file", ":17:", "{id}"},
		{"past_the_end: from=999999999", "past_the_end: ''", ":17:", "past_the_end"},
		{"severity: high", "severity: dire", ":29:", "severity"},
		{"studies: /list", "studies: list", ":17:", "no plain path"},
		{"path: /our-web", "path: our-web", ":38:", "no plain path"},
	} {
		text := strings.Replace(record, test.from, test.to, 1)
		if text == record {
			t.Fatalf("%s: the example was not changed", test.from)
		}
		_, err := products.Parse("own.yaml", []byte(text))
		if err == nil || !strings.Contains(err.Error(), test.what) || !strings.Contains(err.Error(), "own.yaml"+test.line) {
			t.Errorf("%s: error %v, want one with %q at %s", test.to, err, test.what, test.line)
		}
	}
}

// TestDocumentedFormat reads the example of docs/products.md as a user's file.
func TestDocumentedFormat(t *testing.T) {
	text, err := os.ReadFile("../../docs/products.md")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, ok := strings.Cut(string(text), "```yaml\n")
	example, _, end := strings.Cut(rest, "```\n")
	if !ok || !end {
		t.Fatal("no example")
	}
	p, err := products.Parse("products.md", []byte(example))
	if err != nil {
		t.Fatal(err)
	}
	at := products.Place{Product: "Example archive", ByPages: true}
	if rest, ok := p.RESTOf(at); !ok || rest.Studies == "" || len(p.OpenRoutes(at, 9)) != 2 || len(p.Advisories("Example archive")) != 1 ||
		len(p.FactsNamed("Example archive").GetAllowed) != 1 || p.Roots("Example archive", nil, 1)[0].Path != "/example/EXAMPLE/rs" {
		t.Errorf("%+v", p.List().Of("Example archive"))
	}
}
