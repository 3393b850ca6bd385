package main

import (
	"crypto/tls"
	"maps"
	"net"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"leadglass/internal/realserver"
	"leadglass/internal/survey"
)

// tlsWant is what a check has to find out about the TLS of a port.
type tlsWant struct {
	protocol survey.Protocol
	// versions are those accepted; all others are refused.
	versions string
	// classes are those of the suites accepted, in order of their names.
	classes string
	profile survey.TLSProfile
	// t02, t03 and t04 are states; says is a part of the evidence of those that
	// fail, of LG-T02 where it does, else of LG-T03.
	t02, t03, t04 survey.CheckState
	says          string
	verdict       survey.Verdict
	grade         survey.Grade
}

const (
	passes  = survey.Pass
	fails   = survey.Fail
	notHere = survey.NotApplicable
)

// checkTLS checks a port and compares everything that is said of its TLS.
func checkTLS(t *testing.T, target string, want tlsWant, args ...string) survey.Finding {
	t.Helper()
	o := leadglass(t, append([]string{"check", target, "--json", "--count", "off"}, args...)...).want(t, exitDone)
	f := o.finding(t)
	if len(f.Services) != 1 || f.Services[0].TLS == nil || f.Services[0].TLS.Offer == nil {
		t.Fatalf("services %+v", f.Services)
	}
	s := f.Services[0]
	offer := s.TLS.Offer
	var classes []string
	for _, suite := range offer.Suites {
		classes = append(classes, string(suite.Class))
		if strings.Contains(suite.Name, "DHE") && suite.Class != survey.SuiteSmallCurve && suite.KeyExchangeBits == 0 &&
			suite.Name != s.TLS.CipherSuite {
			t.Errorf("%s has no size", suite.Name)
		}
	}
	slices.Sort(classes)
	got := tlsWant{protocol: s.Protocol, versions: strings.Join(offer.Versions, " "), classes: strings.Join(classes, " "),
		profile: s.TLS.Profile, verdict: f.Verdict, grade: f.Grade, says: want.says}
	by := checks(f)
	got.t02, got.t03, got.t04 = by["LG-T02"].State, by["LG-T03"].State, by["LG-T04"].State
	if got != want {
		t.Errorf("found\n%+v, want\n%+v", got, want)
	}
	evidence := by["LG-T03"].Evidence
	if want.t02 == fails {
		evidence = by["LG-T02"].Evidence
	}
	if !strings.Contains(evidence, want.says) || t.Failed() {
		t.Errorf("want %q:\n%s\n%s\n%s", want.says, by["LG-T02"].Evidence, by["LG-T03"].Evidence, by["LG-T04"].Evidence)
	}
	if n := len(offer.Versions) + len(offer.VersionsRefused); n < 4 && offer.Incomplete == "" {
		t.Errorf("versions %q and %q are not all", offer.Versions, offer.VersionsRefused)
	}
	if f.Traffic.Associations > 12 || f.Traffic.BytesSent > 200<<10 || offer.Handshakes > 6 {
		t.Errorf("traffic %+v, %d handshakes", f.Traffic, offer.Handshakes)
	}
	t.Logf("%d handshakes, traffic %+v", offer.Handshakes, f.Traffic)
	return f
}

