package assess_test

import (
	"crypto/tls"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"leadglass/internal/assess"
	"leadglass/internal/survey"
)

// site is a scripted web server, and what it was asked.
type site struct {
	mu    sync.Mutex
	asked []string
	*httptest.Server
}

// madeUp are the parts of requests that are made up at random.
var madeUp = regexp.MustCompile(`2\.25\.\d+|\b[0-9a-f]{8}(-[0-9a-f]{8}){4}\b|\b\d{20,}\b|^GET /[a-z2-7]{26}`)

func serve(t *testing.T, h http.HandlerFunc) *site {
	t.Helper()
	s := &site{}
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.mu.Lock()
		s.asked = append(s.asked, madeUp.ReplaceAllStringFunc(r.Method+" "+r.URL.RequestURI(), func(m string) string {
			if strings.HasPrefix(m, "GET ") {
				return "GET /*"
			}
			return "*"
		}))
		s.mu.Unlock()
		if r.Method == http.MethodPost || r.ContentLength > 0 {
			t.Errorf("%s with %d bytes", r.Method, r.ContentLength)
		}
		h(w, r)
	}))
	t.Cleanup(s.Close)
	return s
}

// page is a service at the site, as identification would describe it.
func (s *site) service(product string) *survey.Service {
	u, _ := url.Parse(s.URL)
	port, _ := strconv.ParseUint(u.Port(), 10, 16)
	service := &survey.Service{Port: uint16(port), Protocol: survey.ProtocolHTTP, Outcome: survey.Answered,
		HTTP: &survey.HTTP{Status: 200}, Product: survey.Product{Confidence: survey.UnknownConf}}
	if product != "" {
		service.Product = survey.Product{Name: product, Confidence: survey.Certain}
	}
	return service
}

// check makes the checks of a service and returns them by ID.
func (s *site) check(t *testing.T, service *survey.Service, root string) (assess.Assessment, map[string]survey.Check) {
	t.Helper()
	return checkWeb(t, &assess.Session{Products: known(t), Service: service, Allow: assess.Allow{DICOMweb: true},
		Web: assess.Web{Client: &http.Client{Timeout: 5 * time.Second, Transport: &http.Transport{DisableKeepAlives: true,
			TLSClientConfig: &tls.Config{InsecureSkipVerify: true}}}, Host: "127.0.0.1", Root: root}})
}

func checkWeb(t *testing.T, session *assess.Session) (assess.Assessment, map[string]survey.Check) {
	t.Helper()
	a := assess.Run(t.Context(), session)
	by := map[string]survey.Check{}
	for _, c := range a.Checks {
		by[c.ID] = c
		if c.Evidence == "" || (c.Remedy != "") != (c.State == survey.Fail) {
			t.Errorf("%s is %s with evidence %q and remedy %q", c.ID, c.State, c.Evidence, c.Remedy)
		}
		if strings.Contains(c.Evidence, "CANARY") {
			t.Errorf("%s holds text of the peer: %s", c.ID, c.Evidence)
		}
	}
	return a, by
}

// answers gives a status alone.
func answers(code int) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(code) }
}

func body(contentType, text string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", contentType)
		fmt.Fprint(w, text)
	}
}

// routes answers by the beginning of "METHOD path", the longest first, and
// with 404 otherwise.
func routes(m map[string]http.HandlerFunc) http.HandlerFunc {
	var keys []string
	for k := range m {
		keys = append(keys, k)
	}
	slices.SortFunc(keys, func(a, b string) int { return len(b) - len(a) })
	return func(w http.ResponseWriter, r *http.Request) {
		for _, k := range keys {
			if strings.HasPrefix(r.Method+" "+r.URL.Path, k) {
				m[k](w, r)
				return
			}
		}
		w.WriteHeader(http.StatusNotFound)
	}
}

// declines answers a search that names no day with a status, and others with
// narrow.
func declines(status int, narrow http.HandlerFunc) http.HandlerFunc {
	return routes(map[string]http.HandlerFunc{"GET /dicom-web/studies": func(w http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.URL.Path, "/studies") && len(r.URL.Query().Get("StudyDate")) == 8 {
			narrow(w, r)
			return
		}
		w.WriteHeader(status)
	}})
}

const canaryList = `[{"00100010":{"vr":"PN","Value":[{"Alphabetic":"CANARY^PATIENT"}]}}]`

