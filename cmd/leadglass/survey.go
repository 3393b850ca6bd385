package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"net/netip"
	"os"
	"runtime/debug"
	"time"

	"leadglass/internal/pipeline"
	"leadglass/internal/scope"
	"leadglass/internal/store"
	"leadglass/internal/survey"
)

type surveyCommand struct {
	ScopeFile  string   `name:"scope" required:"" help:"The scope file: what may be probed, on whose authority." placeholder:"FILE"`
	Name       string   `help:"The survey's name; default: the scope's." placeholder:"NAME"`
	Candidates []string `help:"Files of other scanners that name the hosts to examine, instead of a sweep: nmap XML, masscan, zmap, naabu, zgrab2, Shodan, Censys, plain lists; also .gz and .zst." placeholder:"FILE" sep:"none"`
	Sweep      bool     `help:"With --candidates: sweep the scope too."`
	Strict     bool     `help:"With --candidates: refuse a file with a line that cannot be read."`
	sweepFlags
	Resume       bool     `help:"Continue the last survey of this scope that was interrupted."`
	Concurrency  int      `help:"How many hosts are examined side by side." default:"32"`
	CalledTitles []string `name:"called-ae-title" help:"A called AE title of your own archives, tried on every host before the defaults, like those of the scope file." placeholder:"TITLE"`
	ProductsFile string   `name:"products" help:"More fingerprints of products, beside the built-in ones." placeholder:"FILE"`
	GeoIP        []string `name:"geoip" sep:"none" help:"An MMDB file with countries or AS numbers (GeoLite2, DB-IP, IPinfo…), asked after the overlay; may be repeated, the most trusted first." placeholder:"FILE"`
	Metrics      string   `help:"Show figures to Prometheus at http://ADDR/metrics, and health at /healthz; ADDR is PORT, on loopback, or HOST:PORT." placeholder:"ADDR"`
	JSON         bool     `help:"JSON Lines on stdout: every finding, then a summary."`
}

// Help adds examples to --help.
func (surveyCommand) Help() string {
	return `The scope file says who ordered the survey and which addresses may be touched;
` + "`leadglass scope check FILE`" + ` shows what a survey would send.

Examples:
  leadglass survey --scope mandate.yaml --name 2026-Q1
  leadglass survey --scope mandate.yaml --resume
  leadglass survey --scope mandate.yaml --syn --shard 2/3
  leadglass survey --scope mandate.yaml --candidates shodan.json.gz --candidates hosts.txt
  leadglass survey --scope mandate.yaml --json | jq -c 'select(.verdict == "open")'`
}

// Run surveys the scope into the store.
func (c *surveyCommand) Run(ctx context.Context, a *app) error {
	if len(c.Candidates) == 0 && (c.Sweep || c.Strict) {
		return usage(errors.New("--sweep and --strict go with --candidates"))
	}
	if c.Concurrency < 1 {
		return usage(fmt.Errorf("--concurrency: %d hosts cannot be examined; give 1 or more", c.Concurrency))
	}
	s, err := scope.Load(c.ScopeFile)
	if err != nil {
		return usage(err)
	}
	if err := addCalledTitles(s, c.CalledTitles); err != nil {
		return usage(err)
	}
	_, _, err = runSurvey(ctx, a, s, surveyOptions{name: c.Name, resume: c.Resume, how: c.sweepFlags, workers: c.Concurrency,
		candidates: c.Candidates, sweep: c.Sweep || len(c.Candidates) == 0, strict: c.Strict,
		products: c.ProductsFile, geoip: c.GeoIP, json: c.JSON, metrics: c.Metrics})
	return err
}

// surveyOptions is what a survey needs besides its scope.
type surveyOptions struct {
	how       sweepFlags
	geoip     []string
	name      string
	resume    bool
	simulated bool
	workers   int
	products  string
	json      bool
	metrics   string // where figures are shown; "" for nowhere
	// candidates are files that name hosts; sweep: the scope is swept.
	candidates    []string
	sweep, strict bool
}

// boundHeap collects garbage at half the growth Go allows by default: a survey
// allocates little while it counts, so it costs no time that can be measured
// and a quarter of the memory. A GOGC in the environment is left as it is.
func boundHeap() {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(50)
	}
}

