package identify_test

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"slices"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"leadglass/dicom"
	"leadglass/dicom/dimse"
	"leadglass/dicom/ul"
	"leadglass/internal/identify"
	"leadglass/internal/products"
	"leadglass/internal/survey"
)

func table(t testing.TB) *products.Table {
	t.Helper()
	p, err := products.Builtin()
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// opener opens associations with an address of loopback and counts them.
func opener(addr string, titles *[]string) ul.Opener {
	return func(ctx context.Context, called string, contexts []ul.PresentationContext) (*ul.Association, error) {
		if titles != nil {
			*titles = append(*titles, called)
		}
		d := net.Dialer{Timeout: 300 * time.Millisecond}
		conn, err := d.DialContext(ctx, "tcp4", addr)
		if err != nil {
			return nil, err
		}
		return ul.Request(ctx, conn, ul.AssociateRQ{CalledAETitle: called, CallingAETitle: "LEADGLASS", Contexts: contexts},
			ul.Options{ReadTimeout: 400 * time.Millisecond})
	}
}

// peer listens on loopback and serves each connection until the test ends.
func peer(t *testing.T, serve func(net.Conn)) string {
	t.Helper()
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			serve(conn)
			_ = conn.Close()
		}
	}()
	t.Cleanup(func() { _ = l.Close(); <-done })
	return l.Addr().String()
}

// says reads the request and answers with the bytes.
func says(answer string) func(net.Conn) {
	return func(conn net.Conn) {
		_, _ = conn.Read(make([]byte, 4096))
		_, _ = io.WriteString(conn, answer)
		_ = conn.(*net.TCPConn).CloseWrite()
		_, _ = io.Copy(io.Discard, conn)
	}
}

func TestOutcomeOfPeersThatAreNotDICOM(t *testing.T) {
	tests := []struct {
		name    string
		serve   func(net.Conn)
		outcome survey.Outcome
		detail  string
	}{
		{"http", says("HTTP/1.1 400 Bad Request\r\n\r\n"), survey.Foreign, "http"},
		{"ssh", says("SSH-2.0-OpenSSH_9.2\r\n"), survey.Foreign, "ssh"},
		{"tls alert", says("\x15\x03\x01\x00\x02\x02\x16"), survey.Foreign, "tls"},
		{"random bytes", says("\xf3\x91\x00\x81\x80\xfe\x01\x02"), survey.Foreign, "unknown"},
		{"closed", func(c net.Conn) { _, _ = c.Read(make([]byte, 4096)) }, survey.Closed, "closed or reset after A-ASSOCIATE-RQ"},
		{"mute", func(c net.Conn) { _, _ = io.Copy(io.Discard, c) }, survey.Mute, ""},
		{"length of 4 GiB", says("\x02\x00\xff\xff\xff\xf0"), survey.Malformed, ""},
		{"broken acceptance", says("\x02\x00\x00\x00\x00\x04abcd"), survey.Malformed, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := identify.DICOM(t.Context(), 104, opener(peer(t, tt.serve), nil), identify.Options{Products: table(t), DefaultAETitles: true})
			if s.Outcome != tt.outcome || tt.detail != "" && s.Detail != tt.detail {
				t.Errorf("outcome %q, detail %q; want %q, %q", s.Outcome, s.Detail, tt.outcome, tt.detail)
			}
			if s.Protocol != survey.ProtocolUnknown || s.Levels != (survey.Levels{}) || s.CalledAETitle.Policy != survey.UnknownTitle {
				t.Errorf("protocol %q, levels %+v, policy %q of a peer that said nothing in DICOM", s.Protocol, s.Levels, s.CalledAETitle.Policy)
			}
			if s.Attempts != 1 {
				t.Errorf("%d associations asked for, want 1", s.Attempts)
			}
		})
	}
}

