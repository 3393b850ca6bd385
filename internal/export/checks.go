package export

import (
	"cmp"
	"encoding/csv"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"leadglass/internal/plain"
	"leadglass/internal/survey"
)

// CheckFormat is a format for the checks of single targets, which run in build
// pipelines.
type CheckFormat struct {
	// Name is the value of --format, File the name of the file.
	Name, File string
	// Write writes the findings of a run of the version of Leadglass.
	Write func(w io.Writer, version string, findings []*survey.Finding) error
}

// CheckFormats lists the formats.
func CheckFormats() []CheckFormat {
	return []CheckFormat{
		{"sarif", "check.sarif", writeSARIF},
		{"junit", "check.junit.xml", writeJUnit},
		{"html", "check.html", writeCheckHTML},
		{"csv", "check.csv", writeCheckCSV},
	}
}

// CheckFormatsNamed are the formats of these names.
func CheckFormatsNamed(names []string) ([]CheckFormat, error) {
	var list []CheckFormat
	for _, name := range names {
		all := CheckFormats()
		i := slices.IndexFunc(all, func(f CheckFormat) bool { return f.Name == name })
		if i < 0 {
			known := make([]string, len(all))
			for j, f := range all {
				known[j] = f.Name
			}
			return nil, fmt.Errorf("unknown format %q; known are %s", name, strings.Join(known, ", "))
		}
		list = append(list, all[i])
	}
	return list, nil
}

// judged are the checks of f that applied, the failed ones first, the worst before
// the others, then the undecided.
func judged(f *survey.Finding) []survey.Check {
	states := []survey.CheckState{survey.Fail, survey.Unknown, survey.Pass}
	var list []survey.Check
	for _, c := range f.Checks {
		if slices.Contains(states, c.State) {
			list = append(list, c)
		}
	}
	slices.SortStableFunc(list, func(a, b survey.Check) int {
		return cmp.Or(cmp.Compare(slices.Index(states, a.State), slices.Index(states, b.State)),
			cmp.Compare(slices.Index(survey.Severities, a.Severity), slices.Index(survey.Severities, b.Severity)), cmp.Compare(a.ID, b.ID))
	})
	return list
}

// place is where a check was made, as a URL: "dicom://192.0.2.7:104".
func place(f *survey.Finding, port uint16) string {
	s := serviceOf(f, port)
	if list := endpoints(f, port, s.application()); len(list) > 0 && port != 0 {
		return list[0]
	}
	return "host:" + cmp.Or(f.Target.Address, f.Target.Host)
}

// targetName is the target as the user gave it, with its port.
func targetName(f *survey.Finding) string {
	name := plain.Line(cmp.Or(f.Target.Host, f.Target.Address))
	if f.Target.Port != 0 {
		name += " (port " + number(uint64(f.Target.Port)) + ")"
	}
	return name
}

// writeCheckCSV writes a line for each check.
func writeCheckCSV(w io.Writer, _ string, findings []*survey.Finding) error {
	t := csv.NewWriter(w)
	if err := t.Write([]string{"host", "address", "port", "started_at", "verdict", "grade", "check", "state", "severity", "title", "evidence", "remedy", "references",
		"product", "product_confidence", "study_records", "images_linked", "images_accessible", "incomplete"}); err != nil {
		return fmt.Errorf("writing CSV: %w", err)
	}
	for _, f := range findings {
		incomplete := ""
		if f.Incomplete != nil {
			incomplete = *f.Incomplete
		}
		list := f.Checks
		if len(list) == 0 {
			list = []survey.Check{{}} // the verdict alone
		}
		for _, c := range list {
			s := serviceOf(f, c.Port)
			if err := writeRow(t, []string{f.Target.Host, f.Target.Address, number(uint64(c.Port)), f.StartedAt.UTC().Format(time.RFC3339), string(f.Verdict), string(f.Grade),
				c.ID, string(c.State), string(c.Severity), c.Title, c.Evidence, c.Remedy, strings.Join(c.References, "; "), s.product.Name, string(s.product.Confidence),
				f.Counts.Studies.String(), f.Counts.ImagesLinked.String(), f.Counts.ImagesAccessible.String(), incomplete}); err != nil {
				return err
			}
		}
	}
	return flush(t)
}
