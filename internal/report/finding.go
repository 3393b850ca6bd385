package report

import (
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"leadglass/internal/plain"
	"leadglass/internal/publish"
	"leadglass/internal/survey"
)

// TextOptions says how a finding is written for a person.
type TextOptions struct {
	Color bool
	// Width is the length of the longest line, in characters; 0 means 80.
	Width int
}

// Finding writes what a check found, as a PACS administrator wants it at a
// glance: the verdict and what it means, what is exposed, which checks failed,
// what to change.
func Finding(w io.Writer, f survey.Finding, o TextOptions) error {
	if o.Width == 0 {
		o.Width = 80
	}
	f, err := visible(f)
	if err != nil {
		return err
	}
	p := &printer{TextOptions: o}
	p.head(f)
	p.services(f)
	p.counts(f)
	p.failed(f)
	p.undecided(f)
	if f.Plan != nil {
		p.plan(f.Plan)
	} else {
		p.remedies(f)
	}
	p.foot(f)
	_, err = io.WriteString(w, p.b.String())
	return err
}

// visible is a copy of f whose texts hold nothing that would steer a terminal;
// the colours come after.
func visible(f survey.Finding) (survey.Finding, error) {
	text, err := json.Marshal(f)
	if err != nil {
		return f, fmt.Errorf("copying the finding: %w", err)
	}
	var c survey.Finding
	if err := json.Unmarshal(text, &c); err != nil {
		return f, fmt.Errorf("copying the finding: %w", err)
	}
	plain.Strings(&c, plain.Text)
	plain.Strings(&c.Target, plain.Line)
	for i := range c.Services {
		plain.Strings(&c.Services[i], plain.Line)
	}
	return c, nil
}

// printer builds the text.
type printer struct {
	TextOptions
	b strings.Builder
}

const (
	bold  = "1"
	faint = "2"
	red   = "31"
	green = "32"
	amber = "33"
)

// paint wraps s in an ANSI colour where colours are wanted.
func (p *printer) paint(s string, codes ...string) string {
	if !p.Color || s == "" {
		return s
	}
	return "\x1b[" + strings.Join(codes, ";") + "m" + s + "\x1b[0m"
}

// row writes a label and a text beside it, wrapped.
func (p *printer) row(label, text string) {
	const column = 12
	lines := wrap(text, p.Width-column-2)
	for i, line := range lines {
		if i > 0 {
			label = ""
		}
		fmt.Fprintf(&p.b, "  %s%s%s\n", p.paint(label, faint), strings.Repeat(" ", max(1, column-len(label))), line)
	}
}

// codeIndent is how lines of a configuration or command are set off in a text.
const codeIndent = "    "

// wrap breaks s at spaces into lines of at most width characters, and keeps
// the line breaks it has. Lines of code stay whole, so that they can be copied.
func wrap(s string, width int) []string {
	var lines []string
	for part := range strings.SplitSeq(s, "\n") {
		if strings.HasPrefix(part, codeIndent) {
			lines = append(lines, part)
			continue
		}
		indent := part[:len(part)-len(strings.TrimLeft(part, " "))]
		line := indent
		for word := range strings.FieldsSeq(part) {
			if len(line)+1+len(word) > width && strings.TrimSpace(line) != "" {
				lines = append(lines, line)
				line = indent
			}
			if strings.TrimSpace(line) != "" {
				line += " "
			}
			line += word
		}
		lines = append(lines, line)
	}
	return lines
}

func (p *printer) verdictColor(v survey.Verdict) string {
	switch v {
	case survey.Open, survey.OpenImages:
		return red
	case survey.Identified:
		return amber
	case survey.Protected:
		return green
	}
	return faint
}

