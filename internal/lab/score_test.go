package lab_test

import (
	"net/netip"
	"strings"
	"testing"

	"leadglass/internal/lab"
)

const twoArchives = `version: 1
name: two
seed: 1
dates: {first: 2015-01-01, last: 2019-09-01}
archives:
  - {address: 127.0.8.1, country: US, persona: dcm4chee-arc, retrieval: get, contents: {studies: 100, images_linked: 2000, images_accessible: 1500}}
  - {address: 127.0.8.2, country: AT, persona: vendor, identifying: [patient-id], contents: {studies: 50, images_linked: 700, ssn_records: 5},
     expect: {studies: lower-bound, images_linked: lower-bound, complete: true, marks: [honeypot]}}
  - {address: 127.0.8.3, country: AT, persona: orthanc, query: refused, web: [{port: 8042, page: orthanc-explorer}]}
`

func exactly(n int64) lab.Number { return lab.Number{Value: n, Quality: lab.Exact} }

// right is a survey that is right about everything.
func right() []lab.Measured {
	unknown := lab.Number{Quality: lab.Unknown}
	return []lab.Measured{
		{Address: netip.MustParseAddr("127.0.8.1"), Country: "US", Verdict: "open-images", Studies: exactly(100),
			ImagesLinked: exactly(2000), ImagesAccessible: exactly(1500), Sampled: true, IdentifyingClasses: lab.IdentifyingClasses()},
		{Address: netip.MustParseAddr("127.0.8.2"), Country: "AT", Verdict: "open", Marks: []lab.Mark{lab.HoneypotMark},
			Studies: lab.Number{Value: 50, Quality: lab.LowerBound}, ImagesLinked: exactly(700), ImagesAccessible: exactly(0),
			Sampled: true, IdentifyingClasses: []string{"patient-id", "us-ssn"}},
		{Address: netip.MustParseAddr("127.0.8.3"), Country: "AT", Verdict: "identified", Viewer: "open-http",
			Studies: unknown, ImagesLinked: unknown, ImagesAccessible: unknown},
	}
}

func TestScoreOfARightSurvey(t *testing.T) {
	truth := read(t, twoArchives).Truth()
	s := lab.Score(truth, right())
	if !s.AllRight() {
		t.Errorf("%+v", s)
	}
	want := map[string]int64{"archives_analysed": 3, "archives_open": 2, "countries": 2, "study_records": 150,
		"images_linked": 2700, "images_accessible": 1500, "viewers_open": 1, "us_records": 100, "honeypots": 1, "test_data": 0, "veterinary": 0,
		"country.US.study_records": 100, "country.AT.images_linked": 700, "archive.127.0.8.2.images_linked": 700}
	for _, f := range s.Figures {
		if n, ok := want[f.Name]; ok && (f.Truth != n || f.Measured != n) {
			t.Errorf("%+v, want %d", f, n)
		}
		delete(want, f.Name)
	}
	if len(want) > 0 {
		t.Errorf("figures missing: %v", want)
	}
}

func TestScoreFindsWhatIsWrong(t *testing.T) {
	for name, c := range map[string]struct {
		change func([]lab.Measured) []lab.Measured
		says   string
	}{
		"too few":         {func(m []lab.Measured) []lab.Measured { m[0].Studies.Value--; return m }, "studies: truth 100"},
		"shrugged":        {func(m []lab.Measured) []lab.Measured { m[0].Studies.Quality = lab.LowerBound; return m }, "can be known as exact"},
		"not complete":    {func(m []lab.Measured) []lab.Measured { m[1].Studies.Value--; return m }, "at least 49"},
		"above the truth": {func(m []lab.Measured) []lab.Measured { m[1].Studies.Value++; return m }, "at least 51"},
		"beside the truth": {func(m []lab.Measured) []lab.Measured {
			m[1].Studies = lab.Number{Value: 60, Low: 55, High: 65, Quality: lab.Estimate}
			return m
		}, "outside the estimate"},
		"wrong verdict":   {func(m []lab.Measured) []lab.Measured { m[2].Verdict = "open"; return m }, "verdict is identified"},
		"wrong country":   {func(m []lab.Measured) []lab.Measured { m[0].Country = "AT"; return m }, "country is US"},
		"viewer missed":   {func(m []lab.Measured) []lab.Measured { m[2].Viewer = ""; return m }, "viewer is open-http"},
		"honeypot missed": {func(m []lab.Measured) []lab.Measured { m[1].Marks = nil; return m }, "mark is honeypot, measured none"},
		"false mark":      {func(m []lab.Measured) []lab.Measured { m[0].Marks = []lab.Mark{lab.TestDataMark}; return m }, "mark is none, measured test-data"},
		"archive missed":  {func(m []lab.Measured) []lab.Measured { return m[1:] }, "verdict is open-images, measured unreachable"},
		"archive made up": {func(m []lab.Measured) []lab.Measured {
			m = append(m, m[2])
			m[3].Address = m[3].Address.Next()
			return m
		}, "there is no archive"},
		"not sampled":  {func(m []lab.Measured) []lab.Measured { m[0].Sampled = false; return m }, "none was requested"},
		"class missed": {func(m []lab.Measured) []lab.Measured { m[1].IdentifyingClasses = m[1].IdentifyingClasses[:1]; return m }, "us-ssn is returned"},
		"class made up": {func(m []lab.Measured) []lab.Measured {
			m[1].IdentifyingClasses = append(m[1].IdentifyingClasses, "sex")
			return m
		}, "sex is not returned"},
		"no quality": {func(m []lab.Measured) []lab.Measured { m[0].Studies.Quality = ""; return m }, "no quality"},
	} {
		t.Run(name, func(t *testing.T) {
			s := lab.Score(read(t, twoArchives).Truth(), c.change(right()))
			if s.ArchivesWrong == 0 || s.AllRight() {
				t.Fatalf("nothing is found: %+v", s)
			}
			if got := strings.Join(s.Wrong[0].Wrong, "; "); s.ArchivesWrong != 1 || !strings.Contains(got, c.says) {
				t.Errorf("%d wrong: %q, want %q", s.ArchivesWrong, got, c.says)
			}
		})
	}
}
