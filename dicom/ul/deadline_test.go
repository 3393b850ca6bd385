package ul_test

import (
	"bytes"
	"context"
	"errors"
	"net"
	"os"
	"strings"
	"testing"
	"time"

	"leadglass/dicom/ul"
)

// atOnce is how long "at once" may take on a busy machine; the timeouts that
// must not be waited for are those of ul.DefaultTimeout.
const atOnce = 2 * time.Second

var errStop = errors.New("stopped by the test")

func TestSilentPeersTimeOut(t *testing.T) {
	opt := ul.Options{ReadTimeout: 50 * time.Millisecond, WriteTimeout: 50 * time.Millisecond}
	for _, transport := range transports {
		for _, end := range []string{"requestor", "acceptor"} {
			t.Run(transport+" "+end, func(t *testing.T) {
				client, server := connect(t, transport)
				if transport == "tls" { // the handshake needs the peer
					server = serverTLS(t, server)
				}
				background(t, func() { readPDU(server); readPDU(server) })
				var err error
				within(t, atOnce, "opening", func() { err = open(t.Context(), client, end, opt) })
				if !errors.Is(err, os.ErrDeadlineExceeded) || !strings.Contains(err.Error(), "no answer in time") {
					t.Errorf("error %v", err)
				}
			})
		}
	}
}

// serverTLS makes the server's handshake in the background.
func serverTLS(t testing.TB, server net.Conn) net.Conn {
	background(t, func() { _ = server.(interface{ Handshake() error }).Handshake() })
	return server
}

func TestSilenceInTheMiddleTimesOut(t *testing.T) {
	opt := ul.Options{ReadTimeout: 50 * time.Millisecond}
	for name, said := range map[string][]byte{
		"nothing": nil, "part of a header": {4, 0, 0}, "part of a body": pdu(ul.TypePData, 100, []byte("abc")),
	} {
		t.Run(name, func(t *testing.T) {
			a := withPeer(t, opt, ul.AssociateAC{}, func(conn net.Conn) { send(conn, said); readPDU(conn) })
			var err error
			within(t, atOnce, "reading", func() { _, err = a.ReadPDV() })
			if !errors.Is(err, os.ErrDeadlineExceeded) {
				t.Errorf("error %v", err)
			}
			a.Close()
		})
	}
}

func TestPeerThatDoesNotReadTimesOut(t *testing.T) {
	a := withPeer(t, ul.Options{WriteTimeout: 50 * time.Millisecond}, ul.AssociateAC{}, func(conn net.Conn) {})
	var err error
	within(t, atOnce, "writing", func() { err = writeUntilError(a) })
	if !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("error %v", err)
	}
	// A PDU was cut: nothing can follow it.
	if err := a.AppendPData(1, true, nil); !errors.Is(err, ul.ErrState) {
		t.Errorf("sending after a cut PDU: error %v", err)
	}
}

// writeUntilError fills the buffers between the ends.
func writeUntilError(a *ul.Association) error {
	block := make([]byte, 1<<20)
	for range 1000 {
		if err := a.AppendPData(1, false, block); err != nil {
			return err
		}
		if err := a.Flush(); err != nil {
			return err
		}
	}
	return nil
}

