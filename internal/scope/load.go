package scope

import (
	"fmt"
	"net/netip"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/goccy/go-yaml/ast"
)

// Limits on what is read, checked before it is read.
const (
	maxScopeFile   = 1 << 20
	maxExcludeFile = 256 << 20
)

// draft is a scope file as written, each entry with its place.
type draft struct {
	*decoder

	scope                     *Scope
	include                   []entry
	exclude                   []entry
	excludeFiles              []located
	includeAt, overlayAt      position
	validFromAt, validUntilAt position
	names                     []located
	simulatedAt               position
	perNetworkSet             bool
	stored                    bool // the files that it names are elsewhere
	seenNames                 map[string]position
	seenExcludes              map[netip.Prefix]position
}

// located is a text with its place in the scope file.
type located struct {
	text string
	at   position
}

// Load reads the scope file at path. Any mistake, in it or in a file that it
// names, is a *ConfigError; so is a scope that is not valid today.
func Load(path string) (*Scope, error) { return LoadAt(path, time.Now()) }

// LoadAt is Load at the moment now.
func LoadAt(path string, now time.Time) (*Scope, error) {
	text, err := format.ReadFile(path)
	if err != nil {
		return nil, &ConfigError{File: path, What: strings.TrimPrefix(err.Error(), path+": "), Err: err, Remedy: "name an existing scope file; `leadglass scope new FILE` writes one to fill in"}
	}
	return Parse(path, text, now)
}

// Parse reads a scope file's text as if it stood at path.
func Parse(path string, text []byte, now time.Time) (*Scope, error) {
	return parse(path, text, now, false)
}

func parse(path string, text []byte, now time.Time, stored bool) (*Scope, error) {
	d := readDraft(path, string(text), stored)
	if d.err != nil {
		return nil, d.err
	}
	s := d.scope
	s.Text = string(text)
	if s.Name == "" {
		s.Name = strings.TrimSuffix(filepath.Base(path), filepath.Ext(path))
	}
	d.build(now)
	if d.err != nil {
		return nil, d.err
	}
	return s, nil
}

// readDraft reads the text of a scope file, and no file that it names.
func readDraft(path, text string, stored bool) *draft {
	d := &draft{
		stored:       stored,
		decoder:      &decoder{file: path},
		scope:        defaults(),
		seenNames:    map[string]position{},
		seenExcludes: map[netip.Prefix]position{},
	}
	if root := d.document(plainText(text)); root != nil {
		d.read(root)
	}
	return d
}

// plainText is the text without carriage returns and byte order mark.
func plainText(text string) []byte {
	return []byte(strings.TrimPrefix(strings.ReplaceAll(text, "\r\n", "\n"), "\ufeff"))
}

// defaults is a scope file that says nothing.
func defaults() *Scope {
	return &Scope{
		Identity: Identity{CallingAETitle: "LEADGLASS"},
		Ports: Ports{
			DICOM: []uint16{104, 11112, 4242, 2761, 2762},
			HTTP:  []uint16{80, 443, 8042, 8080},
			HL7:   []uint16{2575},
		},
		Rate:      Rate{ProbesPerSecond: 1000, PerNetwork: NetworkRate{Prefix: 24, ProbesPerSecond: 50}},
		Limits:    Limits{AssociationsPerHost: 1, PerHostTime: 120 * time.Second, PerHostBytes: 256 << 20},
		Allow:     Allow{DefaultAETitles: true, Sample: true, DICOMweb: true},
		CountMode: CountExact, CountVerify: VerifySample,
	}
}

func (d *draft) read(root ast.MapNode) {
	d.mapping(root.(ast.Node), "", []field{
		{"version", true, d.version},
		{"name", false, d.text("name", &d.scope.Name)},
		{"authority", true, d.authority},
		{"identity", false, d.identity},
		{"called_ae_titles", false, d.calledAETitles},
		{"include", true, d.includes},
		{"exclude", false, d.excludes},
		{"exclude_files", false, d.excludeFileNames},
		{"ports", false, d.ports},
		{"rate", false, d.rate},
		{"limits", false, d.limits},
		{"allow", false, d.allow},
		{"count", false, d.count},
		{"overlay", false, d.overlay},
		{"simulated", false, d.simulated},
	})
}

