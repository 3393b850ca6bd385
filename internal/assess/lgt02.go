package assess

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"leadglass/internal/survey"
)

// The least sizes of the groups of a key exchange, in bits: of a finite field
// (RFC 9325 4.5, PS3.15 B.13), and of a curve (RFC 9325 4.5).
const (
	leastFieldBits = 2048
	leastCurveBits = 224
)

// The versions that are told apart, as survey.TLSOffer names them.
const (
	versionTLS10 = "TLS 1.0"
	versionTLS12 = "TLS 1.2"
	versionTLS13 = "TLS 1.3"
)

// LGT02 judges what further handshakes showed.
var LGT02 = Check{
	ID:       "LG-T02",
	Title:    "TLS below the profile of DICOM (BCP 195)",
	Severity: survey.Medium,
	On:       OnTLS,
	Means: `Old protocol versions and cipher suites can be broken, or become readable later: who has recorded the traffic of a
server with static RSA reads all of it, patients and images, once its key is stolen. A server that still accepts them for the sake of
one old station accepts them from everybody, an attacker in between included.`,
	Tested: `The service is offered parts of what TLS has, and its choice is looked at; no handshake is completed. What RFC 9325
forbids fails the check, and so does what it advises against and leaves recorded traffic readable:

| accepted | result |
|---|---|
| SSL 3.0, TLS 1.0, TLS 1.1 (RFC 8996) | fail |
| suites without encryption, without a server certificate, of export grade, DES, RC4 (4.1) | fail |
| 3DES; static RSA, static DH and ECDH: no forward secrecy (4.1) | fail |
| DHE with a group below 2048 bit, curves below 224 bit (4.5) | fail |
| DHE with 2048 bit or more; CBC without encrypt-then-MAC (4.1, 4.2) | said, no failure |
| TLS 1.3, and TLS 1.2 with ECDHE and authenticated encryption | pass |

The profile of PS3.15 that versions and suites meet is named: B.13 (no suite outside its list was accepted), B.12, or of the retired
ones B.10 (TLS 1.2 and later, with suites that RFC 7525 only advised against), B.9 (downgrading), B.3 (AES with static RSA), B.1
(3DES). Certificates are the business of LG-T03. Of each class of suites one is named, so the list is a sample of what is accepted.`,
	Sends: `At most 6 ClientHello, each on a connection of its own, followed by the alerts user_canceled and close_notify: up to TLS 1.1;
TLS 1.0 where that was accepted; the recommended suites unless identification saw one; the weak classes and DHE, again without the class
that was chosen, until none is; ECDHE over curves below 256 bit; suites in CBC mode. A service with which no handshake can be completed
at all gets one more before these.`,
	References: []string{refTLSProfile, refTLSModified, refRFC9325, refRFC8996, refTransmit, refGDPREncrypt, refNIS2Crypto, refNIST},
	Run:        runT02,
}

func runT02(_ context.Context, s *Session) Result {
	t := s.Service.TLS
	if t == nil {
		return notApplicable("The service was not reached over TLS.")
	}
	if t.Offer == nil {
		return unknown("No further handshakes were made.")
	}
	o := tlsOffer{t.Offer}
	t.Profile = o.profile()
	faults := o.faults()
	seen := o.describe()
	if len(faults) > 0 {
		return fail("Below the profile: %s; %s%s.", strings.Join(faults, ", "), seen, met(t.Profile))
	}
	if missing := o.missing(); missing != "" {
		return unknown("Nothing below the profile was seen, but %s: %s; %s.", missing, t.Offer.Incomplete, seen)
	}
	remark := ""
	if remarks := o.remarks(); len(remarks) > 0 {
		remark = ", though " + strings.Join(remarks, " and ")
	}
	return pass("Nothing below the profile was accepted: %s%s%s.", seen, remark, met(t.Profile))
}

