package scope

import (
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"github.com/goccy/go-yaml/ast"

	"leadglass/internal/survey"
)

// maxRetentionDays is a hundred years.
const maxRetentionDays = 36500

// maxSourceAddresses is far more than one survey connects from.
const maxSourceAddresses = 64

// basis reads the legal ground of the survey.
func (d *decoder) basis(into *survey.Basis) func(ast.Node) {
	var words []string
	for _, b := range survey.Bases() {
		words = append(words, string(b))
	}
	return d.choice("authority.basis", "legal ground", (*string)(into), words...)
}

func (d *decoder) dataProtection(into **survey.DataProtection) func(ast.Node) {
	return func(n ast.Node) {
		p := &survey.DataProtection{}
		d.mapping(n, "authority.data_protection", []field{
			{"basis", false, d.text("authority.data_protection.basis", &p.Basis)},
			{"dpia", false, d.text("authority.data_protection.dpia", &p.DPIA)},
			{"ethics", false, d.text("authority.data_protection.ethics", &p.Ethics)},
		})
		if *p == (survey.DataProtection{}) {
			d.fail(nodePosition(n), "authority.data_protection holds nothing", "give basis, dpia or ethics, or remove the key")
		}
		*into = p
	}
}

// span reads a length of time in hours or days, from low to high hours.
func (d *decoder) span(key string, low, high int, set func(hours int)) func(ast.Node) {
	return func(n ast.Node) {
		s, ok := d.scalar(n, key)
		if !ok {
			return
		}
		form := fmt.Sprintf("give a whole number of days from %d to %d with its unit, for example 30d", max(1, low/24), high/24)
		if low < 24 {
			form = fmt.Sprintf("give a whole number of hours or days, at most %dd, with its unit, for example 72h or 14d", high/24)
		}
		digits, factor := strings.TrimSuffix(s, "d"), 24
		if hours, isHours := strings.CutSuffix(s, "h"); isHours && low < 24 {
			digits, factor = hours, 1
		}
		v, err := strconv.Atoi(digits)
		if err != nil || digits == s || strconv.Itoa(v) != digits || v < 1 || v > high/factor || v*factor < low {
			d.fail(nodePosition(n), key+" is "+shown(s), form)
			return
		}
		set(v * factor)
	}
}

// contactable reads a text that somebody can write to or call.
func (d *decoder) contactable(key string, into *string) func(ast.Node) {
	return func(n ast.Node) {
		before := d.err
		d.text(key, into)(n)
		if d.err == before && !Contactable(*into) {
			d.fail(nodePosition(n), key+" "+shown(*into)+" is neither an e-mail address nor a web address nor a telephone number",
				"say where to ask, for example https://HOST/PATH or NAME@DOMAIN")
		}
	}
}

// telephone reads a number in international form (ITU-T E.123): a plus sign,
// then 7 to 15 digits in groups.
func (d *decoder) telephone(key string, into *string) func(ast.Node) {
	return func(n ast.Node) {
		s, ok := d.scalar(n, key)
		if !ok {
			return
		}
		s = strings.TrimSpace(s)
		digits := strings.Map(func(r rune) rune {
			if strings.ContainsRune(" -()/.", r) {
				return -1
			}
			return r
		}, strings.TrimPrefix(s, "+"))
		if !strings.HasPrefix(s, "+") || len(digits) < 7 || len(digits) > 15 || len(s) > 40 || strings.Trim(digits, "0123456789") != "" {
			d.fail(nodePosition(n), key+" "+shown(s)+" is not a number in international form",
				`write it in quotes with a plus sign and the country's number, for example "+49 30 1234567"`)
			return
		}
		*into = s
	}
}

// sourceAddresses reads the addresses from which we connect.
func (d *decoder) sourceAddresses(list *[]netip.Addr) func(ast.Node) {
	const key = "identity.source_addresses"
	each := func(n ast.Node) {
		s, ok := d.scalar(n, key+" entry")
		if !ok {
			return
		}
		addr, err := netip.ParseAddr(s)
		switch {
		case err != nil || addr.Zone() != "" || addr.Is4In6():
			d.fail(nodePosition(n), key+" entry "+shown(s)+" is not an address", "write single addresses such as 192.0.2.7 or 2001:db8::7")
		case slices.Contains(*list, addr):
			d.fail(nodePosition(n), fmt.Sprintf("%s: %s is given twice", key, addr), "remove one")
		case len(*list) == maxSourceAddresses:
			d.fail(nodePosition(n), fmt.Sprintf("%s holds more than %d addresses", key, maxSourceAddresses), "list those that probes are sent from")
		default:
			*list = append(*list, addr)
		}
	}
	return func(n ast.Node) { d.list(n, key, each) }
}

// AuthorityOf reads who ordered a survey, and how it presents itself, from the
// text of a scope file that was kept with it. Nothing may be touched by it:
// dates, networks and other files are not looked at.
func AuthorityOf(text string) (Authority, Identity, error) {
	d := readDraft("stored scope", text, true)
	if d.err != nil {
		return Authority{}, Identity{}, d.err
	}
	return d.scope.Authority, d.scope.Identity, nil
}

// Line is something that an authority says of itself, for people.
type Line struct{ Label, Text string }

// AuthorityLines are what the scope file says of the ground of the survey, of who
// is behind it and of how it presents itself; nothing for what it leaves out.
func AuthorityLines(a *survey.Authority, identity *Identity) []Line {
	p := survey.DataProtection{}
	if a.DataProtection != nil {
		p = *a.DataProtection
	}
	var sources []string
	for _, addr := range identity.SourceAddresses {
		sources = append(sources, addr.String())
	}
	days, hours := "", ""
	if a.RetentionDays > 0 {
		days = fmt.Sprintf("%d days after the survey", a.RetentionDays)
	}
	if a.InformWithinHours > 0 {
		hours = fmt.Sprintf("%d hours", a.InformWithinHours)
	}
	var lines []Line
	for _, l := range []Line{{"reference", a.Reference}, {"legal basis", string(a.Basis)}, {"instrument", a.Instrument}, {"ordered by", a.OrderedBy}, {"requested by", a.RequestedBy},
		{"data protection", joined(p.Basis, named("DPIA ", p.DPIA), named("ethics vote ", p.Ethics))}, {"retention", days}, {"inform within", hours},
		{"opt-out", a.OptOut}, {"telephone", a.Telephone}, {"page", a.Page}, {"connects from", joined(sources...)}} {
		if l.Text != "" {
			lines = append(lines, l)
		}
	}
	return lines
}

// named is a value with a word before it, "" for none.
func named(word, value string) string {
	if value == "" {
		return ""
	}
	return word + value
}

// joined are the texts that are not empty.
func joined(texts ...string) string {
	return strings.Join(slices.DeleteFunc(texts, func(s string) bool { return s == "" }), ", ")
}
