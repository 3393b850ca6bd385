package identify_test

import (
	"context"
	"net"
	"net/http"
	"strconv"
	"testing"
	"time"

	"leadglass/internal/identify"
	"leadglass/internal/survey"
)

// TestDrips: a port that accepts a connection and sends single bytes, and never
// a whole answer, is there; it is not called silent.
func TestDrips(t *testing.T) {
	at := peer(t, func(conn net.Conn) {
		_, _ = conn.Read(make([]byte, 4096))
		for _, b := range []byte("HTTP/1.1 200 OK\r\nX-Long: ") {
			_, _ = conn.Write([]byte{b})
		}
		for {
			if _, err := conn.Write([]byte("a")); err != nil {
				return
			}
			time.Sleep(20 * time.Millisecond)
		}
	})
	_, text, _ := net.SplitHostPort(at)
	port, err := strconv.ParseUint(text, 10, 16)
	if err != nil {
		t.Fatal(err)
	}
	client := &http.Client{Timeout: 300 * time.Millisecond, Transport: &http.Transport{DisableKeepAlives: true}}
	s := identify.HTTP(context.Background(), uint16(port), client, "http", identify.HTTPOptions{Host: "127.0.0.1", Products: table(t)})
	if s.Outcome != survey.Mute || s.Detail == "" {
		t.Errorf("%s (%s), want mute, with what happened", s.Outcome, s.Detail)
	}
	if v := survey.VerdictOf([]survey.Service{s}, nil); v != survey.NotDICOM {
		t.Errorf("verdict %s", v)
	}
}
