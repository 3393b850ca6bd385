package report_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"leadglass/internal/publish"
	"leadglass/internal/publish/attacker"
	"leadglass/internal/report"
	"leadglass/internal/survey"
)

// The attacker of this file holds all public files of a large survey. He knows
// more than he could in earnest: the labels of withheld lines, that every
// open archive holds a thousand studies, and how grades and checks follow from
// verdicts. He reasons with linear algebra and intervals.

// randomSurvey makes the archives of a survey with many small cells.
func randomSurvey(seed uint64) []survey.Record {
	rng := rand.New(rand.NewPCG(seed, 7))
	few := func(most int) int { // mostly small
		if rng.IntN(3) > 0 {
			return rng.IntN(min(most, 4))
		}
		return rng.IntN(most)
	}
	countries := strings.Fields("AR AU BR CH CN DE ES FR GB IN IT JP US ZZ")
	verdicts := []survey.Verdict{survey.Protected, survey.Identified, survey.Open, survey.OpenImages}
	products := strings.Fields("Orthanc Conquest Horos ClearCanvas dcm4chee-arc dcmqrscp Synapse")
	var rs []survey.Record
	for _, country := range countries[:2+rng.IntN(len(countries)-2)] {
		for _, v := range verdicts {
			for range few(12) {
				r := plain(len(rs), v, country)
				f := &r.Finding
				f.Services[0].Product.Name = products[few(len(products))]
				f.Services[0].Toolkit = survey.Toolkit{Name: []string{"DCMTK", "dcm4che", "fo-dicom", "pynetdicom"}[few(4)]}
				if rng.IntN(6) == 0 {
					f.Services[0].TLS = &survey.TLS{Version: []string{"TLS 1.2", "TLS 1.3"}[rng.IntN(2)]}
				}
				if rng.IntN(8) == 0 {
					f.Viewer = survey.ViewerOpenHTTP
				}
				state := survey.Pass
				if f.Viewer == survey.ViewerOpenHTTP {
					state = survey.Fail
				}
				f.Checks = append(f.Checks, survey.Check{ID: "LG-W05", State: state, Severity: survey.High, Title: "x"})
				f.Suspicion = survey.Suspicion{Honeypot: rng.IntN(12) == 0, TestData: rng.IntN(12) == 0}
				if v.FreelyAccessible() {
					f.Counts.Years = map[string]int64{fmt.Sprint(2015 + few(6)): 1000}
					f.Counts.Modalities = map[string]int64{[]string{"CT", "MR", "US", "CR", "XA"}[few(5)]: 1000}
					if rng.IntN(9) == 0 {
						f.Counts.ImagesLinked = survey.AtLeast(1000, "", "capped")
					}
					f.IdentifyingClasses = []survey.IdentifyingClass{{Class: []string{"patient-name", "patient-id", "birth-date"}[few(3)], Present: true, Sampled: 1}}
				}
				rs = append(rs, r)
			}
		}
	}
	return rs
}

// read is the report as its JSON file has it, and no more.
func read(t *testing.T, r report.Public) report.Public {
	t.Helper()
	var b bytes.Buffer
	if err := report.WriteJSON(&b, r); err != nil {
		t.Fatal(err)
	}
	var out report.Public
	if err := json.Unmarshal(b.Bytes(), &out); err != nil {
		t.Fatal(err)
	}
	return out
}

// TestOtherFilesAddNothing: whoever has the JSON can make the page and the
// table himself, byte for byte: text, map, tooltips, the lengths of bars. So
// they, and the PDF that is printed of the page, tell nothing that it does not.
func TestOtherFilesAddNothing(t *testing.T) {
	for seed := range uint64(40) {
		rs := randomSurvey(seed)
		r := report.Publish(aggregate(rs), 3)
		r.Follow(report.Publish(aggregate(rs[:len(rs)/2]), 3))
		for name, write := range map[string]func(*bytes.Buffer, report.Public) error{
			"HTML": func(b *bytes.Buffer, r report.Public) error { return report.WriteHTML(b, r) },
			"CSV":  func(b *bytes.Buffer, r report.Public) error { return report.WriteCSV(b, r) },
		} {
			var of, again bytes.Buffer
			if err := write(&of, r); err != nil {
				t.Fatal(err)
			}
			if err := write(&again, read(t, r)); err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(of.Bytes(), again.Bytes()) {
				t.Fatalf("seed %d: the %s holds something that the JSON does not", seed, name)
			}
		}
	}
}

