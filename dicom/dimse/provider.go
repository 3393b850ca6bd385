package dimse

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"

	"leadglass/dicom"
	"leadglass/dicom/ul"
)

// Request is a request received by a Provider.
type Request struct {
	Command   Command
	MessageID uint16
	ContextID uint8
	SOPClass  string
	// SOPInstance is the affected SOP instance UID of a C-STORE.
	SOPInstance string
	// Destination is the move destination of a C-MOVE.
	Destination string
	// Identifier is the data set, encoded in Syntax; nil where there is none.
	Identifier []byte
	Syntax     dicom.Syntax

	cancelled atomic.Bool
}

// Elements iterates over the identifier.
func (r *Request) Elements() dicom.Elements { return dicom.Iterate(r.Identifier, r.Syntax) }

// Outcome is how a Provider's function ends a request: with a final response
// of a status (Answer), or in one of the ways below, which lie beyond the 16
// bits of a status.
type Outcome uint32

// The outcomes that are not statuses.
const (
	// AbortAssociation sends A-ABORT.
	AbortAssociation Outcome = 1<<16 + iota
	// CloseConnection closes the TCP connection.
	CloseConnection
	// NoResponse sends nothing and goes on.
	NoResponse
)

// Answer makes an outcome of a status.
func Answer(s Status) Outcome { return Outcome(s) }

// Provider answers requests. A service whose function is nil is refused with
// status 0122, SOP class not supported. Functions run on the goroutine of
// Serve, one at a time.
type Provider struct {
	Echo  func(context.Context, *Request) Outcome
	Find  func(context.Context, *Request, *Responder) Outcome
	Get   func(context.Context, *Request, *Retriever) Outcome
	Move  func(context.Context, *Request, *Retriever) Outcome
	Store func(context.Context, *Request) Outcome
}

var errEnded = errors.New("association ended by the provider")

// Serve answers the requests of an association until it is released (nil),
// aborted or broken, or ctx is cancelled. The association is closed when it
// returns.
func (p *Provider) Serve(ctx context.Context, a *ul.Association) error {
	ctx, cancel := context.WithCancel(ctx)
	s := &session{a: a, in: receiver{a: a}, messages: make(chan message, 1), done: make(chan struct{})}
	go s.read(ctx)
	err := p.serve(ctx, s)
	cancel()
	_ = a.Close()
	<-s.done
	if errors.Is(err, ul.ErrReleaseRequested) || errors.Is(err, errEnded) {
		return nil
	}
	return err
}

func (p *Provider) serve(ctx context.Context, s *session) error {
	for {
		m, err := s.next(ctx)
		if errors.Is(err, ul.ErrReleaseRequested) {
			if err := s.a.AnswerRelease(); err != nil {
				return err
			}
			return err
		}
		if err != nil {
			return err
		}
		if m.request == nil {
			return &ProtocolError{What: "response without a request"}
		}
		if err := p.answer(ctx, s, m.request); err != nil {
			return err
		}
	}
}

func (p *Provider) answer(ctx context.Context, s *session, r *Request) error {
	outcome := Answer(SOPClassNotSupported)
	retriever := &Retriever{session: s, request: r}
	var sub *SubOperations
	switch {
	case r.Command == CEchoRQ && p.Echo != nil:
		outcome = p.Echo(ctx, r)
	case r.Command == CFindRQ && p.Find != nil:
		outcome = p.Find(ctx, r, &Responder{a: s.a, request: r})
	case r.Command == CGetRQ && p.Get != nil:
		outcome, sub = p.Get(ctx, r, retriever), &retriever.Sub
	case r.Command == CMoveRQ && p.Move != nil:
		outcome, sub = p.Move(ctx, r, retriever), &retriever.Sub
	case r.Command == CStoreRQ && p.Store != nil:
		outcome = p.Store(ctx, r)
	}
	switch outcome {
	case AbortAssociation:
		_ = s.a.Flush()
		_ = s.a.Abort()
		return errEnded
	case CloseConnection:
		_ = s.a.Flush()
		s.a.Drop()
		return errEnded
	case NoResponse:
		return s.a.Flush()
	}
	if err := s.a.AppendPData(r.ContextID, true, appendResponse(nil, r, Status(outcome), false, sub)); err != nil {
		return err
	}
	return s.a.Flush()
}

// session is the receiving side of Serve. A goroutine reads all the time, so
// that a C-CANCEL is seen while responses are being sent.
type session struct {
	a        *ul.Association
	in       receiver
	messages chan message
	done     chan struct{}
	current  atomic.Pointer[Request]
}

// message is what the reading goroutine hands over: a request, a response to a
// C-STORE of ours, or the error that ended reading.
type message struct {
	request  *Request
	response commandSet
	err      error
}

func (s *session) read(ctx context.Context) {
	defer close(s.done)
	defer close(s.messages)
	for {
		m, err := s.readMessage()
		if err != nil {
			m = message{err: err}
		} else if m.request != nil && m.request.Command == CCancelRQ {
			if r := s.current.Load(); r != nil && r.MessageID == m.response.respondedTo {
				r.cancelled.Store(true)
			}
			continue
		}
		if m.request != nil {
			s.current.Store(m.request)
		}
		select {
		case s.messages <- m:
		case <-ctx.Done():
			return
		}
		if err != nil {
			return
		}
	}
}

func (s *session) readMessage() (message, error) {
	cmd, id, err := s.in.readCommand()
	if err != nil {
		return message{}, err
	}
	m := message{response: *cmd}
	var data []byte
	if cmd.hasDataSet() {
		if data, err = s.in.readDataSet(id); err != nil {
			return message{}, err
		}
		data = append([]byte{}, data...)
	}
	if m.response.field&0x8000 != 0 {
		return m, nil
	}
	syntax, ok := s.syntax(id)
	if !ok {
		return message{}, &ProtocolError{What: fmt.Sprintf("%s on context %d, which was not accepted", m.response.field, id)}
	}
	m.request = &Request{Command: m.response.field, MessageID: m.response.messageID, ContextID: id,
		SOPClass: m.response.sopClass, SOPInstance: m.response.sopInstance,
		Destination: m.response.destination, Identifier: data, Syntax: syntax}
	return m, nil
}

func (s *session) syntax(id uint8) (dicom.Syntax, bool) {
	for _, c := range s.a.Accepted().Contexts {
		if c.ID == id && c.Result == ul.Acceptance {
			return dicom.SyntaxOf(c.TransferSyntax)
		}
	}
	return 0, false
}

// next returns the next message.
func (s *session) next(ctx context.Context) (message, error) {
	select {
	case m, ok := <-s.messages:
		if !ok {
			return m, ul.ErrClosed
		}
		return m, m.err
	case <-ctx.Done():
		return message{}, context.Cause(ctx)
	}
}
