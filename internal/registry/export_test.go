package registry

import (
	"net/netip"

	"github.com/openrdap/rdap"

	"leadglass/internal/survey"
)

// Read is what is kept of the bytes of an answer about an address.
func Read(answer []byte, addr netip.Addr) (survey.Registration, error) {
	var r survey.Registration
	object, err := rdap.NewDecoder(answer).Decode()
	if err != nil {
		return r, err
	}
	if n, ok := object.(*rdap.IPNetwork); ok {
		return r, fill(&r, n, addr)
	}
	return r, ErrAnswer
}
