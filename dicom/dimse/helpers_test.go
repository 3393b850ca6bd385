package dimse_test

import (
	"context"
	"crypto/tls"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"strconv"
	"sync"
	"testing"
	"time"

	"leadglass/dicom"
	"leadglass/dicom/dimse"
	"leadglass/dicom/ul"
)

var studyKeys = []dimse.Key{
	{Tag: dicom.QueryRetrieveLevel, VR: dicom.CS, Value: "STUDY"},
	{Tag: dicom.StudyInstanceUID, VR: dicom.UI},
	{Tag: dicom.StudyDate, VR: dicom.DA},
	{Tag: dicom.ModalitiesInStudy, VR: dicom.CS},
	{Tag: dicom.InstanceAvailability, VR: dicom.CS},
	{Tag: dicom.NumberOfStudyRelatedInstances, VR: dicom.IS},
}

func studyIdentifier(s dicom.Syntax, n int) []byte {
	var d []byte
	d = dicom.AppendString(d, s, dicom.StudyDate, dicom.DA, "20190916")
	d = dicom.AppendString(d, s, dicom.QueryRetrieveLevel, dicom.CS, "STUDY")
	d = dicom.AppendString(d, s, dicom.InstanceAvailability, dicom.CS, "ONLINE")
	d = dicom.AppendString(d, s, dicom.ModalitiesInStudy, dicom.CS, "CT")
	d = dicom.AppendString(d, s, dicom.StudyInstanceUID, dicom.UI, "2.25.17000000000000000000"+strconv.Itoa(100000+n%100000))
	return dicom.AppendString(d, s, dicom.NumberOfStudyRelatedInstances, dicom.IS, "30")
}

// decider answers requests for an association.
type decider = func(*ul.AssociateRQ) (*ul.AssociateAC, *ul.AssociateRJ)

// serve accepts associations on a loopback port and answers them with p until
// the test ends.
func serve(tb testing.TB, p *dimse.Provider, opt ul.Options, decide decider) string {
	tb.Helper()
	return serveWith(tb, p, opt, decide, func(c net.Conn) net.Conn { return c })
}

// serveTLS is serve over TLS.
func serveTLS(tb testing.TB, p *dimse.Provider, certificate tls.Certificate, decide decider) string {
	tb.Helper()
	config := &tls.Config{Certificates: []tls.Certificate{certificate}}
	return serveWith(tb, p, ul.Options{}, decide, func(c net.Conn) net.Conn { return tls.Server(c, config) })
}

func serveWith(tb testing.TB, p *dimse.Provider, opt ul.Options, decide decider, wrap func(net.Conn) net.Conn) string {
	tb.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		tb.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	var sessions sync.WaitGroup
	sessions.Go(func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			sessions.Go(func() {
				if a, err := ul.Accept(ctx, wrap(conn), opt, decide); err == nil {
					_ = p.Serve(ctx, a) // how a session ends is the requestor's to judge
				}
			})
		}
	})
	tb.Cleanup(func() { cancel(); l.Close(); sessions.Wait() })
	return l.Addr().String()
}

// acceptAll accepts every context in the first transfer syntax we can read.
func acceptAll(rq *ul.AssociateRQ) (*ul.AssociateAC, *ul.AssociateRJ) {
	ac := &ul.AssociateAC{User: ul.UserInfo{Roles: rq.User.Roles}}
	for _, c := range rq.Contexts {
		r := ul.ContextResult{ID: c.ID, Result: ul.TransferSyntaxesNotSupported}
		for _, ts := range c.TransferSyntaxes {
			if _, ok := dicom.SyntaxOf(ts); ok {
				r = ul.ContextResult{ID: c.ID, TransferSyntax: ts}
				break
			}
		}
		ac.Contexts = append(ac.Contexts, r)
	}
	return ac, nil
}

func request(tb testing.TB, addr string, abstract ...string) *ul.Association {
	tb.Helper()
	return requestWith(tb, addr, ul.AssociateRQ{CalledAETitle: "ANY", Contexts: ul.Propose(abstract...)}, ul.Options{})
}

func requestWith(tb testing.TB, addr string, rq ul.AssociateRQ, opt ul.Options) *ul.Association {
	tb.Helper()
	conn, err := net.Dial("tcp", addr)
	if err != nil {
		tb.Fatal(err)
	}
	rq.CallingAETitle = "LEADGLASS"
	a, err := ul.Request(tb.Context(), conn, rq, opt)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { a.Close() })
	return a
}

// images adds up the instances of a match, as a census would.
func images(m dimse.Match) (n int64) {
	it := m.Elements()
	for it.Next() {
		if it.Tag() == dicom.NumberOfStudyRelatedInstances {
			n, _ = dicom.ParseIS(it.Value())
		}
	}
	return n
}

// scripted is a peer whose every byte the test decides. It speaks on a bare
// connection after the association was accepted in implicit VR.
type scripted struct{ net.Conn }

