package advisories_test

import (
	"strings"
	"testing"

	"leadglass/internal/advisories"
	"leadglass/internal/survey"
)

func TestOrder(t *testing.T) {
	ascending := []string{"0.9", "1.0.0-dev", "1.0.0-alpha", "1.0.0-alpha2", "1.0.0-beta.1", "1.0.0-rc1", "1.0.0-rc2", "1.0.0", "1.0.0a",
		"1.0.0b", "1.0.1", "1.2", "1.9", "1.10", "1.12.0", "1.12.9", "1.12.10", "2", "3.0.4-SNAPSHOT", "3.0.4", "12.2.8.400", "12.2.8.410", "12.2.10"}
	for i, a := range ascending {
		for j, b := range ascending {
			v, err1 := advisories.ParseVersion(a)
			w, err2 := advisories.ParseVersion(b)
			if err1 != nil || err2 != nil {
				t.Fatal(a, b, err1, err2)
			}
			if got := v.Compare(w); (got < 0) != (i < j) || (got > 0) != (i > j) {
				t.Errorf("%s against %s: %d", a, b, got)
			}
		}
	}
	for _, same := range [][2]string{{"1.2", "1.2.0"}, {"v1.2.3", "1.2.3"}, {"1.12.5+dfsg", "1.12.5"}, {"1.12.5-2", "1.12.5"}, {"3.6.7+dfsg-1", "3.6.7"}, {"1.0~rc1", "1.0-rc.1"}, {"01.2", "1.2"}} {
		v, err1 := advisories.ParseVersion(same[0])
		w, err2 := advisories.ParseVersion(same[1])
		if err1 != nil || err2 != nil || v.Compare(w) != 0 {
			t.Errorf("%v differ (%v, %v)", same, err1, err2)
		}
	}
}

func TestWhatIsNoVersion(t *testing.T) {
	for _, s := range []string{"", "mainline", "null", "VB19A", ".", "1.", "1..2", ".1", "1.2x3", "1.2-", "1.2-foo", "1.2-rcx", "1.2+", "1.2+%00",
		"-1.2", "1 .2", "1.2 ", "9999999999.1", "1.2.3.4.5.6.7.8.9", "3.6.9 DEV", strings.Repeat("1.", 60), "1.2\x00", "1.2é"} {
		if v, err := advisories.ParseVersion(s); err == nil {
			t.Errorf("%q is read as %v", s, v)
		}
	}
}

func TestRanges(t *testing.T) {
	a := advisories.Advisory{Affected: []advisories.Range{{Before: "1.12.3"}, {From: "2.0.0", Through: "2.1.4"}, {Only: "3.0.0.7"}},
		Disputed: []advisories.Range{{Only: "1.12.3"}}}
	for version, want := range map[string]advisories.Answer{
		"1.12.2": advisories.Affected, "1.12.3-rc1": advisories.Affected, "0.9.1": advisories.Affected,
		"1.12.3": advisories.Unknown, "1.12.4": advisories.NotAffected, "1.12.10": advisories.NotAffected,
		"1.11": advisories.Affected, "1.12": advisories.Unknown, "1": advisories.Unknown,
		"2.0.0": advisories.Affected, "2.1.4": advisories.Affected, "2.1.4a": advisories.NotAffected, "2.1.5": advisories.NotAffected,
		"2.1": advisories.Unknown, "2.0.0-rc1": advisories.NotAffected, "3.0.0.7": advisories.Affected, "3.0.0": advisories.Unknown,
		"3.0.0.8": advisories.NotAffected, "4": advisories.NotAffected, "": advisories.Unknown, "mainline": advisories.Unknown,
	} {
		if got := a.For(version); got != want {
			t.Errorf("%q: answer %d, want %d", version, got, want)
		}
	}
}

func TestMistakes(t *testing.T) {
	good := func() advisories.Advisory {
		return advisories.Advisory{IDs: []string{"CVE-2026-0001"}, Reach: advisories.ByDICOM, Affected: []advisories.Range{{Before: "1.2.3"}},
			Severity: survey.High, What: "it is made up", Source: "https://example.org/advisory", Published: "2026-01-01", Checked: "2026-01-02"}
	}
	if what := good().Mistake(); what != "" {
		t.Fatal(what)
	}
	for _, c := range []struct {
		change func(a *advisories.Advisory)
		says   string
	}{
		{func(a *advisories.Advisory) { a.IDs[0] = "CVE-26-1" }, "no CVE"},
		{func(a *advisories.Advisory) { a.What = "" }, "are needed"},
		{func(a *advisories.Advisory) { a.Reach = "radio" }, "reach"},
		{func(a *advisories.Advisory) { a.Affected = nil }, "are needed"},
		{func(a *advisories.Advisory) { a.Affected[0] = advisories.Range{Before: "soon"} }, "bound"},
		{func(a *advisories.Advisory) { a.Affected[0] = advisories.Range{From: "1.0.0"} }, "one of"},
		{func(a *advisories.Advisory) { a.Affected[0].Only = "1.2.2" }, "one of"},
		{func(a *advisories.Advisory) { a.Severity = "dire" }, "severity"},
		{func(a *advisories.Advisory) { a.Published = "January" }, "days"},
	} {
		a := good()
		c.change(&a)
		if what := a.Mistake(); !strings.Contains(what, c.says) {
			t.Errorf("%+v: %q, want %q", a, what, c.says)
		}
	}
}

func FuzzVersion(f *testing.F) {
	for _, s := range []string{"1.2.3", "v1.4.17d", "1.0.0-rc2", "3.6.7+dfsg-1", "mainline", "12.2.8.410", "1.", "", "1~beta"} {
		f.Add(s, "1.2.3")
	}
	f.Fuzz(func(t *testing.T, a, b string) {
		v, err1 := advisories.ParseVersion(a)
		w, err2 := advisories.ParseVersion(b)
		if err1 != nil || err2 != nil {
			return
		}
		if v.Compare(v) != 0 || w.Compare(w) != 0 {
			t.Errorf("%q or %q differs from itself", a, b)
		}
		if v.Compare(w) != -w.Compare(v) {
			t.Errorf("%q against %q: %d, and %d", a, b, v.Compare(w), w.Compare(v))
		}
	})
}
