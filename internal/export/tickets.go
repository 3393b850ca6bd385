package export

import (
	"cmp"
	"encoding/csv"
	"io"
	"strconv"
	"strings"

	"fmt"

	"leadglass/internal/cases"
)

// writeTickets writes a line for each system, open or closed, for a ticket system
// that takes CSV. The ticket_id of a system is always the same.
func writeTickets(w io.Writer, about About, items Items) error {
	t := csv.NewWriter(w)
	if err := t.Write([]string{"ticket_id", "status", "resolution", "priority", "title", "address", "port", "host", "site", "country", "contact",
		"opened", "updated", "notified", "closed", "closed_by", "days_open", "reopened", "verdict", "failed_checks",
		"study_records", "images_accessible", "tags", "tlp", "description"}); err != nil {
		return fmt.Errorf("writing CSV: %w", err)
	}
	for i, err := range items {
		if err != nil {
			return err
		}
		if err := writeRow(t, ticket(&about, &i)); err != nil {
			return err
		}
	}
	return flush(t)
}

func ticket(about *About, i *Item) []string {
	f, owner := i.Finding, i.Finding.Whose()
	s := services(f)[0]
	status, resolution := "open", ""
	var c cases.Case
	var last cases.Episode
	if i.Case != nil {
		c, last = *i.Case, i.Case.Episodes[len(i.Case.Episodes)-1]
	}
	if why := i.SetApart(); why != "" {
		status, resolution = "closed", why
	}
	first, seen, days := i.seen()
	return []string{
		identifier("ticket", f.Target.Address), status, resolution, string(s.severity()), s.text, f.Target.Address, number(uint64(s.port)), f.HostName(),
		cmp.Or(c.Site, owner.Site), owner.Country, owner.Contact,
		stamp(first), stamp(seen), stamp(last.NotifiedAt), stamp(last.FixedAt), last.FixedBy, strconv.Itoa(days), strconv.Itoa(c.Reopened),
		string(f.Verdict), strings.Join(failedOf(f), ";"),
		f.Counts.Studies.String(), f.Counts.ImagesAccessible.String(), strings.Join(c.Tags, ";"), about.TLP, description(i),
	}
}