// TestTLSOfStorescp: each TLS profile of DCMTK 3.6.7, and each way to deal
// with client certificates. Its suites for TLS 1.2 begin with DHE.
func TestTLSOfStorescp(t *testing.T) {
	t.Parallel()
	id := realserver.Identity(t, realserver.IdentityOptions{})
	for name, c := range map[string]struct {
		args string
		want tlsWant
	}{
		"as it comes": {"", tlsWant{survey.ProtocolUnknown, "TLS 1.2 TLS 1.3", "dhe recommended", "B.13", passes, passes, passes, "", survey.NotDICOM, ""}},
		"non-downgrading, requested": {"-vc --profile-bcp195-nd", tlsWant{survey.ProtocolDICOM, "TLS 1.2 TLS 1.3", "dhe recommended", "B.13",
			passes, passes, fails, "", survey.Identified, "C"}},
		"non-downgrading, ignored": {"-ic --profile-bcp195-nd", tlsWant{survey.ProtocolDICOM, "TLS 1.2 TLS 1.3", "dhe recommended", "B.13",
			passes, passes, fails, "", survey.Identified, "C"}},
		"BCP 195, required": {"-rc --profile-bcp195", tlsWant{survey.ProtocolUnknown, "TLS 1.0 TLS 1.1 TLS 1.2 TLS 1.3", "dhe recommended static-rsa", "B.9",
			fails, passes, passes, "TLS 1.0 and TLS 1.1, static RSA", survey.NotDICOM, ""}},
		"BCP 195, ignored": {"-ic --profile-bcp195", tlsWant{survey.ProtocolDICOM, "TLS 1.0 TLS 1.1 TLS 1.2 TLS 1.3", "dhe recommended static-rsa", "B.9",
			fails, passes, fails, "TLS_RSA_WITH_AES_128_CBC_SHA", survey.Identified, "C"}},
		"extended, required": {"-rc --profile-bcp195-ex", tlsWant{survey.ProtocolUnknown, "TLS 1.2", "dhe recommended", "B.13",
			passes, passes, passes, "", survey.NotDICOM, ""}},
		"extended, requested": {"-vc --profile-bcp195-ex", tlsWant{survey.ProtocolDICOM, "TLS 1.2", "dhe recommended", "B.13",
			passes, passes, fails, "", survey.Identified, "C"}},
		"AES, required": {"-rc --profile-aes", tlsWant{survey.ProtocolUnknown, "TLS 1.0 TLS 1.1 TLS 1.2", "static-rsa", "B.3",
			fails, passes, passes, "retired PS3.15 B.3", survey.NotDICOM, ""}},
		"AES, ignored": {"-ic --profile-aes", tlsWant{survey.ProtocolDICOM, "TLS 1.0 TLS 1.1 TLS 1.2", "static-rsa", "B.3",
			fails, passes, fails, "retired PS3.15 B.3", survey.Identified, "C"}},
		"unencrypted": {"-ic --profile-null", tlsWant{survey.ProtocolUnknown, "TLS 1.0 TLS 1.1 TLS 1.2", "null", "none",
			fails, passes, fails, "without encryption (TLS_RSA_WITH_NULL_SHA)", survey.NotDICOM, ""}},
		"non-downgrading and static RSA": {"-rc --profile-bcp195-nd --cipher TLS_RSA_WITH_AES_256_GCM_SHA384", tlsWant{survey.ProtocolUnknown,
			"TLS 1.2 TLS 1.3", "dhe recommended static-rsa", "B.10", fails, passes, passes, "static RSA", survey.NotDICOM, ""}},
		"non-downgrading and CBC": {"-rc --profile-bcp195-nd --cipher TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA384", tlsWant{survey.ProtocolUnknown,
			"TLS 1.2 TLS 1.3", "cbc dhe recommended", "B.12", passes, passes, passes, "", survey.NotDICOM, ""}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			args := append([]string{"+tls", id.Key, id.Certificate, "+cf", id.Authority}, strings.Fields(c.args)...)
			s := realserver.Storescp(t, realserver.DCMTKOptions{Args: args})
			f := checkTLS(t, s.DICOMAddr(), c.want)
			if c.want.protocol == survey.ProtocolDICOM {
				states(t, f, survey.Pass, "LG-D03", "LG-T01")
			}
			// A server of one process goes on after all these handshakes.
			conn, err := tls.Dial("tcp", s.DICOMAddr(), &tls.Config{InsecureSkipVerify: true, CipherSuites: []uint16{
				tls.TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384, tls.TLS_RSA_WITH_AES_128_CBC_SHA}})
			switch {
			case err == nil:
				_ = conn.Close()
			case !strings.Contains(err.Error(), "handshake failure"): // without a certificate, or NULL alone
				t.Errorf("afterwards: %v", err)
			}
		})
	}
}

