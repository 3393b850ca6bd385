// Package lab plays a fleet of medical image archives on loopback addresses:
// thousands of them in one process, each with the manners of a product, its
// own holdings made up on the fly, its own mistakes if wanted, and with ground
// truth, so that a survey can be scored figure by figure.
//
// It listens on 127.0.0.0/8 only and holds no patient: every identifying value
// is made up and carries the word CANARY or one of the other marks listed at
// CanaryMarks, so that a value that leaked into any output is found.
//
// The package shares nothing with the stages that examine archives: it imports
// the protocol and nothing else, so that a mistake there cannot hide itself
// here.
package lab

import (
	"fmt"
	"maps"
	"net/netip"
	"slices"

	"leadglass/internal/lab/content"
)

// Fleet is a fleet file with its groups spread out into archives.
type Fleet struct {
	File     File
	Archives []*Archive
}

// Archive is one archive of a fleet.
type Archive struct {
	Address netip.Addr
	// Group is what the fleet file says of it and of its like.
	Group   *Group
	persona persona
	// id tells the UIDs of archives apart.
	id uint32
	// contents is nil where the archive has none.
	contents *content.Archive
}

// maxArchives bounds a fleet.
const maxArchives = 100_000

// Load reads the fleet file at path.
func Load(path string) (*Fleet, error) {
	text, err := format.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("reading the fleet: %w", err)
	}
	return Parse(path, text)
}

// Parse reads the text of a fleet file as if it stood at name.
func Parse(name string, text []byte) (*Fleet, error) {
	file, err := readFile(name, text)
	if err != nil {
		return nil, err
	}
	fleet := &Fleet{File: *file}
	cast := personas()
	for i := range fleet.File.Archives {
		g := &fleet.File.Archives[i]
		if err := fleet.add(g, cast); err != nil {
			return nil, fmt.Errorf("archives[%d] at %s: %w", i, g.Address, err)
		}
	}
	if err := fleet.share(); err != nil {
		return nil, err
	}
	if err := fleet.checkAddresses(); err != nil {
		return nil, err
	}
	return fleet, fleet.checkCountries()
}

// add spreads out group g.
func (f *Fleet) add(g *Group, cast map[string]persona) error {
	if g.Count == 0 {
		g.Count = 1
	}
	if err := g.validate(); err != nil {
		return err
	}
	if len(f.Archives)+g.Count > maxArchives {
		return fmt.Errorf("more than %d archives", maxArchives)
	}
	p, ok := cast[g.Persona]
	if !ok && g.Speaks == SpeaksDICOM {
		return fmt.Errorf("unknown persona %q; known are %q", g.Persona, slices.Sorted(maps.Keys(cast)))
	}
	if g.Port == 0 {
		g.Port = p.port
	}
	if g.VersionName != "" {
		p.versionName = g.VersionName
	}
	if g.Port == 0 {
		return fmt.Errorf("no port")
	}
	specs, err := f.specs(g, &p)
	if err != nil {
		return err
	}
	addr := g.Address.Addr
	for i := range g.Count {
		if !addr.IsLoopback() {
			return fmt.Errorf("%s is not a loopback address", addr)
		}
		a := &Archive{Address: addr, Group: g, persona: p, id: idOf(addr)}
		if specs != nil {
			specs[i].ID = a.id
			specs[i].Seed = f.File.Seed ^ uint64(a.id)<<20
			if a.contents, err = content.New(specs[i]); err != nil {
				return fmt.Errorf("contents of %s: %w", addr, err)
			}
		}
		f.Archives = append(f.Archives, a)
		addr = addr.Next()
	}
	return nil
}

// idOf numbers addresses: the last three bytes.
func idOf(addr netip.Addr) uint32 {
	b := addr.As16()
	return uint32(b[13])<<16 | uint32(b[14])<<8 | uint32(b[15])
}

