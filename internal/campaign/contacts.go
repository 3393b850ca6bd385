package campaign

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
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

// MaxRegistryRate is the most requests a second to address registries, which
// block those who send more.
const MaxRegistryRate = 10

// RegistryOptions is what a front end chooses for the look-up of contacts.
type RegistryOptions struct {
	// Rate is in requests a second, to all registries together: more than 0, at
	// most MaxRegistryRate.
	Rate float64
	// Server is the base URL of one RDAP server that is queried about all
	// addresses; "" for the registries.
	Server string
	// All looks up every archive that answered, not only the exposed ones.
	All bool
	// Version is the program's, for the User-Agent.
	Version string
	Log     *slog.Logger
}

// Contacts looks up abuse contacts of the systems of a survey.
type Contacts struct {
	all      bool
	server   *url.URL // nil for the registries
	services *gate.Services
}

// NewContacts returns a look-up by o, or a *Refusal. Nothing is sent yet.
func NewContacts(o RegistryOptions) (*Contacts, error) {
	if !(o.Rate > 0 && o.Rate <= MaxRegistryRate) {
		return nil, refuse(fmt.Errorf("--rate %v: must be more than 0 and at most %d; registries block faster clients", o.Rate, MaxRegistryRate))
	}
	s := gate.ServiceOptions{Hosts: registry.Hosts(), RequestsPerSecond: o.Rate, Logger: o.Log, UserAgent: "Leadglass/" + o.Version}
	if o.Server == "" {
		return &Contacts{all: o.All, services: gate.NewServices(s)}, nil
	}
	u, err := url.Parse(o.Server)
	if err != nil || u.Scheme != "https" || u.Hostname() == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" {
		return nil, refuse(fmt.Errorf("--server %q: write the base of an RDAP server, such as https://rdap.example.org/rdap/", o.Server))
	}
	s.Hosts, s.Local = []string{u.Hostname() + ":" + cmp.Or(u.Port(), "443")}, true
	return &Contacts{all: o.All, server: u, services: gate.NewServices(s)}, nil
}

// Survey returns the survey with that ID or name, the last one for "". One that
// is running is a *Refusal, because its findings are still being written.
func (c *Contacts) Survey(ctx context.Context, db *store.Store, id string) (survey.Survey, error) {
	v, err := db.Survey(ctx, id)
	if err == nil && v.State == survey.StateRunning {
		err = refuse(fmt.Errorf("survey %s is running, or was killed; let it end, or end it with `leadglass survey --resume`", v.ID))
	}
	return v, err
}

// wants reports whether a contact is wanted for a finding.
func (c *Contacts) wants(f *survey.Finding) bool {
	return f.Exposed() || c.all && f.IsArchive()
}

// Addresses are those of the survey that a contact is wanted for, each once, in
// order.
func (c *Contacts) Addresses(ctx context.Context, db *store.Store, v survey.Survey) ([]netip.Addr, error) {
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

// ContactsPlan says what Collect would send.
type ContactsPlan struct {
	Schema string `json:"schema"`
	// Addresses is how many a contact is wanted for, Public how many of them are
	// public: only those are looked up.
	Addresses int `json:"addresses"`
	Public    int `json:"public"`
	// Hosts are the servers that may be contacted; empty where no address is
	// public.
	Hosts []string `json:"hosts"`
}

// Plan says what would be sent for addrs.
func (c *Contacts) Plan(addrs []netip.Addr) ContactsPlan {
	p := ContactsPlan{Schema: "leadglass.contacts-plan/1", Addresses: len(addrs), Hosts: []string{}}
	for _, addr := range addrs {
		if survey.Public(addr) {
			p.Public++
		}
	}
	switch {
	case p.Public == 0:
	case c.server != nil:
		p.Hosts = []string{c.server.String()}
	default:
		p.Hosts = registry.Hosts()
	}
	return p
}

// ContactsResult is what a look-up found and sent.
type ContactsResult struct {
	Schema string `json:"schema"`
	Survey string `json:"survey"`
	registry.Summary
	Traffic gate.ServiceLedger `json:"traffic"`
}

// Collect queries the registries about addrs, keeps the answers in the store
// and writes them into the findings of v, interrupted or not. step is called
// after each address. failed says why the look-up ended early: the context's
// end or registry.ErrGaveUp, which keep the result; err is an error of the
// store.
func (c *Contacts) Collect(ctx context.Context, db *store.Store, v survey.Survey, addrs []netip.Addr, step func(registry.Summary)) (r ContactsResult, failed, err error) {
	client := registry.New(registry.Options{HTTP: c.services.HTTPClient(), Server: c.server})
	summary, failed := client.Collect(ctx, db, addrs, step)
	if err := c.fill(context.WithoutCancel(ctx), db, v); err != nil {
		return ContactsResult{}, nil, errors.Join(failed, err)
	}
	return ContactsResult{"leadglass.contacts/1", v.ID, summary, c.services.Ledger()}, failed, nil
}

// fillBatch is how many findings are rewritten in one transaction.
const fillBatch = 100

// fill puts what the store knows of registries into the findings.
func (c *Contacts) fill(ctx context.Context, db *store.Store, v survey.Survey) error {
	var batch []survey.Record
	used := false
	for r, err := range db.Records(ctx, v.ID) {
		if err != nil {
			return err
		}
		addr, err := netip.ParseAddr(r.Finding.Target.Address)
		if err != nil || !c.wants(&r.Finding) {
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
