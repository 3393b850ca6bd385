package ul_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/binary"
	"errors"
	"io"
	"math/big"
	"net"
	"sync"
	"testing"
	"time"

	"leadglass/dicom"
	"leadglass/dicom/ul"
)

// The ways two ends are connected.
var transports = []string{"pipe", "tcp", "tls"}

// connect returns the two ends of a connection.
func connect(t testing.TB, transport string) (client, server net.Conn) {
	t.Helper()
	if transport == "pipe" {
		client, server = net.Pipe()
	} else {
		client, server = tcp(t)
	}
	if transport == "tls" {
		client = tls.Client(client, &tls.Config{InsecureSkipVerify: true})
		server = tls.Server(server, &tls.Config{Certificates: []tls.Certificate{certificate(t)}})
	}
	t.Cleanup(func() { client.Close(); server.Close() })
	return client, server
}

func tcp(t testing.TB) (client, server net.Conn) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	if client, err = net.Dial("tcp", l.Addr().String()); err != nil {
		t.Fatal(err)
	}
	if server, err = l.Accept(); err != nil {
		t.Fatal(err)
	}
	return client, server
}

var testCertificate = sync.OnceValues(func() (tls.Certificate, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return tls.Certificate{}, err
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "archive.example"},
		NotAfter: time.Now().Add(time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, err
})

func certificate(t testing.TB) tls.Certificate {
	t.Helper()
	c, err := testCertificate()
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func proposal() ul.AssociateRQ {
	return ul.AssociateRQ{CalledAETitle: "ARCHIVE", CallingAETitle: "LEADGLASS",
		Contexts: ul.Propose(dicom.Verification, dicom.StudyRootFind)}
}

// acceptAll accepts every context in its first transfer syntax.
func acceptAll(rq *ul.AssociateRQ) (*ul.AssociateAC, *ul.AssociateRJ) {
	ac := &ul.AssociateAC{}
	for _, c := range rq.Contexts {
		ac.Contexts = append(ac.Contexts, ul.ContextResult{ID: c.ID, TransferSyntax: c.TransferSyntaxes[0]})
	}
	return ac, nil
}

// associate makes an association and returns both of its ends.
func associate(t testing.TB, transport string, requestor, acceptor ul.Options) (req, acc *ul.Association) {
	t.Helper()
	client, server := connect(t, transport)
	done := make(chan error, 1)
	go func() {
		var err error
		acc, err = ul.Accept(context.Background(), server, acceptor, acceptAll)
		done <- err
	}()
	req, err := ul.Request(context.Background(), client, proposal(), requestor)
	if err := errors.Join(err, <-done); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { req.Close(); acc.Close() })
	return req, acc
}

// withPeer makes an association whose acceptor is peer, which works on the
// bare connection after it has accepted, and is awaited at the end of the
// test.
func withPeer(t testing.TB, opt ul.Options, ac ul.AssociateAC, peer func(net.Conn)) *ul.Association {
	t.Helper()
	client, server := connect(t, "tcp")
	for _, c := range proposal().Contexts {
		ac.Contexts = append(ac.Contexts, ul.ContextResult{ID: c.ID, TransferSyntax: dicom.ImplicitVRLittleEndian})
	}
	background(t, func() {
		readPDU(server)
		send(server, ul.AppendAssociateAC(nil, &ac))
		peer(server)
	})
	a, err := ul.Request(context.Background(), client, proposal(), opt)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { a.Close() })
	return a
}

// background runs f and awaits its end before the test ends.
func background(t testing.TB, f func()) {
	done := make(chan struct{})
	go func() { defer close(done); f() }()
	t.Cleanup(func() { <-done })
}

// readPDU reads one PDU from a bare connection; type 0 means that there was
// none.
func readPDU(c net.Conn) (kind byte, body []byte) {
	header := make([]byte, 6)
	_ = c.SetReadDeadline(time.Now().Add(10 * time.Second))
	if _, err := io.ReadFull(c, header); err != nil {
		return 0, nil
	}
	body = make([]byte, binary.BigEndian.Uint32(header[2:]))
	if _, err := io.ReadFull(c, body); err != nil {
		return 0, nil
	}
	return header[0], body
}

// send writes to a peer that may be gone; the other end judges.
func send(c net.Conn, b []byte) { _, _ = c.Write(b) }

// readMessage puts the fragments of one command or data set together.
func readMessage(t testing.TB, a *ul.Association) (data []byte, command bool, fragments int) {
	t.Helper()
	for {
		p, err := a.ReadPDV()
		if err != nil {
			t.Errorf("reading a fragment: %v", err)
			return nil, false, 0
		}
		data = append(data, p.Data...)
		fragments++
		if p.Last() {
			return data, p.Command(), fragments
		}
	}
}

// pdvs makes one P-DATA-TF of several fragments.
func pdvs(fragments ...ul.PDV) []byte {
	var body []byte
	for _, f := range fragments {
		body = binary.BigEndian.AppendUint32(body, uint32(len(f.Data)+2))
		body = append(body, f.ContextID, f.Control)
		body = append(body, f.Data...)
	}
	return pdu(ul.TypePData, uint32(len(body)), body)
}

// pdu makes a PDU whose length field says n.
func pdu(kind byte, n uint32, body []byte) []byte {
	b := binary.BigEndian.AppendUint32([]byte{kind, 0}, n)
	return append(b, body...)
}

// within fails the test when f takes longer than limit.
func within(t testing.TB, limit time.Duration, what string, f func()) {
	t.Helper()
	start := time.Now()
	f()
	if took := time.Since(start); took > limit {
		t.Errorf("%s took %v, over %v", what, took, limit)
	}
}
