package assess_test

import (
	"context"
	"fmt"
	"maps"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"leadglass/internal/assess"
	"leadglass/internal/realserver"
	"leadglass/internal/survey"
)

// webService is what identification would say of a server's HTTP port.
func webService(s *realserver.Server, product string) *survey.Service {
	service := &survey.Service{Port: s.HTTPPort, Protocol: survey.ProtocolHTTP, Outcome: survey.Answered,
		HTTP: &survey.HTTP{Status: 200}, Product: survey.Product{Confidence: survey.UnknownConf}}
	if product != "" {
		service.Product = survey.Product{Name: product, Confidence: survey.Certain}
	}
	return service
}

func checkReal(t *testing.T, service *survey.Service, root string) (assess.Assessment, map[string]survey.Check) {
	t.Helper()
	left := assess.MaxHostWebRequests
	a, by := checkWeb(t, &assess.Session{Products: known(t), Service: service, Allow: assess.Allow{DICOMweb: true}, Web: assess.Web{
		Client: &http.Client{Timeout: 10 * time.Second, Transport: &http.Transport{DisableKeepAlives: true, ReadBufferSize: 16}},
		Host:   "127.0.0.1", Root: root, Left: &left}})
	if sent := assess.MaxHostWebRequests - left; sent > assess.MaxWebRequests {
		t.Errorf("%d requests", sent)
	}
	noCanary(t, a)
	return a, by
}

func orthancWeb(t *testing.T, config map[string]any) *realserver.Server {
	t.Helper()
	all := map[string]any{}
	maps.Copy(all, config)
	return realserver.Orthanc(t, realserver.OrthancOptions{Config: all, DICOMweb: true, Studies: studies(3)})
}

func TestOrthancWebOpen(t *testing.T) {
	s := orthancWeb(t, nil)
	service := webService(s, "Orthanc")
	a, by := checkReal(t, service, "")
	expect(t, by, map[string]survey.CheckState{"LG-W01": survey.Fail, "LG-W02": survey.Fail, "LG-W03": survey.Unknown,
		"LG-W06": survey.Fail, "LG-W07": survey.Pass, "LG-W09": survey.Pass, "LG-W10": survey.Fail})
	want := survey.DICOMweb{Root: "/dicom-web", QIDO: survey.AccessOpen, WADO: survey.AccessOpen, STOW: survey.AccessUnknown}
	if service.DICOMweb == nil || *service.DICOMweb != want {
		t.Errorf("%+v, want %+v", service.DICOMweb, want)
	}
	if !slices.Equal(service.HTTP.OpenAPI, []string{"/system", "/statistics"}) {
		t.Errorf("open routes %q", service.HTTP.OpenAPI)
	}
	services := []survey.Service{*service}
	if v, g := survey.VerdictOf(services, a.Checks), assess.Grade(services, a.Checks); v != survey.OpenImages || g != survey.GradeF {
		t.Errorf("verdict %s, grade %s", v, g)
	}
	if n := s.Statistics(t); n.Studies != 3 || n.Instances != 6 {
		t.Errorf("after the checks the archive holds %+v", n)
	}
}

func TestOrthancWebLogin(t *testing.T) {
	s := orthancWeb(t, map[string]any{"AuthenticationEnabled": true, "RegisteredUsers": map[string]string{"a": "b"}})
	service := webService(s, "Orthanc")
	service.HTTP.AuthRequired, service.HTTP.Status, service.HTTP.Page = true, 401, "orthanc-login"
	a, by := checkReal(t, service, "")
	if service.DICOMweb != nil || strings.Contains(by["LG-W10"].Evidence, "DICOMweb") {
		t.Errorf("DICOMweb behind a login for everything: %+v, %s", service.DICOMweb, by["LG-W10"].Evidence)
	}
	expect(t, by, map[string]survey.CheckState{"LG-W01": survey.Pass, "LG-W02": survey.Pass, "LG-W03": survey.Pass,
		"LG-W06": survey.Pass, "LG-W07": survey.Pass, "LG-W09": survey.NotApplicable, "LG-W10": survey.Fail})
	if v := survey.VerdictOf([]survey.Service{*service}, a.Checks); v != survey.Protected {
		t.Errorf("verdict %s", v)
	}
}

// TestOrthancWithoutPlugin: no DICOMweb, but the REST interface is open.
func TestOrthancWithoutPlugin(t *testing.T) {
	s := realserver.Orthanc(t, realserver.OrthancOptions{Studies: studies(1)})
	service := webService(s, "Orthanc")
	_, by := checkReal(t, service, "")
	expect(t, by, map[string]survey.CheckState{"LG-W01": survey.NotApplicable, "LG-W02": survey.NotApplicable,
		"LG-W03": survey.NotApplicable, "LG-W06": survey.Fail})
	if service.DICOMweb != nil {
		t.Errorf("%+v", service.DICOMweb)
	}
}

