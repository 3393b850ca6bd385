package assess_test

import (
	"fmt"
	"testing"

	"leadglass/internal/realserver"
	"leadglass/internal/survey"
)

// TestSearchOnlyProxy: a server that passes on the search alone answers 404 to
// a retrieval by itself. That is no retrieval; the same 404 of the archive is.
func TestSearchOnlyProxy(t *testing.T) {
	orthanc := orthancWeb(t, nil)
	pass := "proxy_pass http://" + orthanc.HTTPAddr() + ";"
	for name, c := range map[string]struct {
		directives string
		w02        survey.CheckState
		verdict    survey.Verdict
	}{
		"the search alone":       {"location = /dicom-web/studies { %s }", survey.Unknown, survey.Open},
		"searches of each level": {"location ~ ^/dicom-web/studies(/[^/]+/series)?$ { %s }", survey.Unknown, survey.Open},
		"a page of its own":      {"error_page 404 /gone.html; location = /gone.html { internal; return 404 '<h1>gone: $request_id</h1>'; } location = /dicom-web/studies { %s }", survey.Unknown, survey.Open},
		"a page with the path":   {"location = /dicom-web/studies { %s } location /dicom-web/ { default_type application/json; return 404 '{\"path\":\"$uri\",\"id\":\"$request_id\"}'; }", survey.Unknown, survey.Open},
		"search and retrieval":   {"location /dicom-web/studies { %s }", survey.Fail, survey.OpenImages},
		"everything beneath":     {"location /dicom-web/ { %s }", survey.Fail, survey.OpenImages},
		"retrieval refused":      {"location = /dicom-web/studies { %s } location /dicom-web/ { deny all; }", survey.Pass, survey.Open},
	} {
		t.Run(name, func(t *testing.T) {
			s := realserver.Nginx(t, realserver.NginxOptions{Root: t.TempDir(), Directives: fmt.Sprintf(c.directives, pass)})
			service := webService(s, "")
			a, by := checkReal(t, service, "")
			expect(t, by, map[string]survey.CheckState{"LG-W01": survey.Fail, "LG-W02": c.w02})
			if v := survey.VerdictOf([]survey.Service{*service}, a.Checks); v != c.verdict {
				t.Errorf("verdict %s, want %s: %s", v, c.verdict, by["LG-W02"].Evidence)
			}
		})
	}
}
