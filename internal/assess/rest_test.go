package assess_test

import (
	"os"
	"path/filepath"
	"testing"

	"leadglass/internal/assess"
	"leadglass/internal/realserver"
	"leadglass/internal/survey"
)

// TestOrthancREST: an Orthanc that lists studies and serves files by its own
// interface is open, whatever its DICOM side says; what a filter refuses is
// not.
func TestOrthancREST(t *testing.T) {
	const fail, pass = survey.Fail, survey.Pass
	filter := func(prefix string) map[string]any {
		script := filepath.Join(t.TempDir(), "filter.lua")
		text := `function IncomingHttpRequestFilter(method, uri, ip, username, httpHeaders)
  return string.sub(uri, 1, ` + "#'" + prefix + "'" + `) ~= '` + prefix + `'
end`
		if err := os.WriteFile(script, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return map[string]any{"LuaScripts": []string{script}}
	}
	for name, c := range map[string]struct {
		config  map[string]any
		want    map[string]survey.CheckState
		verdict survey.Verdict
		grade   survey.Grade
	}{
		"as it comes":          {nil, map[string]survey.CheckState{"LG-W06": fail, "LG-W11": fail, "LG-W12": fail}, survey.OpenImages, survey.GradeF},
		"describes no errors":  {map[string]any{"HttpDescribeErrors": false}, map[string]survey.CheckState{"LG-W11": fail, "LG-W12": fail}, survey.OpenImages, survey.GradeF},
		"files are refused":    {filter("/instances/"), map[string]survey.CheckState{"LG-W11": fail, "LG-W12": pass}, survey.Open, survey.GradeF},
		"the list is refused":  {filter("/studies"), map[string]survey.CheckState{"LG-W11": pass, "LG-W12": fail}, survey.Identified, survey.GradeD},
		"login for everything": {map[string]any{"AuthenticationEnabled": true, "RegisteredUsers": map[string]string{"a": "b"}}, map[string]survey.CheckState{"LG-W06": pass, "LG-W11": pass, "LG-W12": pass}, survey.Protected, survey.GradeC},
	} {
		t.Run(name, func(t *testing.T) {
			s := realserver.Orthanc(t, realserver.OrthancOptions{Config: c.config, Studies: studies(2)})
			service := webService(s, "Orthanc")
			if c.verdict == survey.Protected {
				service.HTTP.Page = "orthanc-login"
			}
			a, by := checkReal(t, service, "")
			expect(t, by, c.want)
			services := []survey.Service{*service}
			if v, g := survey.VerdictOf(services, a.Checks), assess.Grade(services, a.Checks); v != c.verdict || g != c.grade {
				t.Errorf("verdict %s, grade %s", v, g)
			}
		})
	}
}
