package identify

import (
	"slices"

	"leadglass/internal/products"
	"leadglass/internal/survey"
)

// Refine adds facts about behaviour (survey.Behaviour…) to a DICOM service and
// judges its product anew. What announcement or web page say with more
// confidence stays.
func Refine(s *survey.Service, table *products.Table, behaviours ...string) {
	for _, b := range behaviours {
		if !slices.Contains(s.Behaviours, b) {
			s.Behaviours = append(s.Behaviours, b)
		}
	}
	found, ok := table.Behaviour(s.Toolkit.Name, s.Behaviours)
	byBehaviour := slices.Contains(s.Product.Evidence, products.EvidenceBehaviour)
	switch {
	case !ok && byBehaviour && len(s.Product.Evidence) == 1: // what was seen since speaks against it
		vendor := s.Product.Vendor
		s.Product = products.Unknown()
		s.Product.Vendor = vendor
	case !ok:
	case s.Product.Name == found.Name:
		s.Product.Confidence = surer(s.Product.Confidence, found.Confidence)
		if !byBehaviour {
			s.Product.Evidence = append(s.Product.Evidence, products.EvidenceBehaviour)
		}
	case surer(s.Product.Confidence, found.Confidence) != s.Product.Confidence || s.Product.Confidence == survey.UnknownConf,
		byBehaviour && len(s.Product.Evidence) == 1:
		found.Vendor = s.Product.Vendor
		s.Product = found
	}
}

// surer returns the more certain of two confidences.
func surer(a, b survey.Confidence) survey.Confidence {
	order := []survey.Confidence{survey.UnknownConf, survey.Possible, survey.Likely, survey.Certain}
	if slices.Index(order, b) > slices.Index(order, a) {
		return b
	}
	return a
}