// TestTLSOfOrthanc: DICOM over TLS with and without client certificate, and
// HTTPS with them. Its DICOM goes by DCMTK's profile BCP 195, its HTTPS by
// ciphers of FIPS 140-2. Without client certificates the HTTPS of Debian's
// Orthanc 1.10.1 ends by a segmentation fault at the first request of any
// client; see TestTLSOfNginx for an Orthanc behind a proxy.
func TestTLSOfOrthanc(t *testing.T) {
	t.Parallel()
	id := realserver.Identity(t, realserver.IdentityOptions{})
	dicom := map[string]any{"DicomTlsEnabled": true, "DicomTlsCertificate": id.Certificate, "DicomTlsPrivateKey": id.Key,
		"DicomTlsTrustedCertificates": id.Authority}
	web := map[string]any{"SslEnabled": true, "SslCertificate": id.Both, "SslVerifyPeers": true, "SslTrustedClientCertificates": id.Authority}
	config := func(parts ...map[string]any) map[string]any {
		c := realserver.OpenOrthanc()
		for _, p := range parts {
			maps.Copy(c, p)
		}
		return c
	}
	const dicomVersions, dicomClasses = "TLS 1.0 TLS 1.1 TLS 1.2 TLS 1.3", "dhe recommended static-rsa"
	const webVersions, webClasses = "TLS 1.2 TLS 1.3", "cbc recommended static-rsa"
	t.Run("client certificates", func(t *testing.T) {
		t.Parallel()
		s := realserver.Orthanc(t, realserver.OrthancOptions{Config: config(dicom, web)})
		checkTLS(t, s.DICOMAddr(), tlsWant{survey.ProtocolUnknown, dicomVersions, dicomClasses, "B.9",
			fails, passes, passes, "TLS 1.0 and TLS 1.1, static RSA", survey.NotDICOM, ""})
		checkTLS(t, s.HTTPAddr(), tlsWant{survey.ProtocolUnknown, webVersions, webClasses, "B.10",
			fails, passes, passes, "static RSA", survey.NotDICOM, ""})
	})
	t.Run("without", func(t *testing.T) {
		t.Parallel()
		s := realserver.Orthanc(t, realserver.OrthancOptions{Studies: archive(),
			Config: config(dicom, map[string]any{"DicomTlsRemoteCertificateRequired": false})})
		f := checkTLS(t, s.DICOMAddr(), tlsWant{survey.ProtocolDICOM, dicomVersions, dicomClasses, "B.9",
			fails, passes, fails, "TLS 1.0 and TLS 1.1, static RSA", survey.OpenImages, "F"})
		states(t, f, survey.Fail, "LG-D01", "LG-D04", "LG-D06")
		states(t, f, survey.Pass, "LG-D03", "LG-T01")
		if r := checks(f)["LG-T04"].Remedy; !strings.Contains(r, "DicomTlsEnabled") || !strings.Contains(r, "verifyChain = yes") {
			t.Errorf("LG-T04's remedy is not Orthanc's: %s", r)
		}
	})
	t.Run("HTTPS, as the remedy says", func(t *testing.T) {
		t.Parallel()
		s := realserver.Orthanc(t, realserver.OrthancOptions{Config: config(web, map[string]any{"SslMinimumProtocolVersion": 4,
			"SslCiphersAccepted": []string{"ECDHE-ECDSA-AES128-GCM-SHA256", "ECDHE-RSA-AES128-GCM-SHA256",
				"ECDHE-ECDSA-AES256-GCM-SHA384", "ECDHE-RSA-AES256-GCM-SHA384"}})})
		checkTLS(t, s.HTTPAddr(), tlsWant{survey.ProtocolUnknown, webVersions, "recommended", "B.13",
			passes, passes, passes, "", survey.NotDICOM, ""})
	})
}

// TestTLSOfDcmqrscp: DCMTK's archive has no TLS of its own in 3.6.7, so stunnel
// stands before it, as the remedies say.
func TestTLSOfDcmqrscp(t *testing.T) {
	t.Parallel()
	id := realserver.Identity(t, realserver.IdentityOptions{})
	archive := realserver.Dcmqrscp(t, realserver.DCMTKOptions{Studies: archive()})
	t.Run("client certificates", func(t *testing.T) {
		s := realserver.Stunnel(t, realserver.StunnelOptions{Upstream: archive.DICOMAddr(), Identity: id,
			Lines: []string{"verifyChain = yes", "sslVersionMin = TLSv1.2", "ciphers = ECDHE+AESGCM"}})
		checkTLS(t, s.DICOMAddr(), tlsWant{survey.ProtocolUnknown, "TLS 1.2 TLS 1.3", "recommended", "B.13",
			passes, passes, passes, "", survey.NotDICOM, ""})
	})
	t.Run("without", func(t *testing.T) {
		s := realserver.Stunnel(t, realserver.StunnelOptions{Upstream: archive.DICOMAddr(), Identity: id})
		f := checkTLS(t, s.DICOMAddr(), tlsWant{survey.ProtocolDICOM, "TLS 1.2 TLS 1.3", "cbc recommended static-rsa", "B.10",
			fails, passes, fails, "static RSA", survey.OpenImages, "F"}, "--called-ae-title", archive.AETitle)
		states(t, f, survey.Pass, "LG-D03")
	})
	t.Run("plaintext beside it", func(t *testing.T) {
		s := realserver.Stunnel(t, realserver.StunnelOptions{Upstream: archive.DICOMAddr(), Identity: id})
		path := file(t, scopeText("127.0.0.1", strconv.Itoa(int(s.DICOMPort))+", "+strconv.Itoa(int(archive.DICOMPort)), "9"))
		f := leadglass(t, "check", "127.0.0.1", "--scope", path, "--json", "--count", "off").want(t, exitDone).finding(t)
		states(t, f, survey.Fail, "LG-T01")
	})
}

