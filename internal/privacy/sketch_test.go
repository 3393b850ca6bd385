package privacy_test

import (
	"encoding/binary"
	"fmt"
	"math"
	"math/bits"
	"strings"
	"testing"

	"github.com/dchest/siphash"

	"leadglass/internal/privacy"
)

// reference is SipHash-c-d as its paper describes it.
func reference(c, d int, k0, k1 uint64, p []byte) uint64 {
	v := [4]uint64{k0 ^ 0x736f6d6570736575, k1 ^ 0x646f72616e646f6d, k0 ^ 0x6c7967656e657261, k1 ^ 0x7465646279746573}
	rounds := func(n int) {
		for range n {
			v[0] += v[1]
			v[2] += v[3]
			v[1] = bits.RotateLeft64(v[1], 13) ^ v[0]
			v[3] = bits.RotateLeft64(v[3], 16) ^ v[2]
			v[0] = bits.RotateLeft64(v[0], 32)
			v[2] += v[1]
			v[0] += v[3]
			v[1] = bits.RotateLeft64(v[1], 17) ^ v[2]
			v[3] = bits.RotateLeft64(v[3], 21) ^ v[0]
			v[2] = bits.RotateLeft64(v[2], 32)
		}
	}
	padded := append(append([]byte{}, p...), make([]byte, 8-len(p)%8)...)
	padded[len(padded)-1] = byte(len(p))
	for i := 0; i < len(padded); i += 8 {
		m := binary.LittleEndian.Uint64(padded[i:])
		v[3] ^= m
		rounds(c)
		v[0] ^= m
	}
	v[2] ^= 0xFF
	rounds(d)
	return v[0] ^ v[1] ^ v[2] ^ v[3]
}

// TestHash: the reference agrees with a known implementation of SipHash-2-4,
// and the hash of keys with the reference of SipHash-1-3.
func TestHash(t *testing.T) {
	var key [16]byte
	for i := range key {
		key[i] = byte(i)
	}
	k0, k1 := binary.LittleEndian.Uint64(key[:8]), binary.LittleEndian.Uint64(key[8:])
	for n := range 80 {
		p := []byte(strings.Repeat("1.2.840.", 10)[:n])
		if got, want := reference(2, 4, k0, k1, p), siphash.Hash(k0, k1, p); got != want {
			t.Fatalf("reference of %d bytes %x, want %x", n, got, want)
		}
		if got, want := privacy.KeyFrom(key).Hash(p), reference(1, 3, k0, k1, p); got != want {
			t.Fatalf("hash of %d bytes %x, want %x", n, got, want)
		}
	}
	if s := fmt.Sprintf("%v %+v %#v %s", privacy.NewKey(), privacy.NewKey(), privacy.NewKey(), privacy.NewKey()); s != "key key key key" {
		t.Errorf("a key prints as %q", s)
	}
}

func uid(i int) []byte { return fmt.Appendf(nil, "2.25.%d", 1_000_000_007*i) }

// TestUnion: what two archives hold together is estimated from their sketches,
// and only under the same key.
func TestUnion(t *testing.T) {
	key, other := privacy.NewKey(), privacy.NewKey()
	a, b, foreign := privacy.NewSketch(), privacy.NewSketch(), privacy.NewSketch()
	for i := range 100_000 {
		a.AddHash(key.Hash(uid(i)))
		a.AddHash(key.Hash(uid(i))) // twice is once
		b.AddHash(key.Hash(uid(i + 50_000)))
		foreign.AddHash(other.Hash(uid(i)))
	}
	near := func(what string, s *privacy.Sketch, want float64) {
		t.Helper()
		if got := float64(s.Estimate()); math.Abs(got-want) > 4*privacy.SketchError*want {
			t.Errorf("%s: %v studies, want about %v", what, got, want)
		}
	}
	near("one", a, 100_000)
	bytes, err := b.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	read, err := privacy.ReadSketch(bytes)
	if err != nil {
		t.Fatal(err)
	}
	if err := read.Merge(a); err != nil {
		t.Fatal(err)
	}
	near("union", read, 150_000)
	if err := a.Merge(foreign); err != nil {
		t.Fatal(err)
	}
	near("under another key", a, 200_000)
	if _, err := privacy.ReadSketch([]byte("no sketch")); err == nil {
		t.Error("nonsense is read as a sketch")
	}
}

