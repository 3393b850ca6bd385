package identify_test

import (
	"strings"
	"testing"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"

	"leadglass/internal/identify"
)

func TestReadPage(t *testing.T) {
	tests := []struct {
		name, html, title string
		meta              [2]string
		login             bool
	}{
		{"plain", "<html><head><title>Orthanc Explorer</title>", "Orthanc Explorer", [2]string{}, false},
		{"case and space", "<TITLE\n class=x>\n  Orthanc \t Explorer\n</TITLE>", "Orthanc Explorer", [2]string{}, false},
		{"entities", "<title>A &amp; B &#39;C&#39;</title>", "A & B 'C'", [2]string{}, false},
		{"commented out", "<!-- <title>No</title> --><title>Yes</title>", "Yes", [2]string{}, false},
		{"another tag that begins so", "<titlebar>No</titlebar><title>Yes</title>", "Yes", [2]string{}, false},
		{"only the first", "<title>First</title><svg><title>Second</title></svg>", "First", [2]string{}, false},
		{"not closed", "<title>Open", "Open", [2]string{}, false},
		{"control characters", "<title>a\x1b[31mb\x00c\u202ed</title>", "a[31mb cd", [2]string{}, false},
		{"meta over lines", "<meta\n  name=\"application-name\"\n  content=\"OHIF Viewer\"\n/>", "", [2]string{"application-name", "OHIF Viewer"}, false},
		{"meta turned round, single quotes", "<meta content='x > y' name='Description'>", "", [2]string{"description", "x > y"}, false},
		{"meta without quotes", "<meta name=generator content=Thing>", "", [2]string{"generator", "Thing"}, false},
		{"password field", "<form><input name=p type='PASSWORD'></form>", "", [2]string{}, true},
		{"no password field", "<input type=text placeholder=password>", "", [2]string{}, false},
		{"markup in a script", `<title>OHIF</title><script>var t="<input type='password'>"</script>`, "OHIF", [2]string{}, false},
		{"markup in a script, before the title", `<script>"<title>No</title>"</script><title>Yes</title>`, "Yes", [2]string{}, false},
		{"markup in a script that opens a comment", `<script><!-- <script> "<input type=password>" </script> --></script><title>Yes</title>`, "Yes", [2]string{}, false},
		{"a script that is not closed", `<title>a</title><script>"<input type=password>"`, "a", [2]string{}, false},
		{"markup in raw text", `<style><input type=password></style><textarea><input type=password></textarea><noscript><input type=password></noscript><xmp><input type=password></xmp><iframe><input type=password></iframe>`, "", [2]string{}, false},
		{"markup in a title", `<title><input type=password></title>`, "<input type=password>", [2]string{}, false},
		{"markup in an attribute", `<div data-x="<input type=password>">`, "", [2]string{}, false},
		{"markup in a template", `<template><template></template><input type=password></template>`, "", [2]string{}, false},
		{"behind a template", `<template></template><input type=password>`, "", [2]string{}, true},
		{"comments", `<!--> <input type=password> <!-- <input type=password> --!> <!---><title>Yes</title>`, "Yes", [2]string{}, true},
		{"only comments", `<!-- > <input type=password> -- <input type=password> --!><title>Yes</title>`, "Yes", [2]string{}, false},
		{"a comment that is not closed", `<!-- <input type=password>`, "", [2]string{}, false},
		{"entities in an attribute", `<input type="pass&#119;ord">`, "", [2]string{}, true},
		{"the first attribute counts", `<input type=text type=password>`, "", [2]string{}, false},
		{"UTF-8 with its mark", "\xef\xbb\xbf<title>\u00e9t\u00e9</title>", "\u00e9t\u00e9", [2]string{}, false},
		{"UTF-16, little endian", utf16Text("<title>Orthanc \u00e9 \u20ac</title><input type=password>", false), "Orthanc \u00e9 ?", [2]string{}, true},
		{"UTF-16, big endian", utf16Text("<title>Orthanc</title>", true), "Orthanc", [2]string{}, false},
		{"Latin-1", "<title>caf\xe9</title>", "caf?", [2]string{}, false},
		{"long attribute", "<input data-x='" + strings.Repeat("x", 20_000) + "' type=password>", "", [2]string{}, true},
		{"empty", "", "", [2]string{}, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			page, left := identify.ReadPage([]byte(tt.html))
			if page.Title != tt.title || page.Login != tt.login {
				t.Errorf("title %q, login %v; want %q, %v", page.Title, page.Login, tt.title, tt.login)
			}
			if left != 0 {
				t.Errorf("%d bytes are left in memory", left)
			}
			if tt.meta[0] != "" && page.Meta[tt.meta[0]] != tt.meta[1] {
				t.Errorf("meta %q, want %q = %q", page.Meta, tt.meta[0], tt.meta[1])
			}
		})
	}
}

// utf16Text is a text in UTF-16 with its byte order mark.
func utf16Text(text string, big bool) string {
	var b []byte
	for _, u := range utf16.Encode([]rune("\ufeff" + text)) {
		if big {
			b = append(b, byte(u>>8), byte(u))
		} else {
			b = append(b, byte(u), byte(u>>8))
		}
	}
	return string(b)
}

