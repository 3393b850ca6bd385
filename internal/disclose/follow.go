package disclose

import (
	"context"
	"iter"
	"net/netip"
	"slices"
	"time"

	"leadglass/internal/survey"
)

// Surveys are the saved surveys; internal/store has them.
type Surveys interface {
	// RecordsOf returns what a survey found of one target.
	RecordsOf(ctx context.Context, surveyID, target string) ([]survey.Record, error)
	// SurveysAfter returns the surveys that started later, the newest first.
	SurveysAfter(ctx context.Context, t time.Time) ([]survey.Survey, error)
	// Rechecks streams the rechecks of a target, in the order of time.
	Rechecks(ctx context.Context, target string) iter.Seq2[survey.Recheck, error]
}

// Coverage says whether a survey looked at a port of an address. A survey
// whose scope cannot be read any more covers nothing but what it found.
type Coverage func(v survey.Survey) func(addr netip.Addr, port uint16) bool

// Looked is the Coverage that surveys keep. Nothing is known of a survey that did
// not keep it.
func Looked(v survey.Survey) func(netip.Addr, uint16) bool {
	return func(addr netip.Addr, port uint16) bool {
		return v.Coverage != nil && v.Coverage.Covers(addr) && (port == 0 || slices.Contains(v.Coverage.Ports, port))
	}
}

// Followed is one system that was told, and what became of it.
type Followed struct {
	Address string `json:"address"`
	Port    uint16 `json:"port,omitempty"`
	// Told is the verdict, and whether a viewer was open, as it was told.
	Told   survey.Verdict `json:"told"`
	Viewer survey.Viewer  `json:"viewer,omitempty"`
	// Outcome is what the latest surveys say; NotCovered when none looked.
	Outcome Outcome `json:"outcome"`
	// Survey is the survey, or the recheck, that says so, and At when it began.
	Survey string    `json:"survey,omitempty"`
	At     time.Time `json:"at,omitzero"`
}

// Follow says what became of each system of a disclosure of the survey told.
func Follow(ctx context.Context, all Surveys, covers Coverage, d *survey.Disclosure, told survey.Survey) ([]Followed, error) {
	later, err := all.SurveysAfter(ctx, told.StartedAt)
	if err != nil {
		return nil, err
	}
	covered := make([]func(netip.Addr, uint16) bool, len(later))
	for i := range later {
		covered[i] = covers(later[i])
	}
	list := make([]Followed, 0, len(d.Systems))
	for _, sys := range d.Systems {
		before, err := all.RecordsOf(ctx, told.ID, sys.Target)
		if err != nil {
			return nil, err
		}
		i := slices.IndexFunc(before, func(r survey.Record) bool { return r.RequestedPort == sys.Port })
		if i < 0 {
			continue // the store keeps a record for as long as a disclosure names it
		}
		f := &before[i].Finding
		var seen []Seen
		for i := range later {
			records, err := all.RecordsOf(ctx, later[i].ID, sys.Target)
			if err != nil {
				return nil, err
			}
			seen = append(seen, Seen{later[i], judgeIn(later[i], f, records, covered[i])})
		}
		seen, err = withRechecks(ctx, all, covers, f, sys.Target, told, later, seen)
		if err != nil {
			return nil, err
		}
		last := Latest(seen)
		followed := Followed{Address: f.Target.Address, Port: f.ReportedPort(), Told: f.Verdict, Viewer: f.Viewer, Outcome: NotCovered}
		if last.Outcome != "" {
			followed.Outcome, followed.Survey, followed.At = last.Outcome, last.Survey.ID, last.Survey.StartedAt
		}
		list = append(list, followed)
	}
	return list, nil
}

// withRechecks puts what rechecks say of a system among what later surveys say, the
// newest first. A recheck looks where the survey does that bounds it.
func withRechecks(ctx context.Context, all Surveys, covers Coverage, f *survey.Finding, target string, told survey.Survey, later []survey.Survey, seen []Seen) ([]Seen, error) {
	surveys := append(slices.Clone(later), told)
	for r, err := range all.Rechecks(ctx, target) {
		if err != nil {
			return nil, err
		}
		i := slices.IndexFunc(surveys, func(v survey.Survey) bool { return v.ID == r.SurveyID })
		if i < 0 || !r.At.After(told.StartedAt) || r.Finding == nil {
			continue
		}
		records := []survey.Record{{SurveyID: r.SurveyID, Finding: *r.Finding}}
		seen = append(seen, Seen{survey.Survey{ID: r.ID, StartedAt: r.At}, judgeIn(surveys[i], f, records, covers(surveys[i]))})
	}
	slices.SortStableFunc(seen, func(a, b Seen) int { return b.Survey.StartedAt.Compare(a.Survey.StartedAt) })
	return seen, nil
}

// judgeIn judges a system by what one later survey found at its address.
func judgeIn(v survey.Survey, told *survey.Finding, records []survey.Record, covered func(netip.Addr, uint16) bool) Outcome {
	addr, err := netip.ParseAddr(told.Target.Address)
	inScope := func(port uint16) bool { return err == nil && covered(addr, port) }
	if len(records) == 0 {
		// Of a survey that was not finished, absence says nothing.
		if v.State != survey.StateFinished || !inScope(told.ReportedPort()) {
			return NotCovered
		}
		return Gone
	}
	findings := make([]survey.Finding, len(records))
	whole := false
	for i := range records {
		findings[i] = records[i].Finding
		whole = whole || records[i].RequestedPort == 0
	}
	return Judge(told, findings, func(port uint16) bool {
		return whole && inScope(port) ||
			slices.ContainsFunc(records, func(r survey.Record) bool { return r.RequestedPort == port && port != 0 })
	})
}
