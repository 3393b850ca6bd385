package examine_test

import (
	"testing"

	"leadglass/internal/examine"
	"leadglass/internal/survey"
)

// TestFewDates: a sample is asked for in a range of dates that few studies are
// of, and not at all where the counts tell none.
func TestFewDates(t *testing.T) {
	for _, test := range []struct {
		name    string
		studies survey.Count
		years   map[string]int64
		dates   string
		ok      bool
	}{
		{"few", survey.ExactCount(200, ""), nil, "", true},
		{"none", survey.ExactCount(0, ""), nil, "", false},
		{"not counted", survey.UnknownCount("off"), map[string]int64{"2019": 3}, "", false},
		{"many, years unknown", survey.ExactCount(5000, ""), nil, "", false},
		{"many, no year", survey.ExactCount(5000, ""), map[string]int64{"none": 4000, "other": 1000}, "", false},
		{"a year with few", survey.ExactCount(5000, ""), map[string]int64{"2018": 4600, "2019": 400, "none": 3}, "20190101-20191231", true},
		{"of equal years the first", survey.ExactCount(600, ""), map[string]int64{"2019": 300, "2018": 300}, "20180101-20181231", true},
		{"a part of a year", survey.ExactCount(1_000_000, ""), map[string]int64{"2018": 600_000, "2019": 36_500}, "20190630-20190704", true},
		{"a day", survey.AtLeast(9_000_000, "", "cut"), map[string]int64{"2019": 9_000_000}, "20190702-20190702", true},
	} {
		c := survey.Counts{Studies: test.studies, Years: test.years}
		if dates, ok := examine.FewDates(&c); ok != test.ok || dates != test.dates {
			t.Errorf("%s: %q, %v; want %q, %v", test.name, dates, ok, test.dates, test.ok)
		}
	}
}
