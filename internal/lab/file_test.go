package lab_test

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"leadglass/internal/lab"

	"pgregory.net/rapid"
)

// Mistakes in a fleet file are refused with words that name them.
func TestMistakesAreRefused(t *testing.T) {
	const head = "version: 1\nname: x\nseed: 1\ndates: {first: 2015-01-01, last: 2019-09-01}\n"
	for name, c := range map[string]struct{ text, says string }{
		"unknown key":           {head + "archives: [{adress: 127.0.0.9}]", "unknown field"},
		"other version":         {strings.Replace(head, "1", "2", 1) + "archives: []", "version 2"},
		"public address":        {head + "archives: [{address: 192.0.2.1, persona: orthanc}]", "loopback"},
		"runs off loopback":     {head + "archives: [{address: 127.255.255.255, count: 2, persona: orthanc}]", "loopback"},
		"unknown persona":       {head + "archives: [{address: 127.0.0.9, persona: nobody}]", "unknown persona"},
		"same address":          {head + "archives: [{address: 127.0.0.9, persona: orthanc}, {address: 127.0.0.9, persona: orthanc}]", "two archives"},
		"same port":             {head + "archives: [{address: 127.0.0.9, persona: orthanc, web: [{port: 4242, page: ohif}]}]", "twice"},
		"no port":               {head + "archives: [{address: 127.0.0.9, speaks: ssh}]", "no port"},
		"unknown national ID":   {head + "archives: [{address: 127.0.0.9, persona: orthanc, national_id: xx-id}]", "gb-nhs-number"},
		"national ID of nobody": {head + "archives: [{address: 127.0.0.9, persona: orthanc, identifying: [sex], national_id: ch-ahv}]", "no patient-id"},
		"unknown quirk":         {head + "archives: [{address: 127.0.0.9, persona: orthanc, quirks: {dates: odd}}]", "quirks"},
		"unknown status":        {head + "archives: [{address: 127.0.0.9, persona: orthanc, quirks: {cap: {limit: 5, status: no}}}]", "hexadecimal"},
		"too accessible":        {head + "archives: [{address: 127.0.0.9, persona: vendor, contents: {studies: 5, images_linked: 50, images_accessible: 51}}]", "51 images accessible"},
		"no availability":       {head + "archives: [{address: 127.0.0.9, persona: orthanc, contents: {studies: 5, images_linked: 50, images_accessible: 40}}]", "on line"},
		"too few images":        {head + "archives: [{address: 127.0.0.9, persona: orthanc, contents: {studies: 5, images_linked: 4}}]", "4 images"},
		"bad date":              {head + "archives: [{address: 127.0.0.9, persona: orthanc, contents: {studies: 5, images_linked: 50, dates: {first: 1.1.2015, last: 2019-09-01}}}]", "2019-09-16"},
		"wrong total": {head + "countries: [{iso2: AT, name: Austria, prefixes: [127.0.0.0/24], study_records: {value: 6, from: modelled}}]\n" +
			"archives: [{address: 127.0.0.9, country: AT, persona: orthanc, contents: {studies: 5, images_linked: 50}}]", "add up to 5"},
		"other country": {head + "countries: [{iso2: AT, name: Austria, prefixes: [127.0.0.0/24]}]\n" +
			"archives: [{address: 127.0.0.9, country: BE, persona: orthanc}]", "prefix of country AT"},
		"same as nothing": {head + "archives: [{address: 127.0.0.9, persona: orthanc, contents: {same_as: 127.0.0.10}}]", "same_as"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := lab.Parse("fleet.yaml", []byte(c.text))
			if err == nil || !strings.Contains(err.Error(), c.says) {
				t.Errorf("%v; want an error that says %q", err, c.says)
			}
		})
	}
}

// However a group is split, its archives add up to the group.
func TestGroupsAddUp(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		count := rapid.Int64Range(1, 60).Draw(t, "count")
		studies := count + rapid.Int64Range(0, 5000).Draw(t, "studies")
		linked := studies*rapid.Int64Range(2, 90).Draw(t, "mean") + rapid.Int64Range(0, 50).Draw(t, "rest")
		accessible := max(linked*rapid.Int64Range(0, 1000).Draw(t, "share")/1000, 2*count)
		accessible = min(accessible, linked)
		ssn := rapid.Int64Range(0, studies).Draw(t, "ssn")
		f, err := lab.Parse("fleet.yaml", []byte(replace(`version: 1
name: x
seed: 1
dates: {first: 2015-01-01, last: 2019-09-01}
archives: [{address: 127.0.0.1, count: COUNT, country: US, persona: vendor, retrieval: get,
  contents: {studies: STUDIES, images_linked: LINKED, images_accessible: ACCESSIBLE, ssn_records: SSN}}]`,
			"COUNT", count, "STUDIES", studies, "LINKED", linked, "ACCESSIBLE", accessible, "SSN", ssn)))
		if err != nil {
			// What may be impossible: a study on line for each archive, and a
			// single study that is partly on line.
			if !strings.Contains(err.Error(), "on line for") && !strings.Contains(err.Error(), "do not work out") {
				t.Fatal(err)
			}
			return
		}
		got := f.Truth().Totals
		if got.StudyRecords != studies || got.ImagesLinked != linked || got.ImagesAccessible != accessible || got.SSNRecords != ssn {
			t.Fatalf("archives add up to %+v; want %d studies, %d images, %d accessible, %d SSNs", got, studies, linked, accessible, ssn)
		}
	})
}

// The scope names every port and address, and the overlay every country.
func TestScopeAndOverlay(t *testing.T) {
	f := builtIn(t, "greenbone-2019")
	var scope, overlay, candidates bytes.Buffer
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	if err := f.Scope(&scope, lab.ScopeOptions{Now: now, Overlay: "overlay.csv"}); err != nil {
		t.Fatal(err)
	}
	if err := f.Overlay(&overlay); err != nil {
		t.Fatal(err)
	}
	if err := f.Candidates(&candidates); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"  - 127.10.0.1\n", "valid_from: 2026-03-01", "valid_until: 2027-03-01",
		"organisation: Leadglass laboratory", "dicom: [2762, 4242, 5678, 11112]", "http: [8042, 8080]", `overlay: "overlay.csv"`} {
		if !strings.Contains(scope.String(), want) {
			t.Errorf("the scope lacks %q", want)
		}
	}
	if !strings.Contains(overlay.String(), "127.10.0.0/24,TR,") {
		t.Error("the overlay lacks Turkey")
	}
	if n := strings.Count(candidates.String(), "\n"); n != 2300 {
		t.Errorf("%d candidates, want 2300", n)
	}
}
