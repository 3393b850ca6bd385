package content_test

import (
	"testing"

	"leadglass/dicom"
	"leadglass/internal/lab/content"

	"pgregory.net/rapid"
)

var (
	first = dicom.DateOf(2009, 3, 2)
	last  = dicom.DateOf(2019, 9, 1)
)

// anySpec draws specifications small enough to go through study by study.
func anySpec(t *rapid.T) content.Spec {
	part := func(name string) content.Part {
		n := rapid.Int64Range(0, 3000).Draw(t, name+" studies")
		if n == 0 {
			return content.Part{}
		}
		return content.Part{Studies: n, Images: n * rapid.Int64Range(1, 300).Draw(t, name+" mean")}
	}
	s := content.Spec{
		Seed: rapid.Uint64().Draw(t, "seed"), ID: 7,
		Online: part("online"), Offline: part("offline"),
		First: first, Last: first.AddDays(rapid.IntRange(0, 4000).Draw(t, "days")),
	}
	extra := rapid.Int64Range(0, 15).Draw(t, "extra images")
	if s.Online.Studies > 0 {
		s.Online.Images += extra
	}
	left := s.Studies()
	s.Undated = rapid.Int64Range(0, left/3).Draw(t, "undated")
	for range rapid.IntRange(0, 3).Draw(t, "bursts") {
		s.Bursts = append(s.Bursts, content.Burst{
			Date:    dicom.DateOf(rapid.SampledFrom([]int{1900, 2012, 2090}).Draw(t, "year"), 1, 1),
			Studies: rapid.Int64Range(0, left/6).Draw(t, "burst"),
		})
	}
	s.SSN = rapid.Int64Range(0, left).Draw(t, "ssn")
	return s
}

func mustNew(t interface{ Fatalf(string, ...any) }, s content.Spec) *content.Archive {
	a, err := content.New(s)
	if err != nil {
		t.Fatalf("making an archive of %+v: %v", s, err)
	}
	return a
}

type sums struct{ studies, images, onlineImages, ssn, undated int64 }

func sum(t interface{ Fatalf(string, ...any) }, a *content.Archive, w content.Window) (out sums) {
	var s content.Study
	c := a.Cursor(w)
	for c.Next(&s) {
		out.studies++
		out.images += s.Images
		if s.Images < 1 {
			t.Fatalf("study %d has %d images", s.Index, s.Images)
		}
		if s.Online {
			out.onlineImages += s.Images
		}
		if _, ssn := a.PatientOf(s.Index); ssn {
			out.ssn++
		}
		switch {
		case !s.Dated && !w.Undated, s.Dated && (s.Date < w.From || s.Date > w.To):
			t.Fatalf("study %d of %s (dated %v) is not in the window %s to %s", s.Index, s.Date, s.Dated, w.From, w.To)
		case s.Dated && (s.Second < 0 || s.Second >= 86400):
			t.Fatalf("study %d at second %d", s.Index, s.Second)
		case !s.Dated:
			out.undated++
		}
	}
	if n := a.Count(w); n != out.studies {
		t.Fatalf("Count says %d, the cursor gave %d", n, out.studies)
	}
	return out
}

// The sums over a whole archive are the specification's, whatever it is.
func TestTotalsAreExact(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		spec := anySpec(t)
		got := sum(t, mustNew(t, spec), content.Everything())
		want := sums{spec.Studies(), spec.Images(), spec.Online.Images, spec.SSN, spec.Undated}
		if got != want {
			t.Fatalf("sums over everything %+v, want %+v", got, want)
		}
	})
}

