package suspect

import (
	"encoding/csv"
	"fmt"
	"net/netip"
	"strings"

	_ "embed"

	"leadglass/internal/survey"
)

//go:embed demos.csv
var demosCSV string

var (
	demoName = Rule{ID: "demo-name", Kind: KindName, Of: tests, Weight: proof,
		When: "the target was named, and the name is that of a known public demonstration server",
		Why:  "its operators say so (internal/suspect/demos.csv, with sources)"}
	demoAddress = Rule{ID: "demo-address", Kind: KindName, Of: tests, Weight: sign,
		When: "address and port are those of one",
		Why:  "the same; addresses change hands, therefore not enough by itself"}
)

// Demos are known demonstration servers. The zero Demos knows none.
type Demos struct {
	names     map[string]string // lower case, without a trailing dot
	addresses map[netip.AddrPort]string
}

// BuiltinDemos returns the demonstration servers that the program knows.
func BuiltinDemos() (Demos, error) { return readDemos(demosCSV) }

// readDemos reads a list as in demos.csv.
func readDemos(text string) (Demos, error) {
	r := csv.NewReader(strings.NewReader(text))
	r.Comment = '#'
	rows, err := r.ReadAll()
	if err != nil {
		return Demos{}, fmt.Errorf("reading the demonstration servers: %w", err)
	}
	d := Demos{names: map[string]string{}, addresses: map[netip.AddrPort]string{}}
	for i, row := range rows {
		switch at, err := netip.ParseAddrPort(row[0]); {
		case i == 0: // the head
		case row[1] == "" || row[2] == "":
			return Demos{}, fmt.Errorf("the demonstration server %q has no description or no source", row[0])
		case err == nil:
			d.addresses[at] = row[1]
		default:
			d.names[strings.ToLower(row[0])] = row[1]
		}
	}
	return d, nil
}

// signs says whether the finding is of a demonstration server.
func (d Demos) signs(f *survey.Finding) []survey.Sign {
	host := strings.ToLower(strings.TrimSuffix(f.Target.Host, "."))
	if what, ok := d.names[host]; ok {
		return []survey.Sign{demoName.sign("%s is the name of a public demonstration server: %s.", host, what)}
	}
	addr, err := netip.ParseAddr(f.Target.Address)
	if err != nil {
		return nil
	}
	for i := range f.Services {
		if what, ok := d.addresses[netip.AddrPortFrom(addr.Unmap(), f.Services[i].Port)]; ok {
			return []survey.Sign{demoAddress.sign("Port %d is at an address known for a public demonstration server: %s.", f.Services[i].Port, what)}
		}
	}
	return nil
}
