package trial

import (
	"context"
	"net/netip"
	"slices"

	"leadglass/internal/lab"
	"leadglass/internal/store"
	"leadglass/internal/survey"
)

// Score compares a survey, by ID or name, with the truth of a fleet.
func Score(ctx context.Context, db *store.Store, idOrName string, fleet *lab.Fleet) (lab.Scores, error) {
	v, err := db.Survey(ctx, idOrName)
	if err != nil {
		return lab.Scores{}, err
	}
	fleets := map[netip.Addr]bool{}
	for _, a := range fleet.Archives {
		fleets[a.Address] = true
	}
	var measured []lab.Measured
	for r, err := range db.Records(ctx, v.ID) {
		if err != nil {
			return lab.Scores{}, err
		}
		// A scope may name addresses at which the fleet has nothing.
		if m := measuredOf(&r.Finding); fleets[m.Address] || m.Verdict != string(survey.Unreachable) {
			measured = append(measured, m)
		}
	}
	return lab.Score(fleet.Truth(), measured), nil
}

func measuredOf(f *survey.Finding) lab.Measured {
	m := lab.Measured{Verdict: string(f.Verdict), Viewer: string(f.Viewer), Studies: numberOf(f.Counts.Studies),
		ImagesLinked: numberOf(f.Counts.ImagesLinked), ImagesAccessible: numberOf(f.Counts.ImagesAccessible)}
	for mark, has := range map[lab.Mark]bool{lab.HoneypotMark: f.Suspicion.Honeypot, lab.TestDataMark: f.Suspicion.TestData,
		lab.VeterinaryMark: f.Suspicion.Veterinary} {
		if has {
			m.Marks = append(m.Marks, mark)
		}
	}
	slices.Sort(m.Marks)
	m.Address, _ = netip.ParseAddr(f.Target.Address) // the lab's targets are addresses
	for _, c := range f.IdentifyingClasses {
		m.Sampled = true
		if c.Present {
			m.IdentifyingClasses = append(m.IdentifyingClasses, c.Class)
		}
	}
	if f.Owner != nil {
		m.Country = f.Owner.Country
	}
	return m
}

func numberOf(c survey.Count) lab.Number {
	n := lab.Number{Quality: lab.Quality(c.Quality)}
	n.Value, _ = c.Int()
	if c.Low != nil && c.High != nil {
		n.Low, n.High = *c.Low, *c.High
	}
	return n
}
