// Package attribute answers where an archive is and whose it is: country, site,
// contact, AS number and network. What the user's overlay says stands; then
// come the databases that the user gives, and last the country table within
// the program (docs/attribution.md).
//
// It guesses nothing and asks nobody: an address that no source covers stays
// unknown. The next stage is the store.
package attribute

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"os"
	"strings"

	"github.com/gaissmai/bart"

	"leadglass/internal/survey"
)

// Overlay maps address prefixes to owners. The longest prefix that holds an
// address wins, with its whole row: an empty field is not filled from a
// shorter prefix. Once loaded it is read-only and safe for concurrent use.
type Overlay struct {
	table bart.Table[row]
	size  int
}

type row struct {
	owner survey.Owner
	line  int
}

// LoadOverlay reads the CSV file at path: `prefix,country,site,contact` a
// line, the last two optional, '#' begins a comment line, a header line is
// allowed. Errors are of the form "FILE:LINE: what; remedy".
func LoadOverlay(path string) (*Overlay, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("opening the overlay: %w; name a CSV file of prefix,country,site,contact as `overlay` in the scope file", err)
	}
	defer f.Close()
	return ReadOverlay(f, path)
}

// ReadOverlay is LoadOverlay on an open file; name is used in errors.
func ReadOverlay(r io.Reader, name string) (*Overlay, error) {
	cr := csv.NewReader(r)
	cr.Comment = '#'
	cr.FieldsPerRecord = -1
	cr.TrimLeadingSpace = true
	cr.ReuseRecord = true
	o := new(Overlay)
	for first := true; ; first = false {
		fields, err := cr.Read()
		if err == io.EOF {
			return o, nil
		}
		if err != nil {
			return nil, csvError(name, err)
		}
		line, _ := cr.FieldPos(0)
		if first {
			fields[0] = strings.TrimPrefix(fields[0], "\ufeff")
			if strings.EqualFold(strings.TrimSpace(fields[0]), "prefix") {
				continue
			}
		}
		if err := o.add(fields, line); err != nil {
			return nil, fmt.Errorf("%s:%d: %w", name, line, err)
		}
	}
}

// Len returns the number of rows.
func (o *Overlay) Len() int { return o.size }

// Lookup returns the owner of addr, and false when no row covers it. A nil
// Overlay covers nothing.
func (o *Overlay) Lookup(addr netip.Addr) (survey.Owner, bool) {
	if o == nil || !addr.IsValid() {
		return survey.Owner{}, false
	}
	r, ok := o.table.Lookup(addr.Unmap().WithZone(""))
	return r.owner, ok
}

func (o *Overlay) add(fields []string, line int) error {
	if len(fields) < 2 || len(fields) > 4 {
		return fmt.Errorf("%d columns; write prefix,country,site,contact (site and contact may be left out; quote a field that holds a comma)", len(fields))
	}
	for i := range fields {
		fields[i] = strings.TrimSpace(fields[i])
	}
	prefix, err := parsePrefix(fields[0])
	if err != nil {
		return err
	}
	country, err := parseCountry(fields[1])
	if err != nil {
		return err
	}
	if earlier, ok := o.table.Get(prefix); ok {
		return fmt.Errorf("prefix %s is already in line %d; remove one of the two lines", prefix, earlier.line)
	}
	owner := survey.Owner{Country: country, Source: survey.SourceOverlay}
	if len(fields) > 2 {
		owner.Site = strings.Clone(fields[2])
	}
	if len(fields) > 3 {
		owner.Contact = strings.Clone(fields[3])
	}
	if owner.Contact != "" {
		owner.ContactSource = survey.SourceOverlay
	}
	o.table.Insert(prefix, row{owner: owner, line: line})
	o.size++
	return nil
}

// parsePrefix takes a prefix without host bits, or a single address.
func parsePrefix(s string) (netip.Prefix, error) {
	if !strings.Contains(s, "/") {
		addr, err := netip.ParseAddr(s)
		if err != nil || addr.Zone() != "" {
			return netip.Prefix{}, fmt.Errorf("%q is not an address or prefix; write one such as 192.0.2.0/24 or 2001:db8::/32", s)
		}
		addr = addr.Unmap()
		return netip.PrefixFrom(addr, addr.BitLen()), nil
	}
	p, err := netip.ParsePrefix(s)
	if err != nil {
		return netip.Prefix{}, fmt.Errorf("%q is not a prefix; write one such as 192.0.2.0/24 or 2001:db8::/32", s)
	}
	if p.Addr().Is4In6() {
		return netip.Prefix{}, fmt.Errorf("%q is an IPv4-mapped prefix; write it as IPv4, such as 192.0.2.0/24", s)
	}
	if p != p.Masked() {
		return netip.Prefix{}, fmt.Errorf("%q has host bits set; write %s for the network or %s for the one address", s, p.Masked(), p.Addr())
	}
	return p, nil
}

// parseCountry takes an assigned ISO 3166-1 alpha-2 code in either case, or
// nothing for an unknown country.
func parseCountry(s string) (string, error) {
	if s == "" {
		return "", nil
	}
	code := strings.ToUpper(s)
	if survey.CountryName(code) != "" {
		return code, nil
	}
	if code == "UK" {
		return "", errors.New(`"UK" is not an ISO 3166-1 code; write GB for the United Kingdom`)
	}
	return "", fmt.Errorf("%q is not an ISO 3166-1 alpha-2 country code; write two letters such as DE, or leave the column empty for unknown", s)
}

// csvError gives an error of the CSV syntax the form of the other errors.
func csvError(name string, err error) error {
	var pe *csv.ParseError
	if errors.As(err, &pe) {
		return fmt.Errorf("%s:%d: %w; quote fields that hold quotes or commas, and double a quote inside", name, pe.Line, pe.Err)
	}
	return fmt.Errorf("reading the overlay %s: %w", name, err)
}