// runSurvey surveys a scope into the store and prints the summary. The survey
// is returned as it was stored, with how far it got.
func runSurvey(ctx context.Context, a *app, s *scope.Scope, o surveyOptions) (survey.Survey, *pipeline.Run, error) {
	if err := s.Enumerable(); o.sweep && err != nil {
		return survey.Survey{}, nil, usage(err)
	}
	boundHeap()
	eng, err := newEngine(a, s, engineOptions{products: o.products, geoip: o.geoip})
	if err != nil {
		return survey.Survey{}, nil, err
	}
	if err := o.how.check(eng.Gate); err != nil {
		return survey.Survey{}, nil, err
	}
	targets, err := surveyTargets(ctx, a, eng, o)
	if err != nil {
		return survey.Survey{}, nil, err
	}
	db, err := store.Open(ctx, a.Store)
	if err != nil {
		return survey.Survey{}, nil, err
	}
	defer db.Close()
	server, err := listenMetrics(o.metrics) // before there is a survey
	if err != nil {
		return survey.Survey{}, nil, err
	}
	defer server.Close()
	v, done, err := openSurvey(ctx, db, s, targets, o)
	if err == nil { // kept at once: a survey that is killed has its sources too
		v.Sources = survey.AddSources(v.Sources, eng.Sources...)
		v.State = survey.StateRunning
		err = db.UpdateSurvey(ctx, v)
	}
	if err != nil {
		return v, nil, err
	}
	a.note("survey %s of %s (%s), %s, by the authority of %s", v.ID, v.Name, plural(v.Addresses, "address"),
		plural(len(s.Ports.DICOM)+len(s.Ports.HTTP), "port"), s.Authority.Organisation)
	run := &pipeline.Run{Engine: eng, SurveyID: v.ID, Saver: a.saver(db, o.json), Sweep: v.Sweep, Passes: o.how.Passes, Examiners: max(1, o.workers),
		Done: func(c survey.Candidate) bool { _, ok := done[store.KeyOf(c)]; return ok }}
	if o.resume {
		err = recordsBefore(ctx, db, v.ID, &run.Progress)
	}
	if err != nil {
		return v, run, err
	}
	begun := time.Now()
	work, attendant, err := a.attend(ctx, db, v, run, server)
	if err != nil {
		return v, run, err
	}
	stop := a.showProgress(&run.Progress, v.Addresses*int64(len(s.Ports.DICOM)+len(s.Ports.HTTP))-v.Probed)
	err = attendant.end(run.Execute(work, o.how.ours(targets.hosts)))
	stop()

	if err == nil {
		err = a.recordUnresolved(ctx, run, targets.unresolved)
	}
	if err == nil {
		_, err = pipeline.Compare(ctx, db, v.ID)
	}
	v.Probed += run.Progress.Probed.Load()
	v.State, v.FinishedAt = survey.StateFinished, time.Now().UTC()
	if err != nil {
		v.State, v.FinishedAt = survey.StateInterrupted, time.Time{}
	}
	saving := db.UpdateSurvey(context.WithoutCancel(ctx), v)
	if err := a.ended(v.ID, run.Progress.Examined.Load(), err, saving); err != nil {
		return v, run, err
	}
	err = a.summary(run, v, time.Since(begun), targets.files, o)
	if err == nil && len(targets.unresolved) > 0 {
		err = errIncomplete
	}
	return v, run, err
}

