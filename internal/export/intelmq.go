package export

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"time"

	"leadglass/internal/plain"
	"leadglass/internal/survey"
)

// timeIntelMQ is IntelMQ's DateTime: ISO 8601 with the offset of UTC.
const timeIntelMQ = "2006-01-02T15:04:05+00:00"

// WriteIntelMQ writes an event a line, one for each exposed service, with the fields
// of IntelMQ's data format (docs.intelmq.org, "Event"): those that 3.5 added and the
// older ones under "extra." beside them.
func WriteIntelMQ(w io.Writer, about About, items Items) error {
	e := json.NewEncoder(w)
	for i, err := range items {
		if err != nil {
			return err
		}
		for _, s := range services(i.Finding) {
			if err := e.Encode(event(&about, &i, &s)); err != nil {
				return fmt.Errorf("writing IntelMQ events: %w", err)
			}
		}
	}
	return nil
}

func event(about *About, i *Item, s *service) map[string]any {
	f, owner := i.Finding, i.Finding.Whose()
	seen := f.StartedAt.UTC().Format(timeIntelMQ)
	m := map[string]any{
		"feed.name":                 "leadglass",
		"feed.provider":             plain.Line(about.Survey.Authority.Organisation),
		"feed.code":                 about.Survey.ID,
		"time.source":               seen,
		"time.observation":          seen,
		"classification.taxonomy":   "vulnerable",
		"classification.type":       s.kind,
		"classification.identifier": s.id,
		"event_description.text":    s.text,
		"protocol.transport":        "tcp",
		"severity":                  string(s.severity()),
		"extra.tlp":                 about.TLP,
		"extra.verdict":             f.Verdict,
		"extra.severity":            string(s.severity()),
		"extra.failed_checks":       s.failedIDs(),
	}
	set := func(key, value string) {
		if value != "" {
			m[key] = plain.Line(value)
		}
	}
	set("source.ip", f.Target.Address)
	set("source.fqdn", strings.TrimSuffix(strings.ToLower(f.HostName()), "."))
	set("source.geolocation.cc", owner.Country)
	set("source.as_name", owner.Network)
	set("protocol.application", s.application())
	set("extra.grade", string(f.Grade))
	set("extra.site", owner.Site)
	set("extra.contact", owner.Contact)
	set("extra.viewer", string(f.Viewer))
	setProduct(m, set, s.product)
	if s.port != 0 {
		m["source.port"] = s.port
	}
	if p := f.ViewerPort(); p != 0 {
		m["extra.viewer_port"] = p
	}
	if validASN(owner.ASN) {
		m["source.asn"] = owner.ASN
	}
	if n, ok := f.Counts.Studies.Int(); ok && s.archive(f) {
		m["extra.study_records"], m["extra.study_records_quality"] = n, f.Counts.Studies.Quality
	}
	if ids := s.vulnerabilities(); len(ids) > 0 {
		m["extra.vulnerabilities"] = ids
	}
	if list := suspicions(f); len(list) > 0 {
		m["extra.suspected"] = list
	}
	if c := i.Case; c != nil {
		m["extra.case_state"], m["extra.days_open"] = c.State, c.DaysOpen
		m["extra.first_seen_time"], m["extra.last_seen_time"] = c.FirstSeen.UTC().Format(timeIntelMQ), c.LastSeen.UTC().Format(timeIntelMQ)
	}
	return m
}

// setProduct sets the fields of a product: those of 3.5 hold no word of how sure it
// is, so that only a certain one is in them.
func setProduct(m map[string]any, set func(key, value string), p survey.Product) {
	set("extra.product", p.Name)
	set("extra.product_confidence", string(p.Confidence))
	version := ""
	if p.Version != nil {
		version = *p.Version
	}
	set("extra.product_version", version)
	if p.Name == "" || p.Confidence != survey.Certain {
		return
	}
	set("product.name", p.Name)
	set("product.vendor", p.Vendor)
	set("product.version", version)
	set("product.full_name", strings.TrimSpace(p.Name+" "+version))
}

// validASN: IntelMQ's type ASN takes neither 0 nor the last numbers of 16 and
// of 32 bits.
func validASN(n uint32) bool { return n != 0 && n != 65535 && n != 1<<32-1 }

// stamp is a time to the second in UTC, "" for none.
func stamp(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.RFC3339)
}
