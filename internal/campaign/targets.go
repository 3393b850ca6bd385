package campaign

import (
	"context"
	"errors"
	"iter"
	"net/netip"

	"leadglass/internal/examine"
	"leadglass/internal/survey"
)

// targetList is what a survey looks at.
type targetList struct {
	hosts iter.Seq[survey.Candidate]
	// size is how many addresses there are to look at, as far as is known
	// before names are resolved.
	size int64
	// files are what the files held that name hosts; named are those hosts
	// where nothing else is looked at.
	files []CandidateFile
	named []survey.AddressRange
	// names are resolved there, those of files too; unresolved are the scope's
	// that led to no address, once hosts was gone through.
	names      *names
	unresolved map[string]error
}

// surveyTargets are the hosts to survey: those of the scope, of files, or both.
func (w *lead) targetsOf(ctx context.Context, eng *examine.Engine) (*targetList, error) {
	n, o := w.names, &w.o
	t := &targetList{names: n, unresolved: map[string]error{}, size: int64(eng.Scope.Size()) + int64(len(eng.Scope.Names))}
	t.hosts = candidates(ctx, eng, n, t.unresolved)
	if len(o.Candidates) == 0 {
		return t, nil
	}
	list, files, err := w.readCandidates(ctx, eng, n, o.Candidates, o.Strict)
	t.files = files
	switch {
	case err != nil:
		return t, err
	case o.SweepToo:
		t.hosts = list.beside(t.hosts)
		return t, nil
	case len(list.ports) == 0:
		return t, refuse(errors.New("the files of --candidates name no host that the scope permits"))
	}
	t.hosts, t.size, t.named = list.all(), int64(len(list.ports)), list.ranges()
	return t, nil
}

// candidates are what the scope names by itself: single addresses, and what
// its host names resolve to. Names that do not are put into unresolved.
func candidates(ctx context.Context, eng *examine.Engine, n *names, unresolved map[string]error) iter.Seq[survey.Candidate] {
	return func(yield func(survey.Candidate) bool) {
		named := map[netip.Addr]bool{}
		for _, name := range eng.Scope.Names {
			addrs, err := n.resolve(ctx, eng, name)
			if err != nil && ctx.Err() == nil {
				unresolved[name] = err
			}
			for _, addr := range addrs {
				if !named[addr] && !yield(survey.Candidate{Address: addr, Host: name}) {
					return
				}
				named[addr] = true
			}
		}
		for addr := range eng.Scope.Singles() {
			if !named[addr] && !yield(survey.Candidate{Address: addr}) {
				return
			}
		}
	}
}