// TestTLSOfNginx: versions and suites that OpenSSL still has.
func TestTLSOfNginx(t *testing.T) {
	t.Parallel()
	id := realserver.Identity(t, realserver.IdentityOptions{})
	dh := realserver.SmallDH(t)
	clients := "ssl_client_certificate " + id.Authority + "; "
	const strict = "ssl_ciphers ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-RSA-AES256-GCM-SHA384; "
	for name, c := range map[string]struct {
		directives string
		want       tlsWant
	}{
		"as it comes": {"", tlsWant{survey.ProtocolHTTP, "TLS 1.2", "cbc recommended static-rsa", "B.10", fails, passes, notHere, "static RSA", survey.NotDICOM, ""}},
		"as the remedy says": {"ssl_protocols TLSv1.2 TLSv1.3; " + strict, tlsWant{survey.ProtocolHTTP, "TLS 1.2 TLS 1.3", "recommended", "B.13",
			passes, passes, notHere, "", survey.NotDICOM, ""}},
		"TLS 1.0 and later": {"ssl_protocols TLSv1 TLSv1.1 TLSv1.2; ssl_ciphers DEFAULT:@SECLEVEL=0;", tlsWant{survey.ProtocolHTTP, "TLS 1.0 TLS 1.1 TLS 1.2",
			"cbc recommended static-rsa", "B.9", fails, passes, notHere, "TLS 1.0 and TLS 1.1", survey.NotDICOM, ""}},
		"TLS 1.1 and later": {"ssl_protocols TLSv1.1 TLSv1.2; ssl_ciphers ECDHE+AES:@SECLEVEL=0;", tlsWant{survey.ProtocolHTTP, "TLS 1.1 TLS 1.2",
			"cbc recommended", "B.9", fails, passes, notHere, "Below the profile: TLS 1.1;", survey.NotDICOM, ""}},
		"TLS 1.0 alone": {"ssl_protocols TLSv1; ssl_ciphers HIGH:!aNULL:@SECLEVEL=0;", tlsWant{survey.ProtocolHTTP, "TLS 1.0",
			"cbc static-rsa", "B.3", fails, passes, notHere, "TLS 1.0", survey.NotDICOM, ""}},
		"TLS 1.2 alone": {"ssl_protocols TLSv1.2; " + strict, tlsWant{survey.ProtocolHTTP, "TLS 1.2", "recommended", "B.13", passes, passes, notHere, "", survey.NotDICOM, ""}},
		"TLS 1.3 alone": {"ssl_protocols TLSv1.3;", tlsWant{survey.ProtocolHTTP, "TLS 1.3", "", "none", passes, passes, notHere, "", survey.NotDICOM, ""}},
		"static RSA": {"ssl_protocols TLSv1.2; ssl_ciphers AES128-GCM-SHA256;", tlsWant{survey.ProtocolHTTP, "TLS 1.2", "static-rsa", "B.3",
			fails, passes, notHere, "TLS_RSA_WITH_AES_128_GCM_SHA256", survey.NotDICOM, ""}},
		"NULL and anonymous beside others": {"ssl_protocols TLSv1.2; ssl_ciphers ALL:eNULL:@SECLEVEL=0;", tlsWant{survey.ProtocolHTTP, "TLS 1.2",
			"anonymous null recommended static-rsa", "none", fails, passes, notHere, "without a server certificate", survey.NotDICOM, ""}},
		"DHE of 1024 bit": {"ssl_protocols TLSv1.2; ssl_dhparam " + dh + "; ssl_ciphers ECDHE+AESGCM:DHE+AESGCM:@SECLEVEL=0;", tlsWant{survey.ProtocolHTTP, "TLS 1.2",
			"dhe recommended", "none", fails, passes, notHere, "a group of 1024 bit", survey.NotDICOM, ""}},
		"DHE alone": {"ssl_protocols TLSv1.2; ssl_dhparam " + dh + "; ssl_ciphers DHE+AESGCM:@SECLEVEL=0;", tlsWant{survey.ProtocolUnknown, "TLS 1.2",
			"dhe", "none", fails, passes, fails, "a group of 1024 bit", survey.NotDICOM, ""}},
		"curve of 192 bit": {"ssl_protocols TLSv1.2; ssl_ecdh_curve prime256v1:prime192v1; ssl_ciphers ECDHE+AESGCM:@SECLEVEL=0;", tlsWant{survey.ProtocolHTTP, "TLS 1.2",
			"recommended small-curve", "none", fails, passes, notHere, "a curve of 192 bit", survey.NotDICOM, ""}},
		"curve of 224 bit": {"ssl_protocols TLSv1.2; ssl_ecdh_curve prime256v1:secp224r1; ssl_ciphers ECDHE+AESGCM:@SECLEVEL=0;", tlsWant{survey.ProtocolHTTP, "TLS 1.2",
			"recommended small-curve", "B.12", passes, passes, notHere, "", survey.NotDICOM, ""}},
		"client certificates, TLS 1.3": {"ssl_protocols TLSv1.2 TLSv1.3; ssl_verify_client on; " + clients + strict, tlsWant{survey.ProtocolHTTP, "TLS 1.2 TLS 1.3",
			"recommended", "B.13", passes, passes, passes, "", survey.NotDICOM, ""}},
		"client certificates, TLS 1.2": {"ssl_protocols TLSv1.2; ssl_verify_client on; " + clients + strict, tlsWant{survey.ProtocolHTTP, "TLS 1.2",
			"recommended", "B.13", passes, passes, passes, "", survey.NotDICOM, ""}},
		"client certificates wanted": {"ssl_protocols TLSv1.2; ssl_verify_client optional; " + clients + strict, tlsWant{survey.ProtocolHTTP, "TLS 1.2",
			"recommended", "B.13", passes, passes, notHere, "", survey.NotDICOM, ""}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := realserver.Nginx(t, realserver.NginxOptions{Root: t.TempDir(), Identity: id.Both, Directives: c.directives})
			checkTLS(t, s.HTTPAddr(), c.want)
		})
	}
	t.Run("before Orthanc", func(t *testing.T) {
		t.Parallel()
		archive := realserver.Orthanc(t, realserver.OrthancOptions{})
		s := realserver.Nginx(t, realserver.NginxOptions{Upstream: archive.HTTPAddr(), Identity: id.Both, Directives: strict})
		f := checkTLS(t, s.HTTPAddr(), tlsWant{survey.ProtocolHTTP, "TLS 1.2", "recommended", "B.13",
			passes, passes, fails, "", survey.OpenImages, "F"})
		if r := checks(f)["LG-T04"].Remedy; !strings.Contains(r, "ssl_verify_client on;") {
			t.Errorf("LG-T04's remedy does not speak of nginx: %s", r)
		}
	})
}

