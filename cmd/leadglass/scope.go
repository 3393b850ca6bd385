package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"slices"
	"time"

	"leadglass/internal/campaign"
	"leadglass/internal/scope"
)

type scopeCommand struct {
	New     scopeNewCommand     `cmd:"" help:"Write a commented scope file to fill in."`
	Check   scopeCheckCommand   `cmd:"" help:"Validate a scope file and show what a survey would send; sends nothing."`
	Probing scopeProbingCommand `cmd:"" name:"probing-txt" help:"Write the file by which those who see our probes learn who sends them (RFC 9511), and reverse DNS records; sends nothing."`
	Key     scopeKeyCommand     `cmd:"" help:"Make the key by which surveys are signed for workers, and print its public half."`
}

type scopeNewCommand struct {
	File string `arg:"" optional:"" help:"Where to write it; without it, to stdout. An existing file is left alone."`
}

// Help adds examples to --help.
func (scopeNewCommand) Help() string {
	return `All keys are listed with their defaults; the authority and its dates are left
open, and ` + "`leadglass scope check`" + ` refuses the file until they are filled in.

Examples:
  leadglass scope new mandate.yaml
  leadglass scope new | less`
}

// Run writes the template.
func (c *scopeNewCommand) Run(a *app) error {
	if c.File == "" {
		_, err := a.out.Write(scope.Template())
		return err
	}
	f, err := os.OpenFile(c.File, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	switch {
	case errors.Is(err, fs.ErrExist):
		return usage(fmt.Errorf("%s exists and is left alone; name another file", c.File))
	case err != nil:
		return fmt.Errorf("writing the scope file: %w", err)
	}
	_, err = f.Write(scope.Template())
	if err := errors.Join(err, f.Close()); err != nil {
		return fmt.Errorf("writing the scope file: %w", err)
	}
	a.note("fill in authority and include, then `leadglass scope check %s` says what a survey would send", c.File)
	return nil
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
	if _, err := campaign.Attributions(s.Overlay, nil); err != nil { // a survey would refuse it
		return usage(err)
	}
	p := s.Plan()
	for _, w := range slices.Concat(s.Warnings, planWarnings(s, p, time.Now())) {
		a.note("warning: %s", w)
	}
	if !scope.Contactable(s.Authority.Contact) {
		a.note("warning: %s: authority.contact %q is neither an e-mail address nor a web address nor a telephone number; anyone who sees our probes in a log cannot ask", c.File, s.Authority.Contact)
	}
	if c.JSON {
		return json.NewEncoder(a.out).Encode(p)
	}
	a.printf("%s: valid until %s, ordered by %s (%s)\n", s.Name,
		s.Authority.ValidUntil.Add(-time.Second).Format(time.DateOnly), s.Authority.Organisation, s.Authority.Contact)
	printAuthority(a, s)
	a.printf("  addresses       %s, names %d\n", grouped(int64(p.Addresses)), p.Names)
	a.printf("  probes          %s on %d ports\n", grouped(int64(p.Probes)), p.Ports)
	a.printf("  packets         %s, of %s bytes together, when nobody answers; with --syn %s, of %s\n", grouped(int64(p.Packets)),
		grouped(int64(p.Bytes)), grouped(int64(p.SYNPackets)), grouped(int64(p.SYNBytes)))
	if p.HL7Ports > 0 {
		a.printf("  HL7 v2          %s at most beyond that, on hosts on which DICOM is found\n", plural(int64(p.HL7Probes), "connection"))
	}
	a.printf("  least time      %s, at %s\n", inDays(p.Time), boundOf(s, p))
	printNetworks(a.out, s, p)
	for _, prefix := range p.NotSwept {
		a.printf("  too large       %s: list its addresses instead\n", prefix)
	}
	return nil
}

// printAuthority says on which ground the survey is made, as letters will say it.
func printAuthority(a *app, s *scope.Scope) {
	for _, l := range scope.AuthorityLines(&s.Authority.Authority, &s.Identity) {
		a.printf("  %-15s %s\n", l.Label, l.Text)
	}
}

// networksShown is how many networks are printed one by one.
const networksShown = 10

// printNetworks says what each network is sent, the busiest ones one by one and
// the others together.
func printNetworks(w io.Writer, s *scope.Scope, p scope.Plan) {
	if p.NetworkCount == 0 {
		return
	}
	fmt.Fprintf(w, "  networks        %s of /%d, or /48 of IPv6; %s held back by the rate of one, %s a second\n", grouped(int64(p.NetworkCount)),
		s.Rate.PerNetwork.Prefix, grouped(int64(p.HeldBack)), plural(p.PeakNetworkRate, "probe"))
	others, probes := p.OtherNetworks, p.OtherProbes
	peak := p.Networks[0].PeakRate
	for i, n := range p.Networks {
		if i >= networksShown {
			others, probes, peak = others+1, probes+n.Probes, min(peak, p.Networks[networksShown].PeakRate)
			continue
		}
		fmt.Fprintf(w, "    %-18s  %s, at most %s a second\n", n.Network, plural(n.Probes, "probe"), grouped(int64(n.PeakRate)))
	}
	if others > 0 {
		fmt.Fprintf(w, "    %-18s  %s together, at most %s a second to each\n", grouped(int64(others))+" more", plural(probes, "probe"), grouped(int64(peak)))
	}
}

// planWarnings says why a survey by this plan will not come to its end.
func planWarnings(s *scope.Scope, p scope.Plan, now time.Time) []string {
	var list []string
	if left := s.Authority.ValidUntil.Sub(now); p.Time > left {
		list = append(list, fmt.Sprintf("the sweep takes at least %s, and the authority's mandate ends in %s; include less, or allow a higher rate",
			inDays(p.Time), inDays(left)))
	}
	if err := s.Enumerable(); err != nil {
		list = append(list, fmt.Sprintf("without --candidates a survey of this scope is refused: %v", err))
	}
	return list
}

// boundOf says which of the rates makes the plan's time what it is.
func boundOf(s *scope.Scope, p scope.Plan) string {
	if float64(p.Probes)/float64(s.Rate.ProbesPerSecond) < float64(p.PeakNetworkProbes)/float64(p.PeakNetworkRate) {
		return fmt.Sprintf("%s a second to %s", plural(p.PeakNetworkRate, "probe"), p.PeakNetwork)
	}
	return plural(s.Rate.ProbesPerSecond, "probe") + " a second"
}

// inDays is d as a person says it: 46s, 1h2m5s, 389 days 17 h.
func inDays(d time.Duration) string {
	const day = 24 * time.Hour
	if d < 2*day {
		return d.Round(time.Second).String()
	}
	return fmt.Sprintf("%s days %d h", grouped(int64(d/day)), d%day/time.Hour)
}
