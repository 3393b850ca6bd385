package main

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"time"

	"leadglass/internal/disclose"
	"leadglass/internal/disclose/seal"
	"leadglass/internal/plain"
	"leadglass/internal/store"
	"leadglass/internal/survey"
)

type disclosePrepareCommand struct {
	Survey         string   `arg:"" optional:"" help:"The survey's ID or name; default: the last one."`
	Recipients     string   `required:"" help:"The recipients file." placeholder:"FILE"`
	Recipient      []string `help:"Only for this organisation; may be repeated." placeholder:"NAME" sep:"none"`
	MinVerdict     string   `help:"The least verdict that goes out: open, open-images, or identified where checks failed. A viewer without login goes out at any." enum:"identified,open,open-images" default:"open"`
	Honeypots      bool     `help:"Do not leave out archives that look like honeypots."`
	Out            string   `help:"The folder for the encrypted bundles." default:"disclosure" placeholder:"DIR"`
	AnswerBy       string   `help:"The last day for an answer; default: in 14 days." placeholder:"YYYY-MM-DD"`
	SignKey        string   `help:"Sign OpenPGP bundles with the secret key in this file." placeholder:"FILE"`
	SignPassphrase string   `help:"The file whose first line unlocks that key." placeholder:"FILE"`
	Templates      string   `help:"Letters of your own, as disclose templates wrote them." placeholder:"DIR"`
	Again          bool     `help:"Prepare another bundle for recipients who were sent one of this survey already."`
	DryRun         bool     `help:"Show which systems each recipient would be sent; check the keys; write nothing."`
	JSON           bool     `help:"The result as JSON on stdout."`
}

// Help adds examples to --help.
func (disclosePrepareCommand) Help() string {
	return `Nothing is sent: each bundle is written encrypted to the recipient's key, and
the output says what to do with it. Exit code 3 means that systems have no
recipient, or that a recipient has no usable key.

Examples:
  leadglass disclose prepare --recipients recipients.yaml --dry-run
  leadglass disclose prepare 2026-Q1 --recipients recipients.yaml --sign-key ours.asc
  leadglass disclose prepare --recipients recipients.yaml --recipient CERT.example --answer-by 2026-12-24`
}

// preparation is the output of `disclose prepare --json`.
type preparation struct {
	Schema   string     `json:"schema"`
	Survey   string     `json:"survey"`
	Prepared []prepared `json:"prepared"`
	// NotPrepared are the recipients who get nothing, and why.
	NotPrepared []notPrepared `json:"not_prepared"`
	// NoRecipient are the systems that nobody in the file claims.
	NoRecipient []system `json:"no_recipient"`
	// Honeypots and Below count what was left out.
	Honeypots int64 `json:"left_out_honeypots"`
	Below     int64 `json:"left_out_below_min_verdict"`
}

type prepared struct {
	Recipient string    `json:"recipient"`
	Systems   int       `json:"systems"`
	File      string    `json:"file,omitempty"`
	Method    string    `json:"method"`
	Keys      []string  `json:"keys"`
	SignedBy  string    `json:"signed_by,omitempty"`
	TLP       string    `json:"tlp"`
	Channel   string    `json:"channel"`
	Email     string    `json:"email,omitempty"`
	AnswerBy  time.Time `json:"answer_by"`
	// Fixed are the systems in it that a later survey proves fixed.
	Fixed []string `json:"fixed_since,omitempty"`
}

type notPrepared struct {
	Recipient string `json:"recipient"`
	Systems   int    `json:"systems"`
	Reason    string `json:"reason"`
	// Sent: it was told already, so that nothing is missing.
	Sent bool `json:"sent"`
}

type system struct {
	Address string         `json:"address"`
	Port    uint16         `json:"port,omitempty"`
	Verdict survey.Verdict `json:"verdict"`
	Viewer  survey.Viewer  `json:"viewer,omitempty"`
	Country string         `json:"country,omitempty"`
	ASN     uint32         `json:"asn,omitempty"`
	Site    string         `json:"site,omitempty"`
}

// preparer has what is the same for all recipients.
type preparer struct {
	*disclosePrepareCommand
	db         *store.Store
	survey     survey.Survey
	recipients *disclose.Recipients
	templates  *disclose.Templates
	signer     *seal.Signer
	now        time.Time
	answerBy   time.Time
	earlier    []survey.Disclosure
	// stale are files that were prepared earlier, not sent, and not replaced
	// under the same name.
	stale  []string
	result preparation
}

