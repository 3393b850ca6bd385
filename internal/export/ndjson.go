package export

import (
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"

	"leadglass/internal/cases"
	"leadglass/internal/survey"
)

// Schema names the version of the JSON form of a line, docs/schema/export.schema.json.
const Schema = "leadglass.export/1"

// line is a system as a line of JSON.
type line struct {
	Schema    string          `json:"schema"`
	TLP       string          `json:"tlp"`
	Survey    string          `json:"survey"`
	Recipient string          `json:"recipient,omitempty"`
	SetApart  string          `json:"set_apart,omitempty"`
	Case      *cases.Case     `json:"case"`
	Finding   *survey.Finding `json:"finding"`
}

// writeNDJSON writes a whole finding with its case a line.
func writeNDJSON(w io.Writer, about About, items Items) error {
	e := json.NewEncoder(w)
	for i, err := range items {
		if err != nil {
			return err
		}
		if err := e.Encode(line{Schema, about.TLP, about.Survey.ID, about.Recipient, i.SetApart(), i.Case, i.Finding}); err != nil {
			return fmt.Errorf("writing JSON: %w", err)
		}
	}
	return nil
}

// failedOf are the failed checks of a finding, the worst first, each once.
func failedOf(f *survey.Finding) []string {
	var ids []string
	for _, c := range f.FailedChecks() {
		if !slices.Contains(ids, c.ID) {
			ids = append(ids, c.ID)
		}
	}
	return ids
}

// description says in sentences what is open and how much, with the quality of each
// number, and how sure the product is.
func description(i *Item) string {
	f := i.Finding
	var parts []string
	for _, s := range services(f) {
		at := ""
		if s.port != 0 {
			at = fmt.Sprintf("Port %d: ", s.port)
		}
		parts = append(parts, at+s.text)
	}
	if f.FreelyAccessible() && !f.WorklistOnly() {
		parts = append(parts, fmt.Sprintf("Study records: %s; images linked: %s; images accessible: %s.", f.Counts.Studies, f.Counts.ImagesLinked, f.Counts.ImagesAccessible))
	}
	if p := f.ReportedProduct().String(); p != "" {
		parts = append(parts, "Product: "+p+".")
	}
	if list := suspicions(f); len(list) > 0 {
		parts = append(parts, "It may be no archive with patients: "+strings.Join(list, ", ")+".")
	}
	if f.Incomplete != nil {
		parts = append(parts, "Not everything could be examined: "+*f.Incomplete+".")
	}
	return strings.Join(parts, " ")
}
