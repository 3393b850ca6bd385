package gate_test

import (
	"bytes"
	"crypto/tls"
	"errors"
	"io"
	"math/rand/v2"
	"net"
	"net/http/httptest"
	"testing"

	"leadglass/internal/gate"
)

// capture is a connection that remembers every buffer that it was given to read
// into, as far as it reaches.
type capture struct {
	net.Conn
	buffers [][]byte
}

func (c *capture) Read(b []byte) (int, error) {
	c.buffers = append(c.buffers, b[:cap(b)])
	return c.Conn.Read(b)
}

// TestRecordsAreOverwritten: over each version of TLS what was received arrives
// as it was sent, and is in none of the buffers of crypto/tls when the connection
// is closed; without Records it is.
func TestRecordsAreOverwritten(t *testing.T) {
	secret := []byte("CANARY^VALUE^OF^A^PATIENT")
	authority := httptest.NewTLSServer(nil) // for its certificate
	authority.Close()
	for _, version := range []uint16{tls.VersionTLS12, tls.VersionTLS13} {
		for _, guarded := range []bool{true, false} {
			client, server := net.Pipe()
			sent := bytes.Repeat(secret, 5000)
			done := make(chan error, 1)
			go func() {
				s := tls.Server(server, &tls.Config{Certificates: authority.TLS.Certificates, MaxVersion: version})
				random := rand.New(rand.NewPCG(1, 1))
				var err error
				for rest := sent; len(rest) > 0 && err == nil; {
					n := min(len(rest), 1+random.IntN(40_000))
					_, err = s.Write(rest[:n])
					rest = rest[n:]
				}
				done <- errors.Join(err, s.Close())
			}()
			below := &capture{Conn: client}
			var conn net.Conn = below
			if guarded {
				conn = gate.NewRecords(below)
			}
			c := tls.Client(conn, &tls.Config{InsecureSkipVerify: true})
			got, err := io.ReadAll(c)
			if err != nil || !bytes.Equal(got, sent) {
				t.Fatalf("%s: %d bytes of %d, %v", tls.VersionName(version), len(got), len(sent), err)
			}
			_ = c.Close()
			if err := <-done; err != nil {
				t.Logf("the server: %v", err) // it may find the connection closed
			}
			left := false
			for _, b := range below.buffers {
				left = left || bytes.Contains(b, secret)
			}
			if left == guarded {
				t.Errorf("%s, guarded %v: the value is still in a buffer: %v", tls.VersionName(version), guarded, left)
			}
		}
	}
}
