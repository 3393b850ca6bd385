package tlsprobe_test

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"math/big"
	"net"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"leadglass/internal/survey"
	"leadglass/internal/tlsprobe"
)

// certificate is one for a key.
func certificate(t *testing.T, sign, public any) tls.Certificate {
	t.Helper()
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, public, sign)
	if err != nil {
		t.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: sign}
}

func rsaCertificate(t *testing.T) tls.Certificate {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	return certificate(t, key, key.Public())
}

func curveCertificate(t *testing.T) tls.Certificate {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return certificate(t, key, key.Public())
}

// pipes gives connections whose other ends serve handles, one after the other.
func pipes(t *testing.T, serve func(net.Conn)) (tlsprobe.Dialer, *int) {
	t.Helper()
	var wg sync.WaitGroup
	t.Cleanup(wg.Wait)
	n := 0
	return func(context.Context) (net.Conn, error) {
		client, server := net.Pipe()
		n++
		wg.Go(func() {
			defer server.Close()
			serve(server)
		})
		return client, nil
	}, &n
}

// handshakes serves with crypto/tls.
func handshakes(config *tls.Config) func(net.Conn) {
	return func(conn net.Conn) {
		if tls.Server(conn, config).Handshake() != nil {
			_, _ = io.Copy(io.Discard, conn)
		}
	}
}

// TestAskCryptoTLS: what the servers of crypto/tls accept, which are written by
// others.
func TestAskCryptoTLS(t *testing.T) {
	rsaCert, curveCert := rsaCertificate(t), curveCertificate(t)
	for _, test := range []struct {
		name     string
		config   *tls.Config
		known    tlsprobe.Options
		versions string
		refused  string
		classes  []survey.SuiteClass
		complete bool
	}{
		{"modern", &tls.Config{Certificates: []tls.Certificate{curveCert}, CipherSuites: []uint16{tls.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256}},
			tlsprobe.Options{Version: tls.VersionTLS13, Suite: tls.TLS_AES_128_GCM_SHA256}, "TLS 1.2 TLS 1.3", "TLS 1.0 TLS 1.1",
			[]survey.SuiteClass{survey.SuiteRecommended}, true},
		{"1.3 alone", &tls.Config{Certificates: []tls.Certificate{curveCert}, MinVersion: tls.VersionTLS13},
			tlsprobe.Options{Version: tls.VersionTLS13, Suite: tls.TLS_AES_128_GCM_SHA256}, "TLS 1.3", "TLS 1.0 TLS 1.1 TLS 1.2", nil, true},
		{"RC4 and 3DES", &tls.Config{Certificates: []tls.Certificate{rsaCert}, MaxVersion: tls.VersionTLS12,
			CipherSuites: []uint16{tls.TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256, tls.TLS_RSA_WITH_RC4_128_SHA, tls.TLS_RSA_WITH_3DES_EDE_CBC_SHA}},
			tlsprobe.Options{Version: tls.VersionTLS12, Suite: tls.TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256}, "TLS 1.2", "TLS 1.0 TLS 1.1 TLS 1.3",
			[]survey.SuiteClass{survey.SuiteRecommended, survey.Suite3DES, survey.SuiteRC4}, true},
		{"basic profile", &tls.Config{Certificates: []tls.Certificate{rsaCert}, MinVersion: tls.VersionTLS10, MaxVersion: tls.VersionTLS10,
			CipherSuites: []uint16{tls.TLS_RSA_WITH_3DES_EDE_CBC_SHA}},
			tlsprobe.Options{Version: tls.VersionTLS10, Suite: tls.TLS_RSA_WITH_3DES_EDE_CBC_SHA}, "TLS 1.0", "TLS 1.1 TLS 1.2 TLS 1.3",
			[]survey.SuiteClass{survey.Suite3DES}, true},
		{"nothing known", &tls.Config{Certificates: []tls.Certificate{rsaCert}, MinVersion: tls.VersionTLS11, MaxVersion: tls.VersionTLS12},
			tlsprobe.Options{}, "TLS 1.1 TLS 1.2", "TLS 1.0", []survey.SuiteClass{survey.SuiteCBC, survey.SuiteRecommended}, true},
	} {
		t.Run(test.name, func(t *testing.T) {
			dial, n := pipes(t, handshakes(test.config))
			o := tlsprobe.Ask(t.Context(), dial, test.known)
			var classes []survey.SuiteClass
			for _, s := range o.Suites {
				classes = append(classes, s.Class)
			}
			if strings.Join(o.Versions, " ") != test.versions || strings.Join(o.VersionsRefused, " ") != test.refused ||
				!slices.Equal(classes, test.classes) || (o.Incomplete == "") != test.complete {
				t.Errorf("%+v", o)
			}
			if o.Handshakes != *n || *n > tlsprobe.MaxHandshakes {
				t.Errorf("%d handshakes, %d connections", o.Handshakes, *n)
			}
			for _, c := range o.ClassesRefused {
				if slices.Contains(classes, c) {
					t.Errorf("%s is accepted and refused", c)
				}
			}
		})
	}
}