func TestOutcomeOfConnections(t *testing.T) {
	timeout := &net.OpError{Op: "dial", Err: deadline{}}
	tests := []struct {
		name string
		err  error
		want survey.Outcome
	}{
		{"refused", &net.OpError{Op: "dial", Err: syscall.ECONNREFUSED}, survey.Refused},
		{"refused, wrapped", fmt.Errorf("connecting: %w", &net.OpError{Op: "dial", Err: syscall.ECONNREFUSED}), survey.Refused},
		{"no answer to the connection", timeout, survey.Silent},
		{"no route", &net.OpError{Op: "dial", Err: syscall.EHOSTUNREACH}, survey.Silent},
		{"no answer on the connection", &net.OpError{Op: "read", Err: deadline{}}, survey.Mute},
		{"budget", fmt.Errorf("reading: %w", spent{}), survey.OverBudget},
		{"reset", &net.OpError{Op: "read", Err: syscall.ECONNRESET}, survey.Closed},
		{"no TLS", fmt.Errorf("TLS handshake: %w", tls.RecordHeaderError{Msg: "first record does not look like a TLS handshake"}), survey.Foreign},
		{"closed in the TLS handshake", fmt.Errorf("TLS handshake: %w", io.EOF), survey.Closed},
		{"client certificate", &net.OpError{Op: "remote error", Err: errors.New("tls: certificate required")}, survey.Closed},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			open := func(context.Context, string, []ul.PresentationContext) (*ul.Association, error) { return nil, tt.err }
			s := identify.DICOM(t.Context(), 104, open, identify.Options{})
			if s.Outcome != tt.want {
				t.Errorf("outcome %q, want %q", s.Outcome, tt.want)
			}
		})
	}
}

func TestCancelledContextIsOverBudget(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	addr := peer(t, func(c net.Conn) { _, _ = io.Copy(io.Discard, c) })
	if s := identify.DICOM(ctx, 104, opener(addr, nil), identify.Options{}); s.Outcome != survey.OverBudget {
		t.Errorf("outcome %q, want over-budget", s.Outcome)
	}
}

type deadline struct{}

func (deadline) Error() string { return "i/o timeout" }
func (deadline) Timeout() bool { return true }

type spent struct{}

func (spent) Error() string { return "spent" }
func (spent) Budget() bool  { return true }

// acceptor serves associations decided by decide; requests are answered by p.
func acceptor(t *testing.T, p *dimse.Provider, decide func(*ul.AssociateRQ) (*ul.AssociateAC, *ul.AssociateRJ)) string {
	return peer(t, func(conn net.Conn) {
		a, err := ul.Accept(t.Context(), conn, ul.Options{ReadTimeout: 2 * time.Second}, decide)
		if err == nil {
			_ = p.Serve(t.Context(), a)
		}
	})
}

// accept takes the given abstract syntaxes, or all when there are none.
func accept(rq *ul.AssociateRQ, user ul.UserInfo, syntaxes ...string) *ul.AssociateAC {
	ac := &ul.AssociateAC{User: user}
	for _, c := range rq.Contexts {
		r := ul.ContextResult{ID: c.ID, Result: ul.AbstractSyntaxNotSupported}
		if len(syntaxes) == 0 || slices.Contains(syntaxes, c.AbstractSyntax) {
			r = ul.ContextResult{ID: c.ID, TransferSyntax: c.TransferSyntaxes[0]}
		}
		ac.Contexts = append(ac.Contexts, r)
	}
	return ac
}

var echoes = &dimse.Provider{Echo: func(context.Context, *dimse.Request) dimse.Outcome { return dimse.Answer(dimse.Success) }}

func titleRefused() *ul.AssociateRJ {
	return &ul.AssociateRJ{Result: ul.RejectedPermanent, Source: ul.ServiceUser, Reason: ul.CalledAETitleNotRecognized}
}

