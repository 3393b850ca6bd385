package survey

import "net/netip"

// Mandate is what bounds a survey beside the text of its scope, as the process
// that began it knew it: who continues the survey or helps with it keeps to it.
type Mandate struct {
	// Exclusions are the addresses that the authority excluded, those of exclude
	// files included, as package scope writes them.
	Exclusions []byte
	// Pins are the addresses that host names were first resolved to, by name.
	Pins []Pin
	// Titles are the called AE titles of the authority's own archives.
	Titles []string
	// Seal is the leader's signature of all that, "" for none.
	Seal string
}

// Pin is a host name with the addresses of its first resolution that the scope
// permitted.
type Pin struct {
	Name      string       `json:"name"`
	Addresses []netip.Addr `json:"addresses"`
}
