package examine

import (
	"context"
	"slices"

	"leadglass/internal/discover"
	"leadglass/internal/survey"
)

// Check finds the open ports of one candidate and examines it.
func (e *Engine) Check(ctx context.Context, c survey.Candidate) (Result, error) {
	v := &checkRun{engine: e, host: e.Begin(c)}
	sweep, err := discover.Prepare(discover.Options{Gate: e.Gate, Scope: e.Scope, Visits: 1,
		Candidates: slices.Values([]survey.Candidate{c}), Visit: func(survey.Candidate) discover.Visitor { return v }})
	if err != nil {
		return Result{}, err
	}
	if err := sweep.Run(ctx); err != nil {
		return Result{}, err
	}
	if len(v.found.Open) == 0 {
		return e.Unreachable(c, v.found), nil
	}
	return v.host.Finish(ctx)
}

// checkRun is the work on a host that is checked by itself.
type checkRun struct {
	engine *Engine
	host   *Host
	found  discover.Found
}

func (v *checkRun) Open(ctx context.Context, port uint16)    { v.host.Identify(ctx, port) }
func (v *checkRun) Done(_ context.Context, f discover.Found) { v.found = f }
