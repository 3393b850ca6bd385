package assess

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"time"

	"leadglass/dicom"
	"leadglass/dicom/dimse"
	"leadglass/dicom/ul"
	"leadglass/internal/peer"
	"leadglass/internal/products"
	"leadglass/internal/survey"
)

// Limits on what the checks of one service may do.
const (
	// wholeCheck bounds the associations of identification and assessment, so
	// that with two of the census a whole check stays within twelve. Where
	// identification tried many titles, leastAssociations remain: an archive
	// that ends an association at each refused request takes four.
	wholeCheck        int64 = 10
	leastAssociations int64 = 4
	// defaultPatience is how long to wait for an answer. It is far above a
	// round trip, because some archives make up their whole list first.
	defaultPatience = 20 * time.Second
	// maxSilences is after how many requests without an answer nothing more
	// is asked.
	maxSilences = 2
	// cancelPatience is how long to wait for the end of a list after a
	// C-CANCEL, cancelResponses how many responses to receive in that time: a
	// fast archive has tens of thousands under way, in the buffers of both
	// systems, before it can see the C-CANCEL.
	cancelPatience  = 3 * time.Second
	cancelResponses = 200_000
	// sampleStudies is how many studies to look at to find a small one.
	sampleStudies = 5
	// congestionPause is how long to wait after a transient rejection, or
	// where a further association finds the port closed; it
	// doubles, up to congestionTries attempts. A server that takes one
	// association at a time notices late that the last has ended.
	congestionPause = 300 * time.Millisecond
	congestionTries = 4
)

// Allow is what the authority permits beyond queries without identifying keys.
type Allow struct {
	// Sample permits to ask for an existing study by a retrieval that cannot
	// bring it, and for the identifying attributes of a few studies.
	Sample bool
	// DefaultAETitles says that the product defaults were tried where a
	// made-up called title was refused.
	DefaultAETitles bool
	// DICOMweb permits to ask HTTP services for DICOMweb and for the
	// product's routes.
	DICOMweb bool
}

// Session is the work on one service: what is known of it, how to reach it,
// and what the checks have seen so far. It is used by one goroutine.
type Session struct {
	// Service is the service to check; nil to check the host as a whole.
	Service *survey.Service
	// Host are all services of the host, Address is its address; only the
	// checks of the host as a whole need them.
	Host    []survey.Service
	Address netip.Addr
	// Open opens associations with the service; only DICOM services need it.
	Open ul.Opener
	// Web is how to ask the service; only HTTP services need it.
	Web Web
	// HL7 are the ports to try for LG-N02; Accepts connects to one, closes the
	// connection and says whether the port accepted it. The error says why that
	// could not be told. Only the checks of the host as a whole need them.
	HL7     []uint16
	Accepts func(ctx context.Context, port uint16) (bool, error)
	// CallingAETitle is the title that Open announces. The C-MOVE probe names
	// it as destination.
	CallingAETitle string
	Allow          Allow
	// Products is what is known of products; nil where nothing is.
	Products *products.Table
	// Now is the time of the survey; the present when zero.
	Now time.Time
	// Patience is how long to wait for an answer; 20 s when zero.
	Patience time.Duration

	line       *line
	silences   int
	queries    []string
	behaviours []string
	traffic    survey.Traffic
	web        *webFacts
	// listedDates is the range of study dates in which LG-D04 found studies,
	// "" for all.
	listedDates string
	identities  *identities
	// dataSets: a query was answered with whole data sets, so that no further
	// one is sent.
	dataSets bool
}

// reasonDataSets is why studies are not asked for.
const reasonDataSets = "a query is answered with whole data sets, so that no further one was sent"

// sent notes queries that were sent, of which the longest took took.
func (s *Session) sent(queries, responses int64, took time.Duration, err error) {
	s.traffic.Queries += queries
	s.traffic.Responses += responses
	s.traffic.LongestQueryMS = max(s.traffic.LongestQueryMS, took.Milliseconds())
	if errors.Is(err, dimse.ErrNotIdentifier) {
		s.dataSets = true
		s.note("", survey.BehaviourWholeFile)
	}
}

// line is the association that several checks use in turn.
type line struct {
	association *ul.Association
	client      *dimse.Client
	// used is true after the first request.
	used bool
}

// subject is the kind of the service, "" when no check fits it.
func (s *Session) subject() Subject {
	switch {
	case s.Service == nil:
		return OnHost
	case s.Service.Protocol == survey.ProtocolHTTP:
		return OnHTTP
	case s.Service.Protocol == survey.ProtocolDICOM || s.Service.TLS != nil:
		return OnDICOM
	}
	return ""
}

func (s *Session) now() time.Time {
	if s.Now.IsZero() {
		return time.Now()
	}
	return s.Now
}

// note remembers a behaviour: a fact of survey and the answer to it.
func (s *Session) note(fact, answer string) {
	if answer != "" && !slices.Contains(s.behaviours, fact+answer) {
		s.behaviours = append(s.behaviours, fact+answer)
	}
}

