package main

import (
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"testing"
	"time"

	"leadglass/internal/survey"
)

// budget is the time that checks of unwilling ports are given, and patience
// what they may take on top of it on a machine that is busy with other things.
const (
	budget   = 5 * time.Second
	patience = 20 * time.Second
)

// says answers every connection with a text, whatever comes, and then listens
// on.
func says(text string) func(context.Context, net.Conn) {
	return func(_ context.Context, c net.Conn) {
		_, _ = io.WriteString(c, text)
		_, _ = io.Copy(io.Discard, c)
	}
}

// answersOnce waits for the first bytes before it says its text and hangs up.
func answersOnce(text string) func(context.Context, net.Conn) {
	return func(_ context.Context, c net.Conn) {
		if _, err := c.Read(make([]byte, 4096)); err == nil {
			_, _ = io.WriteString(c, text)
		}
	}
}

// noise sends bytes at random until the peer has enough.
func noise(_ context.Context, c net.Conn) {
	random := rand.NewChaCha8([32]byte{1})
	b := make([]byte, 1024)
	for {
		_, _ = random.Read(b) // never fails
		if _, err := c.Write(b); err != nil {
			return
		}
	}
}

// TestUnwillingPorts: whatever a port does is a result, never an error, and
// within the time that a host is given.
func TestUnwillingPorts(t *testing.T) {
	const page = "<!DOCTYPE html><title>It works</title>"
	tests := map[string]struct {
		handle  func(context.Context, net.Conn)
		verdict survey.Verdict
		// outcomes of the port that are right
		outcomes []survey.Outcome
	}{
		"accepts and never answers": {silent, survey.NotDICOM, []survey.Outcome{survey.Mute, survey.OverBudget}},
		"HTTP": {answersOnce(fmt.Sprintf("HTTP/1.1 200 OK\r\nContent-Length: %d\r\nConnection: close\r\n\r\n%s", len(page), page)),
			survey.NotDICOM, []survey.Outcome{survey.Answered, survey.Foreign}},
		"HTTP that refuses the request": {answersOnce("HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n"),
			survey.NotDICOM, []survey.Outcome{survey.Answered, survey.Foreign}},
		"SSH":                {says("SSH-2.0-OpenSSH_9.2p1 Debian-2\r\n"), survey.NotDICOM, []survey.Outcome{survey.Foreign}},
		"random bytes":       {noise, survey.NotDICOM, []survey.Outcome{survey.Foreign, survey.Malformed}},
		"closes immediately": {func(context.Context, net.Conn) {}, survey.NotDICOM, []survey.Outcome{survey.Closed}},
		"half a PDU": {answersOnce("\x02\x00\x00\x00\x01\x00\x00\x01"), survey.NotDICOM,
			[]survey.Outcome{survey.Malformed, survey.Closed}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			port := listener(t, "127.0.0.1:0", tt.handle)
			f := unwilling(t, port)
			if f.Verdict != tt.verdict {
				t.Errorf("verdict %s, want %s", f.Verdict, tt.verdict)
			}
			if len(f.Services) != 1 || !oneOf(f.Services[0].Outcome, tt.outcomes) {
				t.Errorf("services %+v, want one that is %s", f.Services, tt.outcomes)
			}
		})
	}
}

func oneOf(o survey.Outcome, list []survey.Outcome) bool {
	for _, other := range list {
		if o == other {
			return true
		}
	}
	return false
}

// unwilling checks a port of this machine that is no archive.
func unwilling(t *testing.T, port uint16) survey.Finding {
	t.Helper()
	start := time.Now()
	o := leadglass(t, "check", fmt.Sprintf("127.0.0.1:%d", port), "--json", "--time", budget.String())
	if took := time.Since(start); took > budget+patience {
		t.Errorf("took %v with a budget of %v", took, budget)
	}
	f := o.finding(t)
	code := exitDone
	if f.Incomplete != nil {
		code = exitIncomplete
	}
	o.want(t, code)
	if got := number(f.Counts.Studies); got != "unknown" || f.Verdict.FreelyAccessible() {
		t.Errorf("studies %s, verdict %s", got, f.Verdict)
	}
	return f
}

func TestClosedPort(t *testing.T) {
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	port := l.Addr().(*net.TCPAddr).AddrPort().Port()
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	f := unwilling(t, port)
	if f.Verdict != survey.Unreachable || len(f.Services) != 0 || f.Incomplete != nil {
		t.Errorf("verdict %s, services %+v", f.Verdict, f.Services)
	}
}

// TestResettingPort: a reset may come before the connection is taken for open,
// so that the port counts as closed.
func TestResettingPort(t *testing.T) {
	f := unwilling(t, listener(t, "127.0.0.1:0", func(_ context.Context, c net.Conn) {
		_ = c.(*net.TCPConn).SetLinger(0)
	}))
	if f.Verdict != survey.NotDICOM && f.Verdict != survey.Unreachable {
		t.Errorf("verdict %s", f.Verdict)
	}
}

// TestTarpit: each byte comes long before any timeout, the answer never.
func TestTarpit(t *testing.T) {
	t.Parallel()
	f := unwilling(t, listener(t, "127.0.0.1:0", func(ctx context.Context, c net.Conn) {
		answer := []byte{2, 0, 0, 0, 1, 0}
		for i := 0; ; i++ {
			if _, err := c.Write([]byte{answer[min(i, len(answer)-1)]}); err != nil {
				return
			}
			select {
			case <-ctx.Done():
				return
			case <-time.After(200 * time.Millisecond):
			}
		}
	}))
	if f.Verdict != survey.NotDICOM && f.Verdict != survey.Protected {
		t.Errorf("verdict %s", f.Verdict)
	}
}
