package survey

import "math"

// JoinSweeps is the sweep that parts of a survey make together. The part of the
// scope that it is of is that of the survey's machine, as it says; nil for no
// part.
func JoinSweeps(parts []Sweep) *Sweep {
	switch len(parts) {
	case 0:
		return nil
	case 1:
		return &parts[0]
	}
	whole := parts[0]
	whole.Shards /= len(parts)
	whole.Parts = len(parts)
	whole.Pairs, whole.Position, whole.Rate, whole.Canaries, whole.CanariesLost, whole.Hosts = 0, 0, 0, 0, 0, 0
	whole.LossUneven, whole.LossHighest = false, nil
	whole.Loss, whole.LossUnknown, whole.MissedShare, whole.HostsMissed = nil, "", nil, nil
	var share, judged, missed float64
	for i := range parts {
		p := &parts[i]
		whole.Pairs += p.Pairs
		whole.Position += p.Position
		whole.Rate += p.Rate
		whole.Canaries += p.Canaries
		whole.CanariesLost += p.CanariesLost
		whole.Hosts += p.Hosts
		whole.LossUneven = whole.LossUneven || p.LossUneven
		if p.LossHighest != nil && (whole.LossHighest == nil || *p.LossHighest > *whole.LossHighest) {
			whole.LossHighest = p.LossHighest
		}
		if p.MissedShare != nil && p.HostsMissed != nil {
			share += *p.MissedShare * float64(p.Position)
			judged += float64(p.Position)
			missed += *p.HostsMissed
		}
		if p.Loss == nil && whole.LossUnknown == "" {
			whole.LossUnknown = p.LossUnknown
		}
	}
	if whole.Canaries > 0 && whole.LossUnknown == "" {
		whole.Loss = new(float64(whole.CanariesLost) / float64(whole.Canaries))
	}
	if judged > 0 && whole.Loss != nil {
		whole.MissedShare = new(share / judged)
		whole.HostsMissed = new(math.Round(missed*10) / 10)
	}
	return &whole
}
