package assess_test

import (
	"context"
	"net"
	"net/netip"
	"slices"
	"sync"
	"testing"
	"time"

	"leadglass/dicom"
	"leadglass/dicom/dimse"
	"leadglass/dicom/ul"
	"leadglass/internal/assess"
	"leadglass/internal/products"
	"leadglass/internal/survey"
)

const calling = "LEADGLASS"

// meter counts what goes out on the connections of a target.
type meter struct {
	mu           sync.Mutex
	sent         int64
	associations int
}

type meteredConn struct {
	net.Conn
	m *meter
}

func (c meteredConn) Write(b []byte) (int, error) {
	n, err := c.Conn.Write(b)
	c.m.mu.Lock()
	defer c.m.mu.Unlock()
	c.m.sent += int64(n)
	return n, err
}

// opener opens associations with addr.
func opener(addr string, m *meter, timeout time.Duration) ul.Opener {
	return func(ctx context.Context, called string, contexts []ul.PresentationContext) (*ul.Association, error) {
		var d net.Dialer
		conn, err := d.DialContext(ctx, "tcp", addr)
		if err != nil {
			return nil, err
		}
		m.associations++
		return ul.Request(ctx, meteredConn{conn, m}, ul.AssociateRQ{CalledAETitle: called, CallingAETitle: calling, Contexts: contexts},
			ul.Options{ReadTimeout: timeout, WriteTimeout: timeout})
	}
}

// proposed are the SOP classes that identification would propose.
var proposed = []string{dicom.Verification, dicom.StudyRootFind, dicom.StudyRootGet, dicom.StudyRootMove,
	dicom.PatientRootFind, dicom.PatientRootGet, dicom.PatientRootMove, dicom.ModalityWorklistFind,
	dicom.CTImageStorage, dicom.SecondaryCaptureImageStorage, dicom.BasicGrayscalePrintManagement,
	dicom.ModalityPerformedStep, dicom.StorageCommitmentPush, dicom.InstanceAvailabilityNotify, dicom.UnifiedProcedureStepPush}

// target is a server under test, with what identification would say of it.
type target struct {
	session *assess.Session
	meter   *meter
}

// identify finds out what the checks need to know of a service: which called
// title it accepts, one made up or one of those given, and which contexts.
func identify(t *testing.T, addr string, titles ...string) target {
	t.Helper()
	m := &meter{}
	ap := netip.MustParseAddrPort(addr)
	s := survey.Service{Port: ap.Port(), Protocol: survey.ProtocolDICOM, Outcome: survey.Answered,
		CalledAETitle: survey.CalledAETitle{Policy: survey.RefusedTitle}}
	s.Levels.Speaks = true
	for i, title := range append([]string{"MADE-UP-TITLE"}, titles...) {
		a, err := opener(addr, m, 5*time.Second)(t.Context(), title, ul.Propose(proposed...))
		if err != nil {
			continue
		}
		s.Levels.Associates = true
		s.CalledAETitle = survey.CalledAETitle{Accepted: title, Policy: survey.AnyTitle}
		if i > 0 {
			s.CalledAETitle.Policy = survey.DefaultTitle
		}
		for _, p := range proposed {
			if _, _, ok := a.Context(p); ok {
				s.SOPClasses = append(s.SOPClasses, p)
			}
		}
		if err := a.Release(t.Context()); err != nil {
			t.Logf("releasing: %v", err)
		}
		break
	}
	s.Attempts = m.associations
	return target{meter: m, session: &assess.Session{Service: &s, Open: opener(addr, m, 10*time.Second),
		CallingAETitle: calling, Products: known(t), Allow: assess.Allow{Sample: true, DefaultAETitles: true}}}
}

// known is what the program knows of products.
func known(t testing.TB) *products.Table {
	t.Helper()
	table, err := products.Builtin()
	if err != nil {
		t.Fatal(err)
	}
	return table
}

// run makes the checks and returns them by ID; a whole check has to stay
// within its budget of traffic.
func (tg target) run(t *testing.T) (assess.Assessment, map[string]survey.Check) {
	t.Helper()
	a := assess.Run(t.Context(), tg.session)
	by := map[string]survey.Check{}
	for _, c := range a.Checks {
		by[c.ID] = c
		if c.Evidence == "" {
			t.Errorf("%s has no evidence", c.ID)
		}
		if (c.Remedy != "") != (c.State == survey.Fail) {
			t.Errorf("%s is %s and has the remedy %q", c.ID, c.State, c.Remedy)
		}
	}
	const census = 2
	if tg.meter.associations+census > 12 || tg.meter.sent > 200<<10 {
		t.Errorf("%d associations and %d bytes sent", tg.meter.associations, tg.meter.sent)
	}
	if int(a.Traffic.Associations) > tg.meter.associations {
		t.Errorf("%d associations reported, %d made", a.Traffic.Associations, tg.meter.associations)
	}
	return a, by
}

// expect compares states.
func expect(t *testing.T, by map[string]survey.Check, want map[string]survey.CheckState) {
	t.Helper()
	for id, state := range want {
		if c, ok := by[id]; !ok || c.State != state {
			t.Errorf("%s is %s, want %s: %s", id, c.State, state, c.Evidence)
		}
	}
}

// provide serves a scripted peer on a loopback port and returns its address.
func provide(t *testing.T, p *dimse.Provider, accepts ...string) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	var wg sync.WaitGroup
	wg.Go(func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			wg.Go(func() {
				a, err := ul.Accept(ctx, conn, ul.Options{}, acceptOnly(accepts))
				if err == nil {
					_ = p.Serve(ctx, a) // how it ends is the requestor's to judge
				}
			})
		}
	})
	t.Cleanup(func() { cancel(); l.Close(); wg.Wait() })
	return l.Addr().String()
}

// acceptOnly accepts contexts of the SOP classes; of all where none are given.
func acceptOnly(classes []string) func(*ul.AssociateRQ) (*ul.AssociateAC, *ul.AssociateRJ) {
	return func(rq *ul.AssociateRQ) (*ul.AssociateAC, *ul.AssociateRJ) {
		ac := &ul.AssociateAC{}
		for _, c := range rq.Contexts {
			r := ul.ContextResult{ID: c.ID, Result: ul.AbstractSyntaxNotSupported}
			if len(classes) == 0 || slices.Contains(classes, c.AbstractSyntax) {
				r = ul.ContextResult{ID: c.ID, TransferSyntax: c.TransferSyntaxes[0]}
			}
			ac.Contexts = append(ac.Contexts, r)
		}
		return ac, nil
	}
}

// openRoutes are the retrieval routes that an assessment found open.
func openRoutes(a assess.Assessment) []survey.Route {
	return survey.ExposureOf(a.Checks).With(survey.Retrieves).In(survey.DecidedOpen).Names()
}