// scripted answers every ClientHello with the same bytes.
func scripted(answer []byte) func(net.Conn) {
	return func(conn net.Conn) {
		_, _ = conn.Read(make([]byte, 4096))
		_, _ = conn.Write(answer)
		_, _ = io.Copy(io.Discard, conn)
	}
}

func TestAskBrokenPeers(t *testing.T) {
	for _, test := range []struct {
		name       string
		serve      func(net.Conn)
		incomplete string
		handshakes int
		versions   string
	}{
		{"mute", func(conn net.Conn) { _, _ = io.Copy(io.Discard, conn) }, "no answer came in time", 1, ""},
		{"HTTP", scripted([]byte("HTTP/1.1 400 Bad Request\r\n\r\n")), "the answer is no TLS", 1, ""},
		{"noise in a record", scripted([]byte{22, 3, 1, 0, 4, 9, 0, 0, 0}), "the answer breaks the protocol (no ServerHello)", 1, ""},
		{"hangs up", func(conn net.Conn) { _, _ = conn.Read(make([]byte, 4096)) }, "", 5, ""},
		{"chooses what was not offered", scripted(join(serverHello(tls.VersionTLS10, 0x1301), done())), "the port chose what was not offered", 1, ""},
		{"SSL 3.0", scripted(join(serverHello(0x0300, 0x0004), done())), "", 5, "SSL 3.0"},
		{"export", scripted(join(serverHello(tls.VersionTLS10, 0x0003), done())), "", 5, "TLS 1.0"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			dial, _ := pipes(t, test.serve)
			o := tlsprobe.Ask(t.Context(), dial, tlsprobe.Options{Patience: time.Second})
			if o.Incomplete != test.incomplete && test.versions == "" || strings.Join(o.Versions, " ") != test.versions {
				t.Errorf("%+v", o)
			}
			if test.incomplete != "" && o.Handshakes != test.handshakes {
				t.Errorf("%d handshakes", o.Handshakes)
			}
		})
	}
	o := tlsprobe.Ask(t.Context(), func(context.Context) (net.Conn, error) { return nil, errors.New("10.0.0.1: no") }, tlsprobe.Options{})
	if o.Incomplete != "the connection failed" || o.Handshakes != 1 {
		t.Errorf("%+v", o)
	}
}

