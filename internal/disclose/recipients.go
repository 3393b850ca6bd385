package disclose

import (
	"errors"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/gaissmai/bart"

	"leadglass/internal/disclose/seal"
	"leadglass/internal/survey"
)

// Labels of the Traffic Light Protocol 2.0 (FIRST) that a bundle can have.
const (
	// TLPAmber: need to know, within the recipient's organisation and its
	// clients. A CERT may tell the operators that it looks after.
	TLPAmber = "TLP:AMBER"
	// TLPAmberStrict: within the recipient's organisation only.
	TLPAmberStrict = "TLP:AMBER+STRICT"
)

// Recipient is who is told of the systems that it claims.
type Recipient struct {
	// Organisation names the recipient; no other has the same name, whatever
	// the case of its letters.
	Organisation string
	Email        string
	// Language is one of Languages.
	Language string
	// Channel says how the bundle is to be sent: "email", "portal", "post"…
	Channel string
	TLP     string
	// What it claims, the most specific last.
	Countries []string
	ASNs      []uint32
	Prefixes  []netip.Prefix
	Sites     []string
	// FileName is how the names of the recipient's bundles begin; no other
	// recipient of the file has the same.
	FileName string
	// KeyFiles are paths of OpenPGP keys, AgeKeys are age recipients.
	KeyFiles, AgeKeys []string
}

// Key reads the keys of r: OpenPGP where there are any, otherwise age. The
// error says what is wrong with them.
func (r *Recipient) Key(now time.Time) (*seal.Key, error) {
	switch {
	case len(r.KeyFiles) > 0:
		return seal.OpenPGPFiles(r.KeyFiles, now)
	case len(r.AgeKeys) > 0:
		return seal.AgeRecipients(r.AgeKeys)
	}
	return nil, errNoKey
}

// Reach returns an error where it is not known how a bundle gets to r: it is to
// be told by email, and has no address.
func (r *Recipient) Reach() error {
	if r.Email == "" && r.Channel == "email" {
		return errors.New("the channel is email but no address is set; set email:, or name with channel: how you will send it, such as portal or post")
	}
	return nil
}

// Claims are what r claims, for a person.
func (r *Recipient) Claims() []string {
	var list []string
	for _, site := range r.Sites {
		list = append(list, "site "+site)
	}
	for _, p := range r.Prefixes {
		list = append(list, p.String())
	}
	for _, n := range r.ASNs {
		list = append(list, "AS"+strconv.FormatUint(uint64(n), 10))
	}
	return append(list, r.Countries...)
}

// slug is the organisation's name as a part of a file name.
func slug(organisation string) string {
	parts := strings.FieldsFunc(strings.ToLower(organisation), func(c rune) bool {
		return (c < 'a' || c > 'z') && (c < '0' || c > '9')
	})
	if len(parts) == 0 {
		return "recipient"
	}
	name := strings.Join(parts, "-")
	return name[:min(len(name), 60)]
}

// Recipients are those of one file. Once read they do not change and are safe
// for concurrent use.
type Recipients struct {
	// List is in the file's order.
	List []*Recipient

	sites     map[string]*Recipient
	prefixes  bart.Table[*Recipient]
	asns      map[uint32]*Recipient
	countries map[string]*Recipient
}

// Claim says by which of its claims a recipient is told of a system.
type Claim string

// The claims, the most specific first.
const (
	BySite    Claim = "site"
	ByPrefix  Claim = "prefix"
	ByASN     Claim = "asn"
	ByCountry Claim = "country"
)

// For returns who is told of f, by the most specific claim: its site, then the
// longest prefix that holds its address, then its AS number, then its country.
// It returns nil where nobody claims it.
func (rs *Recipients) For(f *survey.Finding) (*Recipient, Claim) {
	owner := survey.Owner{}
	if f.Owner != nil {
		owner = *f.Owner
	}
	if r := rs.sites[siteKey(owner.Site)]; r != nil && owner.Site != "" {
		return r, BySite
	}
	if addr, err := netip.ParseAddr(f.Target.Address); err == nil {
		if r, ok := rs.prefixes.Lookup(addr.Unmap().WithZone("")); ok {
			return r, ByPrefix
		}
	}
	if r := rs.asns[owner.ASN]; r != nil && owner.ASN != 0 {
		return r, ByASN
	}
	if r := rs.countries[owner.Country]; r != nil && owner.Country != "" {
		return r, ByCountry
	}
	return nil, ""
}

// Named returns the recipient of that name, in any case of its letters.
func (rs *Recipients) Named(organisation string) *Recipient {
	i := slices.IndexFunc(rs.List, func(r *Recipient) bool {
		return strings.EqualFold(r.Organisation, strings.TrimSpace(organisation))
	})
	if i < 0 {
		return nil
	}
	return rs.List[i]
}

// siteKey makes names of sites comparable: case and runs of spaces do not
// count.
func siteKey(site string) string { return strings.ToLower(strings.Join(strings.Fields(site), " ")) }

// In reports whether the recipient is one of those named, or none is.
func (r *Recipient) In(names []string) bool {
	return len(names) == 0 || slices.ContainsFunc(names, func(name string) bool {
		return strings.EqualFold(strings.TrimSpace(name), r.Organisation)
	})
}
