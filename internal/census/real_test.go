package census_test

import (
	"context"
	"fmt"
	"net/netip"
	"slices"
	"testing"
	"time"

	"leadglass/dicom"
	"leadglass/dicom/dimse"
	"leadglass/dicom/ul"
	"leadglass/internal/census"
	"leadglass/internal/gate"
	"leadglass/internal/products"
	"leadglass/internal/realserver"
	"leadglass/internal/survey"
)

// threeYears are studies from 2017 to 2019.
func threeYears(n, noDate int) []realserver.Study {
	return realserver.Studies(4, n, 2, realserver.StudyOptions{
		From: time.Date(2017, 1, 1, 0, 0, 0, 0, time.UTC), To: time.Date(2019, 12, 31, 0, 0, 0, 0, time.UTC),
		Minimal: true, NoDate: noDate,
	})
}

func orthanc(t *testing.T, limit int, studies []realserver.Study) *realserver.Server {
	t.Helper()
	config := realserver.OpenOrthanc()
	config["LimitFindResults"] = limit
	return realserver.Orthanc(t, realserver.OrthancOptions{Config: config, InMemory: true, Studies: studies})
}

// loopback is a policy that allows loopback addresses.
type loopback struct{}

func (loopback) Check(a netip.Addr, _ time.Time) error {
	if !a.IsLoopback() {
		return fmt.Errorf("%v is no loopback address", a)
	}
	return nil
}

// throughGate opens associations as a survey does.
func throughGate(t testing.TB, s *realserver.Server) ul.Opener {
	t.Helper()
	host := gate.New(loopback{}, gate.Options{}).Host(s.Addr())
	return func(ctx context.Context, called string, contexts []ul.PresentationContext) (*ul.Association, error) {
		conn, err := host.Dial(ctx, s.DICOMPort)
		if err != nil {
			return nil, err
		}
		return ul.Request(ctx, conn, ul.AssociateRQ{CalledAETitle: called, CallingAETitle: "LEADGLASS", Contexts: contexts}, ul.Options{})
	}
}

// listsEmptyDates is what is known of a server built on DCMTK whose product shows
// itself by the end of its lists alone.
func listsEmptyDates(t testing.TB) func(dimse.Status) bool {
	t.Helper()
	table, err := products.Builtin()
	if err != nil {
		t.Fatal(err)
	}
	return func(limit dimse.Status) bool {
		s := survey.Service{Toolkit: survey.Toolkit{Name: "DCMTK"}}
		return slices.Contains(table.FactsOf(&s, survey.BehaviourFindLimit+limit.String()).ListsEmptyDates, limit.String())
	}
}

func countReal(t *testing.T, s *realserver.Server, o census.Options) census.Result {
	t.Helper()
	o.CalledAETitle, o.Routes = s.AETitle, []survey.Route{"C-GET"}
	o.ListsEmptyDates = listsEmptyDates(t)
	began := time.Now()
	r := census.Count(t.Context(), throughGate(t, s), o)
	t.Logf("studies %v (%s), images %v (%s), %d queries, %d responses, longest %v, echo %v and %v, took %v",
		r.Counts.Studies, r.Counts.Studies.Reason, r.Counts.ImagesLinked, r.Counts.ImagesLinked.Reason,
		r.Queries, r.Responses, r.LongestQuery, r.EchoBefore, r.EchoDuring, time.Since(began))
	return r
}

// TestOrthanc counts Orthanc exactly, whatever its LimitFindResults, also with
// studies without a date.
func TestOrthanc(t *testing.T) {
	for _, noDate := range []int{0, 40} {
		studies := threeYears(1000, noDate)
		for _, limit := range []int{0, 7, 100} {
			if limit == 7 && noDate == 40 {
				continue // more studies without a date than a list can hold
			}
			s := orthanc(t, limit, studies)
			r := countReal(t, s, census.Options{})
			c, linked := r.Counts.Studies, r.Counts.ImagesLinked
			if n, _ := c.Int(); n != 1000 || c.Quality != survey.Exact {
				t.Errorf("limit %d, %d without date: %v studies (%s)", limit, noDate, c, c.Quality)
			}
			if n, _ := linked.Int(); n != 2000 || linked.Quality != survey.Exact {
				t.Errorf("limit %d, %d without date: %v images (%s)", limit, noDate, linked, linked.Quality)
			}
		}
	}
}

