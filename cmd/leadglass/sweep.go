package main

import (
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"fmt"
	"hash/fnv"
	"iter"

	"leadglass/internal/discover"
	"leadglass/internal/gate"
	"leadglass/internal/scope"
	"leadglass/internal/survey"
)

// sweepFlags say how the prefixes of a scope are gone through.
type sweepFlags struct {
	SYN    bool   `name:"syn" help:"Sweep by single SYN packets, which needs CAP_NET_RAW, instead of by connecting."`
	Passes int    `help:"How often what is silent is tried at most; default: as often as the measured loss asks for." placeholder:"N"`
	Parts  int    `help:"Into how many jobs the sweep is divided, for as many workers; default: 1, in PostgreSQL by the size of the scope." placeholder:"N"`
	Shard  string `help:"Survey part I of N of the scope; N machines, each with its part, survey it whole." placeholder:"I/N" default:"1/1"`
}

// shardOf reads --shard.
func (f sweepFlags) shardOf() (shard, shards int, err error) {
	if f.Shard == "" {
		return 1, 1, nil
	}
	if n, err := fmt.Sscanf(f.Shard, "%d/%d", &shard, &shards); n != 2 || err != nil || shard < 1 || shards < shard ||
		f.Shard != fmt.Sprintf("%d/%d", shard, shards) {
		return 0, 0, fmt.Errorf("--shard %q is not a part; write I/N with I from 1 to N, for example 2/3", f.Shard)
	}
	return shard, shards, nil
}

// begin are the parts of the sweep of a new survey; shared says whether its store
// is one that other machines can reach.
func (f sweepFlags) begin(s *scope.Scope, shared bool) ([]survey.Sweep, error) {
	shard, shards, err := f.shardOf()
	if err != nil {
		return nil, usage(err)
	}
	var seed discover.Seed
	rand.Read(seed[:]) // never fails
	if shards > 1 {
		// The machines know nothing of each other but the scope, by which they must
		// divide it in the same way.
		sum := sha256.Sum256([]byte("order of " + s.Digest()))
		copy(seed[:], sum[:])
	}
	n := f.Parts
	if n == 0 && shared {
		n = int(min(mostParts, s.RawSize()*uint64(len(s.Ports.DICOM)+len(s.Ports.HTTP))/uint64(shards)/pairsOfPart))
	}
	return discover.Parts(seed, shard, shards, max(1, n)), nil
}

// By default a sweep that other machines may help with is divided into parts of
// about nine minutes at 1,000 probes a second, and not into more than mostParts.
const (
	pairsOfPart = 1 << 19
	mostParts   = 64
	maxParts    = 1024 // that a user may ask for
)

// fits reports whether a survey that was interrupted is the one that the flags
// mean.
func (f sweepFlags) fits(s *survey.Sweep) bool {
	shard, shards, err := f.shardOf()
	return err == nil && (s == nil && shards == 1 || s != nil && s.Shard == shard && s.Shards == shards)
}

// check refuses what cannot work before anything is stored.
func (f sweepFlags) check(g *gate.Gate) error {
	if _, _, err := f.shardOf(); err != nil {
		return usage(err)
	}
	if f.Parts < 0 || f.Parts > maxParts {
		return usage(fmt.Errorf("--parts %d: a sweep is divided into 1 to %d jobs, as many as there are workers or a few times more", f.Parts, maxParts))
	}
	if f.Passes < 0 {
		return usage(fmt.Errorf("--passes %d is less than none; write how often what is silent is tried at most", f.Passes))
	}
	if !f.SYN {
		return nil
	}
	door, err := g.OpenSYN()
	if err != nil {
		if errors.Is(err, gate.ErrNoSYN) {
			return usage(fmt.Errorf("--syn: %w", err))
		}
		return err
	}
	door.Close()
	return nil
}

// ours are the candidates of the flags' shard. Like the addresses that are
// swept, each belongs to one.
func (f sweepFlags) ours(all iter.Seq[survey.Candidate]) iter.Seq[survey.Candidate] {
	shard, shards, err := f.shardOf()
	if err != nil || shards == 1 {
		return all
	}
	return func(yield func(survey.Candidate) bool) {
		for c := range all {
			h := fnv.New32a()
			addr := c.Address.As16()
			_, _ = h.Write(addr[:]) // never fails
			if int(h.Sum32()%uint32(shards)) == shard-1 && !yield(c) {
				return
			}
		}
	}
}

// sweepLine says what the sweep of prefixes lost.
func sweepLine(s *survey.Sweep) string {
	if s.Loss == nil {
		return "  packets lost    unknown: " + s.LossUnknown
	}
	line := fmt.Sprintf("  packets lost    %.1f %% of %s canaries", *s.Loss*100, grouped(s.Canaries))
	if s.LossHighest != nil {
		line += fmt.Sprintf(", unevenly: up to %.1f %% in a group of networks", *s.LossHighest*100)
	}
	if s.HostsMissed != nil {
		line += fmt.Sprintf("; of the networks' hosts about %.1f were missed, beside %s found", *s.HostsMissed, grouped(s.Hosts))
	}
	return line
}
