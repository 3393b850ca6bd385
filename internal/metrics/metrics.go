// Package metrics shows figures of a program that runs to a Prometheus server,
// and whether the program is well, over HTTP.
//
// It knows no figure by itself and has no labels to put a value into: what it
// shows are numbers, never an address, a name or a title. It listens on
// loopback unless it is given another address.
package metrics

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// Figure is one number that is shown.
type Figure struct {
	// Name is as Prometheus wants it: the unit at its end, and _total after
	// that where it is a counter.
	Name string
	// Help says what it counts.
	Help string
	// Gauge: it may go down too.
	Gauge bool
	// Value is called whenever somebody asks, from any goroutine.
	Value func() float64
}

// Handler serves the figures, with those of the Go runtime and of the process,
// under /metrics, and under /healthz "ok" or, with the status 503, the error
// that healthy returns. It fails for a name that is empty or there twice.
func Handler(figures []Figure, healthy func() error) (http.Handler, error) {
	registry := prometheus.NewPedanticRegistry()
	all := []prometheus.Collector{collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{})}
	for _, f := range figures {
		if f.Gauge {
			all = append(all, prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: f.Name, Help: f.Help}, f.Value))
		} else {
			all = append(all, prometheus.NewCounterFunc(prometheus.CounterOpts{Name: f.Name, Help: f.Help}, f.Value))
		}
	}
	for _, c := range all {
		if err := registry.Register(c); err != nil {
			return nil, fmt.Errorf("preparing the metrics: %w", err)
		}
	}
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", promhttp.HandlerFor(registry, promhttp.HandlerOpts{MaxRequestsInFlight: 4}))
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		w.Header().Set("X-Content-Type-Options", "nosniff")
		if err := healthy(); err != nil {
			w.WriteHeader(http.StatusServiceUnavailable)
			_, _ = fmt.Fprintln(w, err) // a client that has gone needs no answer
			return
		}
		_, _ = io.WriteString(w, "ok\n")
	})
	return mux, nil
}

// Server answers requests at an address. A nil Server answers nobody.
type Server struct {
	listener net.Listener
	http     *http.Server
	done     chan struct{} // closed when it has ended; nil before Serve
}

// Listen waits at ADDR, and takes requests up once Serve is called. PORT and
// :PORT are a port of 127.0.0.1; every other host has to be named
// (0.0.0.0:PORT or [::]:PORT for all).
func Listen(addr string) (*Server, error) {
	if !strings.Contains(addr, ":") {
		addr = ":" + addr
	}
	host, port, err := net.SplitHostPort(addr)
	if err != nil {
		return nil, fmt.Errorf("the address of the metrics, %q, is not PORT or HOST:PORT: %w", addr, err)
	}
	if host == "" {
		host = "127.0.0.1"
	}
	l, err := net.Listen("tcp", net.JoinHostPort(host, port))
	if err != nil {
		return nil, fmt.Errorf("listening for requests of metrics: %w", err)
	}
	return &Server{listener: l, http: &http.Server{ReadHeaderTimeout: headerLimit, ReadTimeout: headerLimit,
		WriteTimeout: answerLimit, IdleTimeout: idleLimit, MaxHeaderBytes: headerBytes}}, nil
}

// The patience with clients. A scrape is one short request.
const (
	headerLimit = 5 * time.Second
	answerLimit = 10 * time.Second
	idleLimit   = 2 * time.Minute
	headerBytes = 16 << 10
)

// Addr is "host:port" where it waits.
func (s *Server) Addr() string { return s.listener.Addr().String() }

// Serve answers requests with h until Close. Call it once.
func (s *Server) Serve(h http.Handler) {
	if s == nil {
		return
	}
	s.http.Handler, s.done = h, make(chan struct{})
	go func() {
		defer close(s.done)
		_ = s.http.Serve(s.listener) // ends by Close alone
	}()
}

// Close ends it, and waits for the end of Serve. It may be called again.
func (s *Server) Close() {
	if s == nil {
		return
	}
	_ = s.http.Close()
	_ = s.listener.Close() // which was not served
	if s.done != nil {
		<-s.done
	}
}