// truth are the numbers of archives in all cells that a report may withhold.
func truth(rs []survey.Record) map[string]int64 {
	n := map[string]int64{}
	for i := range rs {
		f := &rs[i].Finding
		open := f.Verdict.FreelyAccessible()
		count := func(is bool, cell string) {
			if is {
				n[cell]++
			}
		}
		country := f.Owner.Country
		count(true, "archives "+country)
		count(open, "open "+country)
		count(f.Verdict == survey.OpenImages, "images "+country)
		count(f.Viewer != "", "viewers "+country)
		count(f.Viewer != "", "viewers")
		count(true, "verdict "+string(f.Verdict))
		count(open, "open")
		count(true, "product "+f.Services[0].Product.Name)
		count(true, "toolkit "+f.Services[0].Toolkit.Name)
		count(f.Services[0].TLS == nil, "transport plaintext only")
		count(f.Services[0].TLS != nil, "transport TLS only")
		count(f.Services[0].TLS != nil && f.Services[0].TLS.Version == "TLS 1.2", "tls TLS 1.2")
		count(f.Services[0].TLS != nil && f.Services[0].TLS.Version == "TLS 1.3", "tls TLS 1.3")
		count(f.Suspicion.Honeypot, "honeypot")
		count(f.Suspicion.TestData, "test data")
		count(open && (f.Suspicion.Honeypot || f.Suspicion.TestData), "marked open")
		count(f.Verdict == survey.OpenImages && (f.Suspicion.Honeypot || f.Suspicion.TestData), "marked images")
		for _, c := range f.IdentifyingClasses {
			count(true, "class "+c.Class)
		}
		for year := range f.Counts.Years {
			count(true, "year "+year)
		}
		for m := range f.Counts.Modalities {
			count(true, "modality "+m)
		}
		count(open, "linked "+string(f.Counts.ImagesLinked.Quality))
	}
	return n
}

// believe makes the system of what a published report says. labels are the
// cells that there are.
func believe(r report.Public, labels map[string]int64) *attacker.System {
	s := attacker.New()
	publishedCells(s, r)
	countries(s, r, labels)
	for prefix, table := range map[string]struct {
		report.Distribution
		each  int64 // archives in one unit of the value
		total string
	}{
		"product ": {r.Products, 1, "archives"}, "toolkit ": {r.Toolkits, 1, "archives"}, "transport ": {r.Transport, 1, "archives"},
		"tls ": {r.TLSVersions, 1, "transport TLS only"}, "year ": {r.Years, 1000, "open"}, "modality ": {r.Modalities, 1000, "open"},
	} {
		if len(table.Rows) == 0 && table.Other != nil && table.Other.Hidden {
			continue // of this table nothing is known, not even how many lines it has
		}
		names := withPrefix(labels, prefix)
		s.Same(table.total, names...)
		lowest := attacker.Unbounded
		shown := map[string]bool{}
		for _, row := range table.Rows {
			s.Is(row.Count.N/table.each, prefix+row.Name)
			shown[prefix+row.Name] = true
			lowest = min(lowest, row.Count.N/table.each)
		}
		var rest []string
		for _, name := range names {
			if !shown[name] {
				s.Between(name, 1, lowest)
				rest = append(rest, name)
			}
		}
		if table.Other != nil && !table.Other.Hidden {
			s.Is(table.Other.N/table.each, rest...)
		}
	}
	return s
}

