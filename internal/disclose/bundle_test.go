package disclose_test

import (
	"archive/zip"
	"bytes"
	"encoding/csv"
	"encoding/json"
	"flag"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
	"unicode"

	"leadglass/internal/disclose"
	"leadglass/internal/plain"
	"leadglass/internal/survey"
)

var update = flag.Bool("update", false, "rewrite the golden letters")

// parts writes b and returns its files.
func parts(t *testing.T, b *disclose.Bundle) map[string]string {
	t.Helper()
	templates, err := disclose.LoadTemplates("")
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	if err := b.Write(&out, templates); err != nil {
		t.Fatal(err)
	}
	z, err := zip.NewReader(bytes.NewReader(out.Bytes()), int64(out.Len()))
	if err != nil {
		t.Fatal(err)
	}
	files := map[string]string{}
	for _, f := range z.File {
		r, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		files[f.Name] = string(text)
	}
	return files
}

func TestLetters(t *testing.T) {
	for _, language := range disclose.Languages {
		b := aBundle(language, 27)
		got := parts(t, b)[disclose.LetterName]
		golden := filepath.Join("testdata", "letter."+language+".txt")
		if *update {
			if err := os.WriteFile(golden, []byte(got), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(golden)
		if err != nil {
			t.Fatal(err)
		}
		if got != string(want) {
			t.Errorf("the letter in %q differs from %s at %q; run with -update and read the difference", language, golden, firstDifference(got, string(want)))
		}
		for line := range strings.Lines(got) {
			if n := len([]rune(strings.TrimSuffix(line, "\n"))); n > 90 {
				t.Errorf("%s: a line of %d characters: %s", language, n, line)
			}
		}
		if !strings.HasPrefix(got, "TLP:AMBER\n") || !strings.HasSuffix(got, "\nTLP:AMBER\n") {
			t.Errorf("%s: the label is not at both ends", language)
		}
	}
}

// firstDifference is the first line of got that is not as in want.
func firstDifference(got, want string) string {
	wanted := strings.Split(want, "\n")
	for i, line := range strings.Split(got, "\n") {
		if i >= len(wanted) || wanted[i] != line {
			return line
		}
	}
	return "its end"
}

// TestOneSystem: the letters about a single system, of a survey that is not
// finished and simulated, are sentences too.
func TestOneSystem(t *testing.T) {
	for language, want := range map[string][]string{
		"en": {"A medical image archive that is open to anyone", "One system that is not", "has not been completed", "THIS IS AN EXERCISE", "own organisation only"},
		"de": {"Ein medizinisches Bildarchiv, das Fremden offen steht", "Ein nicht ausreichend", "noch nicht abgeschlossen", "DIES IST EINE ÜBUNG", "eigene Organisation"},
		"fr": {"Un système d’imagerie médicale accessible à tous", "un système insuffisamment", "n’est pas terminée", "CECI EST UN EXERCICE", "seule organisation"},
		"es": {"Un sistema de imagen médica accesible a cualquiera", "un sistema insuficientemente", "aún no ha concluido", "ESTO ES UN EJERCICIO", "propia organización"},
		"pt": {"Um sistema de imagens médicas acessível a qualquer", "um sistema insuficientemente", "ainda não foi concluído", "ISTO É UM EXERCÍCIO", "própria organização"},
	} {
		b := aBundle(language, 1)
		b.Findings = b.Findings[:1]
		b.Recipient.TLP = disclose.TLPAmberStrict
		b.Survey.FinishedAt, b.Survey.Simulated = time.Time{}, true
		got := strings.Join(strings.Fields(parts(t, b)[disclose.LetterName]), " ")
		for _, w := range append(want, "TLP:AMBER+STRICT") {
			if !strings.Contains(strings.ToLower(got), strings.ToLower(w)) {
				t.Errorf("%s: the letter does not say %q:\n%s", language, w, got)
			}
		}
	}
}

func TestOwnTemplates(t *testing.T) {
	write := func(name, text string) string {
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return dir
	}
	own, err := disclose.LoadTemplates(write("letter.de.tmpl", "Moin {{.Recipient}}, {{number .Count}} am {{date .Date}} in {{country \"AT\"}}\n"))
	if err != nil {
		t.Fatal(err)
	}
	got, err := own.Render("de", disclose.Letter{Recipient: "CERT", Count: 1234, Date: day})
	if err != nil || got != "Moin CERT, 1.234 am 1. März 2026 in Österreich\n" {
		t.Errorf("own letter %q (%v)", got, err)
	}
	if got, err := own.Render("en", disclose.Letter{Count: 1}); err != nil || !strings.Contains(got, "Dear Sir or Madam") {
		t.Errorf("the other letters are gone: %q (%v)", got, err)
	}
	for _, c := range []struct{ name, text, want string }{
		{"letter.de.tmpl", "{{.Recipient", "letter.de.tmpl: not a template: "},
		{"letter.de.tmpl", "{{.Nonsense}}", "can't evaluate field Nonsense"},
		{"letter.de.tmpl", "{{nonsense}}", "function \"nonsense\" not defined"},
		{"letter.nl.tmpl", "Hallo", "is no letter; the names are letter.LANGUAGE.tmpl"},
	} {
		if _, err := disclose.LoadTemplates(write(c.name, c.text)); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s %q: %v, want %q", c.name, c.text, err, c.want)
		}
	}
	if _, err := disclose.LoadTemplates(filepath.Join(t.TempDir(), "absent")); err == nil {
		t.Error("an absent folder is taken")
	}
}

func rows(t *testing.T, text string) []map[string]string {
	t.Helper()
	all, err := csv.NewReader(strings.NewReader(text)).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	var list []map[string]string
	for _, row := range all[1:] {
		m := map[string]string{}
		for i, name := range all[0] {
			m[name] = row[i]
		}
		list = append(list, m)
	}
	return list
}

func TestCSV(t *testing.T) {
	got := rows(t, parts(t, aBundle("en", 1))["systems.csv"])
	for i, want := range []map[string]string{
		{"timestamp": "2026-03-01 09:30:00", "severity": "critical", "ip": "192.0.2.1", "protocol": "tcp", "port": "4242", "hostname": "", "tag": "dicom",
			"asn": "64496", "geo": "DE", "as_name": "EXAMPLE-NET", "site": "Clinic One", "application": "dicom", "verdict": "open-images", "grade": "F",
			"product": "Orthanc", "product_version": "1.9.7", "study_records": "12345", "study_records_quality": "exact",
			"images_linked": "2000000", "images_linked_quality": "lower-bound", "images_accessible": "", "images_accessible_quality": "unknown",
			"failed_checks": "LG-D04;LG-D06;LG-D03"},
		{"severity": "high", "ip": "198.51.100.7", "port": "8080", "hostname": "viewer.example.org", "tag": "dicom;viewer", "application": "http",
			"verdict": "protected", "viewer": "open-http", "viewer_port": "8080", "product": "OHIF Viewer", "failed_checks": "LG-W04"},
		{"ip": "198.51.100.8", "verdict": "identified", "failed_checks": "LG-D01", "study_records": ""},
	} {
		for name, value := range want {
			if got[i][name] != value {
				t.Errorf("line %d: %s is %q, want %q", i+2, name, got[i][name], value)
			}
		}
	}
	if len(got) != 3 {
		t.Errorf("%d lines", len(got))
	}
}

// TestHostileText: what servers and files of others say can neither become a
// formula nor break a line.
func TestHostileText(t *testing.T) {
	const formula = "=HYPERLINK(\"http://evil.example\")"
	for _, evil := range []string{formula, "+1+2", "-1", "@SUM(A1)", "\t=1", "\r\n=1", "a\nb", "＝1", "a\u2028TLP:CLEAR", "\x00=1",
		"\x1b[2Ja\u009b31m", "\u202egro.elpmaxe\u202c\u2066", "a\u200b\u00ad\U000e0041b"} {
		b := aBundle("en", 1)
		b.Survey.Name, b.Survey.Authority = evil, survey.Authority{Organisation: evil, Contact: evil, Reference: evil}
		f := b.Findings[0]
		f.Target.Host, f.Owner.Site, f.Owner.Contact, f.Owner.Network = evil, evil, evil, evil
		f.Services[0].Product.Name, f.Services[0].Product.Version = evil, &evil
		f.Incomplete = &evil
		files := parts(t, b)
		for _, row := range rows(t, files["systems.csv"]) {
			for name, cell := range row {
				if strings.ContainsFunc(cell, unicode.IsControl) || strings.ContainsRune(cell, '\u2028') {
					t.Errorf("%q: %s breaks the line: %q", evil, name, cell)
				}
				if c := strings.TrimSpace(cell); c != "" && strings.ContainsRune("=+-@＝＋－＠", []rune(c)[0]) {
					t.Errorf("%q: %s is a formula: %q", evil, name, cell)
				}
			}
		}
		for _, name := range []string{disclose.LetterName, "remedies.txt"} {
			if plain.Text(files[name]) != files[name] {
				t.Errorf("%q: %s holds what is not seen", evil, name)
			}
		}
		for line := range strings.Lines(files[disclose.LetterName] + files["remedies.txt"]) {
			if strings.ContainsFunc(strings.TrimSuffix(line, "\n"), unicode.IsControl) || strings.HasPrefix(line, "b,") || strings.ContainsRune(line, '\u2028') {
				t.Errorf("%q breaks a line: %q", evil, line)
			}
		}
		if n := strings.Count(files["intelmq.jsonl"], "\n"); n != 3 {
			t.Errorf("%q: %d events", evil, n)
		}
	}
}

// TestGuessedProduct: a product that could only be guessed stays out of the
// letter, and carries its confidence in every attachment; a likely one is
// called so in the letter's language.
func TestGuessedProduct(t *testing.T) {
	for language, word := range map[string]string{"en": "probably", "de": "vermutlich", "fr": "probablement", "es": "probablemente", "pt": "provavelmente"} {
		for _, confidence := range []survey.Confidence{survey.Certain, survey.Likely, survey.Possible} {
			b := aBundle(language, 1)
			b.Findings = b.Findings[:1]
			b.Findings[0].Services[0].Product.Confidence = confidence
			files := parts(t, b)
			letter := strings.Join(strings.Fields(files[disclose.LetterName]), " ")
			if strings.Contains(letter, "Orthanc") != (confidence != survey.Possible) || strings.Contains(letter, word+" Orthanc") != (confidence == survey.Likely) {
				t.Errorf("%s, %s:\n%s", language, confidence, letter)
			}
			if row := rows(t, files["systems.csv"])[0]; row["product"] != "Orthanc" || row["product_confidence"] != string(confidence) {
				t.Errorf("%s: %v", confidence, row)
			}
			if want := `"extra.product_confidence":"` + string(confidence) + `"`; !strings.Contains(files["intelmq.jsonl"], want) {
				t.Errorf("%s not in %s", want, files["intelmq.jsonl"])
			}
			if confidence != survey.Certain && !strings.Contains(files["remedies.txt"], "\nOrthanc ("+string(confidence)+")\n") {
				t.Errorf("%s: %s", confidence, files["remedies.txt"])
			}
		}
	}
}

func TestJSONAndRemedies(t *testing.T) {
	files := parts(t, aBundle("en", 2))
	var got struct {
		Schema, TLP, Recipient string
		Survey                 survey.Survey
		Systems                []survey.Finding
	}
	if err := json.Unmarshal([]byte(files["systems.json"]), &got); err != nil {
		t.Fatal(err)
	}
	if got.Schema != disclose.BundleSchema || got.TLP != "TLP:AMBER" || len(got.Systems) != 4 || got.Systems[0].Checks[0].Evidence != "seen" {
		t.Errorf("%+v", got)
	}
	if strings.Contains(files["systems.json"], "203.0.113") {
		t.Error("the scope of the survey is told to a recipient")
	}
	remedies := files["remedies.txt"]
	for _, want := range []string{"\nOrthanc\n=======\n", "\nOHIF Viewer (likely)\n", "LG-D04  Title of LG-D04\nSystems: 192.0.2.1, 192.0.2.2\n", "    Close LG-D04.\n        setting: \"LG-D04\"\n"} {
		if !strings.Contains(remedies, want) {
			t.Errorf("the remedies do not say %q:\n%s", want, remedies)
		}
	}
	if strings.Contains(remedies, "LG-D09") {
		t.Error("a remedy for a check that passed")
	}
}

func TestAssigned(t *testing.T) {
	rs, err := disclose.Parse("r.yaml", []byte("version: 1\nrecipients:\n  - {organisation: A, countries: [DE]}\n"))
	if err != nil {
		t.Fatal(err)
	}
	honeypot, harmless := openImages("192.0.2.9"), openImages("192.0.2.10")
	honeypot.Suspicion.Honeypot = true
	harmless.Verdict, harmless.Checks = survey.Protected, nil
	assign := func(rule disclose.Rule) *disclose.Assigned {
		a := disclose.NewAssigned()
		for _, f := range []*survey.Finding{openImages("192.0.2.2"), openImages("192.0.2.1"), viewerOnly("198.51.100.7"), identified("192.0.2.8"), honeypot, harmless} {
			a.Add(rs, rule, survey.Record{Finding: *f, StudySketch: []byte{1}})
		}
		return a
	}
	addresses := func(records []survey.Record) string {
		var list []string
		for _, f := range disclose.Findings(records) {
			list = append(list, f.Target.Address)
		}
		return strings.Join(list, " ")
	}
	for _, c := range []struct {
		rule      disclose.Rule
		to        string
		below     int64
		honeypots int64
	}{
		{disclose.Rule{Least: survey.Open}, "192.0.2.1 192.0.2.2", 1, 1},
		{disclose.Rule{Least: survey.OpenImages, Honeypots: true}, "192.0.2.1 192.0.2.2 192.0.2.9", 1, 0},
		{disclose.Rule{Least: survey.Identified}, "192.0.2.1 192.0.2.2 192.0.2.8", 0, 1},
	} {
		a := assign(c.rule)
		if got := addresses(a.To[rs.List[0]]); got != c.to || addresses(a.Nobody) != "198.51.100.7" ||
			a.LeftOut[disclose.Below] != c.below || a.LeftOut[disclose.Honeypot] != c.honeypots {
			t.Errorf("%+v: to A %s, to nobody %s, left out %v", c.rule, got, addresses(a.Nobody), a.LeftOut)
		}
	}
}