// TestCertificates: each fault of a certificate, and none of those that nothing
// is wrong with.
func TestCertificates(t *testing.T) {
	t.Parallel()
	const weak = "ssl_protocols TLSv1.2; ssl_ciphers ECDHE+AESGCM:@SECLEVEL=0;"
	now := time.Now()
	elsewhere := []string{"elsewhere.example"}
	for name, c := range map[string]struct {
		o     realserver.IdentityOptions
		host  string
		state survey.CheckState
		says  string
	}{
		"good, by name":              {realserver.IdentityOptions{}, "localhost", passes, "names localhost"},
		"good, curve":                {realserver.IdentityOptions{Key: "p256"}, "127.0.0.1", passes, "ECDSA key of 256 bit"},
		"other name":                 {realserver.IdentityOptions{Names: elsewhere}, "localhost", fails, "Of the certificate: it is not for localhost."},
		"other name, by address":     {realserver.IdentityOptions{Names: elsewhere}, "127.0.0.1", passes, "could not be judged"},
		"other address":              {realserver.IdentityOptions{Addresses: []string{"192.0.2.7"}}, "127.0.0.1", fails, "it is not for 127.0.0.1."},
		"expired":                    {realserver.IdentityOptions{NotBefore: now.AddDate(-2, 0, 0), NotAfter: now.AddDate(0, 0, -2)}, "127.0.0.1", fails, "it expired on " + now.UTC().AddDate(0, 0, -2).Format("2006-01-02")},
		"not yet valid":              {realserver.IdentityOptions{NotBefore: now.AddDate(0, 0, 2)}, "127.0.0.1", fails, "it is not valid before " + now.UTC().AddDate(0, 0, 2).Format("2006-01-02")},
		"self-signed":                {realserver.IdentityOptions{SelfSigned: true}, "127.0.0.1", fails, "Of the certificate: it is signed by itself."},
		"RSA of 1024 bit":            {realserver.IdentityOptions{Key: "rsa1024"}, "127.0.0.1", fails, "Of the certificate: its key is RSA with 1024 bit."},
		"curve of 224 bit":           {realserver.IdentityOptions{Key: "p224"}, "127.0.0.1", fails, "Of the certificate: its key is ECDSA with 224 bit."},
		"SHA-1":                      {realserver.IdentityOptions{SHA1: true}, "127.0.0.1", fails, "Of the certificate: it is signed by SHA1-RSA."},
		"SHA-1, expired, of another": {realserver.IdentityOptions{SHA1: true, SelfSigned: true, Names: elsewhere, NotAfter: now.AddDate(0, 0, -2), NotBefore: now.AddDate(-1, 0, 0)}, "localhost", fails, "it is signed by itself, it is not for localhost, it is signed by SHA1-RSA"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			id := realserver.Identity(t, c.o)
			s := realserver.Nginx(t, realserver.NginxOptions{Root: t.TempDir(), Identity: id.Both, Directives: weak})
			target := net.JoinHostPort(c.host, strconv.Itoa(int(s.HTTPPort)))
			f := leadglass(t, "check", target, "--json", "--count", "off").want(t, exitDone).finding(t)
			got := checks(f)["LG-T03"]
			if got.State != c.state || !strings.Contains(got.Evidence, c.says) {
				t.Errorf("%s, want %s with %q: %s", got.State, c.state, c.says, got.Evidence)
			}
		})
	}
}

