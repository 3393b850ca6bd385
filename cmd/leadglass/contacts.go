package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"leadglass/internal/campaign"
	"leadglass/internal/registry"
	"leadglass/internal/store"
	"leadglass/internal/survey"
)

type contactsCommand struct {
	Import contactsImportCommand `cmd:"" help:"Make a recipients file of security.txt and CSV files."`
	RDAP   contactsRDAPCommand   `cmd:"" name:"rdap" help:"Look up abuse contacts at the address registries, over the Internet."`
}

type contactsRDAPCommand struct {
	Survey string  `arg:"" optional:"" help:"The survey's ID or name; default: the last one."`
	All    bool    `help:"Look up every archive that answered, not only those that are freely accessible or have an open viewer."`
	DryRun bool    `help:"Show how many addresses would be looked up, and where; contact nobody."`
	Rate   float64 `help:"Requests a second, to all registries together; at most 10." default:"1" placeholder:"N"`
	Server string  `help:"Query this RDAP server about all addresses instead of the registries: a mirror, over https." placeholder:"URL"`
	JSON   bool    `help:"The summary as JSON on stdout."`
}

// Help says who is contacted, with examples.
func (contactsRDAPCommand) Help() string {
	return `This CONTACTS HOSTS OUTSIDE THE SCOPE: IANA (data.iana.org) for the list of who
is responsible for which addresses, and the registries on it (ARIN, RIPE NCC,
APNIC, LACNIC, AFRINIC, and the national ones that these refer to). They learn
the addresses that are looked up. Nothing else ever contacts them, and
the archives themselves are not contacted.

Of an answer four things are kept: the e-mail address for reports of abuse, the
organisation, its country, and the network's handle. Answers are used again for
30 days, over all surveys in the store.

Examples:
  leadglass contacts rdap --dry-run
  leadglass contacts rdap 2026-Q1
  leadglass contacts rdap --rate 0.2 --json`
}

// Run fills the store's cache and then the findings of the survey.
func (c *contactsRDAPCommand) Run(ctx context.Context, a *app) error {
	contacts, err := campaign.NewContacts(campaign.RegistryOptions{Rate: c.Rate, Server: c.Server, All: c.All, Version: version, Log: a.log})
	if err != nil {
		return err
	}
	db, err := store.OpenExisting(ctx, a.Store)
	if err != nil {
		return err
	}
	defer db.Close()
	v, err := contacts.Survey(ctx, db, c.Survey)
	if err != nil {
		return err
	}
	addrs, err := contacts.Addresses(ctx, db, v)
	if err != nil {
		return err
	}
	if c.DryRun {
		return c.plan(a, contacts.Plan(addrs))
	}
	shown := time.Now()
	result, failed, err := contacts.Collect(ctx, db, v, addrs, func(s registry.Summary) {
		if time.Since(shown) < a.statusEvery() {
			return
		}
		shown = time.Now()
		a.status(fmt.Sprintf("%s of %s, queried %s, contacts %s, without answer %s",
			grouped(int64(s.Special+s.Cached+s.Asked+s.Failed)), plural(s.Addresses, "address"), grouped(int64(s.Asked)), grouped(int64(s.Contacts)), grouped(int64(s.Failed))))
	})
	a.endStatus()
	if err != nil {
		return err
	}
	if err := c.print(a, v, &result); err != nil {
		return err
	}
	switch {
	case errors.Is(failed, context.Canceled):
		return &exitError{code: exitIncomplete, cause: errors.New("interrupted; run it again to continue, the answers so far are kept")}
	case errors.Is(failed, registry.ErrGaveUp):
		return &exitError{code: exitIncomplete, cause: failed}
	case failed == nil && result.Failed > 0:
		return errIncomplete
	}
	return failed
}

func (c *contactsRDAPCommand) plan(a *app, p campaign.ContactsPlan) error {
	if c.JSON {
		return json.NewEncoder(a.out).Encode(p)
	}
	if p.Public == 0 {
		a.printf("%s, none of them public; no registry would be queried\n", plural(p.Addresses, "address"))
		return nil
	}
	a.printf("%s, %s of them public; the look-up of those would take %s or more, unless the store has the answers, at\n",
		plural(p.Addresses, "address"), grouped(int64(p.Public)), time.Duration(float64(p.Public)/c.Rate*float64(time.Second)).Round(time.Second))
	for _, host := range p.Hosts {
		a.printf("  %s\n", host)
	}
	return nil
}

func (c *contactsRDAPCommand) print(a *app, v survey.Survey, r *campaign.ContactsResult) error {
	if c.JSON {
		return json.NewEncoder(a.out).Encode(r)
	}
	a.printf("survey %s of %s: %s, %s\n", v.ID, v.Name, plural(r.Addresses, "address"), plural(r.Contacts, "contact"))
	a.printf("  queried %s, known already %s, not public %s, without answer %s\n",
		grouped(int64(r.Asked)), grouped(int64(r.Cached)), grouped(int64(r.Special)), grouped(int64(r.Failed)))
	for _, why := range slices.Sorted(maps.Keys(r.Failures)) {
		a.printf("  %d x %s\n", r.Failures[why], why)
	}
	a.printf("  %s to registries, %s bytes sent, %s received\n", plural(r.Traffic.Requests, "request"), grouped(r.Traffic.BytesSent), grouped(r.Traffic.BytesReceived))
	return nil
}
