package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"leadglass/internal/campaign"
	"leadglass/internal/survey"
)

// surveyView shows on the command line what happens in surveys.
type surveyView struct {
	*app
	json bool
	stop func() // ends the status line; nil where there is none
}

func newSurveyView(a *app, json bool) *surveyView { return &surveyView{app: a, json: json} }

// campaign are surveys of which only the status is shown.
func (a *app) campaign() *campaign.Campaign { return a.campaignWith(newSurveyView(a, false)) }

func (a *app) campaignWith(v *surveyView) *campaign.Campaign {
	return &campaign.Campaign{Store: a.Store, Version: version, Log: a.log, Events: v, Now: a.now, Resolver: a.resolver}
}

// Event implements campaign.Events.
func (v *surveyView) Event(e campaign.Event) {
	switch e.Kind {
	case campaign.Working:
		v.stop = v.showProgress(e.Live)
	case campaign.Rested:
		v.stop()
	case campaign.Failed:
		v.fail(withRemedy(e.Err))
	default:
		v.note("%s", e.Text)
	}
}

// Stored implements campaign.Events: with --json a record is a line.
func (v *surveyView) Stored(r survey.Record) error {
	if !v.json {
		return nil
	}
	if err := json.NewEncoder(v.out).Encode(r.Finding); err != nil {
		return fmt.Errorf("printing a finding: %w", err)
	}
	return nil
}

// withRemedy adds what to do to the error of a survey that ended early.
func withRemedy(err error) error {
	var e *campaign.EndedError
	if !errors.As(err, &e) {
		return err
	}
	switch e.How {
	case campaign.Cancelled:
		return fmt.Errorf("survey %s was cancelled after %s; what was finished is kept: `leadglass report %[1]s`", e.Survey, plural(e.Hosts, "host"))
	case campaign.Expired:
		return fmt.Errorf("survey %s ended after %s with the validity of its scope; what was finished is kept: `leadglass report %[1]s`; "+
			"have the authority renew the scope, and begin a new survey", e.Survey, plural(e.Hosts, "host"))
	case campaign.Interrupted:
		return fmt.Errorf("survey %s interrupted after %d hosts; continue it with --resume", e.Survey, e.Hosts)
	}
	return fmt.Errorf("%w; what was finished is kept: continue it with --resume", err)
}