func TestCalledTitlePolicy(t *testing.T) {
	callingRefused := &ul.AssociateRJ{Result: ul.RejectedPermanent, Source: ul.ServiceUser, Reason: ul.CallingAETitleNotRecognized}
	noReason := &ul.AssociateRJ{Result: ul.RejectedPermanent, Source: ul.ServiceUser, Reason: ul.UserNoReason}
	onlyTitle := func(title string) func(*ul.AssociateRQ) *ul.AssociateRJ {
		return func(rq *ul.AssociateRQ) *ul.AssociateRJ {
			if rq.CalledAETitle == title {
				return nil
			}
			return titleRefused()
		}
	}
	always := func(rj *ul.AssociateRJ) func(*ul.AssociateRQ) *ul.AssociateRJ {
		return func(*ul.AssociateRQ) *ul.AssociateRJ { return rj }
	}
	tests := []struct {
		name      string
		port      uint16
		rejects   func(*ul.AssociateRQ) *ul.AssociateRJ
		known     []string
		defaults  bool
		policy    survey.AEPolicy
		accepted  string
		rejection string
		attempts  int
	}{
		{"any", 104, always(nil), nil, true, survey.AnyTitle, "", "", 1},
		{"the default of the port's product at once", 5678, onlyTitle("CONQUESTSRV1"), nil, true, survey.DefaultTitle, "CONQUESTSRV1", "", 2},
		{"default not allowed", 4242, onlyTitle("ORTHANC"), nil, false, survey.RefusedTitle, "", "called-AE-title-not-recognized", 1},
		{"known before default", 4242, onlyTitle("RADIOLOGY"), []string{"XRAY", "RADIOLOGY"}, true, survey.KnownTitle, "RADIOLOGY", "", 3},
		{"none", 4242, always(titleRefused()), []string{"A", "B", "C", "D", "E", "F", "G"}, true, survey.RefusedTitle, "", "called-AE-title-not-recognized", 9},
		{"none of the defaults", 4242, always(titleRefused()), nil, true, survey.RefusedTitle, "", "called-AE-title-not-recognized", 7},
		{"the calling title is what it is about", 4242, always(callingRefused), []string{"A"}, true, survey.UnknownTitle, "", "calling-AE-title-not-recognized", 1},
		{"stops when the reason changes", 4242, func(rq *ul.AssociateRQ) *ul.AssociateRJ {
			if rq.CalledAETitle == "ORTHANC" {
				return callingRefused
			}
			return titleRefused()
		}, nil, true, survey.UnknownTitle, "", "calling-AE-title-not-recognized", 2},
		{"no reason given", 4242, always(noReason), []string{"A"}, false, survey.UnknownTitle, "", "no-reason-given", 2},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			addr := acceptor(t, echoes, func(rq *ul.AssociateRQ) (*ul.AssociateAC, *ul.AssociateRJ) {
				if rj := tt.rejects(rq); rj != nil {
					return nil, rj
				}
				return accept(rq, ul.UserInfo{}, dicom.Verification), nil
			})
			var titles []string
			var rests []time.Duration
			s := identify.DICOM(t.Context(), tt.port, opener(addr, &titles), identify.Options{
				KnownAETitles: tt.known, DefaultAETitles: tt.defaults, Products: table(t),
				Sleep: func(_ context.Context, d time.Duration) { rests = append(rests, d) }})
			if len(rests) != tt.attempts-1 || slices.ContainsFunc(rests, func(d time.Duration) bool { return d < 100*time.Millisecond }) {
				t.Errorf("rests %v between %d attempts, want one after each rejection", rests, tt.attempts)
			}
			if s.CalledAETitle.Policy != tt.policy {
				t.Errorf("policy %q, want %q", s.CalledAETitle.Policy, tt.policy)
			}
			if tt.accepted != "" && s.CalledAETitle.Accepted != tt.accepted {
				t.Errorf("accepted %q, want %q", s.CalledAETitle.Accepted, tt.accepted)
			}
			if (s.Rejection == nil) != (tt.rejection == "") || s.Rejection != nil && !strings.Contains(s.Rejection.Text, tt.rejection) {
				t.Errorf("rejection %+v, want one with %q", s.Rejection, tt.rejection)
			}
			if s.Attempts != tt.attempts || len(titles) != tt.attempts {
				t.Errorf("%d attempts counted, %d made (%q), want %d", s.Attempts, len(titles), titles, tt.attempts)
			}
			if !s.Levels.Speaks || s.Outcome != survey.Answered || s.Protocol != survey.ProtocolDICOM {
				t.Errorf("levels %+v, outcome %q, protocol %q of a server that answers", s.Levels, s.Outcome, s.Protocol)
			}
			if first := titles[0]; len(first) > 16 || first != strings.ToUpper(first) || len(first) < 8 {
				t.Errorf("made-up title %q", first)
			}
		})
	}
}

