package main

import (
	"context"
	"fmt"
	"slices"

	"leadglass/internal/compare"
	"leadglass/internal/publish"
	"leadglass/internal/report"
	"leadglass/internal/store"
	"leadglass/internal/survey"
)

type trendCommand struct {
	Surveys  []string `arg:"" optional:"" help:"Two surveys or more, by ID or name; default: all finished ones of the last survey's scope, at most 24."`
	JSON     bool     `help:"The trend as JSON on stdout."`
	Edition  string   `help:"public: with counts suppressed; confidential: nothing is suppressed. Neither has addresses." enum:"public,confidential" default:"public"`
	MinCount *int     `help:"Suppress public counts of fewer archives than this; 1 suppresses nothing. A survey has one: default is that of its first public document, or 3." placeholder:"3"`
}

// Help says what is shown, with examples.
func (trendCommand) Help() string {
	return `Headline figures of several surveys, the earliest first: in all, and like for
like, that is of what every survey looked at in the same way. No addresses.

Examples:
  leadglass trend
  leadglass trend 2026-Q1 2026-Q2 2026-Q3
  leadglass trend --json --edition confidential`
}

// Run prints the trend.
func (c *trendCommand) Run(ctx context.Context, a *app) error {
	if err := checkMinCount(c.MinCount); err != nil {
		return err
	}
	db, err := store.OpenExisting(ctx, a.Store)
	if err != nil {
		return err
	}
	defer db.Close()
	surveys, err := c.surveys(ctx, db)
	if err != nil {
		return err
	}
	streams := make([]compare.Stream, len(surveys))
	for i, v := range surveys {
		streams[i] = db.Facts(ctx, v.ID)
	}
	least, reports := 1, []report.Public(nil)
	if c.Edition != publish.EditionConfidential {
		if least, reports, err = publishedReports(ctx, db, c.MinCount, surveys...); err != nil {
			return err
		}
	}
	t, err := compare.NewTrend(surveys, streams, survey.VerdictOf, least, reports...)
	if c.Edition == publish.EditionConfidential {
		t.Edition, t.TLP = c.Edition, publish.TLPAmber
	}
	switch {
	case err != nil:
		return err
	case c.JSON:
		return t.WriteJSON(a.out)
	}
	return t.WriteText(a.out)
}

// surveys are those to show, the earliest first.
func (c *trendCommand) surveys(ctx context.Context, db *store.Store) ([]survey.Survey, error) {
	var list []survey.Survey
	for _, name := range c.Surveys {
		v, err := namedSurvey(ctx, db, name)
		if err != nil {
			return nil, err
		}
		list = append(list, v)
	}
	if len(list) == 0 {
		all, err := db.Surveys(ctx)
		if err != nil {
			return nil, err
		}
		for _, v := range all {
			if v.State == survey.StateFinished && v.Coverage != nil && len(list) < compare.MaxTrend &&
				(len(list) == 0 || v.Coverage.ScopeName == list[0].Coverage.ScopeName) {
				list = append(list, v)
			}
		}
	}
	slices.SortStableFunc(list, func(a, b survey.Survey) int { return a.StartedAt.Compare(b.StartedAt) })
	list = slices.CompactFunc(list, func(a, b survey.Survey) bool { return a.ID == b.ID })
	if len(list) < 2 || len(list) > compare.MaxTrend {
		return nil, usage(fmt.Errorf("a trend is of 2 to %d surveys of one scope, and there are %d; name them, or survey the scope again", compare.MaxTrend, len(list)))
	}
	return list, nil
}
