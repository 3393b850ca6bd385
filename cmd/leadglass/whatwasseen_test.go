package main

import (
	"crypto/tls"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"testing"

	"leadglass/internal/realserver"
	"leadglass/internal/survey"
)

// TestWhatIsBehindClientCertificates: stunnel demands a client certificate
// before a web server that is no archive. That is all that can be seen, and all
// that is said; it is the same before an archive.
func TestWhatIsBehindClientCertificates(t *testing.T) {
	t.Parallel()
	id := realserver.Identity(t, realserver.IdentityOptions{})
	site := httptest.NewServer(http.NotFoundHandler())
	t.Cleanup(site.Close)
	archive := realserver.Dcmqrscp(t, realserver.DCMTKOptions{Studies: archive()})
	for name, upstream := range map[string]string{"a web server": site.Listener.Addr().String(), "an archive": archive.DICOMAddr()} {
		for version, line := range map[string]string{"TLS 1.2": "sslVersionMax = TLSv1.2", "TLS 1.3": "sslVersionMin = TLSv1.3"} {
			t.Run(name+", "+version, func(t *testing.T) {
				t.Parallel()
				s := realserver.Stunnel(t, realserver.StunnelOptions{Upstream: upstream, Identity: id, Lines: []string{"verifyChain = yes", line}})
				f := leadglass(t, "check", s.DICOMAddr(), "--json", "--count", "off").want(t, exitDone).finding(t)
				if f.Verdict != survey.NotDICOM || f.Grade != survey.GradeNone || f.IsArchive() {
					t.Errorf("verdict %s, grade %q", f.Verdict, f.Grade)
				}
				states(t, f, survey.Pass, "LG-T04")
				said := leadglass(t, "check", s.DICOMAddr(), "--count", "off").want(t, exitDone).out
				if strings.Contains(said, "An archive") || strings.Contains(said, "how it should be") || !strings.Contains(said, "demands a client certificate") {
					t.Error(said)
				}
			})
		}
	}
}

// TestDICOMwebWithClientCertificates: the root that the user names is one of an
// archive, whether its TLS ends the handshake (stunnel) or answers 400 (nginx);
// with a good certificate and modern TLS its grade is A. Where only the port is
// named, nothing is known.
func TestDICOMwebWithClientCertificates(t *testing.T) {
	t.Parallel()
	id := realserver.Identity(t, realserver.IdentityOptions{})
	archive := realserver.Orthanc(t, realserver.OrthancOptions{DICOMweb: true})
	const strict = "ssl_protocols TLSv1.2 TLSv1.3; ssl_ciphers ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256; "
	for name, start := range map[string]func(*testing.T) uint16{
		"nginx": func(t *testing.T) uint16 {
			return realserver.Nginx(t, realserver.NginxOptions{Upstream: archive.HTTPAddr(), Identity: id.Both,
				Directives: strict + "ssl_verify_client on; ssl_client_certificate " + id.Authority + "; "}).HTTPPort
		},
		"stunnel": func(t *testing.T) uint16 {
			return realserver.Stunnel(t, realserver.StunnelOptions{Upstream: archive.HTTPAddr(), Identity: id,
				Lines: []string{"verifyChain = yes", "sslVersionMin = TLSv1.2", "ciphers = ECDHE+AESGCM"}}).DICOMPort
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			at := net.JoinHostPort("localhost", strconv.Itoa(int(start(t))))
			url := "https://" + at + "/dicom-web"
			f := leadglass(t, "check", url, "--json").want(t, exitDone).finding(t)
			if f.Verdict != survey.Protected || f.Grade != survey.GradeA {
				t.Errorf("verdict %s, grade %q: %+v", f.Verdict, f.Grade, f.Services)
			}
			states(t, f, survey.Pass, "LG-W01", "LG-W02", "LG-W10", "LG-T02", "LG-T03", "LG-T04")
			if w := f.Services[0].DICOMweb; w == nil || w.Root != "/dicom-web" || w.QIDO != survey.AccessProtected {
				t.Errorf("DICOMweb %+v", w)
			}
			if f = leadglass(t, "check", at, "--json").want(t, exitDone).finding(t); f.Verdict != survey.NotDICOM || f.Grade != survey.GradeNone {
				t.Errorf("the port alone: verdict %s, grade %q", f.Verdict, f.Grade)
			}
		})
	}
}

// TestWorklistAlone: DCMTK's worklist server lists appointments and no studies,
// and that is what is said of it.
func TestWorklistAlone(t *testing.T) {
	t.Parallel()
	s := realserver.Wlmscpfs(t, realserver.DCMTKOptions{Studies: realserver.Studies(1, 6, 2, realserver.StudyOptions{})})
	said := strings.Join(strings.Fields(leadglass(t, "check", s.DICOMAddr(), "--called-ae-title", "WLMSCPFS").want(t, exitDone).out), " ")
	if !strings.Contains(said, "can query its worklist") || strings.Contains(said, "can list its studies") || strings.Contains(said, "no image could be retrieved") {
		t.Error(said)
	}
}

