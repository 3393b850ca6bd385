package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"leadglass/internal/campaign"
	"leadglass/internal/cases"
	"leadglass/internal/store"
	"leadglass/internal/survey"
)

// casesCommand is the life of single systems over surveys.
type casesCommand struct {
	List casesListCommand `cmd:"" help:"List the systems that surveys saw exposed, with their states."`
	Show casesShowCommand `cmd:"" help:"Show the timeline of one system."`
	Mark casesMarkCommand `cmd:"" help:"Mark one system: accepted, false positive, not ours, test installation; add notes and tags."`
}

type casesListCommand struct {
	State     []string `help:"Only cases in this state; may be repeated, as the other filters." enum:"open,notified,acknowledged,reopened,not-ours,accepted,gone,fixed,false-positive,test-installation," placeholder:"STATE"`
	Country   []string `help:"Only cases in this country (ISO 3166-1 alpha-2)." placeholder:"DE"`
	Site      []string `sep:"none" help:"Only cases of this site of the overlay." placeholder:"SITE"`
	Recipient []string `sep:"none" help:"Only cases of this recipient of disclosures." placeholder:"NAME"`
	Tag       []string `help:"Only cases with this tag." placeholder:"TAG"`
	Check     []string `help:"Only cases that this failed check exposes." placeholder:"LG-D04"`
	MinDays   int      `help:"Only cases that have been open this many days." default:"0" placeholder:"DAYS"`
	JSON      bool     `help:"JSON Lines on stdout: one object a case."`
	CSV       bool     `name:"csv" help:"CSV on stdout."`
}

// Help explains the states, with examples.
func (casesListCommand) Help() string {
	return `A case is a system that a survey saw exposed. Its state follows from the surveys and
rechecks in the store, from disclosures, and from what people marked:
  open, notified, acknowledged    exposed, and how far its recipient is
  reopened                        exposed again after a proved repair
  fixed                           proved by a later survey or recheck
  gone                            nothing of it answers: no proof
  accepted, not-ours              marked by a person; a repair ends either
  false-positive, test-installation   marked by a person

docs/cases.md says how they are derived.

Examples:
  leadglass cases list
  leadglass cases list --state open --state reopened --min-days 30
  leadglass cases list --recipient CERT.example --csv > cases.csv
  leadglass cases list --json | jq 'select(.reopened > 0) | .address'`
}

// Run lists the cases.
func (c *casesListCommand) Run(ctx context.Context, a *app) error {
	if c.JSON && c.CSV {
		return usage(errors.New("--json and --csv do not go together: leave one of them out"))
	}
	if c.MinDays < 0 {
		return usage(fmt.Errorf("--min-days must not be negative, not %d", c.MinDays))
	}
	db, err := store.OpenExisting(ctx, a.Store)
	if err != nil {
		return err
	}
	defer db.Close()
	all, err := campaign.Cases(ctx, db, a.clock())
	if err != nil {
		return err
	}
	list, err := a.caseList(c)
	if err != nil {
		return err
	}
	filter := cases.Filter{States: c.State, Countries: c.Country, Sites: c.Site, Recipients: c.Recipient, Tags: c.Tag, Checks: c.Check, MinDays: c.MinDays}
	var tally cases.Tally
	for one, err := range all {
		if err != nil {
			return err
		}
		if !filter.Match(&one) {
			continue
		}
		tally.Add(&one)
		if err := list.add(&one); err != nil {
			return fmt.Errorf("printing the cases: %w", err)
		}
	}
	if err := list.end(); err != nil {
		return err
	}
	a.note("%s", tallied(&tally))
	return nil
}

// tallied says how many cases there are, those that count as exposed apart.
func tallied(t *cases.Tally) string {
	var parts []string
	for _, s := range cases.States() {
		if n := t.States[s]; n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", n, s))
		}
	}
	if t.Elsewhere > 0 {
		parts = append(parts, fmt.Sprintf("%d further addresses of archives that are counted once", t.Elsewhere))
	}
	if len(parts) == 0 {
		return "no cases"
	}
	return fmt.Sprintf("%s exposed (accepted ones, false positives and test installations not counted): %s",
		plural(t.Counted, "system"), strings.Join(parts, ", "))
}