// openSurvey makes a new survey or finds the one to continue, with the targets
// it has done.
func openSurvey(ctx context.Context, db *store.Store, s *scope.Scope, targets surveyTargetList, o surveyOptions) (survey.Survey, map[store.Key]struct{}, error) {
	name := o.name
	if name == "" {
		name = s.Name
	}
	coverage, err := coverageOf(s, o.products)
	if err != nil {
		return survey.Survey{}, nil, usage(err)
	}
	if !o.sweep {
		coverage.Ranges = targets.named
	}
	if !o.resume {
		var sweep *survey.Sweep
		if o.sweep {
			begun, err := o.how.begin()
			if err != nil {
				return survey.Survey{}, nil, err
			}
			sweep = &begun
		}
		v, err := db.CreateSurvey(ctx, survey.Survey{Name: name, Sweep: sweep, Scope: s.Text, Simulated: o.simulated || s.Simulated, Version: version,
			Authority: survey.Authority{Organisation: s.Authority.Organisation, Contact: s.Authority.Contact, Reference: s.Authority.Reference},
			StartedAt: time.Now(), Addresses: targets.size, Coverage: coverage})
		return v, nil, err
	}
	all, err := db.Surveys(ctx)
	if err != nil {
		return survey.Survey{}, nil, err
	}
	cancelled := ""
	for _, v := range all {
		if v.State == survey.StateFinished || v.Scope != s.Text || o.name != "" && v.Name != o.name || !o.how.fits(v.Sweep) {
			continue
		}
		if r, err := db.Run(ctx, v.ID); err != nil {
			return survey.Survey{}, nil, err
		} else if !r.CancelledAt.IsZero() {
			cancelled = "; " + v.ID + " was cancelled, which is final"
			continue
		}
		if err := awaitSilence(ctx, db, v); err != nil {
			return survey.Survey{}, nil, err
		}
		switch {
		case !o.sweep:
			v.Sweep = nil
		case v.Sweep == nil: // begun without a sweep, or by a version that kept no position
			sweep, err := o.how.begin()
			if err != nil {
				return v, nil, err
			}
			v.Sweep = &sweep
		case o.how.SYN:
			v.Sweep.Method = survey.SweepSYN
		default:
			v.Sweep.Method = survey.SweepConnect
		}
		if v.Coverage != nil { // else what was done before is not known
			continued := v.Coverage.Continued(*coverage)
			v.Coverage = &continued
		}
		done, err := db.DoneTargets(ctx, v.ID)
		return v, done, err
	}
	return survey.Survey{}, nil, usage(fmt.Errorf("no unfinished survey of this very scope in the store%s; leave --resume out to begin one", cancelled))
}

// surveyTargetList is what a survey looks at.
type surveyTargetList struct {
	hosts iter.Seq[survey.Candidate]
	// size is how many addresses there are to look at, as far as is known
	// before names are resolved.
	size int64
	// files are what the files held that name hosts; named are those hosts
	// where nothing else is looked at.
	files []candidateFile
	named []survey.AddressRange
	// unresolved are the scope's names that led to no address, once hosts was
	// gone through.
	unresolved map[string]error
}

// surveyTargets are the hosts to survey: those of the scope, of files, or both.
func surveyTargets(ctx context.Context, a *app, eng *pipeline.Engine, o surveyOptions) (surveyTargetList, error) {
	t := surveyTargetList{unresolved: map[string]error{}, size: int64(eng.Scope.Size()) + int64(len(eng.Scope.Names))}
	t.hosts = candidates(ctx, eng, t.unresolved)
	if len(o.candidates) == 0 {
		return t, nil
	}
	list, files, err := readCandidates(ctx, a, eng, o.candidates, o.strict)
	t.files = files
	switch {
	case err != nil:
		return t, err
	case o.sweep:
		t.hosts = list.beside(t.hosts)
		return t, nil
	case len(list.ports) == 0:
		return t, usage(errors.New("the files of --candidates name no host that the scope permits"))
	}
	t.hosts, t.size, t.named = list.all(), int64(len(list.ports)), list.ranges()
	return t, nil
}

// candidates are what the scope names by itself: single addresses, and what
// its host names resolve to. Names that do not are put into unresolved.
func candidates(ctx context.Context, eng *pipeline.Engine, unresolved map[string]error) iter.Seq[survey.Candidate] {
	return func(yield func(survey.Candidate) bool) {
		named := map[netip.Addr]bool{}
		for _, name := range eng.Scope.Names {
			addrs, err := eng.Gate.Resolve(ctx, name)
			if err != nil && ctx.Err() == nil {
				unresolved[name] = err
			}
			for _, addr := range addrs {
				if !named[addr] && !yield(survey.Candidate{Address: addr, Host: name}) {
					return
				}
				named[addr] = true
			}
		}
		for addr := range eng.Scope.Singles() {
			if !named[addr] && !yield(survey.Candidate{Address: addr}) {
				return
			}
		}
	}
}

