package cases

import (
	"encoding/csv"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"leadglass/internal/publish"
)

// Filter chooses cases. An empty field chooses all; a list chooses what is equal
// to one of it, in any case of its letters.
type Filter struct {
	States, Countries, Sites, Recipients, Tags, Checks []string
	// MinDays is how many days a case is open at least.
	MinDays int
}

// Match reports whether the filter chooses the case.
func (f *Filter) Match(c *Case) bool {
	one := func(list []string, values ...string) bool {
		return len(list) == 0 || slices.ContainsFunc(list, func(want string) bool {
			return slices.ContainsFunc(values, func(v string) bool { return strings.EqualFold(want, v) })
		})
	}
	return c.DaysOpen >= f.MinDays && one(f.States, string(c.State)) && one(f.Countries, c.Country) && one(f.Sites, c.Site) &&
		one(f.Recipients, c.Recipient) && one(f.Tags, c.Tags...) && one(f.Checks, c.Checks...)
}

// Tally counts cases.
type Tally struct {
	States map[State]int
	// Counted are those that count as exposed systems, Elsewhere those whose archive
	// is counted at another address.
	Counted, Elsewhere int
}

// Add counts a case: under its state, unless its archive is counted elsewhere.
func (t *Tally) Add(c *Case) {
	if c.SameArchiveAs != "" {
		t.Elsewhere++
		return
	}
	if t.States == nil {
		t.States = map[State]int{}
	}
	t.States[c.State]++
	if c.Counted() {
		t.Counted++
	}
}

// CSV writes cases as lines of a table.
type CSV struct{ w *csv.Writer }

// NewCSV begins a table with its head.
func NewCSV(w io.Writer) (*CSV, error) {
	t := &CSV{csv.NewWriter(w)}
	return t, t.write([]string{"address", "host", "site", "country", "recipient", "state", "exposure", "first_seen", "last_seen", "days_open",
		"notified_at", "acknowledged_at", "fixed_at", "fixed_by", "days_to_fix", "reopened", "accepted_until", "same_archive_as", "worst_verdict", "verdict", "checks", "tags", "notes",
		"study_records_peak", "study_records_now", "images_accessible_peak", "images_accessible_now"})
}

// Add writes a case.
func (t *CSV) Add(c *Case) error {
	e, until, fix := c.last(), "", ""
	if c.Mark != nil && c.State == Accepted {
		until = c.Mark.Until.Format(time.DateOnly)
	}
	if e.DaysToFix != nil {
		fix = strconv.Itoa(*e.DaysToFix)
	}
	return t.write([]string{c.Address, c.Host, c.Site, c.Country, c.Recipient, string(c.State), string(c.Exposure), stamp(c.FirstSeen), stamp(c.LastSeen), strconv.Itoa(c.DaysOpen),
		stamp(e.NotifiedAt), stamp(e.AcknowledgedAt), stamp(e.FixedAt), e.FixedBy, fix, strconv.Itoa(c.Reopened), until, c.SameArchiveAs, string(c.WorstVerdict), string(c.Verdict),
		strings.Join(c.Checks, " "), strings.Join(c.Tags, " "), strconv.Itoa(c.Notes),
		c.StudyRecords.Peak.String(), c.StudyRecords.Now.String(), c.ImagesAccessible.Peak.String(), c.ImagesAccessible.Now.String()})
}

// Flush writes what is still in memory.
func (t *CSV) Flush() error {
	t.w.Flush()
	if err := t.w.Error(); err != nil {
		return fmt.Errorf("writing CSV: %w", err)
	}
	return nil
}

func (t *CSV) write(row []string) error {
	for i := range row {
		row[i] = publish.Harmless(row[i])
	}
	if err := t.w.Write(row); err != nil {
		return fmt.Errorf("writing CSV: %w", err)
	}
	return nil
}

// stamp is a time to the second in UTC, "" for none.
func stamp(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.RFC3339)
}
