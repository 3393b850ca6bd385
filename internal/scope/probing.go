package scope

import (
	"errors"
	"fmt"
	"net/mail"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"time"
)

// WellKnownProbing is where the file of ProbingText is to be served (RFC 9511 3.2).
const WellKnownProbing = "/.well-known/probing.txt"

// ProbingText is the probe description file of RFC 9511, in the form of RFC 9116,
// by which whoever sees a probe learns who sends it and whom to ask.
func ProbingText(s *Scope) (string, error) {
	var b strings.Builder
	contacts := contactURIs(s.Authority.Contact, s.Authority.Telephone)
	if len(contacts) == 0 {
		return "", errors.New("authority.contact is neither an e-mail address nor a web address, and authority.telephone is not set; RFC 9511 needs a contact as a URI")
	}
	if host := ProbingHost(s); host != "" {
		fmt.Fprintf(&b, "Canonical: https://%s%s\n", host, WellKnownProbing)
	}
	for _, c := range contacts {
		fmt.Fprintf(&b, "Contact: %s\n", c)
	}
	fmt.Fprintf(&b, "Expires: %s\n", s.Authority.ValidUntil.UTC().Format(time.RFC3339))
	b.WriteString("Preferred-Languages: en\n")
	about := "Survey of medical image archives (DICOM) ordered by " + s.Authority.Organisation
	if s.Authority.Reference != "" {
		about += " (" + s.Authority.Reference + ")"
	}
	about += "; calling AE title " + s.Identity.CallingAETitle + "; counts and configuration only, no image is retrieved, no password is guessed"
	if s.Authority.OptOut != "" {
		about += "; opt out: " + s.Authority.OptOut
	}
	fmt.Fprintf(&b, "Description: %s\n", about)
	return b.String(), nil
}

// contactURIs are the URIs in a contact: mailto:, https: and tel:.
func contactURIs(contact, telephone string) []string {
	var list []string
	for _, word := range strings.Fields(contact) {
		word = strings.Trim(word, "<>(),;")
		if a, err := mail.ParseAddress(word); err == nil {
			list = append(list, "mailto:"+a.Address)
		} else if u, err := url.Parse(word); err == nil && u.Scheme == "https" && u.Host != "" {
			list = append(list, word)
		}
	}
	if telephone != "" {
		list = append(list, "tel:"+strings.Map(func(r rune) rune {
			if r == '+' || r >= '0' && r <= '9' {
				return r
			}
			return -1
		}, telephone))
	}
	return list
}

// ProbingHost is the host name at which the file is to be served: that of
// identity.url, otherwise of authority.page; "" where both are missing or name an
// address.
func ProbingHost(s *Scope) string {
	for _, text := range []string{s.Identity.URL, s.Authority.Page} {
		u, err := url.Parse(text)
		if err != nil || u.Hostname() == "" {
			continue
		}
		if _, err := netip.ParseAddr(u.Hostname()); err != nil {
			return strings.ToLower(u.Hostname())
		}
	}
	return ""
}

// ReverseDNS are the lines of zone files that lead from the addresses from which
// we connect to the host that serves the file (RFC 9511 3.1, RFC 1035 3.5, RFC
// 3596 2.5); nil where one of both is unknown.
func ReverseDNS(s *Scope) []string {
	host := ProbingHost(s)
	if host == "" {
		return nil
	}
	var lines []string
	for _, addr := range s.Identity.SourceAddresses {
		lines = append(lines, reverseName(addr)+" IN PTR "+host+".")
	}
	return lines
}

// reverseName is the name of an address in in-addr.arpa or ip6.arpa.
func reverseName(addr netip.Addr) string {
	var labels []string
	if addr.Is4() {
		for _, b := range addr.As4() {
			labels = append(labels, fmt.Sprint(b))
		}
		slices.Reverse(labels)
		return strings.Join(labels, ".") + ".in-addr.arpa."
	}
	for _, b := range addr.As16() {
		labels = append(labels, fmt.Sprintf("%x", b>>4), fmt.Sprintf("%x", b&15))
	}
	slices.Reverse(labels)
	return strings.Join(labels, ".") + ".ip6.arpa."
}
