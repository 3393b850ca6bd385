// Package privacy is where values that belong to patients end. Study UIDs are
// hashed under a key that lives as long as a survey, in place, and go into
// sketches that say how many there are and nothing else. Identifying attributes
// are classified where they lie, in the receive buffer: which classes there
// are, and how many identifiers have the form of which national identifier. The
// package never returns bytes of a value and keeps none.
package privacy
