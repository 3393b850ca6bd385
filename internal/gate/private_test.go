package gate_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"leadglass/internal/gate"
)

const privateText = "CANARY^Anna "

// TestPrivate: a private client behaves as the other one, in plain text and
// inside TLS, however the body is framed, and leaves nothing of it behind.
func TestPrivate(t *testing.T) {
	long := strings.Repeat(privateText, 1000)
	for _, secure := range []bool{false, true} {
		base, opened := web(t, secure, func(w http.ResponseWriter, r *http.Request) {
			switch r.URL.Path {
			case "/length":
				w.Header().Set("Content-Length", fmt.Sprint(len(long)))
			case "/chunked":
				w.(http.Flusher).Flush()
			case "/early":
				w.WriteHeader(http.StatusEarlyHints)
			case "/away":
				http.Redirect(w, r, "http://127.0.0.3/", http.StatusFound)
				return
			}
			_, _ = io.WriteString(w, long)
		})
		h := newHost(gate.Options{})
		client := h.HTTPClient(gate.HTTPOptions{UserAgent: "Leadglass"})
		for _, path := range []string{"/length", "/chunked", "/early"} {
			req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, base+path, nil)
			if err != nil {
				t.Fatal(err)
			}
			resp, err := client.Transport.RoundTrip(req) // the client wraps bodies
			if err != nil {
				t.Fatal(err)
			}
			first := make([]byte, len(privateText))
			if _, err := io.ReadFull(resp.Body, first); err != nil || string(first) != privateText {
				t.Errorf("%s: %q, %v", path, first, err)
			}
			if gate.Waiting(resp.Body) == 0 {
				t.Errorf("%s: nothing is in the buffer to begin with", path)
			}
			rest, err := io.ReadAll(resp.Body)
			if err != nil || len(rest)+len(first) != len(long) {
				t.Errorf("%s: %d bytes, %v", path, len(rest)+len(first), err)
			}
			if err := resp.Body.Close(); err != nil {
				t.Errorf("%s: %v", path, err)
			}
			if left := gate.Left(resp.Body); left != 0 {
				t.Errorf("%s: %d bytes are left", path, left)
			}
		}
		if _, err := client.Get(base + "/away"); !errors.Is(err, gate.ErrOutOfScope) {
			t.Errorf("redirect to elsewhere: %v", err)
		}
		if _, err := client.Get("http://127.0.0.3/"); !errors.Is(err, gate.ErrOutOfScope) {
			t.Errorf("another host: %v", err)
		}
		if n := opened.Load(); n != 4 || h.Traffic().Connections != 4 {
			t.Errorf("%d connections, %d in the ledger, want 4", n, h.Traffic().Connections)
		}
	}
}

// TestPrivateHostile: what is no response, or has no end, is an error in time,
// and the connection is given back.
func TestPrivateHostile(t *testing.T) {
	for name, answer := range map[string]string{
		"nothing":         "",
		"no response":     "SSH-2.0-OpenSSH\r\n",
		"endless header":  "HTTP/1.1 200 OK\r\nA: " + strings.Repeat("x", 200_000),
		"endless interim": strings.Repeat("HTTP/1.1 100 Continue\r\n\r\n", 20),
		"bad chunk":       "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n" + privateText,
		"mute":            "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n",
	} {
		t.Run(name, func(t *testing.T) {
			l, err := net.Listen("tcp4", "127.0.0.1:0")
			if err != nil {
				t.Fatal(err)
			}
			defer l.Close()
			go func() {
				for {
					c, err := l.Accept()
					if err != nil {
						return
					}
					go func() {
						defer c.Close()
						_, _ = c.Read(make([]byte, 1024))
						_, _ = io.WriteString(c, answer)
						if name == "mute" {
							_, _ = c.Read(make([]byte, 1))
						}
					}()
				}
			}()
			h := newHost(gate.Options{})
			client := h.HTTPClient(gate.HTTPOptions{Timeout: 300 * time.Millisecond})
			for range 3 { // one after the other: a host has one connection
				ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
				req, _ := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+l.Addr().String()+"/", nil)
				resp, err := client.Do(req)
				if err == nil {
					_, err = io.ReadAll(resp.Body)
					_ = resp.Body.Close()
				}
				if err == nil || strings.Contains(err.Error(), privateText) {
					t.Errorf("error %v", err)
				}
				cancel()
			}
		})
	}
}
