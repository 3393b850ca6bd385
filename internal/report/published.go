package report

import (
	"cmp"
	"slices"

	"leadglass/internal/publish"
)

// The figures that Greenbone Networks published on 16 September 2019, as the
// press of the time printed them. The report itself was not at hand, so a
// figure is called rounded where the source that was seen rounds it. Sources:
// securityaffairs.com/91452 and auntminnieeurope.com 15653887 (totals, the
// rows of Turkey and of the United States), cisoadvisor.com.br (Brazil),
// thehindu.com article30737743 (India), itnews.com.au 531248 (Australia,
// method), netzwoche.ch and langenthalertagblatt.ch (Switzerland), and the
// Malaysian ministry of health, 10 October 2019.

// publishedFigure is a figure that others published.
type publishedFigure struct {
	n       int64
	rounded bool
}

// String is the figure, or nothing where none was published.
func (f publishedFigure) String() string {
	switch {
	case f.n == 0:
		return "–"
	case f.rounded:
		return "about " + publish.Grouped(f.n)
	}
	return publish.Grouped(f.n)
}

// publishedCountry is a row of the table of 2019.
type publishedCountry struct {
	iso2          string
	open, records publishedFigure
}

// published2019 are the countries whose figures were printed.
var published2019 = []publishedCountry{
	{"AR", publishedFigure{}, publishedFigure{11_800, true}},
	{"AU", publishedFigure{}, publishedFigure{50_000, true}},
	{"BR", publishedFigure{34, false}, publishedFigure{640_000, true}},
	{"CH", publishedFigure{2, false}, publishedFigure{1_571, false}},
	{"CN", publishedFigure{14, false}, publishedFigure{279_000, true}},
	{"EC", publishedFigure{}, publishedFigure{81_000, true}},
	{"ES", publishedFigure{}, publishedFigure{17_000, true}},
	{"FR", publishedFigure{7, false}, publishedFigure{47_500, true}},
	{"GB", publishedFigure{}, publishedFigure{1_500, true}},
	{"IN", publishedFigure{}, publishedFigure{627_000, true}},
	{"IT", publishedFigure{10, false}, publishedFigure{}},
	{"MY", publishedFigure{3, false}, publishedFigure{19_922, false}},
	{"NL", publishedFigure{3, false}, publishedFigure{}},
	{"SK", publishedFigure{1, false}, publishedFigure{}},
	{"TR", publishedFigure{36, false}, publishedFigure{4_924_141, false}},
	{"US", publishedFigure{187, false}, publishedFigure{13_700_000, true}},
}

// besideRow is a figure of this survey beside the published one.
type besideRow struct{ Label, Here, Published string }

// besideCountry is a country of this survey beside the published row.
type besideCountry struct {
	Country
	OpenPublished, RecordsPublished string
}

// beside is this survey beside the study of 2019.
type beside struct {
	Totals    []besideRow
	Countries []besideCountry
}

// newBeside puts what r shows beside what was published; nil where that is not
// to be shown.
func newBeside(r *Public) *beside {
	if !r.shows2019() {
		return nil
	}
	t := &r.Totals
	figure := func(f publish.Figure) string { return f.Mark() + f.String() }
	b := &beside{Totals: []besideRow{
		{"Archives found; in 2019, archives analysed", t.Archives.String(), "2,300"},
		{"Freely accessible", t.ArchivesOpen.String(), "590"},
		{"Countries", t.Countries.String(), "52"},
		{"Study records", figure(t.StudyRecords), "about 24.3 million"},
		{"Images linked", figure(t.ImagesLinked), "about 737 million"},
		{"Images accessible", figure(t.ImagesAccessible), "about 400 million"},
		{"Open viewers", t.ViewersOpen.String(), "39"},
	}}
	for _, c := range r.Countries {
		if i, ok := slices.BinarySearchFunc(published2019, c.ISO2, func(p publishedCountry, iso2 string) int { return cmp.Compare(p.iso2, iso2) }); ok {
			b.Countries = append(b.Countries, besideCountry{c, published2019[i].open.String(), published2019[i].records.String()})
		}
	}
	return b
}
