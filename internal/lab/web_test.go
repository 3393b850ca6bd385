package lab_test

import (
	"crypto/tls"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"testing"
	"time"

	"leadglass/dicom/dimse"
	"leadglass/dicom/ul"
)

// get fetches a page without following redirects.
func get(t *testing.T, url string) (*http.Response, string) {
	t.Helper()
	c := http.Client{Timeout: 10 * time.Second, Transport: &http.Transport{
		TLSClientConfig: &tls.Config{InsecureSkipVerify: true}, DisableKeepAlives: true}, // lab certificates are nobody's
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	r, err := c.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Body.Close()
	body, err := io.ReadAll(r.Body)
	if err != nil {
		t.Fatal(err)
	}
	return r, string(body)
}

func TestPages(t *testing.T) {
	f, _ := one(t, "127.0.8.3", `
		persona: orthanc
		retrieval: get
		contents: {studies: 77, images_linked: 990}
		web:
		  - {port: 8042, page: orthanc-explorer, api: true, dicomweb: true, any_origin: true}
		  - {port: 8043, page: orthanc-explorer, auth: true}
		  - {port: 8080, page: ohif}
		  - {port: 8081, page: nginx}
		  - {port: 8443, page: ohif, tls: tls}
		  - {port: 8082, page: redirect-away}
		  - {port: 8083, page: directory}
		  - {port: 8084, page: dcm4chee-ui2, api: true}`)
	const host = "://127.0.8.3:"
	for _, c := range []struct {
		url    string
		status int
		want   string
	}{
		{"http" + host + "8042/", 302, ""},
		{"http" + host + "8042/app/explorer.html", 200, "<title>Orthanc Explorer</title>"},
		{"http" + host + "8042/nothing", 404, ""},
		{"http" + host + "8043/", 401, ""},
		{"http" + host + "8080/", 200, "<title>OHIF Viewer</title>"},
		{"http" + host + "8081/", 200, "<title>Welcome to nginx!</title>"},
		{"https" + host + "8443/", 200, "<title>OHIF Viewer</title>"},
		{"http" + host + "8082/", 302, ""},
		{"http" + host + "8083/", 200, "Index of /"},
		{"http" + host + "8084/dcm4chee-arc/aets/DCM4CHEE/rs/instances/count", 200, `{"count":990}`},
		{"http" + host + "8042/dicom-web/studies?limit=1", 200, "CANARY^P"},
		{"http" + host + "8042/dicom-web/studies/2.25.1", 404, ""},
	} {
		r, body := get(t, c.url)
		if r.StatusCode != c.status || !strings.Contains(body, c.want) {
			t.Errorf("%s: status %d, want %d; body must hold %q", c.url, r.StatusCode, c.status, c.want)
		}
	}
	r, body := get(t, "http"+host+"8042/statistics")
	var numbers map[string]any
	if err := json.Unmarshal([]byte(body), &numbers); err != nil {
		t.Fatal(err)
	}
	if numbers["CountStudies"] != 77.0 || numbers["CountInstances"] != 990.0 {
		t.Errorf("statistics %v, want 77 studies, 990 instances", numbers)
	}
	if r.Header.Get("Access-Control-Allow-Origin") != "*" {
		t.Error("no CORS header")
	}
	if r, _ := get(t, "http"+host+"8043/"); !strings.Contains(r.Header.Get("WWW-Authenticate"), "Orthanc Secure Area") {
		t.Error("no realm")
	}
	if v := f.Truth().Archives[0].Viewer; v != "open-http" {
		t.Errorf("viewer %q, want open-http", v)
	}
}

// Ports that do not speak DICOM do what their names say.
func TestForeignPorts(t *testing.T) {
	for speaks, want := range map[string]string{
		"silent": "timeout", "http": "HTTP/1.1 400", "ssh": "SSH-2.0", "noise": "noise", "hangs-up": "closed",
	} {
		t.Run(speaks, func(t *testing.T) {
			f, at := one(t, "127.0.8.4", "speaks: "+speaks+"\nport: 11112")
			if v := f.Truth().Archives[0].Verdict; v != "not-dicom" {
				t.Errorf("verdict %s", v)
			}
			conn, err := net.Dial("tcp", at.String())
			if err != nil {
				t.Fatal(err)
			}
			defer conn.Close()
			_, _ = conn.Write(ul.AppendAssociateRQ(nil, &ul.AssociateRQ{CalledAETitle: "A", CallingAETitle: "B", Contexts: ul.Propose(all...)}))
			_ = conn.SetReadDeadline(time.Now().Add(500 * time.Millisecond))
			var b [512]byte
			n, err := conn.Read(b[:])
			got := string(b[:n])
			switch want {
			case "timeout":
				if ne, ok := err.(net.Error); !ok || !ne.Timeout() {
					t.Errorf("%q, %v; want silence", got, err)
				}
			case "closed":
				if err == nil || n > 0 {
					t.Errorf("%q, %v; want a closed connection", got, err)
				}
			case "noise":
				if n == 0 || b[0] < 0x80 {
					t.Errorf("%d bytes beginning with %02X", n, b[0])
				}
			default:
				if !strings.HasPrefix(got, want) {
					t.Errorf("%q, want %q", got, want)
				}
			}
		})
	}
}

func TestClosedPorts(t *testing.T) {
	f, at := one(t, "127.0.8.4", "speaks: closed\nport: 11112")
	if conn, err := net.Dial("tcp", at.String()); err == nil {
		conn.Close()
		t.Error("something listens")
	}
	if v := f.Truth().Archives[0].Verdict; v != "unreachable" {
		t.Errorf("verdict %s, want unreachable", v)
	}
	if n := f.Truth().Totals.ArchivesAnalysed; n != 0 {
		t.Errorf("%d archives analysed, want 0", n)
	}
}

// TLS as the fleet file says, client certificates included.
func TestTLSModes(t *testing.T) {
	for name, c := range map[string]struct {
		text, verdict string
		works         bool
		version       uint16
	}{
		"tls":     {"tls: tls\ncertificate: self-signed", "open", true, tls.VersionTLS13},
		"legacy":  {"tls: legacy", "open", true, tls.VersionTLS11},
		"mutual":  {"tls: mutual", "protected", false, 0},
		"expired": {"tls: tls\ncertificate: expired", "open", true, tls.VersionTLS13},
		"weak":    {"tls: tls\ncertificate: weak-key", "open", true, tls.VersionTLS13},
		"name":    {"tls: tls\ncertificate: wrong-name", "open", true, tls.VersionTLS13},
	} {
		t.Run(name, func(t *testing.T) {
			f, at := one(t, "127.0.8.5", "persona: dcm4chee-arc\nport: 2762\nplain_port: 11112\ncontents: {studies: 5, images_linked: 50}\n"+c.text)
			want := c.verdict
			if want == "protected" {
				want = "open" // by the plain port beside it
			}
			if v := f.Truth().Archives[0].Verdict; v != want {
				t.Errorf("verdict %s, want %s", v, want)
			}
			conn, err := tls.Dial("tcp", at.String(), &tls.Config{InsecureSkipVerify: true, MinVersion: tls.VersionTLS10}) // lab certificates are nobody's
			var a *ul.Association
			if err == nil {
				if v := conn.ConnectionState().Version; c.works && v != c.version {
					t.Errorf("version %x, want %x", v, c.version)
				}
				a, err = ul.Request(limit(t), conn, ul.AssociateRQ{CalledAETitle: "A", CallingAETitle: "B", Contexts: ul.Propose(all...)}, ul.Options{})
			}
			if works := err == nil; works != c.works {
				t.Fatalf("association over TLS: %v", err)
			}
			if a != nil {
				defer a.Close()
				if got := count(t, dimse.NewClient(a), counting()); got.responses != 5 {
					t.Errorf("%d responses, want 5", got.responses)
				}
			}
			plain := client(t, netip.AddrPortFrom(at.Addr(), 11112))
			if got := count(t, plain, counting()); got.responses != 5 {
				t.Errorf("plain port: %d responses, want 5", got.responses)
			}
		})
	}
	f := read(t, "version: 1\nname: x\nseed: 1\ndates: {first: 2015-01-01, last: 2019-09-01}\narchives: [{address: 127.0.8.6, persona: vendor, port: 2762, tls: mutual}]")
	if v := f.Truth().Archives[0].Verdict; v != "not-dicom" {
		t.Errorf("client certificates: verdict %s, want not-dicom", v)
	}
}
