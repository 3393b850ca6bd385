package main

import (
	"encoding/json"
	"fmt"
	"time"

	"leadglass/internal/scope"
)

type scopeCommand struct {
	Check scopeCheckCommand `cmd:"" help:"Validate a scope file and show what a survey would send; sends nothing."`
}

type scopeCheckCommand struct {
	File string `arg:"" help:"The scope file."`
	JSON bool   `help:"The plan as JSON on stdout."`
}

// Help adds examples to --help.
func (scopeCheckCommand) Help() string {
	return `Examples:
  leadglass scope check mandate.yaml
  leadglass scope check mandate.yaml --json`
}

// Run validates the file and prints the plan.
func (c *scopeCheckCommand) Run(a *app) error {
	s, err := scope.Load(c.File)
	if err != nil {
		return usage(err)
	}
	for _, w := range s.Warnings {
		a.note("warning: %s", w)
	}
	p := s.Plan()
	if c.JSON {
		return json.NewEncoder(a.out).Encode(p)
	}
	fmt.Fprintf(a.out, "%s: valid until %s, ordered by %s (%s)\n", s.Name,
		s.Authority.ValidUntil.Add(-time.Second).Format(time.DateOnly), s.Authority.Organisation, s.Authority.Contact)
	fmt.Fprintf(a.out, "  addresses       %s, names %d\n", grouped(int64(p.Addresses)), p.Names)
	fmt.Fprintf(a.out, "  probes          %s on %d ports\n", grouped(int64(p.Probes)), p.Ports)
	fmt.Fprintf(a.out, "  packets, bytes  %s, %s when nobody answers; with --syn %s, %s\n", grouped(int64(p.Packets)), grouped(int64(p.Bytes)),
		grouped(int64(p.SYNPackets)), grouped(int64(p.SYNBytes)))
	if p.HL7Ports > 0 {
		fmt.Fprintf(a.out, "  HL7 v2          %s at most beyond that, on hosts on which DICOM is found\n", plural(int64(p.HL7Probes), "connection"))
	}
	fmt.Fprintf(a.out, "  least time      %s at %d probes a second\n", p.Time.Round(time.Second), s.Rate.ProbesPerSecond)
	if p.PeakNetwork.IsValid() {
		fmt.Fprintf(a.out, "  busiest network %s: %s probes, at most %d a second\n", p.PeakNetwork, grouped(int64(p.PeakNetworkProbes)), p.PeakNetworkRate)
	}
	for _, prefix := range p.NotSwept {
		fmt.Fprintf(a.out, "  too large       %s: list its addresses instead\n", prefix)
	}
	return nil
}