// showProgress keeps a status line until the function it returns is called.
func (a *app) showProgress(l *campaign.Live) (stop func()) {
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
				a.status(progressLine(l.Progress, l.Probes, time.Since(start)) + waitingFor(l.Progress, l.Others()))
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

// progressLine is how far a survey is. The quality of a sum is that over the
// archives examined so far.
func progressLine(p *campaign.Progress, probes int64, took time.Duration) string {
	of := ""
	if probes > 0 {
		of = " of " + grouped(probes)
	}
	return fmt.Sprintf("%s  %s%s probes, examined %s, archives %s, open %s, studies %s, images linked %s",
		took.Round(time.Second), grouped(p.Probed.Load()), of, grouped(p.Examined.Load()),
		grouped(p.Speaking.Load()), grouped(p.Open.Load()), qualified(p.Studies.Load(), p.OfStudies.Of(true)), qualified(p.Images.Load(), p.OfImages.Of(true)))
}

// surveySummary is the last line of `survey --json`. Its figures are those of
// the whole survey; the time and the traffic those of this process, which with
// --resume, or where workers helped, had a part in it.
type surveySummary struct {
	Schema   string        `json:"schema"`
	Survey   survey.Survey `json:"survey"`
	Hosts    int64         `json:"hosts"`
	Archives int64         `json:"archives"`
	Open     int64         `json:"archives_open"`
	Studies  int64         `json:"studies_counted"`
	Images   int64         `json:"images_counted"`
	// Accessible are images that can be retrieved, Images those that are linked.
	Accessible int64 `json:"images_accessible_counted"`
	// The qualities are those of the sums: exact only of a whole survey.
	StudiesQuality    survey.Quality `json:"studies_quality"`
	ImagesQuality     survey.Quality `json:"images_quality"`
	AccessibleQuality survey.Quality `json:"images_accessible_quality"`
	// CountedInPart is of how many open archives a number is not exact.
	CountedInPart int64 `json:"archives_counted_in_part,omitempty"`
	// SameArchives is how many addresses led to an archive that is counted at
	// another.
	SameArchives int64 `json:"same_archives,omitempty"`
	// NotExamined is how many addresses, of networks that accept every connection,
	// were left out of a sample: then the numbers of archives are lower bounds.
	NotExamined int64          `json:"hosts_not_examined,omitempty"`
	Resumed     bool           `json:"resumed,omitempty"`
	Seconds     float64        `json:"seconds"`
	Traffic     survey.Traffic `json:"traffic"`
	// Candidates are the files of other scanners that named hosts.
	Candidates []campaign.CandidateFile `json:"candidates,omitempty"`
}

// summary prints the end of a survey.
func (v *surveyView) summary(r campaign.Result, o campaign.Options) error {
	p, whole := r.Totals, r.Survey.State == survey.StateFinished && r.Complete() && r.Totals.NotExamined.Load() == 0
	s := surveySummary{Schema: "leadglass.survey/1", Survey: r.Survey, Hosts: p.Examined.Load(), Archives: p.Speaking.Load(),
		Open: p.Open.Load(), Studies: p.Studies.Load(), Images: p.Images.Load(),
		Accessible: p.Accessible.Load(), StudiesQuality: p.OfStudies.Of(whole), ImagesQuality: p.OfImages.Of(whole), AccessibleQuality: p.OfAccessible.Of(whole),
		CountedInPart: p.CountedInPart.Load(), SameArchives: p.SameArchives.Load(), NotExamined: p.NotExamined.Load(), Resumed: o.Resume, Seconds: r.Took.Seconds(), Traffic: r.Traffic, Candidates: r.Files}
	if v.json {
		return json.NewEncoder(v.out).Encode(s)
	}
	part, rest := "", ""
	hosts := survey.Exact
	if s.NotExamined > 0 {
		hosts = survey.LowerBound
	}
	if s.CountedInPart > 0 {
		rest = fmt.Sprintf(" (counted in part: %s)", plural(s.CountedInPart, "archive"))
	}
	if o.Resume {
		part = ", resumed run"
	}
	err := v.printf("survey %s finished%s in %.1f s\n  hosts recorded     %s\n  archives           %s\n  freely open        %s\n  studies            %s\n  images linked      %s\n  images accessible  %s%s\n  sent %s bytes in %s\n",
		r.Survey.ID, part, s.Seconds, grouped(s.Hosts), qualified(s.Archives, hosts), qualified(s.Open, hosts), qualified(s.Studies, s.StudiesQuality), qualified(s.Images, s.ImagesQuality), qualified(s.Accessible, s.AccessibleQuality), rest,
		grouped(s.Traffic.BytesSent), plural(s.Traffic.Connections, "connection"))
	if err == nil && r.Survey.Sweep != nil && r.Survey.Sweep.Hosts+r.Survey.Sweep.Canaries > 0 {
		_, err = fmt.Fprintln(v.out, sweepLine(r.Survey.Sweep))
	}
	if err == nil && s.NotExamined > 0 {
		err = v.printf("  not examined       %s of networks that accept connections on every port, of which a sample was examined\n",
			plural(s.NotExamined, "address"))
	}
	if err == nil && !o.Simulated {
		v.note("next: run `leadglass report`")
	}
	if err == nil && r.GivenUp > 0 {
		v.note("%s could not be examined, by errors of this program; --log-level warn shows them", plural(r.GivenUp, "host"))
	}
	return err
}

// qualified is a sum with the word for its quality.
func qualified(n int64, q survey.Quality) string {
	return map[survey.Quality]string{survey.LowerBound: "at least ", survey.Estimated: "about "}[q] + grouped(n)
}
