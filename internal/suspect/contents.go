package suspect

import (
	"strconv"

	"leadglass/internal/survey"
)

// Limits of the rules on contents.
const (
	// fewStudies is how many studies are few.
	fewStudies = 50
	// oldYears is how many calendar years without a study make contents old,
	// that of the survey included.
	oldYears = 2
	// leastForShare is how many studies a share is taken of at least.
	leastForShare = 3
)

var (
	smallAndOld = Rule{ID: "few-old-studies", Kind: KindContents, Of: either, Weight: hint,
		When: "at most 50 studies, counted exactly, and none of the year of the survey or the one before",
		Why:  "honeypots and demonstrations are filled once (some serve a folder); so are small practices that closed, therefore no more than a hint"}
	qaModalities = Rule{ID: "qa-modalities", Kind: KindModalities, Of: tests, Weight: sign,
		When: "at least 90 % of three or more studies name a modality QA, QC, TEST or PHANTOM",
		Why:  "no defined terms of PS3.3 C.7.3.1.1.1, but what quality assurance and phantoms are stored under"}
	someQA = Rule{ID: "some-qa-modalities", Kind: KindModalities, Of: tests, Weight: hint,
		When: "at least half of them do",
		Why:  "an archive for patients may be used for quality assurance as well"}
	speciesGiven = Rule{ID: "species", Kind: KindSpecies, Of: animals, Weight: sign,
		When: "in more than half of a sample of at most 5 studies the patient has a species, and not a human one",
		Why:  "Patient Species Description (0010,2201) is for patients that are animals (PS3.3 C.7.1.1)"}
	breedGiven = Rule{ID: "breed", Kind: KindBreed, Of: animals, Weight: sign,
		When: "in more than half of it the patient has a breed",
		Why:  "Patient Breed Description (0010,2292) likewise; it is another field, filled by veterinary software alone"}
)

// QAModalities are the terms under which quality assurance and phantoms are
// stored.
func QAModalities() []string { return []string{"QA", "QC", "TEST", "PHANTOM"} }

// ofContents are the signs of what an archive holds.
func ofContents(f *survey.Finding) []survey.Sign {
	studies, ok := f.Counts.Studies.Int()
	if !ok || studies <= 0 {
		return nil
	}
	var signs []survey.Sign
	if studies <= fewStudies && f.Counts.Studies.Quality == survey.Exact && old(f) {
		signs = append(signs, smallAndOld.sign("It holds %d studies, none of the year of the survey or the one before.", studies))
	}
	var qa int64
	for _, m := range QAModalities() {
		qa = max(qa, f.Counts.Modalities[m]) // a study may name several of them
	}
	if studies < leastForShare {
		return signs
	}
	switch text := "Of %d studies %d name a modality for quality assurance or phantoms."; {
	case qa*10 >= studies*9:
		signs = append(signs, qaModalities.sign(text, studies, qa))
	case qa*2 >= studies:
		signs = append(signs, someQA.sign(text, studies, qa))
	}
	return signs
}

// old reports whether the years of all studies are known and none is recent.
func old(f *survey.Finding) bool {
	if len(f.Counts.Years) == 0 {
		return false
	}
	for text, n := range f.Counts.Years {
		year, err := strconv.Atoi(text)
		if n > 0 && (err != nil || year > f.StartedAt.Year()-oldYears) {
			return false
		}
	}
	return true
}

// Species is what a sample of studies showed: how many were looked at, and in
// how many of them the patient has a species that is not human, and a breed.
type Species struct{ Sampled, Species, Breed int }

func (s Species) signs() []survey.Sign {
	var signs []survey.Sign
	if s.Species*2 > s.Sampled {
		signs = append(signs, speciesGiven.sign("In %d of %d studies sampled the patient has a species, and not a human one.", s.Species, s.Sampled))
	}
	if s.Breed*2 > s.Sampled {
		signs = append(signs, breedGiven.sign("In %d of %d studies sampled the patient has a breed.", s.Breed, s.Sampled))
	}
	return signs
}
