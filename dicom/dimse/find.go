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
	// noted takes what is read past in the identifier.
	noted *dicom.Deviation
}

// Elements iterates over the identifier, and reads past what breaks the standard
// (dicom.IterateTolerant).
func (m Match) Elements() dicom.Elements {
	if m.noted == nil {
		return dicom.Iterate(m.Data, m.Syntax)
	}
	return dicom.IterateTolerant(m.Data, m.Syntax, m.noted)
}

// FindResult is how a query ended.
type FindResult struct {
	// Final is the status of the final response.
	Final Status
	// Pending is the number of pending responses received, AfterCancel the
	// part of them that came after our C-CANCEL and was thrown away.
	Pending, AfterCancel int64
	// CancelSent: we sent a C-CANCEL, so a final FE00 is our doing.
	CancelSent bool
	// Noted is how the answers deviated from the standard and were read all the
	// same.
	Noted dicom.Deviation
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

// find is Find with the identifier that a function appends. A peer that accepted
// several encodings and answers nothing is asked once more in the other: it may
// have read the query in that one.
func (c *Client) find(ctx context.Context, sopClass string, identifier func([]byte, dicom.Syntax) []byte, each func(Match) bool) (FindResult, error) {
	defer c.a.Watch(ctx)()
	defer c.report()
	r, err := c.findOnce(ctx, sopClass, identifier, each)
	if id, _, ok := c.a.Context(sopClass); ok && err == nil && r.Pending == 0 && !r.CancelSent && c.unsettled(id) {
		c.encodings = map[uint8]dicom.Syntax{id: c.other(id)}
		again, err := c.findOnce(ctx, sopClass, identifier, each)
		if again.Pending == 0 {
			c.encodings = nil
		}
		again.Duration += r.Duration
		return again, err
	}
	return r, err
}

// unsettled reports whether the encoding of a context is open: the peer accepted
// several, and has not answered in one.
func (c *Client) unsettled(id uint8) bool {
	_, settled := c.encodings[id]
	return !settled && c.a.Ambiguous(id)
}

// other returns the encoding that was not used first on a context.
func (c *Client) other(id uint8) dicom.Syntax {
	if ts := c.a.TransferSyntax(id); ts == dicom.ImplicitVRLittleEndian {
		return dicom.ExplicitLittle
	}
	return dicom.ImplicitLittle
}

func (c *Client) findOnce(ctx context.Context, sopClass string, identifier func([]byte, dicom.Syntax) []byte, each func(Match) bool) (FindResult, error) {
	start := time.Now()
	id, syntax, err := c.request(CFindRQ, sopClass, "", identifier)
	if err != nil {
		return FindResult{}, fmt.Errorf("C-FIND: %w", err)
	}
	q := query{Client: c, ctx: ctx, id: id, syntax: syntax, start: start, each: each, done: func() {}}
	err = q.run()
	q.done()
	q.result.Duration = time.Since(start)
	q.result.Noted = c.noted
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
	cmd, err := q.response(CFindRSP, q.id, true)
	if err == nil {
		q.result.FirstByte = time.Since(q.start)
	}
	for err == nil {
		if cmd.status.Class() != ClassPending {
			return q.final(cmd)
		}
		if err = q.pending(cmd); err == nil && !q.in.again() {
			cmd, err = q.response(CFindRSP, q.id, false)
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

// pending takes a pending response with the identifier that follows it.
func (q *query) pending(cmd *commandSet) error {
	m := Match{Syntax: q.syntax, Warning: cmd.status == PendingWarning, noted: &q.noted}
	if !cmd.classed {
		q.noted |= dicom.NoSOPClass
	}
	var broken, err error
	if m.Data, m.Bare, broken = q.in.readIdentifier(q.id, q.syntax, cmd.typed && cmd.hasDataSet()); broken != nil && !m.Bare {
		return broken
	}
	if q.result.Pending++; q.result.Pending == 1 && !m.Bare && q.unsettled(q.id) {
		if q.encodings == nil {
			q.encodings = map[uint8]dicom.Syntax{}
		}
		if s := dicom.Encoding(m.Data, q.syntax); s <= dicom.ExplicitLittle {
			q.encodings[q.id] = s
			q.syntax, m.Syntax = s, s
		}
	}
	if m.Bare {
		q.noted |= dicom.NoIdentifier
	}
	switch {
	case q.result.CancelSent:
		err = q.drained()
	case !q.each(m) && broken == nil:
		err = q.cancel()
	}
	if broken != nil {
		return broken
	}
	return err
}

// final ends the query with the final response. It should have no identifier; the
// next read goes past one that comes all the same.
func (q *query) final(cmd *commandSet) error {
	q.result.Final = cmd.status
	q.in.due = cmd.hasDataSet()
	if !cmd.classed {
		q.noted |= dicom.NoSOPClass
	}
	if !cmd.typed {
		q.noted |= dicom.DataSetType
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
