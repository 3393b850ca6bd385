package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"leadglass/internal/campaign"
	"leadglass/internal/disclose"
	"leadglass/internal/disclose/seal"
	"leadglass/internal/export"
	"leadglass/internal/publish"
	"leadglass/internal/scratch"
	"leadglass/internal/store"
	"leadglass/internal/survey"
)

type exportCommand struct {
	Survey     string   `arg:"" optional:"" help:"The survey's ID or name; default: the last one."`
	Format     []string `required:"" help:"intelmq, shadowserver, misp, stix, defectdojo, tickets, ndjson; several with commas." placeholder:"FORMAT"`
	Recipients string   `help:"Write files for each recipient in this file, encrypted to the recipient's key." placeholder:"FILE"`
	Recipient  []string `help:"Only for this organisation of the recipients file; may be repeated." placeholder:"NAME" sep:"none"`
	Clear      bool     `help:"Do not encrypt the files for recipients."`
	MinVerdict string   `help:"The least verdict that is exported: open, open-images, or identified where checks failed. A viewer without login is exported at any." enum:"identified,open,open-images" default:"open"`
	Honeypots  bool     `help:"Do not leave out archives that look like honeypots."`
	Out        string   `help:"The folder to write to, or - for stdout (one format, the whole survey)." default:"export" placeholder:"DIR"`
}

// Help says what is exported, with examples.
func (exportCommand) Help() string {
	return `An export names addresses: it is confidential. Its files can be read by you alone
(mode 0600); for recipients they are encrypted unless --clear says otherwise.

intelmq, shadowserver, misp and stix hold what is still exposed; false positives,
accepted and fixed systems are left out, and the output says how many. defectdojo,
tickets and ndjson hold these too, marked. docs/exports.md describes the formats.

Examples:
  leadglass export --format intelmq,misp,stix
  leadglass export 2026-Q1 --format shadowserver --recipients recipients.yaml
  leadglass export --format intelmq --out - --quiet | intelmq-sender
  leadglass export --format defectdojo,tickets --out /srv/confidential`
}

// exporter has what is the same for all files of an export.
type exporter struct {
	*exportCommand
	app        *app
	db         *store.Store
	survey     survey.Survey
	formats    []export.Format
	recipients *disclose.Recipients
}

// Run writes the files and prints their paths.
func (c *exportCommand) Run(ctx context.Context, a *app) error {
	e := &exporter{exportCommand: c, app: a}
	if err := e.read(); err != nil {
		return usage(err)
	}
	var err error
	if e.db, err = store.OpenExisting(ctx, a.Store); err != nil {
		return err
	}
	defer e.db.Close()
	if e.survey, err = e.db.Survey(ctx, c.Survey); err != nil {
		return err
	}
	if e.survey.State != survey.StateFinished {
		a.note("note: survey %s is not finished; systems are missing", e.survey.ID)
	}
	if e.recipients != nil {
		return e.forRecipients(ctx)
	}
	return e.whole(ctx)
}

// read checks what the user named, before anything is written.
func (e *exporter) read() (err error) {
	if e.formats, err = export.Named(e.Format); err != nil {
		return fmt.Errorf("--format: %w", err)
	}
	switch {
	case e.Out == "-" && (len(e.formats) != 1 || e.Recipients != ""):
		return errors.New("--out - writes one format of the whole survey; name one --format, and no --recipients")
	case e.Recipients == "" && (len(e.Recipient) > 0 || e.Clear):
		return errors.New("--recipient and --clear go with --recipients FILE")
	case e.Recipients == "":
		return nil
	}
	if e.recipients, err = disclose.Load(e.Recipients); err != nil {
		return err
	}
	for _, name := range e.Recipient {
		if e.recipients.Named(name) == nil {
			return fmt.Errorf("--recipient %q is not in %s; write the organisation as that file does", name, e.Recipients)
		}
	}
	return nil
}

// exportTally counts what an export holds and what it leaves out.
type exportTally struct {
	exposed  int
	setApart map[string]int
}

func (t *exportTally) add(i *export.Item) {
	why := i.SetApart()
	if why == "" {
		t.exposed++
		return
	}
	if t.setApart == nil {
		t.setApart = map[string]int{}
	}
	t.setApart[why]++
}

// say warns that what was written is confidential, and says what was left out.
func (e *exporter) say(t *exportTally, how string) {
	var parts []string
	for _, why := range slices.Sorted(maps.Keys(t.setApart)) {
		parts = append(parts, fmt.Sprintf("%d %s", t.setApart[why], why))
	}
	if len(parts) > 0 {
		e.app.note("note: not counted as exposed, and marked or left out: %s", strings.Join(parts, ", "))
	}
	e.app.line(fmt.Sprintf("warning: the export names %s%s; keep it confidential", plural(t.exposed, "exposed system"), how))
}

