package suspect

import (
	"slices"
	"strings"

	"leadglass/internal/products"
	"leadglass/internal/survey"
)

var (
	honeypotCertain = Rule{ID: "honeypot-certain", Kind: KindProduct, Of: honeypots, Weight: proof,
		When: "the product is a honeypot, and that is certain",
		Why:  "the fingerprints say so (products.md)"}
	honeypotLikely = Rule{ID: "honeypot-likely", Kind: KindProduct, Of: honeypots, Weight: sign,
		When: "the product is likely a honeypot",
		Why:  "by behaviour or by a made-up name that the fingerprints have (products.md)"}
	honeypotPossible = Rule{ID: "honeypot-possible", Kind: KindProduct, Of: honeypots, Weight: hint,
		When: "the product is possibly a honeypot",
		Why:  "by names that scanners may have too, or by a library that returns whole files (products.md)"}

	contradiction = Rule{ID: "announcement-contradicted", Kind: KindAnnouncement, Of: honeypots, Weight: sign,
		When: "what is announced cannot behave so: a toolkit with a longest PDU that it cannot be set to, or that is the default of another, or a web page whose product says that it serves this DICOM port and is not built on the toolkit announced",
		Why:  "the records of the toolkits hold bounds and defaults, with sources (`leadglass products --json`)"}
	conflict = Rule{ID: "announcement-conflict", Kind: KindAnnouncement, Of: honeypots, Weight: hint,
		When: "implementation class UID and version name are of different toolkits or versions",
		Why:  "honest products borrow UIDs, therefore no more than a hint"}

	versionDenied = Rule{ID: "version-denied", Kind: KindAnnouncement, Of: honeypots, Weight: hint,
		When: "an association was rejected for its protocol version (1/2/2), although the request announced version 1",
		Why:  "there is no other version (PS3.8 9.3.2); a honeypot rejects so for a wrong title, a faulty server may too"}

	nonsense = Rule{ID: "nonsense-beside-queries", Kind: KindNegotiation, Of: honeypots, Weight: hint,
		When: "a presentation context for an abstract syntax made up at random was accepted, beside contexts for queries, by software that is not known to accept all",
		Why:  "a server that looks nothing up accepts everything, and so do some libraries (never a sign where the records say so) and others by default, therefore no more than a hint"}
	nonsenseOnly = Rule{ID: "nonsense", Kind: KindNegotiation, Of: honeypots, Weight: hint,
		When: "such a context was accepted where neither queries nor storage were",
		Why:  "beside storage alone it is no sign at all: receivers have a mode that accepts unknown objects"}

	impossible = Rule{ID: "impossible-query", Kind: KindQueries, Of: honeypots, Weight: sign,
		When: "a query that nothing can match was answered with a match: a made-up patient ID, or a made-up study UID with a study date in 1850",
		Why:  "unique keys are matched by every archive (PS3.4 C.4.1.1.3.1); what answers the same whatever is asked does not look"}
	wholeFile = Rule{ID: "whole-file", Kind: KindQueries, Of: honeypots, Weight: sign,
		When: "a query was answered with a whole data set: pixel data, or longer than an identifier can be",
		Why:  "responses hold what was requested (PS3.4 C.4.1.1.3.2), and a study has no pixels; a honeypot returns its files (measured)"}
)

