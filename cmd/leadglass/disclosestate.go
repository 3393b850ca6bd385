package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"leadglass/internal/disclose"
	"leadglass/internal/plain"
	"leadglass/internal/store"
	"leadglass/internal/survey"
)

type discloseCommand struct {
	Prepare    disclosePrepareCommand    `cmd:"" help:"Write an encrypted bundle for each recipient; sends nothing."`
	Status     discloseStatusCommand     `cmd:"" help:"Show what was sent to whom, who answered, and what a later survey proved fixed."`
	Mark       discloseMarkCommand       `cmd:"" help:"Note that a bundle was sent, or that the recipient answered."`
	Recipients discloseRecipientsCommand `cmd:"" help:"Look at recipients files."`
	Templates  discloseTemplatesCommand  `cmd:"" help:"Write the letters into a folder, to be edited."`
}

type discloseMarkCommand struct {
	Recipient string `arg:"" help:"The organisation, as in the recipients file."`
	State     string `arg:"" help:"sent or acknowledged." enum:"sent,acknowledged"`
	Date      string `help:"The day of it; default: now." placeholder:"YYYY-MM-DD"`
	Note      string `help:"A note to keep with it, such as a ticket number." placeholder:"TEXT"`
	Survey    string `help:"The survey's ID or name; default: of the recipient's newest bundle." placeholder:"SURVEY"`
}

// Help adds examples to --help.
func (discloseMarkCommand) Help() string {
	return `That something is fixed is not marked: a later survey proves it.

Examples:
  leadglass disclose mark CERT.example sent
  leadglass disclose mark CERT.example acknowledged --date 2026-12-01 --note "ticket 4711"`
}

// Run marks the recipient's newest disclosure.
func (c *discloseMarkCommand) Run(ctx context.Context, a *app) error {
	now := time.Now()
	e := survey.DisclosureEvent{State: survey.DisclosureState(c.State), At: now, Note: c.Note}
	if plain.Line(c.Note) != c.Note {
		return usage(errors.New("--note holds line breaks or other control characters; write one plain line"))
	}
	if c.Date != "" {
		day, err := time.Parse(time.DateOnly, c.Date)
		if err != nil {
			return usage(fmt.Errorf("--date %q is not a day; write it as YYYY-MM-DD", c.Date))
		}
		e.At = day
	}
	db, err := store.OpenExisting(ctx, a.Store)
	if err != nil {
		return err
	}
	defer db.Close()
	id := ""
	if c.Survey != "" {
		v, err := db.Survey(ctx, c.Survey)
		if err != nil {
			return err
		}
		id = v.ID
	}
	d, err := db.LastDisclosure(ctx, c.Recipient, id)
	if errors.Is(err, store.ErrNotFound) {
		return usage(err)
	}
	if err != nil {
		return err
	}
	if err := d.Next(e, now); err != nil {
		return usage(err)
	}
	if err := db.AddDisclosureEvent(ctx, d.ID, e); err != nil {
		return err
	}
	if first := d.When(e.State); !first.IsZero() {
		a.note("note: %s was marked as %s on %s already; this is noted as well, as a reminder is", d.Recipient, e.State, first.UTC().Format(time.DateOnly))
	}
	a.note("%s: %s on %s", d.Recipient, e.State, e.At.Format(time.DateOnly))
	return nil
}

type discloseStatusCommand struct {
	Recipient string `arg:"" optional:"" help:"Only this organisation."`
	Systems   bool   `help:"List each system with what became of it."`
	JSON      bool   `help:"As JSON on stdout, with all systems."`
}

// Help adds examples to --help.
func (discloseStatusCommand) Help() string {
	return `fixed: in a later survey each port that was exposed has answered and is not
exposed, or does not answer while another port of the system does. diff judges
by the same rule.
gone: nothing of the system answers any more, which proves nothing.

Examples:
  leadglass disclose status
  leadglass disclose status CERT.example --systems
  leadglass disclose status --json | jq '.disclosures[] | select(.overdue)'`
}

// disclosureStatus is a disclosure in `disclose status --json`.
type disclosureStatus struct {
	survey.Disclosure
	State survey.DisclosureState `json:"state"`
	// Overdue: it was sent, and the day for an answer has passed without one.
	Overdue bool `json:"overdue"`
	// Outcomes counts the systems by what became of them.
	Outcomes map[disclose.Outcome]int `json:"outcomes"`
	Next     string                   `json:"next"`
	Followed []disclose.Followed      `json:"systems"`
}

// Run prints the state of all disclosures.
func (c *discloseStatusCommand) Run(ctx context.Context, a *app) error {
	db, err := store.OpenExisting(ctx, a.Store)
	if err != nil {
		return err
	}
	defer db.Close()
	all, err := db.Disclosures(ctx)
	if err != nil {
		return err
	}
	if c.Recipient != "" {
		if _, err := db.LastDisclosure(ctx, c.Recipient, ""); err != nil {
			return usage(err)
		}
	}
	list := []disclosureStatus{}
	for _, d := range all {
		if c.Recipient != "" && !strings.EqualFold(d.Recipient, strings.TrimSpace(c.Recipient)) {
			continue
		}
		told, err := db.Survey(ctx, d.SurveyID)
		if err != nil {
			return err
		}
		followed, err := disclose.Follow(ctx, db, disclose.Looked, &d, told)
		if err != nil {
			return err
		}
		list = append(list, newDisclosureStatus(d, followed, time.Now()))
	}
	if c.JSON {
		return json.NewEncoder(a.out).Encode(struct {
			Schema      string             `json:"schema"`
			Disclosures []disclosureStatus `json:"disclosures"`
		}{"leadglass.disclosures/1", list})
	}
	if len(list) == 0 {
		a.note("nothing was prepared yet; begin with `leadglass disclose prepare --recipients FILE`")
	}
	for i, s := range list {
		if i > 0 {
			fmt.Fprintln(a.out)
		}
		s.print(a, c.Systems)
	}
	return nil
}

