package main

import (
	"fmt"
	"strings"
	"testing"

	"leadglass/internal/survey"
)

// TestWholeDataSets: an archive that answers queries with whole data sets,
// pixel data included, is stopped at the first answer of each kind of query. It
// is open all the same, and why it is not counted is said.
func TestWholeDataSets(t *testing.T) {
	t.Parallel()
	const studies, pixels = 10, 1 << 20
	for i, size := range []int{pixels, 400} {
		addr := fmt.Sprintf("127.0.45.%d", i+1)
		fleet := fmt.Sprintf("version: 1\nname: whole\nseed: 7\ndates: {first: 2015-01-01, last: 2020-12-31}\narchives:\n"+
			"  - {name: one, address: %s, port: 11112, persona: pynetdicom, retrieval: get, contents: {studies: %d, images_linked: 90}, quirks: {pixel_bytes: %d}}\n",
			addr, studies, size)
		scope := runFleet(t, file(t, fleet))
		f := leadglass(t, "check", addr+":11112", "--scope", scope, "--json").want(t, exitIncomplete).finding(t)
		states(t, f, survey.Fail, "LG-D04")
		if f.Counts.Studies.Quality != survey.UnknownQuality || !strings.Contains(f.Counts.Studies.Reason, "whole data sets") {
			t.Errorf("studies %s: %s", number(f.Counts.Studies), f.Counts.Studies.Reason)
		}
		if f.Incomplete == nil || !strings.Contains(*f.Incomplete, "whole data sets") {
			t.Errorf("incomplete %v", f.Incomplete)
		}
		const perQuery = 256 << 10 // the receive buffer
		if most := f.Traffic.Queries * perQuery; f.Traffic.BytesReceived > most || f.Traffic.Queries > 8 {
			t.Errorf("%d bytes received for %d queries", f.Traffic.BytesReceived, f.Traffic.Queries)
		}
		t.Logf("%d queries, %d responses, %d bytes", f.Traffic.Queries, f.Traffic.Responses, f.Traffic.BytesReceived)
	}
}
