package connerr_test

import (
	"errors"
	"io"
	"net"
	"testing"

	"leadglass/internal/connerr"
)

// TestRealConnections asks the system it runs on.
func TestRealConnections(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	accepted := make(chan net.Conn, 1)
	go func() {
		c, _ := l.Accept()
		accepted <- c
	}()
	c, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = c.Close() }()
	peer := (<-accepted).(*net.TCPConn)
	if err := errors.Join(l.Close(), peer.SetLinger(0), peer.Close()); err != nil {
		t.Fatal(err)
	}
	_, err = c.Read(make([]byte, 1))
	if !connerr.Reset(err) || connerr.Refused(err) {
		t.Errorf("a connection that was reset: %v", err)
	}
	_, err = net.Dial("tcp", l.Addr().String())
	if !connerr.Refused(err) || connerr.Reset(err) || connerr.Unreachable(err) || connerr.TimedOut(err) {
		t.Errorf("a port that is closed: %v", err)
	}
	if connerr.Reset(io.EOF) || connerr.Refused(nil) {
		t.Error("an orderly end is no reset")
	}
}
