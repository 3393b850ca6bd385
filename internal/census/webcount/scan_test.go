package webcount_test

import (
	"bytes"
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/iotest"

	"leadglass/dicom"
	"leadglass/internal/census/webcount"
	"leadglass/internal/privacy"
)

var key = privacy.KeyFrom([16]byte{7})

// seeds are answers of real servers, cut down, and broken ones.
func seeds() []string {
	return []string{
		`[]`, ``, ` `, `[{}]`, `{}`, `null`,
		`[{"00080005":{"Value":["ISO_IR 100"],"vr":"CS"},"00080020":{"Value":["20000105"],"vr":"DA"},"00080061":{"Value":["OT"],"vr":"CS"},"00100010":{"Value":[{"Alphabetic":"CANARY^5"}],"vr":"PN"},"0020000D":{"Value":["2.25.5"],"vr":"UI"},"00201208":{"Value":[2],"vr":"IS"}}]`,
		"[{\n\t\"00080056\" : {\"vr\":\"CS\",\"Value\":[\"OFFLINE\"]}, \"0020000d\":{\"vr\":\"UI\",\"Value\":[\"2.25\\u002e6\"]},\"00201208\":{\"vr\":\"IS\",\"Value\":[\"12\"]}}]",
		`[{"0020000D":{"vr":"UI"},"00080020":{"vr":"DA","Value":[null,"20200101"]}},{"0020000D":{"vr":"UI","Value":["2.25.1","2.25.2"]}}]`,
		`[{"00081111":{"vr":"SQ","Value":[{"0020000D":{"vr":"UI","Value":["2.25.9"]}}]},"0020000D":{"vr":"UI","Value":["2.25.3"]}}]`,
		`[{"0020000D":{"Value":[{"a":["2.25.1"]}]}}]`, `[{"00201208":{"Value":[1e3]}},{"00201208":{"Value":[3.0]}},{"00201208":{"Value":[-3]}}]`,
		`{"CountInstances":40,"CountPatients":"20","CountStudies":20,"TotalDiskSize":"17368"}`, `{"count":12}`,
		`{"a":{"CountStudies":5},"CountStudies":7}`, `{"studyCount":"9"}`, `[{"a":1},]`, `[{"a" 1}]`, `[{"a":tru}]`, `{"a":"\ud83d\ude00\x"}`,
		strings.Repeat("[", 70), `["` + strings.Repeat("x", 5000) + `"]`,
	}
}

func TestRead(t *testing.T) {
	var got []webcount.Study
	var text strings.Builder
	text.WriteString("[")
	for _, s := range seeds()[6:10] {
		if text.Len() > 1 {
			text.WriteString(",")
		}
		text.WriteString(strings.TrimSuffix(strings.TrimPrefix(s, "["), "]"))
	}
	text.WriteString("]")
	hash := func(uid string) uint64 { return key.Hash([]byte(uid)) }
	day := func(s string) dicom.Date { d, _ := dicom.ParseDA([]byte(s)); return d }
	n, err := webcount.Read(iotest.OneByteReader(strings.NewReader(text.String())), 1<<20, key, func(s webcount.Study) bool {
		got = append(got, s)
		return true
	})
	want := []webcount.Study{
		{Named: true, Hash: hash("2.25.5"), Dated: true, Date: day("20000105"), Images: 2},
		{Named: true, Hash: hash("2.25.6"), Away: true, Images: 12},
		{Images: -1},
		{Named: true, Hash: hash("2.25.1"), Images: -1},
		{Named: true, Hash: hash("2.25.3"), Images: -1},
	}
	if err != nil || n != 5 || !slices.Equal(got, want) {
		t.Errorf("%d studies, %v: %+v; want %+v", n, err, got, want)
	}
}

