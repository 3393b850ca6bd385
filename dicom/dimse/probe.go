package dimse

import (
	"context"
	"errors"
	"fmt"

	"leadglass/dicom"
	"leadglass/dicom/ul"
)

// ErrCancelIgnored is returned when a peer went on sending after a C-CANCEL,
// so that the association had to be aborted.
var ErrCancelIgnored = errors.New("the peer ignored C-CANCEL")

// RetrievalProbe is the answer to a request for a retrieval that cannot bring
// an image: no storage SOP class is negotiated, so the peer has no context to
// send one on.
type RetrievalProbe struct {
	Status Status
	// The numbers of sub-operations of the final response, -1 where absent
	// (PS3.7 C.4.2).
	Remaining, Completed, Failed, Warning int
	// Ended: the peer ended the association instead of answering, and how.
	Ended Ending
	// Asked says what was asked for: a UID made up at random, or the smallest
	// of the first studies that the archive lists.
	Asked Asked
}

// Ending says how a peer ended an association.
type Ending uint8

// The ways to end an association: A-ABORT, a closed connection, A-RELEASE.
const (
	NotEnded Ending = iota
	EndedByAbort
	EndedByClose
	EndedByRelease
)

// Asked says what a probe asked for.
type Asked uint8

// What a probe can ask for.
const (
	AskedRandomUID Asked = iota
	AskedStudy
	// AskedNothing: no study was listed, so nothing could be asked for.
	AskedNothing
)

// ProbeGet asks by C-GET (PS3.4 C.4.3) for a study that does not exist.
// sopClass is dicom.StudyRootGet or dicom.PatientRootGet.
func (c *Client) ProbeGet(ctx context.Context, sopClass string) (RetrievalProbe, error) {
	return c.probe(ctx, CGetRQ, CGetRSP, sopClass, "", []byte(dicom.NewUID()))
}

// ProbeMove asks by C-MOVE (PS3.4 C.4.2) for a study that does not exist, to
// be sent to the AE title destination, where nothing listens.
func (c *Client) ProbeMove(ctx context.Context, sopClass, destination string) (RetrievalProbe, error) {
	return c.probe(ctx, CMoveRQ, CMoveRSP, sopClass, destination, []byte(dicom.NewUID()))
}

// ProbeGetStudy asks by C-GET for a study that exists: the one with the fewest
// instances among the first that the archive lists, sample at most, in a range of
// study dates in the form of DA, "" for all. Both
// services must have an accepted context on the association, Study Root. The
// sub-operations must fail, since no storage context exists; that they were
// attempted shows that the archive would have sent the images. The study's UID
// is overwritten before the call returns.
func (c *Client) ProbeGetStudy(ctx context.Context, dates string, sample int64) (RetrievalProbe, error) {
	if err := c.refuseStorage(); err != nil {
		return RetrievalProbe{}, err
	}
	var uid [64]byte
	defer c.Wipe()
	defer clear(uid[:])
	n, err := c.smallestStudy(ctx, dates, sample, &uid)
	if err != nil {
		return RetrievalProbe{}, fmt.Errorf("looking for a small study: %w", err)
	}
	if n == 0 {
		return RetrievalProbe{Asked: AskedNothing, Remaining: -1, Completed: -1, Failed: -1, Warning: -1}, nil
	}
	p, err := c.probe(ctx, CGetRQ, CGetRSP, dicom.StudyRootGet, "", uid[:n])
	p.Asked = AskedStudy
	return p, err
}

// refuseStorage returns an error when any context was proposed besides those
// of query, retrieval and verification. It makes sure that no image can come.
func (c *Client) refuseStorage() error {
	for _, p := range c.a.Requested().Contexts {
		switch p.AbstractSyntax {
		case dicom.Verification, dicom.StudyRootFind, dicom.StudyRootGet, dicom.StudyRootMove,
			dicom.PatientRootFind, dicom.PatientRootGet, dicom.PatientRootMove:
		default:
			return fmt.Errorf("a retrieval probe must not run on an association that proposed %s", p.AbstractSyntax)
		}
	}
	return nil
}

