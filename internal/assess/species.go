package assess

import (
	"bytes"
	"context"
	"time"

	"leadglass/dicom"
	"leadglass/dicom/dimse"
)

// SpeciesSample says in how many of a few studies the patient has a species
// that is not human, and a breed.
type SpeciesSample struct{ Sampled, Species, Breed int }

// Species asks for species and breed (0010,2201) and (0010,2292) of the patients
// of the first few studies in a range of dates, in the form of DA, "" for any,
// to tell archives of animals from those of people. It opens one association.
// What is sampled is at most sampleStudies studies; whether the values are
// there is counted in the receive buffer, and nothing of them is kept. Nothing
// is asked where the authority allows no sample, or model is no SOP class for
// study queries; the result is then zero, as it is where nothing is answered.
func Species(ctx context.Context, s *Session, model, dates string) SpeciesSample {
	var sample SpeciesSample
	if !s.Allow.Sample || model != dicom.StudyRootFind {
		return sample
	}
	defer s.hangUp(ctx)
	keys := []dimse.Key{
		{Tag: dicom.QueryRetrieveLevel, VR: dicom.CS, Value: "STUDY"},
		{Tag: dicom.StudyDate, VR: dicom.DA, Value: dates},
		{Tag: dicom.PatientSpeciesDescription, VR: dicom.LO},
		{Tag: dicom.PatientBreedDescription, VR: dicom.LO},
		{Tag: dicom.StudyInstanceUID, VR: dicom.UI},
	}
	s.do(ctx, model, func(ctx context.Context, c *dimse.Client) error {
		sample = SpeciesSample{} // of an association that ended
		return sample.ask(ctx, s, c, model, keys)
	})
	return sample
}

func (p *SpeciesSample) ask(ctx context.Context, s *Session, c *dimse.Client, model string, keys []dimse.Key) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	result, err := c.Find(ctx, model, keys, func(m dimse.Match) bool {
		p.see(m)
		if p.Sampled < sampleStudies {
			return true
		}
		time.AfterFunc(cancelPatience, cancel)
		return false
	})
	s.sent(1, result.Pending, result.Duration, err)
	if result.Pending > 0 && err != nil {
		return errCutOff
	}
	return err
}

// see counts one response, each attribute once.
func (p *SpeciesSample) see(m dimse.Match) {
	var species, breed int
	for it := m.Elements(); it.Next(); {
		switch v := dicom.Trim(it.Value()); it.Tag() {
		case dicom.PatientSpeciesDescription:
			if len(v) > 0 && !human(v) {
				species = 1
			}
		case dicom.PatientBreedDescription:
			if len(v) > 0 {
				breed = 1
			}
		}
	}
	p.Sampled, p.Species, p.Breed = p.Sampled+1, p.Species+species, p.Breed+breed
}

// human reports whether a species is that of people: some software says so of
// everybody.
func human(species []byte) bool {
	for _, name := range []string{"human", "homo sapiens", "homo sapiens sapiens"} {
		if bytes.EqualFold(species, []byte(name)) {
			return true
		}
	}
	return false
}