// The sums over any partition into date windows are the sums over everything.
func TestPartitionsAddUp(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a := mustNew(t, anySpec(t))
		whole := sum(t, a, content.Everything())
		var parts sums
		from := content.FirstDate
		add := func(w content.Window) {
			s := sum(t, a, w)
			parts.studies += s.studies
			parts.images += s.images
			parts.onlineImages += s.onlineImages
			parts.ssn += s.ssn
			parts.undated += s.undated
		}
		for range rapid.IntRange(0, 12).Draw(t, "cuts") {
			to := first.AddDays(rapid.IntRange(-10, 4100).Draw(t, "cut"))
			if to < from {
				continue
			}
			add(content.Window{From: from, To: to})
			from = to + 1
		}
		add(content.Window{From: from, To: content.LastDate, Undated: true})
		if parts != whole {
			t.Fatalf("parts add up to %+v, the whole is %+v", parts, whole)
		}
	})
}

// A study looked up by its number is the study that a cursor passes.
func TestRandomAccessAgreesWithCursor(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a := mustNew(t, anySpec(t))
		var want content.Study
		c := a.Cursor(content.Everything())
		for c.Next(&want) {
			if want.Index%17 != 0 && want.Index != a.Studies()-1 {
				continue
			}
			got, ok := a.Study(want.Index)
			if !ok || got != want {
				t.Fatalf("study %d looked up is %+v (%v), passed it is %+v", want.Index, got, ok, want)
			}
		}
		if _, ok := a.Study(a.Studies()); ok {
			t.Fatalf("there is a study after the last")
		}
	})
}

// Every study belongs to one patient, and that patient knows it.
func TestPatientsHoldTheirStudies(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a := mustNew(t, anySpec(t))
		var next int64
		for p := range a.Patients() {
			from, to := a.StudiesOf(p)
			if from != next || to <= from {
				t.Fatalf("patient %d has studies %d to %d, want them to begin at %d", p, from, to, next)
			}
			for i := from; i < to; i++ {
				if of, _ := a.PatientOf(i); of != p {
					t.Fatalf("study %d is of patient %d, who is not %d", i, of, p)
				}
			}
			next = to
		}
		if next != a.Studies() {
			t.Fatalf("patients have %d studies, the archive %d", next, a.Studies())
		}
	})
}

// Series share out the images of their study.
func TestSeriesAddUp(t *testing.T) {
	a := mustNew(t, content.Spec{Online: content.Part{Studies: 500, Images: 40000}, First: first, Last: last})
	var s content.Study
	c := a.Cursor(content.Everything())
	for c.Next(&s) {
		var images int64
		for n := range s.Series() {
			k := s.SeriesImages(n)
			if k < 1 {
				t.Fatalf("series %d of study %d has %d images", n, s.Index, k)
			}
			images += k
		}
		if images != s.Images {
			t.Fatalf("series of study %d hold %d images, want %d", s.Index, images, s.Images)
		}
	}
}

func TestImpossibleSpecsAreRefused(t *testing.T) {
	good := content.Spec{Online: content.Part{Studies: 10, Images: 10}, First: first, Last: last}
	for name, change := range map[string]func(*content.Spec){
		"fewer images than studies":  func(s *content.Spec) { s.Online.Images = 9 },
		"images without studies":     func(s *content.Spec) { s.Offline.Images = 9 },
		"more undated than studies":  func(s *content.Spec) { s.Undated = 11 },
		"more patterns than studies": func(s *content.Spec) { s.SSN = 11 },
		"dates reversed":             func(s *content.Spec) { s.Last = s.First - 1 },
		"negative":                   func(s *content.Spec) { s.Undated = -1 },
		"too many":                   func(s *content.Spec) { s.Online = content.Part{Studies: 1e9, Images: 1e9} },
	} {
		bad := good
		change(&bad)
		if _, err := content.New(bad); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
	if _, err := content.New(good); err != nil {
		t.Errorf("good specification refused: %v", err)
	}
}

func BenchmarkCursor(b *testing.B) {
	a, err := content.New(content.Spec{
		Online: content.Part{Studies: 5_000_000, Images: 180_000_000}, First: first, Last: last})
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	var s content.Study
	c := a.Cursor(content.Everything())
	for b.Loop() {
		if !c.Next(&s) {
			c = a.Cursor(content.Everything())
		}
	}
}