// TestCancelEndsEverythingAtOnce cancels the context of the association in
// each thing it can wait for.
func TestCancelEndsEverythingAtOnce(t *testing.T) {
	for _, transport := range transports {
		for _, end := range []string{"requestor", "acceptor"} {
			t.Run("opening "+transport+" "+end, func(t *testing.T) {
				client, server := connect(t, transport)
				if transport == "tls" {
					server = serverTLS(t, server)
				}
				background(t, func() { readPDU(server); readPDU(server) })
				ctx := stopSoon(t)
				var err error
				within(t, atOnce, "cancelling", func() { err = open(ctx, client, end, ul.Options{}) })
				if !errors.Is(err, errStop) {
					t.Errorf("error %v", err)
				}
			})
		}
		t.Run("already cancelled "+transport, func(t *testing.T) {
			client, _ := connect(t, transport)
			ctx, cancel := context.WithCancelCause(t.Context())
			cancel(errStop)
			var err error
			within(t, atOnce, "opening", func() { err = open(ctx, client, "requestor", ul.Options{}) })
			if !errors.Is(err, errStop) {
				t.Errorf("error %v", err)
			}
		})
		t.Run("reading "+transport, func(t *testing.T) {
			a, _ := associateUntil(t, transport, stopSoon(t))
			var err error
			within(t, atOnce, "reading", func() { _, err = a.ReadPDV() })
			if !errors.Is(err, errStop) {
				t.Errorf("error %v", err)
			}
		})
		t.Run("writing "+transport, func(t *testing.T) {
			a, _ := associateUntil(t, transport, stopSoon(t))
			var err error
			within(t, atOnce, "writing", func() { err = writeUntilError(a) })
			if !errors.Is(err, errStop) {
				t.Errorf("error %v", err)
			}
			within(t, atOnce, "closing", func() { a.Close() })
		})
		t.Run("releasing "+transport, func(t *testing.T) {
			a, peer := associateUntil(t, transport, context.Background())
			background(t, func() { _, _ = peer.ReadPDV() }) // takes the request, never answers
			var err error
			within(t, atOnce, "releasing", func() { err = a.Release(stopSoon(t)) })
			if !errors.Is(err, errStop) {
				t.Errorf("error %v", err)
			}
		})
	}
}

// stopSoon returns a context that is cancelled after a moment.
func stopSoon(t testing.TB) context.Context {
	ctx, cancel := context.WithCancelCause(context.Background())
	timer := time.AfterFunc(50*time.Millisecond, func() { cancel(errStop) })
	t.Cleanup(func() { timer.Stop(); cancel(nil) })
	return ctx
}

// associateUntil is associate with a context for the requestor.
func associateUntil(t testing.TB, transport string, ctx context.Context) (req, acc *ul.Association) {
	t.Helper()
	client, server := connect(t, transport)
	done := make(chan error, 1)
	go func() {
		var err error
		acc, err = ul.Accept(context.Background(), server, ul.Options{}, acceptAll)
		done <- err
	}()
	req, err := ul.Request(ctx, client, proposal(), ul.Options{})
	if err := errors.Join(err, <-done); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { req.Close(); acc.Close() })
	return req, acc
}

// TestWatchEndsOneOperation: a cancelled operation leaves an association that
// can be used again, when nothing was cut.
func TestWatchEndsOneOperation(t *testing.T) {
	for _, transport := range transports {
		a, peer := associate(t, transport, ul.Options{}, ul.Options{})
		for range 3 {
			ctx := stopSoon(t)
			done := a.Watch(ctx)
			inner := a.Watch(t.Context()) // an operation inside the operation
			inner()
			_, err := a.ReadPDV()
			if !errors.Is(err, errStop) {
				t.Fatalf("%s: error %v", transport, err)
			}
			if err := a.AppendPData(1, true, []byte("never sent")); err != nil {
				t.Fatal(err)
			}
			if err := a.Flush(); !errors.Is(err, errStop) {
				t.Fatalf("%s: flushing: error %v", transport, err)
			}
			done()
		}
		background(t, func() {
			if err := a.AppendPData(1, true, []byte("sent")); err != nil {
				t.Error(err)
			}
			if err := a.Flush(); err != nil {
				t.Error(err)
			}
		})
		if data, _, _ := readMessage(t, peer); !bytes.Equal(data, []byte("sent")) {
			t.Errorf("%s: the peer received %q", transport, data)
		}
	}
}

// TestWatchHasNoEffectAfterwards cancels contexts at the moment an operation
// ends: the next operation must not feel it.
func TestWatchHasNoEffectAfterwards(t *testing.T) {
	a, peer := associate(t, "tcp", ul.Options{}, ul.Options{})
	background(t, func() {
		for {
			p, err := peer.ReadPDV()
			if err != nil || peer.AppendPData(1, true, p.Data) != nil || peer.Flush() != nil {
				return
			}
		}
	})
	for i := range 500 {
		ctx, cancel := context.WithCancel(t.Context())
		done := a.Watch(ctx)
		go cancel()
		done()
		if err := a.AppendPData(1, true, []byte{byte(i), 0}); err != nil {
			t.Fatal(err)
		}
		if err := a.Flush(); err != nil {
			t.Fatalf("round %d: %v", i, err)
		}
		if _, err := a.ReadPDV(); err != nil {
			t.Fatalf("round %d: %v", i, err)
		}
	}
	a.Close()
}
