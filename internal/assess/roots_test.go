package assess_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"leadglass/internal/survey"
)

// others are the roots that are tried where nothing is known, in order.
var others = []string{"/dicom-web", "/dcm4chee-arc/aets/DCM4CHEE/rs", "/pacs/dicom-web", "/dicomweb", "/orthanc/dicom-web",
	"/rs", "", "/wado-rs", "/api/dicom-web", "/pacs"}

// TestRoots: the service of a product that is not known is found at each root,
// and no root behind it is tried.
func TestRoots(t *testing.T) {
	for i, root := range others {
		t.Run(root, func(t *testing.T) {
			t.Parallel()
			s := serve(t, func(w http.ResponseWriter, r *http.Request) {
				if r.URL.Path == root+"/studies" {
					studyList(w, r)
					return
				}
				w.WriteHeader(http.StatusNotFound)
			})
			service := s.service("")
			_, by := s.check(t, service, "")
			want := root
			if want == "" {
				want = "/"
			}
			if service.DICOMweb == nil || service.DICOMweb.Root != want || by["LG-W01"].State != survey.Fail {
				t.Errorf("%+v, LG-W01 %s: %s", service.DICOMweb, by["LG-W01"].State, by["LG-W01"].Evidence)
			}
			if !strings.Contains(by["LG-W01"].Evidence, " at "+want+" ") {
				t.Error(by["LG-W01"].Evidence)
			}
			if i+1 < len(others) && slices.Contains(s.asked, "GET "+others[i+1]+"/studies?limit=1") {
				t.Errorf("a root behind that which answered was tried: %q", s.asked)
			}
		})
	}
}

// TestNoList: JSON that is no list of data sets is no search for studies.
func TestNoList(t *testing.T) {
	for text, open := range map[string]bool{
		canaryList:                            true,
		"\ufeff [ {\n \"0020000d\" : {}}]":    true,
		`["2a1f-CANARY","77"]`:                false, // the list of another interface
		`[{"id":"CANARY"}]`:                   false,
		`{"00100010":{"Value":["CANARY"]}}`:   false,
		`[]`:                                  false,
		`[{"001000100":1}]`:                   false,
		strings.Repeat(" ", 100) + canaryList: false,
		`[`:                                   false,
	} {
		s := serve(t, routes(map[string]http.HandlerFunc{"GET /studies": body("application/json", text)}))
		service := s.service("")
		if s.check(t, service, ""); (service.DICOMweb != nil) != open {
			t.Errorf("%.40q: %+v", text, service.DICOMweb)
		}
	}
	s := serve(t, routes(map[string]http.HandlerFunc{"GET /rs/studies": body("application/json", "[]")}))
	service := s.service("")
	if s.check(t, service, ""); service.DICOMweb == nil || service.DICOMweb.QIDO != survey.AccessOpen {
		t.Errorf("an archive without studies: %+v", service.DICOMweb)
	}
}

// TestAccept: a search that is declined for its media type is sent in another one.
func TestAccept(t *testing.T) {
	for name, c := range map[string]struct {
		accept     string
		everywhere bool // whatever the path
		status     int
		state      survey.CheckState
	}{
		"plain JSON alone, 406":      {"application/json", false, 406, survey.Fail},
		"plain JSON alone, 415":      {"application/json", false, 415, survey.Fail},
		"plain JSON alone, 400":      {"application/json", false, 400, survey.Fail},
		"DICOM JSON alone":           {"application/dicom+json", false, 406, survey.Fail},
		"XML alone":                  {`multipart/related; type="application/dicom+xml"`, false, 406, survey.Fail},
		"plain JSON alone, any path": {"application/json", true, 406, survey.Fail},
		"XML alone, any path":        {`multipart/related; type="application/dicom+xml"`, true, 415, survey.Fail},
		"nothing":                    {"none", false, 406, survey.Unknown},
		"nothing, any path":          {"none", true, 406, survey.NotApplicable},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := serve(t, func(w http.ResponseWriter, r *http.Request) {
				there := strings.HasPrefix(r.URL.Path, "/dicom-web/studies")
				switch {
				case (there || c.everywhere) && r.Header.Get("Accept") != c.accept:
					w.WriteHeader(c.status)
				case there:
					body(c.accept, canaryList)(w, r)
				default:
					w.WriteHeader(http.StatusNotFound)
				}
			})
			_, by := s.check(t, s.service(""), "")
			expect(t, by, map[string]survey.CheckState{"LG-W01": c.state})
		})
	}
}

