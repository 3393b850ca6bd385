// Command gen writes the fleet files of the study of September 2019 and of its
// follow-up in November: it fills the table of countries so that the published
// totals hold, and turns every country into groups of archives. It is run by
// `go generate ./lab/fleets`; its output is committed.
package main

import (
	"bytes"
	"fmt"
	"math/bits"
	"os"
)

func main() {
	if err := run("."); err != nil {
		fmt.Fprintln(os.Stderr, "gen:", err)
		os.Exit(1)
	}
}

// run writes both files into dir.
func run(dir string) error {
	states, err := plan(table())
	if err != nil {
		return err
	}
	for _, file := range []struct {
		name string
		text []byte
	}{
		{"greenbone-2019.yaml", write(states, true)},
		{"follow-up-2019-11.yaml", write(states, false)},
	} {
		if err := os.WriteFile(dir+"/"+file.name, file.text, 0o644); err != nil {
			return fmt.Errorf("writing %s: %w", file.name, err)
		}
	}
	return nil
}

// state is a country with all figures filled and its addresses laid out.
type state struct {
	country
	// base is the first address of the country's block, as an offset in
	// 127.0.0.0/8, and prefix the length of the block's prefix.
	base   uint32
	prefix int
	groups []group
	// figures of both surveys.
	before, later figures
}

// figures are a country's numbers in one survey.
type figures struct {
	open                       int64
	records, linked, reachable number
}

// split shares total out by weights so that the parts add up.
func split(total int64, weights []int64) []int64 {
	out := make([]int64, len(weights))
	var sum, before, given int64
	for _, w := range weights {
		sum += w
	}
	for i, w := range weights {
		before += w
		upTo := share(total, before, sum)
		out[i], given = upTo-given, upTo
	}
	return out
}

// share is floor(total*part/whole).
func share(total, part, whole int64) int64 {
	if whole == 0 {
		return 0
	}
	hi, lo := bits.Mul64(uint64(total), uint64(part))
	q, _ := bits.Div64(hi, lo, uint64(whole))
	return int64(q)
}

// plan fills in what the table leaves open.
func plan(rows []country) ([]state, error) {
	states := make([]state, len(rows))
	for i, c := range rows {
		states[i].country = c
		states[i].before = figures{c.open.value, c.records, c.linked, c.reachable}
		states[i].later = figures{c.open.value - int64(c.after.gone) + int64(c.after.fresh),
			c.after.records, c.after.linked, c.after.reachable}
	}
	before := func(s *state) *figures { return &s.before }
	after := func(s *state) *figures { return &s.later }
	if err := fill(states, september, before, func(i int, s *state) int64 { return s.before.open * int64(1+i%4) }); err != nil {
		return nil, fmt.Errorf("september: %w", err)
	}
	err := fill(states, november, after, func(_ int, s *state) int64 {
		const small = 60_000
		if s.before.open == 0 || s.later.open == 0 {
			return small * s.later.open
		}
		return s.before.linked.value*s.later.open/s.before.open + small
	})
	if err != nil {
		return nil, fmt.Errorf("november: %w", err)
	}
	withhold(states)
	layOut(states)
	for i := range states {
		states[i].groups = groupsOf(i, &states[i])
	}
	return states, nil
}

// fill shares what the totals leave over among the countries with open systems
// of which a figure is missing: images by weight, the rest in proportion to
// the images.
func fill(states []state, t totals, of func(*state) *figures, weight func(int, *state) int64) error {
	var open, countries, records, linked, reachable int64
	var rest []*figures
	var weights []int64
	for i := range states {
		f := of(&states[i])
		open += f.open
		records += f.records.value
		linked += f.linked.value
		reachable += f.reachable.value
		if f.open > 0 {
			countries++
		}
		if f.open > 0 && f.linked.value == 0 {
			rest = append(rest, f)
			weights = append(weights, weight(i, &states[i]))
		}
	}
	if open != t.open || countries != t.countries {
		return fmt.Errorf("%d open systems in %d countries, want %d in %d", open, countries, t.open, t.countries)
	}
	var published []int64
	for i, n := range split(t.linked-linked, weights) {
		rest[i].linked = mod(n)
		published = append(published, n)
	}
	for i, n := range split(t.records-records, published) {
		rest[i].records = mod(n)
	}
	for i, n := range split(t.reachable-reachable, published) {
		rest[i].reachable = mod(n)
	}
	for i := range states {
		f := of(&states[i])
		if f.open > 0 && (f.records.value < f.open || f.linked.value < f.records.value || f.reachable.value > f.linked.value) {
			return fmt.Errorf("%s: %d records, %d images linked, %d accessible do not fit", states[i].iso2,
				f.records.value, f.linked.value, f.reachable.value)
		}
	}
	return nil
}

