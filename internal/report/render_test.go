package report_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/axiomhq/hyperloglog"

	"leadglass/internal/pdf"
	"leadglass/internal/publish"
	"leadglass/internal/report"
	"leadglass/internal/survey"
)

// LEADGLASS_SAMPLE_DIR keeps the sample reports, to be looked at.
func sampleDir(t *testing.T) string {
	if dir := os.Getenv("LEADGLASS_SAMPLE_DIR"); dir != "" {
		return filepath.Join(dir, strings.ToLower(t.Name()))
	}
	return t.TempDir()
}

// collect makes the confidential edition, for all formats.
func collect(t testing.TB, v survey.Survey, rs []survey.Record) *report.Confidential {
	t.Helper()
	c, err := report.Collect(v, stream(rs), t.TempDir(), formats...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := c.Close(); err != nil {
			t.Error(err)
		}
	})
	return c
}

var formats = []publish.Format{publish.HTML, publish.JSON, publish.CSV}

func TestPublicFiles(t *testing.T) {
	agg := aggregate(sampleRecords(600))
	files, err := report.PublicFiles(report.Publish(agg, report.DefaultMinCount), formats...)
	if err != nil {
		t.Fatal(err)
	}
	paths, err := publish.WriteFiles(sampleDir(t), files)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, path := range paths {
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		info, err := os.Stat(path)
		if err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%s: mode %v, %v; want 600", path, info.Mode(), err)
		}
		names = append(names, filepath.Base(path))
		for _, secret := range []string{canary, "127.", "canary", "hospital", "Set &#34;Dicom", "DicomCheckCalledAet"} {
			if bytes.Contains(data, []byte(secret)) {
				t.Errorf("%s holds %q", filepath.Base(path), secret)
			}
		}
		if filepath.Ext(path) != ".csv" && !bytes.Contains(bytes.ToLower(data), []byte("simulated")) {
			t.Errorf("%s does not say that the survey is simulated", filepath.Base(path))
		}
	}
	if got := strings.Join(names, " "); got != "report.html report.json countries.csv" {
		t.Errorf("files %s", got)
	}
	if dump := fmt.Sprintf("%+v", agg); strings.Contains(strings.ToUpper(dump), canary) || strings.Contains(dump, "127.") {
		t.Error("the Aggregate holds text of a record")
	}
}

// TestPageIsSelfContained checks what the page promises: nothing is loaded,
// nothing runs, and the structure helps those who do not see it.
func TestPageIsSelfContained(t *testing.T) {
	var b bytes.Buffer
	if err := report.WriteHTML(&b, report.Publish(aggregate(sampleRecords(600)), 3)); err != nil {
		t.Fatal(err)
	}
	html := b.String()
	for _, want := range []string{
		`<html lang="en">`, `content="default-src &#39;none&#39;`, `<a class="skip" href="#content">`, `<main id="content">`,
		`<caption><span>`, `<th scope="col">`, `<th scope="row">`, `role="img"`, `<desc `, "prefers-color-scheme:dark", "@page{size:A4",
		"table-header-group", `class="q">exact`, `class="q">at least`,
	} {
		if !strings.Contains(html, want) && !strings.Contains(html, strings.ReplaceAll(want, "&#39;", "'")) {
			t.Errorf("the page lacks %s", want)
		}
	}
	if n := strings.Count(html, "<script"); n != 1 {
		t.Errorf("the page has %d scripts, want the one that its policy allows", n)
	}
	for _, never := range []string{`unsafe-inline`, ` style="`, `javascript:`, `<img`, `<link`, `http://`, `https://`, `@import`, `url(`, ` onload`, `ZgotmplZ`, `<no value>`, `%!`} {
		if strings.Contains(html, never) {
			t.Errorf("the page holds %s", never)
		}
	}
	ids := map[string]bool{}
	for _, m := range regexp.MustCompile(` id="([^"]*)"`).FindAllStringSubmatch(html, -1) {
		if ids[m[1]] {
			t.Errorf("id %s is there twice", m[1])
		}
		ids[m[1]] = true
	}
	for _, m := range regexp.MustCompile(` aria-labelledby="([^"]*)"`).FindAllStringSubmatch(html, -1) {
		for id := range strings.FieldsSeq(m[1]) {
			if !ids[id] {
				t.Errorf("aria-labelledby names %s, which is not there", id)
			}
		}
	}
}

