package compare_test

import (
	"maps"
	"slices"
	"strings"

	"leadglass/internal/compare"
	"leadglass/internal/publish"
	"leadglass/internal/publish/attacker"
	"leadglass/internal/report"
	"leadglass/internal/survey"
)

// knowledge is a system with what it is about.
type knowledge struct {
	*attacker.System
	labels []string // of all numbers, without the mark of a survey
}

// systems are what the documents say. What has nothing in common stands in
// systems of their own.
func systems(d *documents, labels map[string]bool) []*attacker.System {
	all := slices.Sorted(maps.Keys(labels))
	var list []*attacker.System
	for i, mark := range []string{"A ", "B "} {
		k := knowledge{attacker.New(), all}
		k.counts(mark, &d.reports[i])
		v := knowledge{attacker.New(), all}
		v.values(mark, &d.reports[i])
		list = append(list, k.System, v.System)
	}
	for _, tables := range [][]string{{"archives", "open", "closed", "viewers"}, {"studies"}, {"linked", "accessible", "kept"}} {
		k := knowledge{attacker.New(), all}
		for i, mark := range []string{"A ", "B "} {
			k.countries(mark, &d.reports[i], tables)
		}
		k.comparison(d, tables)
		k.differences(tables...)
		list = append(list, k.System)
	}
	for _, of := range []string{"product", "toolkit", "transport", "tls", "year", "modality", "verdict", "grade", "failed", "passed", "untested", "class", "quality"} {
		k := knowledge{attacker.New(), all}
		for i, mark := range []string{"A ", "B "} {
			r := &d.reports[i]
			k.countries(mark, r, []string{"archives", "open", "closed", "studies"})
			k.tables(mark, r, of)
		}
		k.differences("archives", "open", "closed", of)
		list = append(list, k.System)
	}
	return list
}

// with are the labels of a table, with the mark.
func (k *knowledge) with(mark, table string) []string {
	var out []string
	for _, l := range k.labels {
		if strings.HasPrefix(l, table+" ") && !strings.HasSuffix(l, " rest") && !strings.HasSuffix(l, " marked") {
			out = append(out, mark+l)
		}
	}
	return out
}

func (k *knowledge) number(n publish.Number, names ...string) {
	if !n.Hidden {
		k.Is(n.N, names...)
	}
}

// figure says what a figure does: a coarse one is between 2 and 20 times less
// than the number.
func (k *knowledge) figure(f publish.Figure, names ...string) {
	switch n, ok := f.Int(); {
	case f.Hidden || !ok:
	case f.Coarse && len(names) == 1:
		k.Between(names[0], 2*n, 20*n+19)
	case !f.Coarse:
		k.Is(n, names...)
	}
}

// countries says what stands in columns of the table of countries, and their
// totals.
func (k *knowledge) countries(mark string, r *report.Public, columns []string) {
	shown := map[string]bool{}
	rows := slices.Clone(r.Countries)
	for _, c := range rows {
		shown[c.ISO2] = true
	}
	for _, column := range columns {
		k.Same(mark+column, k.with(mark, column)...)
		say := func(c *report.Country, names ...string) {
			switch column {
			case "archives":
				k.number(c.Archives, names...)
			case "open":
				k.number(c.ArchivesOpen, names...)
			case "viewers":
				k.number(c.ViewersOpen, names...)
			case "studies":
				k.figure(c.StudyRecords, names...)
			case "linked":
				k.figure(c.ImagesLinked, names...)
			case "accessible":
				k.figure(c.ImagesAccessible, names...)
			}
		}
		for i := range rows {
			say(&rows[i], mark+column+" "+rows[i].ISO2)
		}
		if r.Other != nil {
			say(r.Other, slices.DeleteFunc(k.with(mark, column), func(l string) bool { return shown[l[len(mark+column)+1:]] })...)
		}
		t := r.Totals
		say(&report.Country{Archives: t.Archives, ArchivesOpen: t.ArchivesOpen, ViewersOpen: t.ViewersOpen,
			StudyRecords: t.StudyRecords, ImagesLinked: t.ImagesLinked, ImagesAccessible: t.ImagesAccessible}, mark+column)
	}
	// How columns hang together.
	for _, l := range append(k.with("", "archives"), "archives") {
		line := strings.TrimPrefix(l, "archives")
		if slices.Contains(columns, "closed") {
			k.Same(mark+"archives"+line, mark+"open"+line, mark+"closed"+line)
		}
		if slices.Contains(columns, "kept") {
			k.Same(mark+"linked"+line, mark+"accessible"+line, mark+"kept"+line)
		}
		if slices.Contains(columns, "viewers") {
			k.AtMost(mark+"viewers"+line, mark+"archives"+line)
		}
	}
}

