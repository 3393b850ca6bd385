package main

import (
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"leadglass/internal/realserver"
	"leadglass/internal/survey"
	"leadglass/internal/trial"
)

// webFleet are archives that show only their web side.
const webFleet = `version: 1
name: web
seed: 7
dates: {first: 2015-01-01, last: 2020-12-31}
archives:
  - {name: open, address: 127.0.44.1, port: 11112, country: AT, persona: orthanc, query: refused, contents: {studies: 12, images_linked: 90},
     web: [{port: 8042, page: orthanc-explorer, api: true, dicomweb: true, any_origin: true}]}
  - {name: login, address: 127.0.44.2, port: 11112, country: AT, persona: orthanc, speaks: closed, web: [{port: 8042, page: orthanc-explorer, dicomweb: true, dicomweb_status: 401}]}
  - {name: forbidden, address: 127.0.44.3, port: 11112, country: AT, persona: orthanc, speaks: closed, web: [{port: 8042, page: orthanc-explorer, dicomweb: true, dicomweb_status: 403}]}
  - {name: query only, address: 127.0.44.4, port: 11112, country: AT, persona: dcm4chee-arc, query: refused, contents: {studies: 12, images_linked: 90},
     web: [{port: 8080, page: dcm4chee-ui2, api: true, dicomweb: true, query_only: true}]}
  - {name: one page for all, address: 127.0.44.5, port: 11112, country: AT, persona: orthanc, speaks: closed, web: [{port: 8080, page: nginx, fallback: true}]}
  - {name: listing, address: 127.0.44.6, port: 11112, country: AT, persona: orthanc, speaks: closed, web: [{port: 8080, page: directory}]}
  - {name: over TLS, address: 127.0.44.7, port: 11112, country: AT, persona: orthanc, query: refused, contents: {studies: 12, images_linked: 90},
     web: [{port: 8443, page: orthanc-explorer, tls: tls, api: true, dicomweb: true}]}
  - {name: away, address: 127.0.44.8, port: 11112, country: AT, persona: orthanc, speaks: closed, web: [{port: 8080, page: redirect-away}]}
`

// TestWebSides compares what the checks say of web sides with the laboratory.
func TestWebSides(t *testing.T) {
	fleetFile := filepath.Join(t.TempDir(), "fleet.yaml")
	if err := os.WriteFile(fleetFile, []byte(webFleet), 0o600); err != nil {
		t.Fatal(err)
	}
	runFleet(t, fleetFile)
	fleet, err := trial.Open(fleetFile)
	if err != nil {
		t.Fatal(err)
	}
	truth := map[string]string{}
	for _, a := range fleet.Truth().Archives {
		truth[a.Address.String()] = a.Verdict
	}
	const pass, fail, none = survey.Pass, survey.Fail, survey.NotApplicable
	for target, want := range map[string]map[string]survey.CheckState{
		"127.0.44.1:8042":                   {"LG-W01": fail, "LG-W02": fail, "LG-W03": survey.Unknown, "LG-W04": fail, "LG-W05": fail, "LG-W06": fail, "LG-W09": fail},
		"127.0.44.2:8042":                   {"LG-W01": pass, "LG-W02": pass, "LG-W03": pass, "LG-W09": none},
		"127.0.44.3:8042":                   {"LG-W01": pass, "LG-W02": pass},
		"127.0.44.4:8080":                   {"LG-W01": fail, "LG-W02": pass, "LG-W03": fail, "LG-W06": fail, "LG-W09": pass},
		"127.0.44.5:8080":                   {"LG-W01": none, "LG-W04": none, "LG-W07": pass},
		"127.0.44.6:8080":                   {"LG-W01": none, "LG-W07": fail},
		"https://127.0.44.7:8443/dicom-web": {"LG-W01": fail, "LG-W02": fail, "LG-W04": fail, "LG-W05": pass, "LG-W06": fail, "LG-W09": pass},
		"127.0.44.8:8080":                   {"LG-W01": none, "LG-W07": pass},
	} {
		t.Run(target, func(t *testing.T) {
			o := leadglass(t, "check", target, "--json", "--count", "off").want(t, 0)
			if strings.Contains(o.all(), "CANARY") {
				t.Error("a patient's value came out")
			}
			f := o.finding(t)
			for _, c := range f.Checks {
				if state, ok := want[c.ID]; ok && c.State != state {
					t.Errorf("%s is %s, want %s: %s", c.ID, c.State, state, c.Evidence)
				}
			}
			if v := truth[f.Target.Address]; string(f.Verdict) != v && !(f.Verdict == survey.Protected && f.Services[0].HTTP.Page != "") {
				t.Errorf("verdict %s, the laboratory says %s", f.Verdict, v)
			}
		})
	}
}

