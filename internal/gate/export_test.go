package gate

import (
	"bufio"
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"hash/maphash"
	"io"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"time"
)

// NewRecords is the connection below TLS.
func NewRecords(c net.Conn) net.Conn { return newRecords(c) }

// NetworkRates lets a test see the memory of the networks' rates.
type NetworkRates struct{ n *networks }

// NewNetworkRates has room for most networks.
func NewNetworkRates(perSecond, most int) NetworkRates {
	return NetworkRates{newNetworks(perSecond, 24, most)}
}

// Wait waits for a turn.
func (r NetworkRates) Wait(ctx context.Context, addr netip.Addr) error { return r.n.wait(ctx, addr) }

// Len is how many networks are remembered.
func (r NetworkRates) Len() int {
	r.n.mu.Lock()
	defer r.n.mu.Unlock()
	return len(r.n.buckets)
}

// Waiting is how many bytes of a private body wait in its buffer.
func Waiting(body io.ReadCloser) int {
	return body.(*limitedBody).body.(*exchange).reader.Buffered()
}

// Left is how many bytes of a private body that is closed are still in its
// buffer.
func Left(body io.ReadCloser) (left int) {
	b := body.(*limitedBody).body.(*exchange).reader
	held, _ := b.Peek(b.Size())
	for _, c := range held {
		if c != 0 {
			left++
		}
	}
	return left
}

// Probe is a sweep of one attempt; nil means that the port accepted.
func (g *Gate) Probe(ctx context.Context, addr netip.Addr, port uint16) error {
	s, err := g.NewSweeper(1)
	if err != nil {
		return err
	}
	defer s.Close()
	for started := false; !started; {
		admission, err := s.Start(Attempt{Target: netip.AddrPortFrom(addr, port)})
		if err != nil {
			return err
		}
		if err := sleep(ctx, admission.Wait); err != nil {
			return err
		}
		started = admission.Started
	}
	for ctx.Err() == nil {
		outcomes, err := s.Poll(10*time.Millisecond, nil)
		if err != nil {
			return err
		}
		for _, o := range outcomes {
			if o.Answer != Accepted {
				return fmt.Errorf("answer %d: %w", o.Answer, o.Err)
			}
			o.Open.Drop()
			return nil
		}
	}
	return context.Cause(ctx)
}

// SYNKey lets a test make and judge packets.
type SYNKey struct{ seed maphash.Seed }

// NewSYNKey makes one.
func NewSYNKey() SYNKey { return SYNKey{maphash.MakeSeed()} }

// Packet is the packet of a SYN.
func (k SYNKey) Packet(source netip.Addr, to netip.AddrPort, from uint16) []byte {
	b := make([]byte, ipv4Header+synLen)
	putIPv4(b, source, to, from, cookie(k.seed, to, from))
	return b
}

// Parse reads an answer.
func (k SYNKey) Parse(b []byte, own uint16) (SYNAnswer, bool) { return parseAnswer(b, own, k.seed) }

// Matches reports whether b holds the number that an answer must acknowledge.
func (k SYNKey) Matches(b []byte, a SYNAnswer) bool {
	for _, port := range []uint16{20011, 20012} {
		want := binary.BigEndian.AppendUint32(nil, cookie(k.seed, a.From, port)+1)
		if bytes.Contains(b, want) {
			return true
		}
	}
	return false
}

// ParseHead reads the head of a response as an exchange does, and returns a
// copy of what it read.
func ParseHead(from io.Reader, limit int64) (status int, header http.Header, err error) {
	e := &exchange{reader: bufio.NewReaderSize(from, 16)}
	if err := e.readHead(limit); err != nil {
		return 0, nil, err
	}
	status, views, err := e.parseHead()
	header = http.Header{}
	for name, values := range views {
		for _, v := range values {
			header[strings.Clone(name)] = append(header[strings.Clone(name)], strings.Clone(v))
		}
	}
	return status, header, err
}

// Resolve is the request target of a reference.
func Resolve(base, reference string) string { return string(resolve([]byte(base), reference)) }
