package report

import (
	"cmp"
	_ "embed"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"iter"
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"leadglass/internal/survey"
)

//go:embed archives.html.tmpl
var archivesSource string

// tlpAmber marks the confidential edition (FIRST, Traffic Light Protocol 2.0).
const tlpAmber = "TLP:AMBER"

// TLPMeaning says what the mark allows, by the definition of FIRST.
const TLPMeaning = "Limited disclosure: recipients may share it within their own organisation and with its clients, with those who need to know. It names single systems."

// Confidential is a report that names single archives, for those who have to
// protect them. Nothing in it is withheld.
type Confidential struct {
	report Public
	// records can be gone through several times.
	records iter.Seq2[survey.Record, error]
}

// NewConfidential makes the confidential edition of the survey that a was made
// of. records are that survey's; they are streamed, once for each file.
func NewConfidential(a Aggregate, records iter.Seq2[survey.Record, error]) Confidential {
	r := Publish(a, 1)
	r.Edition, r.TLP = EditionConfidential, tlpAmber
	return Confidential{report: r, records: records}
}

// Follow has the report show the totals of earlier surveys.
func (c *Confidential) Follow(earlier ...Public) { c.report.Follow(earlier...) }

// Study2019 is that of the public edition.
func (c *Confidential) Study2019(show bool) { c.report.Study2019(show) }

// archives are the findings on archives, without those on other targets. An
// error of the records is kept in *failed.
func (c Confidential) archives(failed *error) iter.Seq[survey.Record] {
	return func(yield func(survey.Record) bool) {
		for r, err := range c.records {
			if err != nil {
				*failed = err
				return
			}
			if (r.Finding.Verdict.Speaks() || r.Finding.Viewer != "") && !yield(r) {
				return
			}
		}
	}
}

// WriteJSON writes the report with the findings on all archives in the field
// "archives", each of them leadglass.finding/1.
func (c Confidential) WriteJSON(w io.Writer) error {
	head, err := openJSON(c.report)
	if err != nil {
		return err
	}
	if _, err := w.Write(append(head, ",\n  \"archives\": ["...)); err != nil {
		return fmt.Errorf("writing the confidential JSON report: %w", err)
	}
	var failed error
	separator := "\n    "
	for r := range c.archives(&failed) {
		text, err := json.Marshal(r.Finding)
		if err != nil {
			return fmt.Errorf("writing the confidential JSON report: %w", err)
		}
		if _, err := io.WriteString(w, separator+string(text)); err != nil {
			return fmt.Errorf("writing the confidential JSON report: %w", err)
		}
		separator = ",\n    "
	}
	if failed != nil {
		return failed
	}
	if _, err := io.WriteString(w, "\n  ]\n}\n"); err != nil {
		return fmt.Errorf("writing the confidential JSON report: %w", err)
	}
	return nil
}

// WriteHTML writes the page of the public edition with a row for each archive
// in the order of their addresses, what was seen of each, and the remedies they
// need. The archives are held in memory.
func (c Confidential) WriteHTML(w io.Writer) error {
	t, err := pageTemplate()
	if err != nil {
		return err
	}
	if t, err = t.Parse(archivesSource); err != nil {
		return fmt.Errorf("reading the template of the archives: %w", err)
	}
	var failed error
	remedies := &remedyList{number: map[string]int{}}
	p, err := newPage(&c.report)
	if err != nil {
		return err
	}
	var rows []archiveRow
	for r := range c.archives(&failed) {
		rows = append(rows, newArchiveRow(&r.Finding, remedies))
	}
	if failed != nil {
		return failed
	}
	slices.SortStableFunc(rows, byAddress)
	p.Extra = archiveSection{Rows: rows, Remedies: remedies}
	if err := t.Execute(w, p); err != nil {
		return fmt.Errorf("writing the confidential HTML report: %w", err)
	}
	return nil
}

// byAddress puts 127.0.0.2 before 127.0.0.10, and what is no address last.
func byAddress(a, b archiveRow) int {
	x, errX := netip.ParseAddr(a.Address)
	y, errY := netip.ParseAddr(b.Address)
	return cmp.Or(boolCompare(errX != nil, errY != nil), x.Compare(y), cmp.Compare(a.Address, b.Address))
}

// WriteCSV writes a line for each archive.
func (c Confidential) WriteCSV(w io.Writer) error {
	cw := csv.NewWriter(w)
	write := func(row ...string) error {
		for i := range row {
			row[i] = Harmless(row[i])
		}
		return cw.Write(row)
	}
	err := write("address", "host", "port", "verdict", "grade", "product", "country", "site", "contact", "study_records",
		"study_records_quality", "images_linked", "images_linked_quality", "images_accessible", "images_accessible_quality",
		"viewer", "failed_checks", "suspected", "tlp", "edition")
	var failed error
	for r := range c.archives(&failed) {
		if err != nil {
			break
		}
		a := newArchiveRow(&r.Finding, &remedyList{number: map[string]int{}})
		var ids []string
		for _, f := range a.Failed {
			ids = append(ids, f.ID)
		}
		row := []string{a.Address, a.Host, a.Port, string(a.Verdict), string(a.Grade), a.Product, a.Owner.Country, a.Owner.Site, a.Owner.Contact}
		for _, n := range []Figure{a.StudyRecords, a.ImagesLinked, a.ImagesAccessible} {
			number, quality := csvFigure(n)
			row = append(row, number, quality)
		}
		err = write(append(row, string(a.Viewer), strings.Join(ids, " "), a.Suspected, c.report.TLP, c.report.Edition)...)
	}
	cw.Flush()
	if err = cmp.Or(err, failed, cw.Error()); err != nil {
		return fmt.Errorf("writing the list of archives: %w", err)
	}
	return nil
}