func TestTransientRejectionIsTriedAgainOnce(t *testing.T) {
	congested := &ul.AssociateRJ{Result: ul.RejectedTransient, Source: ul.ServiceProviderPresentation, Reason: ul.LocalLimitExceeded}
	for _, failures := range []int64{1, 5} {
		t.Run(fmt.Sprint(failures, " failures"), func(t *testing.T) {
			var n atomic.Int64
			addr := acceptor(t, echoes, func(rq *ul.AssociateRQ) (*ul.AssociateAC, *ul.AssociateRJ) {
				if n.Add(1) <= failures {
					return nil, congested
				}
				return accept(rq, ul.UserInfo{}), nil
			})
			s := identify.DICOM(t.Context(), 104, opener(addr, nil), identify.Options{
				Products: table(t), DefaultAETitles: true, RetryWait: time.Millisecond})
			if s.Attempts != 2 || !s.Levels.Speaks {
				t.Errorf("%d attempts, levels %+v", s.Attempts, s.Levels)
			}
			if failures == 1 {
				if s.CalledAETitle.Policy != survey.AnyTitle || s.Rejection != nil || !s.Levels.Associates {
					t.Errorf("policy %q, rejection %+v after the retry was accepted", s.CalledAETitle.Policy, s.Rejection)
				}
				return
			}
			if s.CalledAETitle.Policy != survey.UnknownTitle || s.Rejection == nil || s.Rejection.Reason != 2 || s.Rejection.Source != 3 || s.Rejection.Result != 2 {
				t.Errorf("policy %q, rejection %+v", s.CalledAETitle.Policy, s.Rejection)
			}
		})
	}
}

func TestAbortAsAnswer(t *testing.T) {
	var titles []string
	s := identify.DICOM(t.Context(), 104, opener(peer(t, says("\x07\x00\x00\x00\x00\x04\x00\x00\x02\x01")), &titles),
		identify.Options{Products: table(t), DefaultAETitles: true})
	if s.Protocol != survey.ProtocolDICOM || !s.Levels.Speaks || s.Levels.Associates || len(titles) != 1 {
		t.Errorf("protocol %q, levels %+v, %d associations", s.Protocol, s.Levels, len(titles))
	}
	want := survey.Rejection{Kind: "abort", Source: 2, Reason: 1, During: "association"}
	if r := s.Rejection; r == nil || r.Kind != want.Kind || r.Source != want.Source || r.Reason != want.Reason || r.During != want.During || r.Text == "" {
		t.Errorf("rejection %+v, want %+v with a text", r, want)
	}
}

func TestEchoEndsTheAssociation(t *testing.T) {
	for _, tt := range []struct {
		name      string
		outcome   dimse.Outcome
		fact      string
		rejection bool
	}{
		{"abort", dimse.AbortAssociation, "echo:abort", true},
		{"close", dimse.CloseConnection, "echo:close", false},
		{"refused", dimse.Answer(0x0122), "echo:0122", false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p := &dimse.Provider{Echo: func(context.Context, *dimse.Request) dimse.Outcome { return tt.outcome }}
			addr := acceptor(t, p, func(rq *ul.AssociateRQ) (*ul.AssociateAC, *ul.AssociateRJ) { return accept(rq, ul.UserInfo{}), nil })
			s := identify.DICOM(t.Context(), 104, opener(addr, nil), identify.Options{Products: table(t)})
			if !s.Levels.Associates || !slices.Contains(s.Behaviours, tt.fact) || (s.Rejection != nil) != tt.rejection {
				t.Errorf("levels %+v, behaviours %q, rejection %+v", s.Levels, s.Behaviours, s.Rejection)
			}
			if tt.rejection && s.Rejection != nil && (s.Rejection.During != "c-echo" || s.Rejection.Kind != "abort") {
				t.Errorf("rejection %+v", s.Rejection)
			}
		})
	}
}

func TestAnnouncementsAreCleaned(t *testing.T) {
	user := ul.UserInfo{ImplementationClassUID: "1.2.3\x1b[31m<script>", ImplementationVersionName: "A\x1bB\x00C\xffD", MaxPDULength: 16384}
	addr := acceptor(t, echoes, func(rq *ul.AssociateRQ) (*ul.AssociateAC, *ul.AssociateRJ) { return accept(rq, user), nil })
	s := identify.DICOM(t.Context(), 104, opener(addr, nil), identify.Options{Products: table(t)})
	if strings.Trim(s.ImplementationClassUID, "0123456789.?") != "" {
		t.Errorf("class UID %q", s.ImplementationClassUID)
	}
	if s.ImplementationVersionName != "A?B?C?D" {
		t.Errorf("version name %q", s.ImplementationVersionName)
	}
	if s.MaxPDU == nil || *s.MaxPDU != 16384 {
		t.Errorf("max PDU %v", s.MaxPDU)
	}
	if !slices.Contains(s.Behaviours, survey.BehaviourNonsenseContext) {
		t.Errorf("behaviours %q of a peer that accepts every context", s.Behaviours)
	}
	for _, uid := range s.SOPClasses {
		if strings.HasPrefix(uid, "2.25.") {
			t.Errorf("the made-up context is listed: %s", uid)
		}
	}
}
