package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"leadglass/internal/campaign"
	"leadglass/internal/examine"
	"leadglass/internal/jobs"
	"leadglass/internal/metrics"
	"leadglass/internal/privacy"
	"leadglass/internal/scope"
	"leadglass/internal/store"
	"leadglass/internal/survey"
	"leadglass/internal/warrant"
)

// surveying is a survey that this process leads.
type surveying struct {
	*app
	options surveyOptions
	scope   *scope.Scope
	db      *store.Store
	id      string // of this process
	server  *metrics.Server
	key     *warrant.Key // that signs the survey; nil for none
	names   *names
	targets *surveyTargetList
	survey  survey.Survey
	run     *campaign.Run
	// totals are the figures of the whole survey.
	totals *campaign.Progress
	// printed are the records that stand on stdout already, with --json.
	printed map[store.Key]struct{}
}

// runSurvey surveys a scope into the store and prints the summary. The survey
// is returned as it was stored, with how far it got.
func runSurvey(ctx context.Context, a *app, s *scope.Scope, o surveyOptions) (survey.Survey, error) {
	if err := s.Enumerable(); o.sweep && err != nil {
		return survey.Survey{}, usage(err)
	}
	boundHeap()
	key, err := readSignKey(o.sign)
	if err != nil {
		return survey.Survey{}, err
	}
	w := &surveying{app: a, options: o, scope: s, key: key, names: newNames(), id: jobs.NewID(), printed: map[store.Key]struct{}{}}
	defer func() {
		if w.db != nil {
			_ = w.db.Close()
		}
	}()
	found, err := w.before(ctx)
	if err != nil {
		return survey.Survey{}, err
	}
	eng, err := newEngine(a, s, engineOptions{products: o.products, geoip: o.geoip})
	if err != nil {
		return survey.Survey{}, err
	}
	if err := o.how.check(eng.Gate); err != nil {
		return survey.Survey{}, err
	}
	targets, err := surveyTargets(ctx, a, eng, w.names, o)
	if err != nil {
		return survey.Survey{}, err
	}
	w.targets = &targets
	if w.db == nil {
		if w.db, err = store.Open(ctx, a.Store); err != nil {
			return survey.Survey{}, err
		}
	}
	if w.server, err = listenMetrics(o.metrics); err != nil { // before there is a survey
		return survey.Survey{}, err
	}
	defer w.server.Close()
	if err := w.begin(ctx, eng, found); err != nil {
		return w.survey, err
	}
	return w.survey, w.work(ctx)
}

// begin makes or finds the survey and takes the lead of it.
func (w *surveying) begin(ctx context.Context, eng *examine.Engine, found survey.Survey) (err error) {
	o := w.options
	if w.survey, err = openSurvey(ctx, w.db, w.scope, w.targets, found, o); err != nil {
		return err
	}
	v := &w.survey
	err = jobs.Lead(ctx, w.db, v.ID, w.id, func() {
		w.note("looking whether the process that worked on survey %s is gone; that takes up to %s", v.ID, survey.SilentAfter)
	})
	if err != nil {
		return ledElsewhere(*v, err)
	}
	// Kept at once: a survey that is killed has its sources too.
	v.Sources = survey.AddSources(v.Sources, eng.Sources...)
	v.State = survey.StateRunning
	if err := w.db.UpdateSurvey(ctx, *v); err != nil {
		return stopped(v.ID, err)
	}
	if w.run, err = newRun(ctx, w.db, eng, v.ID, w.id); err != nil {
		return stopped(v.ID, err)
	}
	w.totals = &w.run.Progress
	w.run.Sweeps, w.run.Examiners = true, o.workers
	w.run.Saved = w.printJSON
	if o.resume {
		err = recordsBefore(ctx, w.db, v.ID, &w.run.Progress, func(r survey.Record) error {
			k, err := store.KeyOfRecord(&r)
			w.printed[k] = struct{}{}
			return err
		})
	}
	return err
}

// newRun is the work of this process on a survey.
func newRun(ctx context.Context, db *store.Store, eng *examine.Engine, surveyID, id string) (*campaign.Run, error) {
	queue, err := jobs.Open(db, surveyID, id, eng.Log)
	if err != nil {
		return nil, err
	}
	key, err := db.SketchKey(ctx, surveyID, privacy.NewKeyBytes())
	if err != nil {
		return nil, err
	}
	eng.SketchKey = privacy.KeyFrom(key)
	return &campaign.Run{Engine: eng, SurveyID: surveyID, Store: db, Queue: queue}, nil
}

