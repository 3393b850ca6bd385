package report_test

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"leadglass/internal/report"
	"leadglass/internal/survey"
)

// schema compiles one of the schemas in docs/schema, whose references to each
// other are resolved there and nowhere else.
func schema(t *testing.T, name string) *jsonschema.Schema {
	t.Helper()
	const base = "https://leadglass.invalid/schema/"
	c := jsonschema.NewCompiler()
	c.AssertFormat()
	paths, err := filepath.Glob("../../docs/schema/*.schema.json")
	if err != nil || len(paths) == 0 {
		t.Fatalf("no schemas: %v", err)
	}
	for _, path := range paths {
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(data))
		if err != nil {
			t.Fatalf("%s: %v", path, err)
		}
		if err := c.AddResource(base+filepath.Base(path), doc); err != nil {
			t.Fatal(err)
		}
	}
	s, err := c.Compile(base + name)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func validate(t *testing.T, s *jsonschema.Schema, data []byte) error {
	t.Helper()
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	return s.Validate(doc)
}

func TestFindingsFitTheSchema(t *testing.T) {
	s := schema(t, "finding.schema.json")
	for _, r := range sampleRecords(200) {
		data, err := json.Marshal(r.Finding)
		if err != nil {
			t.Fatal(err)
		}
		if err := validate(t, s, data); err != nil {
			t.Fatalf("%v\n%s", err, data)
		}
	}
	// The schema must also refuse what is wrong.
	good := sampleRecords(1)[0].Finding
	for name, change := range map[string]func(*survey.Finding){
		"verdict":                   func(f *survey.Finding) { f.Verdict = "very-open" },
		"schema":                    func(f *survey.Finding) { f.Schema = "leadglass.finding/2" },
		"list that is null":         func(f *survey.Finding) { f.Checks = nil },
		"count without reason":      func(f *survey.Finding) { f.Counts.Studies = survey.AtLeast(3, "x", "") },
		"unknown count with number": func(f *survey.Finding) { n := int64(3); f.Counts.Studies.Value = &n },
		"check": func(f *survey.Finding) {
			f.Checks = []survey.Check{{ID: "D01", State: survey.Fail, Severity: survey.High}}
		},
	} {
		f := good
		change(&f)
		data, err := json.Marshal(f)
		if err != nil {
			t.Fatal(err)
		}
		if validate(t, s, data) == nil {
			t.Errorf("%s: a wrong finding fits the schema", name)
		}
	}
}

func TestReportsFitTheSchema(t *testing.T) {
	s := schema(t, "report.schema.json")
	for _, n := range []int{0, 1, 7, 40, 600} {
		rs := sampleRecords(n)
		agg := aggregate(rs)
		var public, all, confidential bytes.Buffer
		for _, err := range []error{
			report.WriteJSON(&public, report.Publish(agg, 3)),
			report.WriteJSON(&all, report.Publish(agg, 1)),
			collect(t, sampleSurvey(), rs).WriteJSON(&confidential),
		} {
			if err != nil {
				t.Fatal(err)
			}
		}
		for name, b := range map[string]*bytes.Buffer{"public": &public, "unsuppressed": &all, "confidential": &confidential} {
			if err := validate(t, s, b.Bytes()); err != nil {
				t.Errorf("%s report of %d records: %v", name, n, err)
			}
		}
	}
	// A public report with a list of archives is no public report.
	var b bytes.Buffer
	if err := collect(t, sampleSurvey(), nil).WriteJSON(&b); err != nil {
		t.Fatal(err)
	}
	if validate(t, s, bytes.Replace(b.Bytes(), []byte(`"edition": "confidential"`), []byte(`"edition": "public"`), 1)) == nil {
		t.Error("a public report with a list of archives fits the schema")
	}
}

func TestScoresFitTheSchema(t *testing.T) {
	s := schema(t, "score.schema.json")
	good := `{"schema":"leadglass.score/1","figures":[{"name":"archives_analysed","truth":2300,"measured":2300,"error":0}],"archives_wrong":0,"seconds":31.2}`
	if err := validate(t, s, []byte(good)); err != nil {
		t.Error(err)
	}
	for _, bad := range []string{`{}`, `{"schema":"leadglass.score/1","figures":[{"name":"x"}],"archives_wrong":0}`} {
		if validate(t, s, []byte(bad)) == nil {
			t.Errorf("%s fits the schema", bad)
		}
	}
}
