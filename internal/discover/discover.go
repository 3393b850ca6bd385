// Package discover finds candidates: addresses of the scope on which one of
// the ports that image archives use accepts a connection.
//
// It goes through all pairs of an address and a port in an order that follows
// no network (Order), tries each through the gate, and hands over a host with
// the connection that was opened to it, so that what answers there can be
// asked without connecting again. From then on it tries the host's other ports
// one after the other, as fast as they are asked.
//
// It does not judge what answers there; that is the business of package
// identify, which is next.
package discover

import (
	"context"
	"encoding/hex"
	"fmt"
	"iter"
	"math"
	"net/netip"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"leadglass/internal/gate"
	"leadglass/internal/scope"
	"leadglass/internal/survey"
)

// Visitor is what is done with one host. Its methods are called one after the
// other, though not by one goroutine.
type Visitor interface {
	// Open is called for each port that accepts a connection. The host's first
	// dial of the port gets that connection; the next port is tried when Open
	// returns.
	Open(ctx context.Context, port uint16)
	// Done is called at the end. It may wait, and the sweep waits with it.
	Done(ctx context.Context, f Found)
}

// Found is what the sweep saw of one host.
type Found struct {
	Candidate survey.Candidate
	// Open are the ports that accepted a connection.
	Open []uint16
	// Refused and Silent count the others: answered with a reset, or not at all.
	Refused, Silent int
	// Err is set when the host could not be tried at all.
	Err error
	// Saved must be called when the result is kept, or when there is none: up
	// to then an interrupted sweep comes back to the host. It may be called
	// from any goroutine.
	Saved func()
}

// Options say what is swept.
type Options struct {
	Gate  *gate.Gate
	Scope *scope.Scope
	// Candidates are tried whatever the sweep finds; nil for none. Those with
	// a port are tried at that port alone.
	Candidates iter.Seq[survey.Candidate]
	// Prefixes sweeps the scope's prefixes besides.
	Prefixes bool
	// From is where the sweep of prefixes begins: that of a new survey
	// (see New), or of one that was interrupted.
	From survey.Sweep
	// Passes is how often a silent pair is tried at most; 0 for as often as the
	// measured loss asks for.
	Passes int
	// Done says which hosts have a result already; nil for none.
	Done func(survey.Candidate) bool
	// Visit begins the work on a host.
	Visit func(survey.Candidate) Visitor
	// Visits is how many calls of visitors there are at one time.
	Visits int
}

// Sweep is a sweep under way.
type Sweep struct {
	Options
	ports  []uint16
	chunks *chunks
	pace   *pace
	uneven *uneven
	hosts  *hosts
	names  *names
	lanes  []*lane
	feed   *feed
	syn    bool // the order is gone through by SYN packets
	done   func(survey.Candidate) bool

	calls *calls
	// jobs is how many hosts are being worked on.
	jobs                   atomic.Int64
	tried, found, finished atomic.Int64
}

// New describes a sweep that has not begun: shard 1 ≤ shard ≤ shards, with an
// order that the random seed selects.
func New(seed Seed, shard, shards int) survey.Sweep {
	return survey.Sweep{Method: survey.SweepConnect, Seed: fmt.Sprintf("%x", seed[:]), Shard: shard, Shards: shards}
}

// Prepare makes a sweep ready to run. Its error is for options that contradict
// each other.
func Prepare(o Options) (*Sweep, error) {
	s := &Sweep{Options: o, ports: slices.Concat(o.Scope.Ports.DICOM, o.Scope.Ports.HTTP), hosts: newHosts(), names: newNames(), done: o.Done,
		pace: newPace(float64(o.Scope.Rate.ProbesPerSecond)), uneven: newUneven(o.Scope.Rate.PerNetwork.Prefix), calls: newCalls()}
	if s.done == nil {
		s.done = func(survey.Candidate) bool { return false }
	}
	var addresses uint64
	var seed Seed
	shard, shards := 1, 1
	if o.Prefixes {
		if err := o.Scope.Enumerable(); err != nil {
			return nil, err
		}
		addresses, shard, shards = o.Scope.RawSize(), o.From.Shard, o.From.Shards
		b, err := hex.DecodeString(o.From.Seed)
		if err != nil || copy(seed[:], b) != len(seed) || len(b) != len(seed) {
			return nil, fmt.Errorf("the seed of the sweep is not 32 hexadecimal digits: %q", o.From.Seed)
		}
	}
	order, err := NewOrder(seed, addresses, len(s.ports), shard, shards)
	if err != nil {
		return nil, err
	}
	if o.From.Position > order.Len() {
		return nil, fmt.Errorf("position %d of the sweep lies outside of its %d pairs", o.From.Position, order.Len())
	}
	s.chunks = newChunks(order, o.From.Position)
	return s, nil
}

