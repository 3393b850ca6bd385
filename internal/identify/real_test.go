package identify_test

import (
	"crypto/tls"
	"net/http"
	"slices"
	"testing"
	"time"

	"leadglass/dicom"
	"leadglass/internal/identify"
	"leadglass/internal/products"
	"leadglass/internal/realserver"
	"leadglass/internal/survey"
)

// landingField is where the client puts the path that was asked for.
const landingField = ":path"

// landing notes the path that was asked for in the response's header.
type landing struct{ base http.RoundTripper }

func (l landing) RoundTrip(req *http.Request) (*http.Response, error) {
	resp, err := l.base.RoundTrip(req)
	if err == nil {
		resp.Header[landingField] = []string{req.URL.Path}
	}
	return resp, err
}

// browser is a client without proxies or kept connections.
func browser(t testing.TB) *http.Client {
	transport := &http.Transport{Proxy: nil, DisableKeepAlives: true,
		TLSClientConfig: &tls.Config{InsecureSkipVerify: true}} //nolint:gosec // certificates of the test
	t.Cleanup(transport.CloseIdleConnections)
	return &http.Client{Transport: landing{transport}, Timeout: 5 * time.Second}
}

func wantDCMTK(t *testing.T, s survey.Service) {
	t.Helper()
	if s.Toolkit.Name != "DCMTK" || s.Toolkit.Version == "" || s.Toolkit.Confidence != survey.Certain || s.Toolkit.Conflict != "" {
		t.Errorf("toolkit %+v, want DCMTK with its version, certain", s.Toolkit)
	}
	if s.ImplementationClassUID == "" || s.ImplementationVersionName == "" || s.MaxPDU == nil {
		t.Errorf("class UID %q, version name %q, max PDU %v", s.ImplementationClassUID, s.ImplementationVersionName, s.MaxPDU)
	}
	if slices.Contains(s.Behaviours, survey.BehaviourNonsenseContext) {
		t.Error("a made-up context is said to be accepted")
	}
}

func TestOrthanc(t *testing.T) {
	srv := realserver.Orthanc(t, realserver.OrthancOptions{})
	p := table(t)
	d := identify.DICOM(t.Context(), srv.DICOMPort, opener(srv.DICOMAddr(), nil), identify.Options{Products: p})
	wantDCMTK(t, d)
	if d.CalledAETitle.Policy != survey.AnyTitle || !d.Levels.QueryContext || d.Levels.QueryAnswered || d.Attempts != 1 {
		t.Errorf("policy %q, levels %+v, %d attempts", d.CalledAETitle.Policy, d.Levels, d.Attempts)
	}
	if !slices.Contains(d.Behaviours, "echo:0000") || !slices.Contains(d.SOPClasses, dicom.StudyRootFind) {
		t.Errorf("behaviours %q, SOP classes %q", d.Behaviours, d.SOPClasses)
	}
	if d.Product.Confidence == survey.Certain || d.Product.Confidence == survey.Likely {
		t.Errorf("product %+v from an announcement of DCMTK alone", d.Product)
	}

	h := identify.HTTP(t.Context(), srv.HTTPPort, browser(t), "http", identify.HTTPOptions{LandingField: landingField, Host: srv.Host, Products: p})
	if h.Product.Name != "Orthanc" || h.Product.Confidence != survey.Certain || h.Product.Version == nil {
		t.Errorf("product %+v, want Orthanc with its version", h.Product)
	}
	if h.HTTP == nil || h.HTTP.Page != "orthanc-explorer" || !h.HTTP.Viewer || h.HTTP.AuthRequired || h.HTTP.DICOMPort != srv.DICOMPort {
		t.Errorf("HTTP %+v", h.HTTP)
	}

	merged := identify.Merge([]survey.Service{d, h}, p)
	if got := merged[0].Product; got.Name != "Orthanc" || got.Confidence != survey.Certain || got.Version == nil || !slices.Contains(got.Evidence, products.EvidenceTitle) {
		t.Errorf("product of the DICOM port beside it: %+v", got)
	}
	if merged[0].Toolkit != d.Toolkit {
		t.Errorf("the toolkit became %+v", merged[0].Toolkit)
	}

	identify.Refine(&d, p, survey.BehaviourFind+survey.BehaviourAbort)
	if d.Product.Name != "Orthanc" || d.Product.Confidence != survey.Likely || !slices.Contains(d.Product.Evidence, products.EvidenceBehaviour) {
		t.Errorf("product %+v after the query was ended by an abort", d.Product)
	}
}

