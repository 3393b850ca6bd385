package survey

import (
	"slices"
	"strings"
	"time"
)

// SourceKind says what kind of source a part of an Owner comes from.
type SourceKind string

// The kinds of sources, the most trusted first.
const (
	// SourceOverlay is the CSV file that the scope file names.
	SourceOverlay SourceKind = "overlay"
	// SourceGeoIP is a database that the user gave.
	SourceGeoIP SourceKind = "geoip"
	// SourceEmbedded is the country table within the program.
	SourceEmbedded SourceKind = "embedded"
	// SourceRDAP is the registry of the address, asked over RDAP.
	SourceRDAP SourceKind = "rdap"
)

// Source is one of the sources that the owners of a survey come from. A report
// says all of them, without a network and long after.
type Source struct {
	Kind SourceKind `json:"kind"`
	// Name is the database's name for itself, such as "GeoLite2-Country";
	// never the path of a file.
	Name string `json:"name,omitempty"`
	// Date is when the source was made; zero when it does not say.
	Date time.Time `json:"date,omitzero"`
	// Licence and Attribution are what the makers ask to be said where the data
	// are used; empty where they are not known.
	Licence     string `json:"licence,omitempty"`
	Attribution string `json:"attribution,omitempty"`
}

// String is the source in one line, for reports: "ip-location-db … (CC0 1.0;
// CC BY 4.0), of 2026-06-17".
func (s Source) String() string {
	parts := []string{s.Attribution}
	if s.Name != "" && !strings.Contains(s.Attribution, s.Name) {
		parts = []string{s.Name}
		if s.Attribution != "" {
			parts = append(parts, s.Attribution)
		}
	}
	text := strings.Join(parts, ": ")
	if text == "" {
		text = string(s.Kind)
	}
	if s.Licence != "" {
		text += " (" + s.Licence + ")"
	}
	if !s.Date.IsZero() {
		text += ", of " + s.Date.UTC().Format(time.DateOnly)
	}
	return text
}

// AddSources returns list with those of more that it does not hold, in order.
func AddSources(list []Source, more ...Source) []Source {
	for _, s := range more {
		if !slices.ContainsFunc(list, func(o Source) bool {
			return o.Kind == s.Kind && o.Name == s.Name && o.Date.Equal(s.Date)
		}) {
			list = append(list, s)
		}
	}
	return list
}

// Registration is what the registry of an address says of the network that the
// address belongs to. Nothing else of the registry's answer is kept: no names
// of persons, no postal addresses, no telephone numbers.
type Registration struct {
	// Email takes reports of abuse; empty when the registry names none.
	Email string `json:"email,omitempty"`
	// Organisation holds the network; empty when the registry names only
	// persons.
	Organisation string `json:"organisation,omitempty"`
	// Country is an ISO 3166-1 alpha-2 code, upper case; empty when unknown.
	Country string `json:"country,omitempty"`
	// Handle is the registry's name for the network.
	Handle string `json:"handle,omitempty"`
	// Registry is the host that answered; empty when none of the registries
	// knows the address.
	Registry string `json:"registry,omitempty"`
	// AskedAt is when; ExpiresAt, until when the answer is used again.
	AskedAt   time.Time `json:"asked_at"`
	ExpiresAt time.Time `json:"expires_at"`
}
