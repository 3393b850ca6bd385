package gate

import (
	"bufio"
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httputil"
	"slices"
	"strconv"
	"strings"
	"time"
	"unsafe"
)

// interimResponses is how many responses of class 1xx are skipped.
const interimResponses = 5

var (
	// errInterim: the host keeps announcing a response.
	errInterim = errors.New("too many interim responses")
	// errRequest: the request is none that this client sends.
	errRequest = errors.New("only GET, HEAD and OPTIONS without a body are sent")
)

// exchanger makes HTTP/1.1 requests (RFC 9112), each on a connection of its
// own. It exists beside http.Transport for one reason: everything that the
// host sends, the head of a response included, is in buffers of its own, which
// are overwritten when the body is closed, as are those of TLS (see records).
// It sends no body, so that nothing can be written to a host.
type exchanger struct {
	own       *ownHost
	tls       *tls.Config
	handshake time.Duration
	maxHeader int64
	readAhead int
}

func (t *exchanger) RoundTrip(req *http.Request) (*http.Response, error) {
	target, err := t.target(req)
	if err != nil {
		return nil, err
	}
	defer clear(target)
	ctx := req.Context()
	conn, err := t.own.dial(ctx, "tcp", net.JoinHostPort(req.URL.Hostname(), portOf(req)))
	if err != nil {
		return nil, err
	}
	// The connection ends with the request's time.
	stop := context.AfterFunc(ctx, func() { _ = conn.Close() })
	e := &exchange{conn: conn, stop: stop}
	resp, err := t.exchange(ctx, req, target, e)
	if err != nil {
		_ = e.Close()
		if ctx.Err() != nil {
			err = context.Cause(ctx)
		}
		return nil, err
	}
	return resp, nil
}

// target is the request target: the URL's, or that of the redirect which the
// URL stands for.
func (t *exchanger) target(req *http.Request) ([]byte, error) {
	if req.Body != nil && req.Body != http.NoBody || !slices.Contains([]string{http.MethodGet, http.MethodHead, http.MethodOptions}, req.Method) {
		return nil, errRequest
	}
	if target := t.own.redirect.take(req.URL); target != nil {
		return target, nil
	}
	return []byte(req.URL.RequestURI()), nil
}

func portOf(req *http.Request) string {
	if port := req.URL.Port(); port != "" {
		return port
	}
	return map[string]string{"http": "80", "https": "443"}[req.URL.Scheme]
}

// exchange sends the request and reads the head of its response.
func (t *exchanger) exchange(ctx context.Context, req *http.Request, target []byte, e *exchange) (*http.Response, error) {
	if req.URL.Scheme == "https" {
		cfg := t.tls.Clone()
		if cfg.ServerName == "" {
			cfg.ServerName = req.URL.Hostname()
		}
		secure := tls.Client(newRecords(e.conn), cfg)
		e.conn = secure
		ctx, cancel := context.WithTimeout(ctx, t.handshake)
		defer cancel()
		if err := secure.HandshakeContext(ctx); err != nil {
			return nil, fmt.Errorf("TLS handshake: %w", err)
		}
	}
	e.sent = appendRequest(e.sent, req, target)
	if _, err := e.conn.Write(e.sent); err != nil {
		return nil, fmt.Errorf("sending a request: %w", err)
	}
	t.own.host.countHTTP()
	e.reader = bufio.NewReaderSize(e.conn, cmp.Or(t.readAhead, 4096))
	for range interimResponses {
		if err := e.readHead(t.maxHeader); err != nil {
			return nil, fmt.Errorf("reading a response: %w", err)
		}
		status, header, err := e.parseHead()
		switch {
		case err != nil:
			return nil, fmt.Errorf("reading a response: %w", err)
		case status >= http.StatusOK || status == http.StatusSwitchingProtocols:
			return e.response(req, target, status, header, t.own), nil
		}
	}
	return nil, errInterim
}

