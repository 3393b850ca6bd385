package dimse

import (
	"context"
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

// appendIdentifier appends keys in the order of their tags (PS3.5 7.1).
func appendIdentifier(dst []byte, s dicom.Syntax, keys []Key) []byte {
	sorted := slices.SortedFunc(slices.Values(keys), func(a, b Key) int { return int(int64(a.Tag) - int64(b.Tag)) })
	for _, k := range sorted {
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
	defer c.a.Watch(ctx)()
	start := time.Now()
	id, syntax, err := c.request(CFindRQ, sopClass, "", keys)
	if err != nil {
		return FindResult{}, fmt.Errorf("C-FIND: %w", err)
	}
	q := query{Client: c, id: id, start: start, each: each}
	q.match.Syntax = syntax
	err = q.run()
	q.result.Duration = time.Since(start)
	if err != nil {
		return q.result, fmt.Errorf("C-FIND: %w", err)
	}
	return q.result, nil
}

// query is a C-FIND under way.
type query struct {
	*Client
	id       uint8
	start    time.Time
	each     func(Match) bool
	match    Match
	result   FindResult
	deadline time.Time // after a C-CANCEL
}

func (q *query) run() error {
	for {
		cmd, err := q.response(CFindRSP, q.id)
		if err != nil {
			return err
		}
		if q.result.FirstByte == 0 {
			q.result.FirstByte = time.Since(q.start)
		}
		status := cmd.status
		var data []byte
		if cmd.hasDataSet() {
			if data, err = q.in.readDataSet(q.id); err != nil {
				return err
			}
		}
		if status.Class() != ClassPending {
			q.result.Final = status
			return nil
		}
		if data == nil {
			return &ProtocolError{What: "pending C-FIND-RSP without an identifier"}
		}
		q.result.Pending++
		if q.result.CancelSent {
			if err := q.drained(); err != nil {
				return err
			}
			continue
		}
		q.match.Data, q.match.Warning = data, status == PendingWarning
		if !q.each(q.match) {
			if err := q.cancel(); err != nil {
				return err
			}
		}
	}
}

// cancel sends the C-CANCEL of the query.
func (q *query) cancel() error {
	q.result.CancelSent = true
	q.deadline = time.Now().Add(q.Drain.Time)
	q.scratch = appendCancel(q.scratch[:0], q.messageID)
	if err := q.a.AppendPData(q.id, true, q.scratch); err != nil {
		return err
	}
	return q.a.Flush()
}

// drained counts a response received after the C-CANCEL and ends the
// association when there are too many.
func (q *query) drained() error {
	q.result.AfterCancel++
	const clockEvery = 64
	over := q.result.AfterCancel > q.Drain.Responses ||
		q.result.AfterCancel%clockEvery == 0 && time.Now().After(q.deadline)
	if !over {
		return nil
	}
	_ = q.a.Abort()
	return ErrCancelIgnored
}
