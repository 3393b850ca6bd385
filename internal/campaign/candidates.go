package campaign

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"maps"
	"math/rand/v2"
	"net/netip"
	"os"
	"slices"
	"sync"
	"time"

	"leadglass/internal/examine"
	"leadglass/internal/imports"
	"leadglass/internal/plain"
	"leadglass/internal/survey"
)

// CandidateFile is what a file of another scanner held, for the summary.
type CandidateFile struct {
	File   string `json:"file"`
	Format string `json:"format"`
	// Entries is how many places it names, OutOfScope how many of them may not
	// be touched, Skipped how many lines could not be read.
	Entries    int64 `json:"entries"`
	OutOfScope int64 `json:"out_of_scope"`
	Skipped    int64 `json:"skipped"`
	// PortsOutOfScope is how many entries name a port that the scope does not
	// have: their hosts are tried at the scope's ports alone. NamesLeftOut is how
	// many host names were one too many to be resolved.
	PortsOutOfScope int64 `json:"ports_out_of_scope,omitempty"`
	NamesLeftOut    int64 `json:"names_left_out,omitempty"`
}

// maxCandidateNames is how many host names of files are resolved: each is a
// question to a name server on another machine.
const maxCandidateNames = 10_000

// candidateList gathers the hosts that files name and the scope permits, each
// once, with the ports named for it. It holds about 100 bytes a host.
type candidateList struct {
	ports map[netip.Addr][]uint16
	hosts map[netip.Addr]string
	// names are those that files give without an address, with their ports.
	names map[string][]uint16
}

// readCandidates reads files of other scanners. Nothing in them widens the
// scope: what it does not permit is counted and left out.
func (c *Campaign) readCandidates(ctx context.Context, eng *examine.Engine, n *names, paths []string, strict bool) (*candidateList, []CandidateFile, error) {
	l := &candidateList{ports: map[netip.Addr][]uint16{}, hosts: map[netip.Addr]string{}, names: map[string][]uint16{}}
	var files []CandidateFile
	for _, path := range paths {
		f, err := l.read(ctx, c, eng, path, strict)
		if err != nil {
			return nil, nil, err
		}
		files = append(files, f)
	}
	l.resolve(ctx, c, eng, n, files)
	for _, f := range files {
		text := fmt.Sprintf("%s: %s, %s", f.File, f.Format, plain.Count(f.Entries, "entry"))
		if f.OutOfScope > 0 {
			text += fmt.Sprintf("; %s outside the scope, left out", plain.Grouped(f.OutOfScope))
		}
		if f.PortsOutOfScope > 0 {
			text += fmt.Sprintf("; %s with ports that are not the scope's, tried at those of the scope (allow: {candidate_ports: true} permits them)", plain.Count(f.PortsOutOfScope, "entry"))
		}
		if f.NamesLeftOut > 0 {
			text += fmt.Sprintf("; %s not resolved: %s at most are", plain.Count(f.NamesLeftOut, "host name"), plain.Grouped(maxCandidateNames))
		}
		if f.Skipped > 0 {
			text += fmt.Sprintf("; %s could not be read, left out", plain.Count(f.Skipped, "line"))
		}
		c.note(Noted, "", "%s", text)
	}
	return l, files, nil
}

// read reads one file.
func (l *candidateList) read(ctx context.Context, c *Campaign, eng *examine.Engine, path string, strict bool) (CandidateFile, error) {
	f, err := os.Open(path)
	if err != nil {
		return CandidateFile{}, refuse(fmt.Errorf("--candidates: %w", err))
	}
	defer func() { _ = f.Close() }()
	out := CandidateFile{File: path}
	now := time.Now()
	const shown = 3
	options := imports.Options{Name: path, Strict: strict, Skipped: func(p *imports.Problem) {
		if out.Skipped++; out.Skipped <= shown {
			c.note(Noted, "", "left out: %v", p)
		}
	}}
	sum, err := imports.Read(f, options, func(e imports.Entry) error {
		switch {
		case ctx.Err() != nil:
			return context.Cause(ctx)
		case e.Addr.IsValid() && eng.Scope.Check(e.Addr, now) != nil, !e.Addr.IsValid() && !eng.Scope.MayResolve(e.Name):
			out.OutOfScope++
			return nil
		case e.Port != 0 && !eng.Scope.PermitsPort(e.Port):
			out.PortsOutOfScope++
			e.Port = 0
		}
		if e.Addr.IsValid() {
			l.ports[e.Addr] = withPort(l.ports[e.Addr], e.Port)
		} else if _, known := l.names[e.Name]; known || len(l.names) < maxCandidateNames {
			l.names[e.Name] = withPort(l.names[e.Name], e.Port)
		} else {
			out.NamesLeftOut++
		}
		return nil
	})
	out.Format, out.Entries = string(sum.Format), sum.Entries
	var problem *imports.Problem
	if errors.As(err, &problem) {
		return out, refuse(fmt.Errorf("--candidates: %w; without --strict such lines are left out", err))
	}
	if err != nil {
		return out, fmt.Errorf("reading candidates: %w", err)
	}
	return out, nil
}

