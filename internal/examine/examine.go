// Package examine does everything that is done to one host, in order and within
// its budget: its open ports, TLS, identify, assess, count, join the counts of
// its services, suspect. It knows nothing of surveys, queues or the store.
//
// A host is worked on by one goroutine at a time, with one association at a
// time: what speaks at a port is found out on the connection that the sweep
// opened, and when all ports are known the host is examined.
package examine

import (
	"log/slog"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"

	"leadglass/internal/census"
	"leadglass/internal/gate"
	"leadglass/internal/privacy"
	"leadglass/internal/products"
	"leadglass/internal/scope"
	"leadglass/internal/survey"
	"leadglass/internal/suspect"
)

// Engine examines hosts. Its fields are set once and then only read.
type Engine struct {
	Gate     *gate.Gate
	Scope    *scope.Scope
	Products *products.Table
	// Demos are known demonstration servers.
	Demos suspect.Demos
	Log   *slog.Logger
	// Attribute says where an address is and whose; nil where nothing is known.
	Attribute func(netip.Addr) (survey.Owner, bool)
	// Sources are what Attribute answers from, for the survey to keep.
	Sources []survey.Source
	// SketchKey makes the sketches of studies comparable within a survey. It is
	// made for the survey, and the store has it until the survey ends.
	SketchKey privacy.Key
	// Memory is what the counts that run side by side may hold together.
	Memory *census.Memory
	// KnownAETitles are called AE titles that the user gave.
	KnownAETitles []string
	// Timeouts bound what one host may keep us waiting for.
	Timeouts Timeouts
	// AuthorisedBy is recorded in every finding.
	AuthorisedBy string

	buffers sync.Pool    // of receive buffers, overwritten
	hosts   atomic.Int64 // how many were begun
}

// Timeouts bound the waiting for single answers; the time for a host as a
// whole is bounded by the scope.
type Timeouts struct {
	// Answer is for answers that a server need not work for: an association, an
	// echo, a start page.
	Answer time.Duration
	// Query is for the first response of a query, which a server may have to
	// collect: measured 0.7 s per 5,000 studies.
	Query time.Duration
}

// DefaultTimeouts are the timeouts used for hosts on real networks.
var DefaultTimeouts = Timeouts{Answer: 6 * time.Second, Query: 60 * time.Second}
