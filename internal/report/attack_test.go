package report_test

import (
	"bytes"
	"fmt"
	"slices"
	"testing"

	"leadglass/internal/report"
	"leadglass/internal/survey"
)

// The tests in this file play the attacker. He holds everything that the
// public edition publishes, knows the program, and makes every survey of a
// small universe that could lie behind the published report. A withheld cell
// is disclosed if it has the same value in all of them.

// world is one survey of a universe: the number of archives in each cell.
type world []int

// worlds are all surveys with 0 to top archives in each of so many cells.
func worlds(cells, top int) []world {
	all := []world{{}}
	for range cells {
		var next []world
		for _, w := range all {
			for n := range top + 1 {
				next = append(next, append(append(world{}, w...), n))
			}
		}
		all = next
	}
	return all
}

// attack publishes each world, and complains of every published count with
// fewer than least archives behind it that all worlds with the same report
// agree on. The other editions of the report are made of the same Public, which
// holds no withheld value.
func attack(t *testing.T, least int, all []world, counts func(world) []int, build func(world) []survey.Record) {
	t.Helper()
	groups := map[string][]world{}
	for _, w := range all {
		var b bytes.Buffer
		if err := report.WriteJSON(&b, report.Publish(aggregate(build(w)), least)); err != nil {
			t.Fatal(err)
		}
		groups[b.String()] = append(groups[b.String()], w)
	}
	failures := 0
	for _, group := range groups {
		for cell := range counts(group[0]) {
			values := map[int]bool{}
			for _, w := range group {
				values[counts(w)[cell]] = true
			}
			for v := range values {
				if len(values) == 1 && 0 < v && v < least {
					if failures++; failures <= 5 {
						t.Errorf("cell %d of %v is disclosed (%d surveys have this report)", cell, group[0], len(group))
					}
				}
			}
		}
	}
	if failures > 5 {
		t.Errorf("%d cells are disclosed in all", failures)
	}
	if len(groups) < len(all)/50 {
		t.Errorf("only %d different reports of %d surveys: too much is withheld to be of use", len(groups), len(all))
	}
}

// asIs: the cells of a world are what is published.
func asIs(w world) []int { return w }

var attackCountries = []string{"DE", "FR", "IT", "US"}

// plain makes a record with a thousand studies if it is open, the same in
// every archive, so that figures give numbers of archives away.
func plain(i int, v survey.Verdict, country string) survey.Record {
	f := survey.Finding{Verdict: v, Owner: &survey.Owner{Country: country}, Counts: survey.NotCounted("closed"),
		Target: survey.Target{Address: fmt.Sprintf("127.0.%d.%d", i>>8, i&255)}}
	check := func(id string, fails bool) {
		state := survey.Pass
		if fails {
			state = survey.Fail
		}
		f.Checks = append(f.Checks, survey.Check{ID: id, State: state, Severity: survey.High, Title: id})
	}
	check("LG-D01", v.Rank() >= survey.Identified.Rank())
	check("LG-D03", true)
	check("LG-D04", v.FreelyAccessible())
	check("LG-D06", v == survey.OpenImages)
	f.Grade = map[survey.Verdict]survey.Grade{survey.Protected: survey.GradeB, survey.Identified: survey.GradeC, survey.Open: survey.GradeF, survey.OpenImages: survey.GradeF}[v]
	f.Services = []survey.Service{{Outcome: survey.Answered, Protocol: survey.ProtocolDICOM, Product: survey.Product{Name: "Orthanc", Confidence: survey.Certain}}}
	if v == survey.Protected {
		f.Services[0].Rejection = &survey.Rejection{Kind: "reject", Result: 1, Source: 1, Reason: 7}
	}
	if v.FreelyAccessible() {
		f.Counts.Studies, f.Counts.ImagesLinked = survey.ExactCount(1000, ""), survey.ExactCount(1000, "")
		f.Counts.ImagesAccessible = survey.ExactCount(0, "")
		f.Counts.Years = map[string]int64{"2015": 1000}
		f.IdentifyingClasses = []survey.IdentifyingClass{{Class: "patient-name", Present: true, Sampled: 1}}
	}
	if v == survey.OpenImages {
		f.Counts.ImagesAccessible = survey.ExactCount(1000, "")
	}
	return survey.Record{Finding: f}
}

// TestCountriesAreNotDisclosed varies the open archives of four countries. The
// attacker also knows how many closed archives each has.
func TestCountriesAreNotDisclosed(t *testing.T) {
	for _, closed := range []int{0, 1, 3} {
		t.Run(fmt.Sprintf("%d closed each", closed), func(t *testing.T) {
			attack(t, 3, worlds(4, 4), asIs, func(w world) []survey.Record {
				var rs []survey.Record
				for c, n := range w {
					for range n {
						rs = append(rs, plain(len(rs), survey.OpenImages, attackCountries[c]))
					}
					for range closed {
						rs = append(rs, plain(len(rs), survey.Protected, attackCountries[c]))
					}
				}
				return rs
			})
		})
	}
}

