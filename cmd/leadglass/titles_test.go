package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"leadglass/internal/realserver"
	"leadglass/internal/survey"
)

// TestSurveyOwnTitle: an archive that demands its title is surveyed with the
// title of the scope file or of the flag, and refuses without.
func TestSurveyOwnTitle(t *testing.T) {
	t.Parallel()
	s := realserver.Dcmqrscp(t, realserver.DCMTKOptions{Studies: archive()})
	host, port, _ := strings.Cut(s.DICOMAddr(), ":")
	text := fmt.Sprintf("version: 1\nauthority: {organisation: Test, contact: t@leadglass.invalid, valid_from: 2020-01-01, valid_until: 2099-12-31}\n"+
		"include: [%s]\nports: {dicom: [%s], http: [], hl7: []}\n", host, port)
	for i, test := range []struct {
		text    string
		args    []string
		verdict survey.Verdict
		policy  survey.AEPolicy
	}{
		{text, []string{"--called-ae-title", "NOT_THIS_ONE"}, survey.Protected, survey.RefusedTitle},
		{text, []string{"--called-ae-title", s.AETitle}, survey.OpenImages, survey.KnownTitle},
		{text + "called_ae_titles: [NOT_THIS_ONE, " + s.AETitle + "]\n", nil, survey.OpenImages, survey.KnownTitle},
	} {
		scopeFile := filepath.Join(t.TempDir(), "s.yaml")
		if err := os.WriteFile(scopeFile, []byte(test.text+"allow: {default_ae_titles: false}\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		o := leadglass(t, append([]string{"survey", "--store", filepath.Join(t.TempDir(), "s.db"), "--scope", scopeFile, "--json"}, test.args...)...).want(t, exitDone)
		first, _, _ := strings.Cut(o.out, "\n")
		f := output{out: first + "\n"}.finding(t)
		if f.Verdict != test.verdict || f.Services[0].CalledAETitle.Policy != test.policy {
			t.Errorf("survey %d: verdict %s, title %+v", i, f.Verdict, f.Services[0].CalledAETitle)
		}
	}
	args := []string{"check", "127.0.0.1"}
	for i := range 6 {
		args = append(args, "--called-ae-title", fmt.Sprint("T", i))
	}
	if o := leadglass(t, args...).want(t, exitUsage); !strings.Contains(o.errors, "6 titles; give at most 5") {
		t.Error(o.errors)
	}
}