// archiveSection is what the template of the archives is given.
type archiveSection struct {
	Rows     []archiveRow
	Remedies *remedyList
}

// archiveRow is one archive in a table.
type archiveRow struct {
	Address, Host, Port                          string
	Verdict                                      survey.Verdict
	Grade                                        survey.Grade
	Viewer                                       survey.Viewer
	Product                                      string
	Owner                                        survey.Owner
	StudyRecords, ImagesLinked, ImagesAccessible Figure
	Failed                                       []failedCheck
	Suspected, Incomplete                        string
}

// failedCheck is a check that one archive failed, on one port or on several.
type failedCheck struct {
	ID, Title string
	Severity  survey.Severity
	Seen      []seen
}

// seen is what was seen on a port, 0 for the host as a whole, with the number
// of the remedy in the list, 0 for none.
type seen struct {
	Port     uint16
	Evidence string
	Remedy   int
}

func newArchiveRow(f *survey.Finding, remedies *remedyList) archiveRow {
	row := archiveRow{
		Address: f.Target.Address, Host: f.Target.Host, Verdict: f.Verdict, Grade: f.Grade, Viewer: f.Viewer,
		Product: productOf(f), StudyRecords: Figure{Count: f.Counts.Studies},
		ImagesLinked: Figure{Count: f.Counts.ImagesLinked}, ImagesAccessible: Figure{Count: f.Counts.ImagesAccessible},
	}
	if row.Host == row.Address {
		row.Host = ""
	}
	if f.Target.Port != 0 {
		row.Port = strconv.Itoa(int(f.Target.Port))
	}
	if f.Owner != nil {
		row.Owner = *f.Owner
	}
	if f.Incomplete != nil {
		row.Incomplete = *f.Incomplete
	}
	if f.Suspicion.Any() {
		row.Suspected = strings.Join(f.Suspicion.Reasons, "; ")
	}
	for _, c := range f.Checks {
		if c.State != survey.Fail {
			continue
		}
		i := slices.IndexFunc(row.Failed, func(o failedCheck) bool { return o.ID == c.ID })
		if i < 0 {
			i = len(row.Failed)
			row.Failed = append(row.Failed, failedCheck{ID: c.ID, Title: c.Title, Severity: c.Severity})
		}
		row.Failed[i].Seen = append(row.Failed[i].Seen, seen{c.Port, c.Evidence, remedies.add(c)})
	}
	slices.SortStableFunc(row.Failed, func(a, b failedCheck) int {
		return cmp.Compare(severityRank(a.Severity), severityRank(b.Severity))
	})
	return row
}

// productOf is the surest product of f with its version and how sure it is.
func productOf(f *survey.Finding) string {
	best := survey.Product{}
	for _, s := range f.Services {
		if s.Product.Confidence != survey.UnknownConf && s.Product.Name != "" && (best.Name == "" || confidenceRank(s.Product.Confidence) > confidenceRank(best.Confidence)) {
			best = s.Product
		}
	}
	name := best.Name
	if name != "" && best.Version != nil {
		name += " " + *best.Version
	}
	if name != "" && best.Confidence != survey.Certain {
		name += " (" + string(best.Confidence) + ")"
	}
	return name
}

// Remedy is what mends failed checks.
type Remedy struct {
	// Checks are those that it mends, "LG-D04: title" each.
	Checks []string
	Text   string
}

// maxRemedies bounds the list of a report; later remedies of a check are to be
// found in the JSON.
const maxRemedies = 1000

// remedyList numbers the different remedies of a report from 1, so that a row
// can name them briefly.
type remedyList struct {
	List   []Remedy
	number map[string]int
}

// add returns the number of c's remedy, 0 for none. A text that mends several
// checks is one remedy.
func (l *remedyList) add(c survey.Check) int {
	n := l.number[c.Remedy]
	if n == 0 && c.Remedy != "" && len(l.List) < maxRemedies {
		l.List = append(l.List, Remedy{Text: c.Remedy})
		n = len(l.List)
		l.number[c.Remedy] = n
	}
	if check := c.ID + ": " + c.Title; n > 0 && !slices.Contains(l.List[n-1].Checks, check) {
		l.List[n-1].Checks = append(l.List[n-1].Checks, check)
	}
	return n
}
