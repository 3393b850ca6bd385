package campaign

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"time"

	"leadglass/internal/examine"
	"leadglass/internal/gate"
	"leadglass/internal/scope"
	"leadglass/internal/store"
	"leadglass/internal/survey"
	"leadglass/internal/warrant"
)

// bounds reads what the worker may touch at all: what is in the store does not
// decide that.
func (w *workerRun) bounds() error {
	switch {
	case w.o.ScopeFile == "" && len(w.o.Trust) == 0:
		return errors.New("a worker needs --scope FILE, the scope file of the survey, or --trust KEY, the public key that the survey was signed with: " +
			"else whoever can write to the store would decide what is probed from here")
	case w.o.ScopeFile == "" && len(w.o.CalledAETitles) > 0:
		return errors.New("--called-ae-title goes with --scope: the titles of a survey that was signed are signed too")
	}
	for _, text := range w.o.Trust {
		key, err := warrant.ParsePublic(text)
		if err != nil {
			return fmt.Errorf("--trust: the text given %w", err)
		}
		w.keys = append(w.keys, key)
	}
	if w.o.ScopeFile == "" {
		return nil
	}
	s, err := scope.Load(w.o.ScopeFile)
	if err == nil {
		err = AddCalledAETitles(s, w.o.CalledAETitles)
	}
	w.own = s
	return err
}

// engine is what examines the hosts of a survey: as its leader does, or an error
// that says why this process cannot, or may not.
func (w *workerRun) engine(ctx context.Context, v survey.Survey) (*examine.Engine, error) {
	s, err := w.bounded(ctx, v)
	if err != nil {
		return nil, err
	}
	covers, err := coverageOf(s, w.o.Products, w.Version)
	if err != nil {
		return nil, err
	}
	if why := covers.Differs(*v.Coverage); why != "" {
		return nil, fmt.Errorf("it was begun with %s", why)
	}
	eng, err := NewEngine(s, EngineOptions{Products: w.o.Products, GeoIP: w.o.GeoIP, Log: w.Log, Now: w.Now, Resolver: w.Resolver})
	if err != nil {
		return nil, err
	}
	if more := survey.AddSources(slices.Clone(v.Sources), eng.Sources...); len(more) != len(v.Sources) || len(eng.Sources) != len(v.Sources) {
		return nil, errors.New("it was begun with other --geoip files or another overlay")
	}
	return eng, nil
}

// bounded is the scope of a survey with everything that bounds it, or an error that
// says why this process may not act on it.
func (w *workerRun) bounded(ctx context.Context, v survey.Survey) (*scope.Scope, error) {
	m, err := w.db.Mandate(ctx, v.ID)
	if errors.Is(err, store.ErrNotFound) {
		return nil, fmt.Errorf("its exclusions are not stored yet: its leader does that when it begins, or `leadglass survey --resume` for a survey of an older version (%w)", err)
	}
	if err != nil {
		return nil, err
	}
	if v.Coverage == nil {
		return nil, errors.New("it was begun by a version that kept too little of it")
	}
	signed := func(k warrant.PublicKey) bool { return k.Verify(v.ID, v.Scope, m) }
	if len(w.keys) > 0 && !slices.ContainsFunc(w.keys, signed) {
		return nil, errors.New("it is not signed by a key of --trust")
	}
	s, err := w.scopeOf(ctx, v, m)
	if err != nil {
		return nil, err
	}
	return s, w.permitNames(ctx, s, m)
}

// scopeOf is the scope of a survey with the exclusions of the survey and the
// worker's own. The survey learns of those that only the worker has.
func (w *workerRun) scopeOf(ctx context.Context, v survey.Survey, m survey.Mandate) (*scope.Scope, error) {
	if w.own == nil {
		s, err := scope.ParseStored("the scope of survey "+v.ID, v.Scope, time.Now())
		if err == nil {
			err = AddCalledAETitles(s, m.Titles)
		}
		if err == nil {
			_, err = s.Exclude(m.Exclusions)
		}
		return s, err
	}
	s, err := scope.Load(w.o.ScopeFile) // its exclude files may have more by now
	if err != nil {
		return nil, err
	}
	if s.Text != v.Scope {
		return nil, fmt.Errorf("its scope is not the text of %s", w.o.ScopeFile)
	}
	if err := AddCalledAETitles(s, w.o.CalledAETitles); err != nil {
		return nil, err
	}
	if _, err := s.Exclude(m.Exclusions); err != nil {
		return nil, err
	}
	if all := s.Exclusions(); !bytes.Equal(all, m.Exclusions) {
		w.say(fmt.Sprintf("the exclude files of %s hold addresses that survey %s did not exclude when it began: it leaves them out from here on", w.o.ScopeFile, v.ID))
		err = w.db.AddExclusions(ctx, v.ID, all)
	}
	return s, err
}

// permitNames permits the addresses of the scope's names, where these permit
// anything: those that the survey resolved first. Their list in the store is
// believed where it is signed. Otherwise it has to be what the names resolve to
// here, so that neither the store nor a name server alone decides what is probed.
func (w *workerRun) permitNames(ctx context.Context, s *scope.Scope, m survey.Mandate) error {
	if !s.ByName() {
		return nil
	}
	var asked *gate.Gate
	for _, p := range m.Pins {
		if !slices.Contains(s.Names, p.Name) {
			continue
		}
		if w.own != nil && len(w.keys) == 0 {
			if asked == nil { // with a scope of its own, in which the answers are kept
				other, err := scope.Load(w.o.ScopeFile)
				if err != nil {
					return err
				}
				asked = gate.New(other, gate.Options{Logger: w.Log})
			}
			here, err := asked.Resolve(ctx, p.Name)
			if err != nil {
				return err
			}
			if other := slices.IndexFunc(p.Addresses, func(a netip.Addr) bool { return !slices.Contains(here, a) }); other >= 0 {
				return fmt.Errorf("%s resolves to other addresses here than when the survey began; sign the survey (`survey --sign`) and give this worker --trust KEY", p.Name)
			}
		}
		if _, err := s.Resolved(p.Name, p.Addresses); err != nil {
			return err
		}
	}
	return nil
}
