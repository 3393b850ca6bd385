package contacts

import (
	"bytes"
	"encoding/csv"
	"errors"
	"io"
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"leadglass/internal/survey"
)

// maxRows bounds a CSV file.
const maxRows = 20000

// Columns are those that a CSV file may have, in any order; the first line
// names them. Several values in one field stand between semicolons or spaces;
// sites, which have spaces, between semicolons.
func Columns() []string {
	return []string{"organisation", "email", "language", "channel", "countries", "prefixes", "asns", "sites", "openpgp", "age", "security_txt"}
}

// csv imports a CSV file.
func (im *importer) csv(f File) error {
	r := csv.NewReader(bytes.NewReader(bytes.TrimPrefix(f.Data, []byte("\ufeff"))))
	r.Comment = '#'
	r.TrimLeadingSpace = true
	var columns []string
	for rows := 0; ; rows++ {
		fields, err := r.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return csvError(f.Name, err)
		}
		line, _ := r.FieldPos(0)
		at := place{f.Name, line}
		if columns == nil {
			if columns, err = header(at, fields); err != nil {
				return err
			}
			continue
		}
		if rows > maxRows {
			return at.fail("split the file", "more than %d rows", maxRows)
		}
		if err := im.row(at, columns, fields); err != nil {
			return err
		}
	}
	if columns == nil {
		return place{file: f.Name}.fail("begin with a line that names the columns: "+strings.Join(Columns(), ","), "is empty")
	}
	return nil
}

func csvError(name string, err error) error {
	var pe *csv.ParseError
	if !errors.As(err, &pe) {
		return place{file: name}.fail("save it as CSV", "%v", err)
	}
	remedy := "quote fields that hold quotes or commas, and double a quote inside"
	if errors.Is(err, csv.ErrFieldCount) {
		remedy = "give each line as many fields as the first, with commas for empty ones"
	}
	return place{name, pe.Line}.fail(remedy, "%v", pe.Err)
}

// header reads the names of the columns.
func header(at place, fields []string) ([]string, error) {
	var columns []string
	if len(fields) == 1 && strings.Contains(fields[0], ";") {
		return nil, at.fail("save it with commas; semicolons separate the values of one field", "the columns are separated by semicolons")
	}
	for _, f := range fields {
		name := strings.ToLower(strings.TrimSpace(f))
		if !slices.Contains(Columns(), name) {
			return nil, at.fail("columns are "+strings.Join(Columns(), ","), "%.40q is not a column", f)
		}
		if slices.Contains(columns, name) {
			return nil, at.fail("remove one", "there are two columns %s", name)
		}
		columns = append(columns, name)
	}
	return columns, nil
}

// row imports one row.
func (im *importer) row(at place, columns, fields []string) error {
	r := Recipient{at: at}
	securityText := ""
	for i, column := range columns {
		switch value := strings.TrimSpace(fields[i]); {
		case value == "":
		case column == "security_txt":
			securityText = value
		default:
			if err := r.set(column, value); err != nil {
				return err
			}
		}
	}
	if r.Organisation == "" {
		return at.fail("fill the column organisation", "a recipient without a name")
	}
	if len(r.Countries)+len(r.Prefixes)+len(r.ASNs)+len(r.Sites) == 0 {
		return at.fail("fill one of the columns countries, prefixes, asns, sites", "%.40q answers for nothing", r.Organisation)
	}
	if securityText != "" {
		if err := im.fromSecurityText(&r, securityText); err != nil {
			return err
		}
	}
	if r.Channel == "" && r.Email != "" {
		r.Channel = "email"
	}
	return im.add(r)
}

// fromSecurityText fills what the row leaves open from the file it names. An
// expired file adds nothing.
func (im *importer) fromSecurityText(r *Recipient, name string) error {
	data, err := im.read(r.at.file, name)
	if err != nil {
		return r.at.fail("name a file as seen from this one, or empty the field", "security_txt: %v", err)
	}
	s, err := ParseSecurityText(name, data)
	if err != nil {
		return err
	}
	if !im.holds(place{file: name}, s) {
		r.Remarks = append(r.Remarks, "its security.txt has expired")
		return nil
	}
	s.fill(r)
	return nil
}

// list splits a field with several values.
func list(column, value string) []string {
	separators := "; \t"
	if column == "sites" || column == "openpgp" {
		separators = ";"
	}
	var out []string
	for _, v := range strings.FieldsFunc(value, func(c rune) bool { return strings.ContainsRune(separators, c) }) {
		if v = strings.TrimSpace(v); v != "" {
			out = append(out, v)
		}
	}
	return out
}

// set puts a field into r.
func (r *Recipient) set(column, value string) error {
	values := []string{value}
	if single := []string{"organisation", "email", "language", "channel"}; !slices.Contains(single, column) {
		values = list(column, value)
	}
	for _, v := range values {
		if err := text(v); err != nil {
			return r.at.fail("write one plain line", "%s %v", column, err)
		}
		if err := r.append(column, v); err != nil {
			return err
		}
	}
	return nil
}

// append adds one value.
func (r *Recipient) append(column, v string) error {
	switch column {
	case "organisation":
		r.Organisation = v
	case "channel":
		r.Channel = v
	case "email":
		if !address(v) {
			return r.at.fail("write it as NAME@DOMAIN, without a display name", "email %.60q is not an address", v)
		}
		r.Email = v
	case "language":
		if r.Language = strings.ToLower(v); !slices.Contains(Languages(), r.Language) {
			return r.at.fail("known are "+strings.Join(Languages(), ", "), "language %.20q has no letter", v)
		}
	case "countries":
		code := strings.ToUpper(v)
		if survey.CountryName(code) == "" {
			return r.at.fail("write two letters such as DE; the United Kingdom is GB", "%.20q is not an ISO 3166-1 alpha-2 country code", v)
		}
		r.Countries = append(r.Countries, code)
	case "prefixes":
		p, err := prefix(v)
		if err != nil {
			return r.at.fail(err.Error(), "%.60q is not a prefix", v)
		}
		r.Prefixes = append(r.Prefixes, p)
	case "asns":
		n, err := strconv.ParseUint(strings.TrimPrefix(strings.ToUpper(v), "AS"), 10, 32)
		if err != nil || n == 0 {
			return r.at.fail("write it as 64496 or AS64496", "%.20q is not an AS number", v)
		}
		r.ASNs = append(r.ASNs, uint32(n))
	case "sites":
		r.Sites = append(r.Sites, v)
	case "openpgp":
		r.OpenPGP = append(r.OpenPGP, v)
	case "age":
		if !strings.HasPrefix(v, "age1") { // not shown: it may be a secret key
			return r.at.fail("write the public key, which begins with age1", "age is not an age recipient")
		}
		r.Age = append(r.Age, v)
	}
	return nil
}

// prefix takes a prefix without host bits, or a single address; the error is
// the remedy.
func prefix(s string) (netip.Prefix, error) {
	form := errors.New("write an address or prefix such as 192.0.2.0/24 or 2001:db8::/32")
	if addr, err := netip.ParseAddr(s); err == nil {
		if addr.Zone() != "" || addr.Is4In6() {
			return netip.Prefix{}, form
		}
		return netip.PrefixFrom(addr, addr.BitLen()), nil
	}
	p, err := netip.ParsePrefix(s)
	switch {
	case err != nil || p.Addr().Is4In6():
		return netip.Prefix{}, form
	case p != p.Masked():
		return netip.Prefix{}, errors.New("it has host bits set: write " + p.Masked().String() + " for the network")
	}
	return p, nil
}
