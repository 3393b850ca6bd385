package examine

import (
	"context"
	"fmt"
	"net/url"
	"slices"
	"time"

	"leadglass/dicom"
	"leadglass/dicom/ul"
	"leadglass/internal/assess"
	"leadglass/internal/discover"
	"leadglass/internal/gate"
	"leadglass/internal/identify"
	"leadglass/internal/scope"
	"leadglass/internal/survey"
)

// Result is what examining one candidate gave.
type Result struct {
	Finding survey.Finding
	// Sketch is the sketch of the studies counted, nil where none were.
	Sketch []byte
}

// Host is the work on one candidate: its ports are identified one by one, as they
// are found open, and then it is finished.
type Host struct {
	*Engine
	candidate survey.Candidate
	started   time.Time
	number    int64 // tells hosts apart in the log
	gate      *gate.Host
	names     []string // host names that stand for the host in URLs
	shown     []string // host names in the certificates that the host showed
	url       *url.URL // the DICOMweb root that the user named; nil where a host was
	onePort   bool     // a single port was asked for
	webLeft   int      // requests that the checks of HTTP services may still send
	buffer    []byte
	finding   survey.Finding
	noted     map[uint16]*dicom.Deviation // how each port deviates from the standard
	openers   []opener                    // how to reach each of the finding's services
	sketch    []byte
	// queried are the services that answered queries, with how to reach them.
	queried []answering
	// echoBefore and echoDuring are the archive's response times around a count.
	echoBefore, echoDuring time.Duration
}

func milliseconds(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }

// answering is a service that answers queries.
type answering struct {
	service int // index in the finding's services
	open    opener
	result  assess.Assessment
}

// Begin begins the work on a candidate: it makes the finding of a candidate, of which nothing is known yet.
func (e *Engine) Begin(c survey.Candidate) *Host {
	h := &Host{Engine: e, candidate: c, started: time.Now(), gate: e.Gate.Host(c.Address), webLeft: assess.MaxHostWebRequests,
		onePort: c.Port != 0}
	h.number = e.hosts.Add(1)
	if c.Host != "" {
		h.names = []string{c.Host}
	}
	h.finding = survey.Finding{
		Schema:             survey.FindingSchema,
		Target:             target(c),
		TestedFrom:         survey.TestedFromOf(c.Address),
		Services:           []survey.Service{},
		Counts:             survey.NotCounted("no service answers queries"),
		Checks:             []survey.Check{},
		IdentifyingClasses: []survey.IdentifyingClass{},
		Suspicion:          survey.Suspicion{Reasons: []string{}},
		StartedAt:          h.started.UTC().Truncate(time.Millisecond),
		AuthorisedBy:       e.AuthorisedBy,
	}
	return h
}

// Found is what is known of the host when its ports have been identified, for
// whoever is going to examine it.
func (h *Host) Found() survey.Found {
	f := survey.Found{Candidate: h.candidate, StartedAt: h.finding.StartedAt, Took: time.Since(h.started), Traffic: h.gate.Traffic(),
		Spent: h.gate.Spent(), Incomplete: h.finding.Incomplete, Services: make([]survey.FoundService, len(h.openers))}
	for i, s := range h.finding.Services {
		f.Services[i] = survey.FoundService{Service: s, Secure: h.openers[i].secure}
	}
	return f
}

// Resume goes on with the work on a host that was found.
func (e *Engine) Resume(f survey.Found) *Host {
	h := e.Begin(f.Candidate)
	h.gate.Resume(f.Traffic, f.Spent)
	h.started = time.Now().Add(-f.Took)
	h.finding.StartedAt, h.finding.Incomplete = f.StartedAt, f.Incomplete
	for _, s := range f.Services {
		h.finding.Services = append(h.finding.Services, s.Service)
		h.openers = append(h.openers, opener{port: s.Port, secure: s.Secure})
	}
	return h
}

// IdentifyAgain finds out again what speaks at the ports that were open, and
// returns how they answer now.
func (h *Host) IdentifyAgain(ctx context.Context) discover.Found {
	before := h.openers
	h.finding.Services, h.openers, h.finding.Incomplete = []survey.Service{}, nil, nil
	f := discover.Found{Candidate: h.candidate}
	for _, o := range before {
		if ctx.Err() != nil {
			return f
		}
		h.Identify(ctx, o.port)
		last := len(h.openers) - 1
		switch outcome := h.finding.Services[last].Outcome; outcome {
		case survey.Refused, survey.Silent:
			if outcome == survey.Refused {
				f.Refused++
			} else {
				f.Silent++
			}
			h.finding.Services, h.openers = h.finding.Services[:last], h.openers[:last]
		default:
			f.Open = append(f.Open, o.port)
		}
	}
	return f
}