// met says which profile is met.
func met(p survey.TLSProfile) string {
	switch p {
	case survey.ProfileNone:
		return "; no profile of PS3.15 is met"
	case "":
		return ""
	case survey.ProfileB12, survey.ProfileB13:
		return "; versions and suites meet PS3.15 " + string(p)
	}
	return "; versions and suites meet no more than the retired PS3.15 " + string(p)
}

// tlsOffer is what a service accepts.
type tlsOffer struct{ *survey.TLSOffer }

// get returns the suite of a class that was accepted.
func (o tlsOffer) get(c survey.SuiteClass) (survey.TLSSuite, bool) {
	i := slices.IndexFunc(o.Suites, func(s survey.TLSSuite) bool { return s.Class == c })
	if i < 0 {
		return survey.TLSSuite{}, false
	}
	return o.Suites[i], true
}

func (o tlsOffer) accepts(c survey.SuiteClass) bool {
	_, ok := o.get(c)
	return ok
}

// old are the versions before TLS 1.2 that are accepted.
func (o tlsOffer) old() []string {
	var old []string
	for _, v := range o.Versions {
		if v != versionTLS12 && v != versionTLS13 {
			old = append(old, v)
		}
	}
	return old
}

// smallField returns a suite whose group over a finite field is too small.
func (o tlsOffer) smallField() (survey.TLSSuite, bool) {
	for _, s := range o.Suites {
		if finiteField(s) && s.KeyExchangeBits > 0 && s.KeyExchangeBits < leastFieldBits {
			return s, true
		}
	}
	return survey.TLSSuite{}, false
}

// finiteField reports whether a suite's key exchange is over a finite field.
func finiteField(s survey.TLSSuite) bool { return strings.HasPrefix(s.Name, "TLS_DHE_") }

// forbidden are the classes of RFC 9325 4.1 that MUST NOT be, and those without
// a server certificate; discouraged those that fail the check as well.
func forbidden() []survey.SuiteClass {
	return []survey.SuiteClass{survey.SuiteNull, survey.SuiteAnonymous, survey.SuiteExport, survey.SuiteDES, survey.SuiteRC4}
}

func discouraged() []survey.SuiteClass {
	return []survey.SuiteClass{survey.Suite3DES, survey.SuiteStaticRSA, survey.SuiteStaticDH}
}

// wordsFor says what is wrong with a class.
func wordsFor(c survey.SuiteClass) string {
	return map[survey.SuiteClass]string{
		survey.SuiteNull: "a suite without encryption", survey.SuiteAnonymous: "a suite without a server certificate",
		survey.SuiteExport: "an export suite", survey.SuiteDES: "a DES suite", survey.SuiteRC4: "an RC4 suite",
		survey.Suite3DES: "a 3DES suite", survey.SuiteStaticRSA: "static RSA key exchange, which has no forward secrecy",
		survey.SuiteStaticDH: "static Diffie-Hellman key exchange, which has no forward secrecy",
	}[c]
}

// faults are what fails the check, in words.
func (o tlsOffer) faults() []string {
	var faults []string
	if old := o.old(); len(old) > 0 {
		faults = append(faults, strings.Join(old, " and "))
	}
	for _, c := range slices.Concat(forbidden(), discouraged()) {
		if s, ok := o.get(c); ok {
			faults = append(faults, fmt.Sprintf("%s (%s)", wordsFor(c), s.Name))
		}
	}
	if s, ok := o.smallField(); ok {
		faults = append(faults, fmt.Sprintf("DHE with a group of %d bit (%s)", s.KeyExchangeBits, s.Name))
	}
	if s, ok := o.get(survey.SuiteSmallCurve); ok && s.KeyExchangeBits < leastCurveBits {
		faults = append(faults, fmt.Sprintf("ECDHE over a curve of %d bit (%s)", s.KeyExchangeBits, s.Name))
	}
	return faults
}