// chosen are the systems of the survey that the flags choose, with their cases.
func (e *exporter) chosen(ctx context.Context, t *exportTally) (export.Items, error) {
	all, err := campaign.Cases(ctx, e.db, e.app.clock())
	if err != nil {
		return nil, err
	}
	rule := disclose.Rule{Least: survey.Verdict(e.MinVerdict), Honeypots: e.Honeypots}
	return func(yield func(export.Item, error) bool) {
		for i, err := range export.Join(e.db.Records(ctx, e.survey.ID), all) {
			if err == nil && rule.Choose(i.Finding) != disclose.Told {
				continue
			}
			if err == nil && t != nil {
				t.add(&i)
			}
			if !yield(i, err) || err != nil {
				return
			}
		}
	}, nil
}

func (e *exporter) about(tlp, recipient string) export.About {
	return export.About{Survey: e.survey, TLP: tlp, Recipient: recipient}
}

// write writes a format; the systems that are set apart are left out unless the
// format marks them.
func write(w io.Writer, f export.Format, about export.About, items export.Items) error {
	if !f.Closed {
		items = export.Exposed(items)
	}
	return f.Write(w, about, items)
}

// whole exports the whole survey.
func (e *exporter) whole(ctx context.Context) error {
	var tally exportTally
	var files []publish.File
	for n, f := range e.formats {
		files = append(files, publish.File{Name: f.File, Edition: publish.EditionConfidential, Write: func(w io.Writer) error {
			counted := &tally
			if n > 0 {
				counted = nil
			}
			items, err := e.chosen(ctx, counted)
			if err != nil {
				return err
			}
			return write(w, f, e.about(publish.TLPAmber, ""), items)
		}})
	}
	if e.Out == "-" {
		err := files[0].Write(e.app.out)
		if err == nil {
			e.say(&tally, "")
		}
		return err
	}
	paths, err := publish.WriteFiles(e.Out, files)
	for _, p := range paths {
		fmt.Fprintln(e.app.out, p)
	}
	if err == nil {
		e.say(&tally, " and is not encrypted")
	}
	return err
}

// forRecipients exports to each recipient what is its own.
func (e *exporter) forRecipients(ctx context.Context) error {
	var tally exportTally
	items, err := e.chosen(ctx, &tally)
	if err != nil {
		return err
	}
	to, nobody := map[*disclose.Recipient][]export.Item{}, 0
	for i, err := range items {
		if err != nil {
			return err
		}
		if r, _ := e.recipients.For(i.Finding); r != nil {
			to[r] = append(to[r], i)
		} else {
			nobody++
		}
	}
	if err := os.MkdirAll(e.Out, 0o700); err != nil {
		return fmt.Errorf("making the folder for the exports: %w", err)
	}
	missing := false
	for _, r := range e.recipients.List {
		if len(to[r]) == 0 || !r.In(e.Recipient) {
			continue
		}
		done, err := e.forOne(r, to[r])
		if err != nil {
			return err
		}
		missing = missing || !done
	}
	how := " and is encrypted to its recipients"
	if e.Clear {
		how = " and is not encrypted"
	}
	e.say(&tally, how)
	if nobody > 0 && len(e.Recipient) == 0 {
		e.app.line(fmt.Sprintf("warning: %s without a recipient in %s; not exported", plural(nobody, "system"), e.Recipients))
		missing = true
	}
	if missing {
		return errIncomplete
	}
	return nil
}

// forOne writes the files of one recipient; false where its key cannot be used.
func (e *exporter) forOne(r *disclose.Recipient, list []export.Item) (done bool, err error) {
	var key *seal.Key
	if !e.Clear {
		if key, err = r.Key(e.app.clock()); err != nil {
			e.app.line(fmt.Sprintf("warning: nothing exported for %s: %v", r.Organisation, err))
			return false, nil
		}
	}
	items := func(yield func(export.Item, error) bool) {
		for _, i := range list {
			if !yield(i, nil) {
				return
			}
		}
	}
	for _, f := range e.formats {
		path := filepath.Join(e.Out, r.FileName+"-"+e.survey.ID+"-"+f.File)
		fill := func(w io.Writer) error { return write(w, f, e.about(r.TLP, r.Organisation), items) }
		if key == nil {
			err = scratch.WriteFile(path, fill)
		} else {
			path += key.Extension()
			_, err = key.WriteFile(path, nil, fill)
		}
		if err != nil {
			return false, err
		}
		fmt.Fprintln(e.app.out, path)
	}
	return true, nil
}
