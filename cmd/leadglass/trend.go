package main

import (
	"context"

	"leadglass/internal/documents"
	"leadglass/internal/store"
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
	db, err := store.OpenExisting(ctx, a.Store)
	if err != nil {
		return err
	}
	defer db.Close()
	t, err := documents.Trend(ctx, db, c.Surveys, c.Edition, c.MinCount)
	switch {
	case err != nil:
		return err
	case c.JSON:
		return t.WriteJSON(a.out)
	}
	return t.WriteText(a.out)
}
