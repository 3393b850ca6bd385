package disclose

import (
	"errors"
	"fmt"
	"net/mail"
	"net/netip"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"leadglass/internal/plain"
	"leadglass/internal/strictyaml"
	"leadglass/internal/survey"
)

// Limits on the recipients file.
const (
	maxFile       = 2 << 20 // bytes
	fileVersion   = 1
	maxText       = 200 // characters
	maxRecipients = 20000
)

// errNoKey is why a recipient without a key is told nothing.
var errNoKey = errors.New("has no key in the recipients file, and nothing is written unencrypted; ask for an OpenPGP key and give it as keys: {openpgp: FILE}, or for an age recipient, keys: {age: age1…}")

// keysOfFile and keysOfRecipient are the keys that may be written.
const (
	keysOfFile      = "version, recipients"
	keysOfRecipient = "organisation, email, language, channel, tlp, countries, prefixes, asns, sites, keys {openpgp, age}"
)

// format is what a recipients file is.
var format = strictyaml.Kind{Name: "recipients file", MaxBytes: maxFile, Levels: "three levels", Begin: "begin it with version: 1",
	Unknown: "known keys are " + keysOfFile + " and, of a recipient, " + keysOfRecipient,
	Form:    "write recipients as a list, each beginning with - organisation: NAME, and keys as {openpgp: FILE}"}

// document is a recipients file as written.
type document struct {
	Version    word    `yaml:"version"`
	Recipients []entry `yaml:"recipients"`
}

// entry is a recipient as written.
type entry struct {
	Organisation word  `yaml:"organisation"`
	Email        word  `yaml:"email"`
	Language     word  `yaml:"language"`
	Channel      word  `yaml:"channel"`
	TLP          word  `yaml:"tlp"`
	Countries    words `yaml:"countries"`
	Prefixes     words `yaml:"prefixes"`
	ASNs         words `yaml:"asns"`
	Sites        words `yaml:"sites"`
	Keys         keys  `yaml:"keys"`
}

type keys struct {
	OpenPGP words `yaml:"openpgp"`
	Age     words `yaml:"age"`
}

// Load reads the recipients file at path. Paths of keys in it are relative to
// its folder; the keys are not read. A mistake in it is a *FileError.
func Load(path string) (*Recipients, error) {
	data, err := format.ReadFile(path)
	if err != nil {
		var at *FileError
		if errors.As(err, &at) {
			at.Remedy = "name a file of recipients; `leadglass contacts import` writes one"
		}
		return nil, err
	}
	return Parse(path, data)
}

// Parse reads the text of a recipients file as if it stood at path.
func Parse(path string, data []byte) (*Recipients, error) {
	p := &reader{path: path, seen: map[string]claimed{}, names: map[string]bool{}, rs: &Recipients{
		sites: map[string]*Recipient{}, asns: map[uint32]*Recipient{}, countries: map[string]*Recipient{}}}
	var d document
	if err := format.Decode(path, data, &d); err != nil {
		return nil, err
	}
	switch {
	case d.Version.text == "":
		p.fail(word{line: 1, column: 1}, "key \"version\" is missing", "begin the file with version: 1")
	case d.Version.text != strconv.Itoa(fileVersion):
		p.fail(d.Version, "version "+shown(d.Version.text)+" is not known", "write version: 1, or use a newer leadglass")
	case len(d.Recipients) == 0:
		p.fail(word{line: 1, column: 1}, "no recipients are listed", "list at least one below recipients:")
	case len(d.Recipients) > maxRecipients:
		p.fail(word{line: 1, column: 1}, fmt.Sprintf("%d recipients", len(d.Recipients)), fmt.Sprintf("write at most %d a file", maxRecipients))
	}
	for i := range d.Recipients {
		if p.err == nil {
			p.recipient(&d.Recipients[i], i+1)
		}
	}
	if p.err != nil {
		return nil, p.err
	}
	return p.rs, nil
}

// reader collects recipients and keeps the first mistake.
type reader struct {
	path string
	err  *FileError
	rs   *Recipients
	seen map[string]claimed // by kind and value of a claim, or organisation
	// names are the names of files that are taken.
	names map[string]bool
}

// claimed is who claimed something first, and where.
type claimed struct {
	by   string
	line int
}

func (p *reader) fail(at word, what, remedy string) {
	if p.err == nil {
		p.err = &FileError{File: p.path, Line: max(1, at.line), Column: max(1, at.column), What: what, Remedy: remedy}
	}
}

// recipient reads one entry; number counts from 1.
func (p *reader) recipient(e *entry, number int) {
	r := &Recipient{Language: "en", Channel: "email", TLP: TLPAmber}
	if e.Organisation.text == "" {
		p.fail(e.anywhere(), fmt.Sprintf("recipient %d names no organisation", number), "add organisation: NAME")
		return
	}
	p.text("organisation", e.Organisation, &r.Organisation)
	p.text("channel", e.Channel, &r.Channel)
	p.claim("organisation", strings.ToLower(r.Organisation), e.Organisation, r)
	p.email(e.Email, r)
	if l := strings.ToLower(e.Language.text); l != "" {
		if !slices.Contains(Languages, l) {
			p.fail(e.Language, "language "+shown(e.Language.text)+" has no letter", "known are "+strings.Join(Languages, ", "))
		}
		r.Language = l
	}
	if l := e.TLP.text; l != "" {
		r.TLP = "TLP:" + strings.TrimPrefix(strings.ToUpper(l), "TLP:")
		if r.TLP != TLPAmber && r.TLP != TLPAmberStrict {
			p.fail(e.TLP, "tlp is "+shown(l), "write AMBER (the recipient may tell its clients) or AMBER+STRICT (it may not)")
		}
	}
	for _, w := range e.Keys.OpenPGP {
		if filepath.IsAbs(w.text) {
			r.KeyFiles = append(r.KeyFiles, w.text)
		} else {
			r.KeyFiles = append(r.KeyFiles, filepath.Join(filepath.Dir(p.path), w.text))
		}
	}
	for _, w := range e.Keys.Age {
		if !strings.HasPrefix(w.text, "age1") { // not shown: it may be a secret key
			p.fail(w, "keys.age is not an age recipient", "write the public key, which begins with age1")
		}
		r.AgeKeys = append(r.AgeKeys, w.text)
	}
	r.FileName = slug(r.Organisation)
	for n := 2; p.names[r.FileName]; n++ {
		r.FileName = fmt.Sprintf("%s-%d", slug(r.Organisation), n)
	}
	p.names[r.FileName] = true
	p.claims(e, r)
	if p.err == nil && len(r.Countries)+len(r.ASNs)+len(r.Prefixes)+len(r.Sites) == 0 {
		p.fail(e.Organisation, shown(r.Organisation)+" claims nothing", "add countries, prefixes, asns or sites")
	}
	p.rs.List = append(p.rs.List, r)
}

