package export

import (
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"leadglass/internal/plain"
	"leadglass/internal/survey"
)

// MISP's event (format/2.5/schema.json of MISP, MISP core format). The fields are
// strings also where they hold numbers.
type mispEvent struct {
	UUID          string    `json:"uuid"`
	Info          string    `json:"info"`
	Date          string    `json:"date"`
	ThreatLevelID string    `json:"threat_level_id"`
	Analysis      string    `json:"analysis"`
	Distribution  string    `json:"distribution"`
	Published     bool      `json:"published"`
	Timestamp     string    `json:"timestamp"`
	Orgc          mispOrg   `json:"Orgc"`
	Tag           []mispTag `json:"Tag"`
}

type mispOrg struct {
	UUID string `json:"uuid"`
	Name string `json:"name"`
}

type mispTag struct {
	Name string `json:"name"`
}

type mispObject struct {
	UUID            string          `json:"uuid"`
	Name            string          `json:"name"`
	MetaCategory    string          `json:"meta-category"`
	Description     string          `json:"description"`
	TemplateUUID    string          `json:"template_uuid"`
	TemplateVersion string          `json:"template_version"`
	Timestamp       string          `json:"timestamp"`
	FirstSeen       string          `json:"first_seen"`
	LastSeen        string          `json:"last_seen"`
	Distribution    string          `json:"distribution"`
	Comment         string          `json:"comment"`
	Attribute       []mispAttribute `json:"Attribute"`
}

type mispAttribute struct {
	UUID               string    `json:"uuid"`
	ObjectRelation     string    `json:"object_relation"`
	Type               string    `json:"type"`
	Category           string    `json:"category"`
	Value              string    `json:"value"`
	ToIDs              bool      `json:"to_ids"`
	DisableCorrelation bool      `json:"disable_correlation"`
	Distribution       string    `json:"distribution"`
	Timestamp          string    `json:"timestamp"`
	Tag                []mispTag `json:"Tag,omitempty"`
}

// The template of MISP's objects that an exposed service is written as
// (misp-objects, ip-port).
const (
	mispTemplate        = "9f8cea74-16fe-4968-a2b4-026676949ac6"
	mispTemplateVersion = "10"
)

// Distribution levels of MISP.
const (
	mispOwnOrganisation = "0"
	mispInherit         = "5"
)

// writeMISP writes one event with an object for each exposed service. Nothing of it
// is marked as an indicator for detection: these are systems of victims to be.
func writeMISP(w io.Writer, about About, items Items) error {
	v := &about.Survey
	at := v.StartedAt
	if !v.FinishedAt.IsZero() {
		at = v.FinishedAt
	}
	event := mispEvent{
		UUID: identifier("misp-event", v.ID, about.Recipient), Info: plain.Line("Exposed medical image archives: " + v.Name), Date: v.StartedAt.UTC().Format(time.DateOnly),
		ThreatLevelID: "2", Analysis: "2", Distribution: mispOwnOrganisation, Timestamp: unix(at),
		Orgc: mispOrg{identifier("organisation", v.Authority.Organisation), plain.Line(v.Authority.Organisation)},
		Tag:  []mispTag{{strings.ToLower(about.TLP)}, {`rsit:vulnerable="information-disclosure"`}},
	}
	if v.Simulated {
		event.Info = "EXERCISE, simulated systems: " + event.Info
	}
	open, err := head(event)
	if err != nil {
		return err
	}
	l := &list{w: w}
	l.raw(`{"Event":` + open + `,"Object":[`)
	for i, err := range items {
		if err != nil {
			return err
		}
		for _, s := range services(i.Finding) {
			l.add(mispService(&about, &i, &s))
		}
	}
	l.raw("\n]}}\n")
	return l.done("the MISP event")
}

func unix(t time.Time) string { return strconv.FormatInt(t.Unix(), 10) }

func mispService(about *About, i *Item, s *service) mispObject {
	f, owner := i.Finding, i.Finding.Whose()
	first, last, _ := i.seen()
	o := mispObject{
		UUID: identifier("misp-object", about.Survey.ID, f.Target.Address, number(uint64(s.port))), Name: "ip-port", MetaCategory: "network",
		Description:  "An IP address (or domain or hostname) and a port seen as a tuple (or as a triple) in a specific time frame.",
		TemplateUUID: mispTemplate, TemplateVersion: mispTemplateVersion, Timestamp: unix(f.StartedAt),
		FirstSeen: mispTime(first), LastSeen: mispTime(last), Distribution: mispInherit, Comment: plain.Line(s.text),
	}
	add := func(relation, kind, category, value string) {
		if value == "" {
			return
		}
		o.Attribute = append(o.Attribute, mispAttribute{
			UUID:           identifier("misp-attribute", about.Survey.ID, f.Target.Address, number(uint64(s.port)), relation),
			ObjectRelation: relation, Type: kind, Category: category, Value: plain.Line(value),
			DisableCorrelation: relation != "ip" && relation != "hostname", Distribution: mispInherit, Timestamp: unix(f.StartedAt),
		})
	}
	const network, other = "Network activity", "Other"
	add("ip", "ip-dst", network, f.Target.Address)
	add("dst-port", "port", network, number(uint64(s.port)))
	add("hostname", "hostname", network, f.HostName())
	add("protocol", "text", network, s.application())
	if validASN(owner.ASN) {
		add("AS", "AS", network, "AS"+number(uint64(owner.ASN)))
	}
	add("country-code", "text", network, owner.Country)
	add("first-seen", "datetime", other, mispTime(first))
	add("last-seen", "datetime", other, mispTime(last))
	add("text", "text", other, mispText(i, s))
	for j := range o.Attribute {
		if o.Attribute[j].ObjectRelation == "ip" {
			o.Attribute[j].Tag = []mispTag{{`rsit:vulnerable="` + s.kind + `"`}}
		}
	}
	return o
}

func mispTime(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000000+00:00") }

// mispText says of one service what its event says of it.
func mispText(i *Item, s *service) string {
	parts := []string{s.text, "Severity: " + string(s.severity()) + ".", "Failed checks: " + strings.Join(s.failedIDs(), ", ") + "."}
	if f := i.Finding; s.archive(f) && !f.WorklistOnly() {
		parts = append(parts, fmt.Sprintf("Study records: %s; images linked: %s; images accessible: %s.", f.Counts.Studies, f.Counts.ImagesLinked, f.Counts.ImagesAccessible))
	}
	if p := s.product.String(); p != "" && s.product.Confidence != survey.UnknownConf {
		parts = append(parts, "Product: "+p+".")
	}
	if list := suspicions(i.Finding); len(list) > 0 {
		parts = append(parts, "It may be no archive with patients: "+strings.Join(list, ", ")+".")
	}
	return strings.Join(parts, " ")
}
