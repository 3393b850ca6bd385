package report

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"html/template"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"leadglass/internal/publish"
	"leadglass/internal/survey"
)

// rowSource is what a row and the evidence of an archive are, in the words of
// html/template, which knows where which text has to be escaped.
const rowSource = `{{define "figure"}}{{.Mark}}{{.}}{{end}}{{define "row"}}
<tr><th scope="row">{{if .Failed}}<a href="#archive-7">{{.Address}}</a>{{else}}{{.Address}}{{end}}{{with .Port}} port {{.}}{{end}}{{with .Host}}<br>{{.}}{{end}}</th><td class="t">{{.Verdict}}{{with .Viewer}}<br>viewer {{.}}{{end}}{{with .Suspected}}<br><em>suspected: {{.}}</em>{{end}}{{with .Incomplete}}<br><em>incomplete: {{.}}</em>{{end}}</td><td class="t">{{.Grade}}</td><td class="t">{{.Product}}</td><td class="t">{{.Owner.Country}}{{with .Owner.Site}}<br>{{.}}{{end}}{{with .Owner.Contact}}<br>{{.}}{{end}}</td><td>{{template "figure" .StudyRecords}}</td><td>{{template "figure" .ImagesLinked}}</td><td>{{template "figure" .ImagesAccessible}}</td><td class="t f">{{range $i, $c := .Failed}}{{if $i}}, {{end}}<span class="sev {{$c.Severity}}">{{$c.ID}}</span>{{end}}</td></tr>
{{- end}}{{define "evidence"}}{{if .Failed}}
<tbody>
<tr id="archive-7"><th scope="rowgroup" colspan="5">{{.Address}}{{with .Port}} port {{.}}{{end}}{{with .Host}} ({{.}}){{end}}</th></tr>
{{- range .Failed}}{{$c := .}}{{range .Seen}}
<tr><th scope="row">{{$c.ID}}</th><td class="t sev {{$c.Severity}}">{{$c.Severity}}</td><td>{{if .Port}}{{.Port}}{{else}}host{{end}}</td><td class="t">{{$c.Title}}. {{.Evidence}}</td><td>{{if .Remedy}}<a href="#remedy-{{.Remedy}}">{{.Remedy}}</a>{{end}}</td></tr>
{{- end}}{{end}}
</tbody>
{{- end}}{{end}}`

// finding is one with every field of the documents, all of its text being text.
func finding(text string) survey.Finding {
	check := func(id string, state survey.CheckState, port uint16, remedy string, references ...string) survey.Check {
		return survey.Check{ID: id, State: state, Severity: survey.Severity("high" + text), Title: "title " + text, Port: port, Evidence: text,
			Remedy: remedy, References: references}
	}
	version := text
	return survey.Finding{Schema: survey.FindingSchema, Target: survey.Target{Host: text, Address: "192.0.2.1" + text, Port: 104},
		Verdict: survey.Open, Grade: survey.GradeF, Viewer: survey.Viewer(text), Incomplete: &version,
		Services: []survey.Service{{Product: survey.Product{Name: text, Version: &version, Confidence: survey.Likely}}},
		Counts:   survey.Counts{Studies: survey.AtLeast(1234, text, text), ImagesLinked: survey.EstimateOf(5, 4, 6, 0.95, text, text), ImagesAccessible: survey.UnknownCount(text)},
		Owner:    &survey.Owner{Country: text, Site: text, Contact: text}, Suspicion: survey.Suspicion{Honeypot: true, Reasons: []string{text, text}},
		Checks: []survey.Check{check("LG-D01", survey.Fail, 104, "remedy "+text, text, "PS3.8 "+text), check("LG-D01", survey.Fail, 0, "", text),
			check("LG-D02", survey.Pass, 0, ""), check("LG-D03"+text, survey.Fail, 11112, text)}}
}

// hostile are texts that have a meaning in JSON or in HTML.
var hostile = []string{"", "plain", "a much longer text, but plain", `"quoted" \ and 'single'`, "<script>alert(1)</script>&amp;+", "\x00\x01\x1f\x7f\n\r\t",
	"ü, 日本, \u2028 and \u2029", "not \xff UTF-8 \xc3", `"checks":null`, "<!--rows--><!--evidence-->"}

// FuzzArchive: an archive is in JSON what encoding/json makes of it, and in HTML
// what html/template does.
func FuzzArchive(f *testing.F) {
	for _, text := range hostile {
		f.Add(text)
	}
	t := template.Must(template.New("").Parse(rowSource))
	quoted := quoter{}
	f.Fuzz(func(test *testing.T, text string) {
		found := finding(text)
		for _, checks := range [][]survey.Check{found.Checks, {}, nil} {
			found.Checks = checks
			want, err := json.Marshal(found)
			if err != nil {
				test.Fatal(err)
			}
			got, err := quoted.finding(nil, found)
			if err != nil || !bytes.Equal(got, want) {
				test.Fatalf("%v\n%s\nwant\n%s", err, got, want)
			}
			row := newArchiveRow(&found, []int{1, 0, 12})
			for name, got := range map[string]markup{"row": markup{}.row(&row, 7), "evidence": markup{}.evidence(&row, 7)} {
				var want bytes.Buffer
				if err := t.ExecuteTemplate(&want, name, &row); err != nil {
					test.Fatal(err)
				}
				if !bytes.Equal(got, want.Bytes()) {
					test.Fatalf("%s\n%s\nwant\n%s", name, got, want.Bytes())
				}
			}
		}
	})
}