// TestViewerConfig: the roots that the configuration of a viewer names for its own
// host are tried first.
func TestViewerConfig(t *testing.T) {
	const root = "/kept/apart/rs"
	for name, c := range map[string]struct {
		base, document, text string
		found                bool
	}{
		"OHIF 3":               {"/viewer/", "app-config.js", "window.config = { dataSources: [{ configuration: {\n qidoRoot: '" + root + "',\n wadoRoot: '" + root + "' } }] };", true},
		"one line":             {"", "app-config.js", `window.config={servers:{dicomWeb:[{wadoUriRoot:"/kept/wado",qidoRoot:"` + root + `/",wadoRoot:"/x"}]}}`, true},
		"JSON":                 {"/", "config.js", `{"name": "x", "qidoRoot": "` + root + `"}`, true},
		"this host":            {"", "app-config.js", "qidoRoot: 'http://127.0.0.1:%s" + root + "'", true},
		"the page's origin":    {"", "app-config.js", "qidoRoot: window.location.origin + '" + root + "'", true},
		"the origin in a text": {"", "app-config.js", "qidoRoot: `${window.location.origin}" + root + "`", true},
		"relative":             {"/kept/", "app-config.js", "qidoRoot: 'apart/rs'", true},
		"retrieval alone":      {"", "app-config.js", "wadoRoot: '" + root + "'", true},
		"another host":         {"", "app-config.js", "qidoRoot: 'http://127.0.0.2:%s" + root + "'", false},
		"another host's name":  {"", "app-config.js", "qidoRoot: 'http://localhost:%s" + root + "'", false},
		"another port":         {"", "app-config.js", "qidoRoot: 'http://127.0.0.1:1" + root + "'", false},
		"another scheme":       {"", "app-config.js", "qidoRoot: 'https://127.0.0.1:%s" + root + "'", false},
		"no scheme":            {"", "app-config.js", "qidoRoot: '//127.0.0.2" + root + "'", false},
		"a comment":            {"", "app-config.js", "  // qidoRoot: '" + root + "'", false},
		"with a query":         {"", "app-config.js", "qidoRoot: '" + root + "?patient=CANARY'", false},
		"not plain":            {"", "app-config.js", "qidoRoot: '/CANARY%%5E\x1b[2J/rs'", false},
		"long":                 {"", "app-config.js", "qidoRoot: '/" + strings.Repeat("CANARY/", 20) + "rs'", false},
		"behind the limit":     {"", "app-config.js", strings.Repeat("// CANARY\n", 7000) + "qidoRoot: '" + root + "'", false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var port string
			s := serve(t, func(w http.ResponseWriter, r *http.Request) {
				base := c.base
				if base == "" {
					base = "/"
				}
				switch r.URL.Path {
				case base + c.document:
					text := c.text
					if strings.Contains(text, "%s") {
						text = fmt.Sprintf(text, port)
					}
					body("application/javascript", text)(w, r)
				case root + "/studies":
					studyList(w, r)
				default:
					w.WriteHeader(http.StatusNotFound)
				}
			})
			service := s.service("")
			service.HTTP.Viewer, service.HTTP.Page, service.HTTP.PagePath = true, "ohif-viewer", c.base
			port = fmt.Sprint(service.Port)
			_, by := s.check(t, service, "")
			if found := service.DICOMweb != nil && service.DICOMweb.Root == root; found != c.found {
				t.Errorf("found: %t; LG-W01 %s: %s\n%q", found, by["LG-W01"].State, by["LG-W01"].Evidence, s.asked)
			}
			for _, asked := range s.asked {
				if strings.Contains(asked, "CANARY") {
					t.Errorf("asked %s", asked)
				}
			}
		})
	}
}

// TestGivenRoot: the root that the user named is the first, however it is written,
// and the others follow.
func TestGivenRoot(t *testing.T) {
	for given, first := range map[string]string{"/any/path": "/any/path", "/any/path/": "/any/path", "/any/path/studies": "/any/path", "/studies": ""} {
		s := serve(t, answers(404))
		s.check(t, s.service(""), given)
		if len(s.asked) < 2 || s.asked[1] != "GET "+first+"/studies?limit=1" || !slices.Contains(s.asked, "GET /rs/studies?limit=1") {
			t.Errorf("%s: %q", given, s.asked)
		}
	}
}
