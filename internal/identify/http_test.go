package identify_test

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"leadglass/internal/identify"
	"leadglass/internal/survey"
)

// site serves pages by path on loopback and notes what is asked for.
type site struct {
	mu    sync.Mutex
	asked []string
	*httptest.Server
}

func serve(t *testing.T, pages map[string]http.HandlerFunc) *site {
	t.Helper()
	s := &site{}
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.mu.Lock()
		s.asked = append(s.asked, r.URL.Path)
		s.mu.Unlock()
		if r.Method != http.MethodGet || r.URL.RawQuery != "" || r.Header.Get("Referer") != "" || r.Header.Get("Cookie") != "" {
			t.Errorf("%s %s with Referer %q, Cookie %q", r.Method, r.URL, r.Header.Get("Referer"), r.Header.Get("Cookie"))
		}
		if h := pages[r.URL.Path]; h != nil {
			h(w, r)
			return
		}
		http.NotFound(w, r)
	}))
	t.Cleanup(s.Close)
	return s
}

func text(status int, body string, header ...string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		for i := 0; i+1 < len(header); i += 2 {
			w.Header().Set(header[i], header[i+1])
		}
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	}
}

func (s *site) identify(t *testing.T) survey.Service {
	t.Helper()
	u, err := url.Parse(s.URL)
	if err != nil {
		t.Fatal(err)
	}
	port, _ := strconv.ParseUint(u.Port(), 10, 16)
	return identify.HTTP(t.Context(), uint16(port), browser(t), u.Scheme, identify.HTTPOptions{LandingField: landingField, Host: u.Hostname(), Products: table(t)})
}

const orthancSystem = `{"ApiVersion":18,"DatabaseVersion":6,"DicomAet":"X","DicomPort":4242,"Name":"CANARY","Version":"1.12.1"}`

