package export

import (
	"encoding/csv"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"leadglass/internal/publish"
	"leadglass/internal/survey"
)

// shadowserverColumns are documented in docs/exports.md. Up to potential_exposure_time
// they have the names that Shadowserver's reports have; region, city, naics and sector
// are in no source of ours and stay empty.
func shadowserverColumns() []string {
	return []string{
		"timestamp", "severity", "ip", "protocol", "port", "hostname", "tag", "asn", "geo", "region", "city", "naics", "sector",
		"first_seen_time", "last_seen_time", "potential_exposure_time",
		"as_name", "site", "contact", "application", "identifier", "verdict", "grade", "product", "product_version", "product_confidence",
		"study_records", "study_records_quality", "images_linked", "images_linked_quality", "images_accessible", "images_accessible_quality",
		"failed_checks", "suspected", "case_state", "incomplete",
	}
}

// writeShadowserver writes a line for each exposed service.
func writeShadowserver(w io.Writer, _ About, items Items) error {
	t := csv.NewWriter(w)
	if err := t.Write(shadowserverColumns()); err != nil {
		return fmt.Errorf("writing CSV: %w", err)
	}
	for i, err := range items {
		if err != nil {
			return err
		}
		for _, s := range services(i.Finding) {
			if err := writeRow(t, shadowserverRow(&i, &s)); err != nil {
				return err
			}
		}
	}
	return flush(t)
}

// writeRow writes a row of which no cell is a formula.
func writeRow(t *csv.Writer, row []string) error {
	for i := range row {
		row[i] = publish.Harmless(row[i])
	}
	if err := t.Write(row); err != nil {
		return fmt.Errorf("writing CSV: %w", err)
	}
	return nil
}

func flush(t *csv.Writer) error {
	t.Flush()
	if err := t.Error(); err != nil {
		return fmt.Errorf("writing CSV: %w", err)
	}
	return nil
}

func shadowserverRow(i *Item, s *service) []string {
	f, owner := i.Finding, i.Finding.Whose()
	version, state, incomplete, exposure := "", "", "", ""
	first, last, days := i.seen()
	if s.product.Version != nil {
		version = *s.product.Version
	}
	if i.Case != nil {
		state, exposure = string(i.Case.State), strconv.Itoa(days)
	}
	if f.Incomplete != nil {
		incomplete = *f.Incomplete
	}
	row := []string{
		f.StartedAt.UTC().Format(time.DateTime), string(s.severity()), f.Target.Address, "tcp", number(uint64(s.port)), f.HostName(), strings.Join(s.tags(), ";"),
		number(uint64(owner.ASN)), owner.Country, "", "", "", "",
		first.UTC().Format(time.DateTime), last.UTC().Format(time.DateTime), exposure,
		owner.Network, owner.Site, owner.Contact, s.application(), s.id, string(f.Verdict), string(f.Grade), s.product.Name, version, string(s.product.Confidence),
	}
	for _, c := range []survey.Count{f.Counts.Studies, f.Counts.ImagesLinked, f.Counts.ImagesAccessible} {
		n, quality := "", ""
		if s.archive(f) {
			quality = string(c.Quality)
			if v, ok := c.Int(); ok {
				n = strconv.FormatInt(v, 10)
			}
		}
		row = append(row, n, quality)
	}
	return append(row, strings.Join(s.failedIDs(), ";"), strings.Join(suspicions(f), ";"), state, incomplete)
}

// number is n, "" for 0: a port or an AS number that is not known.
func number(n uint64) string {
	if n == 0 {
		return ""
	}
	return strconv.FormatUint(n, 10)
}
