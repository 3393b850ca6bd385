package export_test

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"flag"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"leadglass/internal/export"
	"leadglass/internal/survey"
)

var update = flag.Bool("update", false, "rewrite the samples in docs")

// written is a format's file of the items.
func written(t *testing.T, name string, a export.About, list []export.Item) string {
	t.Helper()
	formats, err := export.Named([]string{name})
	if err != nil {
		t.Fatal(err)
	}
	of := each(list)
	if !formats[0].Closed {
		of = export.Exposed(of)
	}
	var out bytes.Buffer
	if err := formats[0].Write(&out, a, of); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

func readJSON(t *testing.T, path string, into any) {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(text, into); err != nil {
		t.Fatal(err)
	}
}

// valid fails the test unless the document is as the schema in testdata says.
func valid(t *testing.T, schema, document string) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("testdata", schema))
	if err != nil {
		t.Fatal(err)
	}
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	c.DefaultDraft(jsonschema.Draft7)
	if err := c.AddResource("https://leadglass.invalid/"+schema, doc); err != nil {
		t.Fatal(err)
	}
	compiled, err := c.Compile("https://leadglass.invalid/" + schema)
	if err != nil {
		t.Fatal(err)
	}
	got, err := jsonschema.UnmarshalJSON(strings.NewReader(document))
	if err != nil {
		t.Fatalf("no JSON: %v\n%s", err, document)
	}
	if err := compiled.Validate(got); err != nil {
		t.Errorf("not as %s wants: %v", schema, err)
	}
}