// TestNginxBeforeOrthanc: with a login for everything, for DICOMweb alone,
// and without one but with the header of many recipes.
func TestNginxBeforeOrthanc(t *testing.T) {
	orthanc := orthancWeb(t, nil)
	for name, c := range map[string]struct {
		o       realserver.NginxOptions
		product string
		root    string
		want    map[string]survey.CheckState
		verdict survey.Verdict
	}{
		"login for everything": {realserver.NginxOptions{User: "u", Password: "p"}, "", "",
			map[string]survey.CheckState{"LG-W01": survey.NotApplicable, "LG-W06": survey.NotApplicable, "LG-W10": survey.NotApplicable}, survey.NotDICOM},
		"login for everything, root named": {realserver.NginxOptions{User: "u", Password: "p"}, "", "/dicom-web",
			map[string]survey.CheckState{"LG-W01": survey.Pass, "LG-W02": survey.Pass, "LG-W03": survey.Pass, "LG-W06": survey.Pass, "LG-W10": survey.Fail}, survey.Protected},
		"login for DICOMweb": {realserver.NginxOptions{User: "u", Password: "p", Guarded: "/dicom-web/"}, "Orthanc", "",
			map[string]survey.CheckState{"LG-W01": survey.Pass, "LG-W02": survey.Pass, "LG-W03": survey.Pass, "LG-W06": survey.Fail, "LG-W11": survey.Fail, "LG-W12": survey.Fail, "LG-W09": survey.Pass}, survey.OpenImages},
		"login for the pages": {realserver.NginxOptions{User: "u", Password: "p", Guarded: "/app/"}, "Orthanc", "",
			map[string]survey.CheckState{"LG-W01": survey.Fail, "LG-W02": survey.Fail}, survey.OpenImages},
		"no login, any origin": {realserver.NginxOptions{AnyOrigin: true}, "", "",
			map[string]survey.CheckState{"LG-W01": survey.Fail, "LG-W02": survey.Fail, "LG-W09": survey.Fail}, survey.OpenImages},
	} {
		t.Run(name, func(t *testing.T) {
			c.o.Upstream = orthanc.HTTPAddr()
			service := webService(realserver.Nginx(t, c.o), c.product)
			a, by := checkReal(t, service, c.root)
			expect(t, by, c.want)
			if v := survey.VerdictOf([]survey.Service{*service}, a.Checks); v != c.verdict {
				t.Errorf("verdict %s, want %s", v, c.verdict)
			}
		})
	}
}

func TestNginxListing(t *testing.T) {
	for name, want := range map[string]survey.CheckState{"CANARY1.dcm": survey.Fail, "notes.txt": survey.Pass} {
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, name), []byte("CANARY"), 0o644); err != nil {
			t.Fatal(err)
		}
		_, by := checkReal(t, webService(realserver.Nginx(t, realserver.NginxOptions{Root: dir}), ""), "")
		expect(t, by, map[string]survey.CheckState{"LG-W07": want, "LG-W01": survey.NotApplicable})
	}
}

// countingConn counts what was read of a connection.
type countingConn struct {
	net.Conn
	read *int
}

func (c countingConn) Read(b []byte) (int, error) {
	n, err := c.Conn.Read(b)
	*c.read += n
	return n, err
}

// TestSearchBodyIsNotRead: of an endless list of studies nothing is read but
// what came along with the last bytes of the headers.
func TestSearchBodyIsNotRead(t *testing.T) {
	s := serve(t, routes(map[string]http.HandlerFunc{"GET /dicom-web/studies": func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/dicom+json")
		for range 1 << 16 {
			if _, err := fmt.Fprint(w, canaryList); err != nil {
				return
			}
		}
	}}))
	read := 0
	client := &http.Client{Timeout: 10 * time.Second, Transport: &http.Transport{DisableKeepAlives: true, ReadBufferSize: 16,
		DialContext: func(ctx context.Context, network, addr string) (net.Conn, error) {
			var d net.Dialer
			conn, err := d.DialContext(ctx, network, addr)
			return countingConn{conn, &read}, err
		}}}
	left := 2 // the path that cannot exist, and the search
	_, by := checkWeb(t, &assess.Session{Products: known(t), Service: s.service("Orthanc"), Allow: assess.Allow{DICOMweb: true},
		Web: assess.Web{Client: client, Host: "127.0.0.1", Left: &left}})
	expect(t, by, map[string]survey.CheckState{"LG-W01": survey.Fail})
	const headers = 400 // of both answers, as net/http makes them
	if read > headers+16 {
		t.Errorf("%d bytes were read", read)
	}
}
