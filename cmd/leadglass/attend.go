package main

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"leadglass/internal/metrics"
	"leadglass/internal/pipeline"
	"leadglass/internal/store"
	"leadglass/internal/survey"
)

// errCancelled ends a survey that another process cancelled.
var errCancelled = errors.New("cancelled")

// listenMetrics waits for requests of figures at addr; nobody for "".
func listenMetrics(addr string) (*metrics.Server, error) {
	if addr == "" {
		return nil, nil
	}
	l, err := metrics.Listen(addr)
	if err != nil {
		return nil, usage(fmt.Errorf("%w; name another one with --metrics", err))
	}
	return l, nil
}

// attendant goes along with a survey that runs: it tells the store that the
// survey is at work, learns from there that it was cancelled, and shows
// figures.
type attendant struct {
	db     *store.Store
	id     string
	ctx    context.Context // the survey's
	cancel context.CancelCauseFunc
	wg     sync.WaitGroup
	// seen is when the store last answered, in Unix nanoseconds.
	seen   atomic.Int64
	server *metrics.Server
}

// attend begins to go along with a survey. The context it returns ends when
// ctx does, when the survey is cancelled, and when the store is lost; call end
// when the survey is over. Figures are
// shown by the server.
func (a *app) attend(ctx context.Context, db *store.Store, v survey.Survey, run *pipeline.Run, server *metrics.Server) (context.Context, *attendant, error) {
	at := &attendant{db: db, id: v.ID, server: server}
	at.seen.Store(time.Now().UnixNano())
	if server != nil {
		h, err := metrics.Handler(figures(run, v), at.healthy)
		if err != nil {
			return ctx, nil, err
		}
		server.Serve(h)
		a.note("metrics at http://%s/metrics", server.Addr())
	}
	at.ctx, at.cancel = context.WithCancelCause(ctx)
	a.log.Info("survey at work", "survey", v.ID, "addresses", v.Addresses, "probed", v.Probed)
	at.beat()
	at.wg.Go(func() {
		tick := time.NewTicker(survey.BeatEvery)
		defer tick.Stop()
		for {
			select {
			case <-tick.C:
				at.beat()
			case <-at.ctx.Done():
				return
			}
		}
	})
	return at.ctx, at, nil
}

// awaitSilence returns nil when no process works on an unfinished survey. One
// that was killed looks for a while like one that works: it is told by that no
// beat comes.
func awaitSilence(ctx context.Context, db *store.Store, v survey.Survey) error {
	r, err := db.Run(ctx, v.ID)
	if err != nil || survey.StatusOf(v, r.SeenAt, time.Time{}, time.Now()) != survey.StatusRunning {
		return err
	}
	for deadline := time.Now().Add(2 * survey.BeatEvery); time.Now().Before(deadline); {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(survey.BeatEvery / 4):
		}
		now, err := db.Run(ctx, v.ID)
		switch {
		case err != nil:
			return err
		case now.SeenAt.After(r.SeenAt):
			return usage(fmt.Errorf("survey %s is at work in another process; wait for it, or end it with `leadglass survey cancel %s`", v.ID, v.ID))
		}
	}
	return nil
}

// beat says that the survey is at work, and ends it if it was cancelled or the
// store cannot be reached.
func (at *attendant) beat() {
	cancelled, err := at.db.Beat(at.ctx, at.id, time.Now())
	switch {
	case err != nil:
		at.cancel(err)
	case cancelled:
		at.cancel(errCancelled)
	default:
		at.seen.Store(time.Now().UnixNano())
	}
}

// healthy is the error of /healthz.
func (at *attendant) healthy() error {
	if silent := time.Since(time.Unix(0, at.seen.Load())); silent > survey.SilentAfter {
		return fmt.Errorf("the store last answered %s ago", silent.Round(time.Second))
	}
	return nil
}