// borrow takes a receive buffer for a part of the work on the host; giveBack
// overwrites it and returns it for use with another.
func (h *Host) borrow() {
	if b, ok := h.buffers.Get().(*[]byte); ok {
		h.buffer = *b
		return
	}
	h.buffer = make([]byte, ul.DefaultReadBuffer)
}

func (h *Host) giveBack() {
	clear(h.buffer)
	b := h.buffer
	h.buffer = nil
	h.buffers.Put(&b)
}

// Identify finds out what speaks at an open port of the host.
func (h *Host) Identify(ctx context.Context, port uint16) {
	h.borrow()
	defer h.giveBack()
	defer h.gate.Rest() // the host may be left alone for a while
	if h.url == nil && h.candidate.HTTPURL != "" {
		u, err := url.Parse(h.candidate.HTTPURL)
		if err != nil {
			h.incomplete("the target's URL: " + err.Error())
			return
		}
		h.url = u
	}
	start := time.Now()
	s, o := h.probe(ctx, port)
	h.step(ctx, "identify", port, string(s.Protocol)+" "+string(s.Outcome), start)
	if s.Outcome == survey.OverBudget {
		h.incomplete(fmt.Sprintf("port %d: %s", port, s.Detail))
	}
	h.tolerate(&s)
	h.finding.Services = append(h.finding.Services, s)
	h.openers = append(h.openers, o)
}

// Finish assesses what was identified and counts it. It returns an error only
// when ctx ended it: what a host does is a result.
func (h *Host) Finish(ctx context.Context) (Result, error) {
	h.borrow()
	defer h.giveBack()
	h.run(ctx)
	h.suspect(ctx)
	for i := range h.finding.Services {
		h.tolerate(&h.finding.Services[i])
	}
	if ctx.Err() != nil {
		return Result{}, context.Cause(ctx)
	}
	h.finding.Traffic = h.gate.Traffic()
	h.step(ctx, "host", 0, string(h.finding.Verdict), h.started)
	h.finding.Traffic.EchoBeforeMS = milliseconds(h.echoBefore)
	h.finding.Traffic.EchoDuringMS = milliseconds(h.echoDuring)
	h.finding.DurationMS = time.Since(h.started).Milliseconds()
	if h.Attribute != nil {
		if owner, ok := h.Attribute(h.candidate.Address); ok {
			h.finding.Owner = &owner
		}
	}
	return Result{Finding: h.finding, Sketch: h.sketch}, nil
}

// inOrder puts the services in the order in which the scope has their ports,
// whichever was found first.
func (h *Host) inOrder() {
	ports := slices.Concat(h.Scope.Ports.DICOM, h.Scope.Ports.HTTP, h.candidate.Ports)
	place := func(i int) int { return slices.Index(ports, h.finding.Services[i].Port) }
	order := make([]int, len(h.openers))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return place(a) - place(b) })
	services, openers := make([]survey.Service, len(order)), make([]opener, len(order))
	for to, from := range order {
		services[to], openers[to] = h.finding.Services[from], h.openers[from]
	}
	h.finding.Services, h.openers = services, openers
}

func target(c survey.Candidate) survey.Target {
	t := survey.Target{Host: c.Host, Port: c.Port}
	if c.Address.IsValid() {
		t.Address = c.Address.String()
	}
	if t.Host == "" {
		t.Host = t.Address
	}
	return t
}