// caseList prints cases one after the other.
type caseList struct {
	add func(*cases.Case) error
	end func() error
}

// caseList is the form of the list that the flags name.
func (a *app) caseList(c *casesListCommand) (caseList, error) {
	none := func() error { return nil }
	if c.JSON {
		enc := json.NewEncoder(a.out)
		return caseList{func(c *cases.Case) error { return enc.Encode(c) }, none}, nil
	}
	if c.CSV {
		table, err := cases.NewCSV(a.out)
		if err != nil {
			return caseList{}, err
		}
		return caseList{table.Add, table.Flush}, nil
	}
	const row = "%-39s %-17s %-10s %-10s %9s %8s  %-12s %-7s %s\n"
	err := a.printf(row, "address", "state", "first seen", "last seen", "days open", "reopened", "verdict", "country", "recipient")
	return caseList{func(c *cases.Case) error {
		recipient := c.Recipient
		if c.SameArchiveAs != "" {
			recipient = strings.TrimSpace(recipient + " (same archive as " + c.SameArchiveAs + ")")
		}
		return a.printf(row, c.Address, string(c.State), dayOf(c.FirstSeen), dayOf(c.LastSeen), grouped(int64(c.DaysOpen)), grouped(int64(c.Reopened)),
			string(c.Verdict), c.Country, recipient)
	}, none}, err
}

// dayOf is a day in UTC, "" for none.
func dayOf(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.DateOnly)
}

// clock is the present time.
func (a *app) clock() time.Time {
	if a.now != nil {
		return a.now()
	}
	return time.Now()
}

type casesShowCommand struct {
	Address string `arg:"" help:"The system's address."`
	JSON    bool   `help:"One JSON object on stdout."`
}

// Help adds examples to --help.
func (casesShowCommand) Help() string {
	return `Examples:
  leadglass cases show 192.0.2.7
  leadglass cases show 2001:db8::7 --json | jq .timeline`
}

// Run shows the case.
func (c *casesShowCommand) Run(ctx context.Context, a *app) error {
	db, err := store.OpenExisting(ctx, a.Store)
	if err != nil {
		return err
	}
	defer db.Close()
	one, err := campaign.CaseOf(ctx, db, c.Address, a.clock())
	if err != nil {
		return knownCase(err)
	}
	return a.printCase(&one, c.JSON)
}

// knownCase makes the error for an address without a case one of usage.
func knownCase(err error) error {
	if errors.Is(err, store.ErrNotFound) {
		return usage(err)
	}
	return err
}

func (a *app) printCase(c *cases.Case, asJSON bool) error {
	if asJSON {
		return json.NewEncoder(a.out).Encode(c)
	}
	last := c.Episodes[len(c.Episodes)-1]
	fix := ""
	if last.DaysToFix != nil {
		fix = plural(*last.DaysToFix, "day")
	}
	until := ""
	if c.State == cases.Accepted {
		until = dayOf(c.Mark.Until)
	}
	for _, line := range [][2]string{{"address", c.Address}, {"host", c.Host}, {"site", c.Site}, {"country", c.Country}, {"recipient", c.Recipient},
		{"state", string(c.State)}, {"accepted until", until}, {"surveys say", string(c.Exposure)}, {"counted at", c.SameArchiveAs},
		{"first exposed", moment(c.FirstSeen)}, {"last exposed", moment(c.LastSeen)}, {"open", plural(c.DaysOpen, "day")},
		{"notified", moment(last.NotifiedAt)}, {"acknowledged", moment(last.AcknowledgedAt)}, {"fixed", moment(last.FixedAt)}, {"proved by", last.FixedBy},
		{"notified to fix", fix}, {"reopened", grouped(int64(c.Reopened))}, {"worst verdict", string(c.WorstVerdict)}, {"exposed by", strings.Join(c.Checks, " ")},
		{"study records", extent(c.StudyRecords)}, {"images linked", extent(c.ImagesLinked)}, {"images accessible", extent(c.ImagesAccessible)}, {"tags", strings.Join(c.Tags, " ")}} {
		if line[1] == "" {
			continue
		}
		if err := a.printf("%-18s %s\n", line[0], line[1]); err != nil {
			return fmt.Errorf("printing the case: %w", err)
		}
	}
	for _, e := range c.Timeline {
		if err := a.printf("%s  %-17s %s\n", moment(e.At), e.Kind, entryText(&e)); err != nil {
			return fmt.Errorf("printing the case: %w", err)
		}
	}
	return nil
}