// Run prepares the bundles.
func (c *disclosePrepareCommand) Run(ctx context.Context, a *app) error {
	p := &preparer{disclosePrepareCommand: c, now: time.Now()}
	if err := p.read(); err != nil {
		return usage(err)
	}
	defer p.signer.Close()
	var err error
	if p.db, err = store.OpenExisting(ctx, a.Store); err != nil {
		return err
	}
	defer p.db.Close()
	if p.survey, err = p.db.Survey(ctx, c.Survey); err != nil {
		return err
	}
	if p.earlier, err = p.db.Disclosures(ctx); err != nil {
		return err
	}
	if p.survey.State != survey.StateFinished {
		a.note("note: survey %s is not finished; the letters say so", p.survey.ID)
	}
	if err := p.prepare(ctx); err != nil {
		return err
	}
	if c.JSON {
		err = json.NewEncoder(a.out).Encode(p.result)
	} else {
		p.print(a)
	}
	if err != nil {
		return fmt.Errorf("printing: %w", err)
	}
	missing := slices.ContainsFunc(p.result.NotPrepared, func(n notPrepared) bool { return !n.Sent })
	if missing || len(p.result.NoRecipient) > 0 {
		return errIncomplete
	}
	return nil
}

// read reads what the user named. All of it is checked before any bundle is
// written.
func (p *preparer) read() (err error) {
	if p.recipients, err = disclose.Load(p.Recipients); err != nil {
		return err
	}
	for _, name := range p.Recipient {
		if p.recipients.Named(name) == nil {
			return fmt.Errorf("--recipient %q is not in %s; write the organisation as that file does", name, p.Recipients)
		}
	}
	p.answerBy = p.now.AddDate(0, 0, 14)
	if p.AnswerBy != "" {
		if p.answerBy, err = time.Parse(time.DateOnly, p.AnswerBy); err != nil {
			return fmt.Errorf("--answer-by %q is not a day; write it as YYYY-MM-DD", p.AnswerBy)
		}
		if p.answerBy.AddDate(0, 0, 1).Before(p.now) {
			return fmt.Errorf("--answer-by %s has passed; name a day to come", p.AnswerBy)
		}
	}
	if p.templates, err = disclose.LoadTemplates(p.Templates); err != nil {
		return err
	}
	if p.SignKey == "" {
		if p.SignPassphrase != "" {
			return errors.New("--sign-passphrase without --sign-key unlocks nothing; name the key too")
		}
		return nil
	}
	passphrase, err := firstLine(p.SignPassphrase)
	defer clear(passphrase)
	if err != nil {
		return err
	}
	p.signer, err = seal.ReadSigner(p.SignKey, passphrase, p.now)
	return err
}

// firstLine is the first line of a file, without its end; nothing for no file.
func firstLine(path string) ([]byte, error) {
	if path == "" {
		return nil, nil
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("reading the passphrase: %w", err)
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, 4096))
	if err != nil {
		return nil, fmt.Errorf("reading the passphrase: %w", err)
	}
	line, _, _ := bytes.Cut(text, []byte("\n"))
	return bytes.TrimSuffix(line, []byte("\r")), nil
}

// prepare assigns the findings and writes a bundle for each recipient.
func (p *preparer) prepare(ctx context.Context) error {
	assigned := disclose.NewAssigned()
	rule := disclose.Rule{Least: survey.Verdict(p.MinVerdict), Honeypots: p.Honeypots}
	for r, err := range p.db.Records(ctx, p.survey.ID) {
		if err != nil {
			return err
		}
		assigned.Add(p.recipients, rule, r)
	}
	p.result = preparation{Schema: "leadglass.disclose-prepare/1", Survey: p.survey.ID,
		Prepared: []prepared{}, NotPrepared: []notPrepared{}, NoRecipient: []system{},
		Honeypots: assigned.LeftOut[disclose.Honeypot], Below: assigned.LeftOut[disclose.Below]}
	for _, f := range disclose.Findings(assigned.Nobody) {
		p.result.NoRecipient = append(p.result.NoRecipient, newSystem(f))
	}
	if !p.DryRun {
		if err := os.MkdirAll(p.Out, 0o700); err != nil {
			return fmt.Errorf("making the folder for the bundles: %w", err)
		}
	}
	for _, r := range p.recipients.List {
		records := assigned.To[r]
		if len(records) == 0 || !wanted(p.Recipient, r) {
			continue
		}
		if err := p.bundle(ctx, r, records); err != nil {
			return err
		}
	}
	return nil
}

func newSystem(f *survey.Finding) system {
	s := system{Address: f.Target.Address, Port: f.Target.Port, Verdict: f.Verdict, Viewer: f.Viewer}
	if f.Owner != nil {
		s.Country, s.ASN, s.Site = f.Owner.Country, f.Owner.ASN, plain.Line(f.Owner.Site)
	}
	return s
}

