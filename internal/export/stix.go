package export

import (
	"cmp"
	"encoding/json"
	"io"
	"net/netip"
	"slices"
	"strings"
	"time"

	"leadglass/internal/plain"
	"leadglass/internal/survey"
)

// object is a STIX object.
type object map[string]any

// scoNamespace is the namespace of the identifiers of observables (STIX 2.1, 2.9).
const scoNamespace = "00abedb4-aa42-466c-9c01-fed23315a9b7"

// The extension by which labels of TLP 2.0 are written, and when OASIS made them
// (STIX 2.1 TLP 2.0 extension definition).
const (
	tlpExtension = "extension-definition--60a3c5c5-0d10-413e-aab3-9e08dde9e88d"
	tlpCreated   = "2022-10-01T00:00:00.000Z"
)

// tlpMarking is the identifier that OASIS gave the label.
func tlpMarking(tlp string) string {
	switch strings.TrimPrefix(tlp, "TLP:") {
	case "RED":
		return "marking-definition--e828b379-4e03-4974-9ac4-e53a884c97c1"
	case "AMBER+STRICT":
		return "marking-definition--939a9414-2ddd-4d32-a0cd-375ea402b003"
	}
	return "marking-definition--55d920b0-5e8b-4f79-9ee9-91f868d9b421" // AMBER
}

// catalogueTime is when the objects that are the same in every export were made: an
// object of STIX has one time of creation.
const catalogueTime = "2026-01-01T00:00:00.000Z"

// stixBundle is a bundle on its way out.
type stixBundle struct {
	about *About
	list  *list
	// by is the identity of who surveyed, marking the label.
	by, marking string
	// written are the identifiers of objects that several systems share.
	written map[string]bool
	systems []string
}

// writeSTIX writes a bundle of STIX 2.1: for each system an infrastructure with the
// addresses and services that it consists of, the vulnerabilities that it has, and
// where it is; and a report that names them.
func writeSTIX(w io.Writer, about About, items Items) error {
	v := &about.Survey
	b := &stixBundle{about: &about, list: &list{w: w}, written: map[string]bool{}, marking: tlpMarking(about.TLP)}
	b.list.raw(`{"type":"bundle","id":"bundle--` + identifier("stix-bundle", v.ID, about.Recipient) + `","objects":[`)
	b.list.add(object{"type": "marking-definition", "spec_version": "2.1", "id": b.marking, "created": tlpCreated, "name": about.TLP,
		"extensions": object{tlpExtension: object{"extension_type": "property-extension", "tlp_2_0": strings.ToLower(strings.TrimPrefix(about.TLP, "TLP:"))}}})
	b.by = "identity--" + identifier("organisation", v.Authority.Organisation)
	b.list.add(object{"type": "identity", "spec_version": "2.1", "id": b.by, "created": catalogueTime, "modified": catalogueTime,
		"name": plain.Line(v.Authority.Organisation), "identity_class": "organization"})
	for i, err := range items {
		if err != nil {
			return err
		}
		b.system(&i)
	}
	if len(b.systems) > 0 {
		name := "Exposed medical image archives: " + v.Name
		if v.Simulated {
			name = "EXERCISE, simulated systems: " + name
		}
		b.add(b.dated("report", v.StartedAt, object{"name": plain.Line(name), "report_types": []string{"vulnerability"},
			"published": stixTime(v.StartedAt), "object_refs": b.systems}, v.ID, about.Recipient))
	}
	b.list.raw("\n]}\n")
	return b.list.done("the STIX bundle")
}

