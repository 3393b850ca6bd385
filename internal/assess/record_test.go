package assess_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"leadglass/internal/assess"
	"leadglass/internal/products"
	"leadglass/internal/survey"
)

// ours is a product that only a user's file knows.
const ours = `version: 1
products:
  - name: Our archive
    kind: archive
    numbers:
      name: our-numbers
      root: '^(.*)/our-web$'
      at_root: true
      routes: [{path: /numbers, studies: total}]
      source: us
      checked: 2026-01-01
    rest:
      studies: /list
      instances: /items
      past_the_end: from=999999999
      file: '/items/{id}/file'
      identifier: xxxxxxxx-xxxxxxxx-xxxxxxxx-xxxxxxxx-xxxxxxxx
      error_key: Code
      source: us
      checked: 2026-01-01
    facts:
      - {is: c-get-allowed, status: C123, text: answers C123, source: us, checked: 2026-01-01}
    advisories:
      - ids: [CVE-2026-0001]
        reach: http
        affected: [{before: 1.2.3}]
        severity: high
        what: it is made up
        source: https://example.org/advisory
        published: 2026-01-01
        checked: 2026-01-02
dicomweb_roots:
  - {path: /our-web, product: Our archive, source: us, checked: 2026-01-01}
`

// TestRootWithTheTitleOfTheHost: a root that holds an AE title is tried with the
// one that the host's DICOM port is known by.
func TestRootWithTheTitleOfTheHost(t *testing.T) {
	for policy, want := range map[survey.AEPolicy]string{
		survey.KnownTitle: "/dcm4chee-arc/aets/RADIOLOGY/rs",
		survey.AnyTitle:   "/dicom-web",
	} {
		s := serve(t, func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path == want+"/studies" {
				w.Header().Set("Content-Type", "application/dicom+json")
				return
			}
			http.NotFound(w, r)
		})
		service := s.service("dcm4chee-arc")
		host := []survey.Service{{Protocol: survey.ProtocolDICOM, CalledAETitle: survey.CalledAETitle{Policy: policy, Accepted: "RADIOLOGY"}}, *service}
		_, by := checkWeb(t, &assess.Session{Products: known(t), Service: service, Host: host, Allow: assess.Allow{DICOMweb: true},
			Web: assess.Web{Client: s.Client(), Host: "127.0.0.1"}})
		if by["LG-W01"].State != survey.Fail || !strings.Contains(by["LG-W01"].Evidence, want) {
			t.Errorf("%s: LG-W01 is %s: %s", policy, by["LG-W01"].State, by["LG-W01"].Evidence)
		}
		if asked := strings.Contains(strings.Join(s.asked, " "), "RADIOLOGY"); asked != (policy == survey.KnownTitle) {
			t.Errorf("%s: asked %q", policy, s.asked)
		}
	}
}

// TestProductOfAUser: the checks ask what a user's record says, and judge by it.
func TestProductOfAUser(t *testing.T) {
	table, err := products.Parse("ours.yaml", []byte(ours))
	if err != nil {
		t.Fatal(err)
	}
	s := serve(t, func(w http.ResponseWriter, r *http.Request) {
		switch {
		case r.URL.Path == "/our-web/studies":
			w.Header().Set("Content-Type", "application/dicom+json")
		case r.URL.Path == "/numbers":
			_, _ = fmt.Fprint(w, `{"total": 7}`)
		case r.URL.Path == "/list" && r.URL.RawQuery == "from=999999999":
			_, _ = fmt.Fprint(w, `[]`)
		case strings.HasPrefix(r.URL.Path, "/items/"):
			w.WriteHeader(http.StatusNotFound)
			_, _ = fmt.Fprint(w, `{"Code": 5}`)
		default:
			http.NotFound(w, r)
		}
	})
	service := s.service("Our archive")
	version := "1.2.2"
	service.Product.Version = &version
	_, by := checkWeb(t, &assess.Session{Products: table, Service: service, Allow: assess.Allow{DICOMweb: true},
		Web: assess.Web{Client: s.Client(), Host: "127.0.0.1"}})
	for id, says := range map[string]string{"LG-W01": "/our-web", "LG-W06": "/numbers", "LG-W08": "CVE-2026-0001", "LG-W11": "list of studies", "LG-W12": "error document"} {
		if by[id].State != survey.Fail || !strings.Contains(by[id].Evidence, says) {
			t.Errorf("%s is %s, want a fail with %q: %s", id, by[id].State, says, by[id].Evidence)
		}
	}
	for _, request := range s.asked {
		if strings.Contains(request, "/system") || strings.Contains(request, "/dicom-web") {
			t.Errorf("%s belongs to another product", request)
		}
	}
	if !slices.Contains(s.asked, "GET /our-web/studies?limit=1") {
		t.Errorf("asked %q", s.asked)
	}
}