func icon(html string) string {
	page, _ := identify.ReadPage([]byte(html))
	return page.Icon
}

func shape(html []byte) string {
	page, _ := identify.ReadPage(html)
	return page.Shape
}

func TestRealms(t *testing.T) {
	got := identify.Realms(`Basic realm="Orthanc Secure Area"`, `Digest REALM=plain, nonce="x"`, `Bearer`, `Basic realm="not closed`)
	want := "Orthanc Secure Area|plain|not closed"
	if s := strings.Join(got, "|"); s != want {
		t.Errorf("realms %q, want %q", s, want)
	}
}

func TestIconPathStaysOnTheHost(t *testing.T) {
	for html, want := range map[string]string{
		`<link rel="icon" href="/DicomWeb/Logo.ico">`:                               "/DicomWeb/Logo.ico",
		`<link rel="stylesheet" href="/x"><link rel="shortcut icon" href="/a.ico">`: "/a.ico",
		`<link rel=icon href="http://192.0.2.1/x.ico">`:                             "/favicon.ico",
		`<link rel=icon href="//192.0.2.1/x.ico">`:                                  "/favicon.ico",
		`<link rel=icon href="/../../x">`:                                           "/favicon.ico",
		`<link rel=icon href="/delete?id=1">`:                                       "/favicon.ico",
		`<link rel=icon href="javascript:x">`:                                       "/favicon.ico",
		``:                                                                          "/favicon.ico",
	} {
		if got := icon(html); got != want {
			t.Errorf("icon of %s: %q, want %q", html, got, want)
		}
	}
}

// TestFaviconHash compares with values of the reference implementation: the
// hash of base 64 with line breaks, as a signed number.
func TestFaviconHash(t *testing.T) {
	for in, want := range map[string]int32{"": 0, "hello": 1155597304, strings.Repeat("x", 100): 1090365782} {
		if got := identify.FaviconHash([]byte(in)); got != want {
			t.Errorf("hash of %q: %d, want %d", in, got, want)
		}
	}
}

// TestShape: pages that differ in their texts alone have one shape, pages of
// few elements none.
func TestShape(t *testing.T) {
	page := func(name, extra string) []byte {
		return []byte("<!DOCTYPE html><!-- " + name + " --><HTML><head><title>" + name + "</title></head><body>" +
			strings.Repeat("<p class='"+name+"'>"+name+"</p><br/>", 8) + extra + "</body></html>")
	}
	one := shape(page("Anna", ""))
	if len(one) != 16 || one != shape(page("Bert 1 < 2", "")) {
		t.Errorf("shapes %q and %q of pages that differ in their texts", one, shape(page("Bert 1 < 2", "")))
	}
	for _, extra := range []string{"<p>", "<h1>"} {
		if shape(page("Anna", extra)) == one {
			t.Errorf("a page with one %s more has the same shape", extra)
		}
	}
	if got := shape([]byte("<html><head><title>Welcome to nginx!</title></head><body><h1>Welcome</h1></body></html>")); got != "" {
		t.Errorf("shape %q of a page of few elements", got)
	}
}

func FuzzReadPage(f *testing.F) {
	for _, s := range []string{"<title>x</title>", "<meta name=a content='b", "<meta name", "<input type=password", "<!--", "<title", "<meta ==/=\xff>", "<link rel=icon href=/x>"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		page, left := identify.ReadPage(body)
		if s := page.Shape; len(s) != 0 && len(s) != 16 {
			t.Errorf("shape %q", s)
		}
		if left != 0 {
			t.Errorf("%d bytes are left in memory", left)
		}
		check := func(s string) {
			if len(s) > 200 || !utf8.ValidString(s) || strings.ContainsFunc(s, func(r rune) bool { return unicode.IsControl(r) }) {
				t.Errorf("text %q is not one clean line of at most 200 bytes", s)
			}
		}
		check(page.Title)
		for _, v := range page.Meta {
			check(v)
		}
		if len(page.Meta) > 64 {
			t.Errorf("%d meta elements kept", len(page.Meta))
		}
	})
}

func FuzzAnnounced(f *testing.F) {
	f.Add("1.2.276.0.7230010.3.0.3.6.7", "OFFIS_DCMTK_367")
	f.Add("\x00\xff", strings.Repeat("é", 40))
	p := table(f)
	f.Fuzz(func(t *testing.T, uid, name string) {
		u, n := identify.Announced(uid, name)
		if len(u) > 64 || len(n) > 16 || strings.Trim(u, "0123456789.?") != "" {
			t.Errorf("kept %q, %q", u, n)
		}
		kit, product := p.DICOM(u, n)
		if kit.Name == "" && kit.Version != "" || product.Confidence == "" {
			t.Errorf("toolkit %+v, product %+v", kit, product)
		}
		if product.Version != nil && len(*product.Version) > 64 || len(kit.Version) > 64 {
			t.Errorf("versions %q, %v", kit.Version, product.Version)
		}
	})
}