// distribution says what a table does: its lines, and the others together.
func (k *knowledge) distribution(mark, table string, d report.Distribution, orderly bool) {
	if len(d.Rows) == 0 && d.Other != nil && d.Other.Hidden {
		return // nothing is known of it, not even how many lines it has
	}
	shown := map[string]bool{}
	lowest := attacker.Unbounded
	for _, row := range d.Rows {
		name := mark + table + " " + row.Name
		k.number(row.Count, name)
		shown[name], lowest = true, min(lowest, row.Count.N)
	}
	rest := slices.DeleteFunc(k.with(mark, table), func(l string) bool { return shown[l] || strings.HasSuffix(l, " gap") })
	if d.Other != nil {
		k.number(*d.Other, rest...)
	} else {
		k.Is(0, rest...)
	}
	if orderly { // without an earlier report the least are withheld first
		for _, name := range rest {
			k.Between(name, 0, lowest)
		}
	}
}

// tables says what stands in the tables of that name.
func (k *knowledge) tables(mark string, r *report.Public, of string) {
	slice := func(total string, rows []report.Slice) {
		k.Same(mark+total, k.with(mark, of)...)
		for _, row := range rows {
			k.number(row.Count, mark+of+" "+row.Name)
		}
	}
	switch of {
	case "product", "toolkit", "transport":
		k.Same(mark+"archives", k.with(mark, of)...)
		k.distribution(mark, of, map[string]report.Distribution{"product": r.Products, "toolkit": r.Toolkits, "transport": r.Transport}[of], mark == "A ")
	case "tls":
		k.distribution(mark, of, r.TLSVersions, false)
	case "year", "modality":
		k.Same(mark+"studies", k.with(mark, of)...) // the gap is among them
		k.distribution(mark, of, map[string]report.Distribution{"year": r.Years, "modality": r.Modalities}[of], false)
	case "verdict":
		for _, row := range r.Verdicts {
			if survey.Verdict(row.Name).Speaks() {
				k.number(row.Count, mark+of+" "+row.Name)
			}
		}
		k.Same(mark+"open", mark+"verdict open", mark+"verdict open-images")
		k.Same(mark+"closed", mark+"verdict protected", mark+"verdict identified")
	case "grade":
		slice("archives", r.Grades)
		k.Same(mark+"open", mark+"grade F")
	case "quality":
		slice("open", r.Qualities.ImagesLinked)
	case "class":
		for _, row := range r.Identifying {
			k.number(row.Count, mark+"class "+row.Name)
		}
		for _, name := range k.with(mark, "class") {
			k.AtMost(name, mark+"open")
		}
	case "failed", "passed", "untested":
		for _, row := range r.Checks {
			failed, passed, untested := mark+"failed "+row.ID, mark+"passed "+row.ID, mark+"untested "+row.ID
			k.number(row.Failed, failed)
			k.number(row.Tested, failed, passed)
			k.Same(mark+"archives", failed, passed, untested)
		}
	}
}

// counts says what a report says of numbers of archives, all together.
func (k *knowledge) counts(mark string, r *report.Public) {
	k.countries(mark, r, []string{"archives", "open", "closed", "viewers"})
	for _, of := range []string{"product", "toolkit", "transport", "tls", "verdict", "grade", "quality", "class", "failed"} {
		k.tables(mark, r, of)
	}
	secure := []string{mark + "transport plaintext and TLS", mark + "transport TLS only"}
	for _, id := range []string{"LG-D01", "LG-D03", "LG-D04", "LG-D06", "LG-W05"} {
		k.Is(0, mark+"untested "+id)
	}
	k.Same(mark+"passed LG-D01", mark+"verdict protected")
	k.Same(mark+"passed LG-D03", secure[1])
	k.Same(mark+"failed LG-D04", mark+"open")
	k.Same(mark+"failed LG-D06", mark+"verdict open-images")
	k.Same(mark+"failed LG-W05", mark+"viewers")
	k.Say(0, sumLess(secure, k.with(mark, "tls")))
	k.Same(mark+"verdict protected", mark+"grade A", mark+"grade B")
	k.Same(mark+"verdict identified", mark+"grade C", mark+"grade D")
	k.number(r.Suspects.Honeypot, mark+"honeypot")
	k.number(r.Suspects.TestData, mark+"test data")
	k.AtMost(mark+"honeypot", mark+"archives")
	k.AtMost(mark+"test data", mark+"archives")
	k.Same(mark+"open", mark+"open rest", mark+"open marked")
	k.AtMost(mark+"open marked", mark+"honeypot", mark+"test data")
	if s := r.Suspects.Without; s != nil {
		k.number(s.ArchivesOpen, mark+"open rest")
	}
	k.number(r.Totals.Suspected, mark+"open marked")
	k.number(r.Totals.OpenInCountries, slices.DeleteFunc(k.with(mark, "open"), func(l string) bool { return strings.HasSuffix(l, " "+publish.UnknownCountry) })...)
}

