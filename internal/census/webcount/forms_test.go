package webcount_test

import (
	"bytes"
	"strings"
	"testing"

	"leadglass/internal/census/webcount"
	"leadglass/internal/survey"
)

// TestForms counts archives that want a search in another form, or decline
// searches that find too much.
func TestForms(t *testing.T) {
	dates := evenly(240, 0)
	for _, test := range []struct {
		name    string
		archive archive
		quality survey.Quality
	}{
		{"413 over 50, whatever the limit", archive{dates: dates, over: 50, status: 413}, survey.LowerBound},
		{"413 over 239", archive{dates: dates, over: 239, status: 413}, survey.LowerBound},
		{"503 over 20", archive{dates: dates, over: 20, status: 503}, survey.LowerBound},
		{"504 over 20", archive{dates: dates, over: 20, status: 504}, survey.LowerBound},
		{"500 over 100", archive{dates: dates, over: 100, status: 500}, survey.LowerBound},
		{"400 over 100", archive{dates: dates, over: 100, status: 400}, survey.LowerBound},
		{"500 to includefield", archive{dates: dates, plainOnly: 500}, survey.Exact},
		{"400 to includefield", archive{dates: dates, plainOnly: 400}, survey.Exact},
		{"400 to includefield, and 413 over 50", archive{dates: dates, plainOnly: 400, over: 50, status: 413}, survey.LowerBound},
		{"a path with a slash", archive{dates: dates, slash: true}, survey.Exact},
		{"application/json alone", archive{dates: dates, jsonOnly: true}, survey.Exact},
		{"application/json compared as a whole, 406", archive{dates: dates, exactly: "application/json", declined: 406}, survey.Exact},
		{"application/json compared as a whole, 415", archive{dates: dates, exactly: "application/json", declined: 415}, survey.Exact},
		{"application/json compared as a whole, 400", archive{dates: dates, exactly: "application/json", declined: 400}, survey.Exact},
		{"application/dicom+json compared as a whole", archive{dates: dates, exactly: "application/dicom+json", declined: 406}, survey.Exact},
		{"application/json compared as a whole, and 400 to includefield", archive{dates: dates, exactly: "application/json", declined: 406, plainOnly: 400}, survey.Exact},
		{"a redirect to another path", archive{dates: dates, moved: true}, survey.Exact},
		{"a redirect to another path, and 406", archive{dates: dates, moved: true, exactly: "application/json", declined: 406}, survey.Exact},
		{"deflate always", archive{dates: dates, encoding: "deflate"}, survey.Exact},
		{"br unless the request says what it reads", archive{dates: dates, encoding: "br"}, survey.Exact},
		{"a byte order mark", archive{dates: dates, bom: true}, survey.Exact},
		{"gzip always", archive{dates: dates, packed: true}, survey.Exact},
		{"206 where there is more", archive{dates: dates, partial: true}, survey.Exact},
		{"206 where a page is short", archive{dates: dates, partial: true, pageCap: 30}, survey.Exact},
		{"wants a name", archive{dates: dates, nameless: true}, survey.Exact},
	} {
		t.Run(test.name, func(t *testing.T) {
			r := webcount.QIDO(t.Context(), test.archive.options())
			t.Logf("%v studies (%s), %v images, %d requests", r.Counts.Studies, r.Counts.Studies.Reason, r.Counts.ImagesLinked, r.Requests)
			if n, _ := r.Counts.Studies.Int(); n != 240 || r.Counts.Studies.Quality != test.quality {
				t.Errorf("%v studies, want 240, %s", r.Counts.Studies, test.quality)
			}
			if n, _ := r.Counts.ImagesLinked.Int(); n != 720 {
				t.Errorf("%v images, want 720", r.Counts.ImagesLinked)
			}
			if r.Requests > 250 {
				t.Errorf("%d requests", r.Requests)
			}
		})
	}
}

// TestDeclinesEverySearch: there is no number, and not many requests.
func TestDeclinesEverySearch(t *testing.T) {
	a := archive{dates: evenly(240, 0), fail: 413}
	r := webcount.QIDO(t.Context(), a.options())
	if r.Counts.Studies.Quality != survey.UnknownQuality || r.Requests > 10 || !strings.Contains(r.Counts.Studies.Reason, "413") {
		t.Errorf("%v studies (%s), %d requests", r.Counts.Studies, r.Counts.Studies.Reason, r.Requests)
	}
	a = archive{dates: evenly(240, 0), status: 413} // answers where nothing matches
	r = webcount.QIDO(t.Context(), a.options())
	if n, _ := r.Counts.Studies.Int(); n != 0 || r.Counts.Studies.Quality == survey.Exact || r.Requests > 250 {
		t.Errorf("%v studies (%s), %d requests", r.Counts.Studies, r.Counts.Studies.Reason, r.Requests)
	}
}

// TestNoForm: where an archive answers in no form that is read, the reason says so.
func TestNoForm(t *testing.T) {
	for _, test := range []struct {
		why     string
		archive archive
	}{
		{"in XML, which is not read", archive{dates: evenly(24, 0), xml: true}},
		{"in no form of JSON (status 406)", archive{dates: evenly(24, 0), exactly: "none", declined: 406}},
		{"a content encoding that is not read", archive{dates: evenly(24, 0), encoding: "zstd"}},
	} {
		r := webcount.QIDO(t.Context(), test.archive.options())
		if r.Counts.Studies.Quality != survey.UnknownQuality || !strings.Contains(r.Counts.Studies.Reason, test.why) || r.Requests > 6 {
			t.Errorf("%v studies (%s) in %d requests, want the reason %q", r.Counts.Studies, r.Counts.Studies.Reason, r.Requests, test.why)
		}
	}
}

// TestUnpack: what was packed is overwritten, also where the body is damaged.
func TestUnpack(t *testing.T) {
	text := strings.Repeat(canary+" and what goes with it. ", 4000)
	whole := pack(text)
	got, before, after, err := webcount.Unpack(bytes.NewReader(whole), " gzip")
	if err != nil || string(got) != text || before == 0 || after != 0 {
		t.Errorf("%d of %d bytes, %v, %d bytes in memory, then %d", len(got), len(text), err, before, after)
	}
	if _, _, after, err = webcount.Unpack(bytes.NewReader(whole[:len(whole)/2]), "gzip"); err == nil || after != 0 {
		t.Errorf("cut short: %v, %d bytes in memory", err, after)
	}
	for _, bad := range []string{"", "\x1f\x8b", "no gzip at all", string(whole[:12])} {
		if _, _, _, err := webcount.Unpack(strings.NewReader(bad), "gzip"); err == nil {
			t.Errorf("%q was unpacked", bad)
		}
	}
	for _, wrapped := range []bool{true, false} {
		got, before, after, err := webcount.Unpack(bytes.NewReader(deflated(text, wrapped)), "deflate")
		if err != nil || string(got) != text || before == 0 || after != 0 {
			t.Errorf("deflate: %d of %d bytes, %v, %d bytes in memory, then %d", len(got), len(text), err, before, after)
		}
	}
	if _, _, _, err := webcount.Unpack(strings.NewReader("{}"), "br"); err == nil {
		t.Error("an encoding that is not known was unpacked")
	}
}
