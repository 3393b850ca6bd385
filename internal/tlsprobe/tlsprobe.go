// Package tlsprobe answers which protocol versions and which kinds of cipher
// suites a TLS port accepts, with a small, bounded number of connections. On
// each it sends one ClientHello that offers a part of what there is, reads the
// server's choice, and says goodbye; no handshake is completed, so that what
// crypto/tls cannot speak (NULL, export, DHE, anonymous) is found as well.
//
// It never dials (connections are made by the caller's Dialer), judges nothing
// (that is package assess), and sends no data of the application.
package tlsprobe

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"slices"
	"time"

	"leadglass/internal/connerr"
	"leadglass/internal/peer"
	"leadglass/internal/survey"
)

// MaxHandshakes is how many connections Ask makes to one port at most. It is
// enough to ask everything of a port that meets a current profile.
const MaxHandshakes = 6

// defaultPatience is how long to wait for an answer.
const defaultPatience = 6 * time.Second

// versionSSL30 is the version of SSL 3.0, whose name in crypto/tls is
// deprecated.
const versionSSL30 = 0x0300

// Dialer opens a connection with the port to ask.
type Dialer func(context.Context) (net.Conn, error)

// Options are how a port is asked, and what is known of it.
type Options struct {
	// Name is the host name for the server name extension; empty for none.
	Name string
	// Version and Suite are what the port chose when everything was offered; 0
	// where that is not known. KeyExchangeBits is the size of its group, where
	// that is known.
	Version, Suite  uint16
	KeyExchangeBits int
	// Patience bounds the waiting for one answer; 6 s when zero.
	Patience time.Duration
}

// prober is the work on one port.
type prober struct {
	dial  Dialer
	opt   Options
	offer survey.TLSOffer
	// stopped: an answer did not come, so nothing more is asked.
	stopped bool
}

// Ask asks a port that speaks TLS for protocol versions and cipher suites, in
// the order of what matters: versions before TLS 1.2, the suites that are
// recommended, those that are not, small curves, and CBC. A port that does not
// answer is not asked again. What could not be told is said in Incomplete; it
// returns no error.
func Ask(ctx context.Context, dial Dialer, o Options) survey.TLSOffer {
	if o.Patience <= 0 {
		o.Patience = defaultPatience
	}
	a := &prober{dial: dial, opt: o, offer: survey.TLSOffer{Versions: []string{}, VersionsRefused: []string{},
		Suites: []survey.TLSSuite{}, ClassesRefused: []survey.SuiteClass{}}}
	if o.Version != 0 {
		a.accepted(o.Version)
		a.chose(flight{version: o.Version, suite: o.Suite, bits: o.KeyExchangeBits}, find)
	}
	a.versions(ctx)
	a.recommended(ctx)
	a.weak(ctx)
	a.curves(ctx)
	a.cbc(ctx)
	a.conclude()
	order := func(x, y string) int { return slices.Index(versionNames(), x) - slices.Index(versionNames(), y) }
	slices.SortFunc(a.offer.Versions, order)
	slices.SortFunc(a.offer.VersionsRefused, order)
	return a.offer
}

// Greeting is what a port answers to a ClientHello that offers all there is up
// to TLS 1.2.
type Greeting struct {
	// Version and Suite are the numbers of its choice, SuiteName is as IANA
	// registered it.
	Version, Suite         uint16
	VersionName, SuiteName string
	// KeyExchangeBits is the size of the group of an ephemeral key exchange, 0
	// where there is none or an unknown one.
	KeyExchangeBits int
	// Certificates are DER, the server's own first; at most 10.
	Certificates [][]byte
	// CertificateRequested: a certificate of the client is asked for.
	CertificateRequested bool
}

// Greet describes a port with which crypto/tls can complete no handshake. ok is
// false where it chooses nothing that is known, or does not speak TLS. It makes
// one connection.
func Greet(ctx context.Context, dial Dialer, o Options) (g Greeting, ok bool) {
	h := hello{version: tls.VersionTLS12, groups: slices.Concat(goodGroups, smallGroups), name: o.Name}
	for _, s := range suites {
		h.suites = append(h.suites, s.id)
	}
	if o.Patience <= 0 {
		o.Patience = defaultPatience
	}
	f, err := exchange(ctx, dial, h, o.Patience)
	s, known := find(f.suite)
	if err != nil || f.refused || !known {
		return Greeting{}, false
	}
	return Greeting{Version: f.version, Suite: f.suite, VersionName: versionName(f.version), SuiteName: s.name,
		KeyExchangeBits: f.bits, Certificates: f.certificates, CertificateRequested: f.asked}, true
}

