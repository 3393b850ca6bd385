package lab

import (
	"context"
	"net"
	"strings"
	"sync/atomic"
	"time"

	"leadglass/dicom"
	"leadglass/dicom/dimse"
	"leadglass/dicom/ul"
)

// patience is how long an archive waits for the peer to go on.
const patience = 5 * time.Minute

// archiveState is what the associations of one archive share.
type archiveState struct {
	archive      *Archive
	associations atomic.Int32
	batches      *batches
}

// service answers the requests of one association.
type service struct {
	*archiveState
	conn *watchedConn
}

// associate serves one connection that speaks DICOM.
func (st *archiveState) associate(ctx context.Context, conn net.Conn) {
	watched := watch(conn)
	watched.buffer(firstBuffer)
	counted := false
	defer func() {
		if counted {
			st.associations.Add(-1)
		}
	}()
	a, err := ul.Accept(ctx, watched, ul.Options{ReadTimeout: patience, WriteTimeout: patience, ReadBuffer: 32 << 10},
		func(rq *ul.AssociateRQ) (*ul.AssociateAC, *ul.AssociateRJ) {
			if rj := st.reject(rq); rj != nil {
				return nil, rj
			}
			limit := int32(st.archive.quirks().MaxAssociations)
			counted = true
			if n := st.associations.Add(1); limit > 0 && n > limit {
				return nil, &ul.AssociateRJ{Result: ul.RejectedTransient, Source: ul.ServiceProviderPresentation,
					Reason: ul.LocalLimitExceeded}
			}
			return st.accept(rq), nil
		})
	if err != nil {
		return // refused, or not DICOM at all
	}
	s := service{archiveState: st, conn: watched}
	p := dimse.Provider{
		Echo: func(context.Context, *dimse.Request) dimse.Outcome { return dimse.Answer(dimse.Success) },
		Find: s.find, Get: s.get, Move: s.move,
	}
	_ = p.Serve(ctx, a) // how it ended concerns the requestor alone
}

// reject decides whether the association is refused as a whole.
func (st *archiveState) reject(rq *ul.AssociateRQ) *ul.AssociateRJ {
	g, p := st.archive.Group, &st.archive.persona
	user := func(reason ul.RejectReason) *ul.AssociateRJ {
		return &ul.AssociateRJ{Result: ul.RejectedPermanent, Source: ul.ServiceUser, Reason: reason}
	}
	called := g.CalledTitle
	if called == defaultTitle {
		called = p.title
	}
	switch {
	case p.deniesTitle > 0 && rq.CalledAETitle != p.title:
		time.Sleep(p.deniesTitle)
		return &ul.AssociateRJ{Result: ul.RejectedPermanent, Source: ul.ServiceProviderACSE, Reason: ul.ProtocolVersionNotSupported}
	case g.Reject != nil:
		return &ul.AssociateRJ{Result: ul.RejectResult(g.Reject.Result), Source: ul.RejectSource(g.Reject.Source),
			Reason: ul.RejectReason(g.Reject.Reason)}
	case rq.ProtocolVersion&1 == 0:
		return &ul.AssociateRJ{Result: ul.RejectedPermanent, Source: ul.ServiceProviderACSE,
			Reason: ul.ProtocolVersionNotSupported}
	case called != "" && called != rq.CalledAETitle:
		return user(ul.CalledAETitleNotRecognized)
	case g.CallingTitle != "" && g.CallingTitle != rq.CallingAETitle:
		return user(ul.CallingAETitleNotRecognized)
	}
	return nil
}

// accept makes the A-ASSOCIATE-AC.
func (st *archiveState) accept(rq *ul.AssociateRQ) *ul.AssociateAC {
	p := &st.archive.persona
	ac := &ul.AssociateAC{ProtocolVersion: 1, ApplicationContext: dicom.ApplicationContext,
		User: ul.UserInfo{MaxPDULength: p.maxPDU, Anonymous: p.anonymous, ImplementationClassUID: p.classUID,
			ImplementationVersionName: p.versionName}}
	if p.echoes {
		ac.User.ImplementationClassUID, ac.User.ImplementationVersionName = rq.User.ImplementationClassUID, rq.User.ImplementationVersionName
	}
	for _, c := range rq.Contexts {
		ac.Contexts = append(ac.Contexts, st.context(c))
	}
	for _, r := range rq.User.Roles {
		if isStorage(r.SOPClassUID) {
			ac.User.Roles = append(ac.User.Roles, r)
		}
	}
	return ac
}

// context answers one presentation context.
func (st *archiveState) context(c ul.PresentationContext) ul.ContextResult {
	result := ul.ContextResult{ID: c.ID, TransferSyntax: dicom.ImplicitVRLittleEndian}
	if !st.archive.supports(c.AbstractSyntax) {
		result.Result = ul.AbstractSyntaxNotSupported
		return result
	}
	for _, ts := range c.TransferSyntaxes {
		_, known := dicom.SyntaxOf(ts)
		if known && (ts == dicom.ExplicitVRLittleEndian || !st.archive.quirks().ExplicitOnly) {
			result.TransferSyntax = ts
			return result
		}
	}
	result.Result = ul.TransferSyntaxesNotSupported
	return result
}

// supports reports whether the archive accepts contexts of an abstract syntax.
func (a *Archive) supports(abstractSyntax string) bool {
	g, p, quirks := a.Group, &a.persona, a.quirks()
	byContext := p.refusal == refuseByContext
	studyRoot := strings.HasPrefix(abstractSyntax, "1.2.840.10008.5.1.4.1.2.2.")
	if quirks.PatientRootOnly && studyRoot {
		return false
	}
	if p.promiscuous || quirks.AcceptsEverything {
		return true
	}
	switch abstractSyntax {
	case dicom.Verification:
		return true
	case dicom.StudyRootFind, dicom.PatientRootFind:
		return g.Query == QueryAnswered || !byContext
	case dicom.StudyRootGet, dicom.PatientRootGet:
		return g.Retrieval.get() || !byContext
	case dicom.StudyRootMove, dicom.PatientRootMove:
		return g.Query == QueryAnswered || !byContext || p.moveAny != 0
	case dicom.ModalityWorklistFind:
		return g.Worklist > 0
	}
	return isStorage(abstractSyntax) && p.storage
}

// isStorage reports whether a SOP class is one of the storage service (PS3.4
// B.5), by its arc.
func isStorage(sopClass string) bool {
	return strings.HasPrefix(sopClass, "1.2.840.10008.5.1.4.1.1.")
}