// TestSamples: the samples in the documentation are what the program writes, and
// what is exposed is in every format, what is set apart is in none of the feeds.
func TestSamples(t *testing.T) {
	for name, file := range map[string]string{"intelmq": "intelmq.jsonl", "shadowserver": "shadowserver.csv", "misp": "misp.json", "stix": "stix.json",
		"defectdojo": "defectdojo.json", "tickets": "tickets.csv", "ndjson": "systems.ndjson"} {
		got := written(t, name, about(), items()[:3])
		path := filepath.Join("..", "..", "docs", "samples", file)
		if *update {
			if err := os.WriteFile(path, []byte(got), 0o644); err != nil { //nolint:gosec // a public document
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(path)
		if err != nil || string(want) != got {
			t.Errorf("%s is not what is written (%v); run go test ./internal/export -run TestSamples -update and read the difference", path, err)
		}
		all := written(t, name, about(), items())
		for _, i := range items() {
			closed := name == "defectdojo" || name == "tickets" || name == "ndjson"
			if want := i.SetApart() == "" || closed; strings.Contains(all, i.Finding.Target.Address) != want {
				t.Errorf("%s: that %s is there is %v, want %v", name, i.Finding.Target.Address, !want, want)
			}
		}
		again := written(t, name, about(), items()[:3])
		if again != got {
			t.Errorf("%s: two exports of the same systems differ", name)
		}
	}
}

// intelMQ are the fields of IntelMQ's events.
type intelMQ struct {
	Required, Types []string
	Fields          map[string]struct {
		Type, Regex string
		Length      int
	}
}

func events(t *testing.T, text string) []map[string]any {
	t.Helper()
	var list []map[string]any
	for line := range strings.Lines(text) {
		d := json.NewDecoder(strings.NewReader(line))
		d.UseNumber()
		e := map[string]any{}
		if err := d.Decode(&e); err != nil {
			t.Fatal(err)
		}
		list = append(list, e)
	}
	return list
}

// TestIntelMQ: each event is one that IntelMQ takes, there is one for each service,
// and products that are not certain are in no field without a confidence.
func TestIntelMQ(t *testing.T) {
	var table intelMQ
	readJSON(t, "testdata/intelmq-3.5.json", &table)
	list := events(t, written(t, "intelmq", about(), items()))
	ports := map[string]map[string]any{}
	for _, e := range list {
		ports[fmt.Sprint(e["source.ip"], " ", e["source.port"])] = e
		for _, key := range table.Required {
			if e[key] == nil {
				t.Errorf("an event without %s: %v", key, e)
			}
		}
		for key, value := range e {
			if err := table.takes(key, fmt.Sprint(value)); err != nil {
				t.Errorf("%s: %v", key, err)
			}
		}
	}
	if len(list) != 3 {
		t.Errorf("%d events, want one for the archive, one for its viewer and one for the guess", len(list))
	}
	main, viewer, guess := ports["192.0.2.7 4242"], ports["192.0.2.7 8080"], ports["2001:db8::7 4242"]
	for i, want := range []map[string]any{
		{"classification.identifier": "open-dicom-archive", "severity": "critical", "extra.severity": "critical", "product.name": "Orthanc", "product.version": "1.12.4", "product.vendor": "Orthanc Team",
			"product.full_name": "Orthanc 1.12.4", "extra.product": "Orthanc", "extra.product_confidence": "certain", "source.fqdn": "pacs.example.org", "extra.study_records": json.Number("12345"),
			"extra.case_state": "notified", "extra.days_open": json.Number("40"), "extra.first_seen_time": "2026-01-20T09:30:00+00:00"},
		{"classification.identifier": "open-dicom-viewer", "severity": "high", "product.name": nil, "extra.product": "OHIF Viewer", "extra.product_confidence": "likely", "extra.study_records": nil,
			"extra.failed_checks": []any{"LG-W04"}},
		{"classification.identifier": "open-dicom-archive", "product.name": nil, "product.full_name": nil, "extra.product_confidence": "possible", "extra.suspected": []any{"test-data"}},
	} {
		for key, value := range want {
			if got := []map[string]any{main, viewer, guess}[i][key]; fmt.Sprint(got) != fmt.Sprint(value) {
				t.Errorf("event %d: %s is %v, want %v", i, key, got, value)
			}
		}
	}
	for _, n := range []uint32{0, 65535, 1<<32 - 1} { // IntelMQ refuses these
		f := archive("192.0.2.7")
		f.Owner.ASN = n
		if text := written(t, "intelmq", about(), []export.Item{{Finding: f}}); strings.Contains(text, "source.asn") {
			t.Errorf("AS number %d is given to IntelMQ", n)
		}
	}
}

// takes returns an error unless IntelMQ takes the value in the field.
func (table *intelMQ) takes(key, value string) error {
	if strings.HasPrefix(key, "extra.") && regexp.MustCompile(`^[a-z_][a-z_0-9]+(\.[a-z_0-9]+)*$`).MatchString(key) {
		return nil
	}
	f, known := table.Fields[key]
	if !known {
		return fmt.Errorf("no such field")
	}
	if f.Length > 0 && len(value) > f.Length || f.Regex != "" && !regexp.MustCompile(f.Regex).MatchString(value) {
		return fmt.Errorf("%q is not of the form", value)
	}
	ok := true
	switch f.Type {
	case "LowercaseString", "FQDN":
		ok = value == strings.ToLower(value)
	case "UppercaseString":
		ok = value == strings.ToUpper(value)
	case "ClassificationType":
		ok = slices.Contains(table.Types, value)
	case "IPAddress":
		_, err := netip.ParseAddr(value)
		ok = err == nil
	case "Integer":
		ok = regexp.MustCompile(`^[1-9]\d*$`).MatchString(value)
	case "DateTime":
		_, err := time.Parse("2006-01-02T15:04:05-07:00", value)
		ok = err == nil && strings.HasSuffix(value, "+00:00")
	}
	if !ok || value == "" {
		return fmt.Errorf("%q is no %s", value, f.Type)
	}
	return nil
}

// TestShadowserver: the columns that Shadowserver's reports have come first, and say
// how long a system has been exposed.
func TestShadowserver(t *testing.T) {
	rows, err := csv.NewReader(strings.NewReader(written(t, "shadowserver", about(), items()))).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	first := "timestamp severity ip protocol port hostname tag asn geo region city naics sector first_seen_time last_seen_time potential_exposure_time"
	if got := strings.Join(rows[0][:16], " "); got != first {
		t.Errorf("columns %s", got)
	}
	if got := strings.Join(rows[1][:16], "|"); got != "2026-03-01 09:30:00|critical|192.0.2.7|tcp|4242|pacs.example.org.|dicom|64496|DE|||||2026-01-20 09:30:00|2026-03-01 09:30:00|40" {
		t.Errorf("row %s", got)
	}
	if len(rows) != 4 || rows[2][4] != "8080" || rows[2][6] != "dicom;viewer" {
		t.Errorf("rows %v", rows)
	}
}

// TestMISP: the event is as MISP's schema wants, its objects as their template, and
// nothing of it would be put on a block list.
func TestMISP(t *testing.T) {
	text := written(t, "misp", about(), items())
	valid(t, "misp-2.5.schema.json", text)
	var template struct {
		UUID, Version, Name string
		MetaCategory        string `json:"meta-category"`
		Attributes          map[string]string
		Network             []string
	}
	readJSON(t, "testdata/misp-ip-port.json", &template)
	var got struct {
		Event struct {
			Object []struct {
				Name, UUID      string
				TemplateUUID    string `json:"template_uuid"`
				TemplateVersion string `json:"template_version"`
				MetaCategory    string `json:"meta-category"`
				Attribute       []struct {
					UUID, Type, Category, Value string
					ObjectRelation              string `json:"object_relation"`
					ToIDs                       bool   `json:"to_ids"`
				}
			}
		}
	}
	if err := json.Unmarshal([]byte(text), &got); err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	for _, o := range got.Event.Object {
		if o.Name != template.Name || o.TemplateUUID != template.UUID || o.TemplateVersion != template.Version || o.MetaCategory != template.MetaCategory || seen[o.UUID] {
			t.Errorf("object %+v", o)
		}
		seen[o.UUID] = true
		for _, a := range o.Attribute {
			category := a.Category == "Network activity" == slices.Contains(template.Network, a.ObjectRelation)
			if template.Attributes[a.ObjectRelation] != a.Type || !category || a.ToIDs || a.Value == "" || seen[a.UUID] {
				t.Errorf("attribute %+v", a)
			}
			seen[a.UUID] = true
		}
	}
	if len(got.Event.Object) != 3 || !strings.Contains(text, "Orthanc 1.12.4 (possible)") {
		t.Errorf("%d objects:\n%s", len(got.Event.Object), text)
	}
}

// TestSTIX: the bundle is as the standard wants, every reference leads to an object
// in it, and no identifier is there twice.
func TestSTIX(t *testing.T) {
	text := written(t, "stix", about(), items())
	valid(t, "stix-2.1.schema.json", text)
	var got struct{ Objects []map[string]any }
	if err := json.Unmarshal([]byte(text), &got); err != nil {
		t.Fatal(err)
	}
	ids := map[string]bool{}
	for _, o := range got.Objects {
		id := o["id"].(string)
		if ids[id] {
			t.Errorf("%s twice", id)
		}
		ids[id] = true
	}
	for _, ref := range regexp.MustCompile(`"([a-z0-9-]+--[0-9a-f-]{36})"`).FindAllStringSubmatch(text, -1) {
		if !ids[ref[1]] && !strings.HasPrefix(ref[1], "extension-definition--") && !strings.HasPrefix(ref[1], "bundle--") {
			t.Errorf("%s leads nowhere", ref[1])
		}
	}
	// The identifier of an address does not depend on who makes it (2.9).
	if !ids["ipv4-addr--"+uuidOf(`{"value":"192.0.2.7"}`)] {
		t.Error("the identifier of the address is not that of the standard")
	}
	if strings.Count(text, `"type":"software"`) != 1 {
		t.Error("a guessed product is among the software")
	}
	strict := about()
	strict.TLP = "TLP:AMBER+STRICT"
	other := written(t, "stix", strict, items())
	valid(t, "stix-2.1.schema.json", other)
	if !strings.Contains(other, `"tlp_2_0":"amber+strict"`) {
		t.Error("the label is not in the bundle")
	}
	valid(t, "stix-2.1.schema.json", written(t, "stix", about(), nil)) // a survey that found nothing
}

// uuidOf is the identifier of an observable with these contributing properties.
func uuidOf(canonical string) string {
	return export.UUID5("00abedb4-aa42-466c-9c01-fed23315a9b7", canonical)
}

// TestUUID5: identifiers are those of RFC 9562, A.4, and for 198.51.100.3 the one that
// other implementations of STIX 2.1 have in their tests.
func TestUUID5(t *testing.T) {
	if got := export.UUID5("6ba7b810-9dad-11d1-80b4-00c04fd430c8", "www.example.com"); got != "2ed6657d-e927-568b-95e1-2665a8aea6a2" {
		t.Errorf("RFC 9562: %s", got)
	}
	if got := uuidOf(`{"value":"198.51.100.3"}`); got != "28bb3599-77cd-5a82-a950-b5bc3caf07c4" {
		t.Errorf("STIX: %s", got)
	}
}

// TestDefectDojo: the findings have the keys that DefectDojo takes, and say what
// became of the system.
func TestDefectDojo(t *testing.T) {
	var table struct{ Required, Allowed, Document, Severity []string }
	readJSON(t, "testdata/defectdojo-generic.json", &table)
	var got map[string]any
	if err := json.Unmarshal([]byte(written(t, "defectdojo", about(), items())), &got); err != nil {
		t.Fatal(err)
	}
	for key := range got {
		if !slices.Contains(table.Document, key) {
			t.Errorf("DefectDojo takes no %q", key)
		}
	}
	seen, marks := map[any]bool{}, map[string]string{}
	for _, f := range got["findings"].([]any) {
		finding := f.(map[string]any)
		for key := range finding {
			if !slices.Contains(slices.Concat(table.Required, table.Allowed), key) {
				t.Errorf("DefectDojo takes no %q in a finding", key)
			}
		}
		for _, key := range table.Required {
			if finding[key] == nil || finding[key] == "" {
				t.Errorf("a finding without %s: %v", key, finding)
			}
		}
		if id := finding["unique_id_from_tool"]; seen[id] || !slices.Contains(table.Severity, finding["severity"].(string)) {
			t.Errorf("finding %v", finding)
		}
		seen[finding["unique_id_from_tool"]] = true
		address := finding["endpoints"].([]any)[0].(string)
		marks[address] = fmt.Sprint(finding["active"], finding["verified"], finding["false_p"], finding["out_of_scope"], finding["risk_accepted"], finding["is_mitigated"])
	}
	for address, want := range map[string]string{
		"dicom://192.0.2.7:4242": "true true false false false false", "http://192.0.2.7:8080": "true true false false false false",
		"dicom://[2001:db8::7]:4242": "true false false false false false", // it looks like test data
		"dicom://198.51.100.1:4242":  "false true false false false true",  // fixed
		"dicom://198.51.100.2:4242":  "false false true false false false", // false positive
		"dicom://198.51.100.3:4242":  "false true false false true false",  // accepted
		"dicom://198.51.100.4:4242":  "false true false true false false",  // test installation
		"dicom://198.51.100.5:4242":  "false true false false false false", // gone
		"http://198.51.100.9:8080":   "false true false false false false", // counted elsewhere
	} {
		if marks[address] != want {
			t.Errorf("%s: %s, want %s", address, marks[address], want)
		}
	}
}

// TestTickets: each system is a ticket, open or closed with the reason.
func TestTickets(t *testing.T) {
	rows, err := csv.NewReader(strings.NewReader(written(t, "tickets", about(), items()))).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, r := range rows[1:] {
		got = append(got, strings.Join([]string{r[5], r[1], r[2], r[14]}, " "))
	}
	want := []string{"192.0.2.7 open  ", "2001:db8::7 open  ", "198.51.100.1 closed fixed 2026-03-02T09:30:00Z", "198.51.100.2 closed false-positive ", "198.51.100.3 closed accepted ",
		"198.51.100.4 closed test-installation ", "198.51.100.5 closed gone ", "198.51.100.9 closed same-archive "}
	if !slices.Equal(got, want) {
		t.Errorf("tickets %q", got)
	}
}

// TestHostileText: what servers and files of others say can neither become a formula
// nor break a line or a document.
func TestHostileText(t *testing.T) {
	for _, evil := range []string{"=HYPERLINK(\"http://evil.example\")", "\t=1", "a\nb", "＝1", "a\u2028b", "\x1b[2J", "\"}]}", "\u202egro", "<script>"} {
		f := archive("192.0.2.7")
		f.Target.Host, f.Owner.Site, f.Owner.Contact, f.Owner.Network = evil, evil, evil, evil
		f.Services[0].Product.Name, f.Services[0].Product.Version, f.Services[0].Product.Vendor = evil, &evil, evil
		f.Incomplete = &evil
		a := about()
		a.Survey.Name, a.Survey.Authority.Organisation = evil, evil
		list := []export.Item{{Finding: f, Case: caseOf("192.0.2.7", "open")}}
		valid(t, "misp-2.5.schema.json", written(t, "misp", a, list))
		valid(t, "stix-2.1.schema.json", written(t, "stix", a, list))
		for _, name := range []string{"shadowserver", "tickets"} {
			rows, err := csv.NewReader(strings.NewReader(written(t, name, a, list))).ReadAll()
			if err != nil {
				t.Fatal(err)
			}
			for _, cell := range slices.Concat(rows...) {
				if c := strings.TrimSpace(cell); c != "" && strings.ContainsRune("=+-@＝\x1b\u2028\u202e", []rune(c)[0]) || strings.ContainsAny(cell, "\n\u2028\u202e") {
					t.Errorf("%s, %q: %q", name, evil, cell)
				}
			}
		}
		if n := strings.Count(written(t, "intelmq", a, list), "\n"); n != 2 {
			t.Errorf("%q: %d events", evil, n)
		}
	}
}

// TestJoin: each finding gets its own case, whatever is between.
func TestJoin(t *testing.T) {
	records := func(yield func(survey.Record, error) bool) {
		for _, a := range []string{"192.0.2.1", "192.0.2.3", "192.0.2.3", "192.0.2.9"} {
			if !yield(survey.Record{Finding: survey.Finding{Target: survey.Target{Address: a}}}, nil) {
				return
			}
		}
	}
	var got []string
	for i, err := range export.Join(records, casesOf("192.0.2.0", "192.0.2.3", "192.0.2.5")) {
		if err != nil {
			t.Fatal(err)
		}
		name := "none"
		if i.Case != nil {
			name = i.Case.Address
		}
		got = append(got, i.Finding.Target.Address+" "+name)
	}
	if want := []string{"192.0.2.1 none", "192.0.2.3 192.0.2.3", "192.0.2.3 192.0.2.3", "192.0.2.9 none"}; !slices.Equal(got, want) {
		t.Errorf("joined %q", got)
	}
}
