package compare_test

import "net/netip"

// addr is the address number i of the universe of the tests.
func addr(i int) netip.Addr { return netip.AddrFrom4([4]byte{192, 0, 2, byte(i)}) }
