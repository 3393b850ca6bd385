package webcount_test

import (
	"context"
	"fmt"
	"net/http"
	"net/netip"
	"net/url"
	"testing"
	"time"

	"leadglass/internal/census/webcount"
	"leadglass/internal/gate"
	"leadglass/internal/privacy"
	"leadglass/internal/realserver"
	"leadglass/internal/survey"
)

// loopback is a policy that allows loopback addresses.
type loopback struct{}

func (loopback) Check(a netip.Addr, _ time.Time) error {
	if !a.IsLoopback() {
		return fmt.Errorf("%v is no loopback address", a)
	}
	return nil
}

// throughGate asks as a survey does.
func throughGate(t testing.TB, s *realserver.Server) webcount.Options {
	t.Helper()
	host := gate.New(loopback{}, gate.Options{}).Host(s.Addr())
	client := host.HTTPClient(gate.HTTPOptions{Timeout: time.Minute, MaxBody: webcount.DefaultMaxBody})
	return webcount.Options{
		Do:   func(_ context.Context, r *http.Request) (*http.Response, error) { return client.Do(r) },
		Base: url.URL{Scheme: "http", Host: s.HTTPAddr()}, Root: "/dicom-web/", Numbers: known(t).Numbers("Orthanc", "/dicom-web"),
		ListsEmptyDates: len(known(t).FactsNamed("Orthanc").ListsEmptyDates) > 0,
		Routes:          []survey.Route{"WADO-RS"}, SketchKey: privacy.NewKey(),
	}
}

func show(t *testing.T, r webcount.Result, began time.Time) {
	t.Helper()
	t.Logf("studies %v (%s), images %v (%s), %d requests in %v", r.Counts.Studies, r.Counts.Studies.Reason,
		r.Counts.ImagesLinked, r.Counts.ImagesLinked.Reason, r.Requests, time.Since(began).Round(time.Millisecond))
}

// TestOrthanc counts the DICOMweb plug-in of a real Orthanc exactly, whatever
// its LimitFindResults, also with studies without a date.
func TestOrthanc(t *testing.T) {
	for _, noDate := range []int{0, 40} {
		studies := realserver.Studies(4, 1000, 2, realserver.StudyOptions{Minimal: true, NoDate: noDate,
			From: time.Date(2017, 1, 1, 0, 0, 0, 0, time.UTC), To: time.Date(2019, 12, 31, 0, 0, 0, 0, time.UTC)})
		for _, limit := range []int{0, 70, 100, 999, 1000} {
			t.Run(fmt.Sprintf("limit %d, %d without date", limit, noDate), func(t *testing.T) {
				s := realserver.Orthanc(t, realserver.OrthancOptions{DICOMweb: true, InMemory: true, Studies: studies,
					Config: map[string]any{"LimitFindResults": limit}})
				began := time.Now()
				r := webcount.QIDO(t.Context(), throughGate(t, s))
				show(t, r, began)
				want(t, "studies", r.Counts.Studies, survey.ExactCount(1000, "qido-rs"))
				want(t, "images linked", r.Counts.ImagesLinked, survey.ExactCount(2000, "qido-rs"))
				want(t, "images accessible", r.Counts.ImagesAccessible, survey.ExactCount(2000, "qido-rs"))
				if r.Counts.Years["none"] != int64(noDate) || len(r.Sketch) == 0 {
					t.Errorf("years %v, sketch of %d bytes", r.Counts.Years, len(r.Sketch))
				}
				if limit != 0 {
					return
				}
				n, ok := webcount.Numbers(t.Context(), throughGate(t, s))
				if !ok {
					t.Fatal("no number-only route")
				}
				want(t, "statistics, studies", n.Studies, survey.ExactCount(1000, "orthanc-statistics"))
				want(t, "statistics, images", n.ImagesAccessible, survey.ExactCount(2000, "orthanc-statistics"))
				want(t, "statistics, patients", n.Patients, survey.ExactCount(1000, "orthanc-statistics"))
			})
		}
	}
}

func want(t *testing.T, what string, got, want survey.Count) {
	t.Helper()
	if got.String() != want.String() || got.Quality != want.Quality || got.Source != want.Source {
		t.Errorf("%s: %v, %s by %q (%s); want %v, %s by %q", what, got, got.Quality, got.Source, got.Reason, want, want.Quality, want.Source)
	}
	if err := got.Validate(); err != nil {
		t.Errorf("%s: %v", what, err)
	}
}
