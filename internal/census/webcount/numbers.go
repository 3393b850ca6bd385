package webcount

import (
	"context"
	"io"
	"net/http"
	"path"
	"regexp"
	"strings"

	"leadglass/internal/jsonscan"
	"leadglass/internal/survey"
)

// maxNumbers bounds the answer of a number-only route in bytes.
const maxNumbers = 64 << 10

// quantity is what a number of a route counts.
type quantity uint8

const (
	studies quantity = iota
	images
	patients
	quantities
)

// route is a path of a product that answers with nothing but numbers.
type route struct {
	path string
	// keys are the names of the numbers.
	keys map[string]quantity
}

// numberRoutes are the number-only routes of one product.
type numberRoutes struct {
	// source is the name of the routes in a report.
	source string
	// product is the name of the product, as the fingerprints have it.
	product string
	// root is the form of a DICOMweb root of the product; its first group is
	// the path before which the routes lie. Where the product is known without
	// a root, the group is taken as empty if plain is set.
	root  *regexp.Regexp
	plain bool
	// routes are asked for in order, after the group.
	routes []route
	// online: the product keeps all images at hand.
	online bool
}

// products are the products with number-only routes that need no login of
// their own:
//   - Orthanc: GET /statistics (OrthancRestApi, api.orthanc-server.com,
//     "Get database statistics"); numbers, in some versions as strings. The
//     DICOMweb plug-in is served below the same prefix.
//   - dcm4chee-arc 5: GET …/aets/{AET}/rs/studies/count and so on
//     (dcm4chee-arc-light, QidoRS.java), {"count": n}. The numbers are those
//     that the application entity sees.
//   - Google Cloud Healthcare, also behind proxies that add the credentials:
//     GET …/dicomStores/{store}:getDICOMStoreMetrics (REST reference v1);
//     numbers as strings.
func products() []numberRoutes {
	count := func(path string, q quantity) route { return route{path, map[string]quantity{"count": q}} }
	return []numberRoutes{
		{source: "orthanc-statistics", product: "Orthanc", root: regexp.MustCompile(`^(.*)/dicom-web$`), plain: true, online: true,
			routes: []route{{"/statistics", map[string]quantity{
				"CountStudies": studies, "CountInstances": images, "CountPatients": patients}}}},
		{source: "dcm4chee-count", product: "dcm4chee-arc", root: regexp.MustCompile(`^(/.*aets/[^/]+/rs)$`),
			routes: []route{count("/studies/count", studies), count("/instances/count", images), count("/patients/count", patients)}},
		{source: "dicom-store-metrics", root: regexp.MustCompile(`^(/.*/dicomStores/[^/]+)/dicomWeb$`),
			routes: []route{{":getDICOMStoreMetrics", map[string]quantity{"studyCount": studies, "instanceCount": images}}}},
	}
}

// at returns the path before the routes of a product; ok is false where
// nothing says that they may exist.
func (n *numberRoutes) at(o *Options) (prefix string, ok bool) {
	if m := n.root.FindStringSubmatch(o.Root); m != nil {
		// A root of this form may be another product's; a product that is
		// known to be another is not asked.
		return m[1], o.Product == "" || n.product == "" || o.Product == n.product
	}
	return "", n.plain && o.Product == n.product
}

// Numbers asks the number-only routes that the archive may have, four requests
// at most. ok is false when none answered with a number of studies. Nothing of
// an answer but the numbers is looked at.
func Numbers(ctx context.Context, o Options) (counts survey.Counts, ok bool) {
	o = o.withDefaults()
	for _, p := range products() {
		prefix, may := p.at(&o)
		if !may {
			continue
		}
		found := [quantities]int64{-1, -1, -1}
		for _, r := range p.routes {
			if !o.numbers(ctx, prefix+r.path, r.keys, &found) {
				break
			}
		}
		if found[studies] >= 0 {
			return p.counts(&o, found), true
		}
	}
	return survey.Counts{}, false
}

// counts puts numbers into the form of a finding.
func (n *numberRoutes) counts(o *Options, found [quantities]int64) survey.Counts {
	of := func(q quantity, what string) survey.Count {
		if found[q] < 0 {
			return survey.UnknownCount(n.source + " gave no number of " + what)
		}
		return survey.ExactCount(found[q], n.source)
	}
	c := survey.Counts{Studies: of(studies, "studies"), ImagesLinked: of(images, "images"), Patients: of(patients, "patients")}
	atHand := c.ImagesLinked
	if known, ok := atHand.Int(); ok && !n.online && known > 0 {
		atHand = survey.UnknownCount(n.source + " does not say how many of the images are at hand")
	}
	c.ImagesAccessible = o.accessible(atHand)
	return c
}

// numbers asks one route. ok is false when it is shut or gave no number.
func (o *Options) numbers(ctx context.Context, route string, keys map[string]quantity, found *[quantities]int64) (ok bool) {
	resp, err := o.get(ctx, path.Clean("/"+strings.TrimLeft(route, "/")), nil, "application/json")
	if err != nil {
		return false
	}
	defer func() { _ = resp.Body.Close() }()
	if resp.StatusCode != http.StatusOK {
		return false
	}
	read := [quantities]int64{-1, -1, -1}
	if readNumbers(resp.Body, keys, &read) != nil {
		return false
	}
	for q, n := range read {
		if n >= 0 {
			found[q], ok = n, true
		}
	}
	return ok
}

// readNumbers reads an object of numbers, which some servers write as strings.
// What lies deeper, or has another name, is passed over.
func readNumbers(body io.Reader, keys map[string]quantity, into *[quantities]int64) error {
	want := func(name []byte) int {
		if q, ok := keys[string(name)]; ok {
			return int(q)
		}
		return -1
	}
	return jsonscan.Object(body, maxNumbers, want, func(q int, kind jsonscan.Token, text []byte) {
		if text != nil {
			into[q] = number(text)
		}
	})
}
