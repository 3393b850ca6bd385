// Package suspect answers one question: may this archive be something else than
// an archive of patients? It reads findings and returns signs, each with a
// reason in plain words, and weighs them: honeypot, test data, animals.
//
// It is pure. It asks nothing and knows no network: what it goes by was seen
// when the host was examined. It compares numbers and configuration, never a
// value of a patient; there is none in a finding. Signs are of kinds, and only
// signs of different kinds count as independent: one that is not enough by
// itself never marks an archive alone, however often it is seen.
package suspect

import (
	"fmt"
	"slices"

	"leadglass/internal/products"
	"leadglass/internal/survey"
)

// The kinds of signs.
const (
	KindProduct      = "product"
	KindAnnouncement = "announcement"
	KindNegotiation  = "negotiation"
	KindQueries      = "queries"
	KindContents     = "contents"
	KindModalities   = "modalities"
	KindSpecies      = "species"
	KindBreed        = "breed"
	KindName         = "name"
	KindRepetition   = "repetition"
)

// The weights of signs, and what a mark takes.
const (
	hint   = 1
	sign   = 2
	proof  = 3
	needed = 3
)

// Needed is the weight at which signs of different kinds make a mark.
const Needed = needed

// Rule says when something is a sign, of what, and how much it weighs.
type Rule struct {
	ID     string           `json:"id"`
	Kind   string           `json:"kind"`
	Of     []survey.Suspect `json:"of"`
	Weight int              `json:"weight"`
	// When says in words when the rule gives a sign; Why, why it is one, with
	// the source where it rests on a fact.
	When string `json:"when"`
	Why  string `json:"why"`
}

// sign is a sign by the rule, with what was seen.
func (r *Rule) sign(format string, args ...any) survey.Sign {
	return survey.Sign{Rule: r.ID, Kind: r.Kind, Of: r.Of, Weight: r.Weight, Text: fmt.Sprintf(format, args...)}
}

// Rules lists the rules in the order of the documentation.
func Rules() []Rule {
	return []Rule{
		honeypotCertain, honeypotLikely, honeypotPossible,
		contradiction, conflict, versionDenied,
		nonsense, nonsenseOnly,
		impossible, wholeFile,
		smallAndOld,
		qaModalities, someQA,
		speciesGiven, breedGiven,
		demoName, demoAddress,
		sameContents, sameEverything, samePage,
	}
}

// Weigh makes marks of signs: of each suspicion, the weights of its heaviest
// sign of each kind are added up, and Needed is enough. Reasons are those of
// the marks; every sign is kept.
func Weigh(signs []survey.Sign) survey.Suspicion {
	s := survey.Suspicion{Reasons: []string{}, Signs: signs}
	marked := map[survey.Suspect]bool{}
	for _, of := range []survey.Suspect{survey.SuspectHoneypot, survey.SuspectTestData, survey.SuspectVeterinary} {
		marked[of] = weight(signs, of) >= needed
	}
	s.Honeypot, s.TestData, s.Veterinary = marked[survey.SuspectHoneypot], marked[survey.SuspectTestData], marked[survey.SuspectVeterinary]
	for _, sign := range signs {
		supports := slices.ContainsFunc(sign.Of, func(of survey.Suspect) bool { return marked[of] })
		if supports && !slices.Contains(s.Reasons, sign.Text) {
			s.Reasons = append(s.Reasons, sign.Text)
		}
		s.DemoServer = s.DemoServer || s.TestData && sign.Kind == KindName
	}
	return s
}

// weight adds up the heaviest sign of each kind.
func weight(signs []survey.Sign, of survey.Suspect) int {
	heaviest := map[string]int{}
	for _, s := range signs {
		if slices.Contains(s.Of, of) {
			heaviest[s.Kind] = max(heaviest[s.Kind], s.Weight)
		}
	}
	sum := 0
	for _, w := range heaviest {
		sum += w
	}
	return sum
}

// Facts are what a finding does not say and Host goes by.
type Facts struct {
	// Products is what is known of products and toolkits; nil where nothing is.
	Products *products.Table
	// Species is what a sample of studies showed.
	Species Species
	// Demos are the known demonstration servers.
	Demos Demos
}

// Host returns the signs that a finding shows by itself. The finding must be
// complete but for its suspicion.
func Host(f *survey.Finding, x Facts) []survey.Sign {
	var signs []survey.Sign
	for i := range f.Services {
		if s := &f.Services[i]; s.Protocol == survey.ProtocolDICOM {
			signs = append(signs, ofService(f, s, x)...)
		}
	}
	signs = append(signs, ofContents(f)...)
	signs = append(signs, x.Species.signs()...)
	return append(signs, x.Demos.signs(f)...)
}

var (
	honeypots = []survey.Suspect{survey.SuspectHoneypot}
	tests     = []survey.Suspect{survey.SuspectTestData}
	either    = []survey.Suspect{survey.SuspectHoneypot, survey.SuspectTestData}
	animals   = []survey.Suspect{survey.SuspectVeterinary}
)
