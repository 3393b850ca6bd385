package prepare

import (
	"bytes"
	"cmp"
	"context"
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

func (p *Order) read() (err error) {
	if p.recipients, err = disclose.Load(p.Recipients); err != nil {
		return err
	}
	for _, name := range p.Only {
		if p.recipients.Named(name) == nil {
			return fmt.Errorf("--recipient %q is not in %s; write the organisation as that file does", name, p.Recipients)
		}
	}
	p.answerBy = p.Now.AddDate(0, 0, 14)
	if p.AnswerBy != "" {
		if p.answerBy, err = time.Parse(time.DateOnly, p.AnswerBy); err != nil {
			return fmt.Errorf("--answer-by %q is not a day; write it as YYYY-MM-DD", p.AnswerBy)
		}
		if p.answerBy.AddDate(0, 0, 1).Before(p.Now) {
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
	p.signer, err = seal.ReadSigner(p.SignKey, passphrase, p.Now)
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
	rule := disclose.Rule{Least: p.MinVerdict, Honeypots: p.Honeypots}
	for r, err := range p.db.Records(ctx, p.survey.ID) {
		if err != nil {
			return err
		}
		assigned.Add(p.recipients, rule, r)
	}
	p.result = Result{Schema: "leadglass.disclose-prepare/1", Survey: p.survey.ID,
		Prepared: []Prepared{}, NotPrepared: []NotPrepared{}, NoRecipient: []System{},
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
		if len(records) == 0 || !r.In(p.Only) {
			continue
		}
		if err := p.bundle(ctx, r, records); err != nil {
			return err
		}
	}
	return nil
}

func newSystem(f *survey.Finding) System {
	s := System{Address: f.Target.Address, Port: f.Target.Port, Verdict: f.Verdict, Viewer: f.Viewer}
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
		p.result.NotPrepared = append(p.result.NotPrepared, NotPrepared{r.Organisation, len(records),
			"was sent its bundle of this survey on " + when + "; --again prepares another", true})
		return nil
	}
	key, err := r.Key(p.Now)
	if err = cmp.Or(err, r.Reach()); err != nil {
		p.result.NotPrepared = append(p.result.NotPrepared, NotPrepared{r.Organisation, len(records), err.Error(), false})
		return nil
	}
	done := Prepared{Recipient: r.Organisation, Systems: len(records), Method: key.Method, Keys: key.Names, TLP: r.TLP,
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
		p.result.Stale = append(p.result.Stale, slices.DeleteFunc(waiting, func(path string) bool { return path == done.File })...)
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

func (p *preparer) write(ctx context.Context, r *disclose.Recipient, records []survey.Record, key *seal.Key, signer *seal.Signer, done Prepared) error {
	b := &disclose.Bundle{Recipient: r, Survey: p.survey, Findings: disclose.Findings(records), Date: p.Now, AnswerBy: p.answerBy, SignedBy: done.SignedBy}
	digest, err := key.WriteFile(done.File, signer, func(w io.Writer) error { return b.Write(w, p.templates) })
	if err != nil {
		return err
	}
	d := survey.Disclosure{SurveyID: p.survey.ID, Recipient: r.Organisation, Email: r.Email, Channel: r.Channel, Language: r.Language,
		TLP: r.TLP, Method: key.Method, Keys: key.Names, SignedBy: done.SignedBy, File: done.File, SHA256: digest, AnswerBy: p.answerBy,
		Events: []survey.DisclosureEvent{{State: survey.Prepared, At: p.Now}}}
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

// fixed are those of the systems that a later survey proves fixed: a letter about
// them would be out of date.
func (p *preparer) fixed(ctx context.Context, records []survey.Record) ([]string, error) {
	systems, err := systemsOf(records)
	if err != nil {
		return nil, err
	}
	followed, err := disclose.Follow(ctx, p.db, disclose.Looked, &survey.Disclosure{Systems: systems}, p.survey)
	if err != nil {
		return nil, err
	}
	var fixed []string
	for _, f := range followed {
		if f.Outcome == disclose.Fixed {
			fixed = append(fixed, plain.HostPort(f.Address, f.Port))
		}
	}
	return fixed, nil
}
