package main

import (
	"context"
	"fmt"
	"net/netip"
	"path/filepath"
	"time"

	"leadglass/internal/compare"
	"leadglass/internal/documents"
	"leadglass/internal/lab"
	"leadglass/internal/publish"
	"leadglass/internal/store"
	"leadglass/internal/trial"
)

// followUpResult is the score of the follow-up, and where the comparison is.
type followUpResult struct {
	lab.Scores
	Seconds    float64 `json:"seconds"`
	Comparison string  `json:"comparison"`
}

// followUp is the second part of a demo: another state of the fleet, surveyed
// at the same addresses.
type followUp struct {
	name          string
	before, fleet *lab.Fleet
}

// followUp opens the fleet of --follow-up; nil without it.
func (c *demoCommand) followUp(before *lab.Fleet) (*followUp, error) {
	if c.FollowUp == "" {
		return nil, nil
	}
	fleet, err := trial.Open(c.FollowUp)
	if err != nil {
		return nil, err
	}
	return &followUp{c.FollowUp, before, fleet}, nil
}

// addresses are those of the follow-up.
func (f *followUp) addresses() []netip.Addr { return trial.Addresses(f.fleet) }

// run surveys the follow-up into the store of the demo, and compares it with the
// survey before.
func (f *followUp) run(ctx context.Context, a *app, out, before string) (*followUpResult, error) {
	start := time.Now()
	dir := filepath.Join(out, "follow-up")
	process, err := trial.Start(ctx, f.name, dir, a.err)
	if err != nil {
		return nil, err
	}
	defer process.Stop()
	scopeFile, err := trial.WriteScope(f.fleet, dir, trial.Addresses(f.before)...)
	if err != nil {
		return nil, err
	}
	v, err := surveyFleet(ctx, a, scopeFile, "follow-up", demoWorkers)
	if err != nil {
		return nil, err
	}
	process.Stop()
	db, err := store.OpenExisting(ctx, a.Store)
	if err != nil {
		return nil, err
	}
	defer db.Close()
	scores, err := trial.Score(ctx, db, v.ID, f.fleet)
	if err != nil {
		return nil, err
	}
	d, err := documents.Compare(ctx, db, before, v.ID)
	if err != nil {
		return nil, err
	}
	public := compare.Publish(d.Sum, 1) // the fleet is simulated, so nothing need be withheld
	files, err := compare.Files(public, nil, publish.HTML, publish.JSON)
	if err != nil {
		return nil, err
	}
	paths, err := publish.WriteFiles(out, files)
	if err != nil {
		return nil, err
	}
	if err := compare.WriteText(a.out, public, nil); err != nil {
		return nil, fmt.Errorf("printing the comparison: %w", err)
	}
	return &followUpResult{Scores: scores, Seconds: time.Since(start).Seconds(), Comparison: paths[0]}, nil
}
