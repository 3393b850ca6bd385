package report

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"leadglass/internal/publish"
	"leadglass/internal/survey"
)

// archiveRow is one archive in a table.
type archiveRow struct {
	Address, Host, Port                          string
	Verdict                                      survey.Verdict
	Grade                                        survey.Grade
	Viewer                                       survey.Viewer
	Product                                      string
	Owner                                        survey.Owner
	StudyRecords, ImagesLinked, ImagesAccessible publish.Figure
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

// newArchiveRow is the row of f. remedies are the numbers of the remedies of its
// failed checks, in their order.
func newArchiveRow(f *survey.Finding, remedies []int) archiveRow {
	row := archiveRow{
		Address: f.Target.Address, Host: f.Target.Host, Verdict: f.Verdict, Grade: f.Grade, Viewer: f.Viewer,
		Product: survey.ProductOf(f.Services, 0).String(), StudyRecords: publish.Figure{Count: f.Counts.Studies},
		ImagesLinked: publish.Figure{Count: f.Counts.ImagesLinked}, ImagesAccessible: publish.Figure{Count: f.Counts.ImagesAccessible},
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
		row.Failed[i].Seen = append(row.Failed[i].Seen, seen{c.Port, c.Evidence, remedies[0]})
		remedies = remedies[1:]
	}
	slices.SortStableFunc(row.Failed, func(a, b failedCheck) int {
		return cmp.Compare(severityRank(a.Severity), severityRank(b.Severity))
	})
	return row
}

// archivesHead is the first line of the list of archives.
const archivesHead = "address,host,port,verdict,grade,product,country,site,contact,study_records," +
	"study_records_quality,images_linked,images_linked_quality,images_accessible,images_accessible_quality," +
	"viewer,failed_checks,suspected,tlp,edition\n"

// csv is the line of the row in the list of archives.
func (r *archiveRow) csv() []string {
	ids := make([]string, len(r.Failed))
	for i, f := range r.Failed {
		ids[i] = f.ID
	}
	line := []string{r.Address, r.Host, r.Port, string(r.Verdict), string(r.Grade), r.Product, r.Owner.Country, r.Owner.Site, r.Owner.Contact}
	for _, n := range []publish.Figure{r.StudyRecords, r.ImagesLinked, r.ImagesAccessible} {
		number, quality := csvFigure(n)
		line = append(line, number, quality)
	}
	line = append(line, string(r.Viewer), strings.Join(ids, " "), r.Suspected, publish.TLPAmber, publish.EditionConfidential)
	for i := range line {
		line[i] = publish.Harmless(line[i])
	}
	return line
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
