package identify

import (
	"slices"

	"leadglass/internal/products"
	"leadglass/internal/survey"
)

// Merge brings together what the ports of one host show: a web page names the
// product of the DICOM port beside it where the toolkit that speaks there is
// the one the product is built on. It returns new services, in the same order.
func Merge(services []survey.Service, table *products.Table) []survey.Service {
	merged := slices.Clone(services)
	for _, page := range services {
		if page.Protocol != survey.ProtocolHTTP || page.Product.Confidence == survey.UnknownConf {
			continue
		}
		fits := func(s *survey.Service) bool {
			return s.Protocol == survey.ProtocolDICOM && table.BuiltOn(page.Product.Name, s.Toolkit.Name)
		}
		if i := target(merged, &page, table, fits); i >= 0 {
			combine(&merged[i].Product, &page.Product, page.Product.Confidence)
			continue
		}
		// A DICOM port that said nothing of itself: the page makes it possible,
		// and likely on the port that the product names or comes with.
		silent := func(s *survey.Service) bool {
			return s.Protocol == survey.ProtocolDICOM && s.Toolkit.Name == "" && s.ImplementationClassUID == "" &&
				table.KindOf(page.Product.Name) == products.Archive
		}
		if i := target(merged, &page, table, silent); i >= 0 {
			confidence := survey.Possible
			if named(&merged[i], &page, table) {
				confidence = survey.Likely
			}
			combine(&merged[i].Product, &page.Product, confidence)
		}
	}
	return merged
}

// target finds the service that the page is about among those that fit: the
// only one, or the one on the port that the product names or comes with; -1
// when that does not tell.
func target(services []survey.Service, page *survey.Service, table *products.Table, fits func(*survey.Service) bool) int {
	var all, onPort []int
	for i := range services {
		if !fits(&services[i]) {
			continue
		}
		all = append(all, i)
		if named(&services[i], page, table) {
			onPort = append(onPort, i)
		}
	}
	switch {
	case len(onPort) == 1:
		return onPort[0]
	case len(all) == 1:
		return all[0]
	}
	return -1
}

// named reports whether the service is on the DICOM port that the page names,
// or, where it names none, on one that the product comes with.
func named(s, page *survey.Service, table *products.Table) bool {
	if page.HTTP != nil && page.HTTP.DICOMPort != 0 {
		return s.Port == page.HTTP.DICOMPort
	}
	return table.DefaultPort(page.Product.Name, s.Port)
}

// combine makes the page's product that of the service, unless the service
// shows another with at least as much confidence.
func combine(p, page *survey.Product, confidence survey.Confidence) {
	if p.Name != page.Name && p.Confidence != survey.UnknownConf && surer(p.Confidence, confidence) == p.Confidence {
		return
	}
	merged := survey.Product{Name: page.Name, Vendor: page.Vendor, Version: page.Version, Confidence: confidence}
	if p.Name == page.Name {
		merged.Evidence = slices.Clone(p.Evidence)
		merged.Confidence = surer(p.Confidence, confidence)
	}
	for _, e := range page.Evidence {
		if !slices.Contains(merged.Evidence, e) {
			merged.Evidence = append(merged.Evidence, e)
		}
	}
	*p = merged
}