func TestHostileTextIsEscaped(t *testing.T) {
	s := sampleSurvey()
	s.Name, s.Authority.Organisation, s.Version = `<script>alert(1)</script>`, `"><img src=x>`, `</style><b>`
	a := report.NewAggregator(s)
	rs := sampleRecords(60)
	for i := range rs {
		f := &rs[i].Finding
		f.Owner.Site, f.Owner.Contact = `<img src=x onerror=alert(1)>`, `javascript:alert(1)`
		for j := range f.Checks {
			f.Checks[j].Title, f.Checks[j].Severity = `<i onclick=x>`, `"><b>`
			f.Checks[j].Remedy = `</pre><script>x</script>`
		}
		a.Add(rs[i])
	}
	var public, confidential bytes.Buffer
	if err := report.WriteHTML(&public, report.Publish(a.Aggregate(), 1)); err != nil {
		t.Fatal(err)
	}
	if err := collect(t, s, rs).WriteHTML(&confidential); err != nil {
		t.Fatal(err)
	}
	for name, b := range map[string]*bytes.Buffer{"public": &public, "confidential": &confidential} {
		if n := strings.Count(b.String(), "<script"); n != 1 {
			t.Errorf("the %s page has %d scripts", name, n)
		}
		for _, tag := range []string{"<script>alert", "<script>x", "<img", "<i onclick", `"><b>`, "</style><b>"} {
			if strings.Contains(b.String(), tag) {
				t.Errorf("the %s page holds %s", name, tag)
			}
		}
	}
}

func TestConfidentialFiles(t *testing.T) {
	rs := sampleRecords(120)
	c := collect(t, sampleSurvey(), rs)
	files, err := report.ConfidentialFiles(c, formats...)
	if err != nil {
		t.Fatal(err)
	}
	dir := sampleDir(t)
	paths, err := publish.WriteFiles(dir, files)
	if err != nil {
		t.Fatal(err)
	}
	html, _ := os.ReadFile(paths[0])
	csv, _ := os.ReadFile(paths[2])
	for _, want := range []string{"TLP:AMBER", "127.1.0.7", "hospital.example", "DicomCheckCalledAet", `href="#remedy-1"`, `id="remedy-1"`, "Orthanc 1.10.1"} {
		if !bytes.Contains(html, []byte(want)) {
			t.Errorf("the confidential page lacks %s", want)
		}
	}
	if !bytes.Contains(csv, []byte("127.1.0.7")) || !bytes.Contains(csv, []byte("LG-D04 LG-D03 LG-D01")) {
		t.Error("archives.csv lacks an address or the failed checks, gravest first")
	}
	for line := range strings.Lines(string(csv)) {
		if line = strings.TrimSpace(line); !strings.HasSuffix(line, ",tlp,edition") && !strings.HasSuffix(line, ",TLP:AMBER,confidential") {
			t.Errorf("a line of archives.csv does not say how it may be used: %s", line)
		}
	}
	public, err := report.PublicFiles(report.Publish(aggregate(rs), 3), formats...)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := publish.WriteFiles(dir, public); err == nil || !strings.Contains(err.Error(), "--out") {
		t.Errorf("a public report took the place of a confidential one: %v", err)
	}
}

func TestBrokenRecordsAreReported(t *testing.T) {
	broken := errors.New("the store is damaged")
	for _, after := range [][]survey.Record{nil, sampleRecords(200)} {
		dir := t.TempDir()
		c, err := report.Collect(sampleSurvey(), func(yield func(survey.Record, error) bool) {
			for _, r := range after {
				if !yield(r, nil) {
					return
				}
			}
			yield(survey.Record{}, broken)
		}, dir, formats...)
		if c != nil || !errors.Is(err, broken) {
			t.Errorf("error %v", err)
		}
		if left, _ := os.ReadDir(dir); len(left) != 0 {
			t.Errorf("%d files were left behind", len(left))
		}
	}
	if _, err := report.PublicFiles(report.Publish(aggregate(nil), 3), "docx"); err == nil {
		t.Error("an unknown format was taken")
	}
}