func TestGreet(t *testing.T) {
	p := make([]byte, 128) // a group of 1,024 bit
	p[0] = 0x80
	exchange := join([]byte{0, 128}, p, []byte{0, 1, 2, 0, 1, 5})
	answer := join(serverHello(tls.VersionTLS11, 0x0039), record(message(11, []byte{0, 0, 6, 0, 0, 3, 1, 2, 3})),
		record(message(12, exchange)), record(message(13, []byte{0})), done())
	dial, n := pipes(t, scripted(answer))
	g, ok := tlsprobe.Greet(t.Context(), dial, tlsprobe.Options{})
	if !ok || g.VersionName != "TLS 1.1" || g.SuiteName != "TLS_DHE_RSA_WITH_AES_256_CBC_SHA" || g.KeyExchangeBits != 1024 ||
		len(g.Certificates) != 1 || !bytes.Equal(g.Certificates[0], []byte{1, 2, 3}) || !g.CertificateRequested || *n != 1 {
		t.Errorf("%+v, %v", g, ok)
	}
	for name, serve := range map[string]func(net.Conn){
		"alert": scripted([]byte{21, 3, 1, 0, 2, 2, 40}), "HTTP": scripted([]byte("HTTP/1.1 400\r\n")),
		"TLS 1.3": scripted(serverHello(tls.VersionTLS13, 0x1301)),
	} {
		dial, _ := pipes(t, serve)
		if g, ok := tlsprobe.Greet(t.Context(), dial, tlsprobe.Options{}); ok {
			t.Errorf("%s: %+v", name, g)
		}
	}
}

// TestHelloIsUnderstood: crypto/tls reads what we send.
func TestHelloIsUnderstood(t *testing.T) {
	var seen *tls.ClientHelloInfo
	client, server := net.Pipe()
	defer client.Close()
	go func() {
		_, _ = client.Write(tlsprobe.Hello(tls.VersionTLS12, "pacs.example.org", []uint16{0xc02f, 0x0002}, []uint16{23, 29}))
		_, _ = io.Copy(io.Discard, client)
	}()
	_ = tls.Server(server, &tls.Config{GetConfigForClient: func(h *tls.ClientHelloInfo) (*tls.Config, error) {
		seen = h
		return nil, errors.New("enough")
	}}).Handshake()
	if seen == nil || seen.ServerName != "pacs.example.org" || !slices.Equal(seen.CipherSuites, []uint16{0xc02f, 0x0002}) ||
		!slices.Equal(seen.SupportedCurves, []tls.CurveID{23, 29}) || !slices.Contains(seen.SupportedVersions, tls.VersionTLS12) {
		t.Errorf("%+v", seen)
	}
	a, err := tlsprobe.Read(bytes.NewReader(tlsprobe.Goodbye(tls.VersionTLS12)))
	if err != nil || !a.Refused || a.Alert != 0 { // the warning is passed over
		t.Errorf("%+v, %v", a, err)
	}
}

// TestSuites compares names with those of crypto/tls, and classes with what
// the names say.
func TestSuites(t *testing.T) {
	classes := tlsprobe.Classes()
	for _, list := range [][]*tls.CipherSuite{tls.CipherSuites(), tls.InsecureCipherSuites()} {
		for _, s := range list {
			if slices.Equal(s.SupportedVersions, []uint16{tls.VersionTLS13}) {
				continue
			}
			if name := tlsprobe.Name(s.ID); name != s.Name && !strings.HasPrefix(name, s.Name) {
				t.Errorf("%#04x is %q, want %q", s.ID, name, s.Name)
			}
		}
	}
	for id, want := range map[uint16]survey.SuiteClass{0x0001: survey.SuiteNull, 0xc015: survey.SuiteNull, 0x0018: survey.SuiteAnonymous,
		0xc017: survey.SuiteAnonymous, 0x0003: survey.SuiteExport, 0x0014: survey.SuiteExport, 0x0009: survey.SuiteDES, 0x0005: survey.SuiteRC4,
		0xc011: survey.SuiteRC4, 0x000a: survey.Suite3DES, 0x0016: survey.Suite3DES, 0x002f: survey.SuiteStaticRSA, 0x009c: survey.SuiteStaticRSA,
		0x0031: survey.SuiteStaticDH, 0xc031: survey.SuiteStaticDH, 0x009e: survey.SuiteDHE, 0xccaa: survey.SuiteDHE, 0x0039: survey.SuiteCBC,
		0xc013: survey.SuiteCBC, 0xc02f: survey.SuiteRecommended, 0xc0ac: survey.SuiteRecommended, 0xcca8: survey.SuiteRecommended} {
		if classes[id] != want {
			t.Errorf("%s is %s, want %s", tlsprobe.Name(id), classes[id], want)
		}
	}
}
