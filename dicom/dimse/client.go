package dimse

import (
	"context"
	"errors"
	"fmt"
	"time"

	"leadglass/dicom"
	"leadglass/dicom/ul"
)

// Client is the requestor of DIMSE services on one association. It is used by
// one goroutine.
type Client struct {
	a         *ul.Association
	in        receiver
	scratch   []byte
	messageID uint16
	// noted is what was read past in the answers, reported the part of it that the
	// meter knows.
	noted, reported dicom.Deviation
	// encodings are those in which a peer that accepted several answered, by
	// context.
	encodings map[uint8]dicom.Syntax

	// Drain bounds what is still received after a C-CANCEL before the
	// association is aborted.
	Drain DrainLimits
}

// DrainLimits bounds the wait for the final response after a C-CANCEL.
type DrainLimits struct {
	// Time is how long to wait.
	Time time.Duration
	// Responses is how many pending responses to receive and throw away.
	Responses int64
}

// NewClient returns a client on an established association, which it does not
// close. When it is done with, Wipe overwrites what it has received.
func NewClient(a *ul.Association) *Client {
	c := &Client{a: a, scratch: make([]byte, 0, maxCommand), Drain: DrainLimits{Time: 5 * time.Second, Responses: 200_000}}
	c.in = receiver{a: a, noted: &c.noted}
	return c
}

// ErrNoContext is returned when the peer accepted no presentation context for
// a service.
var ErrNoContext = errors.New("no presentation context accepted for this service")

// request sends a request. identifier appends its data set in the syntax of
// the context; nil means that there is none.
func (c *Client) request(field Command, sopClass, destination string, identifier func([]byte, dicom.Syntax) []byte) (context uint8, syntax dicom.Syntax, err error) {
	id, ts, ok := c.a.Context(sopClass)
	if !ok {
		return 0, 0, ErrNoContext
	}
	if syntax, ok = c.encodings[id]; !ok {
		syntax, _ = dicom.SyntaxOf(ts)
	}
	c.messageID++
	c.scratch = appendRequest(c.scratch[:0], field, c.messageID, sopClass, destination, identifier != nil)
	if err := c.a.AppendPData(id, true, c.scratch); err != nil {
		return 0, 0, err
	}
	if identifier != nil {
		c.scratch = identifier(c.scratch[:0], syntax)
		if err := c.a.AppendPData(id, false, c.scratch); err != nil {
			return 0, 0, err
		}
	}
	if err := c.a.Flush(); err != nil {
		return 0, 0, err
	}
	c.sent(field)
	return id, syntax, nil
}

// sent has a request counted.
func (c *Client) sent(field Command) {
	if m := c.a.Meter(); m != nil {
		m.CountRequest(uint16(field))
	}
}

// errStale is the error of a final response to an earlier message: what it ends
// cannot be told.
var errStale = &ProtocolError{What: "a final response to an earlier message"}

// response reads the next response to the request under way; first says that none
// came before. A response with the number of no message, or of another where only
// the request under way can have it, is taken as one to that.
func (c *Client) response(want Command, id uint8, first bool) (*commandSet, error) {
	cmd, on, err := c.in.readCommand()
	if err != nil {
		return nil, err
	}
	c.noted |= cmd.noted
	if cmd.field != want || on != id {
		return nil, &ProtocolError{What: fmt.Sprintf("%s to message %d on context %d, where %s to message %d on context %d was due",
			cmd.field, cmd.respondedTo, on, want, c.messageID, id)}
	}
	if cmd.respondedTo != c.messageID {
		if first && cmd.status.Class() != ClassPending && cmd.respondedTo > 0 && cmd.respondedTo < c.messageID {
			return nil, errStale
		}
		c.noted |= dicom.WrongMessageID
	}
	return cmd, nil
}

// report has the meter count what was read past since the last time.
func (c *Client) report() {
	if m := c.a.Meter(); m != nil && c.noted&^c.reported != 0 {
		m.CountDeviation(c.noted &^ c.reported)
		c.reported = c.noted
	}
}

// Echo sends a C-ECHO (PS3.7 9.1.5) and returns the status.
func (c *Client) Echo(ctx context.Context) (Status, error) {
	defer c.a.Watch(ctx)()
	id, _, err := c.request(CEchoRQ, dicom.Verification, "", nil)
	if err != nil {
		return 0, fmt.Errorf("C-ECHO: %w", err)
	}
	defer c.report()
	cmd, err := c.response(CEchoRSP, id, true)
	if err != nil {
		return 0, fmt.Errorf("C-ECHO: %w", err)
	}
	c.in.due = cmd.hasDataSet() // there must be none; the next read goes past it
	return cmd.status, nil
}

// Wipe overwrites the buffers of messages received and sent.
func (c *Client) Wipe() {
	clear(c.scratch[:cap(c.scratch)])
	c.in.wipe()
}
