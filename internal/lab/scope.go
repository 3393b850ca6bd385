package lab

import (
	"bufio"
	"encoding/csv"
	"fmt"
	"io"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"
)

// ScopeOptions are what a scope file needs to know besides the fleet.
type ScopeOptions struct {
	// Now is the first day of the scope's validity; it is valid for a year.
	Now time.Time
	// Overlay is the path of the overlay file as the scope file shall name it;
	// empty for none.
	Overlay string
	// Also are further addresses to include, where something was or will be.
	// They are included by networks of two addresses: what is named by itself
	// counts as a target even where nothing answers.
	Also []netip.Addr
}

// Scope writes the scope file that surveys the fleet: the address of every
// archive, as the study that a fleet repeats began with a list of addresses;
// the ports in use; no limit on the rate that would matter on loopback.
func (f *Fleet) Scope(w io.Writer, o ScopeOptions) error {
	dicomPorts, httpPorts := f.ports()
	b := bufio.NewWriter(w)
	p := func(format string, args ...any) { fmt.Fprintf(b, format+"\n", args...) }
	p("# The scope that surveys the simulated fleet %s.", strconv.Quote(f.File.Name))
	p("version: 1")
	p("name: %s", strconv.Quote("Laboratory fleet "+f.File.Name))
	p("simulated: true")
	p("authority:")
	p("  organisation: Leadglass laboratory")
	p("  contact: lab@leadglass.invalid")
	p("  reference: LAB-%s", f.File.Name)
	p("  valid_from: %s", o.Now.UTC().Format(dayLayout))
	p("  valid_until: %s", o.Now.UTC().AddDate(1, 0, 0).Format(dayLayout))
	p("identity: {calling_ae_title: LEADGLASS, url: https://leadglass.invalid/survey}")
	p("include:")
	for _, entry := range f.include(o.Also) {
		p("  - %s", entry)
	}
	p("ports: {dicom: %s, http: %s%s}", flow(dicomPorts), flow(httpPorts), f.hl7Ports())
	p("rate: {probes_per_second: 100000, per_network: {prefix: 8, probes_per_second: 100000}}")
	p("limits: {associations_per_host: 1, per_host_time: 300s, per_host_bytes: 16GiB}")
	p("allow: {default_ae_titles: true, sample: true, dicomweb: true}")
	p("count: {mode: exact}")
	if o.Overlay != "" {
		p("overlay: %s", strconv.Quote(o.Overlay))
	}
	if err := b.Flush(); err != nil {
		return fmt.Errorf("writing the scope: %w", err)
	}
	return nil
}

// include are the entries of the scope: the addresses of all archives, and
// networks with those further ones where there is none.
func (f *Fleet) include(also []netip.Addr) []string {
	there := map[netip.Addr]bool{}
	for _, a := range f.Archives {
		there[a.Address] = true
	}
	networks := map[netip.Prefix]bool{}
	var entries []string
	for _, address := range also {
		network := netip.PrefixFrom(address, address.BitLen()-1).Masked()
		if !there[address] && !networks[network] {
			networks[network] = true
			entries = append(entries, network.String())
		}
	}
	for _, a := range f.Archives {
		if !networks[netip.PrefixFrom(a.Address, a.Address.BitLen()-1).Masked()] {
			entries = append(entries, a.Address.String())
		}
	}
	return entries
}

// flow writes ports as a YAML list.
func flow(ports []uint16) string {
	var words []string
	for _, p := range ports {
		words = append(words, strconv.Itoa(int(p)))
	}
	return "[" + strings.Join(words, ", ") + "]"
}

// ports lists the ports that the fleet uses, with at least one of each kind.
// The DICOM port of an archive where nothing listens is one of them.
func (f *Fleet) ports() (dicom, http []uint16) {
	for _, a := range f.Archives {
		g := a.Group
		dicom = append(dicom, g.Port)
		if g.PlainPort != 0 {
			dicom = append(dicom, g.PlainPort)
		}
		for i := range g.Web {
			http = append(http, g.Web[i].Port)
		}
	}
	dicom, http = unique(dicom), unique(http)
	if len(http) == 0 {
		http = []uint16{8042}
	}
	// A scope names each port once.
	http = slices.DeleteFunc(http, func(p uint16) bool { return slices.Contains(dicom, p) })
	return dicom, http
}

// hl7Ports is the scope's list of ports for HL7 v2, where the fleet uses any.
func (f *Fleet) hl7Ports() string {
	var ports []uint16
	for _, a := range f.Archives {
		if a.Group.HL7Port != 0 {
			ports = append(ports, a.Group.HL7Port)
		}
	}
	if len(ports) == 0 {
		return ""
	}
	return ", hl7: " + flow(unique(ports))
}

func unique(ports []uint16) []uint16 {
	slices.Sort(ports)
	return slices.Compact(ports)
}

// Overlay writes the overlay that gives the fleet's addresses their countries,
// and named archives their site.
func (f *Fleet) Overlay(w io.Writer) error {
	c := csv.NewWriter(w)
	rows := [][]string{{"prefix", "country", "site", "contact"}}
	for i := range f.File.Countries {
		country := &f.File.Countries[i]
		for _, p := range country.Prefixes {
			rows = append(rows, []string{p.String(), country.ISO2, "", "cert-" + strings.ToLower(country.ISO2) + "@lab.invalid"})
		}
	}
	known := f.stated()
	for _, a := range f.Archives {
		if a.Group.Site != "" || a.Group.Country != "" && !known[a.Group.Country] {
			rows = append(rows, []string{a.Address.String(), a.Group.Country, a.Group.Site, ""})
		}
	}
	if err := c.WriteAll(rows); err != nil {
		return fmt.Errorf("writing the overlay: %w", err)
	}
	return nil
}

// stated is the set of countries that the fleet file lists.
func (f *Fleet) stated() map[string]bool {
	m := map[string]bool{}
	for i := range f.File.Countries {
		m[f.File.Countries[i].ISO2] = true
	}
	return m
}

// Candidates writes the addresses of all archives, one a line with its DICOM
// port, as search engines would list them.
func (f *Fleet) Candidates(w io.Writer) error {
	b := bufio.NewWriter(w)
	for _, a := range f.Archives {
		fmt.Fprintln(b, netip.AddrPortFrom(a.Address, a.Group.Port))
	}
	if err := b.Flush(); err != nil {
		return fmt.Errorf("writing the candidates: %w", err)
	}
	return nil
}