// TestAllocations: an answer is read without a copy of anything.
func TestAllocations(t *testing.T) {
	text := []byte("[" + strings.TrimSuffix(strings.Repeat(strings.Trim(seeds()[6], "[]")+",", 500), ",") + "]")
	body := bytes.NewReader(text)
	var studies int64
	take := func(webcount.Study) bool { studies++; return true }
	allocations := testing.AllocsPerRun(20, func() {
		body.Reset(text)
		if _, err := webcount.Read(body, 1<<20, key, take); err != nil {
			t.Fatal(err)
		}
	})
	if allocations > 4 || studies != 21*500 {
		t.Errorf("%v allocations for 500 studies, %d studies", allocations, studies)
	}
}

// FuzzRead: no answer makes the reader panic, and what
// encoding/json reads as a list of objects is read as so many studies.
func FuzzRead(f *testing.F) {
	for _, s := range seeds() {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		var studies int64
		n, err := webcount.Read(bytes.NewReader(text), 1<<20, key, func(s webcount.Study) bool {
			if s.Images < -1 || s.Hash != 0 && !s.Named {
				t.Errorf("study %+v", s)
			}
			studies++
			return true
		})
		if n != studies || n > int64(len(text)) {
			t.Errorf("%d and %d studies", n, studies)
		}
		var list []map[string]any
		strict := json.Unmarshal(text, &list)
		if strict == nil && err != nil && list != nil && !bytes.Contains(text, []byte("null")) && bytes.Count(text, []byte("[")) < 10 {
			t.Errorf("%q: %v", text, err)
		}
		if strict == nil && err == nil && n != int64(len(list)) {
			t.Errorf("%q: %d studies, want %d", text, n, len(list))
		}
	})
}

// FuzzNumbers: a number is found where encoding/json finds it.
func FuzzNumbers(f *testing.F) {
	for _, s := range seeds() {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		found, err := webcount.ReadNumbers(bytes.NewReader(text))
		for _, n := range found {
			if n < -1 || n > 999_999_999_999_999 {
				t.Errorf("%q: %v", text, found)
			}
		}
		var want struct{ CountStudies uint32 }
		if json.Unmarshal(text, &want) == nil && want.CountStudies > 0 && err == nil && found[0] < 0 &&
			bytes.Contains(text, []byte(`"CountStudies"`)) {
			t.Errorf("%q: %v, want %d", text, found, want.CountStudies)
		}
	})
}

// TestStated reads the headers of servers as their sources write them.
func TestStated(t *testing.T) {
	for _, test := range []struct {
		warning, count string
		total          int64
		more           bool
	}{
		{"", "", -1, false},
		{"", "1234", 1234, false},
		{"", "many", -1, false},
		{"", "99999999999999999999999", -1, false},
		{`299 pacs:8080 "There are 37 additional results that can be requested"`, "", 147, true},          // dcm4chee-arc
		{"Warning: 299 {+service}: There are 37 additional results that can be requested", "", 147, true}, // Kheops
		{"299 {+service}: There are additional results that can be requested.", "", -1, true},             // Microsoft
		{"299 pacs: There are 37 additional results that can be requested", "147", 147, true},
		{"299 {+service}: The fuzzymatching parameter is not supported. Only literal matching has been performed.", "", -1, false},
		{`110 proxy "Response is Stale"`, "", -1, false},
	} {
		h := http.Header{}
		if test.warning != "" {
			h.Set("Warning", test.warning)
		}
		if test.count != "" {
			h.Set("X-Total-Count", test.count)
		}
		if total, more := webcount.Stated(h, 100, 10); total != test.total || more != test.more {
			t.Errorf("%q, %q: %d, %v; want %d, %v", test.warning, test.count, total, more, test.total, test.more)
		}
	}
}

// FuzzStated: no header makes the reader panic, or a total below what came.
func FuzzStated(f *testing.F) {
	f.Add(`299 pacs "There are 37 additional results that can be requested"`, "12")
	f.Add("299 9223372036854775807 additional results", "-1")
	f.Fuzz(func(t *testing.T, warning, count string) {
		total, _ := webcount.Stated(http.Header{"Warning": {warning}, "X-Total-Count": {count}}, 100, 10)
		if total < -1 || total > 1<<51 {
			t.Errorf("%q, %q: %d", warning, count, total)
		}
	})
}
