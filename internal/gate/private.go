package gate

import (
	"bufio"
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"math"
	"net"
	"net/http"
	"time"
)

// interimResponses is how many responses of class 1xx are passed over.
const interimResponses = 5

// errInterim: the host goes on announcing a response.
var errInterim = errors.New("too many interim responses")

// privateTransport makes HTTP/1.1 requests as http.Transport does, but for one
// thing: the buffer through which it reads a response is its own, and is
// overwritten when the body is closed, as are those of TLS (see records). What
// the body held is then in no memory of this package.
type privateTransport struct {
	own       *ownHost
	tls       *tls.Config
	handshake time.Duration
	maxHeader int64
	readAhead int
}

func (t *privateTransport) RoundTrip(req *http.Request) (*http.Response, error) {
	ctx := req.Context()
	port := req.URL.Port()
	if port == "" {
		port = map[string]string{"http": "80", "https": "443"}[req.URL.Scheme]
	}
	conn, err := t.own.dial(ctx, "tcp", net.JoinHostPort(req.URL.Hostname(), port))
	if err != nil {
		return nil, err
	}
	// The connection ends with the request's time.
	stop := context.AfterFunc(ctx, func() { _ = conn.Close() })
	p := &privateBody{conn: conn, stop: stop}
	resp, err := t.exchange(ctx, req, p)
	if err != nil {
		_ = p.Close()
		if ctx.Err() != nil {
			err = context.Cause(ctx)
		}
		return nil, err
	}
	p.body, resp.Body = resp.Body, p
	return resp, nil
}

// exchange sends the request and reads the head of its response.
func (t *privateTransport) exchange(ctx context.Context, req *http.Request, p *privateBody) (*http.Response, error) {
	if req.URL.Scheme == "https" {
		cfg := t.tls.Clone()
		if cfg.ServerName == "" {
			cfg.ServerName = req.URL.Hostname()
		}
		secure := tls.Client(newRecords(p.conn), cfg)
		ctx, cancel := context.WithTimeout(ctx, t.handshake)
		defer cancel()
		if err := secure.HandshakeContext(ctx); err != nil {
			return nil, fmt.Errorf("TLS handshake: %w", err)
		}
		p.conn = secure
	}
	req = req.Clone(ctx)
	req.Close = true
	if err := req.Write(p.conn); err != nil {
		return nil, fmt.Errorf("sending a request: %w", err)
	}
	head := &io.LimitedReader{R: p.conn, N: t.maxHeader}
	p.buffer = bufio.NewReaderSize(head, cmp.Or(t.readAhead, 4096))
	for range interimResponses {
		resp, err := http.ReadResponse(p.buffer, req)
		if err != nil {
			return nil, fmt.Errorf("reading a response: %w", err)
		}
		if resp.StatusCode >= http.StatusOK || resp.StatusCode == http.StatusSwitchingProtocols {
			head.N = math.MaxInt64 // the body has a limit of its own
			return resp, nil
		}
	}
	return nil, errInterim
}

// privateBody is a body whose buffer is overwritten when it is closed.
type privateBody struct {
	body   io.ReadCloser
	buffer *bufio.Reader
	conn   net.Conn
	stop   func() bool
}

func (p *privateBody) Read(b []byte) (int, error) { return p.body.Read(b) }

// Close does not read on to the end of the body, as the body's own Close
// would: the connection ends with it.
func (p *privateBody) Close() error {
	p.stop()
	err := p.conn.Close()
	if p.buffer != nil {
		p.buffer.Reset(zeros{})
		_, _ = p.buffer.Peek(p.buffer.Size())
	}
	return err
}

// zeros is a reader of zeros without an end.
type zeros struct{}

func (zeros) Read(b []byte) (int, error) {
	clear(b)
	return len(b), nil
}
