package disclose

import (
	"cmp"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"leadglass/internal/export"
	"leadglass/internal/plain"
	"leadglass/internal/publish"
	"leadglass/internal/survey"
)

// BundleSchema names the version of the JSON attachment.
const BundleSchema = "leadglass.disclosure/1"

// csvColumns are documented in docs/disclosure.md. The first ones have the
// names and the order that CERTs know from Shadowserver's reports.
var csvColumns = []string{
	"timestamp", "severity", "ip", "protocol", "port", "hostname", "tag", "asn", "geo",
	"as_name", "site", "contact", "application", "verdict", "grade", "viewer", "viewer_port",
	"product", "product_version", "product_confidence",
	"study_records", "study_records_quality", "images_linked", "images_linked_quality",
	"images_accessible", "images_accessible_quality", "failed_checks", "suspected", "incomplete",
}

// writeCSV writes a line for each system.
func (b *Bundle) writeCSV(w io.Writer) error {
	cw := csv.NewWriter(w)
	if err := cw.Write(csvColumns); err != nil {
		return fmt.Errorf("writing CSV: %w", err)
	}
	for _, f := range b.Findings {
		row := csvRow(f)
		for i := range row {
			row[i] = publish.Harmless(row[i])
		}
		if err := cw.Write(row); err != nil {
			return fmt.Errorf("writing CSV: %w", err)
		}
	}
	cw.Flush()
	return cw.Error()
}

func csvRow(f *survey.Finding) []string {
	owner := f.Whose()
	product := f.ReportedProduct()
	version, asn, incomplete := "", "", ""
	if product.Version != nil {
		version = *product.Version
	}
	if owner.ASN != 0 {
		asn = strconv.FormatUint(uint64(owner.ASN), 10)
	}
	if f.Incomplete != nil {
		incomplete = *f.Incomplete
	}
	row := []string{f.StartedAt.UTC().Format(time.DateTime), severityOf(f), f.Target.Address, "tcp", port(f.ReportedPort()), f.HostName(),
		strings.Join(tags(f), ";"), asn, owner.Country, owner.Network, owner.Site, owner.Contact, application(f),
		string(f.Verdict), string(f.Grade), string(f.Viewer), port(f.ViewerPort()),
		product.Name, version, string(product.Confidence)}
	for _, c := range []survey.Count{f.Counts.Studies, f.Counts.ImagesLinked, f.Counts.ImagesAccessible} {
		n := ""
		if v, ok := c.Int(); ok {
			n = strconv.FormatInt(v, 10)
		}
		row = append(row, n, string(c.Quality))
	}
	return append(row, strings.Join(failedIDs(f), ";"), strings.Join(suspicions(f), ";"), incomplete)
}

func port(p uint16) string {
	if p == 0 {
		return ""
	}
	return strconv.Itoa(int(p))
}

// severityOf is the worst severity of a failed check.
func severityOf(f *survey.Finding) string {
	if failed := f.FailedChecks(); len(failed) > 0 {
		return string(failed[0].Severity)
	}
	return string(survey.Info)
}

func tags(f *survey.Finding) []string {
	list := []string{"dicom"}
	if f.Viewer != "" {
		list = append(list, "viewer")
	}
	return list
}

// application is what speaks at the port that f is told for.
func application(f *survey.Finding) string {
	s := f.ServiceAt(f.ReportedPort())
	switch {
	case s == nil:
		return ""
	case s.Protocol == survey.ProtocolHTTP && s.TLS != nil:
		return "https"
	}
	return string(s.Protocol)
}

func failedIDs(f *survey.Finding) []string {
	var ids []string
	for _, c := range f.FailedChecks() {
		if !slices.Contains(ids, c.ID) {
			ids = append(ids, c.ID)
		}
	}
	return ids
}

func suspicions(f *survey.Finding) []string {
	var list []string
	if f.Suspicion.Honeypot {
		list = append(list, "honeypot")
	}
	if f.Suspicion.TestData {
		list = append(list, "test-data")
	}
	return list
}

// bundleDocument is a bundle as JSON, docs/schema/disclosure.schema.json.
type bundleDocument struct {
	Schema    string            `json:"schema"`
	TLP       string            `json:"tlp"`
	Recipient string            `json:"recipient"`
	Survey    surveyPart        `json:"survey"`
	Date      string            `json:"date"`
	AnswerBy  string            `json:"answer_by"`
	Systems   []*survey.Finding `json:"systems"`
}

