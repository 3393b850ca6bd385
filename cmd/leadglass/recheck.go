package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"leadglass/internal/campaign"
	"leadglass/internal/cases"
	"leadglass/internal/store"
	"leadglass/internal/survey"
)

type recheckCommand struct {
	Systems      []string `arg:"" name:"system" help:"Addresses of systems that a survey has found."`
	By           string   `help:"Who rechecks." env:"LEADGLASS_BY" placeholder:"NAME"`
	Survey       string   `help:"The survey whose scope permits it; default: the last that has a record of the system." placeholder:"SURVEY"`
	ScopeFile    string   `name:"scope" help:"The scope file of that survey: its exclude files as they are now hold too. Needed where it names an overlay; in PostgreSQL this, or --trust, is needed." placeholder:"FILE"`
	Trust        []string `sep:"none" help:"The public key that the survey was signed with; may be repeated." placeholder:"KEY"`
	CalledTitles []string `name:"called-ae-title" help:"With --scope: a called AE title that the survey was begun with." placeholder:"TITLE"`
	ProductsFile string   `name:"products" help:"More records of products." placeholder:"FILE"`
	GeoIP        []string `name:"geoip" sep:"none" help:"MMDB files with countries or AS numbers." placeholder:"FILE"`
	JSON         bool     `help:"One JSON object a system on stdout."`
}

// Help says what bounds a recheck, with examples.
func (recheckCommand) Help() string {
	return `Examines single systems of a survey again, after somebody says that they are fixed.
The scope, validity, limits and exclusions of the survey hold. What is found is in the
timeline of the case and in ` + "`leadglass disclose status`" + `; it is in no total, trend or
report, and makes no survey.

It is refused while a survey that covers the system is at work. Systems are rechecked
one after the other.

Examples:
  leadglass recheck 192.0.2.7 --by "K. Doe"
  leadglass recheck 192.0.2.7 192.0.2.9 --scope mandate.yaml --json
  leadglass --store "$DSN" recheck 192.0.2.7 --trust "$(cat leader.pub)"`
}

// recheckResult is a system in `recheck --json`.
type recheckResult struct {
	Schema  string    `json:"schema"`
	ID      string    `json:"id"`
	Survey  string    `json:"survey"`
	Address string    `json:"address"`
	At      time.Time `json:"at"`
	By      string    `json:"by,omitempty"`
	// State is the case's state then; empty where the system was never exposed.
	State   cases.State     `json:"state,omitempty"`
	Verdict survey.Verdict  `json:"verdict"`
	Finding *survey.Finding `json:"finding"`
}

// Run rechecks the systems, one after the other.
func (c *recheckCommand) Run(ctx context.Context, a *app) error {
	db, err := store.OpenExisting(ctx, a.Store)
	if err != nil {
		return err
	}
	defer db.Close()
	incomplete := false
	o := campaign.RecheckOptions{Survey: c.Survey, By: c.By, Bounds: campaign.WorkerOptions{ScopeFile: c.ScopeFile, Trust: c.Trust,
		CalledAETitles: c.CalledTitles, Products: c.ProductsFile, GeoIP: c.GeoIP}}
	for i, address := range c.Systems {
		a.status(fmt.Sprintf("rechecking %s (%d of %d)", address, i+1, len(c.Systems)))
		r, err := a.campaign().Recheck(ctx, db, address, o)
		a.endStatus()
		if err != nil {
			return err
		}
		incomplete = incomplete || r.Finding.Incomplete != nil
		if err := a.printRecheck(&r, c.JSON); err != nil {
			return err
		}
	}
	if incomplete {
		return errIncomplete
	}
	return nil
}

func (a *app) printRecheck(r *campaign.Rechecked, asJSON bool) error {
	out := recheckResult{Schema: "leadglass.recheck/1", ID: r.ID, Survey: r.SurveyID, Address: r.Facts.Target, At: r.At, By: r.By,
		Verdict: r.Facts.Verdict, Finding: r.Finding}
	if r.Case != nil {
		out.State = r.Case.State
	}
	if asJSON {
		return json.NewEncoder(a.out).Encode(out)
	}
	state := string(out.State)
	if state == "" {
		state = "no case: no survey saw it exposed"
	}
	if err := a.printf("%s: %s (verdict %s, %s)\n", out.Address, state, string(out.Verdict), out.ID); err != nil {
		return errors.Join(errors.New("printing the recheck"), err)
	}
	if why := r.Finding.Incomplete; why != nil {
		a.note("note: %s is incomplete: %s", out.Address, strings.TrimSpace(*why))
	}
	return nil
}