// TestUnknownCountryIsNotDisclosed varies the open archives of three countries,
// and those whose country is not known.
func TestUnknownCountryIsNotDisclosed(t *testing.T) {
	attack(t, 3, worlds(4, 4), asIs, func(w world) []survey.Record {
		var rs []survey.Record
		for c, country := range []string{"DE", "FR", "IT", ""} {
			for range w[c] {
				rs = append(rs, plain(len(rs), survey.OpenImages, country))
			}
		}
		return rs
	})
}

// TestViewersAreNotDisclosed varies the open viewers of four countries with
// many open archives.
func TestViewersAreNotDisclosed(t *testing.T) {
	attack(t, 3, worlds(4, 4), asIs, func(w world) []survey.Record {
		var rs []survey.Record
		for c, n := range w {
			for i := range 5 {
				r := plain(len(rs), survey.OpenImages, attackCountries[c])
				state := survey.Pass
				if i < n {
					r.Finding.Viewer, state = survey.ViewerOpenHTTP, survey.Fail
				}
				r.Finding.Checks = append(r.Finding.Checks, survey.Check{ID: "LG-W05", State: state, Severity: survey.High, Title: "x"})
				rs = append(rs, r)
			}
		}
		return rs
	})
}

// TestVerdictsAreNotDisclosed varies the verdicts on archives in one country.
// Checks, grades, refusals, countries and figures all depend on the verdict.
func TestVerdictsAreNotDisclosed(t *testing.T) {
	kinds := []survey.Verdict{survey.Protected, survey.Identified, survey.Open, survey.OpenImages}
	attack(t, 3, worlds(4, 5), asIs, func(w world) []survey.Record {
		var rs []survey.Record
		for k, n := range w {
			for range n {
				r := plain(len(rs), kinds[k], "DE")
				// How many images an archive holds is not known beforehand.
				r.Finding.Counts.ImagesAccessible = survey.ExactCount(0, "")
				rs = append(rs, r)
			}
		}
		for range 4 {
			rs = append(rs, survey.Record{Finding: survey.Finding{Verdict: survey.NotDICOM}})
		}
		return rs
	})
}

// TestProductsAreNotDisclosed varies the products of open archives. The
// attacker knows the names of all products, but not that each is there.
func TestProductsAreNotDisclosed(t *testing.T) {
	names := []string{"Orthanc", "Conquest", "Horos", "ClearCanvas"}
	all := slices.DeleteFunc(worlds(4, 4), func(w world) bool { return !slices.Contains(w, 0) })
	attack(t, 3, all, asIs, func(w world) []survey.Record {
		var rs []survey.Record
		for k, n := range w {
			for range n {
				r := plain(len(rs), survey.OpenImages, "DE")
				r.Finding.Services[0].Product.Name = names[k]
				rs = append(rs, r)
			}
		}
		return rs
	})
}

// TestSuspectsAreNotDisclosed varies honeypots, test data or animals, both, and
// neither among open archives: the totals with and without suspects must not
// give a few away.
func TestSuspectsAreNotDisclosed(t *testing.T) {
	t.Run("test data", func(t *testing.T) { attackSuspects(t, func(s *survey.Suspicion) { s.TestData = true }) })
	t.Run("animals", func(t *testing.T) { attackSuspects(t, func(s *survey.Suspicion) { s.Veterinary = true }) })
}

// attackSuspects attacks honeypots and the mark that other sets.
func attackSuspects(t *testing.T, other func(*survey.Suspicion)) {
	t.Helper()
	const most = 9
	var all []world
	for _, w := range worlds(3, 4) {
		for rest := range most + 1 {
			all = append(all, append(append(world{}, w...), rest))
		}
	}
	counts := func(w world) []int {
		if w[3] > most-4 || max(w[0], w[1], w[2]) == 4 { // other worlds with the same report are not made here
			return []int{0, 0}
		}
		return []int{w[0] + w[2], w[1] + w[2]}
	}
	attack(t, 3, all, counts, func(w world) []survey.Record {
		var rs []survey.Record
		for k, n := range w {
			for range n {
				r := plain(len(rs), survey.OpenImages, "DE")
				r.Finding.Suspicion.Honeypot = k == 0 || k == 2
				if k == 1 || k == 2 {
					other(&r.Finding.Suspicion)
				}
				rs = append(rs, r)
			}
		}
		return rs
	})
}

// TestMinCountOff shows everything.
func TestMinCountOff(t *testing.T) {
	r := report.Publish(aggregate([]survey.Record{plain(1, survey.OpenImages, "DE"), plain(2, survey.Protected, "FR")}), 1)
	var b bytes.Buffer
	if err := report.WriteJSON(&b, r); err != nil {
		t.Fatal(err)
	}
	if bytes.Contains(b.Bytes(), []byte("suppressed")) || len(r.Countries) != 2 || r.Other != nil {
		t.Errorf("cells are withheld although nothing is to be: %s", b.String())
	}
}
