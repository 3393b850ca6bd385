package documents

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"slices"

	"leadglass/internal/pdf"
	"leadglass/internal/publish"
	"leadglass/internal/report"
	"leadglass/internal/store"
	"leadglass/internal/survey"
)

// ReportOptions say which report is written, and where.
type ReportOptions struct {
	Formats []publish.Format
	// Edition is publish.EditionPublic or publish.EditionConfidential.
	Edition string
	// MinCount is the least number of archives behind a published count; nil for
	// that of earlier documents on the survey.
	MinCount *int
	// Earlier are surveys whose totals are shown beside, by ID or name.
	Earlier []string
	// Study2019 shows the figures of the study of 2019, or not; nil decides by
	// the survey.
	Study2019 *bool
	// Dir is the folder that is written to; Browser the Chromium that prints a
	// PDF, empty for the installed one.
	Dir, Browser string
}

// document is a report on one survey, in one edition.
type document struct {
	files func(...publish.Format) ([]publish.File, error)
	// done gives back the room that the report takes on disk until it is written.
	done func() error
}

// WriteReport writes the report on a survey and returns the paths of its files.
func WriteReport(ctx context.Context, db *store.Store, v survey.Survey, o ReportOptions) (paths []string, err error) {
	if err := validMinCount(o.MinCount); err != nil {
		return nil, err
	}
	doc, err := o.document(ctx, db, v)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, doc.done()) }()
	list, err := doc.files(slices.DeleteFunc(slices.Clone(o.Formats), func(f publish.Format) bool { return f == publish.PDF })...)
	if err != nil {
		return nil, &survey.Refusal{Err: err}
	}
	if slices.Contains(o.Formats, publish.PDF) {
		browser, err := pdf.Find(o.Browser)
		if err != nil {
			return nil, err
		}
		page, err := doc.files(publish.HTML)
		if err != nil {
			return nil, err
		}
		list = append(list, publish.Printed(page[0], func(page func(io.Writer) error, w io.Writer) error {
			return pdf.Print(ctx, browser, o.Dir, page, w)
		}))
	}
	return publish.WriteFiles(o.Dir, list)
}

func (o *ReportOptions) document(ctx context.Context, db *store.Store, v survey.Survey) (document, error) {
	var before []survey.Survey
	for _, name := range o.Earlier {
		b, err := db.Survey(ctx, name)
		if err != nil {
			return document{}, fmt.Errorf("--earlier: %w", err)
		}
		before = append(before, b)
	}
	if o.Edition == publish.EditionConfidential {
		return o.confidential(ctx, db, v, before)
	}
	surveys := append([]survey.Survey{v}, before...)
	least, err := keepMinCount(ctx, db, o.MinCount, surveys...)
	if err != nil {
		return document{}, err
	}
	reports, err := publicReports(ctx, db, least, surveys...)
	if err != nil {
		return document{}, err
	}
	r := reports[0]
	r.Follow(reports[1:]...)
	o.study(r.Study2019)
	return document{func(formats ...publish.Format) ([]publish.File, error) { return report.PublicFiles(r, formats...) },
		func() error { return nil }}, nil
}

func (o *ReportOptions) confidential(ctx context.Context, db *store.Store, v survey.Survey, before []survey.Survey) (document, error) {
	r, err := report.Collect(v, db.Records(ctx, v.ID), o.Dir, o.Formats...)
	if err != nil {
		return document{}, err
	}
	for _, b := range before {
		agg, err := aggregate(b, db.Records(ctx, b.ID))
		if err != nil {
			return document{}, errors.Join(err, r.Close())
		}
		r.Follow(report.Publish(agg, 1))
	}
	o.study(r.Study2019)
	return document{func(formats ...publish.Format) ([]publish.File, error) {
		return report.ConfidentialFiles(r, formats...)
	}, r.Close}, nil
}

// study has a report show the figures of 2019, or not, where that is decided.
func (o *ReportOptions) study(show func(bool)) {
	if o.Study2019 != nil {
		show(*o.Study2019)
	}
}

func aggregate(v survey.Survey, records iter.Seq2[survey.Record, error]) (report.Aggregate, error) {
	agg := report.NewAggregator(v)
	for r, err := range records {
		if err != nil {
			return report.Aggregate{}, err
		}
		agg.Add(r)
	}
	return agg.Aggregate(), nil
}
