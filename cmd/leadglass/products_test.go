package main

import (
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"leadglass/internal/survey"
)

// TestProductOfAUser: a file of --products brings all that is asked of a product:
// its sign, its roots, its number-only routes, by which it is counted, and its
// advisories.
func TestProductOfAUser(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/":
			_, _ = fmt.Fprint(w, `<html><head><title>Ours 1.2.2</title></head><body></body></html>`)
		case "/our-web/studies":
			w.Header().Set("Content-Type", "application/dicom+json")
			_, _ = fmt.Fprint(w, `[]`)
		case "/our/numbers":
			_, _ = fmt.Fprint(w, `{"total": 77, "files": "990"}`)
		default:
			http.NotFound(w, r)
		}
	}))
	t.Cleanup(server.Close)
	_, port, err := net.SplitHostPort(server.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	ours := file(t, `version: 1
products:
  - name: Our archive
    kind: archive
    http:
      - {page: ours, path: /, title: '^Ours (\d+\.\d+\.\d+)$', version: '$1', confidence: certain, source: us, checked: 2026-01-01}
    numbers:
      name: our-numbers
      root: '^()/our-web$'
      at_root: true
      routes: [{path: /our/numbers, studies: total, images: files}]
      source: us
      checked: 2026-01-01
    advisories:
      - {ids: [CVE-2026-0001], reach: http, affected: [{before: 1.2.3}], severity: high, what: it is made up,
         source: https://example.org/advisory, published: 2026-01-01, checked: 2026-01-02}
dicomweb_roots:
  - {path: /our-web, product: Our archive, source: us, checked: 2026-01-01}
`)
	f := leadglass(t, "check", "127.0.0.1", "--scope", file(t, scopeText("127.0.0.1", "1", port)), "--products", ours, "--json").want(t, exitDone).finding(t)
	counts(t, f, "77 exact", "990 exact")
	if f.Counts.Studies.Source != "our-numbers" {
		t.Errorf("studies by %q", f.Counts.Studies.Source)
	}
	for id, says := range map[string]string{"LG-W01": "/our-web", "LG-W06": "/our/numbers", "LG-W08": "CVE-2026-0001"} {
		i := slices.IndexFunc(f.Checks, func(c survey.Check) bool { return c.ID == id })
		if i < 0 || f.Checks[i].State != survey.Fail || !strings.Contains(f.Checks[i].Evidence, says) {
			t.Errorf("%s: want a fail with %q: %+v", id, says, f.Checks)
		}
	}
}