// sumLess are the terms of a sum less another.
func sumLess(sum, less []string) map[string]int64 {
	terms := map[string]int64{}
	for _, name := range sum {
		terms[name]++
	}
	for _, name := range less {
		terms[name]--
	}
	return terms
}

// values says what a report says of studies and images, all together.
func (k *knowledge) values(mark string, r *report.Public) {
	columns := []string{"studies", "linked", "accessible", "kept"}
	k.countries(mark, r, columns)
	k.tables(mark, r, "year")
	k.tables(mark, r, "modality")
	for _, column := range columns {
		k.Same(mark+column, mark+column+" rest", mark+column+" marked")
	}
	for _, part := range []string{" rest", " marked"} {
		k.Same(mark+"linked"+part, mark+"accessible"+part, mark+"kept"+part)
		k.AtMost(mark+"studies"+part, mark+"linked"+part)
	}
	for _, l := range k.with("", "archives") {
		line := strings.TrimPrefix(l, "archives")
		k.AtMost(mark+"studies"+line, mark+"linked"+line) // no study is empty here
	}
	if s := r.Suspects.Without; s != nil {
		k.figure(s.StudyRecords, mark+"studies rest")
		k.figure(s.ImagesLinked, mark+"linked rest")
		k.figure(s.ImagesAccessible, mark+"accessible rest")
	}
}

// comparison says what the comparison and the trend say. All archives of these
// worlds are compared like for like.
func (k *knowledge) comparison(d *documents, columns []string) {
	for _, column := range columns {
		pair := func(n *compare.Net, line string) {
			switch column {
			case "open":
				k.number(n.OpenBefore, "A "+column+line)
				k.number(n.OpenNow, "B "+column+line)
				k.number(n.Stayed, "stayed"+line)
				k.number(n.Left, "left"+line)
				k.number(n.Entered, "entered"+line)
				k.Same("A "+column+line, "stayed"+line, "left"+line)
				k.Same("B "+column+line, "stayed"+line, "entered"+line)
			case "studies", "linked", "accessible":
				p := map[string]*compare.Pair{"studies": &n.StudyRecords, "linked": &n.ImagesLinked, "accessible": &n.ImagesAccessible}[column]
				k.figure(p.Before, "A "+column+line)
				k.figure(p.Now, "B "+column+line)
				if v := p.Difference; !v.Hidden && v.Value != nil && !v.Partial && v.Quality == "exact" {
					k.Say(*v.Value, map[string]int64{"B " + column + line: 1, "A " + column + line: -1})
				}
			}
		}
		pair(&d.diff.InAll, "")
		for i := range d.diff.Countries {
			pair(&d.diff.Countries[i].Net, " "+d.diff.Countries[i].ISO2)
		}
		for i, mark := range []string{"A ", "B "} {
			f := d.trend.Surveys[i].InAll
			switch column {
			case "open":
				k.number(f.Open, mark+column)
			case "studies":
				k.figure(f.StudyRecords, mark+column)
			case "linked":
				k.figure(f.ImagesLinked, mark+column)
			case "accessible":
				k.figure(f.ImagesAccessible, mark+column)
			}
		}
	}
}

// differences names the differences of the two surveys.
func (k *knowledge) differences(tables ...string) {
	for _, table := range tables {
		for _, l := range append(k.with("", table), table) {
			if slices.Contains(k.labels, l) && k.Has("A "+l) && k.Has("B "+l) {
				k.Say(far, map[string]int64{"D " + l: 1, "A " + l: 1, "B " + l: -1})
			}
		}
	}
}