// accepts reports whether the service accepted a presentation context.
func (s *Session) accepts(abstractSyntax string) bool {
	return slices.Contains(s.Service.SOPClasses, abstractSyntax)
}

// contact is how a request ended.
type contact uint8

const (
	// answered: the request ran to its final response.
	answered contact = iota
	// ended: the peer ended the association instead of answering.
	ended
	// failed: it could not be told, for the reason given.
	failed
)

// exchange is how one request went. What names how the peer ended the
// association, or says why nothing is known, as part of a sentence.
type exchange struct {
	contact contact
	end     peer.End
	what    string
}

// do runs request on an association that has a context for the SOP class: the
// one in use if it is still good, otherwise a new one. An association that the
// peer ends may have ended because of what came before, therefore a request
// that meets this on a used one is made once more on a fresh one.
func (s *Session) do(ctx context.Context, sopClass string, request func(context.Context, *dimse.Client) error) exchange {
	for {
		if s.silences >= maxSilences {
			return exchange{contact: failed, what: "it was not requested, because earlier requests were not answered in time"}
		}
		l, why := s.dial(ctx, sopClass)
		if l == nil {
			return exchange{contact: failed, what: why}
		}
		used := l.used
		l.used = true
		err := s.try(ctx, l, request)
		if err == nil {
			return exchange{contact: answered}
		}
		s.drop()
		end := s.endOf(ctx, err)
		if end.ByPeer() && used && ctx.Err() == nil {
			continue
		}
		if end.ByPeer() {
			return exchange{ended, end, end.Name()}
		}
		return exchange{failed, end, end.String()}
	}
}

// try runs request with a limit on its time.
func (s *Session) try(ctx context.Context, l *line, request func(context.Context, *dimse.Client) error) error {
	patience := s.Patience
	if patience == 0 {
		patience = defaultPatience
	}
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	return request(ctx, l.client)
}

// endOf says how a request without result ended, and counts it where the peer
// was silent.
func (s *Session) endOf(ctx context.Context, err error) peer.End {
	end := peer.During(ctx, err)
	if end.TimedOut() {
		s.silences++
	}
	return end
}

// dial returns an association with a context for the SOP class, or the reason
// why there is none.
func (s *Session) dial(ctx context.Context, sopClass string) (*line, string) {
	if s.line != nil {
		if _, _, ok := s.line.association.Context(sopClass); ok {
			return s.line, ""
		}
		s.hangUp(ctx)
	}
	var a *ul.Association
	var err error
	wait := congestionPause
	for attempt := range congestionTries {
		if limit := max(leastAssociations, wholeCheck-int64(s.Service.Attempts)); s.traffic.Associations >= limit {
			return nil, fmt.Sprintf("the limit of %d associations is reached", limit)
		}
		a, err = s.Open(ctx, s.Service.CalledAETitle.Accepted, s.contexts(sopClass))
		if !ul.PortClosed(err) { // no association was asked for
			s.traffic.Associations++
		}
		if attempt == congestionTries-1 || !ul.Between(err) || !pause(ctx, wait) {
			break
		}
		wait *= 2
	}
	if err != nil {
		return nil, "no further association: " + s.endOf(ctx, err).String()
	}
	s.line = &line{association: a, client: dimse.NewClient(a)}
	s.line.client.Drain = dimse.DrainLimits{Time: cancelPatience, Responses: cancelResponses}
	return s.line, ""
}

// contexts are the contexts to propose for a request: those of all queries and
// retrievals that the service accepted before, so that one association serves
// several checks, or the SOP class alone where it is not one of them. A
// storage context is never among them.
func (s *Session) contexts(sopClass string) []ul.PresentationContext {
	var propose []string
	for _, c := range []string{dicom.StudyRootFind, dicom.PatientRootFind, dicom.StudyRootGet, dicom.StudyRootMove,
		dicom.PatientRootGet, dicom.PatientRootMove} {
		if s.accepts(c) {
			propose = append(propose, c)
		}
	}
	if !slices.Contains(propose, sopClass) {
		propose = []string{sopClass}
	}
	return ul.Propose(propose...)
}

// pause waits and reports whether the time has passed.
func pause(ctx context.Context, d time.Duration) bool {
	select {
	case <-ctx.Done():
		return false
	case <-time.After(d):
		return true
	}
}

// hangUp releases the association in use.
func (s *Session) hangUp(ctx context.Context) {
	if s.line == nil {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, cancelPatience)
	defer cancel()
	s.line.client.Wipe()
	_ = s.line.association.Release(ctx) // closed in every case
	s.line = nil
}

// drop ends an association that is of no more use.
func (s *Session) drop() {
	if s.line != nil {
		s.line.client.Wipe()
		_ = s.line.association.Abort()
		s.line = nil
	}
}

// remedies are the records that remedies are taken from: those of the program
// where the session has none.
func (s *Session) remedies() *products.Table {
	if s.Products != nil {
		return s.Products
	}
	table, err := products.Builtin()
	if err != nil {
		return nil // a test reads them; without them a finding has no remedy
	}
	return table
}
