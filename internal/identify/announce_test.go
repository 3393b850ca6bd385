package identify_test

import (
	"context"
	"net"
	"slices"
	"testing"

	"leadglass/dicom/ul"
	"leadglass/internal/identify"
	"leadglass/internal/products"
	"leadglass/internal/survey"
)

// TestEchoOfTheCaller: a server that returns our own announcement has none.
func TestEchoOfTheCaller(t *testing.T) {
	at := peer(t, func(conn net.Conn) {
		a, err := ul.Accept(t.Context(), conn, ul.Options{}, func(rq *ul.AssociateRQ) (*ul.AssociateAC, *ul.AssociateRJ) {
			ac := &ul.AssociateAC{ProtocolVersion: 1, User: ul.UserInfo{MaxPDULength: 16384,
				ImplementationClassUID: rq.User.ImplementationClassUID, ImplementationVersionName: rq.User.ImplementationVersionName}}
			for _, c := range rq.Contexts {
				ac.Contexts = append(ac.Contexts, ul.ContextResult{ID: c.ID, TransferSyntax: c.TransferSyntaxes[0]})
			}
			return ac, nil
		})
		if err == nil {
			_ = a.Abort()
		}
	})
	s := identify.DICOM(context.Background(), 104, opener(at, nil), identify.Options{Products: table(t)})
	if s.ImplementationClassUID != "" || s.ImplementationVersionName != "" || s.Toolkit.Name != "" {
		t.Errorf("announcement %q, %q, toolkit %q; want none", s.ImplementationClassUID, s.ImplementationVersionName, s.Toolkit.Name)
	}
	if !slices.Contains(s.Behaviours, survey.BehaviourEchoesCaller) || slices.Contains(s.Behaviours, survey.BehaviourNoAnnouncement) {
		t.Errorf("behaviours %q", s.Behaviours)
	}
}

// TestRefineTakesBack: a product known by behaviour alone is one no longer when
// later behaviour speaks against it; dicompot and the library that it is built
// on differ in nothing else.
func TestRefineTakesBack(t *testing.T) {
	s := survey.Service{Product: products.Unknown()}
	identify.Refine(&s, table(t), survey.BehaviourAnyTitle, survey.BehaviourNoAnnouncement, survey.BehaviourMaxPDU+"4194304",
		survey.BehaviourNonsenseContext)
	if s.Product.Name != "dicompot" || s.Product.Confidence != survey.Likely {
		t.Fatalf("product %+v", s.Product)
	}
	identify.Refine(&s, table(t), survey.BehaviourMoveUnknown+"0211")
	if s.Product.Name != products.Unknown().Name || s.Product.Confidence != survey.UnknownConf {
		t.Errorf("product %+v, want none", s.Product)
	}
}
