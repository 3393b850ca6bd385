package privacy

import (
	"crypto/rand"
	"encoding/binary"
	"fmt"

	"github.com/axiomhq/hyperloglog"
)

// Key is the secret under which the study instance UIDs of one survey are
// hashed. It lives in memory and, while the survey is under way, in its store:
// without it a sketch or a hash cannot be tested for a UID that somebody knows.
type Key struct{ k0, k1 uint64 }

// NewKey makes a key at random.
func NewKey() Key { return KeyFrom(NewKeyBytes()) }

// NewKeyBytes are the bytes of a new key, for KeyFrom.
func NewKeyBytes() (b [16]byte) {
	_, _ = rand.Read(b[:]) // never fails since Go 1.24
	return b
}

// KeyFrom makes a key of 16 bytes that the processes of one survey share.
func KeyFrom(b [16]byte) Key {
	return Key{binary.LittleEndian.Uint64(b[:8]), binary.LittleEndian.Uint64(b[8:])}
}

// String shows nothing of the key, so that it cannot be printed by mistake.
func (Key) String() string { return "key" }

// GoString is String.
func (Key) GoString() string { return "key" }

// Hash returns SipHash-1-3 of v under the key.
func (k Key) Hash(v []byte) uint64 { return sipHash13(k.k0, k.k1, v) }

// SketchError is the standard error of Sketch.Estimate as a share of the
// number: 1.04 / sqrt(2^14).
const SketchError = 0.0081

// Sketch estimates how many different studies were seen, in 16 KiB whatever
// their number (HyperLogLog, precision 14). Sketches made under one key can be
// merged: the estimate of the union counts a study once that two archives
// hold.
type Sketch struct{ hll *hyperloglog.Sketch }

// NewSketch returns an empty sketch.
func NewSketch() *Sketch { return &Sketch{hll: hyperloglog.NewNoSparse()} }

// AddHash adds a study by the hash of its UID under the survey's key. It
// allocates nothing.
func (s *Sketch) AddHash(h uint64) { s.hll.InsertHash(h) }

// Merge adds the studies of t to s.
func (s *Sketch) Merge(t *Sketch) error {
	if err := s.hll.Merge(t.hll); err != nil {
		return fmt.Errorf("merging study sketches: %w", err)
	}
	return nil
}

// Overlap is how the studies of two sketches lie to each other.
type Overlap int

// The ways in which the studies of two sketches may lie to each other.
const (
	// Unclear: some studies are in both, or one sketch is too small beside the
	// other for the error of the estimates.
	Unclear Overlap = iota
	// Within: the studies of one are among those of the other.
	Within
	// Apart: no study is in both.
	Apart
)

// overlapErrors is how many standard errors of the union are passed over.
const overlapErrors = 3

// Overlap tells how the studies of s and t lie to each other, by the size of
// their union: about that of the larger, or about the sum of both. A share of
// overlapErrors * SketchError of the union cannot be told; of few studies the
// nearer of the two is taken. An empty sketch is within any other. It changes
// neither.
func (s *Sketch) Overlap(t *Sketch) (Overlap, error) {
	union := &Sketch{hll: s.hll.Clone()}
	if err := union.Merge(t); err != nil {
		return Unclear, err
	}
	a, b, u := s.Estimate(), t.Estimate(), union.Estimate()
	if u == max(a, b) { // the smaller has changed no register
		return Within, nil
	}
	noise := overlapErrors * SketchError * float64(u)
	few := noise < collision
	fromLarger, fromSum := float64(u-max(a, b)), float64(a+b-u)
	noise = max(noise, collision)
	within, apart := fromLarger <= noise, fromSum <= noise
	switch {
	case within && (!apart || few && fromLarger < fromSum):
		return Within, nil
	case apart && (!within || few && fromSum < fromLarger):
		return Apart, nil
	}
	return Unclear, nil
}

// collision is what is passed over however few studies there are: where two of
// them share a register, which happens to one in a hundred pairs of lists of
// ten, the union counts one too few.
const collision = 1.5

// Estimate returns how many different studies were added, with a standard
// error of SketchError.
func (s *Sketch) Estimate() int64 { return int64(s.hll.Estimate()) }

// Bytes is the form in which a sketch is stored. It holds no hash and no UID.
func (s *Sketch) Bytes() ([]byte, error) {
	b, err := s.hll.MarshalBinary()
	if err != nil {
		return nil, fmt.Errorf("encoding a study sketch: %w", err)
	}
	return b, nil
}

// ReadSketch reads what Bytes wrote.
func ReadSketch(b []byte) (*Sketch, error) {
	s := NewSketch()
	if err := s.hll.UnmarshalBinary(b); err != nil {
		return nil, fmt.Errorf("reading a study sketch: %w", err)
	}
	return s, nil
}
