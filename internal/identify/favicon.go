package identify

import (
	"encoding/base64"
	"encoding/binary"
	"math/bits"
	"slices"
)

// faviconHash is the hash by which search engines for devices list icons:
// MurmurHash3 (32 bit, seed 0) of the base 64 text with a line break after
// every 76 characters and at the end.
func faviconHash(icon []byte) int32 {
	const line = 76
	size := base64.StdEncoding.EncodedLen(len(icon))
	b := make([]byte, size+(size+line-1)/line)
	defer clear(b)
	n := 0
	for part := range slices.Chunk(icon, line/4*3) {
		base64.StdEncoding.Encode(b[n:], part)
		n += base64.StdEncoding.EncodedLen(len(part))
		b[n] = '\n'
		n++
	}
	return int32(murmur3(b[:n]))
}

// murmur3 is MurmurHash3_x86_32 with seed 0.
func murmur3(b []byte) uint32 {
	const c1, c2 = 0xcc9e2d51, 0x1b873593
	mix := func(k uint32) uint32 { return bits.RotateLeft32(k*c1, 15) * c2 }
	h, n := uint32(0), len(b)
	for ; len(b) >= 4; b = b[4:] {
		h ^= mix(binary.LittleEndian.Uint32(b))
		h = bits.RotateLeft32(h, 13)*5 + 0xe6546b64
	}
	if len(b) > 0 {
		var tail [4]byte
		copy(tail[:], b)
		h ^= mix(binary.LittleEndian.Uint32(tail[:]))
	}
	h ^= uint32(n)
	h ^= h >> 16
	h *= 0x85ebca6b
	h ^= h >> 13
	h *= 0xc2b2ae35
	return h ^ h>>16
}