// versions asks for TLS 1.1, and where that is there for TLS 1.0. Who has only
// something older answers with it (RFC 5246 E.1).
func (a *prober) versions(ctx context.Context) {
	for _, version := range []uint16{tls.VersionTLS11, tls.VersionTLS10} {
		f, ok := a.ask(ctx, version, goodGroups, suite.old)
		switch {
		case !ok:
			return
		case f.refused:
			a.refused(version)
			if version == tls.VersionTLS11 { // then what is older, too
				a.refused(tls.VersionTLS10)
			}
			return
		case f.version < version:
			for v := version; v > f.version; v-- {
				a.refused(v)
			}
			a.accepted(f.version)
			return
		}
		a.accepted(f.version)
	}
}

// recommended asks for TLS 1.2 and the suites that RFC 9325 4.2 recommends,
// unless they are what the port chose anyway.
func (a *prober) recommended(ctx context.Context) {
	if a.has(survey.SuiteRecommended) {
		return
	}
	f, ok := a.ask(ctx, tls.VersionTLS12, goodGroups, is(survey.SuiteRecommended))
	switch {
	case !ok:
	case f.refused:
		a.without(survey.SuiteRecommended)
	default:
		a.accepted(f.version)
	}
}

// weakClasses are the classes that are asked for together, DHE among them for
// the size of its group.
func weakClasses() []survey.SuiteClass {
	return []survey.SuiteClass{survey.SuiteNull, survey.SuiteAnonymous, survey.SuiteExport, survey.SuiteDES, survey.SuiteRC4,
		survey.Suite3DES, survey.SuiteStaticRSA, survey.SuiteStaticDH, survey.SuiteDHE}
}

// weak asks for all suites that are not recommended; each answer names one,
// whose class is left out of the next question, until all that is left is
// refused.
func (a *prober) weak(ctx context.Context) {
	for {
		left := func(s suite) bool {
			if s.finiteField() && s.class() == survey.SuiteCBC {
				return !a.has(survey.SuiteDHE) && !a.hasFiniteField()
			}
			return slices.Contains(weakClasses(), s.class()) && !a.has(s.class()) &&
				!(s.class() == survey.SuiteDHE && a.hasFiniteField())
		}
		f, ok := a.ask(ctx, tls.VersionTLS12, goodGroups, left)
		if !ok {
			return
		}
		if f.refused {
			for _, c := range weakClasses() {
				if !a.has(c) && !(c == survey.SuiteDHE && a.hasFiniteField()) {
					a.without(c)
				}
			}
			return
		}
		a.accepted(f.version)
	}
}

// hasFiniteField reports whether the size of the port's finite field is known.
func (a *prober) hasFiniteField() bool {
	return slices.ContainsFunc(a.offer.Suites, func(s survey.TLSSuite) bool {
		return suite{name: s.Name}.finiteField() && s.Class != survey.SuiteAnonymous
	})
}

// curves asks for ECDHE over curves below 256 bit.
func (a *prober) curves(ctx context.Context) {
	good := func(s suite) bool {
		return s.curve() && (s.class() == survey.SuiteRecommended || s.class() == survey.SuiteCBC)
	}
	f, ok := a.send(ctx, tls.VersionTLS12, smallGroups, good)
	const least = 256
	switch {
	case !ok:
	case f.refused || f.bits >= least || f.bits == 0: // a curve that was not offered
		a.without(survey.SuiteSmallCurve)
	default:
		s, _ := find(f.suite)
		a.offer.Suites = append(a.offer.Suites, survey.TLSSuite{Name: s.name, Class: survey.SuiteSmallCurve,
			Version: versionName(f.version), KeyExchangeBits: f.bits})
	}
}

// cbc asks for suites with a block cipher in CBC mode.
func (a *prober) cbc(ctx context.Context) {
	if a.has(survey.SuiteCBC) {
		return
	}
	if f, ok := a.ask(ctx, tls.VersionTLS12, goodGroups, is(survey.SuiteCBC)); ok && f.refused {
		a.without(survey.SuiteCBC)
	}
}

// conclude says which of the later versions are not there: a port chooses the
// best that it has.
func (a *prober) conclude() {
	if a.opt.Version != 0 {
		for v := uint16(tls.VersionTLS13); v > max(a.opt.Version, tls.VersionTLS11); v-- {
			a.refused(v)
		}
	}
	if !a.stopped {
		a.refused(tls.VersionTLS12)
	}
}

func is(class survey.SuiteClass) func(suite) bool {
	return func(s suite) bool { return s.class() == class }
}

