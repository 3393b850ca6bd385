package main

import (
	"bytes"
	"fmt"
	"slices"
)

// holding says how a kind of open archive hands out images.
type holding uint8

const (
	// some: retrieval is open, part of the images is on line.
	some holding = iota
	// all: retrieval is open, and the product does not know of images off line.
	all
	// none: retrieval is not open.
	none
	// withheld: the archive is not open at all.
	withheld
)

// group is a number of archives of one kind at consecutive addresses.
type group struct {
	kind
	count, gone int
	first       uint32
	// fresh groups appear in the second survey.
	fresh bool
}

// kind is what archives of a group have in common, in the words of the fleet
// file.
type kind struct {
	name    string
	words   string
	holding holding
	weight  int64
}

// The kinds of open archives besides Orthanc, by how common they are.
func openKinds() []kind {
	return []kind{
		{"dcm4chee", "persona: dcm4chee-arc, retrieval: get", some, 9},
		{"vendor", "persona: vendor, retrieval: get", some, 4},
		{"ClearCanvas", "persona: clearcanvas, retrieval: get", some, 3},
		{"dcm4chee, default title", "persona: dcm4chee-arc, called_title: default, retrieval: get", some, 2},
		{"Synapse", "persona: synapse, retrieval: get", some, 2},
		{"fo-dicom", "persona: fo-dicom, retrieval: get", some, 2},
		{"GE", "persona: ge-archive, retrieval: get", some, 1},
		{"pynetdicom", "persona: pynetdicom, retrieval: get", some, 1},
		{"dcm4chee, TLS", "persona: dcm4chee-arc, port: 2762, tls: tls, certificate: self-signed, retrieval: get", some, 1},
	}
}

// The kinds of archives that are not open.
func closedKinds() []kind {
	reject := func(result, source, reason int) kind {
		return kind{fmt.Sprintf("refuses %d/%d/%d", result, source, reason), fmt.Sprintf(
			"persona: vendor, reject: {result: %d, source: %d, reason: %d}", result, source, reason), withheld, 1}
	}
	title := func(name, persona string, weight int64) kind {
		return kind{name + ", own title", "persona: " + persona + ", called_title: PRIVATE1", withheld, weight}
	}
	foreign := func(name, speaks string, weight int64) kind {
		return kind{name, "speaks: " + speaks + ", port: 11112", withheld, weight}
	}
	const nginx = ", web: [{port: 8080, page: nginx}]"
	kinds := []kind{
		{"Orthanc defaults", "persona: orthanc, query: refused", withheld, 16},
		{"Orthanc defaults, password", "persona: orthanc, query: refused, web: [{port: 8042, page: orthanc-explorer, auth: true}]", withheld, 7},
		title("Orthanc", "orthanc", 8), title("dcm4chee", "dcm4chee-arc", 8), title("dcmqrscp", "dcmqrscp", 6),
		title("Conquest", "conquest", 4),
		{"knows its callers", "persona: fo-dicom, calling_title: MODALITY1", withheld, 6},
		{"knows its callers, Synapse", "persona: synapse, calling_title: MODALITY1", withheld, 3},
		{"client certificates", "persona: dcm4chee-arc, port: 2762, tls: mutual", withheld, 6},
		{"no query context", "persona: conquest, query: refused", withheld, 6},
		{"query not authorised", "persona: dcm4chee-arc, query: refused", withheld, 5},
		{"closed, web page", "speaks: closed, port: 11112" + nginx, withheld, 6},
		foreign("silent", "silent", 2), foreign("web server", "http", 3), foreign("SSH", "ssh", 2),
		foreign("noise", "noise", 1), foreign("hangs up", "hangs-up", 1),
		reject(1, 1, 1), reject(1, 1, 2), reject(1, 1, 3), reject(1, 1, 7), reject(2, 1, 1),
		reject(1, 2, 1), reject(1, 2, 2), reject(2, 2, 1), reject(2, 3, 1), reject(2, 3, 2),
	}
	return kinds
}

// capped returns the quirk of some countries' Orthancs and dcm4chees: a cap on
// the length of lists.
func capped(iso2 string, k kind) string {
	switch {
	case k.holding == all && slices.Contains([]string{"IT", "RU", "MX", "KR", "CO"}, iso2):
		return ", quirks: {cap: {limit: 1000, status: FE00}}" + unproven
	case k.name == "dcm4chee" && slices.Contains([]string{"IR", "CN", "PL"}, iso2):
		return `, quirks: {cap: {limit: 5000, status: "0000"}}` + unproven
	}
	return ""
}

// unproven is what to expect of an archive with a cap: no list of it shows
// whether there are studies without a date.
const unproven = ", expect: {studies: lower-bound, images_linked: lower-bound, images_accessible: lower-bound, complete: true, " +
	"why: no list shows whether there are studies without a date}"