// anywhere is a place in e, for a mistake that is an absence.
func (e *entry) anywhere() word {
	for _, list := range []words{{e.Email, e.Language, e.Channel, e.TLP}, e.Countries, e.Prefixes, e.ASNs, e.Sites, e.Keys.OpenPGP, e.Keys.Age} {
		for _, w := range list {
			if w.line > 0 {
				return w
			}
		}
	}
	return word{}
}

func (p *reader) text(key string, w word, into *string) {
	if w.text == "" {
		return
	}
	if plain.Line(w.text) != w.text || len([]rune(w.text)) > maxText {
		p.fail(w, fmt.Sprintf("%s has control characters or more than %d characters", key, maxText), "write one plain line")
	}
	*into = w.text
}

func (p *reader) email(w word, r *Recipient) {
	if w.text == "" {
		return
	}
	a, err := mail.ParseAddress(w.text)
	if err != nil || a.Name != "" || a.Address != w.text {
		p.fail(w, "email "+shown(w.text)+" is not an address", "write it as NAME@DOMAIN, without a display name")
		return
	}
	r.Email = a.Address
}

// claims reads what e claims. What two recipients claim alike is a tie, which
// nobody but the user can decide.
func (p *reader) claims(e *entry, r *Recipient) {
	for _, w := range e.Countries {
		code := strings.ToUpper(w.text)
		if survey.CountryName(code) == "" {
			p.fail(w, shown(w.text)+" is not an ISO 3166-1 alpha-2 country code", "write two letters such as DE; the United Kingdom is GB")
		}
		p.claim("country", code, w, r)
		r.Countries = append(r.Countries, code)
		p.rs.countries[code] = r
	}
	for _, w := range e.ASNs {
		n, err := strconv.ParseUint(strings.TrimPrefix(strings.ToUpper(w.text), "AS"), 10, 32)
		if err != nil || n == 0 {
			p.fail(w, shown(w.text)+" is not an AS number", "write it as 64496 or AS64496")
		}
		p.claim("AS number", strconv.FormatUint(n, 10), w, r)
		r.ASNs = append(r.ASNs, uint32(n))
		p.rs.asns[uint32(n)] = r
	}
	for _, w := range e.Prefixes {
		prefix, remedy := parsePrefix(w.text)
		if remedy != "" {
			p.fail(w, shown(w.text)+" is not a prefix", remedy)
			continue
		}
		p.claim("prefix", prefix.String(), w, r)
		r.Prefixes = append(r.Prefixes, prefix)
		p.rs.prefixes.Insert(prefix, r)
	}
	for _, w := range e.Sites {
		site := ""
		p.text("site", w, &site)
		p.claim("site", siteKey(site), w, r)
		r.Sites = append(r.Sites, site)
		p.rs.sites[siteKey(site)] = r
	}
}

// claim notes that r claims something, and refuses what is claimed already.
func (p *reader) claim(kind, value string, at word, r *Recipient) {
	key := kind + "\x00" + value
	first, taken := p.seen[key]
	switch {
	case taken && kind == "organisation":
		p.fail(at, fmt.Sprintf("organisation %s is already in line %d", shown(at.text), first.line), "put both entries into one, or give them different names")
	case taken && first.by == r.Organisation:
		p.fail(at, fmt.Sprintf("%s %s is already in line %d", kind, shown(at.text), first.line), "remove one")
	case taken:
		p.fail(at, fmt.Sprintf("%s %s is claimed by both %s (line %d) and %s", kind, shown(at.text), shown(first.by), first.line, shown(r.Organisation)),
			"leave it to one of them, or give the other a more specific claim: a prefix or a site")
	default:
		p.seen[key] = claimed{r.Organisation, at.line}
	}
}

// parsePrefix takes a prefix without host bits, or a single address; otherwise
// it says what to write.
func parsePrefix(s string) (prefix netip.Prefix, remedy string) {
	const form = "write an address or prefix such as 192.0.2.0/24 or 2001:db8::/32"
	if !strings.Contains(s, "/") {
		addr, err := netip.ParseAddr(s)
		if err != nil || addr.Zone() != "" || addr.Is4In6() {
			return prefix, form
		}
		return netip.PrefixFrom(addr, addr.BitLen()), ""
	}
	prefix, err := netip.ParsePrefix(s)
	switch {
	case err != nil || prefix.Addr().Is4In6():
		return prefix, form
	case prefix != prefix.Masked():
		return prefix, fmt.Sprintf("it has host bits set: write %s for the network or %s for the one address", prefix.Masked(), prefix.Addr())
	}
	return prefix, ""
}