// TestStockOrthancFromThisMachine: Debian's Orthanc as it comes answers this
// machine alone by HTTP (RemoteAccessAllowed false). From loopback that cannot
// be seen, and nobody is accused of more than what was seen.
func TestStockOrthancFromThisMachine(t *testing.T) {
	t.Parallel()
	s := realserver.Orthanc(t, realserver.OrthancOptions{DICOMweb: true, Studies: archive(), Config: map[string]any{"RemoteAccessAllowed": false}})
	f := leadglass(t, "check", s.HTTPAddr(), "--json").want(t, exitDone).finding(t)
	if f.TestedFrom != survey.FromLoopback || !f.FreelyAccessible() {
		t.Errorf("tested from %q, verdict %s", f.TestedFrom, f.Verdict)
	}
	said := strings.Join(strings.Fields(leadglass(t, "check", s.HTTPAddr()).want(t, exitDone).out), " ")
	for _, want := range []string{"Anyone on this machine", "tested from this machine itself (loopback)", "Verdict and grade hold for callers on this machine", "from another machine"} {
		if !strings.Contains(said, want) {
			t.Errorf("%q is missing in\n%s", want, said)
		}
	}
	if strings.Contains(said, "take it off the network") || strings.Contains(said, "Anyone who reaches this address") {
		t.Error(said)
	}
}

// TestTLSThatWantsAName: nginx refuses every handshake whose name it does not
// know (ssl_reject_handshake). By the address that is all there is to know.
func TestTLSThatWantsAName(t *testing.T) {
	t.Parallel()
	id := realserver.Identity(t, realserver.IdentityOptions{})
	s := realserver.Nginx(t, realserver.NginxOptions{Root: t.TempDir(), Identity: id.Both, Directives: "ssl_reject_handshake on; "})
	f := leadglass(t, "check", s.HTTPAddr(), "--json").want(t, exitDone).finding(t)
	if f.Verdict != survey.Unreachable || f.Services[0].TLS == nil || !f.Services[0].TLS.NameRequired {
		t.Errorf("verdict %s: %+v", f.Verdict, f.Services)
	}
	said := strings.Join(strings.Fields(leadglass(t, "check", s.HTTPAddr()).want(t, exitDone).out), " ")
	if !strings.Contains(said, "only with clients that give the name of the host") || strings.Contains(said, "Nothing answered") {
		t.Error(said)
	}
}

// TestTLSThatWantsANameOfTheScope: a TLS port that was given by its address and
// wants a name is asked by the names of the scope, and by no other.
func TestTLSThatWantsANameOfTheScope(t *testing.T) {
	t.Parallel()
	for include, want := range map[string]string{"127.0.0.0/8, localhost": "localhost", "127.0.0.0/8": ""} {
		var mu sync.Mutex
		asked := map[string]bool{}
		id := realserver.Identity(t, realserver.IdentityOptions{})
		certificate, err := tls.LoadX509KeyPair(id.Both, id.Both)
		if err != nil {
			t.Fatal(err)
		}
		site := httptest.NewUnstartedServer(http.NotFoundHandler())
		site.Listener = tls.NewListener(site.Listener, &tls.Config{GetCertificate: func(hello *tls.ClientHelloInfo) (*tls.Certificate, error) {
			mu.Lock()
			defer mu.Unlock()
			if asked[hello.ServerName] = true; hello.ServerName != "localhost" {
				return nil, nil // unrecognized_name
			}
			return &certificate, nil
		}})
		site.Config.ErrorLog = log.New(io.Discard, "", 0)
		site.Start()
		t.Cleanup(site.Close)
		scope := file(t, "version: 1\nname: names\nauthority: {organisation: Example CERT, contact: pacs-survey@cert.example, "+
			"valid_from: 2020-01-01, valid_until: 2036-12-31}\ninclude: ["+include+"]\n")
		f := leadglass(t, "check", site.Listener.Addr().String(), "--scope", scope, "--json").want(t, exitDone).finding(t)
		s := f.Services[0]
		if want == "" && (s.TLS == nil || !s.TLS.NameRequired) || want != "" && (s.Protocol != survey.ProtocolHTTP || s.TLS == nil || s.TLS.NameRequired) {
			t.Errorf("scope [%s]: %+v", include, s)
		}
		mu.Lock()
		for name := range asked {
			if name != "" && name != want {
				t.Errorf("scope [%s]: asked for %q", include, name)
			}
		}
		mu.Unlock()
	}
}

// TestHTTPThatWaitsForALine: a web server at a port that no list names, which
// says nothing to an A-ASSOCIATE-RQ because no line of it ends, is found by
// HTTP.
func TestHTTPThatWaitsForALine(t *testing.T) {
	t.Parallel()
	site := httptest.NewServer(http.NotFoundHandler())
	t.Cleanup(site.Close)
	f := leadglass(t, "check", site.Listener.Addr().String(), "--json").want(t, exitDone).finding(t)
	if s := f.Services[0]; s.Protocol != survey.ProtocolHTTP || s.HTTP == nil || s.HTTP.Status != http.StatusNotFound {
		t.Errorf("%+v", s)
	}
}
