package products

import "slices"

// Reversed is the table with its rows in the reverse order.
func (t *Table) Reversed() *Table {
	r := &Table{slices.Clone(t.toolkits), slices.Clone(t.products), slices.Clone(t.vendors), slices.Clone(t.titles), slices.Clone(t.roots), slices.Clone(t.general),
		slices.Clone(t.viewerPages), slices.Clone(t.viewerConfigs)}
	slices.Reverse(r.toolkits)
	slices.Reverse(r.products)
	slices.Reverse(r.vendors)
	return r
}
