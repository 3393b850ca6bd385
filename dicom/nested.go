package dicom

// Nested walks over the elements of all items of a sequence, one item after
// the other, in place like Elements. Sequences inside are elements like others.
type Nested struct{ Elements }

// Nested returns the elements of the items of the current element, a sequence.
func (e *Elements) Nested() Nested {
	return Nested{Elements{data: e.Value(), syntax: e.vr.inner(e.syntax), noted: e.noted}}
}

// Next goes to the next element. It returns false at the end and on an error.
func (n *Nested) Next() bool {
	// The header of an item, or the mark of its end, has no value of its own
	// (PS3.5 7.5): the elements of the item follow it.
	const header = 8
	for rest := n.data[n.pos:]; len(rest) >= header && n.syntax.uint16(rest) == Item.Group(); rest = rest[header:] {
		n.pos += header
	}
	return n.Elements.Next()
}