// recorder is a web server that keeps what it was asked.
type recorder struct {
	*httptest.Server
	mu    sync.Mutex
	asked []string
}

// random are the parts of requests that are made up anew each time.
var random = regexp.MustCompile(`2\.25\.\d+|\d{20,}|[A-Za-z2-7]{26}`)

func record(t *testing.T, h http.Handler) *recorder {
	t.Helper()
	r := &recorder{}
	r.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
		r.mu.Lock()
		r.asked = append(r.asked, q.Method+" "+random.ReplaceAllString(q.URL.RequestURI(), "*"))
		r.mu.Unlock()
		h.ServeHTTP(w, q)
	}))
	t.Cleanup(r.Close)
	return r
}

// TestWebRequestsOfACheck lists all that a full check sends over HTTP, and
// holds what it receives against a list of studies without an end.
func TestWebRequestsOfACheck(t *testing.T) {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /archive/rs/studies", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/dicom+json")
		for range 1 << 16 {
			if _, err := fmt.Fprint(w, `{"00100010":{"vr":"PN","Value":[{"Alphabetic":"CANARY^BODY"}]}},`); err != nil {
				return
			}
		}
	})
	mux.HandleFunc("GET /archive/wado", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusBadRequest) })
	s := record(t, mux)
	o := leadglass(t, "check", s.URL+"/archive/rs", "--json", "--count", "off").want(t, 0)
	f := o.finding(t)
	if f.Verdict != survey.Open || f.Services[0].DICOMweb == nil || f.Services[0].DICOMweb.Root != "/archive/rs" {
		t.Errorf("verdict %s, %+v", f.Verdict, f.Services[0].DICOMweb)
	}
	const control = "GET /*/studies?limit=1"
	first := slices.Index(s.asked, control)
	if first < 0 || first > 10 {
		t.Fatalf("identification asked %q", s.asked)
	}
	checks := s.asked[first:]
	want := []string{control, "GET /archive/rs/studies?limit=1", "GET /archive/rs/studies/*", "GET /archive/rs/*", "GET /archive/rs/studies/*",
		"GET /archive/wado", "GET /archive/wado?contentType=application%2Fdicom&objectUID=*&requestType=WADO&seriesUID=*&studyUID=*", "OPTIONS /archive/rs/studies"}
	if !slices.Equal(checks, want) {
		t.Errorf("the checks asked %q\nwant %q\nin all %q", checks, want, s.asked)
	}
	if n := f.Traffic.BytesReceived; n > 8<<10 {
		t.Errorf("%d bytes received of an endless list", n)
	}
	if f.Traffic.BytesSent > 200<<10 || f.Traffic.Associations > 12 {
		t.Errorf("traffic %+v", f.Traffic)
	}
	if strings.Contains(o.all(), "CANARY") {
		t.Error("a patient's value came out")
	}
}

