package campaign

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"sync"

	"leadglass/internal/examine"
	"leadglass/internal/scope"
	"leadglass/internal/store"
	"leadglass/internal/survey"
	"leadglass/internal/warrant"
)

// names resolves host names for a survey, each once: what a name was first
// resolved to is kept with the survey, and holds when it is continued.
type names struct {
	mu         sync.Mutex
	pins       map[string][]netip.Addr
	order      []string // of pins
	unresolved map[string]error
}

func newNames() *names {
	return &names{pins: map[string][]netip.Addr{}, unresolved: map[string]error{}}
}

// keep has the scope and n go on with addresses that were resolved before.
func (n *names) keep(s *scope.Scope, pins []survey.Pin) {
	for _, p := range pins {
		// What the scope does not permit of them any more is refused when it is asked.
		_, _ = s.Resolved(p.Name, p.Addresses)
		n.add(p.Name, p.Addresses)
	}
}

func (n *names) add(name string, addrs []netip.Addr) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if _, ok := n.pins[name]; !ok {
		n.order = append(n.order, name)
	}
	n.pins[name] = addrs
}

// list are the names with their addresses.
func (n *names) list() []survey.Pin {
	list := []survey.Pin{}
	for _, name := range n.order {
		list = append(list, survey.Pin{Name: name, Addresses: n.pins[name]})
	}
	return list
}

// resolve are the addresses of a name that may be touched.
func (n *names) resolve(ctx context.Context, eng *examine.Engine, name string) ([]netip.Addr, error) {
	n.mu.Lock()
	failure, failed := n.unresolved[name]
	addrs, known := n.pins[name]
	n.mu.Unlock()
	if failed {
		return nil, failure
	}
	if !known {
		found, err := eng.Gate.Resolve(ctx, name)
		if err != nil {
			if ctx.Err() == nil {
				n.fail(name, err)
			}
			return nil, err
		}
		n.add(name, found)
		return found, nil
	}
	var permitted []netip.Addr
	var refusal error
	for _, addr := range addrs {
		if err := eng.Gate.Check(addr); err != nil {
			refusal = err
			continue
		}
		permitted = append(permitted, addr)
	}
	if len(permitted) == 0 {
		err := fmt.Errorf("%s: when the survey began it resolved to addresses that may not be touched: %w", name, refusal)
		n.fail(name, err)
		return nil, err
	}
	return permitted, nil
}

func (n *names) fail(name string, err error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.unresolved[name] = err
}

// inherit adds what earlier processes excluded to the scope, before anything is
// sent: those of the survey that is continued, which has the ID, or those of the
// last survey of the series.
func inherit(ctx context.Context, db *store.Store, s *scope.Scope, id string) (survey.Mandate, error) {
	m, err := db.Mandate(ctx, id)
	if errors.Is(err, store.ErrNotFound) { // begun by a version that did not keep it
		return m, nil
	}
	if err != nil {
		return m, err
	}
	more, err := db.MoreExclusions(ctx, id)
	if err != nil {
		return m, err
	}
	for _, exclusions := range append(more, m.Exclusions) {
		if _, err := s.Exclude(exclusions); err != nil {
			return m, fmt.Errorf("survey %s: %w", id, err)
		}
	}
	return m, nil
}

// continued is inherit for a survey that this process continues. One that was
// signed is continued with the same key.
func continued(ctx context.Context, db *store.Store, s *scope.Scope, v survey.Survey, key *warrant.Key) (survey.Mandate, error) {
	m, err := inherit(ctx, db, s, v.ID)
	switch {
	case err != nil || m.Seal == "":
		return m, err
	case key == nil:
		return m, refuse(fmt.Errorf("survey %s was begun with --sign; continue it with the same key", v.ID))
	case !key.Public().Verify(v.ID, v.Scope, m):
		return m, refuse(fmt.Errorf("survey %s: its exclusions and the addresses of its names are not those that this key signed: the store was changed, or it is another key", v.ID))
	}
	return m, nil
}

// lastOf is the newest survey of a series, "" for none.
func lastOf(ctx context.Context, db *store.Store, s *scope.Scope, series string) (string, error) {
	all, err := db.Surveys(ctx)
	if err != nil {
		return "", err
	}
	for _, v := range all {
		if strings.HasPrefix(v.Name, series+" ") && v.Authority.Organisation == s.Authority.Organisation {
			return v.ID, nil
		}
	}
	return "", nil
}

// saveMandate resolves the scope's names and stores what bounds the survey. It
// comes before all work, so that whoever helps keeps to it.
func (w *lead) saveMandate(ctx context.Context) error {
	for _, name := range w.scope.Names {
		if !w.o.sweeps() {
			break // the files' names are resolved, and no others are asked for
		}
		if _, err := w.targets.names.resolve(ctx, w.run.Engine, name); err != nil && ctx.Err() != nil {
			return context.Cause(ctx)
		}
	}
	m := survey.Mandate{Exclusions: w.scope.Exclusions(), Pins: w.targets.names.list(), Titles: slices.Sorted(slices.Values(w.scope.CalledAETitles))}
	if w.survey.Coverage != nil { // with those of earlier runs
		m.Titles = w.survey.Coverage.CalledAETitles
	}
	if w.o.Sign != nil {
		seal, err := w.o.Sign.Seal(w.survey.ID, w.survey.Scope, m)
		if err != nil {
			return err
		}
		m.Seal = seal
	}
	return w.db.Update(ctx, "beginning survey "+w.survey.ID+" in", func(tx *store.Tx) error {
		return tx.SaveMandate(ctx, w.survey.ID, m)
	})
}

// coverLess takes what workers excluded beside the mandate out of what the survey
// covers.
func (w *lead) coverLess(ctx context.Context) error {
	more, err := w.db.MoreExclusions(ctx, w.survey.ID)
	if err != nil {
		return err
	}
	for _, exclusions := range more {
		if _, err := w.scope.Exclude(exclusions); err != nil {
			return fmt.Errorf("survey %s: %w", w.survey.ID, err)
		}
	}
	if len(more) > 0 && w.o.sweeps() && w.survey.Coverage != nil {
		w.survey.Coverage.Ranges = rangesOf(w.scope)
	}
	return nil
}
