// Package identify answers what speaks at a port, which toolkit and which
// product it is, how sure that is, and by which evidence. It is given a way to
// open associations or a web client, both limited to one host, and looks no
// further: one association, the titles that products come with where that is
// allowed, a start page and a bounded number of well-known ones.
//
// It never judges risk and never queries: package assess goes on with the
// services found here. Everything a peer says is untrusted; what is kept of it
// is bounded and printable, and of web pages only the names of fingerprints
// are kept.
package identify

import (
	"context"
	"time"

	"leadglass/internal/products"
)

const (
	// MaxAssociations is how many associations are asked for at most to
	// identify one port.
	MaxAssociations = 9
	// maxKnownTitles and maxDefaultTitles bound the titles tried after a
	// made-up one was refused.
	maxKnownTitles   = 5
	maxDefaultTitles = 6
	// retryWait is how long to wait after a transient rejection before the one
	// retry.
	retryWait = 500 * time.Millisecond
	// titleWait is how long to wait after a rejection before the next title is
	// tried, so that a peer that logs rejections, or counts them, gets no burst.
	titleWait = 200 * time.Millisecond
	// stepTimeout bounds a C-ECHO and a release.
	stepTimeout = 10 * time.Second
)

// Options say what DICOM may do and what it knows.
type Options struct {
	// DefaultAETitles allows the called AE titles that products come with to
	// be tried where a made-up one is refused.
	DefaultAETitles bool
	// KnownAETitles are called AE titles that the user gave; they are tried
	// before the defaults.
	KnownAETitles []string
	// LikelyProducts are products seen at other ports of the host; their
	// default titles are tried first.
	LikelyProducts []string
	// Products are the fingerprints; without them nothing is recognised.
	Products *products.Table
	// RetryWait overrides the wait before the retry of a transient rejection;
	// 0 means half a second.
	RetryWait time.Duration
	// Sleep replaces the clock in tests.
	Sleep func(context.Context, time.Duration)
}
