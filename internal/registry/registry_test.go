package registry_test

import (
	"context"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"leadglass/internal/gate"
	"leadglass/internal/registry"
	"leadglass/internal/store"
	"leadglass/internal/survey"
)

// rdapServer plays IANA and the registries, on loopback.
type rdapServer struct {
	*httptest.Server
	port string
	mu   sync.Mutex
	// asked are the paths asked for.
	asked []string
	// lists, where set, is what IANA answers.
	lists string
}

// lists is the form of IANA's lists (RFC 9224 section 3), with the server at
// the port in place of the registries.
const lists = `{"version":"1.0","publication":"2026-01-01T00:00:00Z","services":[
 [["193.0.0.0/8","2a00::/12"],["http://example.com:%[1]s/plain/","https://example.com:%[1]s/ripe/"]],
 [["2620::/23"],["https://example.com:%[1]s/arin"]],
 [["200.0.0.0/8"],["https://example.com:%[1]s/lacnic/"]],
 [["1.0.0.0/8"],["https://rdap.elsewhere.example/"]]]}`

func (s *rdapServer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.asked = append(s.asked, r.URL.Path)
	file := ""
	switch path := r.URL.Path; {
	case strings.HasPrefix(path, "/lists/"):
		if s.lists == "" {
			fmt.Fprintf(w, lists, s.port)
		} else {
			_, _ = io.WriteString(w, s.lists)
		}
	case path == "/ripe/ip/193.0.22.9":
		file = "ripe.json"
	case path == "/arin/ip/2620:0:2d0:200::7":
		file = "arin.json"
	case path == "/lacnic/ip/200.160.2.3":
		http.Redirect(w, r, "/br/ip/200.160.2.3", http.StatusMovedPermanently)
	case path == "/br/ip/200.160.2.3":
		file = "person.json"
	case path == "/ripe/ip/193.9.9.9":
		file = "whole.json"
	case path == "/ripe/ip/193.1.1.1":
		file = "ripe.json" // about another network
	case path == "/ripe/ip/193.2.2.2":
		_, _ = io.WriteString(w, "<html>person@canary.example</html>")
	case path == "/ripe/ip/193.3.3.3":
		_, _ = io.WriteString(w, `{"handle":"`+strings.Repeat("canary", 1<<18)+`"}`)
	case path == "/ripe/ip/193.4.4.4":
		http.Redirect(w, r, "https://127.0.0.1:"+s.port+"/ripe/ip/193.0.22.9", http.StatusFound)
	case path == "/ripe/ip/193.5.5.5", path == "/ripe/ip/193.5.5.6":
		w.WriteHeader(http.StatusTooManyRequests)
	case path == "/ripe/ip/193.6.6.6":
		http.Error(w, "canary", http.StatusInternalServerError)
	case path == "/ripe/ip/193.7.7.7":
		_, _ = io.WriteString(w, `{"errorCode":200,"title":"canary"}`)
	default:
		w.WriteHeader(http.StatusNotFound)
	}
	if file != "" {
		w.Header().Set("Content-Type", "application/rdap+json")
		data, err := os.ReadFile(filepath.Join("testdata", file))
		if err != nil {
			panic(err)
		}
		_, _ = w.Write(data)
	}
}

type onLoopback struct{}

func (onLoopback) LookupNetIP(context.Context, string, string) ([]netip.Addr, error) {
	return []netip.Addr{netip.MustParseAddr("127.0.0.1")}, nil
}

var now = time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC)

// start returns a server and a client that asks it through the gate.
func start(t *testing.T) (*rdapServer, *registry.Client, *gate.Services) {
	t.Helper()
	s := new(rdapServer)
	s.Server = httptest.NewUnstartedServer(s)
	s.Config.ErrorLog = log.New(io.Discard, "", 0)
	s.StartTLS()
	t.Cleanup(s.Close)
	u, err := url.Parse(s.URL)
	if err != nil {
		t.Fatal(err)
	}
	s.port = u.Port()
	roots := x509.NewCertPool()
	roots.AddCert(s.Certificate())
	services := gate.NewServices(gate.ServiceOptions{Hosts: []string{"example.com:" + s.port}, Local: true,
		RequestsPerSecond: 10000, Roots: roots, Resolver: onLoopback{}})
	lists := &url.URL{Scheme: "https", Host: "example.com:" + s.port, Path: "/lists"}
	return s, registry.New(registry.Options{HTTP: services.HTTPClient(), Lists: lists, Now: func() time.Time { return now }}), services
}