// groupsOf makes the groups of country number index and gives them addresses:
// first the open ones, then those new in November, then the others.
func groupsOf(index int, s *state) []group {
	var groups []group
	add := func(k kind, n int) {
		if n > 0 {
			k.words += capped(s.iso2, k)
			groups = append(groups, group{kind: k, count: n})
		}
	}
	explorer := s.viewers / 2
	add(kind{"ClearCanvas, viewer", "persona: clearcanvas, retrieval: get, web: [{port: 8080, page: ohif}]", some, 0}, s.viewers-explorer)
	add(kind{"Orthanc, explorer", "persona: orthanc, retrieval: get, web: [{port: 8042, page: orthanc-explorer, api: true}]", all, 0}, explorer)
	rest := int(s.before.open) - s.viewers
	orthancs, silent := rest/4, rest/8
	add(kind{"Orthanc", "persona: orthanc, retrieval: get", all, 0}, orthancs)
	add(kind{"Conquest, queries only", "persona: conquest", none, 0}, silent)
	spread(openKinds(), rest-orthancs-silent, 0, add)

	var counts []int64
	for _, g := range groups {
		counts = append(counts, int64(g.count))
	}
	for i, n := range split(int64(s.after.gone), counts) {
		groups[i].gone = int(n)
	}
	if s.after.fresh > 0 {
		fresh := openKinds()[index%3]
		fresh.name += ", new"
		groups = append(groups, group{kind: fresh, count: s.after.fresh, fresh: true})
	}
	spread(closedKinds(), s.withheld, index*5, add)
	at := s.base + 1
	for i := range groups {
		groups[i].first = at
		at += uint32(groups[i].count)
	}
	return groups
}

// spread shares n archives out among kinds by weight, beginning with kind
// number turn so that small countries differ.
func spread(kinds []kind, n, turn int, add func(kind, int)) {
	turn %= len(kinds)
	kinds = append(kinds[turn:], kinds[:turn]...)
	var weights []int64
	for _, k := range kinds {
		weights = append(weights, k.weight)
	}
	for i, k := range split(int64(n), weights) {
		add(kinds[i], int(k))
	}
}

// present is how many archives of g there are in a survey.
func (g *group) present(before bool) int {
	switch {
	case g.fresh && before:
		return 0
	case before:
		return g.count
	}
	return g.count - g.gone
}

// holds is what a group holds.
type holds struct{ records, linked, reachable int64 }

// write writes the groups of a country.
func (s *state) write(b *bytes.Buffer, before bool) {
	f := s.figuresOf(before)
	if f.open == 0 && s.withheld == 0 {
		return
	}
	fmt.Fprintf(b, "  # %s\n", s.name)
	contents := s.contents(before)
	for i := range s.groups {
		g := &s.groups[i]
		n := g.present(before)
		if !before && g.gone > 0 {
			fmt.Fprintf(b, "  - {name: %q, count: %d, address: %s, country: %s, speaks: closed, port: 11112, from: modelled}\n",
				s.iso2+" "+g.name+", gone", g.gone, address(g.first+uint32(n)), s.iso2)
		}
		if n == 0 {
			continue
		}
		fmt.Fprintf(b, "  - {name: %q, count: %d, address: %s, country: %s, %s", s.iso2+" "+g.name, n,
			address(g.first), s.iso2, g.words)
		if g.holding != withheld {
			h := contents[i]
			fmt.Fprintf(b, ", contents: {studies: %d, images_linked: %d", h.records, h.linked)
			if g.holding == some {
				fmt.Fprintf(b, ", images_accessible: %d", h.reachable)
			}
			if s.iso2 == "US" {
				fmt.Fprintf(b, ", ssn_records: %d", h.records)
			}
			b.WriteString("}")
		}
		b.WriteString(", from: modelled}\n")
	}
}

// contents shares a country's figures out among its groups. Groups of all have
// every image accessible, groups of none no image, and those of some take what
// is left.
func (s *state) contents(before bool) []holds {
	f := s.figuresOf(before)
	out := make([]holds, len(s.groups))
	byHolding := map[holding][]int{}
	counts := map[holding]int64{}
	for i := range s.groups {
		g := &s.groups[i]
		if n := g.present(before); n > 0 && g.holding != withheld {
			byHolding[g.holding] = append(byHolding[g.holding], i)
			counts[g.holding] += int64(n)
		}
	}
	records, linked, reachable := f.records.value, f.linked.value, f.reachable.value
	whole := holds{records, linked, reachable}
	part := map[holding]holds{}
	for _, h := range []holding{all, none} {
		if counts[h] == 0 {
			continue
		}
		images := share(whole.linked, counts[h], f.open)
		p := holds{linked: min(images, whole.reachable/2), reachable: min(images, whole.reachable/2)}
		if h == none {
			p = holds{linked: min(images, (whole.linked-whole.reachable)/2)}
		}
		p.records = max(share(whole.records, p.linked, whole.linked), counts[h])
		part[h] = p
		records, linked, reachable = records-p.records, linked-p.linked, reachable-p.reachable
	}
	part[some] = holds{records, linked, reachable}
	for h, groups := range byHolding {
		var weights []int64
		for _, i := range groups {
			weights = append(weights, int64(s.groups[i].present(before)))
		}
		p := part[h]
		reach, rest := split(p.reachable, weights), split(p.linked-p.reachable, weights)
		for k, n := range split(p.records, weights) {
			out[groups[k]] = holds{n, reach[k] + rest[k], reach[k]}
		}
	}
	return out
}