// tlsFleet has what no server of the distribution has any more: 3DES; and DICOM
// over TLS on the registered port, beside plaintext and on a web port.
const tlsFleet = `version: 1
name: tls
seed: 11
dates: {first: 2015-01-01, last: 2020-12-31}
archives:
  - {name: basic, address: 127.0.48.1, port: 2762, country: AT, persona: dcm4chee-arc, tls: basic, query: refused, contents: {studies: 3, images_linked: 9}}
  - {name: mutual, address: 127.0.48.2, port: 2762, country: AT, persona: dcm4chee-arc, tls: mutual, contents: {studies: 3, images_linked: 9}}
  - {name: old, address: 127.0.48.3, port: 11112, country: AT, persona: orthanc, tls: legacy, certificate: weak-key, query: refused, contents: {studies: 3, images_linked: 9}}
  - {name: beside, address: 127.0.48.4, port: 2762, plain_port: 11112, country: AT, persona: orthanc, tls: mutual, query: refused, contents: {studies: 3, images_linked: 9}}
  - {name: on a web port, address: 127.0.48.5, port: 443, country: AT, persona: orthanc, tls: tls, query: refused, contents: {studies: 3, images_linked: 9}}
`

func TestTLSOfFleet(t *testing.T) {
	t.Parallel()
	runFleet(t, file(t, tlsFleet))
	checkTLS(t, "127.0.48.1:2762", tlsWant{survey.ProtocolDICOM, "TLS 1.0 TLS 1.1 TLS 1.2", "3des", "B.1",
		fails, passes, fails, "a 3DES suite (TLS_RSA_WITH_3DES_EDE_CBC_SHA)", survey.Identified, "C"})
	checkTLS(t, "127.0.48.2:2762", tlsWant{survey.ProtocolUnknown, "TLS 1.2 TLS 1.3", "cbc recommended", "B.12",
		passes, passes, passes, "", survey.NotDICOM, ""})
	checkTLS(t, "127.0.48.3:11112", tlsWant{survey.ProtocolDICOM, "TLS 1.0 TLS 1.1", "cbc", "none",
		fails, fails, fails, "TLS 1.0 and TLS 1.1", survey.Identified, "C"})
	checkTLS(t, "127.0.48.5:443", tlsWant{survey.ProtocolDICOM, "TLS 1.2 TLS 1.3", "cbc recommended", "B.12",
		passes, passes, fails, "", survey.Identified, "C"})
	f := leadglass(t, "check", "127.0.48.4", "--json", "--count", "off").want(t, exitDone).finding(t)
	states(t, f, survey.Unknown, "LG-T01")
	if e := checks(f)["LG-T01"].Evidence; !strings.Contains(e, "port 2762") || !strings.Contains(e, "port 11112") {
		t.Error(e)
	}
}
