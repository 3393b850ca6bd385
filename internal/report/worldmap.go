package report

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"html/template"
	"maps"
	"slices"
	"strings"
)

// worldSource is made by `make data`; worldmap/README.md says of what.
//
//go:embed worldmap/world.json
var worldSource []byte

// world holds the shapes of the countries.
type world struct {
	Width  int `json:"width"`
	Height int `json:"height"`
	// Paths are SVG paths by ISO 3166-1 alpha-2 code; "" is other land.
	Paths map[string]string `json:"paths"`
	// Dots are the places of countries too small to be seen.
	Dots map[string][2]int `json:"dots"`
}

// mapStep is one colour of the map: from so many study records on.
type mapStep struct {
	from         int64
	Class, Label string
}

// mapSteps go by powers of ten, since countries differ by as much.
var mapSteps = []mapStep{
	{1_000_000, "m5", "1 million or more"},
	{100_000, "m4", "100,000 to 999,999"},
	{10_000, "m3", "10,000 to 99,999"},
	{1_000, "m2", "1,000 to 9,999"},
	{1, "m1", "1 to 999"},
}

// mapOther are the colours of countries whose row has no such number.
const (
	mapNone     = "m0" // archives, but no open study record
	mapWithheld = "mw" // the number is withheld or unknown
)

// worldMap is the map of the study records, made of the rows of countries
// that the table shows and of nothing else.
type worldMap struct {
	SVG template.HTML
	// Legend are the colours in use, the darkest first.
	Legend []mapStep
}

// newWorldMap draws the countries; nil where none has a place on the map.
func newWorldMap(countries []Country) (*worldMap, error) {
	var w world
	if err := json.Unmarshal(worldSource, &w); err != nil {
		return nil, fmt.Errorf("reading the map of the world: %w", err)
	}
	rows := map[string]*Country{}
	for i := range countries {
		c := &countries[i]
		_, dot := w.Dots[c.ISO2]
		if w.Paths[c.ISO2] != "" || dot {
			rows[c.ISO2] = c
		}
	}
	if len(rows) == 0 {
		return nil, nil
	}
	var s strings.Builder
	fmt.Fprintf(&s, `<svg class="world" viewBox="0 0 %d %d" role="img" aria-labelledby="world-t world-d"><title id="world-t">Map of the study records in freely accessible archives</title><desc id="world-d">The darker a country, the more study records. The table below has the same numbers.</desc>`, w.Width, w.Height)
	used := map[string]bool{}
	var land strings.Builder
	for _, code := range slices.Sorted(maps.Keys(w.Paths)) {
		if c := rows[code]; c != nil {
			class := mapClass(c)
			used[class] = true
			fmt.Fprintf(&s, `<path class="%s" d="%s">%s</path>`, class, w.Paths[code], mapTitle(c))
		} else {
			land.WriteString(w.Paths[code])
		}
	}
	fmt.Fprintf(&s, `<path class="land" d="%s"/>`, land.String())
	for _, code := range slices.Sorted(maps.Keys(w.Dots)) {
		if c := rows[code]; c != nil {
			class := mapClass(c)
			used[class] = true
			fmt.Fprintf(&s, `<circle class="%s" cx="%d" cy="%d" r="9">%s</circle>`, class, w.Dots[code][0], w.Dots[code][1], mapTitle(c))
		}
	}
	s.WriteString(`</svg>`)
	m := &worldMap{SVG: template.HTML(s.String())}
	m.Legend = slices.Clone(mapSteps)
	if used[mapNone] {
		m.Legend = append(m.Legend, mapStep{Class: mapNone, Label: "archives, none of them open"})
	}
	if used[mapWithheld] {
		m.Legend = append(m.Legend, mapStep{Class: mapWithheld, Label: "number withheld or unknown"})
	}
	return m, nil
}

// mapClass is the colour of a country.
func mapClass(c *Country) string {
	n, ok := c.StudyRecords.Int()
	switch {
	case c.StudyRecords.Hidden || !ok:
		return mapWithheld
	case n == 0:
		return mapNone
	}
	for _, s := range mapSteps {
		if n >= s.from {
			return s.Class
		}
	}
	return mapNone
}

// mapTitle is what a pointer that rests on a country shows.
func mapTitle(c *Country) string {
	archives, records := "archives", "records"
	if c.ArchivesOpen.String() == "1" {
		archives = "archive"
	}
	if c.StudyRecords.String() == "1" {
		records = "record"
	}
	return "<title>" + template.HTMLEscapeString(fmt.Sprintf("%s: %s open %s, %s%s study %s",
		c.Name, c.ArchivesOpen, archives, c.StudyRecords.Mark(), c.StudyRecords, records)) + "</title>"
}