// share gives the archives with same_as the contents of another.
func (f *Fleet) share() error {
	byAddress := map[netip.Addr]*Archive{}
	for _, a := range f.Archives {
		byAddress[a.Address] = a
	}
	for _, a := range f.Archives {
		c := a.Group.Contents
		if c == nil || !c.SameAs.IsValid() {
			continue
		}
		other := byAddress[c.SameAs.Addr]
		if other == nil || other.contents == nil || other.Group.Contents.SameAs.IsValid() {
			return fmt.Errorf("%s: same_as %s, where no archive has contents of its own", a.Address, c.SameAs)
		}
		a.id, a.contents = other.id, other.contents
	}
	return nil
}

func (f *Fleet) checkAddresses() error {
	seen := map[netip.Addr]bool{}
	for _, a := range f.Archives {
		if seen[a.Address] {
			return fmt.Errorf("two archives at %s", a.Address)
		}
		seen[a.Address] = true
		ports := map[uint16]bool{}
		for _, p := range a.Ports() {
			if ports[p] {
				return fmt.Errorf("%s uses port %d twice", a.Address, p)
			}
			ports[p] = true
		}
	}
	return nil
}

// Ports lists the ports that the archive listens on.
func (a *Archive) Ports() []uint16 {
	var ports []uint16
	if a.Group.Speaks != Closed {
		ports = append(ports, a.Group.Port)
	}
	if a.Group.PlainPort != 0 {
		ports = append(ports, a.Group.PlainPort)
	}
	if a.Group.HL7Port != 0 {
		ports = append(ports, a.Group.HL7Port)
	}
	for i := range a.Group.Web {
		ports = append(ports, a.Group.Web[i].Port)
	}
	return ports
}

// validate checks a group by itself and fills in what is absent.
func (g *Group) validate() error {
	if g.Speaks == "" {
		g.Speaks = SpeaksDICOM
	}
	if g.Query == "" {
		g.Query = QueryAnswered
	}
	if g.Retrieval == "" {
		g.Retrieval = NoRetrieval
	}
	if len(g.VersionName) > 16 {
		return fmt.Errorf("version_name of %d characters; the standard has 16 at most", len(g.VersionName))
	}
	if g.Damage < 0 || g.Damage > maxDamage {
		return fmt.Errorf("damage %d; give how many of %d writes are damaged", g.Damage, maxDamage)
	}
	switch g.Speaks {
	case SpeaksDICOM, Closed, Mute, SpeaksHTTP, SpeaksSSH, SpeaksNoise, HangsUp:
	default:
		return fmt.Errorf("unknown value %q of speaks", g.Speaks)
	}
	switch g.Query {
	case QueryAnswered, QueryRefused:
	default:
		return fmt.Errorf("unknown value %q of query", g.Query)
	}
	switch g.Retrieval {
	case NoRetrieval, GetRetrieval, MoveRetrieval, BothRetrieval:
	default:
		return fmt.Errorf("unknown value %q of retrieval", g.Retrieval)
	}
	if g.Count < 1 || !g.Address.IsValid() {
		return fmt.Errorf("a group needs an address and a count of at least 1")
	}
	if g.PlainPort != 0 && !g.TLS.on() {
		return fmt.Errorf("plain_port without TLS on the port")
	}
	for i := range g.Web {
		if err := g.Web[i].validate(); err != nil {
			return err
		}
	}
	for _, class := range g.Identifying {
		if !slices.Contains(IdentifyingClasses(), class) {
			return fmt.Errorf("unknown identifying class %q; known are %q", class, IdentifyingClasses())
		}
	}
	if err := g.validateNational(); err != nil {
		return err
	}
	if err := g.validateExpect(); err != nil {
		return err
	}
	if err := g.validateMarks(); err != nil {
		return err
	}
	if g.Quirks != nil {
		if err := g.Quirks.validate(); err != nil {
			return fmt.Errorf("quirks: %w", err)
		}
	}
	return validTLS(g.TLS, g.Cert)
}
