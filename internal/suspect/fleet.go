package suspect

import (
	"encoding/binary"
	"hash/maphash"
	"maps"
	"net/netip"
	"slices"

	"leadglass/internal/survey"
)

// What repetition takes.
const (
	// fewHosts and fewNetworks: contents that so many hosts in so many
	// unrelated networks hold are one filling.
	fewHosts    = 3
	fewNetworks = 3
	// manyHosts is how many hosts a fleet has at least.
	manyHosts = 5
	// leastStudies or leastImages is what contents hold at least to be
	// compared: smaller ones are equal by chance.
	leastStudies = 5
	leastImages  = 50
)

var (
	sameContents = Rule{ID: "same-contents", Kind: KindRepetition, Of: tests, Weight: sign,
		When: "at least 3 hosts in 3 unrelated networks hold contents with the same numbers: studies, images, patients, studies by year and by modality; contents of fewer than 5 studies and 50 images are not compared",
		Why:  "no two archives of patients grow alike; the same sample data does. Replicas of one archive are large, recent and mostly in one network, and a sign alone marks nothing"}
	sameEverything = Rule{ID: "same-everything", Kind: KindRepetition, Of: honeypots, Weight: sign,
		When: "at least 5 hosts in 3 unrelated networks have such contents and also the same announcement, negotiation, behaviour, ports and pages",
		Why:  "a fleet that was rolled out with its contents. The same configuration alone is what a product is: forty archives of a hospital group as they came are no fleet"}
	samePage = Rule{ID: "same-page", Kind: KindRepetition, Of: honeypots, Weight: sign,
		When: "at least 5 hosts in 3 unrelated networks announce a general toolkit or nothing, answer no query, and show a start page of the same markup that belongs to no known product",
		Why:  "a measurement of 2026 dropped 49 of 88 hosts that answered DICOM for such pages (NuClide); the page of a product that we do not know looks the same, therefore not enough by itself"}
)

// Fleet compares the findings of a survey with each other: first all of them
// are added, then each is judged. It keeps digests under a key of its own and
// some bytes for each different archive, and no finding. It is used by one
// goroutine.
type Fleet struct {
	seed                     maphash.Seed
	contents, whole, markups map[uint64]group
}

// group counts hosts that are alike.
type group struct {
	hosts    uint32
	networks [fewNetworks]uint64 // different ones, 0 where there are fewer
}

// NewFleet returns a Fleet without findings.
func NewFleet() *Fleet {
	return &Fleet{seed: maphash.MakeSeed(), contents: map[uint64]group{}, whole: map[uint64]group{}, markups: map[uint64]group{}}
}

// digests are what a finding is compared by; 0 where there is nothing to
// compare.
type digests struct{ contents, whole, markup uint64 }

// Add adds a finding.
func (fl *Fleet) Add(f *survey.Finding) {
	d := fl.digests(f)
	network := fl.network(f)
	for _, a := range []struct {
		groups map[uint64]group
		digest uint64
	}{{fl.contents, d.contents}, {fl.whole, d.whole}, {fl.markups, d.markup}} {
		if a.digest != 0 {
			g := a.groups[a.digest]
			g.add(network)
			a.groups[a.digest] = g
		}
	}
}

func (g *group) add(network uint64) {
	g.hosts++
	for i, n := range g.networks {
		if n == network {
			return
		}
		if n == 0 {
			g.networks[i] = network
			return
		}
	}
}

// spread reports whether the group has so many hosts in enough networks.
func (g group) spread(hosts uint32) bool {
	return g.hosts >= hosts && g.networks[fewNetworks-1] != 0
}

// Judge gives a finding its signs of repetition, in place of any that it has,
// and weighs all its signs anew. It reports whether anything changed.
func (fl *Fleet) Judge(f *survey.Finding) bool {
	signs := slices.DeleteFunc(slices.Clone(f.Suspicion.Signs), func(s survey.Sign) bool { return s.Kind == KindRepetition })
	signs = append(signs, fl.signs(f)...)
	if slices.EqualFunc(signs, f.Suspicion.Signs, func(a, b survey.Sign) bool { return a.Rule == b.Rule && a.Text == b.Text }) {
		return false
	}
	f.Suspicion = Weigh(signs)
	return true
}

