package documents

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"

	"leadglass/internal/report"
	"leadglass/internal/store"
	"leadglass/internal/survey"
)

// validMinCount refuses what is no number of archives; nil is none.
func validMinCount(requested *int) error {
	if requested != nil && *requested < 1 {
		return refuse("--min-count %d: must be 1 or more", *requested)
	}
	return nil
}

// keepMinCount is the least count of a document of the public edition on these
// surveys, which is kept for all later ones: two documents with two numbers,
// side by side, would disclose what either withholds.
func keepMinCount(ctx context.Context, db *store.Store, requested *int, surveys ...survey.Survey) (int, error) {
	if err := validMinCount(requested); err != nil {
		return 0, err
	}
	ids, names := make([]string, len(surveys)), map[string]string{}
	for i, v := range surveys {
		ids[i], names[v.ID] = v.ID, v.Name
	}
	least := report.DefaultMinCount
	if requested != nil {
		least = *requested
	} else {
		published, err := db.Publications(ctx)
		if err != nil {
			return 0, err
		}
		for _, p := range published {
			if _, ours := names[p.SurveyID]; ours && p.MinCount > 1 {
				least = int(p.MinCount)
			}
		}
	}
	otherwise, err := db.Publish(ctx, int64(least), ids...)
	if err != nil {
		return 0, fmt.Errorf("a public document needs a store that can keep its --min-count: %w", err)
	}
	if otherwise != nil {
		name := names[otherwise.SurveyID]
		if name == "" {
			name = otherwise.SurveyID
		}
		return 0, refuse("--min-count %d: survey %s was published with --min-count %d, and documents with two numbers disclose together what each withholds; %w",
			least, name, otherwise.MinCount, errOneMinCount)
	}
	return least, nil
}

// errOneMinCount says what to do next.
var errOneMinCount = errors.New("leave --min-count out, or use --edition confidential, in which nothing is withheld")

// published are the least count of a public document that is made of several
// surveys, and the public reports on these; none where nothing is withheld.
func published(ctx context.Context, db *store.Store, requested *int, surveys ...survey.Survey) (least int, reports []report.Public, err error) {
	if least, err = keepMinCount(ctx, db, requested, surveys...); err != nil || least == 1 {
		return least, nil, err
	}
	reports, err = publicReports(ctx, db, least, surveys...)
	return least, reports, err
}

// publicReports are the reports of the public edition on these surveys, of which
// keepMinCount has kept that they are published. Each is made with regard to
// all that were published before it, also of other surveys of the store.
func publicReports(ctx context.Context, db *store.Store, least int, surveys ...survey.Survey) ([]report.Public, error) {
	published, err := db.Publications(ctx)
	if err != nil {
		return nil, err
	}
	wanted := map[string]bool{} // those that are still to be found
	for _, v := range surveys {
		wanted[v.ID] = true
	}
	var all []survey.Survey
	var records []iter.Seq2[survey.Record, error]
	for _, p := range published {
		if len(wanted) == 0 {
			break
		}
		v, err := db.Survey(ctx, p.SurveyID)
		if err != nil {
			return nil, err
		}
		all, records = append(all, v), append(records, db.Records(ctx, v.ID))
		delete(wanted, v.ID)
	}
	aggregates, changes, err := report.Series(all, records)
	if err != nil {
		return nil, err
	}
	reports := make([]report.Public, len(surveys))
	for i, v := range surveys {
		at := slices.IndexFunc(all, func(o survey.Survey) bool { return o.ID == v.ID })
		reports[i] = report.Publish(aggregates[at], least, changes[at]...)
	}
	return reports, nil
}
