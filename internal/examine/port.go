package examine

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"time"

	"leadglass/dicom/ul"
	"leadglass/internal/assess"
	"leadglass/internal/gate"
	"leadglass/internal/identify"
	"leadglass/internal/scope"
	"leadglass/internal/survey"
)

// opener says how to open associations on one port.
type opener struct {
	port   uint16
	secure bool
}

// open makes the function that opens associations on a port. Only the
// function goes to the stages: they can reach this port and nothing else. All
// associations of a host use one receive buffer, one after the other.
func (h *Host) open(o opener, answer time.Duration) ul.Opener {
	return func(ctx context.Context, called string, contexts []ul.PresentationContext) (*ul.Association, error) {
		conn, err := h.dial(ctx, o)
		if err != nil {
			return nil, err
		}
		h.gate.CountAssociation()
		return ul.Request(ctx, conn, ul.AssociateRQ{
			CalledAETitle: called, CallingAETitle: h.Scope.Identity.CallingAETitle, Contexts: contexts,
		}, ul.Options{ReadTimeout: answer, WriteTimeout: h.Timeouts.Answer, Buffer: h.buffer, Meter: h.meter(o.port)})
	}
}

// probe finds out what one open port speaks. DICOM ports are asked for DICOM
// first, HTTP ports for HTTP; what looks like TLS is asked again inside TLS.
func (h *Host) probe(ctx context.Context, port uint16) (survey.Service, opener) {
	if h.url != nil && h.url.Scheme == "https" {
		if s, ok := h.probeTLS(ctx, port); ok {
			return s, opener{port: port, secure: true}
		}
	}
	if h.url != nil || slices.Contains(h.Scope.Ports.HTTP, port) {
		return h.probeHTTP(ctx, port)
	}
	plain := opener{port: port}
	if port == dicomTLS {
		if s, ok := h.probeTLS(ctx, port); ok {
			return s, opener{port: port, secure: true}
		}
	}
	s := identify.DICOM(ctx, port, h.open(plain, h.Timeouts.Answer), h.identifyOptions())
	switch {
	case s.Outcome == survey.Foreign && s.Detail == "http":
		return h.probeHTTP(ctx, port)
	case port != dicomTLS && mayBeTLS(s):
		if t, ok := h.probeTLS(ctx, port); ok {
			return t, opener{port: port, secure: true}
		}
	case s.Outcome == survey.Mute && s.Detail == "" && ctx.Err() == nil:
		// A web server that waits for the end of a line says nothing to an
		// A-ASSOCIATE-RQ.
		w := h.http(ctx, port, "http")
		if w.Outcome == survey.Answered && !wantsTLS(w) {
			return w, plain
		}
		// No list says what the port is for: it may wait for TLS as well.
		if h.requested(port) || w.Outcome == survey.Answered {
			if t, ok := h.probeTLS(ctx, port); ok {
				return t, opener{port: port, secure: true}
			}
		}
		if w.Outcome == survey.Answered {
			return w, plain
		}
	}
	return s, plain
}

// requested reports whether the user, or a candidate, named a port.
func (h *Host) requested(port uint16) bool {
	return h.onePort || slices.Contains(h.candidate.Ports, port)
}

// dicomTLS is the port registered for DICOM over TLS (PS3.8 9.1.1).
const dicomTLS = 2762

// mayBeTLS reports whether a service that was asked in plain text may speak
// TLS: it answered with an alert, or went away without a word. One that stays
// mute does not: to a TLS server the request was an error.
func mayBeTLS(s survey.Service) bool {
	return s.Outcome == survey.Foreign && s.Detail == "tls" || s.Outcome == survey.Closed
}

// probeHTTP asks for the start page, inside TLS where the port wants it.
func (h *Host) probeHTTP(ctx context.Context, port uint16) (survey.Service, opener) {
	plain := opener{port: port}
	s := h.http(ctx, port, "http")
	if s.Outcome == survey.Answered && s.Detail == "" && !wantsTLS(s) || s.Outcome == survey.Mute || ctx.Err() != nil {
		return s, plain
	}
	if t, ok := h.probeTLS(ctx, port); ok {
		return t, opener{port: port, secure: true}
	}
	if s.Outcome == survey.Answered {
		return s, plain
	}
	if d := identify.DICOM(ctx, port, h.open(plain, h.Timeouts.Answer), h.identifyOptions()); d.Protocol == survey.ProtocolDICOM {
		return d, plain
	}
	return s, plain
}

// wantsTLS reports whether a port that was asked in plain text may be one for
// HTTPS: nginx, Apache and Go answer there with status 400.
func wantsTLS(s survey.Service) bool { return s.HTTP != nil && s.HTTP.Status == http.StatusBadRequest }

func (h *Host) http(ctx context.Context, port uint16, scheme string) survey.Service {
	return identify.HTTP(ctx, port, h.webClient(0), scheme, identify.HTTPOptions{Host: h.webHost(), LandingField: gate.LandingField,
		Products: h.Products, BudgetErr: gate.ErrBudget})
}

// webClient is a client that is limited to the host. readAhead bounds what is
// taken of a body that nobody reads; 0 for the usual.
func (h *Host) webClient(readAhead int) *http.Client {
	return h.gate.HTTPClient(gate.HTTPOptions{Names: h.names, Timeout: h.Timeouts.Answer,
		TLS: new(handshake).config(h.name()), UserAgent: userAgent(h.Scope), ReadAhead: readAhead})
}

// webHost is what URLs call the host: by its name where the user gave a URL,
// because a server may tell its services apart by it.
func (h *Host) webHost() string {
	if h.url != nil {
		return h.url.Hostname()
	}
	return h.gate.Addr().String()
}

// unreadAhead is what a body that is not read may bring along with its
// headers, in bytes: the least that the library can be told.
const unreadAhead = 16

// web is how the checks of an HTTP service ask it.
func (h *Host) web() assess.Web {
	w := assess.Web{Client: h.webClient(unreadAhead), Host: h.webHost(), Left: &h.webLeft}
	if h.url != nil {
		w.Root = h.url.Path
	}
	return w
}

// userAgent says who asks and where to complain.
func userAgent(s *scope.Scope) string {
	contact := s.Identity.URL
	if contact == "" {
		contact = s.Authority.Contact
	}
	return strings.TrimSpace("Leadglass " + contact)
}

func (h *Host) identifyOptions() identify.Options {
	return identify.Options{DefaultAETitles: h.Scope.Allow.DefaultAETitles, KnownAETitles: h.KnownAETitles,
		Products: h.Products, BudgetErr: gate.ErrBudget}
}
