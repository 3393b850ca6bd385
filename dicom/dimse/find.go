package dimse

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"leadglass/dicom"
)

// Key is a key of a C-FIND identifier: a value to match, or empty to ask for
// the attribute (PS3.4 C.2.2.1).
type Key struct {
	Tag   dicom.Tag
	VR    dicom.VR
	Value string
}

// sorted returns keys in the order of their tags.
func sorted(keys []Key) []Key {
	return slices.SortedFunc(slices.Values(keys), func(a, b Key) int { return cmp.Compare(a.Tag, b.Tag) })
}

// appendIdentifier appends keys in the order of their tags (PS3.5 7.1).
func appendIdentifier(dst []byte, s dicom.Syntax, keys []Key) []byte {
	for _, k := range sorted(keys) {
		if k.VR == dicom.SQ {
			dst = dicom.AppendSequence(dst, s, k.Tag)
			continue
		}
		dst = dicom.AppendString(dst, s, k.Tag, k.VR, k.Value)
	}
	return dst
}

// Match is the identifier of one pending response. Data is part of the receive
// buffer: it is valid only during the callback, and nothing of it may be kept.
type Match struct {
	Data   []byte
	Syntax dicom.Syntax
	// Warning is true for status FF01: an optional key was not supported.
	Warning bool
	// Bare is true for a response without an identifier, which breaks PS3.4
	// C.4.1.3 but says that something matches.
	Bare bool
}

// Elements iterates over the identifier.
func (m Match) Elements() dicom.Elements { return dicom.Iterate(m.Data, m.Syntax) }

// FindResult is how a query ended.
type FindResult struct {
	// Final is the status of the final response.
	Final Status
	// Pending is the number of pending responses received, AfterCancel the
	// part of them that came after our C-CANCEL and was thrown away.
	Pending, AfterCancel int64
	// CancelSent: we sent a C-CANCEL, so a final FE00 is our doing.
	CancelSent bool
	// FirstByte and Duration are the times from the request to the first
	// response and to the final one.
	FirstByte, Duration time.Duration
}

// Find sends a C-FIND (PS3.7 9.1.2) and calls each for every pending response,
// as it arrives. When each returns false, a C-CANCEL is sent, and the
// responses still under way are thrown away within the limits of c.Drain;
// beyond them the association is aborted and an error returned. The result is
// filled as far as the query got, also with an error. Memory does not grow
// with the number of responses, and nothing is allocated per response.
func (c *Client) Find(ctx context.Context, sopClass string, keys []Key, each func(Match) bool) (FindResult, error) {
	return c.find(ctx, sopClass, func(dst []byte, s dicom.Syntax) []byte {
		return appendIdentifier(dst, s, keys)
	}, each)
}

// find is Find with the identifier that a function appends.
func (c *Client) find(ctx context.Context, sopClass string, identifier func([]byte, dicom.Syntax) []byte, each func(Match) bool) (FindResult, error) {
	defer c.a.Watch(ctx)()
	start := time.Now()
	id, syntax, err := c.request(CFindRQ, sopClass, "", identifier)
	if err != nil {
		return FindResult{}, fmt.Errorf("C-FIND: %w", err)
	}
	q := query{Client: c, ctx: ctx, id: id, syntax: syntax, start: start, each: each, done: func() {}}
	err = q.run()
	q.done()
	q.result.Duration = time.Since(start)
	if m := c.a.Meter(); m != nil {
		m.CountResponses(q.result.Pending, q.result.Duration)
	}
	if err != nil {
		return q.result, fmt.Errorf("C-FIND: %w", err)
	}
	return q.result, nil
}

// query is a C-FIND under way.
type query struct {
	*Client
	ctx    context.Context
	id     uint8
	syntax dicom.Syntax
	start  time.Time
	each   func(Match) bool
	result FindResult
	done   func() // ends the time limit after a C-CANCEL
}

func (q *query) run() error {
	cmd, err := q.response(CFindRSP, q.id)
	if err == nil {
		q.result.FirstByte = time.Since(q.start)
	}
	for err == nil {
		if cmd.status.Class() != ClassPending {
			return q.final(cmd)
		}
		var data []byte
		bare := !cmd.hasDataSet()
		if !bare {
			if data, err = q.in.readIdentifier(q.id, q.syntax); err != nil {
				break
			}
		}
		q.result.Pending++
		if q.result.CancelSent {
			err = q.drained()
		} else if !q.each(Match{Data: data, Syntax: q.syntax, Warning: cmd.status == PendingWarning, Bare: bare}) {
			err = q.cancel()
		}
		if err == nil && !q.in.again() {
			cmd, err = q.response(CFindRSP, q.id)
		}
	}
	switch {
	case errors.Is(err, ErrNotIdentifier):
		q.result.Pending++ // an answer it is
		_ = q.a.Abort()
		q.in.wipe()
	case errors.Is(err, ErrCancelIgnored):
		_ = q.a.Abort()
	}
	return err
}

// final ends the query with the final response. It should have no identifier;
// one that comes all the same is read past.
func (q *query) final(cmd *commandSet) error {
	q.result.Final = cmd.status
	if cmd.hasDataSet() {
		_, err := q.in.readDataSet(q.id)
		return err
	}
	return nil
}

// cancel sends the C-CANCEL of the query and limits the time that follows.
func (q *query) cancel() error {
	q.result.CancelSent = true
	ctx, stop := context.WithTimeoutCause(q.ctx, q.Drain.Time, ErrCancelIgnored)
	over := q.a.Watch(ctx)
	q.done = func() { over(); stop() }
	q.scratch = appendCancel(q.scratch[:0], q.messageID)
	if err := q.a.AppendPData(q.id, true, q.scratch); err != nil {
		return err
	}
	if err := q.a.Flush(); err != nil {
		return err
	}
	q.sent(CCancelRQ)
	return nil
}

// drained counts a response received after the C-CANCEL.
func (q *query) drained() error {
	q.result.AfterCancel++
	if q.result.AfterCancel > q.Drain.Responses {
		return ErrCancelIgnored
	}
	return nil
}
