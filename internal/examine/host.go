package examine

import (
	"cmp"
	"context"
	"fmt"
	"net/url"
	"slices"
	"time"

	"leadglass/internal/assess"
	"leadglass/internal/discover"
	"leadglass/internal/survey"
	"leadglass/internal/suspect"
)

// Host is the work on one candidate: its ports are identified one by one, as they
// are found open, and then it is finished. Each stage has a type of its own:
// prober, assessor, counter.
type Host struct {
	engine    *Engine
	candidate survey.Candidate
	started   time.Time
	reach     reach
	steps     steps
	finding   survey.Finding
}

// Begin begins the work on a candidate.
func (e *Engine) Begin(c survey.Candidate) *Host {
	h := &Host{engine: e, candidate: c, started: time.Now(),
		reach: reach{gate: e.Gate.Host(c.Address), scope: e.Scope, timeouts: e.Timeouts, buffers: &e.buffers}}
	h.reach.call(c.Host)
	h.finding = e.begun(c, h.started)
	h.steps = steps{log: e.Log, number: e.hosts.Add(1), target: h.finding.Target.Address}
	return h
}

// Found is what is known of the host when its ports have been identified, for
// whoever is going to examine it.
func (h *Host) Found() survey.Found {
	return survey.Found{Candidate: h.candidate, StartedAt: h.finding.StartedAt, Took: time.Since(h.started), Traffic: h.reach.gate.Traffic(),
		Spent: h.reach.gate.Spent(), Incomplete: h.finding.Incomplete, Services: slices.Clone(h.finding.Services)}
}

// Resume goes on with the work on a host that was found.
func (e *Engine) Resume(f survey.Found) *Host {
	h := e.Begin(f.Candidate)
	h.reach.gate.Resume(f.Traffic, f.Spent)
	h.started = time.Now().Add(-f.Took)
	h.finding.StartedAt, h.finding.Incomplete = f.StartedAt, f.Incomplete
	h.finding.Services = append(h.finding.Services, f.Services...)
	for _, s := range f.Services {
		if s.TLS != nil && h.reach.name == "" { // found by its certificate
			h.reach.call(nameOf(s.TLS.NameAsked))
		}
	}
	return h
}

// IdentifyAgain finds out again what speaks at the ports that were open, and
// returns how they answer now.
func (h *Host) IdentifyAgain(ctx context.Context) discover.Found {
	before := h.finding.Services
	h.finding.Services, h.finding.Incomplete = []survey.Service{}, nil
	f := discover.Found{Candidate: h.candidate}
	for _, s := range before {
		if ctx.Err() != nil {
			return f
		}
		h.Identify(ctx, s.Port)
		last := len(h.finding.Services) - 1
		switch h.finding.Services[last].Outcome {
		case survey.Refused:
			f.Refused++
		case survey.Silent:
			f.Silent++
		default:
			f.Open = append(f.Open, s.Port)
			continue
		}
		h.finding.Services = h.finding.Services[:last]
	}
	return f
}

// Identify finds out what speaks at an open port of the host.
func (h *Host) Identify(ctx context.Context, port uint16) {
	h.reach.borrow()
	defer h.reach.giveBack()
	defer h.reach.gate.Rest() // the host may be left alone for a while
	if h.reach.url == nil && h.candidate.HTTPURL != "" {
		u, err := url.Parse(h.candidate.HTTPURL)
		if err != nil {
			incomplete(&h.finding, "the target's URL: "+err.Error())
			return
		}
		h.reach.url = u
	}
	start := time.Now()
	p := prober{reach: &h.reach, products: h.engine.Products, titles: h.engine.KnownAETitles,
		named: append(slices.Clone(h.candidate.Ports), h.candidate.Port)}
	s := p.probe(ctx, port)
	h.steps.ended(ctx, "identify", port, string(s.Protocol)+" "+string(s.Outcome), start)
	if s.Outcome == survey.OverBudget {
		incomplete(&h.finding, fmt.Sprintf("port %d: %s", port, s.Detail))
	}
	h.reach.tolerate(&s)
	h.finding.Services = append(h.finding.Services, s)
}

// Finish assesses what was identified and counts it. It returns an error only
// when ctx ended it: what a host does is a result.
func (h *Host) Finish(ctx context.Context) (Result, error) {
	h.reach.borrow()
	defer h.reach.giveBack()
	h.inOrder()
	f, e := &h.finding, h.engine
	a := assessor{reach: &h.reach, steps: h.steps, products: e.Products, webLeft: assess.MaxHostWebRequests, onePort: h.candidate.Port != 0}
	queried := a.assess(ctx, f)
	judge(f)
	start := time.Now()
	c := counter{reach: &h.reach, products: e.Products, key: e.SketchKey, memory: e.Memory}
	c.count(ctx, f, queried)
	judge(f) // the count may have shown what a check could not
	h.steps.ended(ctx, "count", 0, "studies "+string(f.Counts.Studies.Quality)+", images "+string(f.Counts.ImagesLinked.Quality), start)
	f.Suspicion = suspect.Weigh(suspect.Host(f, suspect.Facts{Products: e.Products, Demos: e.Demos,
		Species: suspect.Species(a.species(ctx, f, queried))}))
	for i := range f.Services {
		h.reach.tolerate(&f.Services[i])
	}
	if ctx.Err() != nil {
		return Result{}, context.Cause(ctx)
	}
	f.Traffic = h.reach.gate.Traffic()
	h.steps.ended(ctx, "host", 0, string(f.Verdict), h.started)
	f.Traffic.EchoBeforeMS, f.Traffic.EchoDuringMS = milliseconds(c.echoBefore), milliseconds(c.echoDuring)
	f.DurationMS = time.Since(h.started).Milliseconds()
	e.own(f, h.candidate)
	return Result{Finding: *f, Sketch: c.sketch}, nil
}

func milliseconds(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }

// inOrder puts the services in the order in which the scope has their ports,
// whichever was found first.
func (h *Host) inOrder() {
	ports := slices.Concat(h.engine.Scope.Ports.DICOM, h.engine.Scope.Ports.HTTP, h.candidate.Ports)
	slices.SortStableFunc(h.finding.Services, func(a, b survey.Service) int {
		return cmp.Compare(slices.Index(ports, a.Port), slices.Index(ports, b.Port))
	})
}

// judge draws the verdict and the grade of a finding from its services and
// checks.
func judge(f *survey.Finding) {
	f.Verdict = survey.VerdictOf(f.Services, f.Checks)
	if f.Verdict == survey.Unreachable && slices.ContainsFunc(f.Services, ranOut) {
		f.Verdict = survey.NotDICOM // a port took the connection, and nothing came of it in time
	}
	f.Viewer, _ = survey.ViewerOf(f.Services)
	f.Grade = assess.Grade(f.Services, f.Checks)
	if i := survey.Decides(f.Services, f.Checks); i >= 0 && f.Target.Port == 0 {
		f.Target.Port = f.Services[i].Port
	}
}

// ranOut reports whether the budget of the host ended while s was asked.
func ranOut(s survey.Service) bool { return s.Outcome == survey.OverBudget }
