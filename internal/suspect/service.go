package suspect

import (
	"slices"
	"strings"

	"leadglass/internal/survey"
)

var (
	honeypotCertain = Rule{ID: "honeypot-certain", Kind: KindProduct, Of: honeypots, Weight: proof,
		When: "the product is a honeypot, and that is certain",
		Why:  "the fingerprints say so (products.md)"}
	honeypotLikely = Rule{ID: "honeypot-likely", Kind: KindProduct, Of: honeypots, Weight: sign,
		When: "the product is likely a honeypot",
		Why:  "dicompot by what it does with C-MOVE or with titles, DICOMHawk by one of its made-up names"}
	honeypotPossible = Rule{ID: "honeypot-possible", Kind: KindProduct, Of: honeypots, Weight: hint,
		When: "the product is possibly a honeypot",
		Why:  "DICOMHawk by names that scanners may have too, or by pynetdicom that returns whole files"}

	contradiction = Rule{ID: "announcement-contradicted", Kind: KindAnnouncement, Of: honeypots, Weight: sign,
		When: "what is announced cannot behave so: DCMTK with a longest PDU outside 4,096 to 131,072 bytes or of 16,382, or a web page whose product says that it serves this DICOM port and is not built on the toolkit announced",
		Why:  "DCMTK, dcmnet assoc.h (ASC_MINIMUMPDUSIZE, ASC_MAXIMUMPDUSIZE); 16,382 is the default of pynetdicom (ae.py), on which DICOMHawk announces DCMTK 3.6.2 (honeynet/DICOMHawk, dicom_application.py)"}
	conflict = Rule{ID: "announcement-conflict", Kind: KindAnnouncement, Of: honeypots, Weight: hint,
		When: "implementation class UID and version name are of different toolkits or versions",
		Why:  "honest products borrow UIDs, therefore no more than a hint"}

	versionDenied = Rule{ID: "version-denied", Kind: KindAnnouncement, Of: honeypots, Weight: hint,
		When: "an association was rejected for its protocol version (1/2/2), although the request announced version 1",
		Why:  "there is no other version (PS3.8 9.3.2); dicompot rejects so for a wrong title (statemachine.go), a faulty server may too"}

	nonsense = Rule{ID: "nonsense-beside-queries", Kind: KindNegotiation, Of: honeypots, Weight: hint,
		When: "a presentation context for an abstract syntax made up at random was accepted, beside contexts for queries, by software that is not known to accept all",
		Why:  "a server that looks nothing up accepts everything, and so do the libraries go-netdicom and Odil (never a sign there) and others by default, therefore no more than a hint"}
	nonsenseOnly = Rule{ID: "nonsense", Kind: KindNegotiation, Of: honeypots, Weight: hint,
		When: "such a context was accepted where neither queries nor storage were",
		Why:  "beside storage alone it is no sign at all: receivers have a mode that accepts unknown objects (DCMTK storescp -pm)"}

	impossible = Rule{ID: "impossible-query", Kind: KindQueries, Of: honeypots, Weight: sign,
		When: "a query that nothing can match was answered with a match: a made-up patient ID, or a made-up study UID with a study date in 1850",
		Why:  "unique keys are matched by every archive (PS3.4 C.4.1.1.3.1); what answers the same whatever is asked does not look"}
	wholeFile = Rule{ID: "whole-file", Kind: KindQueries, Of: honeypots, Weight: sign,
		When: "a query was answered with a whole data set: pixel data, or longer than an identifier can be",
		Why:  "responses hold what was requested (PS3.4 C.4.1.1.3.2), and a study has no pixels; DICOMHawk returns its files (measured)"}
)

// ofService are the signs of a DICOM service.
func ofService(f *survey.Finding, s *survey.Service, x Facts) []survey.Sign {
	var signs []survey.Sign
	if x.Honeypot != nil && x.Honeypot(s.Product.Name) {
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

// acceptsAll reports whether the software is a library that accepts every
// presentation context on its own, whatever is built on it: go-netdicom
// (contextmanager.go onAssociateRequest), which announces nothing and PDUs of
// 4 MiB where it does not announce its name, and Odil (AssociationParameters
// of its default acceptor).
func acceptsAll(s *survey.Service, x Facts) bool {
	if x.Honeypot != nil && x.Honeypot(s.Product.Name) {
		return false // built on one of them, as dicompot is
	}
	return s.Toolkit.Name == "go-netdicom" || s.Toolkit.Name == "Odil" ||
		slices.Contains(s.Behaviours, survey.BehaviourNoAnnouncement) && s.MaxPDU != nil && *s.MaxPDU == goNetdicomPDU
}

// goNetdicomPDU is the longest PDU that go-netdicom announces, in bytes
// (serviceprovider.go DefaultMaxPDUSize).
const goNetdicomPDU = 4 << 20

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

// Bounds of the longest PDU that DCMTK can be set to, and the default of
// pynetdicom, in bytes (dcmnet assoc.h, pynetdicom ae.py).
const (
	dcmtkLeastPDU = 4096
	dcmtkMostPDU  = 131072
	pynetdicomPDU = 16382
)

// contradicted are the signs of an announcement that behaviour contradicts.
func contradicted(f *survey.Finding, s *survey.Service, x Facts) []survey.Sign {
	var signs []survey.Sign
	if s.Toolkit.Name == "DCMTK" && s.MaxPDU != nil {
		switch n := *s.MaxPDU; {
		case n < dcmtkLeastPDU || n > dcmtkMostPDU:
			signs = append(signs, contradiction.sign("Port %d: DCMTK is announced with a longest PDU of %d bytes, which it cannot be set to.", s.Port, n))
		case n == pynetdicomPDU:
			signs = append(signs, contradiction.sign("Port %d: DCMTK is announced with a longest PDU of %d bytes, the default of pynetdicom.", s.Port, n))
		}
	}
	for i := range f.Services {
		p := &f.Services[i]
		if p.HTTP != nil && p.HTTP.DICOMPort == s.Port && p.Product.Confidence == survey.Certain &&
			s.Toolkit.Name != "" && x.BuiltOn != nil && !x.BuiltOn(p.Product.Name, s.Toolkit.Name) {
			signs = append(signs, contradiction.sign("Port %d: %s on port %d says that this DICOM port is its own, which announces %s.",
				s.Port, p.Product.Name, p.Port, s.Toolkit.Name))
		}
	}
	return signs
}