// surveyPart is what a recipient may know of the survey; where else it looked
// is not.
type surveyPart struct {
	ID         string           `json:"id"`
	Name       string           `json:"name"`
	Authority  survey.Authority `json:"authority"`
	Simulated  bool             `json:"simulated"`
	Version    string           `json:"leadglass_version"`
	StartedAt  time.Time        `json:"started_at"`
	FinishedAt time.Time        `json:"finished_at,omitzero"`
}

// writeJSON writes one object with the whole findings.
func (b *Bundle) writeJSON(w io.Writer) error {
	v := &b.Survey
	e := json.NewEncoder(w)
	e.SetIndent("", " ")
	return e.Encode(bundleDocument{BundleSchema, b.Recipient.TLP, b.Recipient.Organisation,
		surveyPart{v.ID, v.Name, v.Authority, v.Simulated, v.Version, v.StartedAt, v.FinishedAt},
		b.Date.UTC().Format(time.DateOnly), b.AnswerBy.UTC().Format(time.DateOnly), b.Findings})
}

// writeIntelMQ writes an event a line, one for each exposed service.
func (b *Bundle) writeIntelMQ(w io.Writer) error {
	return export.WriteIntelMQ(w, export.About{Survey: b.Survey, TLP: b.Recipient.TLP, Recipient: b.Recipient.Organisation}, export.Of(b.Findings))
}

// remedy is what mends checks of some systems.
type remedy struct {
	product, text string
	// checks are "ID  title"; all of them concern the same systems.
	checks, systems []string
}

// remedies are what has to be changed, by product and check.
func (b *Bundle) remedies() []remedy {
	type key struct{ product, check, text string }
	systems := map[key][]string{}
	for _, f := range b.Findings {
		for _, c := range f.FailedChecks() {
			k := key{productAt(f, c.Port), c.ID + "  " + c.Title, c.Remedy}
			// Findings are in the order of their addresses.
			if last := len(systems[k]) - 1; c.Remedy != "" && (last < 0 || systems[k][last] != f.Target.Address) {
				systems[k] = append(systems[k], f.Target.Address)
			}
		}
	}
	keys := slices.SortedFunc(maps.Keys(systems), func(a, b key) int {
		return cmp.Or(cmp.Compare(a.product, b.product), cmp.Compare(a.check, b.check), cmp.Compare(a.text, b.text))
	})
	var list []remedy
	for _, k := range keys {
		i := slices.IndexFunc(list, func(r remedy) bool {
			return r.product == k.product && r.text == k.text && slices.Equal(r.systems, systems[k])
		})
		if i < 0 {
			list = append(list, remedy{k.product, k.text, nil, systems[k]})
			i = len(list) - 1
		}
		list[i].checks = append(list[i].checks, k.check)
	}
	return list
}

// writeRemedies writes what to change, by product.
func (b *Bundle) writeRemedies(w io.Writer) error {
	var t strings.Builder
	fmt.Fprintf(&t, "%s\n\nWhat to change, by product. The settings were written for the product as it was\nrecognised; try them on a copy first.\n", b.Recipient.TLP)
	product := "\x00"
	for _, r := range b.remedies() {
		if r.product != product {
			product = r.product
			name := cmp.Or(product, "Product not recognised")
			fmt.Fprintf(&t, "\n\n%s\n%s\n", name, strings.Repeat("=", len([]rune(name))))
		}
		fmt.Fprintf(&t, "\n%s\n%s\n", strings.Join(r.checks, "\n"), wrap("Systems: "+strings.Join(r.systems, ", ")))
		for line := range strings.Lines(wrap(r.text)) {
			t.WriteString("    " + line)
		}
	}
	t.WriteString("\n" + b.Recipient.TLP + "\n")
	_, err := io.WriteString(w, plain.Text(t.String()))
	return err
}

// productAt is the product, or else the toolkit, at a port; for the host as a
// whole, and where neither was recognised, the product of f; "" for none.
func productAt(f *survey.Finding, port uint16) string {
	if s := f.ServiceAt(port); s != nil {
		switch {
		case s.Product.String() != "":
			return plain.Line(unversioned(s.Product))
		case s.Toolkit.Name != "":
			return plain.Line(survey.Toolkit{Name: s.Toolkit.Name, Confidence: s.Toolkit.Confidence}.String()) + " (toolkit; product not recognised)"
		}
	}
	return plain.Line(unversioned(f.ReportedProduct()))
}

// unversioned is a product with how sure it is, without its version: remedies
// are written by product.
func unversioned(p survey.Product) string {
	p.Version = nil
	return p.String()
}
