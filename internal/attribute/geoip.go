package attribute

import (
	"fmt"
	"net/netip"
	"path/filepath"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/oschwald/maxminddb-golang/v2"

	"leadglass/internal/survey"
)

// Database is a table of addresses in the MMDB format: country, AS number,
// name of the network, whichever it holds. It is safe for concurrent use.
type Database struct {
	reader *maxminddb.Reader
	source survey.SourceKind
}

// OpenDatabase opens an MMDB file in one of the layouts of GeoLite2 and GeoIP2
// (Country, City, ASN), DB-IP (the same), IPinfo (Lite, country and ASN files)
// and ip-location-db. It must be closed.
func OpenDatabase(path string) (*Database, error) {
	r, err := maxminddb.Open(path)
	if err != nil {
		return nil, fmt.Errorf("opening the database %s: %w; give a file in the MMDB format, such as GeoLite2-Country.mmdb", path, err)
	}
	return checked(r, filepath.Base(path))
}

func checked(r *maxminddb.Reader, name string) (*Database, error) {
	d := &Database{reader: r, source: survey.SourceGeoIP}
	if err := d.probe(name); err != nil {
		_ = r.Close()
		return nil, err
	}
	return d, nil
}

// probe refuses a database of something else, such as one of proxies.
func (d *Database) probe(name string) error {
	// most ends the walk through a damaged tree, which may have circles.
	const enough, most = 1000, 1_000_000
	n, walked := 0, 0
	for result := range d.reader.Networks(maxminddb.IncludeNetworksWithoutData()) {
		if walked++; walked > most {
			break
		}
		if result.Err() == nil && !result.Found() {
			continue
		}
		var e entry
		if err := result.Decode(&e); err != nil {
			return fmt.Errorf("database %s: %w; the file is damaged, or not of the MMDB layouts of GeoLite2, DB-IP, IPinfo and ip-location-db", name, err)
		}
		if code, _ := e.country(); code != "" || e.number() != 0 {
			return nil
		}
		if n++; n >= enough {
			break
		}
	}
	return fmt.Errorf("database %s (%s) names neither countries nor networks in its first %d entries; give one of the kinds Country, City or ASN",
		name, d.reader.Metadata.DatabaseType, n)
}

// Close closes the file.
func (d *Database) Close() error { return d.reader.Close() }

// Built returns when the database was made.
func (d *Database) Built() time.Time {
	return time.Unix(int64(d.reader.Metadata.BuildEpoch), 0).UTC()
}

// Kind returns the database's name for itself.
func (d *Database) Kind() string { return d.reader.Metadata.DatabaseType }

// entry is what the layouts have in common, under all the names they use.
type entry struct {
	// CountryCode is ip-location-db's and IPinfo Lite's; Country is a string
	// in IPinfo's other files and a map in GeoLite2 and DB-IP.
	CountryCode string `maxminddb:"country_code"`
	Country     any    `maxminddb:"country"`
	// AutonomousSystemNumber and -Organization are those of GeoLite2-ASN;
	// IPinfo writes "AS15169" in asn.
	AutonomousSystemNumber       uint32 `maxminddb:"autonomous_system_number"`
	AutonomousSystemOrganization string `maxminddb:"autonomous_system_organization"`
	ASN                          any    `maxminddb:"asn"`
	ASName                       string `maxminddb:"as_name"`
	Name                         string `maxminddb:"name"`
}

