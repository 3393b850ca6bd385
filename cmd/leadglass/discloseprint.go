package main

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"leadglass/internal/disclose"
	"leadglass/internal/disclose/prepare"
	"leadglass/internal/disclose/seal"
	"leadglass/internal/plain"
)

// print writes what was prepared and what to do next.
func (c *disclosePrepareCommand) print(a *app, r prepare.Result) {
	for _, d := range r.Prepared {
		a.printf("%s: %s, %s\n", d.Recipient, plural(d.Systems, "system"), d.TLP)
		if d.File != "" {
			a.printf("  file       %s\n", d.File)
		}
		printKeys(a, d.Method, d.Keys)
		if d.SignedBy != "" {
			a.printf("  signed by  %s\n", d.SignedBy)
		}
		if d.File != "" {
			a.printf("  next       compare the key with the recipient by another channel, if you have not yet;\n             %s\n",
				nextSend(d.Channel, d.Email, d.Recipient))
		}
	}
	for _, d := range r.Prepared {
		if n := len(d.Fixed); n > 0 {
			a.note("note: a later survey proves %d of the systems that %s would be notified of fixed (%s); prepare that survey instead", n, d.Recipient, strings.Join(d.Fixed[:min(n, 5)], ", "))
		}
	}
	for _, n := range r.NotPrepared {
		a.printf("%s: %s, not prepared\n  reason     %s\n", n.Recipient, plural(n.Systems, "system"), n.Reason)
	}
	if n := len(r.NoRecipient); n > 0 {
		a.printf("No recipient: %s\n", plural(n, "system"))
		for _, s := range r.NoRecipient {
			a.printf("  %s  %s%s\n", plain.HostPort(s.Address, s.Port), s.Verdict, owner(s))
		}
		a.note("note: nobody is notified of these; add recipients for them to %s", c.Recipients)
	}
	for _, path := range r.Stale {
		a.note("note: %s was never marked as sent and is replaced; delete it", path)
	}
	if r.Honeypots > 0 {
		a.note("note: %s that look like honeypots left out; --honeypots takes them in", plural(r.Honeypots, "archive"))
	}
	if r.Below > 0 {
		a.note("note: %s with failed checks below %q left out; --min-verdict sets the bar", plural(r.Below, "archive"), c.MinVerdict)
	}
	if len(r.Prepared)+len(r.NotPrepared)+len(r.NoRecipient) == 0 {
		a.note("survey %s: nothing to disclose", r.Survey)
	}
	if c.DryRun {
		a.note("dry run: nothing was written")
	}
}

func printKeys(a *app, method string, keys []string) {
	name := map[string]string{seal.OpenPGP: "OpenPGP", seal.Age: "age"}[method]
	for _, k := range keys {
		a.printf("  key        %s %s\n", name, k)
	}
}

// owner says what is known of whose a system is.
func owner(s prepare.System) string {
	var parts []string
	if s.Viewer != "" {
		parts = append(parts, "viewer "+string(s.Viewer))
	}
	if s.Country != "" {
		parts = append(parts, "country "+s.Country)
	}
	if s.ASN != 0 {
		parts = append(parts, fmt.Sprintf("AS%d", s.ASN))
	}
	if s.Site != "" {
		parts = append(parts, "site "+s.Site)
	}
	if len(parts) == 0 {
		return ", owner unknown"
	}
	return ", " + strings.Join(parts, ", ")
}

// outcomeWords name the outcomes for a person, in the order in which they are
// listed.
var outcomeWords = []struct {
	outcome disclose.Outcome
	words   string
}{
	{disclose.Fixed, "fixed"}, {disclose.StillOpen, "still open"}, {disclose.Unclear, "unclear"},
	{disclose.Gone, "gone (not reached, not proved fixed)"}, {disclose.NotCovered, "not surveyed again"},
}

func (s disclosureStatus) print(a *app, systems bool) {
	a.printf("%s: %s, survey %s, %s\n", s.Recipient, plural(len(s.Followed), "system"), s.SurveyID, s.TLP)
	for _, e := range s.Events {
		note := ""
		if e.Note != "" {
			note = "  " + e.Note
		}
		a.printf("  %-13s%s%s\n", e.State, e.At.UTC().Format(time.DateOnly), note)
	}
	var counts []string
	for _, o := range outcomeWords {
		if n := s.Outcomes[o.outcome]; n > 0 {
			counts = append(counts, fmt.Sprintf("%d %s", n, o.words))
		}
	}
	a.printf("  systems      %s\n", strings.Join(counts, ", "))
	a.printf("  file         %s\n", s.File)
	a.printf("  keys         %s\n", strings.Join(s.Keys, " "))
	overdue := ""
	if s.Overdue {
		overdue = " (overdue)"
	}
	a.printf("  answer by    %s%s\n", s.AnswerBy.UTC().Format(time.DateOnly), overdue)
	a.printf("  next         %s\n", s.Next)
	if !systems {
		return
	}
	for _, f := range s.Followed {
		i := slices.IndexFunc(outcomeWords, func(w struct {
			outcome disclose.Outcome
			words   string
		}) bool {
			return w.outcome == f.Outcome
		})
		since := ""
		if f.Survey != "" {
			since = fmt.Sprintf(" (survey %s)", f.Survey)
		}
		a.printf("    %-24s %s → %s%s\n", plain.HostPort(f.Address, f.Port), f.Told, outcomeWords[i].words, since)
	}
}

func (r checkedRecipient) print(a *app) {
	a.printf("%s\n  covers     %s\n", r.Organisation, strings.Join(r.Claims, ", "))
	way := r.Channel
	if r.Email != "" {
		way += " to " + r.Email
	}
	a.printf("  by         %s, in the language %s, %s\n", way, r.Language, r.TLP)
	printKeys(a, r.Method, r.Keys)
	if r.Problem != "" {
		a.printf("  problem    %s\n", r.Problem)
	}
}
