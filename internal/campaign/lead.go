package campaign

import (
	"context"
	"errors"
	"time"

	"leadglass/internal/examine"
	"leadglass/internal/jobs"
	"leadglass/internal/metrics"
	"leadglass/internal/plain"
	"leadglass/internal/privacy"
	"leadglass/internal/scope"
	"leadglass/internal/store"
	"leadglass/internal/survey"
)

// lead is a survey that this process leads.
type lead struct {
	*Campaign
	o       Options
	scope   *scope.Scope
	db      *store.Store
	id      string // of this process
	server  *metrics.Server
	names   *names
	targets *targetList
	survey  survey.Survey
	run     *Run
	// totals are the figures of the whole survey.
	totals *Progress
	// told are the records that were given to the front end.
	told map[store.Key]struct{}
}

// lead makes or finds the survey and works on it to its end.
func (w *lead) lead(ctx context.Context) (Result, error) {
	if err := w.scope.Enumerable(); w.o.sweeps() && err != nil {
		return Result{}, refuse(err)
	}
	defer func() {
		if w.db != nil {
			_ = w.db.Close()
		}
	}()
	found, err := w.before(ctx)
	if err != nil {
		return Result{}, err
	}
	eng, err := NewEngine(w.scope, EngineOptions{Products: w.o.Products, GeoIP: w.o.GeoIP, Log: w.Log, Now: w.Now, Resolver: w.Resolver})
	if err != nil {
		return Result{}, err
	}
	if err := w.o.Sweep.check(eng.Gate); err != nil {
		return Result{}, err
	}
	if w.targets, err = w.targetsOf(ctx, eng); err != nil {
		return Result{}, err
	}
	if w.db == nil {
		if w.db, err = store.Open(ctx, w.Store); err != nil {
			return Result{}, err
		}
	}
	if w.server, err = listenMetrics(w.o.Metrics); err != nil { // before there is a survey
		return Result{}, err
	}
	defer w.server.Close()
	if err := w.begin(ctx, eng, found); err != nil {
		return Result{Survey: w.survey}, err
	}
	return w.work(ctx)
}

// begin makes or finds the survey and takes the lead of it.
func (w *lead) begin(ctx context.Context, eng *examine.Engine, found survey.Survey) (err error) {
	if w.survey, err = w.openSurvey(ctx, found); err != nil {
		return err
	}
	v := &w.survey
	err = jobs.Lead(ctx, w.db, v.ID, w.id, func() {
		w.note(Waiting, v.ID, "looking whether the process that worked on survey %s is gone; that takes up to %s", v.ID, survey.SilentAfter)
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
	w.run.Sweeps, w.run.Examiners = true, w.o.Examiners
	w.run.Saved = w.tell
	if w.o.Resume {
		err = recordsBefore(ctx, w.db, v.ID, &w.run.Progress, func(r survey.Record) error {
			k, err := store.KeyOfRecord(&r)
			w.told[k] = struct{}{}
			return err
		})
	}
	return err
}

// newRun is the work of this process on a survey.
func newRun(ctx context.Context, db *store.Store, eng *examine.Engine, surveyID, id string) (*Run, error) {
	queue, err := jobs.Open(db, surveyID, id, eng.Log)
	if err != nil {
		return nil, err
	}
	key, err := db.SketchKey(ctx, surveyID, privacy.NewKeyBytes())
	if err != nil {
		return nil, err
	}
	eng.SketchKey = privacy.KeyFrom(key)
	return &Run{Engine: eng, SurveyID: surveyID, Store: db, Queue: queue}, nil
}

// work does the survey until it is finished.
func (w *lead) work(ctx context.Context) (Result, error) {
	v, run := &w.survey, w.run
	ports := len(w.scope.Ports.DICOM) + len(w.scope.Ports.HTTP)
	w.note(Began, v.ID, "survey %s of %s (%s), %s, by the authority of %s", v.ID, v.Name, plain.Count(v.Addresses, "address"),
		plain.Count(ports, "port"), w.scope.Authority.Organisation)
	begun := time.Now()
	work, attendant, err := w.attend(ctx)
	if err != nil {
		return w.result(begun, 0), w.ended(v.ID, 0, err, w.interrupted(ctx))
	}
	w.Events.Event(Event{Kind: Working, Survey: v.ID, Live: &Live{&run.Progress, v.Addresses*int64(ports) - v.Probed, attendant.Others}})
	if err = w.saveMandate(work); err == nil {
		err = w.enlist(work)
	}
	if err == nil {
		err = attendant.Do(run.Execute)
	}
	w.Events.Event(Event{Kind: Rested, Survey: v.ID})
	givenUp := 0
	if err == nil {
		givenUp, err = w.finish(work, attendant.Helped())
	}
	err = attendant.End(err)
	var saving error
	if err != nil && !errors.Is(err, jobs.ErrLed) { // else it is another's to say
		saving = w.interrupted(ctx)
	}
	err = w.ended(v.ID, w.totals.Examined.Load(), err, saving)
	return w.result(begun, givenUp), err
}

func (w *lead) result(begun time.Time, givenUp int) Result {
	return Result{Survey: w.survey, Totals: w.totals, Traffic: w.run.Gate.Total().Traffic, Took: time.Since(begun),
		Files: w.targets.files, Unresolved: len(w.targets.unresolved), GivenUp: givenUp}
}

// finish ends a survey of which no job is left; helped says that other processes
// had a part in it. It returns how many hosts were given up.
func (w *lead) finish(ctx context.Context, helped bool) (givenUp int, err error) {
	v := &w.survey
	if err := w.recordUnresolved(ctx, w.run, w.targets.unresolved); err != nil {
		return 0, err
	}
	if givenUp, err = w.recordGivenUp(ctx, w.run, w.tell); err != nil {
		return 0, err
	}
	joined, err := JoinArchives(ctx, w.db, v.ID)
	if err != nil {
		return 0, err
	}
	if joined > 0 {
		w.note(Noted, v.ID, "%s led to archives that are counted at another address of the same name; each archive is counted once", plain.Count(joined, "address"))
	}
	if helped || joined > 0 { // the figures are those of all, each archive once
		w.totals = new(Progress)
		if err := recordsBefore(ctx, w.db, v.ID, w.totals, w.tell); err != nil {
			return 0, err
		}
	}
	if _, err := Compare(ctx, w.db, v.ID); err != nil {
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
func (w *lead) interrupted(ctx context.Context) error {
	w.survey.State, w.survey.FinishedAt = survey.StateInterrupted, time.Time{}
	return w.db.UpdateSurvey(context.WithoutCancel(ctx), w.survey)
}

// tell gives a record to the front end, once.
func (w *lead) tell(r survey.Record) error {
	k, err := store.KeyOfRecord(&r)
	if err != nil {
		return err
	}
	if _, ok := w.told[k]; ok {
		return nil
	}
	w.told[k] = struct{}{}
	return w.Events.Stored(r)
}
