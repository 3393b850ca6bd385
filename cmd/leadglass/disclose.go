package main

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"leadglass/internal/disclose/prepare"
	"leadglass/internal/store"
	"leadglass/internal/survey"
)

type disclosePrepareCommand struct {
	Survey         string   `arg:"" optional:"" help:"The survey's ID or name; default: the last one."`
	Recipients     string   `required:"" help:"The recipients file." placeholder:"FILE"`
	Recipient      []string `help:"Only for this organisation; may be repeated." placeholder:"NAME" sep:"none"`
	MinVerdict     string   `help:"The least verdict that goes out: open, open-images, or identified where checks failed. A viewer without login goes out at any." enum:"identified,open,open-images" default:"open"`
	Honeypots      bool     `help:"Do not leave out archives that look like honeypots."`
	Out            string   `help:"The folder for the encrypted bundles." default:"disclosure" placeholder:"DIR"`
	AnswerBy       string   `help:"The last day for an answer; default: in 14 days." placeholder:"YYYY-MM-DD"`
	SignKey        string   `help:"Sign OpenPGP bundles with the secret key in this file." placeholder:"FILE"`
	SignPassphrase string   `help:"The file whose first line unlocks that key." placeholder:"FILE"`
	Templates      string   `help:"Letters of your own, as disclose templates wrote them." placeholder:"DIR"`
	Again          bool     `help:"Prepare another bundle for recipients who were sent one of this survey already."`
	DryRun         bool     `help:"Show which systems each recipient would be sent; check the keys; write nothing."`
	JSON           bool     `help:"The result as JSON on stdout."`
}

// Help adds examples to --help.
func (disclosePrepareCommand) Help() string {
	return `Nothing is sent: each bundle is written encrypted to the recipient's key, and
the output says what to do with it. Exit code 3 means that systems have no
recipient, or that a recipient has no usable key.

Examples:
  leadglass disclose prepare --recipients recipients.yaml --dry-run
  leadglass disclose prepare 2026-Q1 --recipients recipients.yaml --sign-key ours.asc
  leadglass disclose prepare --recipients recipients.yaml --recipient CERT.example --answer-by 2026-12-24`
}

// Run prepares the bundles.
func (c *disclosePrepareCommand) Run(ctx context.Context, a *app) error {
	order, err := prepare.Read(prepare.Options{Recipients: c.Recipients, Only: c.Recipient, MinVerdict: survey.Verdict(c.MinVerdict), Honeypots: c.Honeypots,
		Out: c.Out, AnswerBy: c.AnswerBy, SignKey: c.SignKey, SignPassphrase: c.SignPassphrase, Templates: c.Templates,
		Again: c.Again, DryRun: c.DryRun, Now: time.Now()})
	if err != nil {
		return err
	}
	defer order.Close()
	db, err := store.OpenExisting(ctx, a.Store)
	if err != nil {
		return err
	}
	defer db.Close()
	v, err := db.Survey(ctx, c.Survey)
	if err != nil {
		return err
	}
	if v.State != survey.StateFinished {
		a.note("note: survey %s is not finished; the letters say so", v.ID)
	}
	result, err := order.Bundles(ctx, db, v)
	if err != nil {
		return err
	}
	if c.JSON {
		err = json.NewEncoder(a.out).Encode(result)
	} else {
		c.print(a, result)
	}
	if err != nil {
		return fmt.Errorf("printing: %w", err)
	}
	if result.Missing() {
		return errIncomplete
	}
	return nil
}
