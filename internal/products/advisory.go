package products

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"

	"leadglass/internal/advisories"
)

// Advisories returns the published advisories on a toolkit or product whose flaws
// are reached in one of the ways given; without a way, all of them.
func (t *Table) Advisories(name string, reach ...advisories.Reach) []advisories.Advisory {
	var rows []advisories.Advisory
	if t == nil {
		return nil
	}
	add := func(owner string, of []advisories.Advisory) {
		for _, a := range of {
			if owner == name && (len(reach) == 0 || slices.Contains(reach, a.Reach)) {
				rows = append(rows, a)
			}
		}
	}
	for i := range t.toolkits {
		add(t.toolkits[i].Name, t.toolkits[i].Advisories)
	}
	for i := range t.products {
		add(t.products[i].Name, t.products[i].Advisories)
	}
	return rows
}

// AdvisoryDigest stands for the advisories of the table: it changes when they do.
func (t *Table) AdvisoryDigest() string {
	hash := sha256.New()
	for _, name := range t.names() {
		_, _ = fmt.Fprintf(hash, "%q %+v\n", name, t.Advisories(name)) // never fails
	}
	return hex.EncodeToString(hash.Sum(nil))
}

// names are those of all toolkits and products, each once, sorted.
func (t *Table) names() []string {
	var names []string
	if t == nil {
		return nil
	}
	for i := range t.toolkits {
		names = append(names, t.toolkits[i].Name)
	}
	for i := range t.products {
		names = append(names, t.products[i].Name)
	}
	slices.Sort(names)
	return slices.Compact(names)
}
