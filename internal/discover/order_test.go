package discover_test

import (
	"testing"

	"leadglass/internal/discover"

	"pgregory.net/rapid"
)

// TestOrderIsABijection: the shards together have every pair once, whatever
// the numbers, and a pair's position is found again.
func TestOrderIsABijection(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		addresses := rapid.Uint64Range(0, 700).Draw(t, "addresses")
		ports := rapid.IntRange(1, 12).Draw(t, "ports")
		shards := rapid.IntRange(1, 9).Draw(t, "shards")
		seed := discover.Seed(rapid.SliceOfN(rapid.Byte(), 16, 16).Draw(t, "seed"))
		shardOf := map[uint64]int{}
		seen := map[[2]uint64]bool{}
		for shard := 1; shard <= shards; shard++ {
			o := order(t, seed, addresses, ports, shard, shards)
			for i := range o.Len() {
				address, port := o.At(i)
				pair := [2]uint64{address, uint64(port)}
				if address >= addresses || port >= ports || seen[pair] {
					t.Fatalf("shard %d has the pair %v at %d, outside or twice", shard, pair, i)
				}
				seen[pair] = true
				if other, ok := shardOf[address]; ok && other != shard {
					t.Fatalf("address %d is in the shards %d and %d", address, other, shard)
				}
				shardOf[address] = shard
				if at, mine := o.Find(address, port); at != i || !mine {
					t.Fatalf("pair %v of position %d is found at %d (%v)", pair, i, at, mine)
				}
			}
		}
		if want := int(addresses) * ports; len(seen) != want {
			t.Fatalf("%d pairs of %d", len(seen), want)
		}
		for address, shard := range shardOf {
			if _, mine := order(t, seed, addresses, ports, shard%shards+1, shards).Find(address, 0); mine != (shards == 1) {
				t.Fatalf("another shard claims address %d", address)
			}
		}
	})
}

func order(t interface{ Fatal(...any) }, seed discover.Seed, addresses uint64, ports, shard, shards int) *discover.Order {
	o, err := discover.NewOrder(seed, addresses, ports, shard, shards)
	if err != nil {
		t.Fatal(err)
	}
	return o
}

// TestOrderOfLargeScopes: positions of scopes that cannot be walked through.
func TestOrderOfLargeScopes(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		addresses := rapid.Uint64Range(1, 1<<40).Draw(t, "addresses")
		ports, shards := rapid.IntRange(1, 1000).Draw(t, "ports"), rapid.IntRange(1, 1000).Draw(t, "shards")
		shard := rapid.IntRange(1, shards).Draw(t, "shard")
		o := order(t, discover.Seed{1}, addresses, ports, shard, shards)
		if o.Len() == 0 {
			return
		}
		i := rapid.Uint64Range(0, o.Len()-1).Draw(t, "position")
		address, port := o.At(i)
		if at, mine := o.Find(address, port); address >= addresses || port >= ports || at != i || !mine {
			t.Fatalf("position %d is address %d, port %d, found at %d (%v)", i, address, port, at, mine)
		}
	})
}

func TestOrderRefuses(t *testing.T) {
	for _, c := range []struct {
		addresses            uint64
		ports, shard, shards int
	}{{1, 1, 0, 1}, {1, 1, 2, 1}, {1, 1, 1, 0}, {1 << 62, 2, 1, 1}, {1, -1, 1, 1}} {
		if _, err := discover.NewOrder(discover.Seed{}, c.addresses, c.ports, c.shard, c.shards); err == nil {
			t.Errorf("%+v is an order", c)
		}
	}
}

// TestOrderSpreads: no network gets much more than its share of any part of
// the order, and another seed is another order.
func TestOrderSpreads(t *testing.T) {
	const networks, part = 256, 4096
	a, b := order(t, discover.Seed{1}, networks<<8, 9, 1, 1), order(t, discover.Seed{2}, networks<<8, 9, 1, 1)
	same := 0
	for start := uint64(0); start+part <= a.Len(); start += part {
		var hits [networks]int
		for i := start; i < start+part; i++ {
			address, _ := a.At(i)
			hits[address>>8]++
			if other, _ := b.At(i); other == address {
				same++
			}
		}
		for n, h := range hits { // 16 are expected
			if h > 60 {
				t.Fatalf("network %d has %d of the %d positions from %d on", n, h, part, start)
			}
		}
	}
	if same > 100 {
		t.Errorf("two seeds agree in %d of %d positions", same, a.Len())
	}
}

func BenchmarkOrder(b *testing.B) {
	o, err := discover.NewOrder(discover.Seed{1}, 1<<24, 9, 1, 1)
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	var i, sum uint64
	for b.Loop() {
		address, _ := o.At(i % o.Len())
		sum += address
		i++
	}
}
