package main

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/netip"
	"net/url"
	"slices"
	"time"

	"leadglass/internal/gate"
	"leadglass/internal/registry"
	"leadglass/internal/store"
	"leadglass/internal/survey"
)

type contactsCommand struct {
	Import contactsImportCommand `cmd:"" help:"Make a recipients file of security.txt and CSV files."`
	RDAP   contactsRDAPCommand   `cmd:"" name:"rdap" help:"Ask the address registries who takes reports of abuse. Contacts them over the Internet."`
}

type contactsRDAPCommand struct {
	Survey string  `arg:"" optional:"" help:"The survey's ID or name; default: the last one."`
	All    bool    `help:"Ask about every archive that answered, not only those that are freely accessible or have an open viewer."`
	DryRun bool    `help:"Say how many addresses would be asked about, and of whom; contact nobody."`
	Rate   float64 `help:"Requests a second, to all registries together; at most 10." default:"1" placeholder:"N"`
	Server string  `help:"Ask this RDAP server about all addresses instead of the registries: a mirror, over https." placeholder:"URL"`
	JSON   bool    `help:"The summary as JSON on stdout."`
}

// Help says who is contacted, with examples.
func (contactsRDAPCommand) Help() string {
	return `This CONTACTS HOSTS OUTSIDE THE SCOPE: IANA (data.iana.org) for the list of who
is responsible for which addresses, and the registries on it (ARIN, RIPE NCC,
APNIC, LACNIC, AFRINIC, and the national ones that these refer to). They learn
the addresses that they are asked about. Nothing else ever contacts them, and
the archives themselves are not contacted.

Of an answer four things are kept: the e-mail address for reports of abuse, the
organisation, its country, and the network's handle. Answers are used again for
30 days, over all surveys in the store.

Examples:
  leadglass contacts rdap --dry-run
  leadglass contacts rdap 2026-Q1
  leadglass contacts rdap --rate 0.2 --json`
}

// maxServiceRate is the most requests a second: registries block those who ask
// faster.
const maxServiceRate = 10

// Run fills the store's cache and then the findings of the survey.
func (c *contactsRDAPCommand) Run(ctx context.Context, a *app) error {
	services, server, err := c.services(a)
	if err != nil {
		return usage(err)
	}
	db, err := store.OpenExisting(ctx, a.Store)
	if err != nil {
		return err
	}
	defer db.Close()
	v, err := db.Survey(ctx, c.Survey)
	if err != nil {
		return err
	}
	if v.State == survey.StateRunning { // its findings are still being written
		return usage(fmt.Errorf("survey %s is running, or was killed; let it end, or end it with `leadglass survey --resume`", v.ID))
	}
	addrs, err := c.addresses(ctx, db, v)
	if err != nil {
		return err
	}
	if c.DryRun {
		return c.plan(a, addrs)
	}
	client := registry.New(registry.Options{HTTP: services.HTTPClient(), Server: server})
	shown := time.Now()
	summary, failed := client.Collect(ctx, db, addrs, func(s registry.Summary) {
		if time.Since(shown) < a.statusEvery() {
			return
		}
		shown = time.Now()
		a.status(fmt.Sprintf("%s of %s, asked %s, contacts %s, without answer %s",
			grouped(int64(s.Special+s.Cached+s.Asked+s.Failed)), plural(s.Addresses, "address"), grouped(int64(s.Asked)), grouped(int64(s.Contacts)), grouped(int64(s.Failed))))
	})
	a.endStatus()
	// What was answered is put into the findings, interrupted or not.
	if err := fillContacts(context.WithoutCancel(ctx), db, v, c.wants); err != nil {
		return errors.Join(failed, err)
	}
	if err := c.print(a, v, summary, services.Ledger()); err != nil {
		return err
	}
	switch {
	case errors.Is(failed, context.Canceled):
		return &exitError{code: exitIncomplete, cause: errors.New("interrupted; run it again to go on, what was answered is kept")}
	case errors.Is(failed, registry.ErrGaveUp):
		return &exitError{code: exitIncomplete, cause: failed}
	case failed == nil && summary.Failed > 0:
		return errIncomplete
	}
	return failed
}

// services are the registries, or the one server of --server.
func (c *contactsRDAPCommand) services(a *app) (*gate.Services, *url.URL, error) {
	if !(c.Rate > 0 && c.Rate <= maxServiceRate) {
		return nil, nil, fmt.Errorf("--rate %v: must be more than 0 and at most %d; registries block who asks faster", c.Rate, maxServiceRate)
	}
	o := gate.ServiceOptions{Hosts: registry.Hosts(), RequestsPerSecond: c.Rate, Logger: a.log,
		UserAgent: "Leadglass/" + version}
	if c.Server == "" {
		return gate.NewServices(o), nil, nil
	}
	u, err := url.Parse(c.Server)
	if err != nil || u.Scheme != "https" || u.Hostname() == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" {
		return nil, nil, fmt.Errorf("--server %q: write the base of an RDAP server, such as https://rdap.example.org/rdap/", c.Server)
	}
	o.Hosts, o.Local = []string{u.Hostname() + ":" + cmp.Or(u.Port(), "443")}, true
	return gate.NewServices(o), u, nil
}

