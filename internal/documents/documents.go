// Package documents makes reports, comparisons and trends of the surveys in a
// store, for any front end: it finds the surveys, keeps with which least count
// each was published, and gives what package report and compare render. It
// contacts nobody.
package documents

import (
	"context"
	"fmt"
	"iter"
	"slices"

	"leadglass/internal/compare"
	"leadglass/internal/plain"
	"leadglass/internal/publish"
	"leadglass/internal/report"
	"leadglass/internal/store"
	"leadglass/internal/survey"
)

func refuse(format string, args ...any) error {
	return &survey.Refusal{Err: fmt.Errorf(format, args...)}
}

// Named is the survey of an ID or a name, or the "last" or the "previous" one;
// empty is the last.
func Named(ctx context.Context, db *store.Store, name string) (survey.Survey, error) {
	back := slices.Index([]string{"last", "previous"}, name)
	if back < 0 {
		return db.Survey(ctx, name)
	}
	all, err := db.Surveys(ctx)
	switch {
	case err != nil:
		return survey.Survey{}, err
	case len(all) <= back:
		return survey.Survey{}, fmt.Errorf("the store %s holds %s, so that there is no %s one; run `leadglass survey` again after a while, or name another store with --store FILE",
			db.Name(), plain.Count(len(all), "survey"), name)
	}
	return all[back], nil
}

func named(ctx context.Context, db *store.Store, names []string) ([]survey.Survey, error) {
	var list []survey.Survey
	for _, name := range names {
		v, err := Named(ctx, db, name)
		if err != nil {
			return nil, err
		}
		list = append(list, v)
	}
	return list, nil
}

// Comparison is two surveys of a store, compared.
type Comparison struct {
	// Before and Now are the surveys.
	Before, Now survey.Survey
	// Sum are the counts of the comparison.
	Sum *compare.Comparison

	db    *store.Store
	frame *compare.Frame
}

// Compare compares two surveys of a store, by ID or name; empty names are the
// previous and the last.
func Compare(ctx context.Context, db *store.Store, before, now string) (*Comparison, error) {
	if before == "" {
		before = "previous"
	}
	if now == "" {
		now = "last"
	}
	found, err := named(ctx, db, []string{before, now})
	if err != nil {
		return nil, err
	}
	frame, err := compare.NewFrame(found[0], found[1], survey.VerdictOf)
	if err != nil {
		return nil, err
	}
	c := &Comparison{Before: frame.Before, Now: frame.Now, Sum: compare.NewComparison(frame), db: db, frame: frame}
	for change, err := range c.Changes(ctx) {
		if err != nil {
			return nil, err
		}
		c.Sum.Add(change)
	}
	return c, nil
}

// Changes streams the comparison target by target: addresses, for the
// confidential edition alone.
func (c *Comparison) Changes(ctx context.Context) iter.Seq2[compare.Change, error] {
	return c.frame.Changes(c.db.Facts(ctx, c.Before.ID), c.db.Facts(ctx, c.Now.ID))
}

// Public is the public edition. minCount is the least number of archives behind
// a published count, nil for that of earlier documents.
func (c *Comparison) Public(ctx context.Context, minCount *int) (compare.Public, error) {
	least, reports, err := published(ctx, c.db, minCount, c.Before, c.Now)
	if err != nil {
		return compare.Public{}, err
	}
	return compare.Publish(c.Sum, least, reports...), nil
}

// Trend is the trend of surveys, by ID or name; without names of all finished
// ones of the last survey's scope, as many as a trend can have.
func Trend(ctx context.Context, db *store.Store, names []string, edition string, minCount *int) (compare.Trend, error) {
	if err := validMinCount(minCount); err != nil {
		return compare.Trend{}, err
	}
	surveys, err := trendOf(ctx, db, names)
	if err != nil {
		return compare.Trend{}, err
	}
	streams := make([]compare.Stream, len(surveys))
	for i, v := range surveys {
		streams[i] = db.Facts(ctx, v.ID)
	}
	least, reports := 1, []report.Public(nil)
	if edition != publish.EditionConfidential {
		if least, reports, err = published(ctx, db, minCount, surveys...); err != nil {
			return compare.Trend{}, err
		}
	}
	t, err := compare.NewTrend(surveys, streams, survey.VerdictOf, least, reports...)
	if edition == publish.EditionConfidential {
		t.Edition, t.TLP = edition, publish.TLPAmber
	}
	return t, err
}

// trendOf are the surveys of a trend, the earliest first.
func trendOf(ctx context.Context, db *store.Store, names []string) ([]survey.Survey, error) {
	list, err := named(ctx, db, names)
	if err != nil {
		return nil, err
	}
	if len(list) == 0 {
		all, err := db.Surveys(ctx)
		if err != nil {
			return nil, err
		}
		for _, v := range all {
			if v.State == survey.StateFinished && v.Coverage != nil && len(list) < compare.MaxTrend &&
				(len(list) == 0 || v.Coverage.ScopeName == list[0].Coverage.ScopeName) {
				list = append(list, v)
			}
		}
	}
	slices.SortStableFunc(list, func(a, b survey.Survey) int { return a.StartedAt.Compare(b.StartedAt) })
	list = slices.CompactFunc(list, func(a, b survey.Survey) bool { return a.ID == b.ID })
	if len(list) < 2 || len(list) > compare.MaxTrend {
		return nil, refuse("a trend is of 2 to %d surveys of one scope, and there are %d; name them, or survey the scope again", compare.MaxTrend, len(list))
	}
	return list, nil
}
