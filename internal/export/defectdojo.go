package export

import (
	"fmt"
	"io"
	"net/netip"
	"strings"
	"time"

	"leadglass/internal/cases"
	"leadglass/internal/plain"
	"leadglass/internal/survey"
)

// dojoFinding is a finding as DefectDojo's "Generic Findings Import" takes it
// (dojo/tools/generic/json_parser.py lists the fields).
type dojoFinding struct {
	Title       string `json:"title"`
	Severity    string `json:"severity"`
	Description string `json:"description"`
	Date        string `json:"date"`
	Mitigation  string `json:"mitigation,omitempty"`
	References  string `json:"references,omitempty"`
	Active      bool   `json:"active"`
	Verified    bool   `json:"verified"`
	FalseP      bool   `json:"false_p"`
	OutOfScope  bool   `json:"out_of_scope"`
	Accepted    bool   `json:"risk_accepted"`
	Mitigated   bool   `json:"is_mitigated"`
	MitigatedAt string `json:"mitigated,omitempty"`
	Dynamic     bool   `json:"dynamic_finding"`
	Static      bool   `json:"static_finding"`
	// UniqueID is the same for a check of a service in every survey.
	UniqueID         string   `json:"unique_id_from_tool"`
	VulnerabilityID  string   `json:"vuln_id_from_tool"`
	Service          string   `json:"service,omitempty"`
	ComponentName    string   `json:"component_name,omitempty"`
	ComponentVersion string   `json:"component_version,omitempty"`
	Vulnerabilities  []string `json:"vulnerability_ids,omitempty"`
	Endpoints        []string `json:"endpoints,omitempty"`
	Tags             []string `json:"tags"`
}

// writeDefectDojo writes a finding for each failed check of a system.
func writeDefectDojo(w io.Writer, about About, items Items) error {
	open, err := head(map[string]any{"name": plain.Line(about.Survey.Name), "type": "Leadglass", "version": about.Survey.Version, "dynamic_tool": true,
		"description": about.TLP + ". Exposed medical image archives, survey " + about.Survey.ID + "."})
	if err != nil {
		return err
	}
	l := &list{w: w}
	l.raw(open + `,"findings":[`)
	for i, err := range items {
		if err != nil {
			return err
		}
		for _, c := range i.Finding.FailedChecks() {
			l.add(dojo(&i, c))
		}
	}
	l.raw("\n]}\n")
	return l.done("the findings")
}

func dojo(i *Item, c survey.Check) dojoFinding {
	f := i.Finding
	s := serviceOf(f, c.Port)
	if c.Port == 0 {
		s = serviceOf(f, f.ReportedPort())
	}
	d := dojoFinding{
		Title: plain.Line(c.ID + " " + c.Title), Severity: dojoSeverity(c.Severity), Date: f.StartedAt.UTC().Format(time.DateOnly),
		Description: dojoDescription(i, c, &s), Mitigation: plain.Text(c.Remedy), References: plain.Text(strings.Join(c.References, "\n")),
		Active: true, Verified: true, Dynamic: true,
		UniqueID: findingID(f, c), VulnerabilityID: c.ID,
		Service: s.application(), Endpoints: endpoints(f, c.Port, s.application()), Tags: []string{string(f.Verdict)},
	}
	if c.ID == "LG-D12" || c.ID == "LG-W08" {
		d.Vulnerabilities = s.vulnerabilities()
	}
	if p := s.product; p.Name != "" && p.Confidence == survey.Certain {
		d.ComponentName = plain.Line(p.Name)
		if p.Version != nil {
			d.ComponentVersion = plain.Line(*p.Version)
		}
	}
	for _, why := range suspicions(f) {
		d.Tags, d.Verified = append(d.Tags, "suspected-"+why), false
	}
	d.judge(i)
	return d
}

// findingID is the same for a check of a service in every run and survey.
func findingID(f *survey.Finding, c survey.Check) string {
	return identifier("finding", f.Target.Address, f.Target.Host, number(uint64(c.Port)), c.ID)
}

// judge puts the state of the case into DefectDojo's terms.
func (d *dojoFinding) judge(i *Item) {
	if i.SetApart() == "" {
		return
	}
	d.Active = false
	c := i.Case
	switch {
	case c.SameArchiveAs != "":
		d.Tags = append(d.Tags, "same-archive")
	case c.State == cases.FalsePositive:
		d.FalseP, d.Verified = true, false
	case c.State == cases.Test:
		d.OutOfScope = true
	case c.State == cases.Accepted:
		d.Accepted = true
	case c.State == cases.Fixed:
		d.Mitigated, d.MitigatedAt = true, stamp(c.Episodes[len(c.Episodes)-1].FixedAt)
	default:
		d.Tags = append(d.Tags, string(c.State))
	}
}

func dojoSeverity(s survey.Severity) string {
	switch s {
	case survey.Critical:
		return "Critical"
	case survey.High:
		return "High"
	case survey.Medium:
		return "Medium"
	case survey.Low:
		return "Low"
	}
	return "Info"
}

func dojoDescription(i *Item, c survey.Check, s *service) string {
	parts := []string{c.Evidence}
	if f := i.Finding; s.archive(f) && !f.WorklistOnly() {
		parts = append(parts, fmt.Sprintf("Study records: %s; images linked: %s; images accessible: %s.", f.Counts.Studies, f.Counts.ImagesLinked, f.Counts.ImagesAccessible))
	}
	if p := s.product.String(); p != "" {
		parts = append(parts, "Product: "+p+".")
	}
	return plain.Text(strings.Join(parts, "\n\n"))
}

// endpoints is where the finding is, as a URL: DefectDojo reads its parts.
func endpoints(f *survey.Finding, port uint16, application string) []string {
	addr, err := netip.ParseAddr(f.Target.Address)
	switch {
	case err != nil:
		return nil
	case port == 0 && addr.Is6():
		return []string{"[" + addr.String() + "]"}
	case port == 0:
		return []string{addr.String()}
	case application == "" || application == string(survey.ProtocolUnknown):
		application = "tcp"
	}
	return []string{application + "://" + netip.AddrPortFrom(addr, port).String()}
}