// smallestStudy puts the UID of the study with the fewest instances among the
// first responses into uid and returns its length, 0 when there is none.
func (c *Client) smallestStudy(ctx context.Context, dates string, sample int64, uid *[64]byte) (int, error) {
	keys := []Key{
		{dicom.QueryRetrieveLevel, dicom.CS, "STUDY"},
		{dicom.StudyDate, dicom.DA, dates},
		{dicom.StudyInstanceUID, dicom.UI, ""},
		{dicom.NumberOfStudyRelatedInstances, dicom.IS, ""},
	}
	length, fewest, seen := 0, int64(-1), int64(0)
	_, err := c.Find(ctx, dicom.StudyRootFind, keys, func(m Match) bool {
		var found []byte
		images := int64(1 << 40) // unknown counts as large
		it := m.Elements()
		for it.Next() {
			switch it.Tag() {
			case dicom.StudyInstanceUID:
				found = dicom.Trim(it.Value())
			case dicom.NumberOfStudyRelatedInstances:
				if n, ok := dicom.ParseIS(it.Value()); ok && n > 0 {
					images = n
				}
			}
		}
		if isUID(found) && (fewest < 0 || images < fewest) {
			length, fewest = copy(uid[:], found), images
		}
		seen++
		return seen < sample
	})
	return length, err
}

// isUID reports whether v is the UID of one object: a request must not name
// more than one, as a list or a wildcard would.
func isUID(v []byte) bool {
	for _, c := range v {
		if c != '.' && (c < '0' || c > '9') {
			return false
		}
	}
	return len(v) > 0 && len(v) <= 64
}

// probe sends a retrieval request and reads up to the final response.
func (c *Client) probe(ctx context.Context, rq, rsp Command, sopClass, destination string, uid []byte) (RetrievalProbe, error) {
	p := RetrievalProbe{Remaining: -1, Completed: -1, Failed: -1, Warning: -1}
	if err := c.refuseStorage(); err != nil {
		return p, err
	}
	defer c.a.Watch(ctx)()
	id, _, err := c.request(rq, sopClass, destination, func(dst []byte, s dicom.Syntax) []byte {
		dst = dicom.AppendString(dst, s, dicom.QueryRetrieveLevel, dicom.CS, "STUDY")
		return dicom.AppendElement(dst, s, dicom.StudyInstanceUID, dicom.UI, uid)
	})
	if err != nil {
		return p, fmt.Errorf("%s: %w", rq, err)
	}
	const most = 10_000 // pending responses
	defer c.report()
	// What comes unannounced is no answer to a probe: nothing is read past.
	c.in.noted = nil
	defer func() { c.in.noted = &c.noted }()
	for n := range most {
		cmd, err := c.response(rsp, id, n == 0)
		if err == nil && cmd.hasDataSet() {
			// The list of failed instances: read past, never looked at.
			_, err = c.in.readDataSet(id)
		}
		if how := endingOf(err); how != NotEnded {
			p.Ended = how
			return p, nil
		}
		if err != nil {
			_ = c.a.Abort() // whatever the peer means to send, it shall not
			return p, fmt.Errorf("%s: %w", rq, err)
		}
		if cmd.status.Class() != ClassPending {
			p.Status = cmd.status
			p.Remaining, p.Completed = int(cmd.remaining), int(cmd.completed)
			p.Failed, p.Warning = int(cmd.failed), int(cmd.warning)
			return p, nil
		}
	}
	_ = c.a.Abort()
	return p, fmt.Errorf("%s: more than %d pending responses", rq, most)
}

// endingOf says how the peer ended the association, by the error of a read.
func endingOf(err error) Ending {
	var aborted *ul.AbortedError
	switch {
	case errors.As(err, &aborted):
		return EndedByAbort
	case errors.Is(err, ul.ErrClosed):
		return EndedByClose
	case errors.Is(err, ul.ErrReleaseRequested):
		return EndedByRelease
	}
	return NotEnded
}
