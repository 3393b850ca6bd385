package assess

import (
	"strings"

	"leadglass/internal/survey"
)

// Product is a product that remedies are written for.
type Product string

// The products with remedies of their own. Any stands for all others.
const (
	Any       Product = "any"
	Orthanc   Product = "Orthanc"
	Dcmqrscp  Product = "DCMTK dcmqrscp"
	DCMTKTool Product = "DCMTK storescp and wlmscpfs"
	Dcm4chee  Product = "dcm4chee-arc"
	Conquest  Product = "Conquest"
	Nginx     Product = "nginx"
)

// Products lists the products in the order in which pages show them.
var Products = []Product{Orthanc, Dcmqrscp, DCMTKTool, Dcm4chee, Conquest, Nginx, Any}

// Remedy returns what to change on the service: the lines for its product
// where that is known, for all products on its toolkit where only the toolkit
// is, and what holds for any product otherwise; and for web services what to
// change on an nginx before them, which nothing tells from the archive. service
// may be nil.
func (c Check) Remedy(service *survey.Service) string {
	var parts []string
	products := productsOf(service)
	for _, p := range products {
		text, ok := c.Remedies[p]
		switch {
		case ok && len(products) > 1:
			parts = append(parts, "If it is "+string(p)+": "+text)
		case ok:
			parts = append(parts, sentence(text))
		}
	}
	if len(parts) == 0 {
		parts = append(parts, sentence(c.Remedies[Any]))
	}
	if text, ok := c.Remedies[Nginx]; ok && service != nil && service.Protocol == survey.ProtocolHTTP {
		parts = append(parts, "If nginx answers before it: "+text)
	}
	return strings.Join(parts, "\n\n")
}

// productsOf names the products that a service may be.
func productsOf(s *survey.Service) []Product {
	if s == nil {
		return nil
	}
	name := strings.ToLower(s.Product.Name)
	for _, p := range []struct {
		sign    string
		product Product
	}{
		{"orthanc", Orthanc}, {"dcmqrscp", Dcmqrscp}, {"dcm4che", Dcm4chee}, {"conquest", Conquest},
		{"storescp", DCMTKTool}, {"wlmscpfs", DCMTKTool},
	} {
		if strings.Contains(name, p.sign) && s.Product.Confidence != survey.Possible {
			return []Product{p.product}
		}
	}
	switch toolkit := strings.ToLower(s.Toolkit.Name); {
	case strings.Contains(toolkit, "dcmtk"):
		return []Product{Orthanc, Dcmqrscp, DCMTKTool}
	case strings.Contains(toolkit, "dcm4che"):
		return []Product{Dcm4chee}
	case strings.Contains(toolkit, "conquest"):
		return []Product{Conquest}
	}
	return nil
}

// sentence capitalises a text, unless it begins with the name of a program.
func sentence(text string) string {
	for _, program := range []string{"dcmqrscp", "storescp", "wlmscpfs"} {
		if strings.HasPrefix(text, program) {
			return text
		}
	}
	if text == "" {
		return ""
	}
	return strings.ToUpper(text[:1]) + text[1:]
}
