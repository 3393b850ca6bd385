package attribute

import (
	_ "embed" // the country table
	"fmt"
	"strings"
	"sync"

	"github.com/oschwald/maxminddb-golang/v2"

	"leadglass/internal/survey"
)

//go:embed data/country.mmdb
var countries []byte

// Embedded is the country table within the program; data/README.md says where
// it comes from, and how good it is.
var Embedded = sync.OnceValues(func() (*Database, error) {
	r, err := maxminddb.OpenBytes(countries)
	if err != nil {
		return nil, fmt.Errorf("the country table within the program: %w", err)
	}
	return &Database{reader: r, source: survey.SourceEmbedded}, nil
})

// publishers are those whose licence asks to be named, by the beginning of the
// name that a database has for itself. The licences are those of the editions
// that are free of charge; of the others, only the name is known here.
var publishers = []struct{ prefix, free, licence, attribution string }{
	{"geolite2", "geolite2", "GeoLite End User License Agreement", "This product includes GeoLite Data created by MaxMind, available from https://www.maxmind.com"},
	{"geoip2", "", "", "MaxMind, https://www.maxmind.com"},
	{"dbip", "lite", "CC BY 4.0", "IP Geolocation by DB-IP, https://db-ip.com"},
	{"ipinfo", "lite", "CC BY-SA 4.0", "IP address data powered by IPinfo, https://ipinfo.io"},
}

// Source says what the database is, and what its licence asks to be said.
func (d *Database) Source() survey.Source {
	s := survey.Source{Kind: d.source, Date: d.Built()}
	if d.source == survey.SourceEmbedded {
		s.Name = "ip-location-db"
		s.Attribution = "ip-location-db by sapics, from statistics of the Number Resource Organization, nro.net"
		s.Licence = "CC0 1.0; the statistics CC BY 4.0"
		return s
	}
	s.Name = printable(d.Kind())
	kind := strings.ToLower(s.Name)
	for _, p := range publishers {
		if !strings.HasPrefix(kind, p.prefix) {
			continue
		}
		s.Attribution = p.attribution
		if p.free != "" && strings.Contains(kind, p.free) {
			s.Licence = p.licence
		}
		break
	}
	return s
}