func newDisclosureStatus(d survey.Disclosure, followed []disclose.Followed, now time.Time) disclosureStatus {
	s := disclosureStatus{Disclosure: d, State: d.State(), Outcomes: map[disclose.Outcome]int{}, Followed: followed}
	for _, f := range followed {
		s.Outcomes[f.Outcome]++
	}
	due := d.AnswerBy.UTC().Format(time.DateOnly)
	s.Overdue = s.State == survey.Sent && now.UTC().Format(time.DateOnly) > due
	unsettled := len(followed) - s.Outcomes[disclose.Fixed]
	switch {
	case s.State == survey.Prepared:
		s.Next = nextSend(d.Channel, d.Email, d.Recipient)
	case unsettled == 0:
		s.Next = "nothing: a later survey proved all of it fixed"
	case s.Overdue:
		s.Next = "remind the recipient; the answer was due on " + due
	case s.State == survey.Sent:
		s.Next = fmt.Sprintf("when the recipient answers: leadglass disclose mark %s acknowledged (due on %s)", quoted(d.Recipient), due)
	case s.Outcomes[disclose.StillOpen]+s.Outcomes[disclose.Unclear]+s.Outcomes[disclose.Gone] > 0:
		s.Next = "ask the recipient about what is not fixed, and survey again"
	default:
		s.Next = "survey again, to see what was fixed"
	}
	return s
}

// nextSend says how a bundle gets to its recipient.
func nextSend(channel, email, recipient string) string {
	how := "send it by " + channel
	if email != "" {
		how += " to " + email
	}
	return how + "; then: leadglass disclose mark " + quoted(recipient) + " sent"
}

// quoted is s as an argument of a shell.
func quoted(s string) string {
	if strings.IndexFunc(s, func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (r < '0' || r > '9') && !strings.ContainsRune("._-", r)
	}) < 0 {
		return s
	}
	return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
}

type discloseRecipientsCommand struct {
	Check discloseRecipientsCheckCommand `cmd:"" help:"Validate a recipients file and its keys; writes nothing."`
}

type discloseRecipientsCheckCommand struct {
	File string `arg:"" help:"The recipients file."`
	JSON bool   `help:"The recipients and the fingerprints of their keys as JSON on stdout."`
}

// Help adds examples to --help.
func (discloseRecipientsCheckCommand) Help() string {
	return `A key that cannot be used, or a recipient by email without an address, ends with exit code 2; a recipient without any is
only named, since nothing may have to be sent to it.

Examples:
  leadglass disclose recipients check recipients.yaml`
}

// checkedRecipient is a recipient in `disclose recipients check --json`.
type checkedRecipient struct {
	Organisation string   `json:"organisation"`
	Email        string   `json:"email,omitempty"`
	Language     string   `json:"language"`
	Channel      string   `json:"channel"`
	TLP          string   `json:"tlp"`
	Claims       []string `json:"claims"`
	Method       string   `json:"method,omitempty"`
	Keys         []string `json:"keys"`
	Problem      string   `json:"problem,omitempty"`
}

// Run validates the file.
func (c *discloseRecipientsCheckCommand) Run(a *app) error {
	rs, err := disclose.Load(c.File)
	if err != nil {
		return usage(err)
	}
	bad := 0
	for _, r := range rs.List {
		checked := checkedRecipient{Organisation: r.Organisation, Email: r.Email, Language: r.Language, Channel: r.Channel,
			TLP: r.TLP, Claims: r.Claims(), Keys: []string{}}
		key, err := r.Key(time.Now())
		switch {
		case err == nil:
			checked.Method, checked.Keys = key.Method, key.Names
		default:
			checked.Problem = err.Error()
			if len(r.KeyFiles)+len(r.AgeKeys) > 0 {
				bad++
			}
		}
		if problem := r.Reach(); err == nil && problem != nil {
			checked.Problem, bad = problem.Error(), bad+1
		}
		if c.JSON {
			if err := json.NewEncoder(a.out).Encode(checked); err != nil {
				return fmt.Errorf("printing: %w", err)
			}
			continue
		}
		checked.print(a)
	}
	if bad > 0 {
		return usage(fmt.Errorf("%s: %s without a usable key or address", c.File, plural(bad, "recipient")))
	}
	return nil
}

type discloseTemplatesCommand struct {
	Out string `required:"" help:"The folder to write them to; files that are there already stay as they are." placeholder:"DIR"`
}

// Help adds examples to --help.
func (discloseTemplatesCommand) Help() string {
	return `Examples:
  leadglass disclose templates --out letters
  leadglass disclose prepare --recipients recipients.yaml --templates letters`
}

// Run writes the templates.
func (c *discloseTemplatesCommand) Run(a *app) error {
	texts, err := disclose.BuiltinTemplates()
	if err != nil {
		return err
	}
	if err := os.MkdirAll(c.Out, 0o700); err != nil {
		return fmt.Errorf("making the folder for the letters: %w", err)
	}
	for _, language := range disclose.Languages {
		name := "letter." + language + ".tmpl"
		path := filepath.Join(c.Out, name)
		f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
		if errors.Is(err, os.ErrExist) {
			a.note("%s is there already, and stays as it is", path)
			continue
		}
		if err != nil {
			return fmt.Errorf("writing the letters: %w", err)
		}
		_, err = f.Write(texts[name])
		if err := errors.Join(err, f.Close()); err != nil {
			return fmt.Errorf("writing the letters: %w", err)
		}
		fmt.Fprintln(a.out, path)
	}
	return nil
}
