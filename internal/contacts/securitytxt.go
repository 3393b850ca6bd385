package contacts

import (
	"net/url"
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

// Bounds of a security.txt.
const (
	maxSecurityText = 32 << 10 // bytes
	maxFields       = 200
)

// SecurityText is what a security.txt says (RFC 9116 section 2.5). Fields that
// nothing here needs, and unknown ones, are passed over (section 2.4).
type SecurityText struct {
	// Contacts are URIs, the preferred first.
	Contacts []string
	// Expires is from when on the file says nothing any more.
	Expires time.Time
	// Encryption are URIs of keys: https, dns, openpgp4fpr.
	Encryption []string
	// Languages are tags of RFC 5646, the preferred first.
	Languages []string
	// Canonical are the URIs where the file is to be found.
	Canonical []string
	// Signed: the text stands in the armour of an OpenPGP signature, which was
	// not checked.
	Signed bool
}

// The lines of a cleartext signature (RFC 9580 section 7).
const (
	armourMessage   = "-----BEGIN PGP SIGNED MESSAGE-----"
	armourSignature = "-----BEGIN PGP SIGNATURE-----"
	armourEnd       = "-----END PGP SIGNATURE-----"
)

// ParseSecurityText reads a security.txt; name is used in errors.
func ParseSecurityText(name string, data []byte) (*SecurityText, error) {
	at := place{file: name}
	if len(data) > maxSecurityText {
		return nil, at.fail("is it a security.txt?", "has more than %d KiB", maxSecurityText>>10)
	}
	if !utf8.Valid(data) {
		return nil, at.fail("save it as UTF-8", "is not UTF-8")
	}
	p := &securityParser{at: at, out: new(SecurityText), seen: map[string]int{}}
	text := strings.TrimPrefix(string(data), "\ufeff")
	for line := range strings.Lines(text) {
		p.at.line++
		if err := p.line(strings.TrimRight(line, "\r\n\t ")); err != nil {
			return nil, err
		}
	}
	return p.finish()
}

// securityParser reads line by line.
type securityParser struct {
	at   place
	out  *SecurityText
	part part
	// seen is the line of a field's first appearance.
	seen   map[string]int
	fields int
}

// part is where in a signed file a line stands.
type part int

const (
	plain     part = iota // not signed
	headers               // of the armour, up to an empty line
	signed                // the text
	signature             // up to its end
	after
)

func (p *securityParser) line(s string) error {
	switch p.part {
	case plain:
		if s == armourMessage {
			if p.fields > 0 {
				return p.at.fail("remove what is outside of the signed part", "the signature does not cover the fields above")
			}
			p.part, p.out.Signed = headers, true
			return nil
		}
	case headers:
		if s == "" {
			p.part = signed
		}
		return nil
	case signed:
		if s == armourSignature {
			p.part = signature
			return nil
		}
		s = strings.TrimPrefix(s, "- ") // dash-escaped
	case signature:
		if s == armourEnd {
			p.part = after
		}
		return nil
	case after:
		if s != "" {
			return p.at.fail("remove what is outside of the signed part", "text below the signature")
		}
		return nil
	}
	if s == "" || strings.HasPrefix(s, "#") {
		return nil
	}
	return p.field(s)
}

func (p *securityParser) field(s string) error {
	if p.fields++; p.fields > maxFields {
		return p.at.fail("is it a security.txt?", "more than %d fields", maxFields)
	}
	name, value, ok := strings.Cut(s, ":")
	name, value = strings.ToLower(strings.TrimSpace(name)), strings.TrimSpace(value)
	if !ok || name == "" || strings.ContainsAny(name, " \t") {
		return p.at.fail("is it a security.txt? Its lines are NAME: VALUE, or begin with #", "%.40q is not a field", s)
	}
	var list *[]string
	switch name {
	case "contact":
		list = &p.out.Contacts
	case "encryption":
		list = &p.out.Encryption
	case "canonical":
		list = &p.out.Canonical
	case "expires", "preferred-languages":
	default:
		return nil
	}
	if err := text(value); err != nil {
		return p.at.fail("write one plain line", "%s %v", name, err)
	}
	if value == "" {
		return p.at.fail("give it one, or remove the line", "%s has no value", name)
	}
	if list != nil {
		*list = append(*list, value)
		return nil
	}
	if first, ok := p.seen[name]; ok {
		return p.at.fail("keep one of them", "%s is already in line %d (RFC 9116 allows one)", name, first)
	}
	p.seen[name] = p.at.line
	if name == "expires" {
		t, err := time.Parse(time.RFC3339, strings.ToUpper(value))
		if err != nil {
			return p.at.fail("write it as 2027-12-31T23:59:59Z", "expires %.40q is not a time of RFC 3339", value)
		}
		p.out.Expires = t
		return nil
	}
	for _, tag := range strings.Split(value, ",") {
		p.out.Languages = append(p.out.Languages, strings.TrimSpace(tag))
	}
	return nil
}

func (p *securityParser) finish() (*SecurityText, error) {
	whole := place{file: p.at.file}
	switch {
	case p.out.Signed && p.part != after:
		return nil, whole.fail("get the whole file", "ends within the armour of its signature")
	case len(p.out.Contacts) == 0:
		return nil, whole.fail("is it a security.txt?", "has no Contact, which RFC 9116 demands")
	case p.out.Expires.IsZero():
		return nil, whole.fail("ask its owner whether it still holds, and put the contact into a CSV file", "has no Expires, which RFC 9116 demands: nobody can say whether it still holds")
	}
	return p.out, nil
}

// securityText imports a file of its own: the recipient is the host of its
// canonical place, and answers for the site of that name.
func (im *importer) securityText(f File) error {
	s, err := ParseSecurityText(f.Name, f.Data)
	if err != nil {
		return err
	}
	at := place{file: f.Name}
	host := s.host()
	if host == "" {
		return at.fail("name it in the column security_txt of a CSV file, with organisation and what it answers for", "has no Canonical that says whose it is")
	}
	if !im.holds(at, s) {
		return nil
	}
	r := Recipient{Organisation: host, Sites: []string{host}, at: place{f.Name, 1}}
	r.Remarks = append(r.Remarks, "from "+f.Name+": put the site as the scope's overlay has it, or the prefixes")
	s.fill(&r)
	return im.add(r)
}

// holds says whether the file has not expired, and notes what is to be known
// of it.
func (im *importer) holds(at place, s *SecurityText) bool {
	if !s.Expires.After(im.now) {
		im.note(at, "left out: it expired on %s", s.Expires.UTC().Format(time.DateOnly))
		return false
	}
	if s.Signed {
		im.note(at, "signed, but the signature was not checked: `gpg --verify` does it")
	}
	return true
}

// host is that of the first canonical URI.
func (s *SecurityText) host() string {
	for _, c := range s.Canonical {
		if u, err := url.Parse(c); err == nil && u.Scheme == "https" && u.Hostname() != "" {
			return strings.ToLower(u.Hostname())
		}
	}
	return ""
}

// fill puts what the file says into r, where r does not say it already.
func (s *SecurityText) fill(r *Recipient) {
	for i, c := range s.Contacts {
		switch email := mailbox(c); {
		case email != "" && r.Email == "":
			r.Email = email
		case email != r.Email || email == "":
			word := "another contact: "
			if i == 0 {
				word = "preferred contact: "
			}
			r.Remarks = append(r.Remarks, word+c)
		}
	}
	if r.Channel == "" {
		r.Channel = s.channel(r.Email)
	}
	if r.Language == "" {
		r.Language = language(s.Languages)
		if r.Language == "" && len(s.Languages) > 0 {
			r.Remarks = append(r.Remarks, "prefers languages that there is no letter in: "+strings.Join(s.Languages, ", "))
		}
	}
	if len(r.OpenPGP)+len(r.Age) > 0 {
		return
	}
	for _, e := range s.Encryption {
		r.Remarks = append(r.Remarks, "key: "+e+" (get it, check it, and give the file as keys: {openpgp: FILE})")
	}
}

// channel is how the recipient wants to be told.
func (s *SecurityText) channel(email string) string {
	switch {
	case email != "":
		return "email"
	case slices.ContainsFunc(s.Contacts, func(c string) bool { return strings.HasPrefix(strings.ToLower(c), "https:") }):
		return "portal"
	case slices.ContainsFunc(s.Contacts, func(c string) bool { return strings.HasPrefix(strings.ToLower(c), "tel:") }):
		return "phone"
	}
	return ""
}

// mailbox is the address of a mailto URI (RFC 6068), or of a contact that is
// an address without mailto, as many write it; "" for others.
func mailbox(contact string) string {
	if address(contact) {
		return contact
	}
	u, err := url.Parse(contact)
	if err != nil || !strings.EqualFold(u.Scheme, "mailto") {
		return ""
	}
	s, err := url.PathUnescape(u.Opaque)
	if err != nil || !address(s) {
		return ""
	}
	return s
}