func TestCSVIsNoFormula(t *testing.T) {
	rs := sampleRecords(40)
	for i, site := range []string{"=cmd|' /C calc'!A0", "+1", "-1", "@SUM(A1)", "\t=1", " =1", "\r\n=1", "＝1"} {
		rs[i].Finding.Verdict = survey.Protected
		rs[i].Finding.Owner.Site = site
	}
	var b bytes.Buffer
	if err := collect(t, sampleSurvey(), rs).WriteCSV(&b); err != nil {
		t.Fatal(err)
	}
	if m := regexp.MustCompile(`(?m)(^|,)"?\s*[=+@＝-][^,]*`).FindString(b.String()); m != "" {
		t.Errorf("a cell begins like a formula: %q", m)
	}
	if n := strings.Count(strings.TrimSpace(b.String()), "\n"); n < 8 {
		t.Errorf("only %d lines", n)
	}
}

func TestEmptySurvey(t *testing.T) {
	for _, least := range []int{1, 3} {
		r := report.Publish(aggregate(nil), least)
		for _, write := range []func(*bytes.Buffer) error{
			func(b *bytes.Buffer) error { return report.WriteHTML(b, r) },
			func(b *bytes.Buffer) error { return report.WriteJSON(b, r) },
			func(b *bytes.Buffer) error { return report.WriteCSV(b, r) },
		} {
			if err := write(new(bytes.Buffer)); err != nil {
				t.Error(err)
			}
		}
		if r.Totals.ArchivesAnalysed.Hidden || *r.Totals.StudyRecords.Value != 0 {
			t.Errorf("an empty survey hides its zeros: %+v", r.Totals)
		}
	}
}

// TestDifferentStudiesAreNoMoreThanStudies: an estimate errs upwards as often as
// downwards, and what there are different ones of cannot be more than all.
func TestDifferentStudiesAreNoMoreThanStudies(t *testing.T) {
	n := func(c survey.Count) int64 { v, _ := c.Int(); return v }
	capped := 0
	for studies := range int64(20) {
		a := report.NewAggregator(sampleSurvey())
		for i := range 4 {
			sketch := hyperloglog.New14()
			for j := range 10_000 + studies {
				sketch.Insert(fmt.Appendf(nil, "%d %d %d", studies, i, j))
			}
			r := plain(i, survey.Open, "DE")
			r.Finding.Counts.Studies = survey.ExactCount(10_000+studies, "")
			r.StudySketch, _ = sketch.MarshalBinary()
			a.Add(r)
		}
		agg := a.Aggregate()
		r := report.Publish(agg, 3)
		u, all := r.UniqueStudies, n(r.Totals.StudyRecords.Count)
		if n(u.Count) > all || *u.High > all || *u.Low > n(u.Count) || *u.High < n(u.Count) {
			t.Errorf("%d different studies (%d to %d) of %d", n(u.Count), *u.Low, *u.High, all)
		}
		if agg.UniqueStudies.Estimate > all {
			capped++
		}
	}
	if capped == 0 {
		t.Error("no estimate was above the number of studies, so that nothing was tried")
	}
}

// TestUnfinished: a report of a survey that did not get to its end says so
// before its first figure.
func TestUnfinished(t *testing.T) {
	for state, want := range map[survey.State]bool{survey.StateInterrupted: true, survey.StateRunning: true, survey.StateFinished: false} {
		s := sampleSurvey()
		s.State = state
		a := report.NewAggregator(s)
		for _, r := range sampleRecords(60) {
			a.Add(r)
		}
		agg := a.Aggregate()
		var public, confidential bytes.Buffer
		if err := errors.Join(report.WriteHTML(&public, report.Publish(agg, 3)), collect(t, s, nil).WriteHTML(&confidential)); err != nil {
			t.Fatal(err)
		}
		for edition, html := range map[string]string{"public": public.String(), "confidential": confidential.String()} {
			head, _, _ := strings.Cut(html, `<dl class="figures">`)
			if got := strings.Contains(head, "Unfinished survey."); got != want {
				t.Errorf("%s edition, %s: the warning is there: %t", edition, state, got)
			}
		}
	}
}

