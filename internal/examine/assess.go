package examine

import (
	"context"
	"slices"
	"time"

	"leadglass/dicom/ul"
	"leadglass/internal/assess"
	"leadglass/internal/gate"
	"leadglass/internal/identify"
	"leadglass/internal/products"
	"leadglass/internal/survey"
)

// assessor runs the checks on the services of a host.
type assessor struct {
	*reach
	steps
	products *products.Table
	// webLeft is how many requests the checks of HTTP services may still send.
	webLeft int
	// onePort: the user named a port, so no other is tried.
	onePort bool
}

// answering is a service that answers queries.
type answering struct {
	service int // index in the finding's services
	result  assess.Assessment
}

// assess fills in the checks and the identifying classes of a finding whose
// services were identified, and what the checks show of the products. It
// returns the services that answered queries.
func (a *assessor) assess(ctx context.Context, f *survey.Finding) []answering {
	var queried []answering
	f.Services = identify.Merge(f.Services, a.products)
	for i := range f.Services {
		if result := a.service(ctx, f, i); result.QueryAnswered() {
			queried = append(queried, answering{service: i, result: result})
		}
	}
	f.Services = identify.Merge(f.Services, a.products)
	a.products.FitRemedies(f, "") // for the products that the behaviour of the services has shown since
	f.Checks = append(f.Checks, assess.Run(ctx, a.whole(f)).Checks...)
	return queried
}

// service runs the checks on one service.
func (a *assessor) service(ctx context.Context, f *survey.Finding, i int) assess.Assessment {
	s := &f.Services[i]
	if s.Protocol == survey.ProtocolUnknown && (s.TLS == nil || s.TLS.Offer == nil) {
		return assess.Assessment{}
	}
	session := a.session(f, s)
	if s.Protocol == survey.ProtocolHTTP {
		session.Web = a.web()
	}
	start := time.Now()
	result := assess.Run(ctx, session)
	a.ended(ctx, "assess", s.Port, checksOutcome(result.Checks), start)
	f.Checks = append(f.Checks, result.Checks...)
	addClasses(f, result.Classes)
	identify.Refine(s, a.products, result.Behaviours...)
	return result
}

// session is what the checks of a service are given; s is nil for those of the
// whole host.
func (a *assessor) session(f *survey.Finding, s *survey.Service) *assess.Session {
	var open ul.Opener
	if s != nil {
		open = a.open(s.Port, s.TLS != nil, a.timeouts.Query)
	}
	allow := a.scope.Allow
	return &assess.Session{
		Service: s, Host: f.Services, Address: a.gate.Addr(), Open: open,
		CallingAETitle: a.scope.Identity.CallingAETitle, Patience: a.timeouts.Query,
		Allow:    assess.Allow{Sample: allow.Sample, DefaultAETitles: allow.DefaultAETitles, DICOMweb: allow.DICOMweb},
		Products: a.products,
	}
}

// whole is what the checks of the host as a whole are given. Where a single
// port was asked for, they try no other.
func (a *assessor) whole(f *survey.Finding) *assess.Session {
	s := a.session(f, nil)
	s.HL7 = a.scope.Ports.HL7
	if !a.onePort {
		s.Accepts = a.accepts
	}
	return s
}

// unreadAhead is what a body that is not read may bring along with its
// headers, in bytes: the least that the library can be told.
const unreadAhead = 16

// web is how the checks of an HTTP service ask it.
func (a *assessor) web() assess.Web {
	w := assess.Web{Client: a.client(gate.HTTPOptions{Timeout: a.timeouts.Answer, ReadAhead: unreadAhead}), Host: a.host(), Left: &a.webLeft}
	if a.url != nil {
		w.Root = a.url.Path
	}
	return w
}

// addClasses adds what one service returned of identifying attributes: a class
// is present where any service returned it.
func addClasses(f *survey.Finding, classes []survey.IdentifyingClass) {
	have := &f.IdentifyingClasses
	for _, c := range classes {
		i := slices.IndexFunc(*have, func(o survey.IdentifyingClass) bool { return o.Class == c.Class })
		if i < 0 {
			*have = append(*have, c)
			continue
		}
		(*have)[i].Present = (*have)[i].Present || c.Present
		(*have)[i].Sampled += c.Sampled
	}
}