// publishedCells says what stands in the tables with fixed lines, and how
// those hang together.
func publishedCells(s *attacker.System, r report.Public) {
	say := func(n publish.Number, names ...string) {
		if !n.Hidden {
			s.Is(n.N, names...)
		}
	}
	p, i, o, oi := "verdict protected", "verdict identified", "verdict open", "verdict open-images"
	s.Same("open", o, oi)
	s.Same("archives", p, i, o, oi)
	say(r.Totals.ArchivesAnalysed, p, i, o, oi) // there are no other targets here
	say(r.Totals.Archives, "archives")
	say(r.Totals.ArchivesOpen, "open")
	say(r.Totals.ViewersOpen, "viewers")
	for _, v := range r.Verdicts {
		say(v.Count, "verdict "+v.Name)
	}
	for _, g := range r.Grades {
		say(g.Count, map[string][]string{"A": nil, "B": {p}, "C": {i}, "D": nil, "F": {"open"}}[g.Name]...)
	}
	for _, c := range r.Checks {
		failed := map[string][]string{"LG-D01": {i, "open"}, "LG-D03": {"archives"}, "LG-D04": {"open"}, "LG-D06": {oi}, "LG-W05": {"viewers"}}[c.ID]
		say(c.Failed, failed...)
		say(c.Tested, "archives")
	}
	for _, row := range r.Rejections.Rows {
		say(row.Count, p)
	}
	for _, q := range r.Qualities.ImagesLinked {
		s.Between("linked "+q.Name, 0, attacker.Unbounded)
		say(q.Count, "linked "+q.Name)
	}
	s.Same("open", "linked exact", "linked lower-bound", "linked estimate", "linked unknown")
	s.Is(0, "linked estimate", "linked unknown")
	for _, c := range r.Identifying {
		say(c.Count, "class "+c.Name)
	}
	say(r.Suspects.Honeypot, "honeypot")
	say(r.Suspects.TestData, "test data")
	s.AtMost("marked open", "honeypot", "test data")
	s.AtMost("marked images", "marked open")
	say2 := func(total, rest publish.Figure, all, marked string) {
		if !total.Hidden && !rest.Hidden {
			s.Is((*total.Value-*rest.Value)/1000, marked)
		}
		if n, ok := thousands(total); ok {
			s.Is(n, all)
		}
	}
	say2(r.Totals.ImagesAccessible, publish.Figure{Hidden: true}, oi, "")
	say2(r.Totals.StudyRecords, publish.Figure{Hidden: true}, "open", "")
	if w := r.Suspects.Without; w != nil {
		say2(r.Totals.ImagesAccessible, w.ImagesAccessible, oi, "marked images")
		say2(r.Totals.StudyRecords, w.StudyRecords, "open", "marked open")
		if !w.ArchivesOpen.Hidden && !r.Totals.ArchivesOpen.Hidden {
			s.Is(r.Totals.ArchivesOpen.N-w.ArchivesOpen.N, "marked open")
		}
	}
}

// countries says what stands in the table of countries. The attacker knows
// which countries the row of others is of.
func countries(s *attacker.System, r report.Public, labels map[string]int64) {
	columns := []struct {
		name string
		of   func(*report.Country) (int64, bool)
	}{
		{"archives ", func(c *report.Country) (int64, bool) { return c.Archives.N, !c.Archives.Hidden }},
		{"open ", func(c *report.Country) (int64, bool) { return c.ArchivesOpen.N, !c.ArchivesOpen.Hidden }},
		{"open ", func(c *report.Country) (int64, bool) { return thousands(c.StudyRecords) }},
		{"images ", func(c *report.Country) (int64, bool) { return thousands(c.ImagesAccessible) }},
		{"viewers ", func(c *report.Country) (int64, bool) { return c.ViewersOpen.N, !c.ViewersOpen.Hidden }},
	}
	shown := map[string]bool{}
	for i := range r.Countries {
		shown[r.Countries[i].ISO2] = true
	}
	var all, hidden []string
	for _, label := range withPrefix(labels, "archives ") {
		iso2 := strings.TrimPrefix(label, "archives ")
		all = append(all, iso2)
		s.Between(label, 1, attacker.Unbounded)
		s.AtMost("open "+iso2, label)
		s.AtMost("images "+iso2, "open "+iso2)
		s.AtMost("viewers "+iso2, label)
		if !shown[iso2] {
			hidden = append(hidden, iso2)
		}
	}
	prefixed := func(prefix string, list []string) []string {
		var out []string
		for _, iso2 := range list {
			out = append(out, prefix+iso2)
		}
		return out
	}
	for _, column := range columns {
		for i := range r.Countries {
			if n, ok := column.of(&r.Countries[i]); ok {
				s.Is(n, column.name+r.Countries[i].ISO2)
			}
		}
		if r.Other != nil {
			if n, ok := column.of(r.Other); ok {
				s.Is(n, prefixed(column.name, hidden)...)
			}
		}
		total := map[string]string{"archives ": "archives", "open ": "open", "images ": "verdict open-images", "viewers ": "viewers"}[column.name]
		s.Same(total, prefixed(column.name, all)...)
	}
}