// TestDcmqrscp counts dcmqrscp, which keeps 500 studies and knows no number of
// images, by listing them.
func TestDcmqrscp(t *testing.T) {
	for _, n := range []int{60, realserver.MaxStudies} {
		s := realserver.Dcmqrscp(t, realserver.DCMTKOptions{Studies: threeYears(n, 0)})
		r := countReal(t, s, census.Options{})
		if got, _ := r.Counts.Studies.Int(); got != int64(n) {
			t.Errorf("%v studies, want %d", r.Counts.Studies, n)
		}
		if got, _ := r.Counts.ImagesLinked.Int(); got != int64(2*n) {
			t.Errorf("%v images, want %d", r.Counts.ImagesLinked, 2*n)
		}
	}
}

// TestDcmqrscpPatientRoot counts a dcmqrscp of Patient Root alone, where it
// declines queries for studies without a patient ID: any ID matches a wildcard.
func TestDcmqrscpPatientRoot(t *testing.T) {
	s := realserver.Dcmqrscp(t, realserver.DCMTKOptions{Studies: threeYears(60, 0), Args: []string{"--no-study-root"}})
	o := census.Options{}
	if r := countReal(t, s, o); r.Counts.Studies.Quality != survey.UnknownQuality {
		t.Errorf("%v studies without a patient ID", r.Counts.Studies)
	}
	o.WildcardNames = true
	r := countReal(t, s, o)
	if n, _ := r.Counts.Studies.Int(); n != 60 || r.Counts.Studies.Quality != survey.Exact {
		t.Errorf("%v studies (%s)", r.Counts.Studies, r.Counts.Studies.Reason)
	}
	if n, _ := r.Counts.ImagesLinked.Int(); n != 120 || r.Counts.ImagesLinked.Quality != survey.Exact {
		t.Errorf("%v images (%s)", r.Counts.ImagesLinked, r.Counts.ImagesLinked.Reason)
	}
}

// BenchmarkGentle counts an Orthanc of 20,000 studies again and again while
// somebody else sends it C-ECHO, and compares their response times with those
// of an idle archive.
func BenchmarkGentle(b *testing.B) {
	const n = 20_000
	s := realserver.Orthanc(b, realserver.OrthancOptions{Config: realserver.OpenOrthanc(), InMemory: true,
		Studies: realserver.Studies(4, n, 1, realserver.StudyOptions{Minimal: true,
			From: time.Date(2017, 1, 1, 0, 0, 0, 0, time.UTC), To: time.Date(2019, 12, 31, 0, 0, 0, 0, time.UTC)})})
	idle := echoes(b, s, 200, nil)
	var during []time.Duration
	for b.Loop() {
		finished := make(chan struct{})
		var r census.Result
		go func() {
			defer close(finished)
			r = census.Count(b.Context(), throughGate(b, s), census.Options{CalledAETitle: s.AETitle, Routes: []survey.Route{"C-GET"}})
		}()
		during = append(during, echoes(b, s, 1_000_000, finished)...)
		<-finished
		if got, _ := r.Counts.Studies.Int(); got != n {
			b.Fatalf("%v studies, want %d", r.Counts.Studies, n)
		}
	}
	slices.Sort(idle)
	slices.Sort(during)
	ms := func(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }
	b.ReportMetric(ms(idle[len(idle)/2]), "idle-ms")
	b.ReportMetric(ms(during[len(during)/2]), "during-ms")
	b.ReportMetric(ms(during[len(during)/2])/ms(idle[len(idle)/2]), "x-idle")
	b.ReportMetric(ms(during[len(during)*95/100]), "during-p95-ms")
}

// echoes sends up to most C-ECHO, 10 ms apart, until until is closed.
func echoes(b *testing.B, s *realserver.Server, most int, until <-chan struct{}) []time.Duration {
	b.Helper()
	a, err := throughGate(b, s)(b.Context(), s.AETitle,
		[]ul.PresentationContext{{ID: 1, AbstractSyntax: dicom.Verification, TransferSyntaxes: []string{dicom.ImplicitVRLittleEndian}}})
	if err != nil {
		b.Fatal(err)
	}
	defer func() { _ = a.Release(b.Context()) }()
	client := dimse.NewClient(a)
	var times []time.Duration
	for range most {
		began := time.Now()
		if _, err := client.Echo(b.Context()); err != nil {
			b.Fatal(err)
		}
		times = append(times, time.Since(began))
		select {
		case <-until:
			return times
		case <-time.After(10 * time.Millisecond):
		}
	}
	return times
}
