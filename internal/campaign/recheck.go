package campaign

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"time"

	"leadglass/internal/cases"
	"leadglass/internal/examine"
	"leadglass/internal/scope"
	"leadglass/internal/store"
	"leadglass/internal/survey"
)

// RecheckOptions say on whose authority systems are examined again.
type RecheckOptions struct {
	// Survey is the ID or name of the survey whose scope bounds it; "" for the last
	// that has a record of the system.
	Survey string
	// By is the person who rechecks.
	By string
	// Bounds are those of a worker: in a store that others can write to, a scope
	// file or a key decides what may be touched.
	Bounds WorkerOptions
}

// Rechecked is a system that was examined again.
type Rechecked struct {
	survey.Recheck
	// Case is the system's case then; nil where it was never exposed.
	Case *cases.Case
}

// Recheck examines one system of a survey again, bound to the survey's scope,
// validity, limits and exclusions, and stores what it finds apart from all surveys.
// What these do not permit is a *Refusal.
func (c *Campaign) Recheck(ctx context.Context, db *store.Store, address string, o RecheckOptions) (Rechecked, error) {
	target := targetName(address)
	addr, err := netip.ParseAddr(target)
	if err != nil {
		return Rechecked{}, refuse(fmt.Errorf("%q is not an address; systems are rechecked by address, as `leadglass cases list` names them", address))
	}
	v, records, err := knownIn(ctx, db, target, o.Survey)
	if err != nil {
		return Rechecked{}, err
	}
	if err := idle(ctx, db, addr); err != nil {
		return Rechecked{}, err
	}
	eng, err := c.recheckEngine(ctx, db, v, o.Bounds)
	if err != nil {
		return Rechecked{}, err
	}
	if err := eng.Gate.Check(addr); err != nil {
		return Rechecked{}, refuse(fmt.Errorf("survey %s, system %s: %w", v.ID, target, err))
	}
	began := time.Now()
	r, err := eng.Check(ctx, again(addr, records, eng.Scope))
	if err != nil {
		return Rechecked{}, err
	}
	saved, err := db.AddRecheck(ctx, &survey.Record{SurveyID: v.ID, Finding: r.Finding}, began, o.By)
	if err != nil {
		return Rechecked{}, err
	}
	out := Rechecked{Recheck: saved}
	one, err := CaseOf(ctx, db, target, time.Now())
	if err == nil {
		out.Case = &one
	} else if errors.Is(err, store.ErrNotFound) {
		err = nil
	}
	return out, err
}

// knownIn is the survey that knows a system: the one that is named or the last with
// a record of it, and its records.
func knownIn(ctx context.Context, db *store.Store, target, name string) (survey.Survey, []survey.Record, error) {
	all, err := db.Surveys(ctx)
	if err == nil && name != "" {
		var v survey.Survey
		v, err = db.Survey(ctx, name)
		all = []survey.Survey{v}
	}
	if err != nil {
		return survey.Survey{}, nil, err
	}
	for _, v := range all {
		records, err := db.RecordsOf(ctx, v.ID, target)
		if err != nil {
			return v, nil, err
		}
		if len(records) > 0 {
			return v, records, nil
		}
	}
	return survey.Survey{}, nil, refuse(fmt.Errorf("no survey in the store %s has a record of %s, so that no scope permits to recheck it; `leadglass check %s --scope FILE` checks a single target", db.Name(), target, target))
}

// idle refuses while a survey is at work that covers the address: a host has one
// association at a time.
func idle(ctx context.Context, db *store.Store, addr netip.Addr) error {
	all, err := db.Surveys(ctx)
	if err != nil {
		return err
	}
	for _, v := range all {
		if v.State == survey.StateFinished || v.Coverage != nil && !v.Coverage.Covers(addr) {
			continue
		}
		s, err := StatusOf(ctx, db, v)
		if err != nil {
			return err
		}
		if s.Status == survey.StatusRunning || s.Status == survey.StatusCancelling {
			return refuse(fmt.Errorf("survey %s is at work on %s; wait until it has finished", v.ID, addr))
		}
	}
	return nil
}

// recheckEngine examines hosts as the survey does that bounds it.
func (c *Campaign) recheckEngine(ctx context.Context, db *store.Store, v survey.Survey, bounds WorkerOptions) (*examine.Engine, error) {
	w := &workerRun{Campaign: c, o: bounds, db: db, said: map[string]bool{}, refused: map[string]time.Time{}}
	if db.Shared() && bounds.ScopeFile == "" && len(bounds.Trust) == 0 {
		return nil, refuse(errors.New("in a PostgreSQL store, recheck needs --scope FILE, the scope file of the survey, or --trust KEY, the public key that the survey was signed with: " +
			"else whoever can write to the store would decide what is probed from here"))
	}
	if bounds.ScopeFile != "" || len(bounds.Trust) > 0 {
		if err := w.bounds(); err != nil {
			return nil, refuse(err)
		}
	}
	s, err := w.bounded(ctx, v)
	if err != nil {
		return nil, refuse(fmt.Errorf("survey %s does not permit a recheck: %w", v.ID, err))
	}
	if _, err := inherit(ctx, db, s, v.ID); err != nil { // with what its workers excluded
		return nil, err
	}
	return NewEngine(s, EngineOptions{Products: bounds.Products, GeoIP: bounds.GeoIP, Log: c.Log, Now: c.Now, Resolver: c.Resolver})
}

// again is the candidate for a system that is examined again: on the scope's ports
// and on those where it was found.
func again(addr netip.Addr, records []survey.Record, s *scope.Scope) survey.Candidate {
	c := survey.Candidate{Address: addr}
	for i := range records {
		f := &records[i].Finding
		if f.Target.Host != f.Target.Address {
			c.Host = f.Target.Host
		}
		ports := []uint16{records[i].RequestedPort}
		for j := range f.Services {
			ports = append(ports, f.Services[j].Port)
		}
		for _, p := range ports {
			if s.PermitsPort(p) && !slices.Contains(c.Ports, p) {
				c.Ports = append(c.Ports, p)
			}
		}
	}
	return c
}