// ofService are the signs of a DICOM service.
func ofService(f *survey.Finding, s *survey.Service, x Facts) []survey.Sign {
	var signs []survey.Sign
	if x.honeypot(s) {
		rule := map[survey.Confidence]*Rule{survey.Certain: &honeypotCertain, survey.Likely: &honeypotLikely,
			survey.Possible: &honeypotPossible}[s.Product.Confidence]
		if rule != nil {
			signs = append(signs, rule.sign("Port %d: the product is %s, a honeypot (%s).", s.Port, s.Product.Name, s.Product.Confidence))
		}
	}
	if s.Toolkit.Conflict != "" {
		signs = append(signs, conflict.sign("Port %d: the announcement contradicts itself: %s.", s.Port, s.Toolkit.Conflict))
	}
	signs = append(signs, contradicted(f, s, x)...)
	if slices.Contains(s.Behaviours, survey.BehaviourVersionDenied) {
		signs = append(signs, versionDenied.sign("Port %d: an association was rejected for a protocol version that it did not have.", s.Port))
	}
	if slices.Contains(s.Behaviours, survey.BehaviourNonsenseContext) && !acceptsAll(s, x) {
		switch {
		case s.Levels.QueryContext:
			signs = append(signs, nonsense.sign("Port %d: a service that does not exist was accepted, beside those for queries.", s.Port))
		case !slices.Contains(s.Behaviours, survey.BehaviourStorageOnly):
			signs = append(signs, nonsenseOnly.sign("Port %d: a service that does not exist was accepted.", s.Port))
		}
	}
	if asked := impossibleQueries(s); len(asked) > 0 {
		signs = append(signs, impossible.sign("Port %d: a query that nothing can match was answered with a match (%s).", s.Port, strings.Join(asked, ", ")))
	}
	if slices.Contains(s.Behaviours, survey.BehaviourWholeFile) {
		signs = append(signs, wholeFile.sign("Port %d: a query was answered with a whole data set, which was not requested.", s.Port))
	}
	return signs
}

// honeypot reports whether the product of a service is one.
func (x *Facts) honeypot(s *survey.Service) bool {
	return x.Products.KindOf(s.Product.Name) == products.Honeypot
}

// acceptsAll reports whether the software is a library that accepts every
// presentation context on its own, whatever is built on it: one that announces
// itself, or that announces nothing but the longest PDU that tells it.
func acceptsAll(s *survey.Service, x Facts) bool {
	if x.honeypot(s) {
		return false // built on one of them
	}
	toolkit := s.Toolkit.Name
	if slices.Contains(s.Behaviours, survey.BehaviourNoAnnouncement) && s.MaxPDU != nil {
		toolkit = x.Products.ByDefaultPDU(*s.MaxPDU)
	}
	return x.Products.FactsNamed(toolkit).AcceptsAllContexts
}

// impossibleQueries says what nothing could match and was matched.
func impossibleQueries(s *survey.Service) []string {
	var asked []string
	for _, q := range []struct{ fact, words string }{
		{survey.ImpossibleStudy, "a made-up study of 1850"}, {survey.ImpossiblePatient, "a made-up patient ID"},
		{survey.ImpossibleWorklist, "a made-up patient ID in the worklist"},
	} {
		if slices.Contains(s.Behaviours, survey.BehaviourImpossible+q.fact) {
			asked = append(asked, q.words)
		}
	}
	return asked
}

// contradicted are the signs of an announcement that behaviour contradicts.
func contradicted(f *survey.Finding, s *survey.Service, x Facts) []survey.Sign {
	var signs []survey.Sign
	known := x.Products.FactsNamed(s.Toolkit.Name)
	if s.MaxPDU != nil && known.MostPDU != 0 {
		n := *s.MaxPDU
		other := x.Products.ByDefaultPDU(n)
		switch {
		case n < known.LeastPDU || n > known.MostPDU:
			signs = append(signs, contradiction.sign("Port %d: %s is announced with a longest PDU of %d bytes, which it cannot be set to.", s.Port, s.Toolkit.Name, n))
		case other != "" && other != s.Toolkit.Name:
			signs = append(signs, contradiction.sign("Port %d: %s is announced with a longest PDU of %d bytes, the default of %s.", s.Port, s.Toolkit.Name, n, other))
		}
	}
	for i := range f.Services {
		p := &f.Services[i]
		if p.HTTP != nil && p.HTTP.DICOMPort == s.Port && p.Product.Confidence == survey.Certain &&
			s.Toolkit.Name != "" && x.Products != nil && !x.Products.BuiltOn(p.Product.Name, s.Toolkit.Name) {
			signs = append(signs, contradiction.sign("Port %d: %s on port %d says that this DICOM port is its own, which announces %s.",
				s.Port, p.Product.Name, p.Port, s.Toolkit.Name))
		}
	}
	return signs
}
