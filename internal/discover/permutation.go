package discover

import (
	"crypto/sha256"
	"encoding/binary"
	"math/bits"
)

// rounds of the Feistel network. Four make a pseudo-random permutation of
// good rounds (Luby and Rackoff 1988); the order of a sweep needs no more than
// that it does not follow the addresses.
const rounds = 4

// permutation is a keyed bijection of 0 … n-1 onto itself that can be asked
// for any place of it, in either direction. It is a balanced Feistel network
// over the least even number of bits that holds n; a value beyond n-1 goes
// through it again until it falls below (cycle walking, Black and Rogaway
// 2002), on average less than four times.
type permutation struct {
	n    uint64
	half uint
	mask uint64
	keys [rounds]uint64
}

// newPermutation is the permutation of 0 … n-1, n ≤ 2^62, that seed and use
// select. Different uses of one seed give unrelated permutations.
func newPermutation(n uint64, seed [16]byte, use string) permutation {
	p := permutation{n: n, half: uint(max(1, (bits.Len64(max(n, 1)-1)+1)/2))}
	p.mask = 1<<p.half - 1
	sum := sha256.Sum256(append(seed[:], use...))
	for i := range p.keys {
		p.keys[i] = binary.BigEndian.Uint64(sum[8*i:])
	}
	return p
}

// round mixes half a value with a key: the finaliser of SplitMix64.
func (p *permutation) round(i int, x uint64) uint64 {
	x += p.keys[i]
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return (x ^ x>>31) & p.mask
}

// at is the value at place i, i < n.
func (p *permutation) at(i uint64) uint64 {
	for {
		l, r := i>>p.half, i&p.mask
		for k := range rounds {
			l, r = r, l^p.round(k, r)
		}
		if i = l<<p.half | r; i < p.n {
			return i
		}
	}
}

// find is the place of the value x, x < n: at(find(x)) == x.
func (p *permutation) find(x uint64) uint64 {
	for {
		l, r := x>>p.half, x&p.mask
		for k := rounds - 1; k >= 0; k-- {
			l, r = r^p.round(k, l), l
		}
		if x = l<<p.half | r; x < p.n {
			return x
		}
	}
}