func (p *printer) head(f survey.Finding) {
	name := f.Target.Host
	if f.Target.Port != 0 {
		name = plain.HostPort(name, f.Target.Port)
	}
	fmt.Fprintf(&p.b, "%s  %s", p.paint(name, bold), p.paint(strings.ToUpper(string(f.Verdict)), bold, p.verdictColor(f.Verdict)))
	if f.Grade != survey.GradeNone {
		fmt.Fprintf(&p.b, "  grade %s", f.Grade)
		if f.TestedFrom == survey.FromLoopback {
			p.b.WriteString(" (from this machine)")
		}
	}
	p.b.WriteString("\n")
	for _, sentence := range meaning(f) {
		for _, line := range wrap(sentence, p.Width-2) {
			fmt.Fprintf(&p.b, "  %s\n", line)
		}
	}
	if f.Viewer != "" {
		fmt.Fprintf(&p.b, "  %s\n", p.paint("A web viewer without login is open here too ("+string(f.Viewer)+").", red))
	}
	if f.Target.Address != "" && f.Target.Address != f.Target.Host {
		p.row("address", f.Target.Address)
	}
	if from := testedFrom(f); from != "" && f.Verdict.Rank() > survey.Unreachable.Rank() {
		p.row("tested from", from)
	}
	if f.Incomplete != nil {
		p.row("incomplete", *f.Incomplete)
	}
	for _, r := range f.Suspicion.Reasons {
		p.row("suspicion", r)
	}
}

func (p *printer) services(f survey.Finding) {
	for _, s := range f.Services {
		p.row(fmt.Sprintf("port %d", s.Port), describeService(s))
	}
}

func describeService(s survey.Service) string {
	var parts []string
	switch {
	case s.Outcome != survey.Answered && s.Detail != "":
		parts = append(parts, string(s.Outcome)+" ("+s.Detail+")")
	case s.Outcome != survey.Answered:
		parts = append(parts, string(s.Outcome))
	default:
		parts = append(parts, strings.ToUpper(string(s.Protocol)))
	}
	if s.Protocol == survey.ProtocolDICOM || s.Protocol == survey.ProtocolHTTP {
		if s.TLS == nil {
			parts = append(parts, "not encrypted")
		} else {
			parts = append(parts, s.TLS.Version+", client certificate "+s.TLS.ClientCertificate)
			if p := s.TLS.Profile; p != "" && p != survey.ProfileNone {
				parts = append(parts, "TLS profile PS3.15 "+string(p))
			}
		}
	}
	if name := cmp.Or(s.Product.String(), s.Product.Name); name != "" {
		parts = append(parts, "product "+name)
	}
	if name := s.Toolkit.String(); name != "" {
		parts = append(parts, "toolkit "+name)
	}
	if s.CalledAETitle.Policy == survey.AnyTitle {
		parts = append(parts, "accepts any called AE title")
	} else if s.CalledAETitle.Accepted != "" {
		parts = append(parts, fmt.Sprintf("called AE title %s (%s)", s.CalledAETitle.Accepted, s.CalledAETitle.Policy))
	}
	if w := s.DICOMweb; w != nil {
		parts = append(parts, fmt.Sprintf("DICOMweb at %s: search %s, retrieval %s, storage %s", w.Root, w.QIDO, w.WADO, w.STOW))
	}
	if s.Rejection != nil {
		parts = append(parts, fmt.Sprintf("%s during %s: %s", s.Rejection.Kind, s.Rejection.During, s.Rejection.Text))
	}
	if len(s.Tolerated) > 0 {
		parts = append(parts, "tolerated deviations from DICOM: "+strings.Join(s.Tolerated, ", "))
	}
	return strings.Join(parts, "; ")
}

func (p *printer) counts(f survey.Finding) {
	if !f.Verdict.FreelyAccessible() {
		return
	}
	p.b.WriteString("\n" + p.paint("Exposed", bold) + "\n")
	for _, c := range []struct {
		name  string
		count survey.Count
	}{
		{"studies", f.Counts.Studies},
		{"images", f.Counts.ImagesLinked},
		{"retrievable", f.Counts.ImagesAccessible},
		{"patients", f.Counts.Patients},
	} {
		text := countText(c.count)
		if c.count.Quality == survey.Exact && c.count.Reason != "" {
			text += " (exact; " + c.count.Reason + ")"
		} else if c.count.Quality == survey.Exact {
			text += " (exact)"
		} else if c.count.Reason != "" {
			text += " (" + c.count.Reason + ")"
		}
		p.row(c.name, text)
	}
	if ids := f.Counts.NationalIDs; ids != nil && ids.Value != nil && *ids.Value > 0 {
		p.row("SSN form", countText(*ids)+" study records, by their patient IDs")
	}
	var classes []string
	for _, c := range f.IdentifyingClasses {
		if c.Present {
			classes = append(classes, c.Class)
		}
	}
	if len(classes) > 0 {
		p.row("identifying", strings.Join(classes, ", "))
	}
}