func (fl *Fleet) signs(f *survey.Finding) []survey.Sign {
	var signs []survey.Sign
	d := fl.digests(f)
	if g := fl.contents[d.contents]; d.contents != 0 && g.spread(fewHosts) {
		signs = append(signs, sameContents.sign("%d hosts in unrelated networks hold contents of the same numbers.", g.hosts))
	}
	if g := fl.whole[d.whole]; d.whole != 0 && g.spread(manyHosts) {
		signs = append(signs, sameEverything.sign("%d hosts in unrelated networks have contents of the same numbers and are configured alike.", g.hosts))
	}
	if g := fl.markups[d.markup]; d.markup != 0 && g.spread(manyHosts) {
		signs = append(signs, samePage.sign("%d hosts in unrelated networks announce themselves alike and show the same web page, of no known product.", g.hosts))
	}
	return signs
}

// network is what hosts that belong together share: the site, where it is
// known, or the network around the address, IPv4 /16 and IPv6 /32.
func (fl *Fleet) network(f *survey.Finding) uint64 {
	if f.Owner != nil && f.Owner.Site != "" {
		return fl.sum(func(w *writer) { w.text("site", f.Owner.Site) })
	}
	addr, err := netip.ParseAddr(f.Target.Address)
	if err != nil {
		return fl.sum(func(w *writer) { w.text("host", f.Target.Host) })
	}
	addr, bits := addr.Unmap(), 16
	if addr.Is6() {
		bits = 32
	}
	prefix, _ := addr.WithZone("").Prefix(bits) // both families have as many bits
	return fl.sum(func(w *writer) { w.text("network", prefix.String()) })
}

// digests makes the digests of a finding.
func (fl *Fleet) digests(f *survey.Finding) digests {
	var d digests
	c := &f.Counts
	studies, counted := c.Studies.Int()
	images, _ := c.ImagesLinked.Int()
	switch {
	case f.Verdict.FreelyAccessible() && counted && c.Studies.Quality == survey.Exact &&
		(studies >= leastStudies || images >= leastImages):
		d.contents = fl.sum(func(w *writer) { w.contents(c) })
		d.whole = fl.sum(func(w *writer) { w.contents(c); w.services(f.Services) })
	case !f.Verdict.FreelyAccessible() && general(f.Services):
		d.markup = fl.sum(func(w *writer) { w.services(f.Services) })
	}
	return d
}

// general reports whether DICOM is spoken under the name of a toolkit that
// anybody may use, or under none, beside a web page of no known product.
func general(services []survey.Service) bool {
	dicom, page := false, false
	for i := range services {
		s := &services[i]
		switch {
		case s.Protocol == survey.ProtocolDICOM && s.Levels.Associates:
			if s.Toolkit.Name == "" && s.ImplementationClassUID != "" {
				return false // somebody's own
			}
			dicom = true
		case s.HTTP != nil && s.HTTP.Page == "" && s.HTTP.Shape != "":
			page = true
		}
	}
	return dicom && page
}

func (fl *Fleet) sum(write func(*writer)) uint64 {
	w := writer{}
	w.SetSeed(fl.seed)
	write(&w)
	return max(w.Sum64(), 1) // 0 stands for nothing
}

// writer digests parts that cannot run into each other.
type writer struct{ maphash.Hash }

func (w *writer) number(n int64) {
	var b [8]byte
	binary.LittleEndian.PutUint64(b[:], uint64(n))
	_, _ = w.Write(b[:]) // never fails
}

func (w *writer) text(parts ...string) {
	for _, p := range parts {
		w.number(int64(len(p)))
		_, _ = w.WriteString(p) // never fails
	}
}

func (w *writer) contents(c *survey.Counts) {
	for _, n := range []survey.Count{c.Studies, c.ImagesLinked, c.Patients} {
		v, ok := n.Int()
		if !ok {
			v = -1
		}
		w.number(v)
	}
	for _, m := range []map[string]int64{c.Years, c.Modalities} {
		w.number(int64(len(m)))
		for _, k := range slices.Sorted(maps.Keys(m)) {
			w.text(k)
			w.number(m[k])
		}
	}
}

func (w *writer) services(services []survey.Service) {
	for i := range services {
		s := &services[i]
		if s.Outcome != survey.Answered {
			continue
		}
		w.number(int64(s.Port))
		w.text(string(s.Protocol), s.ImplementationClassUID, s.ImplementationVersionName, string(s.CalledAETitle.Policy), s.Product.Name)
		if s.MaxPDU != nil {
			w.number(int64(*s.MaxPDU))
		}
		w.text(slices.Sorted(slices.Values(s.SOPClasses))...)
		w.text(slices.Sorted(slices.Values(s.Behaviours))...)
		w.text("page")
		if h := s.HTTP; h != nil {
			w.number(int64(h.Status))
			w.text(h.Page, h.Shape)
		}
	}
}