// withPort adds a port to a list that holds each once; 0 is none.
func withPort(ports []uint16, port uint16) []uint16 {
	if port == 0 || slices.Contains(ports, port) {
		return ports
	}
	return append(ports, port)
}

// resolvers is how many names of files are resolved side by side: one that is not
// answered takes its time.
const resolvers = 8

// resolve resolves the names that files gave, through the gate, which has a rate
// for that. Names that lead outside the scope are counted with the last file.
func (l *candidateList) resolve(ctx context.Context, c *Campaign, eng *examine.Engine, n *names, files []CandidateFile) {
	todo := make(chan string)
	var all sync.WaitGroup
	for range min(resolvers, len(l.names)) {
		all.Go(func() {
			for name := range todo {
				_, _ = n.resolve(ctx, eng, name) // n keeps what came of it
			}
		})
	}
	order := slices.Sorted(maps.Keys(l.names))
	for _, name := range order {
		todo <- name
	}
	close(todo)
	all.Wait()
	for _, name := range order {
		addrs, err := n.resolve(ctx, eng, name)
		if err != nil {
			c.note(Noted, "", "%s is left out: %v", name, err)
			files[len(files)-1].OutOfScope++
		}
		for _, addr := range addrs {
			l.hosts[addr] = name
			all := l.ports[addr]
			for _, p := range l.names[name] {
				all = withPort(all, p)
			}
			l.ports[addr] = all
		}
	}
}

// all are the candidates, in an order that is no network's, so that none is
// asked in a burst.
func (l *candidateList) all() iter.Seq[survey.Candidate] {
	addrs := make([]netip.Addr, 0, len(l.ports))
	for addr := range l.ports {
		addrs = append(addrs, addr)
	}
	rand.Shuffle(len(addrs), func(i, j int) { addrs[i], addrs[j] = addrs[j], addrs[i] })
	return func(yield func(survey.Candidate) bool) {
		for _, addr := range addrs {
			if !yield(survey.Candidate{Address: addr, Host: l.hosts[addr], Ports: l.ports[addr]}) {
				return
			}
		}
	}
}

// ranges are the addresses of the candidates, sorted.
func (l *candidateList) ranges() []survey.AddressRange {
	var all []survey.AddressRange
	for _, addr := range slices.SortedFunc(maps.Keys(l.ports), netip.Addr.Compare) {
		if n := len(all); n > 0 && all[n-1].To.Next() == addr && all[n-1].To.Is4() == addr.Is4() {
			all[n-1].To = addr
			continue
		}
		all = append(all, survey.AddressRange{From: addr, To: addr})
	}
	return all
}

// beside are the candidates of the scope's sweep, with the ports that files
// name for them, and then those of the files that the sweep does not reach:
// hosts in networks of IPv6 that are too large to be swept.
func (l *candidateList) beside(swept iter.Seq[survey.Candidate]) iter.Seq[survey.Candidate] {
	return func(yield func(survey.Candidate) bool) {
		seen := map[netip.Addr]bool{}
		for c := range swept {
			if ports, ok := l.ports[c.Address]; ok {
				c.Ports = ports
				seen[c.Address] = true
			}
			if !yield(c) {
				return
			}
		}
		for c := range l.all() {
			if !seen[c.Address] && !yield(c) {
				return
			}
		}
	}
}