// wants reports whether a contact is wanted for a finding.
func (c *contactsRDAPCommand) wants(f *survey.Finding) bool {
	return f.Exposed() || c.All && f.IsArchive()
}

// addresses are those of the survey that a contact is wanted for, each once.
func (c *contactsRDAPCommand) addresses(ctx context.Context, db *store.Store, v survey.Survey) ([]netip.Addr, error) {
	set := map[netip.Addr]bool{}
	for r, err := range db.Records(ctx, v.ID) {
		if err != nil {
			return nil, err
		}
		if addr, err := netip.ParseAddr(r.Finding.Target.Address); err == nil && c.wants(&r.Finding) {
			set[addr.Unmap()] = true
		}
	}
	return slices.SortedFunc(maps.Keys(set), netip.Addr.Compare), nil
}

func (c *contactsRDAPCommand) plan(a *app, addrs []netip.Addr) error {
	public := 0
	for _, addr := range addrs {
		if survey.Public(addr) {
			public++
		}
	}
	hosts := registry.Hosts()
	switch {
	case public == 0:
		hosts = []string{}
	case c.Server != "":
		hosts = []string{c.Server}
	}
	if c.JSON {
		return json.NewEncoder(a.out).Encode(struct {
			Schema    string   `json:"schema"`
			Addresses int      `json:"addresses"`
			Public    int      `json:"public"`
			Hosts     []string `json:"hosts"`
		}{"leadglass.contacts-plan/1", len(addrs), public, hosts})
	}
	if public == 0 {
		a.printf("%s, none of them public; no registry would be asked\n", plural(len(addrs), "address"))
		return nil
	}
	a.printf("%s, %s of them public; those would be asked about in %s or more, unless the store knows the answer, of\n",
		plural(len(addrs), "address"), grouped(int64(public)), time.Duration(float64(public)/c.Rate*float64(time.Second)).Round(time.Second))
	for _, host := range hosts {
		a.printf("  %s\n", host)
	}
	return nil
}

// fillBatch is how many findings are rewritten in one transaction.
const fillBatch = 100

// fillContacts puts what the store knows of registries into the findings.
func fillContacts(ctx context.Context, db *store.Store, v survey.Survey, wants func(*survey.Finding) bool) error {
	var batch []survey.Record
	used := false
	for r, err := range db.Records(ctx, v.ID) {
		if err != nil {
			return err
		}
		addr, err := netip.ParseAddr(r.Finding.Target.Address)
		if err != nil || !wants(&r.Finding) {
			continue
		}
		known, ok, err := db.Registration(ctx, addr, time.Now())
		if err != nil {
			return err
		}
		if !ok {
			continue
		}
		owner := new(survey.Owner)
		if r.Finding.Owner != nil {
			owner = r.Finding.Owner
		}
		registry.Apply(owner, known)
		r.Finding.Owner, used = owner, true
		if batch = append(batch, r); len(batch) >= fillBatch {
			if err := db.AppendRecords(ctx, batch); err != nil {
				return err
			}
			batch = batch[:0]
		}
	}
	if err := db.AppendRecords(ctx, batch); err != nil || !used {
		return err
	}
	v.Sources = survey.AddSources(v.Sources, registry.Source())
	return db.UpdateSurvey(ctx, v)
}

// contactsSummary is the output of --json.
type contactsSummary struct {
	Schema string `json:"schema"`
	Survey string `json:"survey"`
	registry.Summary
	Traffic gate.ServiceLedger `json:"traffic"`
}

func (c *contactsRDAPCommand) print(a *app, v survey.Survey, s registry.Summary, l gate.ServiceLedger) error {
	if c.JSON {
		return json.NewEncoder(a.out).Encode(contactsSummary{"leadglass.contacts/1", v.ID, s, l})
	}
	a.printf("survey %s of %s: %s, %s\n", v.ID, v.Name, plural(s.Addresses, "address"), plural(s.Contacts, "contact"))
	a.printf("  asked %s, known already %s, not public %s, without answer %s\n",
		grouped(int64(s.Asked)), grouped(int64(s.Cached)), grouped(int64(s.Special)), grouped(int64(s.Failed)))
	for _, why := range slices.Sorted(maps.Keys(s.Failures)) {
		a.printf("  %d x %s\n", s.Failures[why], why)
	}
	a.printf("  %s to registries, %s bytes sent, %s received\n", plural(l.Requests, "request"), grouped(l.BytesSent), grouped(l.BytesReceived))
	return nil
}
