// Package privacy is where values that belong to patients end: they are hashed
// under a key that lives as long as a survey, in place, and go into sketches
// that say how many there are and nothing else. It never returns bytes of a
// value and keeps none.
package privacy