func (d *draft) version(n ast.Node) {
	if s, ok := d.scalar(n, "version"); ok && s != "1" {
		d.fail(nodePosition(n), "version "+shown(s)+" is not known", "write version: 1, or use a newer leadglass")
	}
}

func (d *draft) authority(n ast.Node) {
	a := &d.scope.Authority
	var from, until position
	d.mapping(n, "authority", []field{
		{"organisation", true, d.text("authority.organisation", &a.Organisation)},
		{"contact", true, d.text("authority.contact", &a.Contact)},
		{"reference", false, d.text("authority.reference", &a.Reference)},
		{"valid_from", true, d.date("authority.valid_from", &a.ValidFrom, &from)},
		{"valid_until", true, d.date("authority.valid_until", &a.ValidUntil, &until)},
		{"basis", false, d.basis(&a.Basis)},
		{"instrument", false, d.text("authority.instrument", &a.Instrument)},
		{"ordered_by", false, d.text("authority.ordered_by", &a.OrderedBy)},
		{"requested_by", false, d.text("authority.requested_by", &a.RequestedBy)},
		{"data_protection", false, d.dataProtection(&a.DataProtection)},
		{"retention", false, d.span("authority.retention", 24, maxRetentionDays*24, func(hours int) { a.RetentionDays = hours / 24 })},
		{"inform_within", false, d.span("authority.inform_within", 1, 365*24, func(hours int) { a.InformWithinHours = hours })},
		{"opt_out", false, d.contactable("authority.opt_out", &a.OptOut)},
		{"telephone", false, d.telephone("authority.telephone", &a.Telephone)},
		{"page", false, d.webAddress("authority.page", &a.Page)},
	})
	if a.ValidUntil.Before(a.ValidFrom) {
		d.fail(until, "valid_until "+day(a.ValidUntil)+" lies before valid_from "+day(a.ValidFrom), "swap the dates or correct one")
	}
	a.ValidUntil = a.ValidUntil.AddDate(0, 0, 1)
	d.validFromAt, d.validUntilAt = from, until
}

func (d *draft) identity(n ast.Node) {
	d.mapping(n, "identity", []field{
		{"calling_ae_title", false, d.aeTitle("identity.calling_ae_title", &d.scope.Identity.CallingAETitle)},
		{"url", false, d.webAddress("identity.url", &d.scope.Identity.URL)},
		{"source_addresses", false, d.sourceAddresses(&d.scope.Identity.SourceAddresses)},
	})
}

func (d *draft) ports(n ast.Node) {
	p := &d.scope.Ports
	seen := map[uint16]string{}
	at := nodePosition(n)
	// Ports given by the file are noted first, so that a default list does
	// not collide with a port that the file puts into the other list.
	var dicom, http, hl7 bool
	d.mapping(n, "ports", []field{
		{"dicom", false, func(n ast.Node) { dicom = true; d.portList("ports.dicom", seen, &p.DICOM)(n) }},
		{"http", false, func(n ast.Node) { http = true; d.portList("ports.http", seen, &p.HTTP)(n) }},
		{"hl7", false, func(n ast.Node) { hl7 = true; d.portList("ports.hl7", seen, &p.HL7)(n) }},
	})
	if !dicom {
		p.DICOM = without(p.DICOM, seen)
	}
	if !http {
		p.HTTP = without(p.HTTP, seen)
	}
	if !hl7 {
		p.HL7 = without(p.HL7, seen)
	}
	if len(p.DICOM)+len(p.HTTP) == 0 {
		d.fail(at, "ports holds no port", "list at least one, or remove the key for the defaults")
	}
}