func TestPages(t *testing.T) {
	tests := []struct {
		name       string
		pages      map[string]http.HandlerFunc
		product    string
		confidence survey.Confidence
		version    string
		page       string
		viewer     bool
		login      bool
	}{
		{"OHIF with another title", map[string]http.HandlerFunc{
			"/": text(200, `<title>St. Example Radiology</title><meta name="application-name" content="OHIF Viewer">`)},
			"OHIF Viewer", survey.Certain, "", "ohif-viewer", true, false},
		{"OHIF by its configuration", map[string]http.HandlerFunc{
			"/": text(200, `<title>Ours</title>`), "/app-config.js": text(200, "window.config = {};", "Content-Type", "application/javascript")},
			"OHIF Viewer", survey.Likely, "", "ohif-config", true, false},
		{"dcm4chee-arc behind a start page of the application server", map[string]http.HandlerFunc{
			"/": text(200, `<title>Welcome to WildFly</title>`), "/dcm4chee-arc/ui2/": text(200, "<title>dcm4chee-arc-ui</title>")},
			"dcm4chee-arc", survey.Certain, "", "dcm4chee-arc-ui", true, false},
		{"Orthanc by its interface alone", map[string]http.HandlerFunc{
			"/": text(200, "<title>Portal</title>"), "/system": text(200, orthancSystem, "Content-Type", "application/json")},
			"Orthanc", survey.Certain, "1.12.1", "", false, false},
		{"Orthanc Explorer 2", map[string]http.HandlerFunc{
			"/":        func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/ui/app/", http.StatusFound) },
			"/ui/app/": text(200, "<title>Orthanc Explorer 2</title>"), "/system": text(200, orthancSystem)},
			"Orthanc", survey.Certain, "1.12.1", "orthanc-explorer-2", true, false},
		{"a login page", map[string]http.HandlerFunc{"/": text(200, `<title>Visage 7</title><input type="password">`)},
			"Visage 7", survey.Likely, "", "visage-7", true, true},
		{"PACSOne by where it leads", map[string]http.HandlerFunc{
			"/": func(w http.ResponseWriter, r *http.Request) {
				http.Redirect(w, r, "/pacsone/login.php", http.StatusFound)
			},
			"/pacsone/login.php": text(200, "<title>x</title>")},
			"PACSOne Server", survey.Possible, "", "pacsone-login", false, true},
		{"nothing known", map[string]http.HandlerFunc{"/": text(200, "<title>Welcome to nginx!</title>")},
			"unknown", survey.UnknownConf, "", "", false, false},
		{"every path is the same page", map[string]http.HandlerFunc{"/": text(200, "<p>x"), "/system": text(200, "<p>x"),
			"/app-config.js": text(200, "<p>window.config"), "/dcm4chee-arc/ui2/": text(200, "<p>x"), "/oviyam2/": text(200, "<p>x")},
			"unknown", survey.UnknownConf, "", "", false, false},
		{"forbidden", map[string]http.HandlerFunc{"/": text(403, "")}, "unknown", survey.UnknownConf, "", "", false, true},
		{"a version that is none", map[string]http.HandlerFunc{"/": text(200, "<title>Orthanc Explorer</title>"),
			"/system": text(200, strings.Replace(orthancSystem, "1.12.1", "DOE^JOHN", 1))},
			"Orthanc", survey.Certain, "", "orthanc-explorer", true, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := serve(t, tt.pages)
			got := s.identify(t)
			version := ""
			if got.Product.Version != nil {
				version = *got.Product.Version
			}
			if got.Product.Name != tt.product || got.Product.Confidence != tt.confidence || version != tt.version {
				t.Errorf("product %+v, version %q; want %s, %s, %q", got.Product, version, tt.product, tt.confidence, tt.version)
			}
			if got.HTTP == nil || got.HTTP.Page != tt.page || got.HTTP.Viewer != tt.viewer || got.HTTP.AuthRequired != tt.login {
				t.Errorf("HTTP %+v; want page %q, viewer %v, login %v", got.HTTP, tt.page, tt.viewer, tt.login)
			}
			if got.Protocol != survey.ProtocolHTTP || got.Outcome != survey.Answered {
				t.Errorf("protocol %q, outcome %q", got.Protocol, got.Outcome)
			}
			if strings.Contains(fmt.Sprintf("%+v", got), "CANARY") {
				t.Errorf("a value of the interface was kept: %+v", got)
			}
			if n := len(s.asked); n > 8+3 {
				t.Errorf("%d requests: %q", n, s.asked)
			}
		})
	}
}