func TestRegistration(t *testing.T) {
	s, c, _ := start(t)
	for addr, want := range map[string]survey.Registration{
		"193.0.22.9":        {Email: "abuse@hospital.example", Organisation: "Example Hospital Trust", Country: "NL", Handle: "193.0.22.0 - 193.0.23.255", Registry: "example.com"},
		"::ffff:193.0.22.9": {Email: "abuse@hospital.example", Organisation: "Example Hospital Trust", Country: "NL", Handle: "193.0.22.0 - 193.0.23.255", Registry: "example.com"},
		"2620:0:2d0:200::7": {Email: "abuse@imaging.example", Organisation: "Example Imaging, Inc.", Handle: "NET6-2620-0-2D0-1", Registry: "example.com"},
		"200.160.2.3":       {Handle: "200.160.2/24", Registry: "example.com"}, // by a redirect; nothing but persons
		"193.9.9.9":         {Registry: "example.com"},                         // "all of the Internet"
		"193.8.8.8":         {},                                                // 404
		"9.9.9.9":           {},                                                // in no list
	} {
		got, err := c.Registration(t.Context(), netip.MustParseAddr(addr))
		want.AskedAt, want.ExpiresAt = now, now.Add(registry.Keep)
		if err != nil || got != want {
			t.Errorf("%s: %+v, %v; want %+v", addr, got, err, want)
		}
		text, err := json.Marshal(got)
		if err != nil || strings.Contains(strings.ToLower(string(text)), "canary") {
			t.Errorf("%s: what is kept names a person: %s, %v", addr, text, err)
		}
	}
	if n := len(slices.DeleteFunc(slices.Clone(s.asked), func(p string) bool { return !strings.HasPrefix(p, "/lists/") })); n != 2 {
		t.Errorf("IANA was asked %d times, want once for IPv4 and once for IPv6: %q", n, s.asked)
	}
}

func TestRegistrationFails(t *testing.T) {
	s, c, services := start(t)
	for _, test := range []struct {
		addr string
		want error
	}{
		{"193.1.1.1", registry.ErrAnswer},
		{"193.2.2.2", registry.ErrAnswer},
		{"193.3.3.3", gate.ErrBodyLimit},
		{"193.4.4.4", gate.ErrNotListed},
		{"193.6.6.6", registry.ErrAnswer},
		{"193.7.7.7", registry.ErrAnswer},
		{"1.1.1.1", gate.ErrNotListed},
		{"193.5.5.5", registry.ErrBusy},
		{"193.5.5.6", registry.ErrBusy},
		{"193.0.22.9", registry.ErrBusy},
	} {
		got, err := c.Registration(t.Context(), netip.MustParseAddr(test.addr))
		if !errors.Is(err, test.want) {
			t.Errorf("%s: %+v, error %v, want %v", test.addr, got, err, test.want)
		}
		if err != nil && strings.Contains(err.Error(), "canary") {
			t.Errorf("%s: the error repeats the answer: %.200v", test.addr, err)
		}
	}
	if slices.Contains(s.asked, "/ripe/ip/193.5.5.6") || slices.ContainsFunc(s.asked, func(p string) bool { return strings.HasPrefix(p, "/plain") }) {
		t.Errorf("a busy registry was asked again, or one without TLS: %q", s.asked)
	}
	if services.Ledger().Refused != 2 {
		t.Errorf("ledger %+v", services.Ledger())
	}
}

// TestNoList: without IANA's list nobody is asked.
func TestNoList(t *testing.T) {
	s, c, _ := start(t)
	s.lists = "{"
	if _, err := c.Registration(t.Context(), netip.MustParseAddr("193.0.22.9")); err == nil || !strings.Contains(err.Error(), "asking IANA") {
		t.Errorf("error %v", err)
	}
}

// TestServer: a mirror is asked about everything, and IANA is not.
func TestServer(t *testing.T) {
	s, _, services := start(t)
	c := registry.New(registry.Options{HTTP: services.HTTPClient(), Server: &url.URL{Scheme: "https", Host: "example.com:" + s.port, Path: "/ripe/"}})
	got, err := c.Registration(t.Context(), netip.MustParseAddr("193.0.22.9"))
	if err != nil || got.Email != "abuse@hospital.example" || len(s.asked) != 1 {
		t.Errorf("%+v, %v; asked %q", got, err, s.asked)
	}
}

func TestHosts(t *testing.T) {
	for _, host := range registry.Hosts() {
		if host != strings.ToLower(host) || strings.ContainsAny(host, ":/*") || !strings.Contains(host, ".") {
			t.Errorf("%q is not the name of a host", host)
		}
	}
}

func addresses(list ...string) []netip.Addr {
	var out []netip.Addr
	for _, a := range list {
		out = append(out, netip.MustParseAddr(a))
	}
	return out
}

