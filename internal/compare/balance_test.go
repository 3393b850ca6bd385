package compare_test

import (
	"bytes"
	"html"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"leadglass/internal/compare"
	"leadglass/internal/survey"
)

// TestTilesAddUp: of any two surveys, and with what is withheld left out.
func TestTilesAddUp(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		sum, _ := compared(t, drawSurvey(t, "a"), drawSurvey(t, "b"))
		for _, r := range []compare.Public{compare.Confidential(sum), compare.Publish(sum, 3)} {
			b := r.Balance
			if r.MinCount > 1 && (b.OpenBefore.Hidden || b.OpenNow.Hidden || b.Fixed.Hidden || b.Gone.Hidden || b.ClosedOtherwise.Hidden) {
				continue
			}
			if got := b.OpenBefore.N - b.Fixed.N - b.Gone.N - b.ClosedOtherwise.N - b.NotSeenAgain.N + b.NewlyOpen.N + b.NotSeenBefore.N; got != b.OpenNow.N {
				t.Fatalf("%+v adds up to %d", b, got)
			}
		}
	})
}

func publicOf(t *testing.T, least int, changes ...[]compare.Change) compare.Public {
	t.Helper()
	f, err := compare.NewFrame(base(nil), base(nil), judge)
	if err != nil {
		t.Fatal(err)
	}
	sum := compare.NewComparison(f)
	for _, c := range slices.Concat(changes...) {
		sum.Add(c)
	}
	return compare.Publish(sum, least)
}

// TestSentenceComesFirst: what the numbers of open archives have become, before
// any table, in text and HTML; an archive that was not looked at again is not
// called closed.
func TestSentenceComesFirst(t *testing.T) {
	r := publicOf(t, 1, many(3, "DE", compare.Fixed, survey.Open, survey.Protected), many(1, "DE", compare.Gone, survey.Open, survey.Unreachable),
		many(2, "DE", compare.NotCoveredNow, survey.Open, survey.Unreachable), many(1, "DE", compare.Unchanged, survey.Open, survey.Open),
		many(1, "DE", compare.New, survey.Unreachable, survey.Open))
	const want = "7 archives were open before and 2 archives are open now; of those before, 3 fixed, 1 gone without proof of a repair and 2 not covered or not reassessed now; of those now, 1 newly open."
	if r.Summary != want {
		t.Errorf("summary\n%s, want\n%s", r.Summary, want)
	}
	var text, page bytes.Buffer
	if err := compare.WriteText(&text, r, nil); err != nil {
		t.Fatal(err)
	}
	if err := compare.WriteHTML(&page, r, nil); err != nil {
		t.Fatal(err)
	}
	const equation = "7 open before − 3 fixed − 1 gone − 2 not seen again + 1 newly open = 2 open now"
	if i := strings.Index(text.String(), want); i < 0 || i > strings.Index(text.String(), "Like for like") || !strings.Contains(text.String(), equation) {
		t.Errorf("the text does not begin with the sentence and %q:\n%s", equation, text.String())
	}
	if i := strings.Index(page.String(), want); i < 0 || i > strings.Index(page.String(), `<dl class="figures">`) {
		t.Errorf("the page does not begin with the sentence:\n%.3000s", page.String())
	}
	for _, tile := range []string{"<dt>Fixed</dt><dd class=\"n\">−3<", "<dt>Gone</dt><dd class=\"n\">−1<", "<dt>Not seen again</dt><dd class=\"n\">−2<", "<dt>Newly open</dt><dd class=\"n\">+1<", "<dt>Open now</dt><dd class=\"n\">2<"} {
		if !strings.Contains(html.UnescapeString(page.String()), tile) {
			t.Errorf("the page has no tile %s", tile)
		}
	}
}

// TestGoneIsNotGood: a country is good for what is fixed alone.
func TestGoneIsNotGood(t *testing.T) {
	stay := func(n int, country string) []compare.Change {
		return many(n, country, compare.Unchanged, survey.Open, survey.Open)
	}
	for _, least := range []int{1, 3} {
		r := publicOf(t, least, stay(4, "DE"), many(5, "DE", compare.Gone, survey.Open, survey.Unreachable),
			stay(4, "FR"), many(5, "FR", compare.Fixed, survey.Open, survey.Protected),
			stay(4, "IT"), many(3, "IT", compare.Gone, survey.Open, survey.Unreachable), many(3, "IT", compare.Fixed, survey.Open, survey.Protected), many(3, "IT", compare.New, survey.Unreachable, survey.Open),
			stay(4, "US"), many(4, "US", compare.New, survey.Unreachable, survey.Open))
		got := map[string]compare.Mark{}
		for _, c := range r.Countries {
			got[c.ISO2] = c.Mark
		}
		for country, want := range map[string]compare.Mark{"DE": "", "FR": compare.Good, "IT": "", "US": compare.Ugly} {
			if mark, shown := got[country]; !shown || mark != want {
				t.Errorf("least %d: %s is marked %q (shown %t), want %q", least, country, mark, shown, want)
			}
		}
	}
	withheld := publicOf(t, 3, stay(9, "DE"), many(1, "DE", compare.Gone, survey.Open, survey.Unreachable), many(5, "DE", compare.Fixed, survey.Open, survey.Protected))
	if b := withheld.Balance; !b.Gone.Hidden || !b.Fixed.Hidden || !strings.Contains(withheld.Summary, "further numbers are withheld") {
		t.Errorf("1 gone beside 5 fixed: %+v\n%s", b, withheld.Summary)
	}
	for _, c := range withheld.Countries {
		if c.Mark != "" {
			t.Errorf("%s is marked %q although the number of those gone is withheld", c.ISO2, c.Mark)
		}
	}
}

// TestFixedAndGoneAreNotDisclosed varies both in two countries: neither a tile
// nor a mark gives a small one away.
func TestFixedAndGoneAreNotDisclosed(t *testing.T) {
	attack(t, pairs(4, 6), func(w pair) []compare.Change {
		var cs []compare.Change
		for i, country := range []string{"DE", "FR"} {
			cs = append(cs, many(w[2*i], country, compare.Fixed, survey.Open, survey.Protected)...)
			cs = append(cs, many(w[2*i+1], country, compare.Gone, survey.Open, survey.Unreachable)...)
			cs = append(cs, many(6, country, compare.Unchanged, survey.Open, survey.Open)...)
		}
		return cs
	})
}
