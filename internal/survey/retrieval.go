package survey

import (
	"fmt"
	"strings"
)

// Retrieval says whether images that are listed can be retrieved as well.
type Retrieval struct {
	State Decision
	// Open are the routes that are open; only where State is DecidedOpen.
	Open []Route
	// Undecided are the routes that could not be decided, and Why says so in
	// words; only where State is Undecided.
	Undecided Exposure
	Why       string
}

// RetrievalOf says whether the images that the service at a port lists can be
// retrieved: by the routes of its own port, and by those of services of the
// same product. A route of another port that may or may not lead to the same
// archive leaves it undecided.
func (e Exposure) RetrievalOf(services []Service, port uint16) Retrieval {
	var behind, elsewhere Exposure
	for _, r := range e.With(Retrieves) {
		switch relate(services, port, r.Port) {
		case same:
			behind = append(behind, r)
		case unclear:
			if r.State == DecidedOpen {
				r.State = Undecided
				r.Because.Evidence = fmt.Sprintf("%s is open at port %d, and whether that is the same archive is not known", r.Route, r.Port)
			}
			elsewhere = append(elsewhere, r)
		}
	}
	if state := behind.State(); state == DecidedOpen {
		return Retrieval{State: state, Open: behind.In(state).Names()}
	}
	return retrievalOf(append(behind, elsewhere...))
}

// retrievalOf sums routes up.
func retrievalOf(e Exposure) Retrieval {
	r := Retrieval{State: e.State()}
	switch r.State {
	case DecidedOpen:
		r.Open = e.In(DecidedOpen).Names()
	case Undecided:
		var why []string
		r.Undecided = e.In(Undecided)
		for _, u := range r.Undecided {
			why = append(why, fmt.Sprintf("%s (%s): %s", u.Because.ID, u.Route, strings.TrimSuffix(u.Because.Evidence, ".")))
		}
		r.Why = "whether images can be retrieved was not decided; " + strings.Join(why, "; ")
	}
	return r
}

// relation says whether two ports lead to one archive.
type relation uint8

const (
	apart relation = iota
	unclear
	same
)

// relate says whether two ports lead to one archive: to the same where the
// products are, to another where the products are known and differ.
func relate(services []Service, a, b uint16) relation {
	x, y := productAt(services, a), productAt(services, b)
	switch {
	case a == b || x == y && x != "":
		return same
	case x == "" || y == "":
		return unclear
	}
	return apart
}

// productAt is the product at a port, "" where it is not known.
func productAt(services []Service, port uint16) string {
	for i := range services {
		if s := &services[i]; s.Port == port && s.Product.Known() {
			return s.Product.Name
		}
	}
	return ""
}

// Retrieval says whether images of the finding can be retrieved: those of the
// services that list studies or, where none does, any. It is open where one
// archive's are, and undecided where none is open and one is undecided.
func (f *Finding) Retrieval() Retrieval {
	e := f.Exposure()
	var all []Retrieval
	for _, lists := range e.With(Lists).In(DecidedOpen) {
		all = append(all, e.RetrievalOf(f.Services, lists.Port))
	}
	if len(all) == 0 {
		return retrievalOf(e.With(Retrieves))
	}
	most := all[0]
	for _, r := range all {
		if weight(r.State) > weight(most.State) {
			most = r
		}
	}
	return most
}
