package main

import (
	"encoding/json"
	"fmt"
	"time"

	"leadglass/internal/campaign"
	"leadglass/internal/survey"
)

// showProgress keeps a status line until the function it returns is called.
func (a *app) showProgress(p *campaign.Progress, others func() int64, probes int64) (stop func()) {
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
				a.status(progressLine(p, probes, time.Since(start)) + waitingFor(p, others()))
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

func progressLine(p *campaign.Progress, probes int64, took time.Duration) string {
	of := ""
	if probes > 0 {
		of = " of " + grouped(probes)
	}
	return fmt.Sprintf("%s  %s%s probes, examined %s, archives %s, open %s, %s, %s",
		took.Round(time.Second), grouped(p.Probed.Load()), of, grouped(p.Examined.Load()),
		grouped(p.Speaking.Load()), grouped(p.Open.Load()), plural(p.Studies.Load(), "study"), plural(p.Images.Load(), "image"))
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
	// CountedInPart is of how many archives the count did not come to its end: then
	// the numbers of studies and images are lower bounds.
	CountedInPart int64 `json:"archives_counted_in_part,omitempty"`
	// SameArchives is how many addresses led to an archive that is counted at
	// another.
	SameArchives int64          `json:"same_archives,omitempty"`
	Resumed      bool           `json:"resumed,omitempty"`
	Seconds      float64        `json:"seconds"`
	Traffic      survey.Traffic `json:"traffic"`
	// Candidates are the files of other scanners that named hosts.
	Candidates []candidateFile `json:"candidates,omitempty"`
}

func (a *app) summary(p *campaign.Progress, traffic survey.Traffic, v survey.Survey, took time.Duration, files []candidateFile, o surveyOptions) error {
	s := surveySummary{Schema: "leadglass.survey/1", Survey: v, Hosts: p.Examined.Load(), Archives: p.Speaking.Load(),
		Open: p.Open.Load(), Studies: p.Studies.Load(), Images: p.Images.Load(),
		CountedInPart: p.CountedInPart.Load(), SameArchives: p.SameArchives.Load(), Resumed: o.resume, Seconds: took.Seconds(), Traffic: traffic, Candidates: files}
	if o.json {
		return json.NewEncoder(a.out).Encode(s)
	}
	part, least, rest := "", "", ""
	if s.CountedInPart > 0 {
		least, rest = "at least ", fmt.Sprintf(" (%s not counted to the end)", plural(s.CountedInPart, "archive"))
	}
	if o.resume {
		part = ", its last part"
	}
	err := a.printf("survey %s finished%s in %.1f s\n  hosts recorded  %s\n  archives        %s\n  freely open     %s\n  studies         %s%s%s\n  images          %s%s\n  sent %s bytes in %s\n",
		v.ID, part, s.Seconds, grouped(s.Hosts), grouped(s.Archives), grouped(s.Open), least, grouped(s.Studies), rest, least, grouped(s.Images),
		grouped(s.Traffic.BytesSent), plural(s.Traffic.Connections, "connection"))
	if err == nil && v.Sweep != nil && v.Sweep.Hosts+v.Sweep.Canaries > 0 {
		_, err = fmt.Fprintln(a.out, sweepLine(v.Sweep))
	}
	if err == nil && !o.simulated {
		a.note("`leadglass report` makes the report")
	}
	return err
}
