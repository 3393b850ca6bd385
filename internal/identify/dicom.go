package identify

import (
	"context"
	"crypto/rand"
	"errors"
	"slices"
	"strconv"
	"time"

	"leadglass/dicom"
	"leadglass/dicom/dimse"
	"leadglass/dicom/ul"
	"leadglass/internal/peer"
	"leadglass/internal/products"
	"leadglass/internal/survey"
)

// proposed are the services whose contexts are negotiated; of none but
// verification is anything requested on that association.
func proposed() []string {
	return []string{
		dicom.Verification,
		dicom.StudyRootFind, dicom.StudyRootGet, dicom.StudyRootMove,
		dicom.PatientRootFind, dicom.PatientRootGet, dicom.PatientRootMove,
		dicom.ModalityWorklistFind,
		dicom.CTImageStorage, dicom.SecondaryCaptureImageStorage,
		dicom.BasicGrayscalePrintManagement, dicom.ModalityPerformedStep,
		dicom.StorageCommitmentPush, dicom.InstanceAvailabilityNotify,
		dicom.UnifiedProcedureStepPush, dicom.UnifiedProcedureStepPull,
	}
}

// contact is the work on one port.
type contact struct {
	open    ul.Opener
	opt     Options
	service survey.Service
	// nonsense is an abstract syntax made up for this contact.
	nonsense string
	retried  bool
}

// DICOM finds out what speaks at a port that open leads to: an association
// with a made-up called AE title, C-ECHO on it, release; where the title is
// refused, the titles that the user knows and, where allowed, those that
// products come with, one association each. How contact ended is part of the
// result, never an error.
func DICOM(ctx context.Context, port uint16, open ul.Opener, o Options) survey.Service {
	if o.RetryWait == 0 {
		o.RetryWait = retryWait
	}
	if o.Sleep == nil {
		o.Sleep = sleep
	}
	c := &contact{open: open, opt: o, nonsense: dicom.NewUID(), service: survey.Service{
		Port: port, Protocol: survey.ProtocolUnknown, Product: products.Unknown(), SOPClasses: []string{},
		CalledAETitle: survey.CalledAETitle{Policy: survey.UnknownTitle}}}
	title := randomTitle()
	err := c.try(ctx, title)
	if err != nil {
		c.refused(ctx, err)
	} else {
		c.fact(survey.BehaviourAnyTitle)
		c.accepted(title, survey.AnyTitle)
	}
	Refine(&c.service, o.Products)
	return c.service
}

// randomTitle makes up an AE title that nobody can have configured.
func randomTitle() string {
	const letters = 10
	b := make([]byte, letters)
	_, _ = rand.Read(b) // never fails since Go 1.24
	for i := range b {
		b[i] = 'A' + b[i]%26
	}
	return "LG" + string(b)
}

func (c *contact) fact(f string) {
	if !slices.Contains(c.service.Behaviours, f) {
		c.service.Behaviours = append(c.service.Behaviours, f)
	}
}

// try asks for one association and, where it is accepted, reads what it
// announces and echoes on it. The error is that of the association alone.
func (c *contact) try(ctx context.Context, title string) error {
	if c.service.Attempts >= MaxAssociations {
		return errSpent
	}
	err := c.attempt(ctx, title)
	if c.retried || !transient(err) || c.service.Attempts >= MaxAssociations {
		return err
	}
	c.retried = true
	if c.opt.Sleep(ctx, c.opt.RetryWait); ctx.Err() != nil {
		return err
	}
	return c.attempt(ctx, title)
}

func sleep(ctx context.Context, d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
	case <-ctx.Done():
	}
}

var errSpent = errors.New("the allowed number of associations is used up")

func (c *contact) attempt(ctx context.Context, title string) error {
	c.service.Attempts++
	contexts := ul.Propose(append(proposed(), c.nonsense)...)
	start := time.Now()
	a, err := c.open(ctx, title, contexts)
	if err != nil {
		c.denied(err, time.Since(start))
		return err
	}
	defer func() { _ = a.Close() }()
	c.read(a, contexts)
	c.echo(ctx, a)
	return nil
}

