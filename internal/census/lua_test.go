package census_test

import (
	"bytes"
	"context"
	"net"
	"os"
	"path/filepath"
	"testing"

	"leadglass/dicom/ul"
	"leadglass/internal/census"
	"leadglass/internal/realserver"
	"leadglass/internal/survey"
)

// luaOrthanc is an Orthanc with a script that may change each query.
func luaOrthanc(t *testing.T, studies []realserver.Study, filter string) *realserver.Server {
	t.Helper()
	script := filepath.Join(t.TempDir(), "filter.lua")
	if err := os.WriteFile(script, []byte("function IncomingFindRequestFilter(query, origin)\n"+filter+"\nreturn query\nend\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	config := realserver.OpenOrthanc()
	config["LuaScripts"] = []string{script}
	return realserver.Orthanc(t, realserver.OrthancOptions{Config: config, InMemory: true, Studies: studies})
}

// reading is a connection that looks for something in what comes.
type reading struct {
	net.Conn
	found *int
}

func (c reading) Read(b []byte) (int, error) {
	n, err := c.Conn.Read(b)
	*c.found += bytes.Count(b[:n], []byte(realserver.Canary))
	return n, err
}

// TestOrthancWithAFilter counts Orthancs whose Lua script lets a query that
// names nothing find nothing. The names that a wildcard brings are overwritten
// in the receive buffer.
func TestOrthancWithAFilter(t *testing.T) {
	const nothing = "query['0020,000d'] = '2.25.1'"
	empty := func(tag string) string {
		return "query['" + tag + "'] == nil or query['" + tag + "'] == ''"
	}
	for _, test := range []struct {
		name, filter string
		studies      int
		names        bool
		value        int64
		quality      survey.Quality
	}{
		{"wants a name", "if " + empty("0010,0010") + " then " + nothing + " end", 40, true, 40, survey.Exact},
		{"wants a name, which may not be asked", "if " + empty("0010,0010") + " then " + nothing + " end", 40, false, 0, survey.LowerBound},
		{"wants a date", "if " + empty("0008,0020") + " then " + nothing + " end", 130, true, 130, survey.LowerBound},
		{"wants an ID", "if " + empty("0010,0020") + " then " + nothing + " end", 130, true, 130, survey.Exact},
		{"holds nothing", "", 0, true, 0, survey.Exact},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := luaOrthanc(t, threeYears(test.studies, 0), test.filter)
			buffer, names := make([]byte, ul.DefaultReadBuffer), 0
			watched := func(ctx context.Context, called string, contexts []ul.PresentationContext) (*ul.Association, error) {
				conn, err := (&net.Dialer{}).DialContext(ctx, "tcp", s.DICOMAddr())
				if err != nil {
					return nil, err
				}
				return ul.Request(ctx, reading{conn, &names}, ul.AssociateRQ{CalledAETitle: called, CallingAETitle: "LEADGLASS", Contexts: contexts},
					ul.Options{Buffer: buffer})
			}
			r := census.Count(t.Context(), watched, census.Options{CalledAETitle: s.AETitle, Routes: []survey.Route{"C-GET"}, WildcardNames: test.names})
			t.Logf("studies %v (%s), images %v, %d queries, %d names", r.Counts.Studies, r.Counts.Studies.Reason, r.Counts.ImagesLinked, r.Queries, names)
			if n, ok := r.Counts.Studies.Int(); !ok || n != test.value || r.Counts.Studies.Quality != test.quality {
				t.Errorf("%v studies, want %d, %s", r.Counts.Studies, test.value, test.quality)
			}
			if n, _ := r.Counts.ImagesLinked.Int(); n != 2*test.value {
				t.Errorf("%v images, want %d", r.Counts.ImagesLinked, 2*test.value)
			}
			if bytes.Contains(buffer, []byte(realserver.Canary)) {
				t.Error("a name is left in the receive buffer")
			}
			if !test.names && names > 0 {
				t.Errorf("%d names came", names)
			}
		})
	}
}