// TestQuoterIsBounded: it goes on as before when it keeps no more.
func TestQuoterIsBounded(t *testing.T) {
	quoted := quoter{}
	for i := range 2 * maxQuoted {
		for _, text := range hostile {
			text = fmt.Sprint(text, " number ", i)
			want, err := json.Marshal(text)
			if got := quoted.quote(nil, text); err != nil || !bytes.Equal(got, want) {
				t.Fatalf("%s, want %s, %v", got, want, err)
			}
		}
	}
	if len(quoted) != maxQuoted {
		t.Errorf("%d texts are kept, want %d", len(quoted), maxQuoted)
	}
}

// TestEveryArchiveOnce: however many archives fill however many batches, each is
// on every document once, on the page in the order of the addresses.
func TestEveryArchiveOnce(t *testing.T) {
	for _, n := range []int{0, 1, batchSize - 1, batchSize, batchSize + 1, 40*batchSize + 3} {
		var addresses []string
		for i := range n {
			addresses = append(addresses, fmt.Sprintf("127.0.%d.%d", i>>8, i&255))
		}
		stored := slices.Clone(addresses)
		slices.Sort(stored) // the order of the store
		c, err := Collect(survey.Survey{}, func(yield func(survey.Record, error) bool) {
			for _, address := range stored {
				f := finding("x")
				f.Target = survey.Target{Address: address, Host: address}
				if !yield(survey.Record{Finding: f}, nil) {
					return
				}
			}
		}, t.TempDir(), publish.HTML, publish.JSON, publish.CSV)
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		for range 2 { // PDF is a second page
			var page, table, text bytes.Buffer
			for _, err := range []error{c.WriteHTML(&page), c.WriteCSV(&table), c.WriteJSON(&text)} {
				if err != nil {
					t.Fatal(err)
				}
			}
			if c.report.Totals.Archives.N != int64(n) {
				t.Fatalf("%d archives were added up, want %d", c.report.Totals.Archives.N, n)
			}
			var list struct{ Archives []survey.Finding }
			if err := json.Unmarshal(text.Bytes(), &list); err != nil {
				t.Fatal(err)
			}
			lines := strings.Split(strings.TrimSpace(table.String()), "\n")[1:]
			_, rows, _ := strings.Cut(page.String(), `<table class="sortable archives">`)
			for i := range n {
				if list.Archives[i].Target.Address != stored[i] || !strings.HasPrefix(lines[i], stored[i]+",") {
					t.Fatalf("archive %d of %d: %s in JSON, %q in CSV, want %s", i, n, list.Archives[i].Target.Address, lines[i], stored[i])
				}
				var found bool
				number := slices.Index(stored, addresses[i]) + 1
				if _, rows, found = strings.Cut(rows, fmt.Sprintf(`<a href="#archive-%d">%s</a>`, number, addresses[i])); !found {
					t.Fatalf("%s has no row, or not behind the address before", addresses[i])
				}
			}
			for i := range n {
				var found bool
				number := slices.Index(stored, addresses[i]) + 1
				if _, rows, found = strings.Cut(rows, fmt.Sprintf(`<tr id="archive-%d"><th scope="rowgroup" colspan="5">%s</th>`, number, addresses[i])); !found {
					t.Fatalf("%s has no evidence, or not behind the address before", addresses[i])
				}
			}
			if len(list.Archives) != n || len(lines) != n || strings.Contains(page.String(), "No archive was found.") != (n == 0) {
				t.Fatalf("%d archives in JSON, %d in CSV, want %d", len(list.Archives), len(lines), n)
			}
		}
	}
}

// TestDiskEnds: when nothing more can be put aside, reading stops.
func TestDiskEnds(t *testing.T) {
	path := filepath.Join(t.TempDir(), "full")
	if err := os.WriteFile(path, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	file, err := os.Open(path) // cannot be written to
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	c := &Confidential{json: &spool{file: file, w: bufio.NewWriter(file)}, remedies: remedyList{number: map[string]int{}}}
	read, many := 0, 10_000
	err = c.collect(NewAggregator(survey.Survey{}), func(yield func(survey.Record, error) bool) {
		for read < many && yield(survey.Record{Finding: finding("x")}, nil) {
			read++
		}
	})
	if err == nil || read == many {
		t.Errorf("%d records were read, error %v", read, err)
	}
}

// TestSpoolHasNoName: what is put aside cannot be found, and is gone however the
// process ends.
func TestSpoolHasNoName(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "new")
	c, err := Collect(survey.Survey{}, func(yield func(survey.Record, error) bool) { yield(survey.Record{Finding: finding("x")}, nil) }, dir, publish.HTML, publish.JSON, publish.CSV)
	if err != nil {
		t.Fatal(err)
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) != 0 {
		t.Errorf("%v, %v", left, err)
	}
	for _, s := range []*spool{c.page, c.json, c.csv} {
		info, err := s.file.Stat()
		if err != nil || info.Mode().Perm() != 0o600 || info.Size() != s.size || s.size == 0 {
			t.Errorf("mode %v, %d bytes, %d written, %v", info.Mode(), info.Size(), s.size, err)
		}
	}
	if err := c.Close(); err != nil {
		t.Error(err)
	}
	if err := c.WriteJSON(new(bytes.Buffer)); err == nil {
		t.Error("a closed report was written")
	}
}
