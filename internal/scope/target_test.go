package scope_test

import (
	"fmt"
	"net/netip"
	"strings"
	"testing"

	"leadglass/internal/scope"
)

// TestTargets: which targets are read as what.
func TestTargets(t *testing.T) {
	for arg, want := range map[string]scope.Target{
		"10.1.2.3":        {Host: "10.1.2.3", Addr: netip.MustParseAddr("10.1.2.3")},
		"10.1.2.3:104":    {Host: "10.1.2.3", Addr: netip.MustParseAddr("10.1.2.3"), Port: 104},
		"::1":             {Host: "::1", Addr: netip.MustParseAddr("::1")},
		"[::1]":           {Host: "::1", Addr: netip.MustParseAddr("::1")},
		"[::1]:104":       {Host: "::1", Addr: netip.MustParseAddr("::1"), Port: 104},
		"pacs.example":    {Host: "pacs.example"},
		"pacs.example:80": {Host: "pacs.example", Port: 80},
	} {
		if got, err := scope.ParseTarget(arg); err != nil || got != want {
			t.Errorf("%s: %+v, %v, want %+v", arg, got, err, want)
		}
	}
	for _, arg := range []string{"", ":104", "10.1.2.3:0", "10.1.2.3:65536", "10.1.2.3:x", "10.0.0.0/8", "::1]:104x", "a b", "https://user:secret@pacs.example/"} {
		if got, err := scope.ParseTarget(arg); err == nil {
			t.Errorf("%q is taken for %+v", arg, got)
		}
	}
}

// TestURLTargets: which URLs are taken.
func TestURLTargets(t *testing.T) {
	for arg, want := range map[string]string{
		"https://pacs.example.org/dicom-web":      `{"pacs.example.org" 443 "https://pacs.example.org/dicom-web"}`,
		"http://127.0.0.1:8042/dicom-web/":        `{"127.0.0.1" 8042 "http://127.0.0.1:8042/dicom-web/"}`,
		"https://[::1]/rs":                        `{"::1" 443 "https://[::1]/rs"}`,
		"ftp://pacs.example.org/":                 "scheme",
		"https://user:secret@pacs.example.org/":   "password",
		"https://pacs.example.org/rs?x=1":         "query",
		"https://pacs.example.org/rs#x":           "fragment",
		"https:///rs":                             "neither",
		"http://127.0.0.1:8042/dicom-web/studies": "name the root before it: http://127.0.0.1:8042/dicom-web",
		"https://pacs.example.org:99999/rs":       "port",
		"https://pacs.example.org:8042x/rs":       "URL",
	} {
		got, err := scope.ParseTarget(arg)
		switch text := fmt.Sprintf("{%q %d %q}", got.Host, got.Port, got.URL); {
		case strings.HasPrefix(want, "{") && (err != nil || text != want):
			t.Errorf("%s: %s, %v; want %s", arg, text, err, want)
		case !strings.HasPrefix(want, "{") && (err == nil || !strings.Contains(err.Error(), want)):
			t.Errorf("%s: error %v, want one of %q", arg, err, want)
		}
	}
}
