package main

import (
	"context"
	"fmt"

	"leadglass/internal/campaign"
)

type workerCommand struct {
	ScopeFile    string   `name:"scope" help:"Work on surveys of this scope file alone, within its own exclusions too. A worker needs this, or --trust." placeholder:"FILE"`
	Trust        []string `sep:"none" help:"Work on surveys that the private key of this public key has signed ('survey --sign'); may be repeated." placeholder:"KEY"`
	CalledTitles []string `name:"called-ae-title" help:"With --scope: a called AE title of your own archives, as the survey was begun with." placeholder:"TITLE"`
	Concurrency  int      `help:"How many hosts are examined side by side." default:"32"`
	UntilDone    bool     `name:"until-done" help:"End when the store has no survey under way, instead of waiting for one; with exit code 3 where one waits for --resume."`
	ProductsFile string   `name:"products" help:"More records of products: those that the survey was begun with." placeholder:"FILE"`
	GeoIP        []string `name:"geoip" sep:"none" help:"MMDB files: those that the survey was begun with." placeholder:"FILE"`
}

// Help adds examples to --help.
func (workerCommand) Help() string {
	return `A worker joins the surveys under way in a PostgreSQL store (or, on one machine, a
SQLite file): it goes through parts of their sweeps and examines hosts, beside the
process of ` + "`leadglass survey`" + ` and other workers. Together they stay under the
rates of the scope. It waits for surveys until it is interrupted. A worker that is
killed loses nothing: its jobs go to the others.

What a worker may touch is not decided by who can write to the store. With
--scope it works on surveys whose scope is the text of the file; with --trust on
those that the owner of a key has signed (` + "`leadglass scope key`" + `, ` + "`survey --sign`" + `),
without the file; with both, both hold. The exclusions that the survey began with
hold in any case, and those of the worker's own exclude files too.

Examples:
  leadglass worker --store postgres://survey@db.example/leadglass --scope mandate.yaml
  leadglass worker --store "$DSN" --scope mandate.yaml --concurrency 64
  leadglass worker --store "$DSN" --trust "$(cat leader.pub)" --until-done`
}

// Run works on surveys.
func (c *workerCommand) Run(ctx context.Context, a *app) error {
	if c.Concurrency < 1 {
		return usage(fmt.Errorf("--concurrency must be at least 1, not %d", c.Concurrency))
	}
	boundHeap()
	done, err := a.campaign().Work(ctx, campaign.WorkerOptions{ScopeFile: c.ScopeFile, Trust: c.Trust, CalledAETitles: c.CalledTitles,
		Examiners: c.Concurrency, UntilDone: c.UntilDone, Products: c.ProductsFile, GeoIP: c.GeoIP})
	if err == nil && !done {
		err = errIncomplete
	}
	return err
}
