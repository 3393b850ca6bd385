package campaign

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

// Sweep says how the prefixes of a scope are swept.
type Sweep struct {
	// SYN sweeps by single SYN packets, which needs the right to send them,
	// instead of by connecting.
	SYN bool
	// Passes is how often what does not respond is tried at most; 0: as often as
	// the measured loss demands.
	Passes int
	// Parts is into how many jobs the sweep is divided; 0: one, in a store that
	// other machines reach by the size of the scope.
	Parts int
	// Shard of Shards is the part of the scope that is surveyed; 0 of 0 is all.
	Shard, Shards int
}

// share is the part of the scope that is surveyed.
func (o Sweep) share() (shard, shards int) {
	if o.Shards == 0 {
		return 1, 1
	}
	return o.Shard, o.Shards
}

// begin are the parts of the sweep of a new survey; shared says whether its store
// is one that other machines can reach.
func (o Sweep) begin(s *scope.Scope, shared bool) []survey.Sweep {
	shard, shards := o.share()
	var seed discover.Seed
	rand.Read(seed[:]) // never fails
	if shards > 1 {
		// The machines know nothing of each other but the scope, by which they must
		// divide it in the same way.
		sum := sha256.Sum256([]byte("order of " + s.Digest()))
		copy(seed[:], sum[:])
	}
	n := o.Parts
	if n == 0 && shared {
		n = int(min(mostParts, s.RawSize()*uint64(len(s.Ports.DICOM)+len(s.Ports.HTTP))/uint64(shards)/pairsOfPart))
	}
	return discover.Parts(seed, shard, shards, max(1, n))
}

// By default a sweep that other machines may help with is divided into parts of
// about nine minutes at 1,000 probes a second, and not into more than mostParts.
const (
	pairsOfPart = 1 << 19
	mostParts   = 64
	maxParts    = 1024 // that a user may ask for
)

// fits reports whether a survey that was interrupted is the one that the options
// mean.
func (o Sweep) fits(s *survey.Sweep) bool {
	shard, shards := o.share()
	return (s == nil && shards == 1 || s != nil && s.Shard == shard && s.Shards == shards)
}

// check refuses what cannot work before anything is stored.
func (o Sweep) check(g *gate.Gate) error {
	if shard, shards := o.share(); shard < 1 || shards < shard {
		return refuse(fmt.Errorf("part %d of %d: a part is a number from 1 to how many there are", shard, shards))
	}
	if o.Parts < 0 || o.Parts > maxParts {
		return refuse(fmt.Errorf("--parts %d: a sweep is divided into 1 to %d jobs, as many as there are workers or a few times more", o.Parts, maxParts))
	}
	if o.Passes < 0 {
		return refuse(fmt.Errorf("--passes %d is less than none; write how often what is silent is tried at most", o.Passes))
	}
	if !o.SYN {
		return nil
	}
	door, err := g.OpenSYN()
	if err != nil {
		if errors.Is(err, gate.ErrNoSYN) {
			return refuse(fmt.Errorf("--syn: %w", err))
		}
		return err
	}
	door.Close()
	return nil
}

// ours are the candidates of the options' shard. Like the addresses that are
// swept, each belongs to one.
func (o Sweep) ours(all iter.Seq[survey.Candidate]) iter.Seq[survey.Candidate] {
	shard, shards := o.share()
	if shards == 1 {
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
