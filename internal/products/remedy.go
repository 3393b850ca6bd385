package products

// Remedy is one thing that an administrator of a product can do against what a
// check found.
type Remedy struct{}

// Remedies returns the remedies of a product, the user's before the program's.
func (t *Table) Remedies(productName string) []Remedy {
	if t == nil {
		return nil
	}
	var remedies []Remedy
	for i := range t.products {
		if t.products[i].Name == productName {
			remedies = append(remedies, t.products[i].Remedies...)
		}
	}
	return remedies
}
