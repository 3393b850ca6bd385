package main

import (
	"fmt"
	"strings"
	"testing"

	"leadglass/internal/products"
	"leadglass/internal/remedy"
)

// remedyCase is a product in a configuration of a distribution, to which its
// remedies are applied.
type remedyCase struct {
	product, config string
	// grade is that of an outsider's check after the whole plan; missing says what
	// keeps it from A.
	grade, missing string
	// always: the whole plan is applied in every run of the tests; the other
	// sequences are with LEADGLASS_REMEDIES.
	always bool
}

const nobodyKnows = "no grade: an outsider meets nothing but TLS that requires a client certificate, and cannot recognise an archive"

func remedyCases() []remedyCase {
	return []remedyCase{
		{"Orthanc", "Debian 12, files as packaged, opened", "", nobodyKnows, true},
		{"Orthanc", "one configuration file, opened", "", nobodyKnows, false},
		{"DCMTK dcmqrscp", "Debian 12, dcmqrscp.cfg with the area READWRITE of its comments", "", nobodyKnows, true},
		{"DCMTK storescp", "Debian 12, by command line", "", nobodyKnows, true},
		{"DCMTK wlmscpfs", "Debian 12, by command line", "", nobodyKnows, true},
		{products.AnyProduct, "Debian 12, storescp with IPv4, IPv6 and loopback", "", "no grade: an outsider reaches no port", true},
	}
}

// runRemedies are the remedies of a product that the tests run.
func runRemedies(t *testing.T, product string) (list []remedy.Remedy) {
	t.Helper()
	table, err := products.Builtin()
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range table.Remedies(product) {
		if r.Run {
			list = append(list, r)
		}
	}
	return list
}

// remedyTable is the section of docs/coverage.md on remedies.
func remedyTable(t *testing.T) string {
	t.Helper()
	var b strings.Builder
	b.WriteString(`
## Remedies

Each remedy below is applied by TestRemedies to the real server, with the same data that the pages print: alone, in
pairs, and in the whole plan, step by step. After every step the server is restarted and checked again from a machine
that is not listed: none of the named checks fails, and none fails that did not before. The listed stations then use it
(the column says how), and the machine that is not listed is refused. ` + "`make remedies`" + ` runs everything; CI runs the
whole plan of each product. Remedies that are not in the table are words, or for servers that no distribution packages
(dcm4chee-arc, Conquest), and are not run; upgrades are simulated by apt-get.

| product | configuration | remedy | no longer fails | used by listed stations |
|---|---|---|---|---|
`)
	for _, c := range remedyCases() {
		for _, r := range runRemedies(t, c.product) {
			fmt.Fprintf(&b, "| %s | %s | %s | %s | %s |\n", c.product, c.config, r.ID, strings.ReplaceAll(strings.Join(r.Greens(), " "), "LG-", ""), strings.Join(r.Stations, ", "))
		}
		fmt.Fprintf(&b, "| %s | %s | the whole plan | | %s |\n", c.product, c.config, c.missing)
	}
	return b.String()
}