func (d *draft) rate(n ast.Node) {
	r := &d.scope.Rate
	perNetwork := func(n ast.Node) {
		d.mapping(n, "rate.per_network", []field{
			{"prefix", false, d.integer("rate.per_network.prefix", 8, 32, &r.PerNetwork.Prefix)},
			{"probes_per_second", false, func(n ast.Node) {
				d.perNetworkSet = true
				d.integer("rate.per_network.probes_per_second", 1, maxProbesPerSecond, &r.PerNetwork.ProbesPerSecond)(n)
			}},
		})
	}
	at := nodePosition(n)
	d.mapping(n, "rate", []field{
		{"probes_per_second", false, d.integer("rate.probes_per_second", 1, maxProbesPerSecond, &r.ProbesPerSecond)},
		{"per_network", false, perNetwork},
	})
	if r.PerNetwork.ProbesPerSecond > r.ProbesPerSecond {
		if d.perNetworkSet {
			d.fail(at, fmt.Sprintf("rate.per_network.probes_per_second %d is above rate.probes_per_second %d",
				r.PerNetwork.ProbesPerSecond, r.ProbesPerSecond), "lower the one or raise the other")
		}
		r.PerNetwork.ProbesPerSecond = r.ProbesPerSecond
	}
}

func (d *draft) limits(n ast.Node) {
	l := &d.scope.Limits
	d.mapping(n, "limits", []field{
		{"associations_per_host", false, d.integer("limits.associations_per_host", 1, 16, &l.AssociationsPerHost)},
		{"per_host_time", false, d.duration("limits.per_host_time", time.Second, 24*time.Hour, &l.PerHostTime)},
		{"per_host_bytes", false, d.size("limits.per_host_bytes", 64<<10, 1<<40, &l.PerHostBytes)},
	})
}

func (d *draft) allow(n ast.Node) {
	a := &d.scope.Allow
	d.mapping(n, "allow", []field{
		{"default_ae_titles", false, d.boolean("allow.default_ae_titles", &a.DefaultAETitles)},
		{"sample", false, d.boolean("allow.sample", &a.Sample)},
		{"dicomweb", false, d.boolean("allow.dicomweb", &a.DICOMweb)},
		{"candidate_ports", false, d.boolean("allow.candidate_ports", &a.CandidatePorts)},
	})
}

func (d *draft) count(n ast.Node) {
	mode, verify := string(d.scope.CountMode), string(d.scope.CountVerify)
	d.mapping(n, "count", []field{
		{"mode", true, d.choice("count.mode", "count mode", &mode, string(CountExact), string(CountBudget), string(CountOff))},
		{"verify", false, d.choice("count.verify", "count check", &verify, string(VerifySample), string(VerifyFull))},
	})
	d.scope.CountMode, d.scope.CountVerify = CountMode(mode), CountVerify(verify)
}

// choice reads one of some words; what is the name of the key in an error.
func (d *decoder) choice(key, what string, into *string, words ...string) func(ast.Node) {
	return func(n ast.Node) {
		s, ok := d.scalar(n, key)
		if !ok {
			return
		}
		if slices.Contains(words, s) {
			*into = s
			return
		}
		remedy := fmt.Sprintf("known %ss are %s", strings.TrimPrefix(what, "count "), strings.Join(words, ", "))
		if near := nearest(s, words); near != "" {
			remedy = fmt.Sprintf("did you mean %q?", near)
		}
		d.fail(nodePosition(n), "unknown "+what+" "+shown(s), remedy)
	}
}

func (d *draft) overlay(n ast.Node) {
	d.overlayAt = nodePosition(n)
	d.text("overlay", &d.scope.Overlay)(n)
}

// simulated is what the laboratory's scope files say of themselves.
func (d *draft) simulated(n ast.Node) {
	d.simulatedAt = nodePosition(n)
	d.boolean("simulated", &d.scope.Simulated)(n)
}

// relative is path as seen from the scope file.
func (d *draft) relative(path string) string {
	if filepath.IsAbs(path) {
		return path
	}
	return filepath.Join(filepath.Dir(d.file), path)
}
