package examine

import (
	"context"
	"crypto/x509"
	"slices"
	"strings"
)

// maxServerNames is how many names are tried at a host whose TLS wants one.
const maxServerNames = 4

// remember keeps the names of a certificate that the host showed on some port.
func (h *Host) remember(certificates []*x509.Certificate) {
	if len(certificates) > 0 {
		h.shown = append(h.shown, certificates[0].DNSNames...)
	}
}

// serverNames are the names to try at a port that ends the handshake for want of
// one, at a host that was given by its address: names of the scope, those first
// that the host's certificates on other ports have. A name outside the scope is
// never sent.
func (h *Host) serverNames() []string {
	has := func(name string) bool {
		return slices.ContainsFunc(h.shown, func(s string) bool { return strings.EqualFold(s, name) })
	}
	names := slices.Clone(h.Scope.Names)
	slices.SortStableFunc(names, func(a, b string) int {
		switch {
		case has(a) == has(b):
			return 0
		case has(a):
			return -1
		}
		return 1
	})
	return names[:min(len(names), maxServerNames)]
}

// findName finds the name that a TLS port wants, and calls the host by it from then
// on; false where none is known.
func (h *Host) findName(ctx context.Context, port uint16) bool {
	if h.name() != "" {
		return false
	}
	for _, name := range h.serverNames() {
		conn, err := h.gate.DialTLS(ctx, port, new(handshake).config(name))
		if err == nil {
			_ = conn.Close()
		}
		if err == nil || isAlert(err) && !wantsName(err) {
			h.names = []string{name}
			return true
		}
		if ctx.Err() != nil {
			break
		}
	}
	return false
}