// TestEveryPrintedPageIsMarked: a confidential PDF carries its mark at the head
// and the foot of each page, upright and across; a public one carries none.
func TestEveryPrintedPageIsMarked(t *testing.T) {
	browser, err := pdf.Find("")
	if err != nil {
		t.Fatalf("%v; run `make setup`", err)
	}
	rs := sampleRecords(80)
	agg := aggregate(rs)
	for edition, page := range map[string]func(io.Writer) error{
		publish.EditionPublic:       func(w io.Writer) error { return report.WriteHTML(w, report.Publish(agg, 3)) },
		publish.EditionConfidential: collect(t, sampleSurvey(), rs).WriteHTML,
	} {
		dir := t.TempDir()
		path := filepath.Join(dir, "report.pdf")
		f, err := os.Create(path)
		if err != nil {
			t.Fatal(err)
		}
		if err := errors.Join(pdf.Print(t.Context(), browser, dir, page, f), f.Close()); err != nil {
			t.Fatal(err)
		}
		text, err := exec.CommandContext(t.Context(), "pdftotext", "-layout", path, "-").Output()
		if err != nil {
			t.Fatalf("pdftotext: %v; run `make setup`", err)
		}
		pages := strings.Split(strings.TrimSuffix(string(text), "\f"), "\f")
		if len(pages) < 4 {
			t.Errorf("%s: only %d pages", edition, len(pages))
		}
		for i, text := range pages {
			lines := strings.Split(strings.TrimSpace(text), "\n")
			head, foot := strings.Contains(lines[0], "TLP:AMBER"), strings.Contains(lines[len(lines)-1], "TLP:AMBER")
			if want := edition == publish.EditionConfidential; head != want || foot != want {
				t.Errorf("%s, page %d of %d: marked at the head %t, at the foot %t\n%s\n…\n%s", edition, i+1, len(pages), head, foot, lines[0], lines[len(lines)-1])
			}
		}
	}
}

// TestEvidence: the confidential page has for each archive what was seen on
// each port, in the order of the addresses, and each remedy once.
func TestEvidence(t *testing.T) {
	var rs []survey.Record
	for _, last := range []int{1, 10, 2} {
		r := plain(last, survey.Open, "DE")
		r.Finding.Checks = nil
		for i, port := range []uint16{11112, 4242} {
			for _, id := range []string{"LG-D04", "LG-D05"} {
				r.Finding.Checks = append(r.Finding.Checks, survey.Check{ID: id, State: survey.Fail, Severity: survey.High, Title: "title of " + id,
					Port: port, Evidence: fmt.Sprintf("seen of %s at %d on %d", id, last, port), Remedy: []string{"mend the one", "mend the other"}[i]})
			}
		}
		rs = append(rs, r)
	}
	var b bytes.Buffer
	if err := collect(t, sampleSurvey(), rs).WriteHTML(&b); err != nil {
		t.Fatal(err)
	}
	html := b.String()
	at := 0
	for _, last := range []int{1, 2, 10} {
		for _, id := range []string{"LG-D04", "LG-D05"} {
			for _, port := range []int{11112, 4242} {
				i := strings.Index(html, fmt.Sprintf("<td>%d</td><td class=\"t\">title of %s. seen of %s at %d on %d</td>", port, id, id, last, port))
				if i < at {
					t.Errorf("%s of 127.0.0.%d on port %d stands at %d, after %d", id, last, port, i, at)
				}
				at = i
			}
		}
	}
	for _, once := range []string{"<pre>mend the one</pre>", "<pre>mend the other</pre>", "1. LG-D04: title of LG-D04<br>LG-D05: title of LG-D05"} {
		if n := strings.Count(html, once); n != 1 {
			t.Errorf("%q is there %d times", once, n)
		}
	}
}

// TestStudyOf2019: its figures stand beside those of several countries, or
// simulated ones, and where that is asked for.
func TestStudyOf2019(t *testing.T) {
	yes, no := true, false
	for _, c := range []struct {
		countries string
		simulated bool
		ask       *bool
		want      bool
	}{
		{"DE", false, nil, false}, {"DE FR", false, nil, true}, {"DE", true, nil, true}, {"DE", false, &yes, true}, {"DE FR", true, &no, false},
	} {
		s := sampleSurvey()
		s.Simulated = c.simulated
		a := report.NewAggregator(s)
		for country := range strings.FieldsSeq(c.countries) {
			for i := range 5 {
				a.Add(plain(i, survey.Open, country))
			}
		}
		r := report.Publish(a.Aggregate(), 3)
		if c.ask != nil {
			r.Study2019(*c.ask)
		}
		var b bytes.Buffer
		if err := report.WriteHTML(&b, r); err != nil {
			t.Fatal(err)
		}
		section, link := strings.Contains(b.String(), "Beside the study of 2019"), strings.Contains(b.String(), `href="#h-beside"`)
		if section != c.want || link != c.want {
			t.Errorf("%+v: shown %t, linked %t", c, section, link)
		}
	}
}