func thousands(f publish.Figure) (int64, bool) {
	if f.Hidden || f.Coarse {
		return 0, false
	}
	return *f.Value / 1000, true
}

// withPrefix are the labels that begin so, sorted.
func withPrefix(labels map[string]int64, prefix string) []string {
	var out []string
	for _, label := range slices.Sorted(maps.Keys(labels)) {
		if strings.HasPrefix(label, prefix) {
			out = append(out, label)
		}
	}
	return out
}

// recovered are the small cells of rs that the attacker has the number of.
func recovered(t *testing.T, r report.Public, rs []survey.Record, least int64) []string {
	t.Helper()
	labels := truth(rs)
	var found []string
	for cell, n := range believe(read(t, r), labels).Known() {
		want := labels[cell]
		if n != want && labels[cell] != 0 {
			t.Errorf("the attacker takes %q for %d, but it is %d: he reasons wrongly", cell, n, want)
		}
		if 0 < want && want < least && n == want {
			found = append(found, fmt.Sprintf("%s = %d", cell, n))
		}
	}
	slices.Sort(found)
	return found
}

// TestNothingIsRecovered attacks many surveys.
func TestNothingIsRecovered(t *testing.T) {
	for least, countries := range map[int64]int{3: 400, 5: 150} {
		small, shown := 0, 0
		for seed := range uint64(300) {
			rs := randomSurvey(seed)
			r := report.Publish(aggregate(rs), int(least))
			if found := recovered(t, r, rs, least); len(found) > 0 {
				t.Errorf("least %d, seed %d: recovered %q", least, seed, found)
			}
			for _, n := range truth(rs) {
				if 0 < n && n < least {
					small++
				}
			}
			shown += len(r.Countries)
		}
		if small < 2000 || shown < countries {
			t.Errorf("least %d: only %d small cells to recover, %d countries shown", least, small, shown)
		}
	}
}

// TestAttackerIsAble: where only the small cells are blanked out, and nothing
// besides, he recovers many of them.
func TestAttackerIsAble(t *testing.T) {
	const least = 3
	found, surveys := 0, 0
	for seed := range uint64(100) {
		rs := randomSurvey(seed)
		r := report.Publish(aggregate(rs), 1)
		blank(&r, least)
		n := len(recovered(t, r, rs, least))
		found += n
		if n > 0 {
			surveys++
		}
	}
	if surveys < 50 || found < 300 {
		t.Errorf("he recovers %d cells in %d surveys of 100", found, surveys)
	}
}

// blank withholds the small cells of r alone.
func blank(r *report.Public, least int64) {
	hide := func(n *publish.Number) {
		if 0 < n.N && n.N < least {
			*n = publish.Number{Hidden: true}
		}
	}
	for i := range r.Countries {
		c := &r.Countries[i]
		hide(&c.Archives)
		hide(&c.ArchivesOpen)
		hide(&c.ViewersOpen)
		for _, f := range []*publish.Figure{&c.StudyRecords, &c.ImagesLinked, &c.ImagesAccessible} {
			if n, _ := f.Int(); 0 < n && n < least*1000 {
				*f = publish.Figure{Hidden: true}
			}
		}
	}
	for _, rows := range [][]report.Slice{r.Verdicts, r.Grades, r.Qualities.ImagesLinked, r.Identifying} {
		for i := range rows {
			hide(&rows[i].Count)
		}
	}
	for i := range r.Checks {
		hide(&r.Checks[i].Failed)
	}
	hide(&r.Suspects.Honeypot)
	hide(&r.Suspects.TestData)
}