// appendRequest appends the head of a request without a body.
func appendRequest(dst []byte, req *http.Request, target []byte) []byte {
	line := func(name, value string) {
		dst = append(append(dst, name...), ": "...)
		for i := range len(value) {
			c := value[i]
			if c < ' ' && c != '\t' || c == 0x7f {
				c = ' ' // a line break in a value would begin another field
			}
			dst = append(dst, c)
		}
		dst = append(dst, "\r\n"...)
	}
	dst = append(append(dst, req.Method...), ' ')
	dst = append(append(dst, target...), " HTTP/1.1\r\n"...)
	line("Host", cmp.Or(req.Host, req.URL.Host))
	for _, name := range slices.Sorted(func(yield func(string) bool) {
		for name := range req.Header {
			if !yield(name) {
				return
			}
		}
	}) {
		for _, value := range req.Header[name] {
			line(name, value)
		}
	}
	line("Connection", "close")
	return append(dst, "\r\n"...)
}

// exchange is one request and its response, with all memory that holds bytes
// of either. It is the response's body.
type exchange struct {
	conn   net.Conn
	stop   func() bool
	reader *bufio.Reader
	// sent is the request as sent, head the response's; the values of the
	// response's header are parts of them.
	sent, head []byte
	body       io.Reader
	// done is called when the body is closed; it may be nil.
	done func()
}

// response makes the response. The strings of its header are parts of e's
// memory, and are zeros when the body is closed.
func (e *exchange) response(req *http.Request, target []byte, status int, header http.Header, own *ownHost) *http.Response {
	resp := &http.Response{StatusCode: status, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1, Header: header, Body: e,
		Request: req, Close: true, ContentLength: -1}
	if own.redirect.remember(req, target, resp) {
		e.body, e.done, resp.ContentLength = http.NoBody, own.redirect.drop, 0
		return resp
	}
	start := len(req.Method) + 1
	path, _, _ := strings.Cut(view(e.sent[start:start+len(target)]), "?")
	header[LandingField] = []string{path}
	e.body = e.reader
	length, err := strconv.ParseInt(strings.TrimSpace(header.Get("Content-Length")), 10, 64)
	switch {
	case req.Method == http.MethodHead || status == http.StatusNoContent || status == http.StatusNotModified:
		e.body, resp.ContentLength = http.NoBody, 0
	case strings.Contains(strings.ToLower(header.Get("Transfer-Encoding")), "chunked"): // a copy of a framing word at most
		e.body = httputil.NewChunkedReader(e.reader)
	case err == nil && length >= 0:
		e.body, resp.ContentLength = &exactly{reader: e.reader, left: length}, length
	}
	return resp
}

func (e *exchange) Read(b []byte) (int, error) { return e.body.Read(b) }

// Close ends the connection without reading on, and overwrites everything.
func (e *exchange) Close() error {
	e.stop()
	err := e.conn.Close()
	if e.reader != nil {
		e.reader.Reset(zeros{})
		_, _ = e.reader.Peek(e.reader.Size())
	}
	clear(e.head[:cap(e.head)])
	clear(e.sent[:cap(e.sent)])
	if e.done != nil {
		e.done()
	}
	return err
}

// exactly reads left bytes; fewer are an error.
type exactly struct {
	reader io.Reader
	left   int64
}

func (r *exactly) Read(b []byte) (int, error) {
	if r.left == 0 {
		return 0, io.EOF
	}
	n, err := r.reader.Read(b[:min(int64(len(b)), r.left)])
	r.left -= int64(n)
	if errors.Is(err, io.EOF) && r.left > 0 {
		err = io.ErrUnexpectedEOF
	}
	return n, err
}

// zeros is a reader of zeros without an end.
type zeros struct{}

func (zeros) Read(b []byte) (int, error) {
	clear(b)
	return len(b), nil
}

// view is b as a string that shares its memory, so that overwriting b leaves
// no copy. It must not be kept beyond b.
func view(b []byte) string { return unsafe.String(unsafe.SliceData(b), len(b)) }