// work does the survey until it is finished, and prints the summary.
func (w *surveying) work(ctx context.Context) error {
	v, run := &w.survey, w.run
	ports := len(w.scope.Ports.DICOM) + len(w.scope.Ports.HTTP)
	w.note("survey %s of %s (%s), %s, by the authority of %s", v.ID, v.Name, plural(v.Addresses, "address"),
		plural(ports, "port"), w.scope.Authority.Organisation)
	begun := time.Now()
	work, attendant, err := w.attend(ctx)
	if err != nil {
		return w.ended(v.ID, 0, err, w.interrupted(ctx))
	}
	stop := w.showProgress(&run.Progress, attendant.Others, v.Addresses*int64(ports)-v.Probed)
	if err = w.saveMandate(work); err == nil {
		err = w.enlist(work, w.db, run.Queue, w.scope, *v, w.targets, w.options)
	}
	if err == nil {
		err = attendant.Do(run.Execute)
	}
	stop()
	givenUp := 0
	if err == nil {
		givenUp, err = w.finish(work, attendant.Helped())
	}
	err = attendant.End(err)
	var saving error
	if err != nil && !errors.Is(err, jobs.ErrLed) { // else it is another's to say
		saving = w.interrupted(ctx)
	}
	if err := w.ended(v.ID, w.totals.Examined.Load(), err, saving); err != nil {
		return err
	}
	err = w.summary(w.totals, run.Gate.Total().Traffic, *v, time.Since(begun), w.targets.files, w.options)
	if err == nil && givenUp > 0 {
		w.note("%s could not be examined, by errors of this program; --log-level warn shows them", plural(givenUp, "host"))
	}
	if err == nil && (len(w.targets.unresolved) > 0 || givenUp > 0) {
		err = errIncomplete
	}
	return err
}

// finish ends a survey of which no job is left; helped says that other processes
// had a part in it. It returns how many hosts were given up.
func (w *surveying) finish(ctx context.Context, helped bool) (givenUp int, err error) {
	v := &w.survey
	if err := w.recordUnresolved(ctx, w.run, w.targets.unresolved); err != nil {
		return 0, err
	}
	if givenUp, err = w.recordGivenUp(ctx, w.run, w.printJSON); err != nil {
		return 0, err
	}
	joined, err := campaign.JoinArchives(ctx, w.db, v.ID)
	if err != nil {
		return 0, err
	}
	if joined > 0 {
		w.note("%s led to archives that are counted at another address of the same name; each archive is counted once", plural(joined, "address"))
	}
	if helped || joined > 0 { // the figures are those of all, each archive once
		w.totals = new(campaign.Progress)
		if err := recordsBefore(ctx, w.db, v.ID, w.totals, w.printJSON); err != nil {
			return 0, err
		}
	}
	if _, err := campaign.Compare(ctx, w.db, v.ID); err != nil {
		return 0, err
	}
	if err := w.coverLess(ctx); err != nil {
		return 0, err
	}
	v.State, v.FinishedAt = survey.StateFinished, time.Now().UTC()
	err = w.db.Update(ctx, "finishing survey "+v.ID+" in", func(tx *store.Tx) error {
		return errors.Join(tx.UpdateSurvey(ctx, *v), tx.EndWork(ctx, v.ID), w.run.Queue.Drop(ctx, tx))
	})
	if err != nil {
		return 0, err
	}
	*v, err = w.db.Survey(ctx, v.ID)
	return givenUp, err
}

// interrupted notes that the survey is to be continued.
func (w *surveying) interrupted(ctx context.Context) error {
	w.survey.State, w.survey.FinishedAt = survey.StateInterrupted, time.Time{}
	return w.db.UpdateSurvey(context.WithoutCancel(ctx), w.survey)
}

// printJSON prints a record as a line, once, where --json is given.
func (w *surveying) printJSON(r survey.Record) error {
	if !w.options.json {
		return nil
	}
	k, err := store.KeyOfRecord(&r)
	if err != nil {
		return err
	}
	if _, ok := w.printed[k]; ok {
		return nil
	}
	w.printed[k] = struct{}{}
	if err := json.NewEncoder(w.out).Encode(r.Finding); err != nil {
		return fmt.Errorf("printing a finding: %w", err)
	}
	return nil
}