func stixTime(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000Z") }

// dated is a domain object of this survey, with the identifier that the parts make.
func (b *stixBundle) dated(kind string, at time.Time, o object, parts ...string) object {
	o["type"], o["spec_version"] = kind, "2.1"
	o["id"] = kind + "--" + identifier(append([]string{"stix-" + kind, b.about.Survey.ID}, parts...)...)
	o["created"], o["modified"] = stixTime(at), stixTime(at)
	return o
}

// add writes an object with who made it and its label, and returns its identifier.
func (b *stixBundle) add(o object) string {
	o["created_by_ref"], o["object_marking_refs"] = b.by, []string{b.marking}
	b.list.add(o)
	return o["id"].(string)
}

// once writes an object that several systems share.
func (b *stixBundle) once(o object) string {
	id := o["id"].(string)
	if !b.written[id] {
		b.written[id] = true
		b.list.add(o)
	}
	return id
}

// observable is a cyber-observable object: its identifier follows from its
// properties that the standard names (STIX 2.1, 2.9), as canonical JSON.
func (b *stixBundle) observable(kind string, contributing, other object) object {
	canonical, err := json.Marshal(contributing) // keys sorted, as RFC 8785 wants; integers and ASCII alone
	if err != nil && b.list.err == nil {
		b.list.err = err
	}
	o := object{"type": kind, "spec_version": "2.1", "id": kind + "--" + uuid5(scoNamespace, string(canonical)), "object_marking_refs": []string{b.marking}}
	for _, part := range []object{contributing, other} {
		for k, v := range part {
			o[k] = v
		}
	}
	return o
}

func (b *stixBundle) system(i *Item) {
	f := i.Finding
	first, last, _ := i.seen()
	infrastructure := b.add(b.dated("infrastructure", f.StartedAt, object{
		"name": plain.Line("Medical image archive at " + cmp.Or(f.Target.Address, f.Target.Host)), "description": plain.Line(description(i)),
		"labels": labels(i)}, f.Target.Address, f.Target.Host))
	b.systems = append(b.systems, infrastructure)
	refs := b.observables(i)
	if len(refs) > 0 {
		b.add(b.dated("observed-data", f.StartedAt, object{"first_observed": stixTime(first), "last_observed": stixTime(last), "number_observed": 1, "object_refs": refs}, f.Target.Address))
	}
	for _, ref := range refs {
		b.relate(f, infrastructure, "consists-of", ref)
	}
	for _, id := range failedOf(f) {
		b.relate(f, infrastructure, "has", b.vulnerability(f, id))
	}
	if country := f.Whose().Country; country != "" {
		id := "location--" + identifier("stix-location", country)
		b.once(object{"type": "location", "spec_version": "2.1", "id": id, "created": catalogueTime, "modified": catalogueTime, "name": country, "country": country})
		b.relate(f, infrastructure, "located-at", id)
	}
}

// labels are the classification and the severity of the system's first service.
func labels(i *Item) []string {
	s := services(i.Finding)[0]
	list := []string{s.id, "severity:" + string(s.severity()), "verdict:" + string(i.Finding.Verdict)}
	if i.Case != nil {
		list = append(list, "state:"+string(i.Case.State))
	}
	for _, why := range suspicions(i.Finding) {
		list = append(list, "suspected:"+why)
	}
	return list
}

func (b *stixBundle) relate(f *survey.Finding, source, how, target string) {
	b.add(b.dated("relationship", f.StartedAt, object{"relationship_type": how, "source_ref": source, "target_ref": target}, source, how, target))
}

// observables writes the address, the name, the network, the services and their
// certain products, and returns their identifiers.
func (b *stixBundle) observables(i *Item) []string {
	f, owner := i.Finding, i.Finding.Whose()
	addr, err := netip.ParseAddr(f.Target.Address)
	if err != nil {
		return nil // a name that did not resolve
	}
	kind, protocol := "ipv4-addr", "ipv4"
	if addr.Unmap().Is6() {
		kind, protocol = "ipv6-addr", "ipv6"
	}
	extra := object{}
	if validASN(owner.ASN) {
		as := b.observable("autonomous-system", object{"number": owner.ASN}, object{"name": plain.Line(owner.Network)})
		if owner.Network == "" {
			delete(as, "name")
		}
		extra["belongs_to_refs"] = []string{b.once(as)}
	}
	address := b.once(b.observable(kind, object{"value": addr.Unmap().WithZone("").String()}, extra))
	refs := []string{address}
	for _, s := range services(f) {
		if s.port == 0 {
			continue
		}
		protocols := []string{protocol, "tcp"}
		if name := s.ianaName(); name != "" {
			protocols = append(protocols, name)
		}
		refs = append(refs, b.once(b.observable("network-traffic", object{"dst_ref": address, "dst_port": s.port, "protocols": protocols, "start": stixTime(f.StartedAt)}, nil)))
		if p := s.product; p.Name != "" && p.Confidence == survey.Certain {
			software := object{"name": plain.Line(p.Name)}
			if p.Vendor != "" {
				software["vendor"] = plain.Line(p.Vendor)
			}
			if p.Version != nil {
				software["version"] = plain.Line(*p.Version)
			}
			if id := b.once(b.observable("software", software, nil)); !slices.Contains(refs, id) {
				refs = append(refs, id)
			}
		}
	}
	if name := strings.TrimSuffix(strings.ToLower(f.HostName()), "."); name != "" {
		refs = append(refs, b.once(b.observable("domain-name", object{"value": plain.Line(name)}, object{"resolves_to_refs": []string{address}})))
	}
	return refs
}

// ianaName is the name of the service's protocol in IANA's registry of services.
func (s *service) ianaName() string {
	switch a := s.application(); {
	case a == string(survey.ProtocolDICOM) && s.at.TLS != nil:
		return "dicom-tls"
	case a == string(survey.ProtocolUnknown):
		return ""
	default:
		return a
	}
}

// vulnerability is the one of a check of the catalogue.
func (b *stixBundle) vulnerability(f *survey.Finding, check string) string {
	i := slices.IndexFunc(f.Checks, func(c survey.Check) bool { return c.ID == check })
	id := "vulnerability--" + identifier("stix-vulnerability", check)
	return b.once(object{"type": "vulnerability", "spec_version": "2.1", "id": id, "created": catalogueTime, "modified": catalogueTime,
		"name": check + " " + f.Checks[i].Title, "external_references": []object{{"source_name": "leadglass", "external_id": check}}})
}