func countText(c survey.Count) string {
	n, ok := c.Int()
	switch {
	case !ok:
		return "unknown"
	case c.Quality == survey.LowerBound:
		return "at least " + publish.Grouped(n)
	case c.Quality == survey.Estimated && c.Low != nil && c.High != nil:
		return fmt.Sprintf("about %s, %s to %s with %.0f %% confidence", publish.Grouped(n), publish.Grouped(*c.Low), publish.Grouped(*c.High), 100*c.Confidence)
	}
	return publish.Grouped(n)
}

// failedChecks returns the failed checks, the worst first.
func failedChecks(f survey.Finding) []survey.Check {
	var failed []survey.Check
	for _, c := range f.Checks {
		if c.State == survey.Fail {
			failed = append(failed, c)
		}
	}
	slices.SortStableFunc(failed, func(a, b survey.Check) int {
		return cmp.Compare(slices.Index(survey.Severities, a.Severity), slices.Index(survey.Severities, b.Severity))
	})
	return failed
}

func (p *printer) failed(f survey.Finding) {
	failed := failedChecks(f)
	if len(failed) == 0 {
		return
	}
	p.b.WriteString("\n" + p.paint("Failed checks", bold) + "\n")
	for _, c := range failed {
		color := amber
		if c.Severity == survey.Critical || c.Severity == survey.High {
			color = red
		}
		fmt.Fprintf(&p.b, "  %s  %s  %s\n", p.paint(fmt.Sprintf("%-8s", c.Severity), color), c.ID, c.Title+atPort(c.Port))
		p.evidence(c)
	}
}

func (p *printer) evidence(c survey.Check) {
	for _, line := range wrap(c.Evidence, p.Width-12) {
		fmt.Fprintf(&p.b, "            %s\n", p.paint(line, faint))
	}
}

// atPort names the port of a check; nothing for one on the host as a whole.
func atPort(port uint16) string {
	if port == 0 {
		return ""
	}
	return fmt.Sprintf(" (port %d)", port)
}

// undecided lists the checks without a result, and why they have none.
func (p *printer) undecided(f survey.Finding) {
	heading := "\n" + p.paint("Not decided", bold) + "\n"
	for _, c := range f.Checks {
		if c.State != survey.Unknown {
			continue
		}
		fmt.Fprintf(&p.b, "%s  %s  %s  %s\n", heading, p.paint("unknown ", faint), c.ID, c.Title+atPort(c.Port))
		heading = ""
		p.evidence(c)
	}
}

// remedies writes each remedy once, with the checks it mends.
func (p *printer) remedies(f survey.Finding) {
	var order []string
	mends := map[string][]survey.Check{}
	for _, c := range failedChecks(f) {
		if c.Remedy == "" {
			continue
		}
		if _, seen := mends[c.Remedy]; !seen {
			order = append(order, c.Remedy)
		}
		mends[c.Remedy] = append(mends[c.Remedy], c)
	}
	if len(order) == 0 {
		return
	}
	for _, checks := range mends {
		slices.SortStableFunc(checks, func(a, b survey.Check) int { return cmp.Compare(a.Port, b.Port) })
	}
	p.b.WriteString("\n" + p.paint("What to change", bold) + "\n")
	for _, remedy := range order {
		for _, line := range wrap(checkNames(mends[remedy]), p.Width-2) {
			fmt.Fprintf(&p.b, "  %s\n", p.paint(line, faint))
		}
		for _, line := range wrap(remedy, p.Width-4) {
			fmt.Fprintf(&p.b, "    %s\n", line)
		}
	}
}

// checkNames names checks port by port: "LG-D03, LG-D04 (port 104), LG-T02 (port
// 2762)".
func checkNames(checks []survey.Check) string {
	var text strings.Builder
	for i, c := range checks {
		if i > 0 {
			text.WriteString(", ")
		}
		text.WriteString(c.ID)
		if i == len(checks)-1 || checks[i+1].Port != c.Port {
			text.WriteString(atPort(c.Port))
		}
	}
	return text.String()
}

func (p *printer) foot(f survey.Finding) {
	took := (time.Duration(f.DurationMS) * time.Millisecond).Round(10 * time.Millisecond)
	text := fmt.Sprintf("%d associations, %d queries, %s bytes sent, %s received, %s",
		f.Traffic.Associations, f.Traffic.Queries, publish.Grouped(f.Traffic.BytesSent), publish.Grouped(f.Traffic.BytesReceived), took)
	fmt.Fprintf(&p.b, "\n  %s\n", p.paint(text, faint))
}
