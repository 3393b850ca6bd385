package gate_test

import (
	"bufio"
	"fmt"
	"net/http"
	"net/netip"
	"net/url"
	"reflect"
	"strings"
	"testing"

	"leadglass/internal/gate"
)

// FuzzHead: what net/http reads as the head of a response is read alike, and
// nothing else crashes or runs on.
func FuzzHead(f *testing.F) {
	for _, head := range []string{
		"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n",
		"HTTP/1.0 401\r\nwww-authenticate: Basic realm=\"a:b\"\r\nwww-authenticate: Digest realm=c\r\n\r\n",
		"HTTP/1.1 302 Found\nlocation:/a?b\n\n",
		"HTTP/1.1 200 OK\r\nA: b\r\n c\r\n\td\r\nE:f\r\n\r\n",
		"HTTP/1.1 99 x\r\n\r\n", "HTTP/1.1 2000\r\n\r\n", "HTTP/1.1 200\r\n: x\r\n\r\n", "SSH-2.0-x\r\n", "HTTP/1.1 200 OK\r\nA",
	} {
		f.Add([]byte(head))
	}
	f.Fuzz(func(t *testing.T, head []byte) {
		status, header, err := gate.ParseHead(strings.NewReader(string(head)), 4096)
		resp, theirs := http.ReadResponse(bufio.NewReader(strings.NewReader(string(head))), nil)
		if theirs != nil || resp.ProtoMajor != 1 || len(head) > 4000 || resp.StatusCode < 100 || len(resp.Header) > 200 {
			return
		}
		if err != nil || status != resp.StatusCode {
			t.Fatalf("%d, %v, and net/http reads %d of %q", status, err, resp.StatusCode, head)
		}
		for _, name := range []string{"Location", "Content-Type", "Www-Authenticate", "A", "E"} {
			if mine := header[name]; len(mine) != len(resp.Header[name]) && resp.TransferEncoding == nil {
				t.Errorf("%s: %q, and net/http reads %q", name, mine, resp.Header[name])
			}
		}
	})
}

// TestHead: fields are read as written, continued lines and odd cases too.
func TestHead(t *testing.T) {
	status, header, err := gate.ParseHead(strings.NewReader(
		"HTTP/1.1 200 OK\r\ncontent-TYPE:  text/html ;x \r\nA: b\r\n  c\r\n\td\r\nno field\r\nbad name: x\r\nE:\r\nA: again\r\n\r\nbody"), 4096)
	want := http.Header{"Content-Type": {"text/html ;x"}, "A": {"b    c  \td", "again"}, "E": {""}}
	if err != nil || status != 200 || !reflect.DeepEqual(header, want) {
		t.Errorf("%d, %q, %v", status, header, err)
	}
}

// FuzzRedirectTarget: a reference is resolved as RFC 3986 has it.
func FuzzRedirectTarget(f *testing.F) {
	for _, r := range []string{"/app/explorer.html", "b", "../x?y", "./", "..", "?q", "", "/a/../../b/.", "a b", "/é"} {
		f.Add("/dir/page?x=1", r)
	}
	f.Fuzz(func(t *testing.T, base, reference string) {
		got := gate.Resolve(base, reference)
		b, err := url.ParseRequestURI(base)
		if err != nil || b.Host != "" || b.Fragment != "" || strings.Contains(base, "//") {
			return
		}
		if got == "" || strings.ContainsFunc(got, func(r rune) bool { return r <= ' ' || r >= 0x7f }) && !strings.ContainsFunc(base, func(r rune) bool { return r <= ' ' || r >= 0x7f }) {
			t.Errorf("%q on %q: %q", reference, base, got)
		}
		ref, err := url.Parse(reference)
		if err != nil || ref.Scheme != "" || ref.Host != "" || strings.ContainsAny(reference+base, "%#\\\"<>[]^`{|}!$&'()*+,;:@ ") ||
			strings.Contains(reference, "//") || strings.HasSuffix(base, "?") || strings.HasSuffix(reference, "?") ||
			strings.ContainsFunc(reference+base, func(r rune) bool { return r <= ' ' || r >= 0x7f }) {
			return
		}
		if want := b.ResolveReference(ref).RequestURI(); got != want {
			t.Errorf("%q on %q: %q, want %q", reference, base, got, want)
		}
	})
}

// TestNothingIsKeptOfAHead: names of patients in the path of a redirect and in
// a header are there to be judged until the body is closed, in no URL, and
// gone afterwards.
func TestNothingIsKeptOfAHead(t *testing.T) {
	const name = "CANARY^Anna"
	var paths []string
	base, _ := web(t, false, func(w http.ResponseWriter, r *http.Request) {
		paths = append(paths, r.URL.Path)
		w.Header().Set("Www-Authenticate", `Basic realm="`+name+`"`)
		switch r.URL.Path {
		case "/":
			http.Redirect(w, r, "patients/"+name+"?of=1", http.StatusFound)
		case "/away":
			http.Redirect(w, r, "http://"+name+".example/"+name, http.StatusFound)
		}
	})
	h := newHost(gate.Options{})
	client := h.HTTPClient(gate.HTTPOptions{})
	resp, err := client.Get(base + "/")
	if err != nil {
		t.Fatal(err)
	}
	if got := resp.Header.Get(gate.LandingField); got != "/patients/"+name {
		t.Errorf("landed at %q", got)
	}
	realm := resp.Header.Get("Www-Authenticate")
	if !strings.Contains(realm, name) || strings.Contains(resp.Request.URL.String(), name) {
		t.Errorf("realm %q, URL %s", realm, resp.Request.URL)
	}
	views := []string{realm, resp.Header.Get(gate.LandingField)}
	resp.Body.Close()
	for _, v := range views {
		if strings.Trim(v, "\x00") != "" {
			t.Errorf("%q is left", v)
		}
	}
	_, err = client.Get(base + "/away")
	if err == nil || strings.Contains(err.Error(), name) {
		t.Errorf("a redirect to elsewhere: %v", err)
	}
	if want := []string{"/", "/patients/" + name, "/away"}; !reflect.DeepEqual(paths, want) {
		t.Errorf("asked for %q", paths)
	}
}

// TestNothingIsSent: the client sends no body and no method that changes
// anything.
func TestNothingIsSent(t *testing.T) {
	s := serve(t, here, silent)
	client := newHost(gate.Options{}).HTTPClient(gate.HTTPOptions{})
	url := fmt.Sprintf("http://%s/", netip.AddrPortFrom(here, s.port))
	if _, err := client.Post(url, "application/json", strings.NewReader("{}")); err == nil {
		t.Error("a POST was sent")
	}
	for _, method := range []string{http.MethodPost, http.MethodPut, http.MethodDelete, http.MethodPatch} {
		req, err := http.NewRequestWithContext(t.Context(), method, url, http.NoBody)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := client.Do(req); err == nil {
			t.Errorf("%s was sent", method)
		}
	}
	if s.seen.Load() != 0 {
		t.Error("a connection was made")
	}
}
