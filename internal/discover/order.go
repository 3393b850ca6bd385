package discover

import "fmt"

// Seed selects the order of a sweep.
type Seed [16]byte

// Order is the order in which one shard of a sweep goes through the pairs of
// an address and a port. Addresses and ports are numbers: what they stand for
// is the caller's business. Seed, shard, and a position in the order are all
// there is to know of how far a sweep is.
//
// Each address belongs to one shard, with all its ports, so that a host is
// examined by one machine. Within the shard the pairs are permuted: whichever
// part of the order one looks at, it is spread over all networks.
type Order struct {
	addresses     uint64 // of the shard
	ports         uint64
	shard, shards uint64
	across        permutation // all addresses; those of a shard are every shards-th
	within        permutation // the shard's pairs
}

// maxPairs bounds the pairs of a sweep.
const maxPairs = 1 << 62

// NewOrder is the order of shard 1 ≤ shard ≤ shards over addresses times
// ports pairs, at most 2^62 of them. Its error is for arguments that are none.
func NewOrder(seed Seed, addresses uint64, ports, shard, shards int) (*Order, error) {
	switch {
	case shards < 1 || shard < 1 || shard > shards:
		return nil, fmt.Errorf("there is no shard %d of %d", shard, shards)
	case ports < 0 || ports > 0 && addresses > maxPairs/uint64(ports):
		return nil, fmt.Errorf("%d addresses with %d ports are too many to sweep", addresses, ports)
	}
	o := &Order{ports: uint64(ports), shard: uint64(shard - 1), shards: uint64(shards)}
	o.across = newPermutation(addresses, seed, "addresses")
	if addresses > o.shard {
		o.addresses = (addresses-o.shard-1)/o.shards + 1
	}
	o.within = newPermutation(o.Len(), seed, fmt.Sprintf("pairs of shard %d of %d", shard, shards))
	return o, nil
}

// Len is how many pairs the shard has.
func (o *Order) Len() uint64 { return o.addresses * o.ports }

// At is the pair at position i, i < Len().
func (o *Order) At(i uint64) (address uint64, port int) {
	pair := o.within.at(i)
	address, port = pair/o.ports, int(pair%o.ports)
	if o.shards > 1 {
		address = o.across.at(address*o.shards + o.shard)
	}
	return address, port
}

// Find is the position of a pair; mine is false for an address of another
// shard.
func (o *Order) Find(address uint64, port int) (i uint64, mine bool) {
	if address >= o.across.n || uint64(port) >= o.ports {
		return 0, false
	}
	rank := address
	if o.shards > 1 {
		rank = o.across.find(address)
	}
	if rank%o.shards != o.shard {
		return 0, false
	}
	return o.within.find(rank/o.shards*o.ports + uint64(port)), true
}