// remarks are what is advised against and does not fail the check.
func (o tlsOffer) remarks() []string {
	var remarks []string
	if i := slices.IndexFunc(o.Suites, finiteField); i >= 0 {
		size := ""
		if bits := o.Suites[i].KeyExchangeBits; bits > 0 {
			size = fmt.Sprintf(" (with a group of %d bit)", bits)
		}
		remarks = append(remarks, "RFC 9325 advises against DHE"+size)
	}
	if s, ok := o.get(survey.SuiteCBC); ok && !s.EncryptThenMAC {
		remarks = append(remarks, "RFC 9325 advises against CBC without encrypt-then-MAC")
	}
	if s, ok := o.get(survey.SuiteSmallCurve); ok {
		remarks = append(remarks, fmt.Sprintf("PS3.15 B.13 forbids the curve of %d bit", s.KeyExchangeBits))
	}
	if !slices.Contains(o.Versions, versionTLS12) && slices.Contains(o.Versions, versionTLS13) {
		remarks = append(remarks, "PS3.15 B.12 wants TLS 1.2 as well, for stations without TLS 1.3")
	}
	return remarks
}

// missing says which question that decides has no answer, "" for none.
func (o tlsOffer) missing() string {
	if !slices.Contains(o.VersionsRefused, versionTLS10) && !slices.Contains(o.Versions, versionTLS10) {
		return "old versions could not be offered"
	}
	for _, c := range slices.Concat(forbidden(), discouraged()) {
		if !o.accepts(c) && !slices.Contains(o.ClassesRefused, c) {
			return "weak cipher suites could not all be offered"
		}
	}
	if !o.accepts(survey.SuiteSmallCurve) && !slices.Contains(o.ClassesRefused, survey.SuiteSmallCurve) {
		return "small curves could not be offered"
	}
	if slices.ContainsFunc(o.Suites, func(s survey.TLSSuite) bool { return finiteField(s) && s.KeyExchangeBits == 0 }) {
		return "the size of the group for DHE is not known"
	}
	return ""
}

// describe lists what was accepted and refused.
func (o tlsOffer) describe() string {
	var b strings.Builder
	fmt.Fprintf(&b, "accepts %s", strings.Join(o.Versions, ", "))
	if len(o.VersionsRefused) > 0 {
		fmt.Fprintf(&b, ", refuses %s", strings.Join(o.VersionsRefused, ", "))
	}
	var names []string
	for _, s := range o.Suites {
		name := s.Name
		if s.KeyExchangeBits > 0 {
			name += fmt.Sprintf(" with %d bit", s.KeyExchangeBits)
		}
		names = append(names, name)
	}
	if len(names) > 0 {
		fmt.Fprintf(&b, "; of cipher suites among others %s", strings.Join(names, ", "))
	}
	return b.String()
}

// profile is the best profile of PS3.15 that versions and suites meet, ""
// where too little is known.
func (o tlsOffer) profile() survey.TLSProfile {
	if slices.ContainsFunc(forbidden(), o.accepts) {
		return survey.ProfileNone
	}
	_, smallField := o.smallField()
	curve, small := o.get(survey.SuiteSmallCurve)
	if smallField || small && curve.KeyExchangeBits < leastCurveBits {
		return survey.ProfileNone
	}
	modern := o.accepts(survey.SuiteRecommended) || o.accepts(survey.SuiteDHE)
	legacy := slices.ContainsFunc(discouraged(), o.accepts)
	static, _ := o.get(survey.SuiteStaticRSA)
	dhe, _ := o.get(survey.SuiteDHE)
	switch {
	case len(o.old()) > 0 && modern:
		return survey.ProfileB9
	case legacy && modern:
		return survey.ProfileB10
	case strings.Contains(static.Name, "_AES_"):
		return survey.ProfileB3
	case o.accepts(survey.Suite3DES):
		return survey.ProfileB1
	case o.missing() != "":
		return ""
	case !modern || !slices.Contains(o.Versions, versionTLS12):
		return survey.ProfileNone
	case !small && slices.Contains(o.ClassesRefused, survey.SuiteCBC) && !strings.Contains(dhe.Name, "_DSS_"):
		return survey.ProfileB13
	}
	return survey.ProfileB12
}
