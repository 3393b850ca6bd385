package main

import (
	"encoding/json"
	"net/netip"
	"path/filepath"
	"testing"

	"leadglass/internal/compare"
	"leadglass/internal/disclose"
	"leadglass/internal/store"
	"leadglass/internal/survey"
)

const judgedBefore = `version: 1
name: judged
seed: 5
dates: {first: 2015-01-01, last: 2020-12-31}
archives:
  - {name: viewer and archive, address: 127.0.50.1, port: 11112, country: AT, persona: dcm4chee-arc, contents: {studies: 4, images_linked: 40}, web: [{port: 8080, page: ohif}]}
  - {name: viewer alone, address: 127.0.50.2, port: 11112, country: AT, persona: orthanc, query: refused, contents: {studies: 4, images_linked: 40}, web: [{port: 8080, page: ohif}]}
  - {name: gone, address: 127.0.50.3, port: 11112, country: BE, persona: orthanc, contents: {studies: 4, images_linked: 40}, web: [{port: 8080, page: ohif}]}
  - {name: archive firewalled, address: 127.0.50.4, port: 11112, country: CH, persona: orthanc, contents: {studies: 4, images_linked: 40}, web: [{port: 8080, page: ohif, auth: true}]}
  - {name: viewer still open, address: 127.0.50.5, port: 11112, country: CH, persona: orthanc, contents: {studies: 4, images_linked: 40}, web: [{port: 8080, page: ohif}]}
  - {name: as before, address: 127.0.50.6, port: 11112, country: CH, persona: orthanc, contents: {studies: 4, images_linked: 40}}
`

const judgedAfter = `version: 1
name: judged
seed: 5
dates: {first: 2015-01-01, last: 2020-12-31}
archives:
  - {name: viewer and archive, address: 127.0.50.1, port: 11112, country: AT, persona: dcm4chee-arc, query: refused, contents: {studies: 4, images_linked: 40}}
  - {name: viewer alone, address: 127.0.50.2, port: 11112, country: AT, persona: orthanc, query: refused, contents: {studies: 4, images_linked: 40}}
  - {name: archive firewalled, address: 127.0.50.4, port: 4343, country: CH, persona: orthanc, contents: {studies: 4, images_linked: 40}, web: [{port: 8080, page: ohif, auth: true}]}
  - {name: viewer still open, address: 127.0.50.5, port: 11112, country: CH, persona: orthanc, query: refused, contents: {studies: 4, images_linked: 40}, web: [{port: 8080, page: ohif}]}
  - {name: as before, address: 127.0.50.6, port: 11112, country: CH, persona: orthanc, contents: {studies: 4, images_linked: 40}}
`

// TestOneJudgement: a comparison and the disclosures say the same of each
// system; a viewer or an archive behind a firewall, whose host still answers, is
// a repair.
func TestOneJudgement(t *testing.T) {
	path := filepath.Join(t.TempDir(), "s.db")
	scope := scopeText("127.0.50.0/29", "11112", "8080")
	before := surveyOf(t, "--store="+path, judgedBefore, scope, "before")
	after := surveyOf(t, "--store="+path, judgedAfter, scope, "after")
	var d struct{ Changes []compare.Change }
	if err := json.Unmarshal([]byte(leadglass(t, "--store="+path, "diff", "--edition", "confidential", "--json").want(t, exitDone).out), &d); err != nil {
		t.Fatal(err)
	}
	kinds := map[string]compare.Kind{}
	for _, c := range d.Changes {
		kinds[c.Target] = c.Kind
	}
	db, err := store.OpenExisting(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	v, err := db.Survey(t.Context(), after)
	if err != nil {
		t.Fatal(err)
	}
	covers := disclose.Looked(v)
	for address, want := range map[string]struct {
		kind    compare.Kind
		outcome disclose.Outcome
	}{
		"127.0.50.1": {compare.Fixed, disclose.Fixed}, "127.0.50.2": {compare.Fixed, disclose.Fixed}, "127.0.50.3": {compare.Gone, disclose.Gone},
		"127.0.50.4": {compare.Fixed, disclose.Fixed}, "127.0.50.5": {compare.Better, disclose.StillOpen}, "127.0.50.6": {compare.Unchanged, disclose.StillOpen},
	} {
		told, later := findingsOf(t, db, before, address), findingsOf(t, db, after, address)
		if len(told) != 1 {
			t.Fatalf("%d findings on %s", len(told), address)
		}
		outcome := disclose.Judge(&told[0], later, func(port uint16) bool { return covers(netip.MustParseAddr(address), port) })
		if kinds[address] != want.kind || outcome != want.outcome {
			t.Errorf("%s: the comparison says %q, the disclosure %q; want %q and %q", address, kinds[address], outcome, want.kind, want.outcome)
		}
	}
}

func findingsOf(t *testing.T, db *store.Store, id, address string) (list []survey.Finding) {
	t.Helper()
	records, err := db.RecordsOf(t.Context(), id, address)
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range records {
		list = append(list, r.Finding)
	}
	return list
}
