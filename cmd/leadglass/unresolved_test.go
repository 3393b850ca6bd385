package main

import (
	"path/filepath"
	"strings"
	"testing"

	"leadglass/internal/realserver"
	"leadglass/internal/store"
	"leadglass/internal/survey"
)

// TestUnresolvedNames: a name that does not resolve is recorded with the
// reason, makes the work incomplete, and keeps nobody from the other targets.
func TestUnresolvedNames(t *testing.T) {
	t.Parallel()
	s := realserver.Dcmqrscp(t, realserver.DCMTKOptions{})
	const name, reason = "nosuch.leadglass.invalid", "nosuch.leadglass.invalid does not resolve"
	o := leadglass(t, "check", name, s.DICOMAddr(), "--authorised-by", "test").want(t, exitIncomplete)
	if !strings.Contains(o.out, reason) || !strings.Contains(o.out, s.DICOMAddr()) || strings.Contains(o.out, "accepted a connection") {
		t.Errorf("check: %s", o.out)
	}
	db := filepath.Join(t.TempDir(), "s.db")
	scope := file(t, scopeText("127.0.0.1, "+name, strings.TrimPrefix(s.DICOMAddr(), "127.0.0.1:"), "9"))
	for _, args := range [][]string{{}, {"--json"}} {
		o = leadglass(t, append([]string{"survey", "--scope", scope, "--store", db}, args...)...).want(t, exitIncomplete)
		if !strings.Contains(o.errors, reason) || strings.Contains(o.errors, "lookup") {
			t.Errorf("survey %v: %s", args, o.errors)
		}
	}
	stored, err := store.OpenExisting(t.Context(), db)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = stored.Close() }()
	v, err := stored.Survey(t.Context(), "")
	if err != nil || v.State != survey.StateFinished {
		t.Fatalf("%v, state %s", err, v.State)
	}
	found := false
	for r, err := range stored.Records(t.Context(), v.ID) {
		if err != nil {
			t.Fatal(err)
		}
		f := r.Finding
		found = found || f.Target.Host == name && f.Verdict == survey.Unreachable && f.Incomplete != nil && strings.HasPrefix(*f.Incomplete, reason)
	}
	if !found {
		t.Error("the survey has no record of the name")
	}
	leadglass(t, "report", "--store", db, "--edition", "confidential", "--out", t.TempDir()).want(t, exitDone)
}
