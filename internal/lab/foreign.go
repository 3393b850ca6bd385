package lab

import (
	"context"
	"io"
	"log"
	"math/rand/v2"
	"net"
	"time"
)

// foreignPatience is how long a port that does not speak DICOM keeps a
// connection.
const foreignPatience = 2 * time.Minute

// mute takes whatever comes and says nothing.
func mute(ctx context.Context, conn net.Conn) {
	stop := context.AfterFunc(ctx, func() { _ = conn.Close() })
	defer stop()
	_ = conn.SetDeadline(time.Now().Add(foreignPatience))
	_, _ = io.Copy(io.Discard, io.LimitReader(conn, 1<<20))
}

// speakHTTP answers the first bytes as a web server answers what it does not
// understand.
func speakHTTP(_ context.Context, conn net.Conn) {
	_ = conn.SetDeadline(time.Now().Add(foreignPatience))
	var first [1024]byte
	n, err := conn.Read(first[:])
	if err != nil {
		return
	}
	status, body := "400 Bad Request", "<html><head><title>400 Bad Request</title></head></html>"
	if n >= 4 && string(first[:4]) == "GET " {
		status, body = "200 OK", "<html><head><title>Welcome to nginx!</title></head></html>"
	}
	_, _ = io.WriteString(conn, "HTTP/1.1 "+status+"\r\nServer: nginx/1.22.1\r\nContent-Type: text/html\r\n"+
		"Connection: close\r\n\r\n"+body)
}

// speakSSH sends a banner at once and waits.
func speakSSH(ctx context.Context, conn net.Conn) {
	_ = conn.SetDeadline(time.Now().Add(foreignPatience))
	if _, err := io.WriteString(conn, "SSH-2.0-OpenSSH_9.2p1 Debian-2+deb12u3\r\n"); err != nil {
		return
	}
	var first [1024]byte
	if n, err := conn.Read(first[:]); err == nil && n > 0 {
		_, _ = io.WriteString(conn, "Invalid SSH identification string.\r\n")
	}
}

// speakNoise answers with bytes that mean nothing, always the same.
func speakNoise(_ context.Context, conn net.Conn) {
	_ = conn.SetDeadline(time.Now().Add(foreignPatience))
	var first [1024]byte
	if _, err := conn.Read(first[:]); err != nil {
		return
	}
	noise := rand.NewChaCha8([32]byte{7})
	var b [4096]byte
	_, _ = noise.Read(b[:])
	b[0] |= 0x80 // no PDU type, no printable text
	_, _ = conn.Write(b[:])
}

// quietLog throws away what the HTTP server has to say about its clients.
func quietLog() *log.Logger { return log.New(io.Discard, "", 0) }