// withPeer makes an association with a scripted peer, which is awaited at the
// end of the test. When it returns, the peer has closed.
func withPeer(tb testing.TB, opt ul.Options, peer func(scripted), abstract ...string) *ul.Association {
	tb.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		tb.Fatal(err)
	}
	defer l.Close()
	done := make(chan struct{})
	tb.Cleanup(func() { <-done })
	go func() {
		defer close(done)
		conn, err := l.Accept()
		if err != nil {
			return
		}
		defer conn.Close()
		p := scripted{conn}
		_, body := p.read()
		if rq, err := ul.ParseAssociateRQ(body); err == nil {
			ac, _ := acceptAll(rq)
			p.send(ul.AppendAssociateAC(nil, ac))
			peer(p)
		}
	}()
	return requestWith(tb, l.Addr().String(), ul.AssociateRQ{Contexts: ul.Propose(abstract...)}, opt)
}

// read returns the next PDU; type 0 means that there is none.
func (p scripted) read() (kind byte, body []byte) {
	header := make([]byte, 6)
	_ = p.SetReadDeadline(time.Now().Add(10 * time.Second))
	if _, err := io.ReadFull(p, header); err != nil {
		return 0, nil
	}
	body = make([]byte, binary.BigEndian.Uint32(header[2:]))
	if _, err := io.ReadFull(p, body); err != nil {
		return 0, nil
	}
	return header[0], body
}

// query reads a request with its identifier.
func (p scripted) query() { p.read(); p.read() }

// send writes to a requestor that may be gone; it judges.
func (p scripted) send(b ...[]byte) {
	for _, b := range b {
		_, _ = p.Write(b)
	}
}

// response is a response of a scripted peer.
type response struct {
	command dimse.Command
	message uint16
	context uint8
	status  dimse.Status
	data    []byte // identifier; nil: none
	sub     []int  // remaining, completed, failed, warning; -1: absent
}

// pdu encodes r, command and data as a PDU each.
func (r response) pdu() []byte {
	command := r.set()
	b := append(ul.AppendPDataHeader(nil, r.context, ul.ControlCommand|ul.ControlLast, len(command)), command...)
	if r.data != nil {
		b = append(ul.AppendPDataHeader(b, r.context, ul.ControlLast, len(r.data)), r.data...)
	}
	return b
}

func (r response) set() []byte {
	const s = dicom.ImplicitLittle
	b := dicom.AppendString(nil, s, dicom.AffectedSOPClassUID, dicom.UI, dicom.StudyRootFind)
	b = dicom.AppendUint16(b, s, dicom.CommandField, uint16(r.command))
	b = dicom.AppendUint16(b, s, dicom.MessageIDBeingRespondedTo, r.message)
	dataSet := uint16(0x0101)
	if r.data != nil {
		dataSet = 0
	}
	b = dicom.AppendUint16(b, s, dicom.CommandDataSetType, dataSet)
	b = dicom.AppendUint16(b, s, dicom.CommandStatus, uint16(r.status))
	for i, n := range r.sub {
		if n >= 0 {
			b = dicom.AppendUint16(b, s, dicom.NumberOfRemainingSuboperations+dicom.Tag(i), uint16(n))
		}
	}
	return b
}

// pending and final are the responses to the first query of an association.
func pending(data []byte) []byte {
	return response{command: dimse.CFindRSP, message: 1, context: 1, status: dimse.Pending, data: data}.pdu()
}

func final(status dimse.Status) []byte {
	return response{command: dimse.CFindRSP, message: 1, context: 1, status: status}.pdu()
}

// study is the identifier of study n in implicit VR.
func study(n int) []byte { return studyIdentifier(dicom.ImplicitLittle, n) }

// find queries for studies and returns the values of a tag in each match.
func find(tb testing.TB, c *dimse.Client, tag dicom.Tag) ([]string, dimse.FindResult, error) {
	tb.Helper()
	var values []string
	r, err := c.Find(tb.Context(), dicom.StudyRootFind, studyKeys, func(m dimse.Match) bool {
		value, it := "", m.Elements()
		for it.Next() {
			if it.Tag() == tag {
				value = string(dicom.Trim(it.Value()))
			}
		}
		if it.Err() != nil {
			tb.Error(it.Err())
		}
		values = append(values, value)
		return true
	})
	if int64(len(values)) != r.Pending-r.AfterCancel {
		tb.Errorf("%d matches, %d pending responses of which %d were thrown away", len(values), r.Pending, r.AfterCancel)
	}
	return values, r, err
}

// atOnce is how long what must not wait for a timeout may take.
const atOnce = 3 * time.Second

func within(tb testing.TB, what string, f func()) {
	tb.Helper()
	start := time.Now()
	f()
	if took := time.Since(start); took > atOnce {
		tb.Errorf("%s took %v", what, took)
	}
}

// isProtocolError reports whether err is one of this package or of package ul.
func isProtocolError(err error) bool {
	var d *dimse.ProtocolError
	var u *ul.ProtocolError
	return errors.As(err, &d) || errors.As(err, &u)
}
