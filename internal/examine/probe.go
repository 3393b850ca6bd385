package examine

import (
	"context"
	"net/http"
	"slices"

	"leadglass/internal/gate"
	"leadglass/internal/identify"
	"leadglass/internal/products"
	"leadglass/internal/survey"
)

// prober finds out what speaks at the ports of a host.
type prober struct {
	*reach
	products *products.Table
	// titles are called AE titles that the user gave.
	titles []string
	// named are the ports that the user, or a candidate, named.
	named []uint16
}

// probe finds out what one open port speaks. DICOM ports are asked for DICOM
// first, HTTP ports for HTTP; what looks like TLS is asked again inside TLS.
func (p *prober) probe(ctx context.Context, port uint16) survey.Service {
	if p.url != nil && p.url.Scheme == "https" {
		if s, ok := p.probeTLS(ctx, port); ok {
			return s
		}
	}
	if p.url != nil || slices.Contains(p.scope.Ports.HTTP, port) {
		return p.probeHTTP(ctx, port)
	}
	if port == dicomTLS {
		if s, ok := p.probeTLS(ctx, port); ok {
			return s
		}
	}
	s := identify.DICOM(ctx, port, p.open(port, false, p.timeouts.Answer), p.identifyOptions())
	switch {
	case s.Outcome == survey.Foreign && s.Detail == "http":
		return p.probeHTTP(ctx, port)
	case port != dicomTLS && mayBeTLS(s):
		if t, ok := p.probeTLS(ctx, port); ok {
			return t
		}
	case s.Outcome == survey.Mute && s.Detail == "" && ctx.Err() == nil:
		// A web server that waits for the end of a line says nothing to an
		// A-ASSOCIATE-RQ.
		w := p.http(ctx, port, "http")
		if w.Outcome == survey.Answered && !wantsTLS(w) {
			return w
		}
		// No list says what the port is for: it may wait for TLS as well.
		if slices.Contains(p.named, port) || w.Outcome == survey.Answered {
			if t, ok := p.probeTLS(ctx, port); ok {
				return t
			}
		}
		if w.Outcome == survey.Answered {
			return w
		}
	}
	return s
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
func (p *prober) probeHTTP(ctx context.Context, port uint16) survey.Service {
	s := p.http(ctx, port, "http")
	if s.Outcome == survey.Answered && s.Detail == "" && !wantsTLS(s) || s.Outcome == survey.Mute || ctx.Err() != nil {
		return s
	}
	if t, ok := p.probeTLS(ctx, port); ok {
		return t
	}
	if s.Outcome == survey.Answered {
		return s
	}
	if d := identify.DICOM(ctx, port, p.open(port, false, p.timeouts.Answer), p.identifyOptions()); d.Protocol == survey.ProtocolDICOM {
		return d
	}
	return s
}

// wantsTLS reports whether a port that was asked in plain text may be one for
// HTTPS: nginx, Apache and Go answer there with status 400.
func wantsTLS(s survey.Service) bool { return s.HTTP != nil && s.HTTP.Status == http.StatusBadRequest }

func (p *prober) http(ctx context.Context, port uint16, scheme string) survey.Service {
	return identify.HTTP(ctx, port, p.client(gate.HTTPOptions{Timeout: p.timeouts.Answer}), scheme, identify.HTTPOptions{Host: p.host(), LandingField: gate.LandingField,
		Products: p.products})
}

func (p *prober) identifyOptions() identify.Options {
	return identify.Options{DefaultAETitles: p.scope.Allow.DefaultAETitles, KnownAETitles: p.titles,
		Products: p.products}
}
