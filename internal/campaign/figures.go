package campaign

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"leadglass/internal/jobs"
	"leadglass/internal/metrics"
	"leadglass/internal/scope"
	"leadglass/internal/survey"
)

// listenMetrics waits for requests of figures at addr; nobody for "".
func listenMetrics(addr string) (*metrics.Server, error) {
	if addr == "" {
		return nil, nil
	}
	l, err := metrics.Listen(addr)
	if err != nil {
		return nil, refuse(fmt.Errorf("%w; name another one with --metrics", err))
	}
	return l, nil
}

// attend goes along with the survey from its beginning, and shows figures.
func (w *lead) attend(ctx context.Context) (context.Context, *jobs.Heartbeat, error) {
	work, attendant, err := jobs.StartHeartbeat(ctx, jobs.HeartbeatOptions{Store: w.db, Survey: w.survey.ID, ID: w.id, Lead: true,
		Share: w.run.Gate.Share, Late: w.late(w.survey.ID)})
	if err != nil {
		return ctx, nil, err
	}
	if w.server != nil {
		h, err := metrics.Handler(figures(w.run, w.survey), attendant.Healthy)
		if err != nil {
			return ctx, nil, attendant.End(err)
		}
		w.server.Serve(h)
		w.note(Noted, w.survey.ID, "metrics at http://%s/metrics", w.server.Addr())
	}
	w.Log.Info("survey at work", "survey", w.survey.ID, "addresses", w.survey.Addresses, "probed", w.survey.Probed)
	return work, attendant, nil
}

// late is what a process says of a store that does not answer in time, once, and
// what it logs.
func (c *Campaign) late(id string) func(silent time.Duration) {
	var said bool
	return func(silent time.Duration) {
		if !said {
			c.note(Waiting, id, "the store has not answered for %s: it is slow, or this machine is busy; survey %s goes on", silent.Round(time.Second), id)
		}
		said = true
		c.Log.Warn("the store is late", "survey", id, "silent", silent)
	}
}

// ended is the error that a survey ends with, which the run ended with err
// after so many hosts and of which the last words to the store were saved or
// not.
func (c *Campaign) ended(id string, hosts int64, err, saving error) error {
	interrupted, cancelled := errors.Is(err, context.Canceled), errors.Is(err, jobs.ErrCancelled)
	if saving != nil && (err == nil || interrupted || cancelled) {
		err, interrupted, cancelled = saving, false, false
	}
	if err != nil {
		c.Log.Info("survey ended early", "survey", id, "hosts", hosts, "interrupted", interrupted, "cancelled", cancelled)
	}
	switch {
	case err == nil:
		c.Log.Info("survey finished", "survey", id, "hosts", hosts)
		return nil
	case cancelled:
		return &EndedError{Survey: id, How: Cancelled, Hosts: hosts, Err: err}
	case errors.Is(err, scope.ErrNotValid):
		return &EndedError{Survey: id, How: Expired, Hosts: hosts, Err: err}
	case interrupted:
		return &EndedError{Survey: id, How: Interrupted, Hosts: hosts, Err: err}
	}
	return stopped(id, err)
}

// stopped is the error of a survey that is in the store and was stopped by err.
func stopped(id string, err error) error { return &EndedError{Survey: id, How: Stopped, Err: err} }

// figures are what a survey shows to Prometheus: numbers alone, and none of a
// single target.
func figures(run *Run, v survey.Survey) []metrics.Figure {
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
		count("probes", "Ports that the sweep tried to connect to.", &p.Probed),
		count("hosts_with_open_port", "Hosts of which a port accepted a connection.", &p.WithOpenPort),
		count("hosts_examined", "Hosts that were examined.", &p.Examined),
		count("archives", "Hosts that speak DICOM or DICOMweb.", &p.Speaking),
		count("archives_open", "Archives that answer queries of anybody.", &p.Open),
		count("studies_counted", "Studies counted on open archives.", &p.Studies),
		count("images_counted", "Images counted on open archives.", &p.Images),
		sent("connections", "TCP connections opened, successful or not.", func() int64 { return run.Gate.Total().Connections }),
		sent("associations", "DICOM associations requested.", func() int64 { return run.Gate.Total().Associations }),
		sent("queries", "C-FIND requests sent.", func() int64 { return run.Gate.Total().Queries }),
		sent("echoes", "C-ECHO requests sent.", func() int64 { return run.Gate.Total().DIMSERequests.Echo }),
		sent("get_probes", "C-GET requests sent, none of which can bring an image.", func() int64 { return run.Gate.Total().DIMSERequests.Get }),
		sent("move_probes", "C-MOVE requests sent, none of which can move an image.", func() int64 { return run.Gate.Total().DIMSERequests.Move }),
		sent("cancels", "C-CANCEL requests sent.", func() int64 { return run.Gate.Total().DIMSERequests.Cancel }),
		sent("http_requests", "HTTP requests sent, redirects included.", func() int64 { return run.Gate.Total().HTTPRequests }),
		sent("responses", "Pending C-FIND responses received.", func() int64 { return run.Gate.Total().Responses }),
		sent("sent_bytes", "Bytes sent to targets.", func() int64 { return run.Gate.Total().BytesSent }),
		sent("received_bytes", "Bytes received from targets.", func() int64 { return run.Gate.Total().BytesReceived }),
		sent("refused", "Connections, redirects and answers of name servers that the scope refused.", func() int64 { return run.Gate.Total().Refused }),
		sent("lookups", "Host names resolved.", func() int64 { return run.Gate.Total().Lookups }),
	}
}
