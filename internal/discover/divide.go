package discover

import (
	"encoding/hex"
	"fmt"
	"hash/fnv"
	"net/netip"

	"leadglass/internal/scope"
	"leadglass/internal/survey"
)

// Parts divides shard 1 ≤ shard ≤ shards of a sweep into parts, 1 or more. To
// which shard an address belongs does not depend on the number of parts.
func Parts(seed Seed, shard, shards, parts int) []survey.Sweep {
	all := make([]survey.Sweep, parts)
	for i := range all {
		all[i] = New(seed, i*shards+shard, parts*shards)
	}
	return all
}

// Division tells to which part of a sweep an address belongs.
type Division struct {
	scope  *scope.Scope
	across permutation
	parts  []survey.Sweep
}

// Divide is the division of a scope into the parts of one sweep.
func Divide(s *scope.Scope, parts []survey.Sweep) (*Division, error) {
	d := &Division{scope: s, parts: parts}
	var seed Seed
	if b, err := hex.DecodeString(parts[0].Seed); err != nil || copy(seed[:], b) != len(seed) {
		return nil, fmt.Errorf("the seed of the sweep is not 32 hexadecimal digits: %q", parts[0].Seed)
	}
	d.across = newPermutation(s.RawSize(), seed, "addresses")
	return d, nil
}

// Of is the part, from 1, that an address belongs to: the one whose sweep comes
// by it, so that one process has to do with it, or any for an address that no
// sweep comes by.
func (d *Division) Of(addr netip.Addr) int {
	if len(d.parts) == 1 {
		return 1
	}
	if i, ok := d.scope.RawIndex(addr); ok {
		shard := int(d.across.find(i)%uint64(d.parts[0].Shards)) + 1
		for k := range d.parts {
			if d.parts[k].Shard == shard {
				return k + 1
			}
		}
	}
	h := fnv.New32a()
	b := addr.As16()
	_, _ = h.Write(b[:]) // never fails
	return int(h.Sum32()%uint32(len(d.parts))) + 1
}