// end stops going along, and says why the survey ended: err is what the run
// returned.
func (at *attendant) end(err error) error {
	// When the sweep was over already, a run that ended early says nothing; it
	// has left the hosts that were being examined.
	if cause := context.Cause(at.ctx); cause != nil && (err == nil || errors.Is(err, context.Canceled)) {
		err = cause
	}
	at.cancel(nil)
	at.wg.Wait()
	at.server.Close()
	return err
}

// ended is the error that a survey ends with, which the run ended with err
// after so many hosts and of which the last words to the store were saved or
// not.
func (a *app) ended(id string, hosts int64, err, saving error) error {
	interrupted, cancelled := errors.Is(err, context.Canceled), errors.Is(err, errCancelled)
	if saving != nil && (err == nil || interrupted || cancelled) {
		err, interrupted, cancelled = saving, false, false
	}
	if err != nil {
		a.log.Info("survey ended early", "survey", id, "hosts", hosts, "interrupted", interrupted, "cancelled", cancelled)
	}
	switch {
	case err == nil:
		a.log.Info("survey finished", "survey", id, "hosts", hosts)
		return nil
	case cancelled:
		return &exitError{code: exitIncomplete, cause: fmt.Errorf(
			"survey %s was cancelled after %s; what was finished is kept: `leadglass report %s`", id, plural(hosts, "host"), id)}
	case interrupted:
		return &exitError{code: exitIncomplete, cause: fmt.Errorf(
			"survey %s interrupted after %d hosts; continue it with --resume", id, hosts)}
	}
	return fmt.Errorf("survey %s stopped: %w", id, err)
}

// figures are what a survey shows to Prometheus: numbers alone, and none of a
// single target.
func figures(run *pipeline.Run, v survey.Survey) []metrics.Figure {
	p := &run.Progress
	count := func(name, help string, n *atomic.Int64) metrics.Figure {
		return metrics.Figure{Name: "leadglass_" + name + "_total", Help: help, Value: func() float64 { return float64(n.Load()) }}
	}
	sent := func(name, help string, n func() int64) metrics.Figure {
		return metrics.Figure{Name: "leadglass_gate_" + name + "_total", Help: help, Value: func() float64 { return float64(n()) }}
	}
	return []metrics.Figure{
		{Name: "leadglass_addresses", Help: "Addresses that the survey is to look at.", Gauge: true,
			Value: func() float64 { return float64(v.Addresses) }},
		{Name: "leadglass_started_seconds", Help: "When the survey was begun, in Unix time.", Gauge: true,
			Value: func() float64 { return float64(v.StartedAt.Unix()) }},
		count("probes", "Ports that were asked for a connection by the sweep.", &p.Probed),
		count("hosts_with_open_port", "Hosts of which a port accepted a connection.", &p.WithOpenPort),
		count("hosts_examined", "Hosts that were examined.", &p.Examined),
		count("archives", "Hosts that speak DICOM or DICOMweb.", &p.Speaking),
		count("archives_open", "Archives that answer queries of anybody.", &p.Open),
		count("studies_counted", "Studies counted on open archives.", &p.Studies),
		count("images_counted", "Images counted on open archives.", &p.Images),
		sent("connections", "TCP connections opened, successful or not.", func() int64 { return run.Gate.Total().Connections }),
		sent("associations", "DICOM associations requested.", func() int64 { return run.Gate.Total().Associations }),
		sent("queries", "C-FIND requests sent.", func() int64 { return run.Gate.Total().Queries }),
		sent("responses", "Pending C-FIND responses received.", func() int64 { return run.Gate.Total().Responses }),
		sent("sent_bytes", "Bytes sent to targets.", func() int64 { return run.Gate.Total().BytesSent }),
		sent("received_bytes", "Bytes received from targets.", func() int64 { return run.Gate.Total().BytesReceived }),
		sent("refused", "Connections, redirects and answers of name servers that the scope refused.", func() int64 { return run.Gate.Total().Refused }),
		sent("lookups", "Host names resolved.", func() int64 { return run.Gate.Total().Lookups }),
	}
}