// withhold shares the systems that were not open among the countries of the
// first survey.
func withhold(states []state) {
	var weights []int64
	var which []*state
	for i := range states {
		if states[i].before.open > 0 {
			weights = append(weights, states[i].before.open+3)
			which = append(which, &states[i])
		}
	}
	for i, n := range split(september.systems-september.open, weights) {
		which[i].withheld = int(n)
	}
}

// layOut gives every country a block of addresses in 127.10.0.0/15.
func layOut(states []state) {
	next := uint32(10 << 16)
	for i := range states {
		s := &states[i]
		hosts := uint32(int(s.before.open) + s.after.fresh + s.withheld + 2)
		size := uint32(1) << bits.Len32(hosts-1)
		s.base = (next + size - 1) / size * size
		s.prefix = 32 - bits.Len32(size-1)
		next = s.base + size
	}
}

// address writes an offset in 127.0.0.0/8.
func address(offset uint32) string {
	return fmt.Sprintf("127.%d.%d.%d", offset>>16, offset>>8&255, offset&255)
}

// write makes a fleet file.
func write(states []state, before bool) []byte {
	var b bytes.Buffer
	head(&b, before)
	b.WriteString("countries:\n")
	for i := range states {
		s := &states[i]
		f := s.figuresOf(before)
		if f.open == 0 && s.withheld == 0 {
			continue
		}
		fmt.Fprintf(&b, "  - iso2: %s\n    name: %s\n    prefixes: [%s/%d]\n", s.iso2, s.name, address(s.base), s.prefix)
		figure := func(key string, n number) {
			from := "modelled"
			if n.published {
				from = "published"
			}
			fmt.Fprintf(&b, "    %s: {value: %d, from: %s}\n", key, n.value, from)
		}
		figure("systems_open", number{f.open, before && s.open.published})
		figure("study_records", f.records)
		figure("images_linked", f.linked)
		figure("images_accessible", f.reachable)
	}
	b.WriteString("archives:\n")
	for i := range states {
		states[i].write(&b, before)
	}
	return b.Bytes()
}

func (s *state) figuresOf(before bool) *figures {
	if before {
		return &s.before
	}
	return &s.later
}

func head(b *bytes.Buffer, before bool) {
	b.WriteString("# Made by lab/fleets/gen; change the table there and run `go generate ./lab/fleets`.\n" +
		"#\n" +
		"# Every figure says where it comes from: published, or modelled so that the\n" +
		"# published totals hold. The contents of single archives are all modelled.\n" +
		"version: 1\n")
	if before {
		b.WriteString("name: greenbone-2019\n" +
			"about: The study of 16 September 2019, 2,300 archives, 590 of them open, in 52 countries.\n" +
			"seed: 20190916\n" +
			"dates: {first: 2008-01-07, last: 2019-09-01}\n" +
			"sources:\n" +
			"  - Greenbone Networks, information security report on unprotected image archives, 16 September 2019, as reprinted by the press\n" +
			"  - ProPublica, Bayerischer Rundfunk, 17 September 2019\n")
		return
	}
	b.WriteString("name: follow-up-2019-11\n" +
		"about: The follow-up of 18 November 2019, 172 archives gone, 129 new, the others grown.\n" +
		"seed: 20190916\n" +
		"dates: {first: 2008-01-07, last: 2019-11-01}\n" +
		"sources:\n" +
		"  - Greenbone Networks, review of 18 November 2019, as reprinted by the press\n")
}