// read takes what the acceptance announces.
func (c *contact) read(a *ul.Association, contexts []ul.PresentationContext) {
	s, ac := &c.service, a.Accepted()
	s.Protocol, s.Outcome, s.Detail = survey.ProtocolDICOM, survey.Answered, ""
	s.Levels.Speaks, s.Levels.Associates = true, true
	c.announcement(&ac.User)
	max := ac.User.MaxPDULength
	s.MaxPDU = &max
	c.fact(survey.BehaviourMaxPDU + strconv.FormatUint(uint64(max), 10))
	s.SOPClasses = []string{}
	for _, p := range contexts {
		i := slices.IndexFunc(ac.Contexts, func(r ul.ContextResult) bool { return r.ID == p.ID })
		switch {
		case i < 0 || ac.Contexts[i].Result != ul.Acceptance:
		case p.AbstractSyntax == c.nonsense:
			c.fact(survey.BehaviourNonsenseContext)
		default:
			s.SOPClasses = append(s.SOPClasses, p.AbstractSyntax)
		}
	}
	s.Levels.QueryContext = accepts(s, dicom.StudyRootFind) || accepts(s, dicom.PatientRootFind) || accepts(s, dicom.ModalityWorklistFind)
	c.contextFacts()
	s.Toolkit, s.Product = c.opt.Products.DICOM(s.ImplementationClassUID, s.ImplementationVersionName)
}

// announcement takes what the peer says of itself. A server that returns what
// we announced says nothing of itself (cocosip/go-dicom copies both items of
// the request).
func (c *contact) announcement(user *ul.UserInfo) {
	s := &c.service
	s.ImplementationClassUID, s.ImplementationVersionName = uidText(user.ImplementationClassUID), nameText(user.ImplementationVersionName)
	if s.ImplementationClassUID == ul.ImplementationClassUID || s.ImplementationVersionName == ul.ImplementationVersionName {
		s.ImplementationClassUID, s.ImplementationVersionName = "", ""
		c.fact(survey.BehaviourEchoesCaller)
		return
	}
	if s.ImplementationClassUID == "" && s.ImplementationVersionName == "" {
		c.fact(survey.BehaviourNoAnnouncement)
	}
}

func accepts(s *survey.Service, sopClass string) bool { return slices.Contains(s.SOPClasses, sopClass) }

// contextFacts sums up which services were accepted.
func (c *contact) contextFacts() {
	s := &c.service
	query := accepts(s, dicom.StudyRootFind) || accepts(s, dicom.PatientRootFind)
	storage := accepts(s, dicom.CTImageStorage) || accepts(s, dicom.SecondaryCaptureImageStorage)
	switch {
	case query && storage:
		c.fact(survey.BehaviourQueryAndStorage)
	case query:
	case accepts(s, dicom.ModalityWorklistFind) && !storage:
		c.fact(survey.BehaviourWorklistOnly)
	case storage:
		c.fact(survey.BehaviourStorageOnly)
	case len(s.SOPClasses) == 1 && s.SOPClasses[0] == dicom.Verification:
		c.fact(survey.BehaviourEchoOnly)
	}
}

// echo sends C-ECHO where it may, and releases the association.
func (c *contact) echo(ctx context.Context, a *ul.Association) {
	ctx, cancel := context.WithTimeout(ctx, stepTimeout)
	defer cancel()
	if !accepts(&c.service, dicom.Verification) {
		_ = a.Release(ctx) // what the peer says to it changes nothing
		return
	}
	client := dimse.NewClient(a)
	defer client.Wipe()
	status, err := client.Echo(ctx)
	if err == nil {
		c.fact(survey.BehaviourEcho + status.String())
		_ = a.Release(ctx) // as above
		return
	}
	switch peer.Of(err).Kind {
	case peer.Aborted:
		c.fact(survey.BehaviourEcho + survey.BehaviourAbort)
		c.service.Rejection = peer.Rejection(err, peer.DuringEcho)
	case peer.Closed, peer.Released:
		c.fact(survey.BehaviourEcho + survey.BehaviourClose)
	}
}

// accepted notes by which title an association came about.
func (c *contact) accepted(title string, policy survey.AEPolicy) {
	c.service.CalledAETitle = survey.CalledAETitle{Accepted: title, Policy: policy}
	if r := c.service.Rejection; r != nil && r.During == peer.DuringAssociation {
		c.service.Rejection = nil // of an earlier title
	}
}

// uidText is a UID as announced, or what is left of it: a peer may announce
// anything.
func uidText(s string) string {
	const longest = 64
	return keep(s, longest, func(b byte) bool { return b == '.' || b >= '0' && b <= '9' })
}

// nameText is an implementation version name, at most 16 characters
// (PS3.7 D.3.3.2.4).
func nameText(s string) string {
	const longest = 16
	return keep(s, longest, func(b byte) bool { return b >= 0x20 && b <= 0x7e })
}

// keep replaces every byte of s that is not good by "?", and cuts s.
func keep(s string, longest int, good func(byte) bool) string {
	b := []byte(s[:min(len(s), longest)])
	for i := range b {
		if !good(b[i]) {
			b[i] = '?'
		}
	}
	return string(b)
}