func TestCollect(t *testing.T) {
	s, c, _ := start(t)
	path := filepath.Join(t.TempDir(), "s.db")
	cache, err := store.Open(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { cache.Close() })
	list := addresses("193.0.22.9", "10.0.0.1", "193.8.8.8", "193.2.2.2", "2620:0:2d0:200::7")
	steps := 0
	got, err := c.Collect(t.Context(), cache, list, func(registry.Summary) { steps++ })
	if err != nil || got.Addresses != 5 || got.Special != 1 || got.Asked != 3 || got.Failed != 1 || got.Contacts != 2 || len(got.Failures) != 1 || steps != 5 {
		t.Errorf("%+v, %v, %d steps", got, err, steps)
	}
	before := len(s.asked)
	got, err = c.Collect(t.Context(), cache, list, func(registry.Summary) {})
	if err != nil || got.Cached != 3 || got.Asked != 0 || got.Failed != 1 || got.Contacts != 2 {
		t.Errorf("again: %+v, %v", got, err)
	}
	if again := s.asked[before:]; !slices.Equal(again, []string{"/ripe/ip/193.2.2.2"}) {
		t.Errorf("again, %q were asked for", again)
	}
	if err := cache.Close(); err != nil {
		t.Fatal(err)
	}
	for _, suffix := range []string{"", "-wal"} {
		if data, err := os.ReadFile(path + suffix); err == nil && strings.Contains(strings.ToLower(string(data)), "canary") {
			t.Errorf("%s%s holds what names a person", filepath.Base(path), suffix)
		}
	}
}

// TestCollectGivesUp: registries that do not answer are left alone.
func TestCollectGivesUp(t *testing.T) {
	s, c, _ := start(t)
	s.lists = "{"
	cache, err := store.Open(t.Context(), filepath.Join(t.TempDir(), "s.db"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { cache.Close() })
	got, err := c.Collect(t.Context(), cache, addresses("193.0.22.1", "193.0.22.2", "193.0.22.3", "193.0.22.4", "193.0.22.5", "193.0.22.6"), func(registry.Summary) {})
	if !errors.Is(err, registry.ErrGaveUp) || got.Failed != 5 || len(s.asked) != 5 {
		t.Errorf("%+v, %v, asked %d times", got, err, len(s.asked))
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := c.Collect(ctx, cache, addresses("193.0.22.1"), func(registry.Summary) {}); !errors.Is(err, context.Canceled) {
		t.Errorf("interrupted: %v", err)
	}
}

func TestApply(t *testing.T) {
	r := survey.Registration{Email: "abuse@net.example", Organisation: "Net"}
	o := survey.Owner{Contact: "it@site.example", ContactSource: "overlay"}
	if registry.Apply(&o, r); o.Contact != "it@site.example" || o.ContactSource != "overlay" || *o.Registration != r {
		t.Errorf("%+v", o)
	}
	o = survey.Owner{}
	if registry.Apply(&o, r); o.Contact != "abuse@net.example" || o.ContactSource != "rdap" {
		t.Errorf("%+v", o)
	}
	if registry.Apply(&o, survey.Registration{}); o.Contact != "" || o.ContactSource != "" {
		t.Errorf("a contact that is gone stays: %+v", o)
	}
}

// FuzzAnswer: whatever a registry answers, what is kept of it is an address
// for mail, a country and short printable text, or an error.
func FuzzAnswer(f *testing.F) {
	for _, name := range []string{"ripe", "arin", "person", "whole"} {
		data, err := os.ReadFile(filepath.Join("testdata", name+".json"))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	f.Add([]byte(`{"objectClassName":"ip network","startAddress":"193.0.22.9","endAddress":"193.0.22.9","handle":"a\u202eb\n","entities":[{"roles":["abuse"],"vcardArray":["vcard",[["email",{},"text",["a@b.example",null,1,true,[["x"]]]]]],"entities":[{}]}]}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		for _, a := range addresses("193.0.22.9", "2620:0:2d0:200::7", "200.160.2.3") {
			r, err := registry.Read(data, a)
			if err != nil && r != (survey.Registration{}) {
				t.Errorf("error %v with %+v", err, r)
			}
			if r.Country != "" && survey.CountryName(r.Country) == "" {
				t.Errorf("country %q", r.Country)
			}
			if r.Email != "" && (!strings.Contains(r.Email, "@") || strings.ContainsAny(r.Email, " <>\r\n") || len(r.Email) > 254) {
				t.Errorf("contact %q", r.Email)
			}
			for _, text := range []string{r.Organisation, r.Handle} {
				if len(text) > 200 || strings.ContainsAny(text, "\r\n\t\x1b\u202e") {
					t.Errorf("text %q", text)
				}
			}
		}
	})
}
