package discover_test

import (
	"fmt"
	"testing"
	"time"

	"leadglass/internal/discover"
	"leadglass/internal/scope"
)

// TestParts: the parts of all shards together have each pair once, an address
// stays in its shard however it is divided, and Of names the part whose sweep
// comes by.
func TestParts(t *testing.T) {
	s, err := scope.Parse("scope.yaml", []byte("version: 1\nauthority: {organisation: T, contact: t@leadglass.invalid, valid_from: 2020-01-01, valid_until: 2099-12-31}\ninclude: [127.9.0.0/24, 127.9.7.0/27]\n"), time.Now())
	if err != nil {
		t.Fatal(err)
	}
	seed := discover.Seed{7}
	const ports, shards = 3, 2
	home := map[uint64]int{}
	for _, parts := range []int{1, 4, 7} {
		seen := map[string]int{}
		for shard := 1; shard <= shards; shard++ {
			all := discover.Parts(seed, shard, shards, parts)
			d, err := discover.Divide(s, all)
			if err != nil {
				t.Fatal(err)
			}
			for k, part := range all {
				o, err := discover.NewOrder(seed, s.RawSize(), ports, part.Shard, part.Shards)
				if err != nil {
					t.Fatal(err)
				}
				for i := range o.Len() {
					address, port := o.At(i)
					seen[fmt.Sprint(address, " ", port)]++
					if before, ok := home[address]; ok && before != shard {
						t.Fatalf("address %d is in shard %d, and with %d parts in %d", address, before, parts, shard)
					}
					home[address] = shard
					if got := d.Of(s.RawAt(address)); got != k+1 {
						t.Fatalf("address %d belongs to part %d, and is swept by %d", address, got, k+1)
					}
				}
			}
		}
		if want := int(s.RawSize()) * ports; len(seen) != want {
			t.Fatalf("%d parts of %d shards have %d pairs, want %d", parts, shards, len(seen), want)
		}
		for pair, n := range seen {
			if n != 1 {
				t.Fatalf("pair %s comes %d times", pair, n)
			}
		}
	}
}