// bundle writes one recipient's bundle and stores that it was prepared.
func (p *preparer) bundle(ctx context.Context, r *disclose.Recipient, records []survey.Record) error {
	sent, waiting := p.before(r)
	if len(sent) > 0 && !p.Again {
		when := sent[len(sent)-1].When(survey.Sent).Format(time.DateOnly)
		p.result.NotPrepared = append(p.result.NotPrepared, notPrepared{r.Organisation, len(records),
			"was sent its bundle of this survey on " + when + "; --again prepares another", true})
		return nil
	}
	key, err := r.Key(p.now)
	if err = cmp.Or(err, r.Reach()); err != nil {
		p.result.NotPrepared = append(p.result.NotPrepared, notPrepared{r.Organisation, len(records), err.Error(), false})
		return nil
	}
	done := prepared{Recipient: r.Organisation, Systems: len(records), Method: key.Method, Keys: key.Names, TLP: r.TLP,
		Channel: r.Channel, Email: r.Email, AnswerBy: p.answerBy}
	signer := p.signer
	if key.Method != seal.OpenPGP {
		signer = nil
	}
	if signer != nil {
		done.SignedBy = signer.Fingerprint
	}
	if done.Fixed, err = p.fixed(ctx, records); err != nil {
		return err
	}
	if !p.DryRun {
		if done.File, err = p.path(r, len(sent), waiting, key); err != nil {
			return err
		}
		if err := p.write(ctx, r, records, key, signer, done); err != nil {
			return err
		}
		p.stale = append(p.stale, slices.DeleteFunc(waiting, func(path string) bool { return path == done.File })...)
	}
	p.result.Prepared = append(p.result.Prepared, done)
	return nil
}

// before returns what was prepared of the survey for r earlier: what was sent,
// and the files of what was not.
func (p *preparer) before(r *disclose.Recipient) (sent []survey.Disclosure, waiting []string) {
	for _, d := range p.earlier {
		switch {
		case d.SurveyID != p.survey.ID || d.Recipient != r.Organisation:
		case d.State() == survey.Prepared:
			waiting = append(waiting, d.File)
		default:
			sent = append(sent, d)
		}
	}
	return sent, waiting
}

// path is where r's bundle is written. A file that is there already is
// replaced only where it is one that was prepared and not sent.
func (p *preparer) path(r *disclose.Recipient, sent int, waiting []string, key *seal.Key) (string, error) {
	name := r.FileName + "-" + p.survey.ID
	if sent > 0 {
		name = fmt.Sprintf("%s-%d", name, sent+1)
	}
	path, err := filepath.Abs(filepath.Join(p.Out, name+".zip"+key.Extension()))
	if err != nil {
		return "", fmt.Errorf("naming the bundle: %w", err)
	}
	if _, err := os.Lstat(path); err == nil && !slices.Contains(waiting, path) {
		return "", fmt.Errorf("%s is there already; name another folder with --out DIR, or remove that file", path)
	}
	return path, nil
}

func (p *preparer) write(ctx context.Context, r *disclose.Recipient, records []survey.Record, key *seal.Key, signer *seal.Signer, done prepared) error {
	b := &disclose.Bundle{Recipient: r, Survey: p.survey, Findings: disclose.Findings(records), Date: p.now, AnswerBy: p.answerBy, SignedBy: done.SignedBy}
	digest, err := key.WriteFile(done.File, signer, func(w io.Writer) error { return b.Write(w, p.templates) })
	if err != nil {
		return err
	}
	d := survey.Disclosure{SurveyID: p.survey.ID, Recipient: r.Organisation, Email: r.Email, Channel: r.Channel, Language: r.Language,
		TLP: r.TLP, Method: key.Method, Keys: key.Names, SignedBy: done.SignedBy, File: done.File, SHA256: digest, AnswerBy: p.answerBy,
		Events: []survey.DisclosureEvent{{State: survey.Prepared, At: p.now}}}
	if d.Systems, err = systemsOf(records); err != nil {
		return err
	}
	if _, err := p.db.AddDisclosure(ctx, d, p.Again); err != nil {
		// A bundle that nobody knows of must not be sent.
		return errors.Join(err, os.Remove(done.File))
	}
	return nil
}

// systemsOf names the systems of records as the store does.
func systemsOf(records []survey.Record) ([]survey.DisclosedSystem, error) {
	var list []survey.DisclosedSystem
	for i := range records {
		k, err := store.KeyOfRecord(&records[i])
		if err != nil {
			return nil, err
		}
		list = append(list, survey.DisclosedSystem{Target: k.Target, Port: k.Port})
	}
	return list, nil
}

// fixed are those of the systems that a later survey proves fixed: whoever is
// told of them is told what is no longer so.
func (p *preparer) fixed(ctx context.Context, records []survey.Record) ([]string, error) {
	systems, err := systemsOf(records)
	if err != nil {
		return nil, err
	}
	followed, err := disclose.Follow(ctx, p.db, whereLooked, &survey.Disclosure{Systems: systems}, p.survey)
	if err != nil {
		return nil, err
	}
	var fixed []string
	for _, f := range followed {
		if f.Outcome == disclose.Fixed {
			fixed = append(fixed, addressPort(f.Address, f.Port))
		}
	}
	return fixed, nil
}