// Run sweeps until everything is done, or until ctx ends, and then returns the
// cause of ctx. Visitors that were called have returned by then.
func (s *Sweep) Run(ctx context.Context) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	s.feed = newFeed(s)
	defer s.feed.stop()
	var visits, lanes sync.WaitGroup
	for range max(1, s.Visits) {
		visits.Go(func() {
			for {
				j, ok := s.calls.next()
				if !ok {
					return
				}
				j.visit(ctx)
				s.calls.made()
			}
		})
	}
	n := runtime.GOMAXPROCS(0)
	syn, err := s.openSYN()
	if err != nil {
		cancel(err)
		n = 0
	}
	for range n {
		door, err := s.Gate.NewSweeper(max(1, gate.Descriptors()/n))
		if err != nil {
			cancel(err)
			break
		}
		s.lanes = append(s.lanes, newLane(s, door))
	}
	stop := context.AfterFunc(ctx, s.wake)
	for _, l := range s.lanes {
		lanes.Go(func() {
			if err := l.run(ctx); err != nil {
				cancel(err)
			}
		})
	}
	if syn != nil {
		lanes.Go(func() {
			if err := syn.run(ctx); err != nil {
				cancel(err)
			}
		})
	}
	lanes.Wait()
	if syn != nil {
		syn.door.Close()
	}
	if !stop() {
		<-ctx.Done()
	}
	s.calls.end()
	visits.Wait()
	for _, l := range s.lanes {
		l.close()
	}
	return context.Cause(ctx)
}

// openSYN makes the lane of a SYN sweep, where the method is that.
func (s *Sweep) openSYN() (*synLane, error) {
	if !s.Prefixes || s.From.Method != survey.SweepSYN {
		return nil, nil
	}
	door, err := s.Gate.OpenSYN()
	if err != nil {
		return nil, err
	}
	s.syn = true
	return newSynLane(s, door), nil
}

// State is how far the sweep of prefixes is, and what it lost on the way. It
// may be called at any time, from any goroutine.
func (s *Sweep) State() survey.Sweep {
	v := s.From
	v.Pairs, v.Position = s.chunks.order.Len(), s.chunks.position()
	rate, sent, lost := s.pace.now()
	v.Rate = int64(rate)
	v.Canaries, v.CanariesLost = s.From.Canaries+sent, s.From.CanariesLost+lost
	v.Hosts = s.From.Hosts + s.found.Load()
	share, known := s.chunks.missed()
	before := float64(s.From.Position)
	if s.From.MissedShare == nil {
		before = 0
	}
	v.Loss, v.MissedShare, v.HostsMissed, v.LossUnknown = nil, nil, nil, ""
	if v.Canaries >= judgedFrom {
		v.Loss = ptr(float64(v.CanariesLost) / float64(v.Canaries))
	} else {
		v.LossUnknown = "too few hosts answered to measure it"
	}
	if j := s.uneven.judge(time.Now()); j.differ {
		v.LossUneven, v.LossHighest = true, ptr(max(j.highest, value(s.From.LossHighest)))
		share = max(share, j.missing(s.chunks.missedAt))
	}
	if total := before + float64(known); total > 0 && v.Loss != nil {
		if before > 0 {
			share = (share*float64(known) + *s.From.MissedShare*before) / total
		}
		v.MissedShare = &share
		v.HostsMissed = ptr(math.Round(float64(v.Hosts)*share/(1-min(share, 0.99))*10) / 10)
	}
	return v
}

func ptr[T any](v T) *T { return &v }

// value is what p points to, or 0.
func value(p *float64) float64 {
	if p == nil {
		return 0
	}
	return *p
}

// Tried is how many pairs of an address and a port have been tried, and Hosts
// how many hosts have been worked on to the end.
func (s *Sweep) Tried() int64 { return s.tried.Load() }

// Hosts is how many hosts have been worked on to the end.
func (s *Sweep) Hosts() int64 { return s.finished.Load() }

// network is the network of an address, as its rate is counted.
func (s *Sweep) network(addr netip.Addr) netip.Prefix {
	return scope.NetworkOf(addr, s.Scope.Rate.PerNetwork.Prefix)
}

// crowded is how long to wait before more is tried, when visitors have more
// open ports to look at than they can.
func (s *Sweep) crowded() time.Duration {
	if s.calls.crowded(max(1, s.Visits)) {
		return time.Millisecond
	}
	return 0
}

func (s *Sweep) wake() {
	for _, l := range s.lanes {
		l.door.Wake()
	}
}

// over reports whether there is nothing left that a lane could get to do.
func (s *Sweep) over() bool { return s.jobs.Load() == 0 && s.feed.empty() && s.chunks.finished() }