func TestRedirectsStayOnTheHost(t *testing.T) {
	elsewhere := serve(t, map[string]http.HandlerFunc{"/": text(200, "<title>Orthanc Explorer</title>")})
	s := serve(t, map[string]http.HandlerFunc{"/": func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, elsewhere.URL+"/", http.StatusFound) }})
	got := s.identify(t)
	if got.HTTP == nil || got.HTTP.Status != http.StatusFound || got.Product.Name != "unknown" || len(elsewhere.asked) != 0 {
		t.Errorf("HTTP %+v, product %+v; the other host was asked for %q", got.HTTP, got.Product, elsewhere.asked)
	}
	loop := serve(t, map[string]http.HandlerFunc{"/": func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/", http.StatusFound) }})
	loop.identify(t)
	n := 0
	for _, path := range loop.asked {
		if path == "/" {
			n++
		}
	}
	if n > 4 {
		t.Errorf("a page that leads to itself was asked for %d times", n)
	}
}

func TestFaviconOnlyWhereAFingerprintNeedsIt(t *testing.T) {
	s := serve(t, map[string]http.HandlerFunc{"/": text(200, `<link rel="icon" href="/DicomWeb/Logo.ico">`), "/DicomWeb/Logo.ico": text(200, "icon")})
	if got := s.identify(t); got.Product.Name != "unknown" || !slices.Contains(s.asked, "/DicomWeb/Logo.ico") {
		t.Errorf("product %+v, asked for %q", got.Product, s.asked)
	}
}

func TestHTTPOutcomes(t *testing.T) {
	for _, tt := range []struct {
		name   string
		scheme string
		serve  func(net.Conn)
		want   survey.Outcome
	}{
		{"closed", "http", func(c net.Conn) { _, _ = c.Read(make([]byte, 4096)) }, survey.Closed},
		{"ssh", "http", says("SSH-2.0-OpenSSH_9.2\r\n"), survey.Foreign},
		{"plain http to tls", "https", says("HTTP/1.1 400 Bad Request\r\n\r\n"), survey.Foreign},
		{"binary", "http", says("\x00\x01\x02\x03\x04\x05\x06\x07\r\n\r\n"), survey.Foreign},
	} {
		t.Run(tt.name, func(t *testing.T) {
			addr := peer(t, tt.serve)
			host, p, _ := net.SplitHostPort(addr)
			port, _ := strconv.ParseUint(p, 10, 16)
			got := identify.HTTP(t.Context(), uint16(port), browser(t), tt.scheme, identify.HTTPOptions{LandingField: landingField, Host: host, Products: table(t)})
			if got.Outcome != tt.want || got.HTTP != nil || got.Protocol != survey.ProtocolUnknown {
				t.Errorf("outcome %q (%s), protocol %q, want %q", got.Outcome, got.Detail, got.Protocol, tt.want)
			}
		})
	}
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	port := uint16(l.Addr().(*net.TCPAddr).Port)
	_ = l.Close()
	if got := identify.HTTP(t.Context(), port, browser(t), "http", identify.HTTPOptions{LandingField: landingField, Host: "127.0.0.1", Products: table(t)}); got.Outcome != survey.Refused {
		t.Errorf("outcome %q (%s) of a closed port", got.Outcome, got.Detail)
	}
}

func TestMerge(t *testing.T) {
	p := table(t)
	version := "1.12.1"
	dicom := func(port uint16, toolkit string) survey.Service {
		return survey.Service{Port: port, Protocol: survey.ProtocolDICOM, Toolkit: survey.Toolkit{Name: toolkit}, ImplementationClassUID: "1.2",
			Product: survey.Product{Name: "unknown", Confidence: survey.UnknownConf}}
	}
	page := func(dicomPort uint16) survey.Service {
		return survey.Service{Port: 8042, Protocol: survey.ProtocolHTTP, HTTP: &survey.HTTP{DICOMPort: dicomPort},
			Product: survey.Product{Name: "Orthanc", Version: &version, Confidence: survey.Certain, Evidence: []string{"http-title"}}}
	}
	tests := []struct {
		name     string
		services []survey.Service
		want     map[uint16]survey.Confidence
	}{
		{"one port with the toolkit", []survey.Service{dicom(104, "DCMTK"), page(0)}, map[uint16]survey.Confidence{104: survey.Certain}},
		{"another toolkit", []survey.Service{dicom(104, "dcm4che"), page(0)}, nil},
		{"no announcement that is known", []survey.Service{dicom(104, ""), page(0)}, nil},
		{"two, one on the named port", []survey.Service{dicom(104, "DCMTK"), dicom(105, "DCMTK"), page(105)}, map[uint16]survey.Confidence{105: survey.Certain}},
		{"two, one on the default port", []survey.Service{dicom(104, "DCMTK"), dicom(4242, "DCMTK"), page(0)}, map[uint16]survey.Confidence{4242: survey.Certain}},
		{"two, and nothing tells", []survey.Service{dicom(104, "DCMTK"), dicom(105, "DCMTK"), page(0)}, nil},
		{"no page", []survey.Service{dicom(4242, "DCMTK")}, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			for _, s := range identify.Merge(tt.services, p) {
				if s.Protocol != survey.ProtocolDICOM {
					continue
				}
				want, named := tt.want[s.Port]
				if named != (s.Product.Name == "Orthanc") || named && (s.Product.Confidence != want || s.Product.Version == nil) {
					t.Errorf("port %d: %+v, want %q", s.Port, s.Product, want)
				}
			}
			if tt.services[0].Product.Name != "unknown" {
				t.Error("the services given were changed")
			}
		})
	}
}