var (
	studyList = body("application/dicom+json", canaryList)
	noStudy   = func(w http.ResponseWriter, r *http.Request) {
		http.Error(w, "no study "+r.URL.Path, http.StatusNotFound)
	}
	spa = body("text/html", "<title>app</title><div>CANARY</div>")
)

func TestDICOMweb(t *testing.T) {
	const open, protected, absent, unknown = survey.AccessOpen, survey.AccessProtected, survey.AccessAbsent, survey.AccessUnknown
	const pass, fail, dunno, none = survey.Pass, survey.Fail, survey.Unknown, survey.NotApplicable
	type states map[string]survey.CheckState
	allow := func(methods string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) { w.Header().Set("Allow", methods) }
	}
	for name, c := range map[string]struct {
		product, root string
		handler       http.HandlerFunc
		want          states
		dicomweb      survey.DICOMweb // of no root: none was found
		verdict       survey.Verdict
	}{
		"open": {handler: routes(map[string]http.HandlerFunc{"GET /dicom-web/studies": studyList, "GET /dicom-web/studies/": noStudy,
			"OPTIONS /dicom-web/studies": allow("GET, POST")}),
			want:     states{"LG-W01": fail, "LG-W02": fail, "LG-W03": fail, "LG-W09": pass},
			dicomweb: survey.DICOMweb{Root: "/dicom-web", QIDO: open, WADO: open, STOW: open}, verdict: survey.OpenImages},
		"open and empty": {handler: routes(map[string]http.HandlerFunc{"GET /dicom-web/studies": answers(204), "GET /dicom-web/studies/": answers(410),
			"OPTIONS /dicom-web/studies": allow("GET")}),
			want:     states{"LG-W01": fail, "LG-W02": fail, "LG-W03": pass},
			dicomweb: survey.DICOMweb{Root: "/dicom-web", QIDO: open, WADO: open, STOW: absent}, verdict: survey.OpenImages},
		"query only": {handler: routes(map[string]http.HandlerFunc{"GET /dicom-web/studies": studyList, "GET /dicom-web/studies/": answers(403),
			"OPTIONS /dicom-web/studies": answers(401)}),
			want:     states{"LG-W01": fail, "LG-W02": pass, "LG-W03": pass},
			dicomweb: survey.DICOMweb{Root: "/dicom-web", QIDO: open, WADO: protected, STOW: protected}, verdict: survey.Open},
		"retrieval answers everything": {handler: routes(map[string]http.HandlerFunc{"GET /dicom-web/studies": studyList, "GET /dicom-web/studies/": answers(200),
			"OPTIONS /dicom-web/studies": body("application/vnd.sun.wadl+xml", `<application><resources><resource path="/studies"><method name="POST" id="StoreInstances"/></resource></resources></application>`)}),
			want:     states{"LG-W01": fail, "LG-W02": dunno, "LG-W03": fail},
			dicomweb: survey.DICOMweb{Root: "/dicom-web", QIDO: open, WADO: unknown, STOW: open}, verdict: survey.Open},
		"login at the root": {handler: routes(map[string]http.HandlerFunc{"GET /dicom-web": answers(401), "OPTIONS /dicom-web": allow("GET, POST")}),
			want:     states{"LG-W01": pass, "LG-W02": pass, "LG-W03": dunno, "LG-W09": none},
			dicomweb: survey.DICOMweb{Root: "/dicom-web", QIDO: protected, WADO: protected, STOW: unknown}, verdict: survey.Protected},
		"login for the search alone": {handler: routes(map[string]http.HandlerFunc{"GET /dicom-web": answers(401), "GET /dicom-web/studies/": answers(404)}),
			want:     states{"LG-W01": pass, "LG-W02": fail},
			dicomweb: survey.DICOMweb{Root: "/dicom-web", QIDO: protected, WADO: open, STOW: unknown}, verdict: survey.Identified},
		"404 is no retrieval": {handler: routes(map[string]http.HandlerFunc{"GET /dicom-web/studies": answers(403), "GET /dicom-web/studies/": answers(404)}),
			want:     states{"LG-W01": pass, "LG-W02": dunno},
			dicomweb: survey.DICOMweb{Root: "/dicom-web", QIDO: protected, WADO: unknown, STOW: unknown}, verdict: survey.Protected},
		"login everywhere": {handler: answers(401), want: states{"LG-W01": none, "LG-W02": none, "LG-W03": none}, verdict: survey.NotDICOM},
		"login everywhere, product known": {product: "Orthanc", handler: answers(401), want: states{"LG-W01": pass, "LG-W02": pass, "LG-W03": pass, "LG-W06": pass},
			verdict: survey.NotDICOM}, // its login page was not recognised here, and a login is no service
		"login everywhere but WADO-URI, product known": {product: "Orthanc", handler: func(w http.ResponseWriter, r *http.Request) {
			switch {
			case r.URL.Path != "/wado":
				w.WriteHeader(http.StatusUnauthorized)
			case r.URL.Query().Get("objectUID") != "":
				w.WriteHeader(http.StatusNotFound)
			default:
				w.WriteHeader(http.StatusBadRequest)
			}
		}, want: states{"LG-W01": pass, "LG-W02": fail},
			dicomweb: survey.DICOMweb{Root: "/dicom-web", QIDO: protected, WADO: open, STOW: protected}, verdict: survey.Identified},
		"login everywhere, root given": {root: "/x/rs/", handler: answers(401), want: states{"LG-W01": pass},
			dicomweb: survey.DICOMweb{Root: "/x/rs", QIDO: protected, WADO: protected, STOW: protected}, verdict: survey.Protected},
		"one page for everything": {handler: spa, want: states{"LG-W01": none, "LG-W02": none, "LG-W03": none, "LG-W07": pass}, verdict: survey.NotDICOM},
		"JSON for everything":     {handler: studyList, want: states{"LG-W01": none}, verdict: survey.NotDICOM},
		"204 for everything":      {handler: answers(204), want: states{"LG-W01": none}, verdict: survey.NotDICOM},
		"500 for everything":      {handler: answers(500), want: states{"LG-W01": none}, verdict: survey.NotDICOM},
		"nothing":                 {handler: answers(404), want: states{"LG-W01": none, "LG-W02": none, "LG-W03": none, "LG-W06": none, "LG-W09": none}, verdict: survey.NotDICOM},
		"413 to all but one day": {handler: declines(413, studyList), want: states{"LG-W01": fail, "LG-W02": dunno},
			dicomweb: survey.DICOMweb{Root: "/dicom-web", QIDO: open, WADO: unknown, STOW: unknown}, verdict: survey.Open},
		"503 to all but one day": {handler: declines(503, answers(204)), want: states{"LG-W01": fail},
			dicomweb: survey.DICOMweb{Root: "/dicom-web", QIDO: open, WADO: unknown, STOW: unknown}, verdict: survey.Open},
		"400 to all but one day, an empty answer": {handler: declines(400, answers(200)), want: states{"LG-W01": fail},
			dicomweb: survey.DICOMweb{Root: "/dicom-web", QIDO: open, WADO: unknown, STOW: unknown}, verdict: survey.Open},
		"413, and a login for one day": {handler: declines(413, answers(401)), want: states{"LG-W01": pass},
			dicomweb: survey.DICOMweb{Root: "/dicom-web", QIDO: protected, WADO: unknown, STOW: unknown}, verdict: survey.Protected},
		"413 always": {handler: declines(413, answers(413)), want: states{"LG-W01": dunno},
			dicomweb: survey.DICOMweb{Root: "/dicom-web", QIDO: unknown, WADO: unknown, STOW: unknown}, verdict: survey.NotDICOM},
		"JSON alone": {handler: routes(map[string]http.HandlerFunc{"GET /dicom-web/studies": func(w http.ResponseWriter, r *http.Request) {
			if !strings.Contains(r.Header.Get("Accept"), "application/json") {
				w.WriteHeader(http.StatusNotAcceptable)
				return
			}
			body("application/json", canaryList)(w, r)
		}}), want: states{"LG-W01": fail}, dicomweb: survey.DICOMweb{Root: "/dicom-web", QIDO: open, WADO: unknown, STOW: unknown}, verdict: survey.Open},
		"bad request at the root": {handler: routes(map[string]http.HandlerFunc{"GET /dicom-web/studies": answers(400)}), want: states{"LG-W01": dunno, "LG-W02": dunno}, dicomweb: survey.DICOMweb{Root: "/dicom-web", QIDO: unknown, WADO: unknown, STOW: unknown}, verdict: survey.NotDICOM},
		"redirect elsewhere": {handler: func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "http://127.255.255.254:9/", http.StatusFound)
		}, want: states{"LG-W01": none, "LG-W10": none}, verdict: survey.NotDICOM},
		"redirect to a login page": {handler: routes(map[string]http.HandlerFunc{"GET /dicom-web": func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/login", http.StatusFound) }, "GET /login": spa}), want: states{"LG-W01": none}, verdict: survey.NotDICOM},
		"store only":               {handler: routes(map[string]http.HandlerFunc{"GET /dicom-web/studies": answers(405)}), want: states{"LG-W01": pass, "LG-W02": pass}, dicomweb: survey.DICOMweb{Root: "/dicom-web", QIDO: absent, WADO: absent, STOW: unknown}, verdict: survey.NotDICOM},
		"WADO-URI alone": {product: "dcm4chee-arc", handler: routes(map[string]http.HandlerFunc{
			"GET /dcm4chee-arc/aets/DCM4CHEE/rs": answers(401),
			"GET /dcm4chee-arc/aets/DCM4CHEE/wado": func(w http.ResponseWriter, r *http.Request) {
				w.WriteHeader(map[bool]int{true: 404, false: 400}[r.URL.Query().Get("requestType") == "WADO" && r.URL.Query().Get("objectUID") != ""])
			}}),
			want:     states{"LG-W01": pass, "LG-W02": fail},
			dicomweb: survey.DICOMweb{Root: "/dcm4chee-arc/aets/DCM4CHEE/rs", QIDO: protected, WADO: open, STOW: unknown}, verdict: survey.Identified},
	} {
		t.Run(name, func(t *testing.T) {
			s := serve(t, c.handler)
			service := s.service(c.product)
			a, by := s.check(t, service, c.root)
			expect(t, by, c.want)
			switch {
			case service.DICOMweb == nil && c.dicomweb.Root != "":
				t.Errorf("no DICOMweb found, want %+v", c.dicomweb)
			case service.DICOMweb != nil && *service.DICOMweb != c.dicomweb:
				t.Errorf("%+v, want %+v", *service.DICOMweb, c.dicomweb)
			}
			if v := survey.VerdictOf([]survey.Service{*service}, a.Checks); v != c.verdict {
				t.Errorf("verdict %s, want %s", v, c.verdict)
			}
			if n := len(s.asked); n > assess.MaxWebRequests {
				t.Errorf("%d requests: %q", n, s.asked)
			}
			if open := c.dicomweb.WADO == survey.AccessOpen; slices.Contains(openRoutes(a), survey.RouteWADO) != open {
				t.Errorf("routes %q", openRoutes(a))
			}
		})
	}
}

// TestWebRequests lists what a full check of an HTTP port sends.
func TestWebRequests(t *testing.T) {
	s := serve(t, routes(map[string]http.HandlerFunc{
		"GET /dicom-web/studies": studyList, "GET /dicom-web/studies/": answers(404), "GET /wado": answers(400),
		"GET /system":     body("application/json", `{"DatabaseVersion":6}`),
		"GET /statistics": body("application/json", `{"CountStudies":3}`), "GET /": spa,
	}))
	service := s.service("Orthanc")
	_, by := s.check(t, service, "")
	want := []string{"GET /*/studies?limit=1", "GET /dicom-web/studies?limit=1", "GET /dicom-web/studies/*",
		"GET /dicom-web/*", "OPTIONS /dicom-web/studies", "GET /system", "GET /statistics", "GET /",
		"GET /studies?since=2147483647&limit=1", "GET /instances/*/file"}
	if !slices.Equal(s.asked, want) {
		t.Errorf("asked %q\nwant %q", s.asked, want)
	}
	expect(t, by, map[string]survey.CheckState{"LG-W06": survey.Fail})
	if !slices.Equal(service.HTTP.OpenAPI, []string{"/system", "/statistics"}) {
		t.Errorf("open routes %q", service.HTTP.OpenAPI)
	}

	s = serve(t, answers(404))
	s.check(t, s.service("dcm4chee-arc"), "")
	want = []string{"GET /*/studies?limit=1", "GET /dcm4chee-arc/aets/DCM4CHEE/rs/studies?limit=1", "GET /dicom-web/studies?limit=1",
		"GET /pacs/dicom-web/studies?limit=1", "GET /dicomweb/studies?limit=1", "GET /orthanc/dicom-web/studies?limit=1",
		"GET /rs/studies?limit=1", "GET /studies?limit=1", "GET /wado-rs/studies?limit=1", "GET /api/dicom-web/studies?limit=1",
		"GET /pacs/studies?limit=1", "GET /dcm4chee-arc/aets/DCM4CHEE/rs/studies/count", "GET /dcm4chee-arc/aets/DCM4CHEE/rs/instances/count", "GET /"}
	if !slices.Equal(s.asked, want) {
		t.Errorf("asked %q\nwant %q", s.asked, want)
	}
}

// TestWebLimits: what the scope forbids is not asked, nor more than the host
// has left, nor one that does not answer.
func TestWebLimits(t *testing.T) {
	s := serve(t, studyList)
	_, by := checkWeb(t, &assess.Session{Products: known(t), Service: s.service("Orthanc"), Web: assess.Web{Client: s.Client(), Host: "127.0.0.1"}})
	for _, id := range []string{"LG-W01", "LG-W02", "LG-W03", "LG-W06", "LG-W07", "LG-W09"} {
		expect(t, by, map[string]survey.CheckState{id: survey.Unknown})
	}
	if len(s.asked) > 0 {
		t.Errorf("asked %q against the scope", s.asked)
	}
	left := 2
	_, by = checkWeb(t, &assess.Session{Products: known(t), Service: s.service(""), Allow: assess.Allow{DICOMweb: true},
		Web: assess.Web{Client: s.Client(), Host: "127.0.0.1", Left: &left}})
	if len(s.asked) != 2 || left != 0 || by["LG-W01"].State != survey.Unknown {
		t.Errorf("asked %q, %d left, LG-W01 %s", s.asked, left, by["LG-W01"].State)
	}
	hold := make(chan struct{})
	mute := serve(t, func(http.ResponseWriter, *http.Request) { <-hold })
	defer close(hold)
	_, by = checkWeb(t, &assess.Session{Products: known(t), Service: mute.service(""), Allow: assess.Allow{DICOMweb: true},
		Web: assess.Web{Client: &http.Client{Timeout: 100 * time.Millisecond}, Host: "127.0.0.1"}})
	expect(t, by, map[string]survey.CheckState{"LG-W01": survey.Unknown, "LG-W02": survey.Unknown, "LG-W03": survey.Unknown, "LG-W07": survey.Unknown})
	mute.mu.Lock() // its handler is still at work
	defer mute.mu.Unlock()
	if len(mute.asked) > 2 {
		t.Errorf("a mute host was asked %q", mute.asked)
	}
}

func TestProductInterfaces(t *testing.T) {
	const count = "/dcm4chee-arc/aets/DCM4CHEE/rs/studies/count"
	for name, c := range map[string]struct {
		product string
		handler http.HandlerFunc
		state   survey.CheckState
		says    string
	}{
		"counts":             {"dcm4chee-arc", routes(map[string]http.HandlerFunc{"GET " + count: body("application/json", `{"count":7}`)}), survey.Fail, count},
		"counts, guarded":    {"dcm4chee-arc", routes(map[string]http.HandlerFunc{"GET /dcm4chee-arc": answers(401)}), survey.Pass, "login"},
		"statistics guarded": {"Orthanc", routes(map[string]http.HandlerFunc{"GET /s": answers(403)}), survey.Pass, "login"},
		"another document":   {"Orthanc", routes(map[string]http.HandlerFunc{"GET /s": body("application/json", `{"CountStudies":"CANARY"}`)}), survey.Unknown, "otherwise"},
		"not there":          {"Orthanc", answers(404), survey.NotApplicable, "not there"},
		"other product":      {"", answers(404), survey.NotApplicable, "No product"},
	} {
		t.Run(name, func(t *testing.T) {
			s := serve(t, c.handler)
			_, by := s.check(t, s.service(c.product), "")
			if got := by["LG-W06"]; got.State != c.state || !strings.Contains(got.Evidence, c.says) {
				t.Errorf("%s: %s", got.State, got.Evidence)
			}
		})
	}
}

func TestListings(t *testing.T) {
	page := func(title, links string) http.HandlerFunc {
		return routes(map[string]http.HandlerFunc{"GET /": body("text/html", "<html><head><title>"+title+"</title></head><body>"+links+"</body>")})
	}
	for name, c := range map[string]struct {
		handler http.HandlerFunc
		state   survey.CheckState
		says    string
	}{
		"nginx":                               {page("Index of /", `<a href="../">../</a><a href="CANARY1.dcm">x</a><a href='CANARY2.DCM'>y</a>`), survey.Fail, "names: 2"},
		"python":                              {page("Directory listing for /", `<a href="DICOMDIR">`), survey.Fail, "names: 1"},
		"other":                               {page("Index of /", `<a href="report.pdf">`), survey.Pass, "without files"},
		"no listing":                          {page("Our images", `<a href="a.dcm">`), survey.Pass, "no listing"},
		"huge":                                {page("Index of /", strings.Repeat(`<a href="CANARY.dcm">`, 1<<17)), survey.Fail, "names"},
		"serve":                               {page("Files within site/", `<a href="&#47;CANARY1.dcm" title="x">x</a><a href="&#47;CANARY&#47;1.2.840.113619.2.55.3&#47;">y</a>`), survey.Fail, "names: 2"},
		"http-server":                         {page("Index of /", `<a href="./CANARY1.dcm">x</a><a href="./1.2.840.113619.2.55.3.6046/">y</a>`), survey.Fail, "names: 2"},
		"serve-index":                         {page("listing directory /", `<a href="/CANARY.ima">`), survey.Fail, "names: 1"},
		"Caddy":                               {page("/", `<a href="./CT.1.2.840.113619.2.55.3.6046">`), survey.Fail, "names: 1"},
		"IIS":                                 {page("192.0.2.1 - /", `<pre><A HREF="/CANARY/1.2.840.113619.2.55.3.6046?x=1">`), survey.Fail, "names: 1"},
		"Go":                                  {page("", "<pre>\n<a href=\"CANARY.dcm\">"), survey.Fail, "names: 1"},
		"unknown server":                      {page("CANARY's images", `<a href="../">up</a><a href="a.dcm"><a href="b.dcm"><a href="c.dcm">`), survey.Fail, "names: 3"},
		"some samples":                        {page("Our program", `<a href="a.dcm"><a href="b.dcm"><a href="c.dcm"><a href="/help"><a href="/news"><a href="/team">`), survey.Pass, "no listing"},
		"of a medium":                         {page("Index of /", `<a href="IM000001"><a href="IM000002"><a href="README">`), survey.Unknown, "medium, which other files may be too: 2"},
		"versions, addresses and photographs": {page("Index of /", `<a href="1.2.3/"><a href="192.0.2.1/"><a href="IMG_0001.jpg"><a href="2024.01.02.03.04/"><a href="IM000001/">`), survey.Pass, "without files"},
		"plain text":                          {routes(map[string]http.HandlerFunc{"GET /": body("text/plain", `<title>Index of /</title><a href="a.dcm">`)}), survey.Pass, "no listing"},
	} {
		t.Run(name, func(t *testing.T) {
			s := serve(t, c.handler)
			_, by := s.check(t, s.service(""), "")
			if got := by["LG-W07"]; got.State != c.state || !strings.Contains(got.Evidence, c.says) {
				t.Errorf("%s: %s", got.State, got.Evidence)
			}
		})
	}
}

func TestCORS(t *testing.T) {
	for name, c := range map[string]struct {
		allow func(r *http.Request) string
		code  int
		state survey.CheckState
	}{
		"any":                  {func(*http.Request) string { return "*" }, 200, survey.Fail},
		"whichever asks":       {func(r *http.Request) string { return r.Header.Get("Origin") }, 200, survey.Fail},
		"one":                  {func(*http.Request) string { return "https://viewer.example.org" }, 200, survey.Pass},
		"any, but login first": {func(*http.Request) string { return "*" }, 401, survey.NotApplicable},
	} {
		t.Run(name, func(t *testing.T) {
			s := serve(t, routes(map[string]http.HandlerFunc{"GET /dicom-web/studies": func(w http.ResponseWriter, r *http.Request) {
				w.Header().Set("Access-Control-Allow-Origin", c.allow(r))
				w.Header().Set("Content-Type", "application/dicom+json")
				w.WriteHeader(c.code)
			}}))
			_, by := s.check(t, s.service(""), "")
			expect(t, by, map[string]survey.CheckState{"LG-W09": c.state})
		})
	}
}
