package campaign

import (
	"cmp"
	"context"
	"fmt"
	"iter"
	"slices"
	"strings"

	"leadglass/internal/privacy"
	"leadglass/internal/survey"
)

// FactsAndRecords are the findings of a survey in a store, with their facts.
type FactsAndRecords interface {
	Records
	Facts(ctx context.Context, surveyID string) iter.Seq2[survey.Facts, error]
}

// JoinArchives finds the open archives that were reached by several addresses of
// one host name, and marks all but the first of each, so that totals count it
// once. It returns how many findings are marked, and may be repeated.
func JoinArchives(ctx context.Context, store FactsAndRecords, surveyID string) (joined int, err error) {
	addresses := map[string]int{}
	several := false
	for f, err := range store.Facts(ctx, surveyID) {
		if err != nil {
			return 0, err
		}
		if f.Host != "" && f.Verdict.FreelyAccessible() {
			name := strings.ToLower(f.Host)
			addresses[name]++
			several = several || addresses[name] > 1
		}
	}
	if !several {
		return 0, nil
	}
	known := map[string][]*reached{}
	var changed []survey.Record
	for r, err := range store.Records(ctx, surveyID) {
		if err != nil {
			return 0, err
		}
		name := strings.ToLower(r.Finding.Target.Host)
		if addresses[name] < 2 || !r.Finding.Verdict.FreelyAccessible() || len(r.StudySketch) == 0 {
			continue
		}
		one := newReached(&r)
		if first := one.among(known[name]); first != nil {
			joined++
			r.Finding.SameArchiveAs = &survey.SameArchive{Address: first.address,
				Reason: fmt.Sprintf("same archive as %s: %s leads to both, they announce themselves alike and list the same studies", first.address, r.Finding.Target.Host)}
			changed = append(changed, r)
		} else {
			known[name] = append(known[name], one)
		}
	}
	if err := store.AppendRecords(ctx, changed); err != nil {
		return 0, fmt.Errorf("saving which archives are the same: %w", err)
	}
	return joined, nil
}

// reached is an open archive at one address.
type reached struct {
	address, announces string
	studies            int64
	sketch             *privacy.Sketch
}

func newReached(r *survey.Record) *reached {
	studies, _ := r.Finding.Counts.Studies.Int()
	one := &reached{address: r.Finding.Target.Address, announces: announcement(&r.Finding), studies: studies}
	if s, err := privacy.ReadSketch(r.StudySketch); err == nil && studies > 0 {
		one.sketch = s
	}
	return one
}

// among is the archive of the list that is the same; nil for none. A few studies
// may have come or gone between two counts.
func (r *reached) among(list []*reached) *reached {
	for _, o := range list {
		if r.sketch == nil || o.sketch == nil || r.announces != o.announces {
			continue
		}
		if more := max(r.studies-o.studies, o.studies-r.studies); more > max(2, o.studies/100) {
			continue
		}
		if overlap, err := o.sketch.Overlap(r.sketch); err == nil && overlap == privacy.Within {
			return o
		}
	}
	return nil
}

// announcement is what the DICOM services of a host said in A-ASSOCIATE-AC.
func announcement(f *survey.Finding) string {
	services := slices.SortedFunc(slices.Values(f.Services), func(a, b survey.Service) int { return cmp.Compare(a.Port, b.Port) })
	var text strings.Builder
	for _, s := range services {
		if s.Protocol == survey.ProtocolDICOM {
			pdu := uint32(0)
			if s.MaxPDU != nil {
				pdu = uint32(*s.MaxPDU)
			}
			fmt.Fprintf(&text, "%d %s %q %d %q %v\n", s.Port, s.ImplementationClassUID, s.ImplementationVersionName, pdu, s.SOPClasses, s.Levels)
		}
	}
	return text.String()
}
