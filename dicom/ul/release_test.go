package ul_test

import (
	"context"
	"errors"
	"net"
	"os"
	"testing"
	"time"

	"leadglass/dicom/ul"
)

func TestReleaseByEitherEnd(t *testing.T) {
	for _, transport := range transports {
		for _, who := range []string{"requestor", "acceptor"} {
			t.Run(transport+" "+who, func(t *testing.T) {
				asks, answers := associate(t, transport, ul.Options{}, ul.Options{})
				if who == "acceptor" {
					asks, answers = answers, asks
				}
				done := make(chan error, 1)
				go func() {
					if _, err := answers.ReadPDV(); !errors.Is(err, ul.ErrReleaseRequested) {
						t.Errorf("reading: error %v", err)
					}
					done <- answers.AnswerRelease()
				}()
				within(t, atOnce, "the release", func() {
					if err := errors.Join(asks.Release(t.Context()), <-done); err != nil {
						t.Error(err)
					}
				})
				for end, a := range map[string]*ul.Association{"asked": asks, "answered": answers} {
					if err := a.AppendPData(1, true, nil); !errors.Is(err, ul.ErrState) {
						t.Errorf("sending by the end that %s: error %v", end, err)
					}
					if err := a.Release(t.Context()); !errors.Is(err, ul.ErrState) {
						t.Errorf("second release by the end that %s: error %v", end, err)
					}
					if err := a.Close(); err != nil {
						t.Errorf("closing the end that %s: %v", end, err)
					}
				}
			})
		}
	}
}

// TestReleaseCollision lets both ends ask at once (PS3.8 7.2.2.7).
func TestReleaseCollision(t *testing.T) {
	for _, transport := range []string{"tcp", "tls"} {
		for range 20 {
			requestor, acceptor := associate(t, transport, ul.Options{}, ul.Options{})
			start := make(chan struct{})
			done := make(chan error, 2)
			for _, a := range []*ul.Association{requestor, acceptor} {
				go func() { <-start; done <- a.Release(context.Background()) }()
			}
			close(start)
			within(t, atOnce, "the collision", func() {
				if err := errors.Join(<-done, <-done); err != nil {
					t.Errorf("%s: %v", transport, err)
				}
			})
		}
	}
}

// TestCollisionStepByStep plays the peer of a collision PDU by PDU, for both
// roles: the requestor answers first.
func TestCollisionStepByStep(t *testing.T) {
	t.Run("requestor", func(t *testing.T) {
		order := make(chan byte, 4)
		a := withPeer(t, ul.Options{}, ul.AssociateAC{}, func(conn net.Conn) {
			for range 2 { // our request, and our answer to the peer's
				kind, _ := readPDU(conn)
				order <- kind
				if kind == ul.TypeReleaseRQ {
					send(conn, ul.AppendReleaseRQ(nil))
				}
			}
			send(conn, ul.AppendReleaseRP(nil))
		})
		if err := a.Release(t.Context()); err != nil {
			t.Error(err)
		}
		if first, second := <-order, <-order; first != ul.TypeReleaseRQ || second != ul.TypeReleaseRP {
			t.Errorf("the requestor sent %02X, %02X", first, second)
		}
	})
	t.Run("acceptor", func(t *testing.T) {
		client, server := connect(t, "tcp")
		order := make(chan byte, 4)
		background(t, func() {
			rq := proposal()
			send(client, ul.AppendAssociateRQ(nil, &rq))
			readPDU(client)
			send(client, ul.AppendReleaseRQ(nil))
			kind, _ := readPDU(client) // the acceptor's request
			order <- kind
			client.SetReadDeadline(time.Now().Add(50 * time.Millisecond))
			if n, _ := client.Read(make([]byte, 10)); n != 0 {
				t.Error("the acceptor answered before the requestor")
			}
			send(client, ul.AppendReleaseRP(nil))
			kind, _ = readPDU(client)
			order <- kind
			client.Close()
		})
		a, err := ul.Accept(t.Context(), server, ul.Options{}, acceptAll)
		if err != nil {
			t.Fatal(err)
		}
		if err := a.Release(t.Context()); err != nil {
			t.Error(err)
		}
		if first, second := <-order, <-order; first != ul.TypeReleaseRQ || second != ul.TypeReleaseRP {
			t.Errorf("the acceptor sent %02X, %02X", first, second)
		}
	})
}

