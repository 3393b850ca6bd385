// Package discover finds candidates: addresses of the scope on which one of
// the ports that image archives use accepts a connection.
//
// It does not judge what answers there; that is the business of package
// identify, which is next. It sees nothing of the network but the function it
// is given to probe with, which is the gate's.
package discover

import (
	"context"
	"errors"
	"iter"
	"net/netip"
	"os"
	"slices"
	"sync"
	"syscall"

	"leadglass/internal/survey"
)

// Probe tries whether a port of an address of the scope accepts a connection;
// nil means that it does.
type Probe func(ctx context.Context, addr netip.Addr, port uint16) error

// Found is what the sweep saw of one candidate.
type Found struct {
	Candidate survey.Candidate
	// Open are the ports that accepted a connection, in the order asked.
	Open []uint16
	// Refused and Silent count the others: answered with a reset, or not at all.
	Refused, Silent int
	// Err is set when the candidate could not be tried at all: the gate refused
	// it, or its budget ran out.
	Err error
}

// Sweep tries ports of every candidate, workers candidates at a time, and
// calls found for each as it is done, also for those with no open port. found
// is called from several goroutines. Sweep returns when all is done, or with
// the cause of ctx when that ended it; candidates under way then are not
// reported.
func Sweep(ctx context.Context, probe Probe, candidates iter.Seq[survey.Candidate], ports []uint16, workers int, found func(Found)) error {
	work := make(chan survey.Candidate)
	var wg sync.WaitGroup
	for range workers {
		wg.Go(func() {
			for c := range work {
				f := try(ctx, probe, c, ports)
				if ctx.Err() == nil {
					found(f)
				}
			}
		})
	}
	for c := range candidates {
		select {
		case work <- c:
			continue
		case <-ctx.Done():
		}
		break
	}
	close(work)
	wg.Wait()
	return context.Cause(ctx)
}

// try connects to the ports of one candidate in turn.
func try(ctx context.Context, probe Probe, c survey.Candidate, ports []uint16) Found {
	f := Found{Candidate: c}
	if c.Port != 0 {
		ports = []uint16{c.Port}
	} else {
		ports = more(ports, c.Ports)
	}
	for _, port := range ports {
		err := probe(ctx, c.Address, port)
		switch {
		case err == nil:
			f.Open = append(f.Open, port)
		case ctx.Err() != nil:
			return f
		case errors.Is(err, syscall.ECONNREFUSED) || errors.Is(err, syscall.ECONNRESET):
			f.Refused++
		case isTimeout(err) || errors.Is(err, syscall.EHOSTUNREACH) || errors.Is(err, syscall.ENETUNREACH):
			f.Silent++
		default:
			f.Err = err
			return f
		}
	}
	return f
}

// more are the ports of both lists, each once.
func more(ports, others []uint16) []uint16 {
	for _, p := range others {
		if !slices.Contains(ports, p) {
			ports = append(slices.Clip(ports), p)
		}
	}
	return ports
}

func isTimeout(err error) bool {
	var timeout interface{ Timeout() bool }
	return errors.Is(err, os.ErrDeadlineExceeded) || errors.As(err, &timeout) && timeout.Timeout()
}
