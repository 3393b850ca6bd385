package assess

import (
	"fmt"
	"slices"
	"strings"

	"leadglass/internal/advisories"
	"leadglass/internal/products"
	"leadglass/internal/survey"
)

// maxNamed is how many advisories a piece of evidence names.
const maxNamed = 5

// announced is a toolkit or a product with the version that identification has
// learned, "" where it has learned none.
type announced struct {
	name, version string
	// doubt says why the version is not taken at its word, "" where it is.
	doubt string
}

// announcedToolkit is the toolkit that speaks, with its version.
func announcedToolkit(s *survey.Service) announced {
	a := announced{name: s.Toolkit.Name, version: s.Toolkit.Version}
	switch {
	case s.Toolkit.Conflict != "":
		a.doubt = s.Toolkit.Conflict
	case s.Toolkit.Confidence == survey.Possible:
		a.doubt = "the toolkit is a mere possibility"
	}
	return a
}

// announcedProduct is the product, with its version.
func announcedProduct(s *survey.Service) announced {
	a := announced{name: s.Product.Guess()}
	if a.name == "" {
		return a
	}
	if s.Product.Version != nil {
		a.version = *s.Product.Version
	}
	if s.Product.Confidence == survey.Possible {
		a.doubt = "the product is a mere possibility"
	}
	return a
}

// banner compares announced versions with the advisories that are reached over
// one protocol.
type banner struct {
	service *survey.Service
	reach   advisories.Reach
	table   *products.Table

	hits    []advisories.Advisory // affected
	of      []string              // what they are of, with versions
	clean   []string              // compared, none affected
	unclear []string              // why something could not be decided
	inFiles int                   // flaws in decoding that name the version
}

// judge looks at one toolkit or product.
func (b *banner) judge(a announced) {
	rows := b.table.Advisories(a.name, b.reach, advisories.ByFile)
	if a.name == "" || len(rows) == 0 {
		return
	}
	if a.version == "" {
		b.unclear = append(b.unclear, fmt.Sprintf("the version of %s is not known", a.name))
		return
	}
	if _, err := advisories.ParseVersion(a.version); err != nil {
		b.unclear = append(b.unclear, fmt.Sprintf("the version that %s names cannot be compared", a.name))
		return
	}
	label := a.name + " " + a.version
	if a.doubt != "" {
		b.unclear = append(b.unclear, fmt.Sprintf("%s: %s", label, a.doubt))
		return
	}
	hits, unsure := 0, 0
	for _, row := range rows {
		answer := row.For(a.version)
		switch {
		case answer == advisories.NotAffected || !b.maybeIn(row):
		case row.Reach == advisories.ByFile:
			b.inFiles++
		case answer == advisories.Affected && b.surelyIn(row):
			hits++
			b.hits = append(b.hits, row)
		default:
			unsure++
		}
	}
	switch {
	case hits > 0:
		b.of = append(b.of, label)
	case unsure > 0:
		b.unclear = append(b.unclear, fmt.Sprintf("%s: whether %s applies is undecided, because sources disagree, the version is not whole, or only some programs on the toolkit have the flaw",
			label, count(unsure, "advisory", "advisories")))
	case b.inFiles == 0:
		b.clean = append(b.clean, label)
	}
}

// surelyIn reports whether the service is one of the programs that have the
// flaw, or the flaw is in the library.
func (b *banner) surelyIn(row advisories.Advisory) bool {
	return len(row.Programs) == 0 || slices.Contains(row.Programs, b.service.Product.Name) &&
		b.service.Product.Confidence != survey.Possible
}

// maybeIn reports whether it may be.
func (b *banner) maybeIn(row advisories.Advisory) bool {
	sureOther := b.service.Product.Confidence == survey.Certain || b.service.Product.Confidence == survey.Likely
	return len(row.Programs) == 0 || slices.Contains(row.Programs, b.service.Product.Name) || !sureOther
}

// result sums up what was judged.
func (b *banner) result() Result {
	switch {
	case len(b.hits) > 0:
		return fail("%s: named by %s; this is what the version says, a distributor (Debian, for one) may have closed them without changing it.",
			strings.Join(b.of, ", "), list(b.hits))
	case len(b.unclear) > 0:
		return unknown("Undecided: %s.", strings.Join(b.unclear, "; "))
	case b.inFiles > 0:
		return unknown("The version is named by %s on the decoding of files, and whether the service decodes what it is sent cannot be observed from outside.",
			count(b.inFiles, "advisory", "advisories"))
	case len(b.clean) > 0:
		return pass("%s: the version is named by none of the advisories in the table.", strings.Join(b.clean, ", "))
	}
	return unknown("The table holds no advisory on this product; that is no proof that none was published.")
}

// list names advisories, the worst first.
func list(rows []advisories.Advisory) string {
	rows = slices.Clone(rows)
	slices.SortStableFunc(rows, func(a, b advisories.Advisory) int {
		return slices.Index(survey.Severities, a.Severity) - slices.Index(survey.Severities, b.Severity)
	})
	var named []string
	total := 0
	for _, row := range rows {
		for _, id := range row.IDs {
			if total++; total <= maxNamed {
				named = append(named, fmt.Sprintf("%s (%s)", id, row.Severity))
			}
		}
	}
	text := strings.Join(named, ", ")
	if total > maxNamed {
		text += fmt.Sprintf(" and %d more", total-maxNamed)
	}
	return text
}

// count is a number with its noun.
func count(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}

// compare judges what was announced by the advisories on it.
func (s *Session) compare(reach advisories.Reach, subjects ...announced) Result {
	b := &banner{service: s.Service, reach: reach, table: s.Products}
	for _, a := range subjects {
		b.judge(a)
	}
	return b.result()
}
