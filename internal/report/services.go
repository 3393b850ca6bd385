package report

import (
	"slices"

	"leadglass/internal/survey"
)

// The ways in which an archive's DICOM services are carried.
const (
	transportPlain = "plaintext only"
	transportBoth  = "plaintext and TLS"
	transportTLS   = "TLS only"
	transportWeb   = "DICOMweb only"
)

// addServices adds what speaks in an archive: its product, its toolkit, how
// it is carried, and how it refuses.
func (a *Aggregator) addServices(f *survey.Finding) {
	product, toolkit := "", ""
	confidence := -1
	plain, tls := false, false
	versions, rejections := map[string]bool{}, map[string]bool{}
	for i := range f.Services {
		s := &f.Services[i]
		if s.Outcome != survey.Answered {
			continue
		}
		if c := confidenceRank(s.Product.Confidence); s.Product.Known() && c > confidence { // a guess is no product
			product, confidence = s.Product.Name, c
		}
		if s.TLS != nil {
			versions[cleanTLS(s.TLS.Version)] = true
		}
		if s.Protocol != survey.ProtocolDICOM {
			continue
		}
		plain, tls = plain || s.TLS == nil, tls || s.TLS != nil
		if toolkit == "" && s.Toolkit.Known() {
			toolkit = cleanToolkit(s.Toolkit)
		}
		if s.Rejection != nil {
			rejections[rejectionLabel(*s.Rejection)] = true
		}
	}
	a.agg.Products[cleaned(a.agg.Products, product, cleanName)]++
	a.agg.Toolkits[cleaned(a.agg.Toolkits, toolkit, cleanName)]++
	a.agg.Transport[transportOf(plain, tls)]++
	for v := range versions {
		a.agg.TLSVersions[v]++
	}
	for r := range rejections {
		a.agg.Rejections[r]++
	}
}

func transportOf(plain, tls bool) string {
	switch {
	case plain && tls:
		return transportBoth
	case plain:
		return transportPlain
	case tls:
		return transportTLS
	}
	return transportWeb
}

func confidenceRank(c survey.Confidence) int {
	return slices.Index([]survey.Confidence{survey.UnknownConf, survey.Possible, survey.Likely, survey.Certain}, c)
}

// addChecks adds the checks of one archive. A check that was made on several
// ports counts once: failed if it failed anywhere, passed if it passed
// somewhere and failed nowhere.
func (a *Aggregator) addChecks(checks []survey.Check) {
	a.archive++
	a.seen = a.seen[:0]
	for i := range checks {
		c := &checks[i]
		sum := a.checks[c.ID]
		if sum == nil {
			if !validCheckID(c.ID) {
				continue
			}
			sum = new(checkSum)
			a.checks[c.ID] = sum
		}
		if sum.archive != a.archive {
			sum.archive, sum.worst = a.archive, c
			a.seen = append(a.seen, sum)
		} else if stateRank(c.State) > stateRank(sum.worst.State) {
			sum.worst = c
		}
	}
	for _, sum := range a.seen {
		sum.add(sum.worst)
		sum.worst = nil // holds the finding
	}
}

// checkSum adds up one check.
type checkSum struct {
	CheckTally
	// archive is the number of the last archive that has the check, worst what
	// it has of it.
	archive int64
	worst   *survey.Check
}

func (t *CheckTally) add(c *survey.Check) {
	if t.Title == "" {
		t.Title = cleanTitle(c.Title)
	}
	t.Severity = worse(t.Severity, c.Severity)
	switch c.State {
	case survey.Fail:
		t.Failed++
	case survey.Pass:
		t.Passed++
	case survey.Unknown:
		t.Unknown++
	}
}

func stateRank(s survey.CheckState) int {
	return slices.Index([]survey.CheckState{survey.NotApplicable, survey.Unknown, survey.Pass, survey.Fail}, s)
}

// severityRank is 0 for the gravest; what is not a severity is the least grave.
func severityRank(s survey.Severity) int {
	if i := slices.Index(survey.Severities, s); i >= 0 {
		return i
	}
	return len(survey.Severities)
}

// worse returns the worse of two severities; anything that is not a severity
// is the least.
func worse(a, b survey.Severity) survey.Severity {
	i, j := slices.Index(survey.Severities, a), slices.Index(survey.Severities, b)
	switch {
	case i < 0 && j < 0:
		return survey.Info
	case i < 0 || (j >= 0 && j < i):
		return b
	}
	return a
}