// TestWebStaysInScope: a DICOMweb root that leads elsewhere is not followed,
// and a scope without DICOMweb is not asked for it.
func TestWebStaysInScope(t *testing.T) {
	elsewhere := record(t, http.NotFoundHandler())
	s := record(t, http.RedirectHandler(elsewhere.URL+"/dicom-web/studies", http.StatusFound))
	f := leadglass(t, "check", s.URL+"/dicom-web", "--json").want(t, 0).finding(t)
	if f.Services[0].DICOMweb != nil || f.Verdict != survey.NotDICOM {
		t.Errorf("verdict %s, %+v", f.Verdict, f.Services[0].DICOMweb)
	}
	if len(elsewhere.asked) > 0 {
		t.Errorf("another port was asked %q", elsewhere.asked)
	}

	scopeFile := filepath.Join(t.TempDir(), "scope.yaml")
	text := fmt.Sprintf("version: 1\nname: x\nauthority: {organisation: X, contact: x@x.example, valid_from: 2020-01-01, valid_until: 2099-12-31}\n" +
		"include: [127.0.0.1]\nallow: {dicomweb: false}\n")
	if err := os.WriteFile(scopeFile, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	s = record(t, http.NotFoundHandler())
	f = leadglass(t, "check", s.URL+"/dicom-web", "--json", "--scope", scopeFile).want(t, 0).finding(t)
	for _, asked := range s.asked {
		if strings.Contains(asked, "studies") {
			t.Errorf("asked %q against the scope", asked)
		}
	}
	for _, c := range f.Checks {
		if c.ID == "LG-W01" && c.State != survey.Unknown {
			t.Errorf("LG-W01 is %s: %s", c.State, c.Evidence)
		}
	}
}

// TestCheckOrthancWeb: an Orthanc whose DICOM port lists and does not hand
// out, with DICOMweb, without login and with one.
func TestCheckOrthancWeb(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		config     map[string]any
		verdict    survey.Verdict
		accessible string
		state      survey.CheckState
	}{
		"open":  {map[string]any{"DicomAlwaysAllowFind": true}, survey.OpenImages, "120 exact", survey.Fail},
		"login": {map[string]any{"DicomAlwaysAllowFind": true, "AuthenticationEnabled": true, "RegisteredUsers": map[string]string{"a": "b"}}, survey.Open, "0 exact", survey.Pass},
	} {
		t.Run(name, func(t *testing.T) {
			s := realserver.Orthanc(t, realserver.OrthancOptions{Config: c.config, DICOMweb: true, Studies: archive()})
			path := file(t, scopeText("127.0.0.1", strconv.Itoa(int(s.DICOMPort)), strconv.Itoa(int(s.HTTPPort))))
			o := leadglass(t, "check", "127.0.0.1", "--scope", path, "--json").want(t, exitDone)
			f := o.finding(t)
			if f.Verdict != c.verdict {
				t.Errorf("verdict %s, want %s", f.Verdict, c.verdict)
			}
			counts(t, f, "40 exact", "120 exact")
			if got := number(f.Counts.ImagesAccessible); got != c.accessible {
				t.Errorf("images accessible %s, want %s", got, c.accessible)
			}
			states(t, f, c.state, "LG-W01", "LG-W02", "LG-W06")
			if f.Traffic.Associations > 12 || f.Traffic.BytesSent > 200<<10 {
				t.Errorf("traffic %+v", f.Traffic)
			}
			if strings.Contains(o.all(), realserver.Canary) {
				t.Error("a patient's value came out")
			}
		})
	}
}

// TestCheckOrthancOverTLS names a DICOMweb root that is served over TLS, by an
// nginx before Orthanc.
func TestCheckOrthancOverTLS(t *testing.T) {
	t.Parallel()
	archive := realserver.Orthanc(t, realserver.OrthancOptions{DICOMweb: true, Studies: archive()})
	s := realserver.Nginx(t, realserver.NginxOptions{Upstream: archive.HTTPAddr(), Identity: identityFile(t)})
	f := leadglass(t, "check", "https://"+s.HTTPAddr()+"/dicom-web", "--json", "--count", "off").want(t, exitDone).finding(t)
	if f.Verdict != survey.OpenImages || f.Services[0].TLS == nil || f.Services[0].DICOMweb == nil {
		t.Errorf("verdict %s, service %+v", f.Verdict, f.Services[0])
	}
	states(t, f, survey.Fail, "LG-W01", "LG-W02", "LG-W04", "LG-W06")
	states(t, f, survey.Pass, "LG-W05")
}

// identityFile is a certificate with its key, as httptest comes with one.
func identityFile(t *testing.T) string {
	t.Helper()
	s := httptest.NewTLSServer(http.NotFoundHandler())
	defer s.Close()
	key, err := x509.MarshalPKCS8PrivateKey(s.TLS.Certificates[0].PrivateKey)
	if err != nil {
		t.Fatal(err)
	}
	text := append(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: key}),
		pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: s.Certificate().Raw})...)
	path := filepath.Join(t.TempDir(), "identity.pem")
	if err := os.WriteFile(path, text, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}
