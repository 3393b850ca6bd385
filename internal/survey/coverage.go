package survey

import (
	"encoding/json"
	"fmt"
	"net/netip"
	"slices"
	"strings"
)

// Coverage is what a survey looked at and how: what has to be the same for two
// surveys to be compared like for like. It is kept with the survey, since
// neither the scope file nor the program stays as it was.
type Coverage struct {
	// ScopeName is the name in the scope file; surveys with different names
	// may be of the same scope.
	ScopeName string `json:"scope_name"`
	// Ranges are the addresses that were swept, exclusions left out, sorted
	// and apart from each other. Addresses of host names are not among them:
	// they have records of their own.
	Ranges []AddressRange `json:"ranges"`
	// Ports are the ports that were tried, sorted.
	Ports []uint16 `json:"ports"`
	// Version is the version of Leadglass; where a survey was continued by
	// another one, both, separated by a comma.
	Version string `json:"version"`
	// CountMode, the techniques that were allowed, and the budget of a host
	// are those of the scope file.
	CountMode       string `json:"count_mode"`
	DefaultAETitles bool   `json:"default_ae_titles"`
	Sample          bool   `json:"sample"`
	DICOMweb        bool   `json:"dicomweb"`
	PerHostTimeMS   int64  `json:"per_host_time_ms"`
	PerHostBytes    int64  `json:"per_host_bytes"`
	// CalledAETitles are the titles of the authority's own archives that were
	// tried, sorted.
	CalledAETitles []string `json:"called_ae_titles,omitempty"`
	// Checks is the catalogue of checks that were made, sorted by ID.
	Checks []CoveredCheck `json:"checks"`
}

// CoveredCheck is a check of the catalogue as it was at the time of a survey.
type CoveredCheck struct {
	ID       string   `json:"id"`
	Title    string   `json:"title"`
	Severity Severity `json:"severity"`
	// Method stands for the way the check is made: it changes when that does.
	Method string `json:"method"`
}

// AddressRange is the addresses from one to another, both included, of one
// family. Its text is "192.0.2.0-192.0.2.255", or "192.0.2.1" for one.
type AddressRange struct{ From, To netip.Addr }

// MarshalJSON writes the text of r.
func (r AddressRange) MarshalJSON() ([]byte, error) {
	if r.From == r.To {
		return json.Marshal(r.From.String())
	}
	return json.Marshal(r.From.String() + "-" + r.To.String())
}

// UnmarshalJSON reads what MarshalJSON writes.
func (r *AddressRange) UnmarshalJSON(data []byte) error {
	var text string
	if err := json.Unmarshal(data, &text); err != nil {
		return fmt.Errorf("range of addresses: %w", err)
	}
	from, to, isRange := strings.Cut(text, "-")
	if !isRange {
		to = from
	}
	var err error
	if r.From, err = netip.ParseAddr(from); err != nil {
		return fmt.Errorf("range of addresses %q: %w", text, err)
	}
	if r.To, err = netip.ParseAddr(to); err != nil {
		return fmt.Errorf("range of addresses %q: %w", text, err)
	}
	if r.From.Zone()+r.To.Zone() != "" || r.From.Is4In6() || r.To.Is4In6() {
		return fmt.Errorf("range of addresses %q: it is in no plain form", text)
	}
	if r.From.Is4() != r.To.Is4() || r.To.Less(r.From) {
		return fmt.Errorf("range of addresses %q: it ends before it begins", text)
	}
	return nil
}

// Covers reports whether addr was swept.
func (c *Coverage) Covers(addr netip.Addr) bool {
	addr = addr.Unmap()
	i, found := slices.BinarySearchFunc(c.Ranges, addr, func(r AddressRange, a netip.Addr) int { return r.From.Compare(a) })
	return found || i > 0 && !c.Ranges[i-1].To.Less(addr) && c.Ranges[i-1].To.Is4() == addr.Is4()
}

// Continued is the coverage of a survey that was begun under c and continued
// under now: what only one of the two covered is not covered by the whole,
// except addresses, which are those of the continuation (what was finished
// before has its records).
func (c Coverage) Continued(now Coverage) Coverage {
	if !slices.Contains(strings.Split(c.Version, ", "), now.Version) {
		now.Version = c.Version + ", " + now.Version
	} else {
		now.Version = c.Version
	}
	now.Ports = slices.DeleteFunc(slices.Clone(now.Ports), func(p uint16) bool { return !slices.Contains(c.Ports, p) })
	now.Checks = slices.DeleteFunc(slices.Clone(now.Checks), func(k CoveredCheck) bool {
		return !slices.ContainsFunc(c.Checks, func(o CoveredCheck) bool { return o.ID == k.ID && o.Method == k.Method })
	})
	now.CalledAETitles = slices.Concat(c.CalledAETitles, now.CalledAETitles)
	slices.Sort(now.CalledAETitles)
	now.CalledAETitles = slices.Compact(now.CalledAETitles)
	return now
}

// Differs says in what way work under c is other work than that under o, "" for
// none: results of the two could not stand in one survey. The addresses are left
// out, which are not c's to choose.
func (c Coverage) Differs(o Coverage) string {
	switch {
	case !slices.Contains(strings.Split(o.Version, ", "), c.Version):
		return fmt.Sprintf("version %s and not with %s", o.Version, c.Version)
	case !slices.Equal(c.Ports, o.Ports):
		return "other ports"
	case c.CountMode != o.CountMode:
		return "another way to count"
	case c.DefaultAETitles != o.DefaultAETitles || c.Sample != o.Sample || c.DICOMweb != o.DICOMweb:
		return "other techniques allowed"
	case c.PerHostTimeMS != o.PerHostTimeMS || c.PerHostBytes != o.PerHostBytes:
		return "another budget for a host"
	case !slices.Equal(c.CalledAETitles, o.CalledAETitles):
		return "other called AE titles"
	case !slices.EqualFunc(c.Checks, o.Checks, func(a, b CoveredCheck) bool { return a.ID == b.ID && a.Method == b.Method }):
		return "other checks"
	}
	return ""
}