// printingSaver saves records and prints each as a line of JSON.
type printingSaver struct {
	pipeline.Saver
	out *json.Encoder
}

func (p printingSaver) AppendRecords(ctx context.Context, records []survey.Record) error {
	for _, r := range records {
		if err := p.out.Encode(r.Finding); err != nil {
			return fmt.Errorf("printing a finding: %w", err)
		}
	}
	return p.Saver.AppendRecords(ctx, records)
}

func (a *app) saver(db *store.Store, asJSON bool) pipeline.Saver {
	if asJSON {
		return printingSaver{db, json.NewEncoder(a.out)}
	}
	return db
}

// showProgress keeps a status line until the function it returns is called.
func (a *app) showProgress(p *pipeline.Progress, probes int64) (stop func()) {
	start := time.Now()
	done := make(chan struct{})
	finished := make(chan struct{})
	go func() {
		defer close(finished)
		tick := time.NewTicker(a.statusEvery())
		defer tick.Stop()
		for {
			select {
			case <-tick.C:
				a.status(progressLine(p, probes, time.Since(start)) + waitingFor(p))
			case <-done:
				return
			}
		}
	}()
	return func() {
		close(done)
		<-finished
		a.endStatus()
	}
}

func progressLine(p *pipeline.Progress, probes int64, took time.Duration) string {
	return fmt.Sprintf("%s  %s of %s probes, examined %s, archives %s, open %s, %s, %s",
		took.Round(time.Second), grouped(p.Probed.Load()), grouped(probes), grouped(p.Examined.Load()),
		grouped(p.Speaking.Load()), grouped(p.Open.Load()), plural(p.Studies.Load(), "study"), plural(p.Images.Load(), "image"))
}

// surveySummary is the last line of `survey --json`. Its figures are those of
// the whole survey; the time and the traffic those of this run, which with
// --resume is a part of it.
type surveySummary struct {
	Schema   string         `json:"schema"`
	Survey   survey.Survey  `json:"survey"`
	Hosts    int64          `json:"hosts"`
	Archives int64          `json:"archives"`
	Open     int64          `json:"archives_open"`
	Studies  int64          `json:"studies_counted"`
	Images   int64          `json:"images_counted"`
	Resumed  bool           `json:"resumed,omitempty"`
	Seconds  float64        `json:"seconds"`
	Traffic  survey.Traffic `json:"traffic"`
	// Candidates are the files of other scanners that named hosts.
	Candidates []candidateFile `json:"candidates,omitempty"`
}

func (a *app) summary(run *pipeline.Run, v survey.Survey, took time.Duration, files []candidateFile, o surveyOptions) error {
	p := &run.Progress
	s := surveySummary{Schema: "leadglass.survey/1", Survey: v, Hosts: p.Examined.Load(), Archives: p.Speaking.Load(),
		Open: p.Open.Load(), Studies: p.Studies.Load(), Images: p.Images.Load(),
		Resumed: o.resume, Seconds: took.Seconds(), Traffic: run.Gate.Total().Traffic, Candidates: files}
	if o.json {
		return json.NewEncoder(a.out).Encode(s)
	}
	part := ""
	if o.resume {
		part = ", its last part"
	}
	_, err := fmt.Fprintf(a.out, "survey %s finished%s in %.1f s\n  hosts recorded  %s\n  archives        %s\n  freely open     %s\n  studies         %s\n  images          %s\n  sent %s bytes in %s\n",
		v.ID, part, s.Seconds, grouped(s.Hosts), grouped(s.Archives), grouped(s.Open), grouped(s.Studies), grouped(s.Images),
		grouped(s.Traffic.BytesSent), plural(s.Traffic.Connections, "connection"))
	if err == nil && v.Sweep != nil && v.Sweep.Hosts+v.Sweep.Canaries > 0 {
		_, err = fmt.Fprintln(a.out, sweepLine(v.Sweep))
	}
	if err == nil && !o.simulated {
		a.note("`leadglass report` makes the report")
	}
	return err
}