func TestDataDuringReleaseIsThrownAway(t *testing.T) {
	const n = 100
	data := pdvs(ul.PDV{ContextID: 1, Control: 2, Data: make([]byte, 1000)})
	a := withPeer(t, ul.Options{}, ul.AssociateAC{}, func(conn net.Conn) {
		send(conn, data)
		readPDU(conn) // A-RELEASE-RQ
		for range n {
			send(conn, data)
		}
		send(conn, ul.AppendReleaseRP(nil))
	})
	if err := a.Release(t.Context()); err != nil {
		t.Error(err)
	}
}

func TestReleaseThatGoesWrong(t *testing.T) {
	forever := pdvs(ul.PDV{ContextID: 1, Control: 0, Data: []byte("ab")})
	for _, c := range []struct {
		name  string
		peer  func(net.Conn)
		wants func(error) bool
	}{
		{"never answered", func(conn net.Conn) { readPDU(conn) }, func(err error) bool { return errors.Is(err, os.ErrDeadlineExceeded) }},
		{"closed", func(conn net.Conn) { conn.Close() }, func(err error) bool { return errors.Is(err, ul.ErrClosed) }},
		{"aborted", func(conn net.Conn) { send(conn, ul.AppendAbort(nil, ul.Abort{})) }, func(err error) bool {
			var aborted *ul.AbortedError
			return errors.As(err, &aborted)
		}},
		{"answered with a rejection", func(conn net.Conn) { send(conn, ul.AppendAssociateRJ(nil, ul.AssociateRJ{})) }, func(err error) bool {
			var p *ul.ProtocolError
			return errors.As(err, &p) && p.PDU == ul.TypeAssociateRJ
		}},
		{"data without end", func(conn net.Conn) {
			for {
				if _, err := conn.Write(forever); err != nil {
					return
				}
			}
		}, func(err error) bool { return err != nil }},
	} {
		t.Run(c.name, func(t *testing.T) {
			a := withPeer(t, ul.Options{ReadTimeout: 100 * time.Millisecond}, ul.AssociateAC{}, func(conn net.Conn) {
				readPDU(conn)
				c.peer(conn)
			})
			var err error
			within(t, atOnce, "releasing", func() { err = a.Release(t.Context()) })
			if !c.wants(err) {
				t.Errorf("error %v", err)
			}
		})
	}
}

// TestPDUsAfterTheRequestForRelease: the peer that asked for release sends
// data all the same, which is answered with A-ABORT (PS3.8 table 9-10, Evt10
// in Sta8).
func TestPDUsAfterTheRequestForRelease(t *testing.T) {
	for name, more := range map[string][]byte{
		"data": pdvs(ul.PDV{ContextID: 1, Control: 2, Data: []byte("ab")}), "the request again": ul.AppendReleaseRQ(nil),
		"an answer": ul.AppendReleaseRP(nil),
	} {
		t.Run(name, func(t *testing.T) {
			answer := make(chan byte, 1)
			a := withPeer(t, ul.Options{}, ul.AssociateAC{}, func(conn net.Conn) {
				send(conn, append(ul.AppendReleaseRQ(nil), more...))
				kind, _ := readPDU(conn)
				answer <- kind
			})
			if _, err := a.ReadPDV(); !errors.Is(err, ul.ErrReleaseRequested) {
				t.Fatalf("error %v", err)
			}
			_, err := a.ReadPDV()
			var p *ul.ProtocolError
			if !errors.As(err, &p) {
				t.Errorf("error %v", err)
			}
			if kind := <-answer; kind != ul.TypeAbort {
				t.Errorf("answered with PDU type %02X", kind)
			}
			if a.State() != "Sta13" {
				t.Errorf("state %s", a.State())
			}
		})
	}
}

// TestAcceptorMaySendBeforeItAnswers: data after A-RELEASE-RQ is allowed for
// the end that has not answered yet (AR-7).
func TestAcceptorMaySendBeforeItAnswers(t *testing.T) {
	requestor, acceptor := associate(t, "tcp", ul.Options{}, ul.Options{})
	background(t, func() {
		if _, err := acceptor.ReadPDV(); !errors.Is(err, ul.ErrReleaseRequested) {
			t.Errorf("error %v", err)
		}
		if err := acceptor.AppendPData(1, true, []byte("late")); err != nil {
			t.Error(err)
		}
		if err := acceptor.AnswerRelease(); err != nil {
			t.Error(err)
		}
	})
	if err := requestor.Release(t.Context()); err != nil {
		t.Error(err)
	}
}