// has reports whether a suite of the class was accepted with TLS 1.2, or with
// whatever is the best that the port has below TLS 1.3.
func (a *prober) has(class survey.SuiteClass) bool {
	return slices.ContainsFunc(a.offer.Suites, func(s survey.TLSSuite) bool { return s.Class == class })
}

func (a *prober) without(class survey.SuiteClass) {
	a.offer.ClassesRefused = append(a.offer.ClassesRefused, class)
}

func (a *prober) accepted(version uint16) {
	if name := versionName(version); !slices.Contains(a.offer.Versions, name) {
		a.offer.Versions = append(a.offer.Versions, name)
	}
}

// refused notes a version, unless it was accepted or noted before.
func (a *prober) refused(version uint16) {
	if name := versionName(version); !slices.Contains(a.offer.Versions, name) && !slices.Contains(a.offer.VersionsRefused, name) {
		a.offer.VersionsRefused = append(a.offer.VersionsRefused, name)
	}
}

// ask sends a ClientHello and notes the suite that was chosen, where it is one
// of those offered. ok is false where there was no answer.
func (a *prober) ask(ctx context.Context, version uint16, groups []uint16, offered func(suite) bool) (f flight, ok bool) {
	f, ok = a.send(ctx, version, groups, offered)
	if ok && !f.refused {
		a.chose(f, func(id uint16) (suite, bool) {
			s, known := find(id)
			return s, known && offered(s)
		})
	}
	return f, ok
}

// chose notes a suite.
func (a *prober) chose(f flight, known func(uint16) (suite, bool)) {
	s, ok := known(f.suite)
	if !ok || f.version >= tls.VersionTLS13 || a.has(s.class()) {
		return
	}
	a.offer.Suites = append(a.offer.Suites, survey.TLSSuite{Name: s.name, Class: s.class(), Version: versionName(f.version),
		KeyExchangeBits: f.bits, EncryptThenMAC: f.encryptThenMAC})
}

// send sends one ClientHello and reads the answer.
func (a *prober) send(ctx context.Context, version uint16, groups []uint16, offered func(suite) bool) (flight, bool) {
	if a.stopped {
		return flight{}, false
	}
	h := hello{version: version, groups: groups, name: a.opt.Name}
	for _, s := range suites {
		if offered(s) {
			h.suites = append(h.suites, s.id)
		}
	}
	if len(h.suites) == 0 {
		return flight{refused: true}, true
	}
	if a.offer.Handshakes >= MaxHandshakes {
		return flight{}, a.stop("as many handshakes were made as are allowed")
	}
	a.offer.Handshakes++
	f, err := exchange(ctx, a.dial, h, a.opt.Patience)
	s, known := find(f.suite)
	switch {
	case err != nil:
		return flight{}, a.stop(explain(ctx, err))
	case !f.refused && (f.version > version || !known || !offered(s)):
		return flight{}, a.stop("the port chose what was not offered")
	}
	return f, true
}

// stop ends the questions; false for its caller to return.
func (a *prober) stop(why string) bool {
	a.stopped, a.offer.Incomplete = true, why
	return false
}

// exchange sends a ClientHello on a connection of its own. A server that
// closes the connection, as some do that have nothing of what is offered,
// refuses.
func exchange(ctx context.Context, dial Dialer, h hello, patience time.Duration) (flight, error) {
	conn, err := dial(ctx)
	if err != nil {
		return flight{}, err
	}
	defer func() { _ = conn.Close() }()
	stop := context.AfterFunc(ctx, func() { _ = conn.Close() })
	defer stop()
	if err := conn.SetDeadline(time.Now().Add(patience)); err != nil {
		return flight{}, err
	}
	if _, err := conn.Write(h.bytes()); err != nil {
		return flight{}, err
	}
	f, err := readFlight(conn)
	closed := errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || connerr.Reset(err)
	switch {
	case closed && f.version == 0 && ctx.Err() == nil:
		return flight{refused: true}, nil
	case err == nil && !f.refused:
		_, _ = conn.Write(goodbye(min(f.version, tls.VersionTLS12))) // what becomes of it changes nothing
	}
	return f, err
}

// explain says in words of ours why there was no answer.
func explain(ctx context.Context, err error) string {
	if errors.Is(err, errForeign) || errors.Is(err, errMalformed) {
		return err.Error()
	}
	return peer.During(ctx, err).String()
}

// versionNames are the names of versions, oldest first.
func versionNames() []string { return []string{"SSL 3.0", "TLS 1.0", "TLS 1.1", "TLS 1.2", "TLS 1.3"} }

// versionName is the name of a version; crypto/tls writes "SSLv3".
func versionName(version uint16) string {
	if version == versionSSL30 {
		return "SSL 3.0"
	}
	return tls.VersionName(version)
}
