package survey

import "net/netip"

// TestedFrom says from where a target was tested, which bounds what the test
// can show.
type TestedFrom string

// The places.
const (
	// FromLoopback: from the target's own machine. A service that answers this
	// machine alone looks the same as one that answers everybody.
	FromLoopback TestedFrom = "loopback"
	// FromPrivate: at an address that is not one of the public Internet, so from
	// a network that leads there.
	FromPrivate TestedFrom = "private"
	// FromPublic: at an address of the public Internet.
	FromPublic TestedFrom = "public"
)

// TestedFromOf is the place from which an address can be tested; empty for
// none.
func TestedFromOf(address netip.Addr) TestedFrom {
	switch a := address.Unmap(); {
	case !a.IsValid():
		return ""
	case a.IsLoopback():
		return FromLoopback
	case Public(a):
		return FromPublic
	}
	return FromPrivate
}