func extent(e cases.Extent) string { return fmt.Sprintf("%s now, %s at the peak", e.Now, e.Peak) }

// entryText is what an entry of a timeline says, in a line.
func entryText(e *cases.Entry) string {
	var parts []string
	for _, p := range []string{e.Result, string(e.Verdict), e.Tag, e.Recipient, e.Source} {
		if p != "" {
			parts = append(parts, p)
		}
	}
	if !e.Until.IsZero() {
		parts = append(parts, "until "+dayOf(e.Until))
	}
	if e.By != "" {
		parts = append(parts, "by "+e.By)
	}
	text := strings.Join(parts, ", ")
	if e.Note != "" {
		text = strings.TrimPrefix(text+": "+e.Note, ": ")
	}
	return text
}

type casesMarkCommand struct {
	Address string   `arg:"" help:"The system's address."`
	State   string   `arg:"" optional:"" help:"accepted, false-positive, not-ours, test-installation; none withdraws the mark. Without it, only notes and tags are added." enum:"accepted,false-positive,not-ours,test-installation,none," default:""`
	Until   string   `help:"The last day on which an accepted system is accepted." placeholder:"YYYY-MM-DD"`
	Note    string   `help:"The reason, or a note." placeholder:"TEXT"`
	By      string   `help:"Who marks it." env:"LEADGLASS_BY" placeholder:"NAME"`
	Tag     []string `help:"Add a tag; may be repeated." placeholder:"TAG"`
	Untag   []string `help:"Remove a tag; may be repeated." placeholder:"TAG"`
	JSON    bool     `help:"The case then as one JSON object on stdout."`
}

// Help says what the marks mean, with examples.
func (casesMarkCommand) Help() string {
	return `Marks are added to the case and never changed; what was marked before stays in its
timeline. That a system is fixed is not marked: a later survey or recheck proves it.
An acceptance is over after its last day, and when the system is fixed. A system that
is not ours is open again when another recipient is notified of it.

Examples:
  leadglass cases mark 192.0.2.7 accepted --until 2027-03-31 --note "replaced in March" --by "K. Doe"
  leadglass cases mark 192.0.2.7 not-ours --note "the hoster says hospital B" --by "K. Doe"
  leadglass cases mark 192.0.2.7 none --by "K. Doe"
  leadglass cases mark 192.0.2.7 --tag radiology --note "called the clinic" --by "K. Doe"`
}

// Run marks the case.
func (c *casesMarkCommand) Run(ctx context.Context, a *app) error {
	m := campaign.Marking{Mark: survey.CaseMark(c.State), By: c.By, Note: c.Note, Tag: c.Tag, Untag: c.Untag}
	if c.Until != "" {
		day, err := time.Parse(time.DateOnly, c.Until)
		if err != nil {
			return usage(fmt.Errorf("--until %q is not a day; write it as YYYY-MM-DD", c.Until))
		}
		m.Until = day
	}
	db, err := store.OpenExisting(ctx, a.Store)
	if err != nil {
		return err
	}
	defer db.Close()
	one, err := campaign.MarkCase(ctx, db, c.Address, m, a.clock())
	if err != nil {
		return knownCase(err)
	}
	if c.JSON {
		return a.printCase(&one, true)
	}
	a.note("%s: %s", one.Address, string(one.State))
	return nil
}