// country returns a country's code, or why what the table says is none: EU and
// AP are regions, and a code that is left to users means what its user means by
// it, often "unknown"; XK alone is known. UK is read as GB: ISO 3166-1 reserves it
// for the United Kingdom. Both are empty where the table says nothing.
func (e *entry) country() (code, why string) {
	code = e.CountryCode
	switch c := e.Country.(type) {
	case string:
		if code == "" {
			code = c
		}
	case map[string]any:
		if iso, ok := c["iso_code"].(string); ok && code == "" {
			code = iso
		}
	}
	code = strings.ToUpper(code)
	switch {
	case code == "":
		return "", ""
	case code == "UK":
		return "GB", ""
	case survey.IsCountry(code):
		return code, ""
	case code == "EU" || code == "AP":
		return "", "the database says " + code + ", which is a region and no country"
	case len(code) == 2 && code[0] >= 'A' && code[0] <= 'Z' && code[1] >= 'A' && code[1] <= 'Z':
		return "", "the database says " + code + ", which ISO 3166-1 assigns to no country"
	}
	return "", "the database says something that is no country code"
}

func (e *entry) number() uint32 {
	if e.AutonomousSystemNumber != 0 {
		return e.AutonomousSystemNumber
	}
	switch n := e.ASN.(type) {
	case string:
		v, err := strconv.ParseUint(strings.TrimPrefix(strings.ToUpper(n), "AS"), 10, 32)
		if err == nil {
			return uint32(v)
		}
	case uint64:
		if n < 1<<32 {
			return uint32(n)
		}
	}
	return 0
}

func (e *entry) network() string {
	for _, name := range []string{e.AutonomousSystemOrganization, e.ASName, e.Name} {
		if name = printable(name); name != "" {
			return name
		}
	}
	return ""
}

// maxName bounds the name of a network, in bytes; longer ones are cut.
const maxName = 200

// printable is s without what cannot be printed on one line.
func printable(s string) string {
	if len(s) > maxName {
		s = s[:maxName]
	}
	return strings.TrimSpace(strings.Map(func(r rune) rune {
		if r == utf8.RuneError || !unicode.IsPrint(r) {
			return -1
		}
		return r
	}, s))
}

// lookup returns what the database says of an address; nothing where it is
// damaged at that place.
func (d *Database) lookup(addr netip.Addr) (entry, bool) {
	result := d.reader.Lookup(addr)
	var e entry
	if !result.Found() || result.Decode(&e) != nil {
		return entry{}, false
	}
	return e, true
}

// Sources are what an attribution is made from, the most trusted first.
type Sources struct {
	// Overlay may be nil.
	Overlay *Overlay
	// Databases are asked in order: each fills in what those before it leave
	// open.
	Databases []*Database
}

// List names the sources, for the survey to keep.
func (s *Sources) List() []survey.Source {
	var list []survey.Source
	if s.Overlay != nil {
		list = append(list, survey.Source{Kind: survey.SourceOverlay, Attribution: "the overlay of the scope file"})
	}
	for _, d := range s.Databases {
		list = append(list, d.Source())
	}
	return list
}

// Owner returns what the sources know of an address, and false where they know
// nothing. What the overlay says is kept; country, AS number and network that
// it leaves empty come from the first database that has them. The owner says
// of each where it comes from.
func (s *Sources) Owner(addr netip.Addr) (survey.Owner, bool) {
	if s == nil || !addr.IsValid() {
		return survey.Owner{}, false
	}
	addr = addr.Unmap().WithZone("")
	owner, known := s.Overlay.Lookup(addr)
	if !survey.Public(addr) {
		return owner, known
	}
	for _, d := range s.Databases {
		if owner.Country+owner.CountryReason != "" && owner.ASN != 0 {
			break
		}
		e, ok := d.lookup(addr)
		if !ok {
			continue
		}
		// An answer that is no country ends the search too: what a worse source says
		// would be a guess against a better one.
		if c, why := e.country(); c+why != "" && owner.Country+owner.CountryReason == "" {
			owner.Country, owner.CountryReason, owner.Source, known = c, why, d.source, true
		}
		if n := e.number(); n != 0 && owner.ASN == 0 {
			owner.ASN, owner.Network, owner.NetworkSource, known = n, e.network(), d.source, true
			if owner.Source == "" {
				owner.Source = d.source
			}
		}
	}
	return owner, known
}