// run goes through the stages.
func (h *Host) run(ctx context.Context) {
	h.inOrder()
	f := &h.finding
	f.Services = identify.Merge(f.Services, h.Products)
	for i := range f.Services {
		h.assess(ctx, i, h.openers[i])
	}
	f.Services = identify.Merge(f.Services, h.Products)
	h.fitRemedies()
	whole := assess.Run(ctx, h.wholeSession())
	f.Checks = append(f.Checks, whole.Checks...)
	f.Verdict = survey.VerdictOf(f.Services, f.Checks)
	if f.Verdict == survey.Unreachable && slices.ContainsFunc(f.Services, ranOut) {
		f.Verdict = survey.NotDICOM // a port took the connection, and nothing came of it in time
	}
	f.Viewer, _ = survey.ViewerOf(f.Services)
	f.Grade = assess.Grade(f.Services, f.Checks)
	if i := survey.Decides(f.Services, f.Checks); i >= 0 && f.Target.Port == 0 {
		f.Target.Port = f.Services[i].Port
	}
	start := time.Now()
	if f.IsArchive() {
		h.count(ctx)
	} else {
		f.Counts = survey.NotCounted("nothing was recognised as an archive")
	}
	h.step(ctx, "count", 0, "studies "+string(f.Counts.Studies.Quality)+", images "+string(f.Counts.ImagesLinked.Quality), start)
}

// ranOut reports whether the budget of the host ended while s was asked.
func ranOut(s survey.Service) bool { return s.Outcome == survey.OverBudget }

func (h *Host) incomplete(why string) {
	if h.finding.Incomplete == nil {
		h.finding.Incomplete = &why
	}
}

// fitRemedies writes the remedies again for the products that the behaviour of
// the services has shown since.
func (h *Host) fitRemedies() {
	for i := range h.finding.Checks {
		c := &h.finding.Checks[i]
		entry, known := assess.Find(c.ID)
		if c.State != survey.Fail || !known {
			continue
		}
		for j := range h.finding.Services {
			if s := &h.finding.Services[j]; s.Port == c.Port {
				c.Remedy = entry.Remedy(s)
			}
		}
	}
}

// session is what the checks of a service, or of the whole host, are given.
func (h *Host) session(s *survey.Service, open ul.Opener) *assess.Session {
	return &assess.Session{
		Service: s, Host: h.finding.Services, Address: h.gate.Addr(), Open: open,
		CallingAETitle: h.Scope.Identity.CallingAETitle, Patience: h.Timeouts.Query,
		Allow: assess.Allow{Sample: h.Scope.Allow.Sample, DefaultAETitles: h.Scope.Allow.DefaultAETitles,
			DICOMweb: h.Scope.Allow.DICOMweb},
		Products: h.Products,
	}
}

// assess runs the checks on one service.
func (h *Host) assess(ctx context.Context, i int, o opener) {
	s := &h.finding.Services[i]
	if s.Protocol == survey.ProtocolUnknown && (s.TLS == nil || s.TLS.Offer == nil) {
		return
	}
	session := h.session(s, h.open(o, h.Timeouts.Query))
	if s.Protocol == survey.ProtocolHTTP {
		session.Web = h.web()
	}
	start := time.Now()
	result := assess.Run(ctx, session)
	h.step(ctx, "assess", s.Port, checksOutcome(result.Checks), start)
	h.finding.Checks = append(h.finding.Checks, result.Checks...)
	h.addClasses(result.Classes)
	identify.Refine(s, h.Products, result.Behaviours...)
	if result.QueryAnswered() {
		h.queried = append(h.queried, answering{service: i, open: o, result: result})
	}
}

// addClasses adds what one service returned of identifying attributes: a class
// is present where any service returned it.
func (h *Host) addClasses(classes []survey.IdentifyingClass) {
	have := &h.finding.IdentifyingClasses
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

// count counts what the host's archives hold, through the services that answer
// queries. Its web services are asked for nothing but numbers, which the
// queries are compared with, and are searched only where no query was answered.
func (h *Host) count(ctx context.Context) {
	f := &h.finding
	if h.Scope.CountMode == scope.CountOff {
		f.Counts = survey.NotCounted("counting is off, by the scope or by --count")
		return
	}
	if !f.Verdict.Speaks() {
		f.Counts = survey.NotCounted("no service was identified as one of an archive")
		return
	}
	var numbers survey.Counts
	var stated *survey.Service
	if h.Scope.Allow.DICOMweb {
		numbers, stated = h.numbers(ctx)
	}
	var queries hostCounts
	if len(h.queried) > 0 {
		n, _ := numbers.Studies.Int()
		queries = h.countQueries(ctx, n)
		f.Counts = queries.counts
	}
	_, counted := f.Counts.Studies.Int()
	switch {
	case stated != nil && len(h.queried) > 0:
		f.Counts = queries.crossCheck(numbers, stated)
	case stated != nil:
		f.Counts = numbers
	case !counted && h.Scope.Allow.DICOMweb:
		f.Counts = h.search(ctx)
	}
}
