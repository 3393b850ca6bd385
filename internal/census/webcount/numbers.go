package webcount

import (
	"context"
	"io"
	"net/http"
	"path"
	"slices"
	"strings"

	"leadglass/internal/jsonscan"
	"leadglass/internal/products"
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

// maxNumberRequests is how many number-only routes are asked at most.
const maxNumberRequests = 4

// Numbers asks the number-only routes that the archive may have, four requests
// at most. ok is false when none answered with a number of studies. Nothing of
// an answer but the numbers is looked at.
func Numbers(ctx context.Context, o Options) (counts survey.Counts, ok bool) {
	o = o.withDefaults()
	left := maxNumberRequests
	for _, n := range o.Numbers {
		found := [quantities]int64{-1, -1, -1}
		for _, r := range n.Routes {
			if left--; left < 0 || !o.numbers(ctx, r, &found) {
				break
			}
		}
		if found[studies] >= 0 {
			return countsOf(&n, &o, found), true
		}
	}
	return survey.Counts{}, false
}

// countsOf puts numbers into the form of a finding.
func countsOf(n *products.Numbers, o *Options, found [quantities]int64) survey.Counts {
	of := func(q quantity, what string) survey.Count {
		if found[q] < 0 {
			return survey.UnknownCount(n.Name + " gave no number of " + what)
		}
		return survey.ExactCount(found[q], n.Name)
	}
	c := survey.Counts{Studies: of(studies, "studies"), ImagesLinked: of(images, "images"), Patients: of(patients, "patients")}
	atHand := c.ImagesLinked
	if known, ok := atHand.Int(); ok && !n.AtHand && known > 0 {
		atHand = survey.UnknownCount(n.Name + " does not say how many of the images are at hand")
	}
	c.ImagesAccessible = o.accessible(atHand)
	return c
}

// numbers asks one route. ok is false when it is shut or gave no number.
func (o *Options) numbers(ctx context.Context, r products.NumberRoute, found *[quantities]int64) (ok bool) {
	resp, err := o.get(ctx, o.Do, path.Clean("/"+strings.TrimLeft(r.Path, "/")), nil, http.Header{"Accept": {"application/json"}})
	if err != nil {
		return false
	}
	defer func() { _ = resp.Body.Close() }()
	if resp.StatusCode != http.StatusOK {
		return false
	}
	read := [quantities]int64{-1, -1, -1}
	if readNumbers(resp.Body, r, &read) != nil {
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
func readNumbers(body io.Reader, r products.NumberRoute, into *[quantities]int64) error {
	names := [quantities]string{studies: r.Studies, images: r.Images, patients: r.Patients}
	want := func(name []byte) int {
		return slices.IndexFunc(names[:], func(n string) bool { return n != "" && n == string(name) })
	}
	return jsonscan.Object(body, maxNumbers, want, func(q int, kind jsonscan.Token, text []byte) {
		if text != nil {
			into[q] = number(text)
		}
	})
}
