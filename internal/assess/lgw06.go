package assess

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"slices"
	"strings"

	"leadglass/internal/jsonscan"
	"leadglass/internal/products"
	"leadglass/internal/survey"
)

// LGW06 asks for the product's routes of numbers and configuration.
var LGW06 = Check{
	ID:       "LG-W06",
	Title:    "The product's own interface answers without login",
	Severity: survey.Critical,
	On:       OnHTTP,
	Means: `The interface that answers numbers and configuration answers everything else too: it lists patients, serves
images, deletes studies and changes settings.`,
	Tested: `Routes that return only numbers or configuration are requested, those that the product's record has (docs/products.md):
its documents, and paths before or below its DICOMweb root. They are requested where the product or its DICOMweb root was found. Status 200 with
a document that has the product's keys: fail. 401, 403, 407: pass. No other route is requested: others return patients.`,
	Sends:      `At most two GETs; identification may have requested a document before.`,
	References: []string{refAccess, refPersonAuth, refIntegrity, refGDPR, refNIS2Access},
	Run:        runW06,
}

// maxOpenRoutes is how many routes of a product are asked for.
const maxOpenRoutes = 2

func runW06(ctx context.Context, s *Session) Result {
	if s.Service.HTTP == nil {
		return notApplicable("There is no page.")
	}
	if r, no := s.forbidden(); no {
		return r
	}
	routes, known := s.openRoutes(ctx)
	if len(routes) == 0 {
		return notApplicable("No product with such an interface was found.")
	}
	open := slices.Clone(known)
	guarded, why := false, "the routes answer otherwise than the product does"
	for _, route := range routes {
		if slices.Contains(known, route.Path) {
			continue
		}
		fits := false
		r, err := s.askWeb(ctx, webRequest{http.MethodGet, route.Path, "", "application/json"}, func(_ webReply, body io.Reader) { fits = hasKey(body, route.Key) })
		switch {
		case err != nil:
			why = err.Error()
		case r.is(http.StatusOK) && fits:
			open = append(open, route.Path)
			s.web.open = append(s.web.open, r)
		case r.guarded():
			guarded = true
		}
		if err == nil && !fits && len(open) == 0 && !guarded && r.gone() {
			why = "the routes are not there"
		}
	}
	s.Service.HTTP.OpenAPI = open
	switch {
	case len(open) > 0:
		return fail("Answered without login: %s.", strings.Join(open, ", "))
	case guarded:
		return pass("The product's interface demands a login.")
	case why == "the routes are not there":
		return notApplicable("No product's interface was found: %s.", why)
	}
	return unknown("The product's interface could not be judged: %s.", why)
}

// openRoutes are the routes to ask for, and those of them that identification
// has seen open.
func (s *Session) openRoutes(ctx context.Context) (routes []products.OpenRoute, known []string) {
	routes = s.Products.OpenRoutes(s.place(ctx), maxOpenRoutes)
	for _, r := range routes {
		if r.Identified && slices.Contains(s.Service.Product.Evidence, products.EvidenceAPI) {
			known = append(known, r.Path)
		}
	}
	return routes, known
}

// place is where the product may have an interface of its own: the one that
// identification found or, where it found none that has one, that of the DICOMweb
// root.
func (s *Session) place(ctx context.Context) products.Place {
	f := s.dicomweb(ctx)
	at := products.Place{Product: f.root.Product}
	if f.service != nil {
		at.Root = f.root.Path
	}
	named := products.Place{Product: s.Service.Product.Name, Root: at.Root, ByPages: true}
	if s.Service.Product.Confidence != survey.Possible && len(s.Products.OpenRoutes(named, 1)) > 0 {
		return named
	}
	return at
}

// hasKey reports whether a document is a JSON object with the key, whose value
// is a number. Nothing of it is kept.
func hasKey(body io.Reader, key string) (found bool) {
	want := func(name []byte) int {
		if string(name) == key {
			return 0
		}
		return -1
	}
	err := jsonscan.Object(body, maxWebBody, want, func(_ int, kind jsonscan.Token, text []byte) {
		found = kind == jsonscan.Number && len(text) > 0 && len(bytes.Trim(text, "0123456789")) == 0
	})
	return found && err == nil
}
