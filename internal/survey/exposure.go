package survey

import "slices"

// Route is a way by which somebody without an account reaches studies, images,
// or the pages that show them. The values are those of Count.Source too.
type Route string

// The routes.
const (
	// RouteQuery is C-FIND at study or patient level (PS3.4 C.4.1).
	RouteQuery Route = "C-FIND"
	// RouteWorklist is C-FIND of the modality worklist (PS3.4 K.4.1).
	RouteWorklist Route = "worklist"
	// RouteGet is C-GET (PS3.4 C.4.3).
	RouteGet Route = "C-GET"
	// RouteMove is C-MOVE to our own title (PS3.4 C.4.2).
	RouteMove Route = "C-MOVE"
	// RouteSearch is QIDO-RS (PS3.18 10.6).
	RouteSearch Route = "QIDO-RS"
	// RouteWADO is WADO-RS or WADO-URI (PS3.18 10.4, 9).
	RouteWADO Route = "WADO-RS"
	// RouteRESTList and RouteREST are a product's own interface over HTTP: its
	// list of studies, and its files.
	RouteRESTList Route = "REST list"
	RouteREST     Route = "REST"
	// RouteViewer is a viewer or administration page without login.
	RouteViewer Route = "viewer"
	// RouteListing is a directory listing with DICOM files.
	RouteListing Route = "listing"
)

// Use says what a route leads to.
type Use string

// What routes lead to.
const (
	// Lists: to the studies of an archive.
	Lists Use = "studies"
	// Appoints: to the appointments of a worklist.
	Appoints Use = "appointments"
	// Retrieves: to images.
	Retrieves Use = "images"
	// Shows: to a page or a folder whose contents were not looked at.
	Shows Use = "pages or files, not looked at"
)

// RouteRule says which checks judge a route: it is open where one of them
// fails, closed where one passes and none fails or is unknown.
type RouteRule struct {
	Route  Route
	Use    Use
	Checks []string
}

// Routes is the one table of routes and of the checks that judge them, in the
// order in which they are named.
func Routes() []RouteRule {
	return []RouteRule{
		{RouteQuery, Lists, []string{"LG-D04", "LG-D05"}},
		{RouteSearch, Lists, []string{"LG-W01"}},
		{RouteRESTList, Lists, []string{"LG-W11"}},
		{RouteWorklist, Appoints, []string{"LG-D09"}},
		{RouteGet, Retrieves, []string{"LG-D06"}},
		{RouteMove, Retrieves, []string{"LG-D07"}},
		{RouteWADO, Retrieves, []string{"LG-W02"}},
		{RouteREST, Retrieves, []string{"LG-W12"}},
		{RouteViewer, Shows, []string{"LG-W04"}},
		{RouteListing, Shows, []string{"LG-W07"}},
	}
}

// ChecksOf are the IDs of the checks that judge routes of a use.
func ChecksOf(use Use) []string {
	var ids []string
	for _, r := range Routes() {
		if r.Use == use {
			ids = append(ids, r.Checks...)
		}
	}
	return ids
}

// Decision says whether something is open.
type Decision string

// The decisions.
const (
	// DecidedOpen: it was shown to be open.
	DecidedOpen Decision = "open"
	// DecidedClosed: everything that was tried is closed, or not there.
	DecidedClosed Decision = "closed"
	// Undecided: nothing was shown to be open, and something could not be
	// decided. It is never to be read as closed.
	Undecided Decision = "undecided"
)

// RouteState is what the checks of one port say about a route.
type RouteState struct {
	Route Route
	Use   Use
	Port  uint16
	State Decision
	// Because is the check that decided it or left it undecided.
	Because Check
}

// Exposure is what the checks of a target say about its routes. Routes whose
// checks did not apply are left out.
type Exposure []RouteState

// ExposureOf applies the table to checks. It goes by their ID, port and state
// alone, so that stored findings are judged as new ones are.
func ExposureOf(checks []Check) Exposure {
	var e Exposure
	for _, rule := range Routes() {
		for _, c := range checks {
			if c.State == NotApplicable || !slices.Contains(rule.Checks, c.ID) {
				continue
			}
			s := RouteState{Route: rule.Route, Use: rule.Use, Port: c.Port, State: decided(c.State), Because: c}
			i := slices.IndexFunc(e, func(o RouteState) bool { return o.Route == s.Route && o.Port == s.Port })
			switch {
			case i < 0:
				e = append(e, s)
			case weight(s.State) > weight(e[i].State):
				e[i] = s
			}
		}
	}
	return e
}

func decided(s CheckState) Decision {
	switch s {
	case Fail:
		return DecidedOpen
	case Pass:
		return DecidedClosed
	}
	return Undecided
}

// weight orders decisions of which one has to be named for several routes.
func weight(d Decision) int {
	return slices.Index([]Decision{DecidedClosed, Undecided, DecidedOpen}, d)
}

// Exposure is what the finding's checks say about its routes.
func (f *Finding) Exposure() Exposure { return ExposureOf(f.Checks) }

// With are the routes of one of the uses.
func (e Exposure) With(uses ...Use) Exposure {
	return e.filter(func(s RouteState) bool { return slices.Contains(uses, s.Use) })
}

// On are the routes on a port.
func (e Exposure) On(port uint16) Exposure {
	return e.filter(func(s RouteState) bool { return s.Port == port })
}

// In are the routes that have a state.
func (e Exposure) In(state Decision) Exposure {
	return e.filter(func(s RouteState) bool { return s.State == state })
}

func (e Exposure) filter(keep func(RouteState) bool) Exposure {
	var kept Exposure
	for _, s := range e {
		if keep(s) {
			kept = append(kept, s)
		}
	}
	return kept
}

// Names are the routes, each once.
func (e Exposure) Names() []Route {
	var names []Route
	for _, s := range e {
		if !slices.Contains(names, s.Route) {
			names = append(names, s.Route)
		}
	}
	return names
}

// State is the decision over all routes of e: open where one is, undecided
// where one is and none is open, otherwise closed.
func (e Exposure) State() Decision {
	state := DecidedClosed
	for _, s := range e {
		if weight(s.State) > weight(state) {
			state = s.State
		}
	}
	return state
}

// IsArchive reports whether the finding is of an archive: something that was
// identified as DICOM, as DICOMweb, or as the pages of an archive or a viewer.
func (f *Finding) IsArchive() bool { return f.Verdict.Speaks() }

// FreelyAccessible reports whether the finding is of what the study of 2019
// called freely accessible: studies, appointments or images are listed to
// anybody.
func (f *Finding) FreelyAccessible() bool { return f.Verdict.FreelyAccessible() }

// Exposed reports whether anything of the finding is open to anybody: an
// archive that is freely accessible, a viewer without login, or DICOM files in
// a listing. It is what letters are about.
func (f *Finding) Exposed() bool { return f.FreelyAccessible() || f.Beside() }

// WorklistOnly reports whether all that is listed to anybody are the entries of
// a worklist: appointments, not studies.
func (f *Finding) WorklistOnly() bool {
	open := f.Exposure().In(DecidedOpen)
	return len(open.With(Appoints)) > 0 && len(open.With(Lists)) == 0
}

// Beside reports whether something is open beside the verdict: a viewer without
// login, or DICOM files in a listing.
func (f *Finding) Beside() bool { return f.Viewer != "" || f.Listing() != 0 }

// Listing is the port of a directory listing with DICOM files; 0 for none.
func (f *Finding) Listing() uint16 {
	for _, r := range f.Exposure().In(DecidedOpen) {
		if r.Route == RouteListing {
			return r.Port
		}
	}
	return 0
}
