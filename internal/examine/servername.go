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
func (r *reach) remember(certificates []*x509.Certificate) {
	if len(certificates) > 0 {
		r.shown = append(r.shown, certificates[0].DNSNames...)
	}
}

// serverNames are the names to try at a port that ends the handshake for want of
// one, at a host that was given by its address: names of the scope, those first
// that the host's certificates on other ports have. A name outside the scope is
// never sent.
func (r *reach) serverNames() []string {
	has := func(name string) bool {
		return slices.ContainsFunc(r.shown, func(s string) bool { return strings.EqualFold(s, name) })
	}
	names := slices.Clone(r.scope.Names)
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
func (r *reach) findName(ctx context.Context, port uint16) bool {
	if r.name != "" {
		return false
	}
	for _, name := range r.serverNames() {
		conn, err := r.gate.DialTLS(ctx, port, new(handshake).config(name))
		if err == nil {
			_ = conn.Close()
		}
		if err == nil || isAlert(err) && !wantsName(err) {
			r.call(name)
			return true
		}
		if ctx.Err() != nil {
			break
		}
	}
	return false
}
