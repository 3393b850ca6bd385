package ul

import (
	"context"
	"errors"
	"fmt"
)

// Release asks for the release of the association, waits for the answer and
// closes the connection (PS3.8 7.2). Data that the peer still sends is thrown
// away, up to a limit; a collision of two requests is resolved as the standard
// says. The connection is closed in every case.
func (a *Association) Release(ctx context.Context) error {
	defer a.shut()
	defer a.Watch(ctx)()
	if a.step(evReleaseRequest) != ar1 {
		return fmt.Errorf("releasing: %w", ErrState)
	}
	a.out = AppendReleaseRQ(a.out)
	if err := a.Flush(); err != nil {
		return fmt.Errorf("releasing: %w", err)
	}
	a.in.pdvs = nil
	const most = 1024 // PDUs
	for range most {
		kind, body, err := a.readPDU(false)
		if err != nil {
			return fmt.Errorf("releasing: %w", err)
		}
		done, err := a.releasing(kind, body)
		if err != nil {
			return fmt.Errorf("releasing: %w", err)
		}
		if done {
			return nil
		}
	}
	_ = a.Abort()
	return errors.New("releasing: the peer goes on sending")
}

// releasing handles a PDU that comes while we wait for A-RELEASE-RP.
func (a *Association) releasing(kind byte, body []byte) (done bool, err error) {
	switch act := a.step(received[kind]); act {
	case ar6: // data: thrown away
		return false, nil
	case ar3:
		return true, nil
	case ar10:
		return true, a.AnswerRelease()
	case ar8: // collision
		if !a.requestor {
			return false, nil // Sta10: the requestor answers first
		}
		return false, a.AnswerRelease()
	case aa2, aa3:
		return false, &AbortedError{Abort: parseAbort(body)}
	default:
		a.protest(act, AbortUnexpectedPDU)
	}
	return false, &ProtocolError{PDU: kind, Offset: -1, What: "not expected during release"}
}

// AnswerRelease sends A-RELEASE-RP after ReadPDV returned ErrReleaseRequested.
// Except in a release collision it then waits for the peer to close and closes
// the connection.
func (a *Association) AnswerRelease() error {
	act := a.step(evReleaseAnswer)
	if act == none {
		return ErrState
	}
	a.out = AppendReleaseRP(a.out)
	err := a.Flush()
	if act == ar4 {
		if err == nil {
			a.awaitClose()
		}
		a.shut()
	}
	return err
}