func TestOrthancBehindALogin(t *testing.T) {
	srv := realserver.Orthanc(t, realserver.OrthancOptions{Config: map[string]any{
		"AuthenticationEnabled": true, "RegisteredUsers": map[string]string{"someone": "secret"}, "DicomCheckCalledAet": true}})
	p := table(t)
	h := identify.HTTP(t.Context(), srv.HTTPPort, browser(t), "http", identify.HTTPOptions{LandingField: landingField, Host: srv.Host, Products: p})
	if h.Product.Name != "Orthanc" || h.Product.Confidence != survey.Certain || h.Product.Version != nil ||
		!slices.Equal(h.Product.Evidence, []string{products.EvidenceRealm}) {
		t.Errorf("product %+v", h.Product)
	}
	if h.HTTP == nil || !h.HTTP.AuthRequired || h.HTTP.Viewer || h.HTTP.Status != http.StatusUnauthorized {
		t.Errorf("HTTP %+v", h.HTTP)
	}
	for _, allowed := range []bool{false, true} {
		d := identify.DICOM(t.Context(), srv.DICOMPort, opener(srv.DICOMAddr(), nil), identify.Options{Products: p, DefaultAETitles: allowed})
		want := survey.RefusedTitle
		if allowed {
			want = survey.DefaultTitle
		}
		if d.CalledAETitle.Policy != want || allowed != (d.CalledAETitle.Accepted == "ORTHANC") || allowed != (d.Rejection == nil) {
			t.Errorf("defaults allowed %v: title %+v, rejection %+v", allowed, d.CalledAETitle, d.Rejection)
		}
		if !allowed {
			merged := identify.Merge([]survey.Service{d, h}, p)
			if got := merged[0].Product; got.Name != "Orthanc" || got.Confidence == survey.Certain {
				t.Errorf("product of a DICOM port that said nothing of itself: %+v", got)
			}
		}
	}
}

func TestDcmqrscp(t *testing.T) {
	srv := realserver.Dcmqrscp(t, realserver.DCMTKOptions{AETitle: "COMMON"})
	p := table(t)
	d := identify.DICOM(t.Context(), srv.DICOMPort, opener(srv.DICOMAddr(), nil), identify.Options{Products: p, DefaultAETitles: true})
	wantDCMTK(t, d)
	if d.CalledAETitle.Policy != survey.DefaultTitle || d.CalledAETitle.Accepted != "COMMON" || d.Rejection != nil {
		t.Errorf("title %+v, rejection %+v", d.CalledAETitle, d.Rejection)
	}
	if d.Product.Confidence != survey.UnknownConf {
		t.Errorf("product %+v before any query", d.Product)
	}
	identify.Refine(&d, p, survey.BehaviourCountsAbsent)
	if d.Product.Name != "DCMTK dcmqrscp" || d.Product.Confidence != survey.Likely {
		t.Errorf("product %+v after a query without counts", d.Product)
	}
	refused := identify.DICOM(t.Context(), srv.DICOMPort, opener(srv.DICOMAddr(), nil), identify.Options{Products: p})
	if r := refused.Rejection; r == nil || r.Kind != "reject" || r.Result != 1 || r.Source != 1 || r.Reason != 7 || r.During != "association" {
		t.Errorf("rejection %+v, want 1/1/7", r)
	}
	if refused.CalledAETitle.Policy != survey.RefusedTitle || !refused.Levels.Speaks || refused.Levels.Associates {
		t.Errorf("title %+v, levels %+v", refused.CalledAETitle, refused.Levels)
	}
}

func TestStorescpAndWlmscpfs(t *testing.T) {
	p := table(t)
	storescp := realserver.Storescp(t, realserver.DCMTKOptions{})
	s := identify.DICOM(t.Context(), storescp.DICOMPort, opener(storescp.DICOMAddr(), nil), identify.Options{Products: p})
	wantDCMTK(t, s)
	if s.CalledAETitle.Policy != survey.AnyTitle || s.Levels.QueryContext || s.Product.Name != "DCMTK storescp" || s.Product.Confidence != survey.Possible {
		t.Errorf("storescp: title %+v, levels %+v, product %+v, facts %q", s.CalledAETitle, s.Levels, s.Product, s.Behaviours)
	}
	worklist := realserver.Wlmscpfs(t, realserver.DCMTKOptions{})
	var titles []string
	w := identify.DICOM(t.Context(), worklist.DICOMPort, opener(worklist.DICOMAddr(), &titles), identify.Options{
		Products: p, KnownAETitles: []string{worklist.AETitle}})
	wantDCMTK(t, w)
	if w.CalledAETitle.Policy != survey.KnownTitle || w.Product.Name != "DCMTK wlmscpfs" || w.Product.Confidence != survey.Possible || len(titles) != 2 {
		t.Errorf("wlmscpfs: title %+v, product %+v, facts %q, SOP classes %q", w.CalledAETitle, w.Product, w.Behaviours, w.SOPClasses)
	}
}

func TestOrthancSpokenToInTheWrongProtocol(t *testing.T) {
	srv := realserver.Orthanc(t, realserver.OrthancOptions{})
	p := table(t)
	d := identify.DICOM(t.Context(), srv.HTTPPort, opener(srv.HTTPAddr(), nil), identify.Options{Products: p})
	if d.Protocol != survey.ProtocolUnknown || d.Outcome == survey.Answered {
		t.Errorf("DICOM to the HTTP port: %q, %q (%s)", d.Protocol, d.Outcome, d.Detail)
	}
	h := identify.HTTP(t.Context(), srv.DICOMPort, browser(t), "http", identify.HTTPOptions{LandingField: landingField, Host: srv.Host, Products: p})
	if h.Protocol != survey.ProtocolUnknown || h.Outcome == survey.Answered || h.HTTP != nil {
		t.Errorf("HTTP to the DICOM port: %q, %q (%s)", h.Protocol, h.Outcome, h.Detail)
	}
}