func BenchmarkAdd(b *testing.B) {
	key, s, v := privacy.NewKey(), privacy.NewSketch(), uid(123456789)
	b.ReportAllocs()
	for b.Loop() {
		s.AddHash(key.Hash(v))
	}
}

// TestOverlap: sketches tell one set of studies from two, and say when they
// cannot.
func TestOverlap(t *testing.T) {
	t.Parallel()
	of := func(from, to int) *privacy.Sketch {
		key, s := privacy.KeyFrom([16]byte{1}), privacy.NewSketch()
		for i := from; i < to; i++ {
			s.AddHash(key.Hash(fmt.Appendf(nil, "1.2.3.%d", i)))
		}
		return s
	}
	for name, c := range map[string]struct {
		a, b *privacy.Sketch
		want privacy.Overlap
	}{
		"the same few":               {of(0, 12), of(0, 12), privacy.Within},
		"the same many":              {of(0, 100_000), of(0, 100_000), privacy.Within},
		"grown meanwhile":            {of(0, 100_000), of(0, 100_100), privacy.Within},
		"a part":                     {of(0, 12), of(3, 8), privacy.Within},
		"nothing":                    {of(0, 12), of(0, 0), privacy.Within},
		"one and one":                {of(0, 1), of(1, 2), privacy.Apart},
		"few and few":                {of(0, 12), of(12, 17), privacy.Apart},
		"many and many":              {of(0, 100_000), of(100_000, 150_000), privacy.Apart},
		"half shared":                {of(0, 100), of(50, 150), privacy.Unclear},
		"lost in the error of many":  {of(0, 100_000), of(100_000, 100_050), privacy.Unclear},
		"some of few grown by a few": {of(0, 12), of(4, 15), privacy.Unclear},
	} {
		for _, pair := range [][2]*privacy.Sketch{{c.a, c.b}, {c.b, c.a}} {
			before := pair[0].Estimate()
			if got, err := pair[0].Overlap(pair[1]); err != nil || got != c.want {
				t.Errorf("%s: %v, %v; want %v", name, got, err, c.want)
			}
			if pair[0].Estimate() != before {
				t.Errorf("%s: the sketch was changed", name)
			}
		}
	}
}

// TestOverlapOfFew: two short lists are told apart under whatever key, also
// where two of their studies share a register of the sketch.
func TestOverlapOfFew(t *testing.T) {
	for seed := range 400 {
		var raw [16]byte
		binary.LittleEndian.PutUint64(raw[:], uint64(seed))
		key := privacy.KeyFrom(raw)
		for _, sizes := range [][2]int{{1, 1}, {12, 5}, {5, 12}, {20, 20}} {
			a, b, both := privacy.NewSketch(), privacy.NewSketch(), privacy.NewSketch()
			for i := range sizes[0] {
				a.AddHash(key.Hash(uid(i)))
				both.AddHash(key.Hash(uid(i)))
			}
			for i := range sizes[1] {
				b.AddHash(key.Hash(uid(1000 + i)))
				both.AddHash(key.Hash(uid(1000 + i)))
			}
			if o, err := a.Overlap(b); err != nil || o != privacy.Apart {
				t.Errorf("key %d, %d and %d studies: %v, %v, want apart", seed, sizes[0], sizes[1], o, err)
			}
			if o, err := both.Overlap(b); err != nil || o != privacy.Within {
				t.Errorf("key %d, %d of %d studies: %v, %v, want within", seed, sizes[1], sizes[0]+sizes[1], o, err)
			}
		}
	}
}
