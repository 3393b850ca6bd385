package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"runtime/debug"
	"time"

	"leadglass/internal/campaign"
	"leadglass/internal/scope"
	"leadglass/internal/survey"
	"leadglass/internal/warrant"
)

type surveyCommand struct {
	ScopeFile  string   `name:"scope" required:"" help:"The scope file: what may be probed, on whose authority." placeholder:"FILE"`
	Name       string   `help:"The survey's name; default: the scope's." placeholder:"NAME"`
	Candidates []string `help:"Files of other scanners that name the hosts to examine, instead of a sweep: nmap XML, masscan, zmap, naabu, zgrab2, Shodan, Censys, plain lists; also .gz and .zst." placeholder:"FILE" sep:"none"`
	Sweep      bool     `help:"With --candidates: sweep the scope too."`
	Strict     bool     `help:"With --candidates: refuse a file with a line that cannot be read."`
	sweepFlags
	Every        time.Duration `help:"Repeat the survey at this interval until interrupted (24h, 168h; at least 1h)." placeholder:"TIME"`
	Resume       bool          `help:"Continue the last survey of this scope that was interrupted."`
	Concurrency  int           `help:"How many hosts are examined side by side." default:"32"`
	CalledTitles []string      `name:"called-ae-title" help:"A called AE title of your own archives, tried on every host before the defaults, like those of the scope file." placeholder:"TITLE"`
	ProductsFile string        `name:"products" help:"More records of products (docs/products.md), beside the built-in ones." placeholder:"FILE"`
	GeoIP        []string      `name:"geoip" sep:"none" help:"An MMDB file with countries or AS numbers (GeoLite2, DB-IP, IPinfo…), asked after the overlay; may be repeated, the most trusted first." placeholder:"FILE"`
	SignFile     string        `name:"sign" help:"Sign what the survey may touch with this private key, for workers with --trust; 'leadglass scope key FILE' makes one." placeholder:"FILE"`
	Metrics      string        `help:"Show figures to Prometheus at http://ADDR/metrics, and health at /healthz; ADDR is PORT, on loopback, or HOST:PORT." placeholder:"ADDR"`
	JSON         bool          `help:"JSON Lines on stdout: every finding, then a summary."`
}

// Help adds examples to --help.
func (surveyCommand) Help() string {
	return `The scope file says who ordered the survey and which addresses may be touched;
` + "`leadglass scope check FILE`" + ` shows what a survey would send.

Examples:
  leadglass survey --scope mandate.yaml --name 2026-Q1
  leadglass survey --scope mandate.yaml --resume
  leadglass survey --scope mandate.yaml --every 168h
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
		return usage(fmt.Errorf("--concurrency must be at least 1, not %d", c.Concurrency))
	}
	if c.Resume && c.Parts != 0 {
		return usage(errors.New("--parts goes with a new survey: one that is continued keeps its parts"))
	}
	o, err := c.options()
	if err != nil {
		return err
	}
	if c.Every != 0 {
		return c.every(ctx, a, o)
	}
	s, err := c.scope()
	if err != nil {
		return err
	}
	o.Name, o.Resume = c.Name, c.Resume
	_, err = runSurvey(ctx, a, s, o, c.JSON)
	return err
}

// scope reads the scope file, with the called AE titles of the flags.
func (c *surveyCommand) scope() (*scope.Scope, error) {
	s, err := scope.Load(c.ScopeFile)
	if err == nil {
		err = addCalledTitles(s, c.CalledTitles)
	}
	if err != nil {
		return nil, usage(err)
	}
	return s, nil
}

// options are those of the flags, but for the name.
func (c *surveyCommand) options() (campaign.Options, error) {
	sweep, err := c.sweepFlags.options()
	if err != nil {
		return campaign.Options{}, err
	}
	key, err := readSignKey(c.SignFile)
	return campaign.Options{Sweep: sweep, Examiners: c.Concurrency, Candidates: c.Candidates, SweepToo: c.Sweep, Strict: c.Strict,
		Products: c.ProductsFile, GeoIP: c.GeoIP, Sign: key, Metrics: c.Metrics}, err
}

// every surveys again and again until it is interrupted.
func (c *surveyCommand) every(ctx context.Context, a *app, o campaign.Options) error {
	if c.Resume {
		return usage(errors.New("--every resumes an interrupted survey by itself; leave --resume out"))
	}
	boundHeap()
	show := newSurveyView(a, c.JSON)
	err := a.campaignWith(show).Repeat(ctx, c.Name, c.Every, c.scope, o, func(r campaign.Result, err error) error {
		if err != nil {
			return err
		}
		return show.summary(r, o)
	})
	if err != nil && c.Every < campaign.LeastEvery {
		return usage(fmt.Errorf("--every: %w", err))
	}
	return err
}

// runSurvey surveys a scope into the store and prints the summary. The survey
// is returned as it was stored, with how far it got.
func runSurvey(ctx context.Context, a *app, s *scope.Scope, o campaign.Options, json bool) (survey.Survey, error) {
	boundHeap()
	show := newSurveyView(a, json)
	r, err := a.campaignWith(show).Run(ctx, s, o)
	if err == nil {
		err = show.summary(r, o)
	}
	if err == nil && !r.Complete() {
		err = errIncomplete
	}
	return r.Survey, err
}

// readSignKey reads the private key of --sign; nil for none.
func readSignKey(file string) (*warrant.Key, error) {
	if file == "" {
		return nil, nil
	}
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, usage(fmt.Errorf("--sign: %w", err))
	}
	key, err := warrant.ParseKey(string(text))
	if err != nil {
		return nil, usage(fmt.Errorf("--sign: %s %w", file, err))
	}
	return &key, nil
}

// boundHeap collects garbage at half the growth Go allows by default: a survey
// allocates little while it counts, so it costs no time that can be measured
// and a quarter of the memory. A GOGC in the environment is left as it is.
func boundHeap() {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(50)
	}
}
