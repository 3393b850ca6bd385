package examine

import (
	"context"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"sync"
	"time"

	"leadglass/dicom"
	"leadglass/dicom/ul"
	"leadglass/internal/gate"
	"leadglass/internal/peer"
	"leadglass/internal/scope"
	"leadglass/internal/tlsprobe"
)

// reach opens connections with one host. The stages are given what it makes, a
// function or a client, and can reach one port of this host and nothing else.
type reach struct {
	gate     *gate.Host
	scope    *scope.Scope
	timeouts Timeouts
	// name is the host name by which servers choose their certificate: the one
	// that the user gave or, of a host given by its address, one that its TLS
	// accepts. Empty where none is known.
	name string
	// names are the host names that stand for the host in URLs.
	names []string
	// shown are the host names in the certificates that the host showed.
	shown []string
	// url is the DICOMweb root that the user named; nil where a host was.
	url *url.URL
	// buffer is the receive buffer of all associations, one after the other.
	buffer  []byte
	buffers *sync.Pool
	// noted is how each port deviates from the standard.
	noted map[uint16]*dicom.Deviation
}

// nameOf is the name of a host that the user gave; empty where it is an address.
func nameOf(host string) string {
	if _, err := netip.ParseAddr(host); err == nil {
		return ""
	}
	return host
}

// call gives the host a name; it has none while name is empty.
func (r *reach) call(name string) {
	if name != "" {
		r.name, r.names = nameOf(name), []string{name}
	}
}

// borrow takes a receive buffer for a part of the work on the host; giveBack
// overwrites it and returns it for use with another.
func (r *reach) borrow() {
	if b, ok := r.buffers.Get().(*[]byte); ok {
		r.buffer = *b
		return
	}
	r.buffer = make([]byte, ul.DefaultReadBuffer)
}

func (r *reach) giveBack() {
	clear(r.buffer)
	b := r.buffer
	r.buffer = nil
	r.buffers.Put(&b)
}

// open makes the function that opens associations on a port, inside TLS where
// secure. answer is how long a single answer may take.
func (r *reach) open(port uint16, secure bool, answer time.Duration) ul.Opener {
	return func(ctx context.Context, called string, contexts []ul.PresentationContext) (*ul.Association, error) {
		conn, err := r.dial(ctx, port, secure)
		if err != nil {
			return nil, err
		}
		r.gate.CountAssociation()
		return ul.Request(ctx, conn, ul.AssociateRQ{
			CalledAETitle: called, CallingAETitle: r.scope.Identity.CallingAETitle, Contexts: contexts,
		}, ul.Options{ReadTimeout: answer, WriteTimeout: r.timeouts.Answer, Buffer: r.buffer, Meter: r.meter(port)})
	}
}

// dial opens a connection, with a handshake where the port speaks TLS.
func (r *reach) dial(ctx context.Context, port uint16, secure bool) (net.Conn, error) {
	if !secure {
		return r.gate.Dial(ctx, port)
	}
	conn, err := r.gate.DialTLS(ctx, port, new(handshake).config(r.name))
	if err != nil {
		return nil, err
	}
	return conn, nil
}

// dialer opens plain connections with a port, on which tlsprobe speaks.
func (r *reach) dialer(port uint16) tlsprobe.Dialer {
	return func(ctx context.Context) (net.Conn, error) { return r.gate.Dial(ctx, port) }
}

// client is an HTTP client that is limited to the host.
func (r *reach) client(o gate.HTTPOptions) *http.Client {
	o.Names, o.TLS, o.UserAgent = r.names, new(handshake).config(r.name), userAgent(r.scope)
	return r.gate.HTTPClient(o)
}

// host is what URLs call the host: its name where the user gave a URL, because
// a server may tell its services apart by it.
func (r *reach) host() string {
	if r.url != nil {
		return r.url.Hostname()
	}
	return r.gate.Addr().String()
}

// userAgent says who asks and where to complain.
func userAgent(s *scope.Scope) string {
	contact := s.Identity.URL
	if contact == "" {
		contact = s.Authority.Contact
	}
	return strings.TrimSpace("Leadglass " + contact)
}

// accepts reports whether a port of the host accepts connections: it connects
// and closes. An error says why that could not be told.
func (r *reach) accepts(ctx context.Context, port uint16) (bool, error) {
	conn, err := r.gate.Dial(ctx, port)
	if err == nil {
		return true, conn.Close()
	}
	switch peer.During(ctx, err).Kind {
	case peer.OutOfTime:
		return false, context.Cause(ctx)
	case peer.Refused, peer.Closed, peer.Unroutable, peer.Silent, peer.Unanswered, peer.Late:
		return false, nil
	}
	return false, err
}
