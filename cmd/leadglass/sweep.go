package main

import (
	"crypto/rand"
	"errors"
	"fmt"
	"hash/fnv"
	"iter"

	"leadglass/internal/discover"
	"leadglass/internal/gate"
	"leadglass/internal/survey"
)

// sweepFlags say how the prefixes of a scope are gone through.
type sweepFlags struct {
	SYN    bool   `name:"syn" help:"Sweep by single SYN packets, which needs CAP_NET_RAW, instead of by connecting."`
	Passes int    `help:"How often what is silent is tried at most; default: as often as the measured loss asks for." placeholder:"N"`
	Shard  string `help:"Survey part I of N of the scope; N machines, each with its part, survey it whole." placeholder:"I/N" default:"1/1"`
}

// parts reads --shard.
func (f sweepFlags) parts() (shard, shards int, err error) {
	if f.Shard == "" {
		return 1, 1, nil
	}
	if n, err := fmt.Sscanf(f.Shard, "%d/%d", &shard, &shards); n != 2 || err != nil || shard < 1 || shards < shard ||
		f.Shard != fmt.Sprintf("%d/%d", shard, shards) {
		return 0, 0, fmt.Errorf("--shard %q is not a part; write I/N with I from 1 to N, for example 2/3", f.Shard)
	}
	return shard, shards, nil
}

// begin is the sweep of a new survey.
func (f sweepFlags) begin() (survey.Sweep, error) {
	shard, shards, err := f.parts()
	if err != nil {
		return survey.Sweep{}, usage(err)
	}
	var seed discover.Seed
	rand.Read(seed[:]) // never fails
	s := discover.New(seed, shard, shards)
	if f.SYN {
		s.Method = survey.SweepSYN
	}
	return s, nil
}

// fits reports whether a survey that was interrupted is the one that the flags
// mean.
func (f sweepFlags) fits(s *survey.Sweep) bool {
	shard, shards, err := f.parts()
	return err == nil && (s == nil && shards == 1 || s != nil && s.Shard == shard && s.Shards == shards)
}

// check refuses what cannot work before anything is stored.
func (f sweepFlags) check(g *gate.Gate) error {
	if _, _, err := f.parts(); err != nil {
		return usage(err)
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
	shard, shards, err := f.parts()
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
