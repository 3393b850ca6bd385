package survey_test

import (
	"encoding/json"
	"net/netip"
	"reflect"
	"testing"

	"leadglass/internal/survey"
)

func ranges(t *testing.T, texts ...string) []survey.AddressRange {
	t.Helper()
	text, err := json.Marshal(texts)
	if err != nil {
		t.Fatal(err)
	}
	var list []survey.AddressRange
	if err := json.Unmarshal(text, &list); err != nil {
		t.Fatal(err)
	}
	return list
}

func TestCovers(t *testing.T) {
	c := survey.Coverage{Ranges: ranges(t, "192.0.2.1", "192.0.2.4-192.0.2.7", "198.51.100.0-198.51.100.255", "2001:db8::10-2001:db8::1f")}
	for text, want := range map[string]bool{
		"192.0.2.0": false, "192.0.2.1": true, "192.0.2.2": false, "192.0.2.4": true, "192.0.2.7": true, "192.0.2.8": false,
		"198.51.100.255": true, "198.51.101.0": false, "::ffff:192.0.2.5": true,
		"2001:db8::f": false, "2001:db8::10": true, "2001:db8::1f": true, "2001:db8::20": false, "::": false, "::1": false,
	} {
		if got := c.Covers(netip.MustParseAddr(text)); got != want {
			t.Errorf("%s: %v, want %v", text, got, want)
		}
	}
}

func TestContinued(t *testing.T) {
	check := func(id, method string) survey.CoveredCheck { return survey.CoveredCheck{ID: id, Method: method} }
	begun := survey.Coverage{Version: "1", Ports: []uint16{104, 4242}, Ranges: ranges(t, "192.0.2.1-192.0.2.9"),
		Checks: []survey.CoveredCheck{check("LG-D01", "a"), check("LG-D04", "a")}}
	now := survey.Coverage{Version: "2", Ports: []uint16{104, 11112}, Ranges: ranges(t, "192.0.2.1-192.0.2.8"),
		Checks: []survey.CoveredCheck{check("LG-D01", "a"), check("LG-D04", "b"), check("LG-D05", "a")}}
	want := survey.Coverage{Version: "1, 2", Ports: []uint16{104}, Ranges: now.Ranges, Checks: []survey.CoveredCheck{check("LG-D01", "a")}}
	if got := begun.Continued(now); !reflect.DeepEqual(got, want) {
		t.Errorf("%+v, want %+v", got, want)
	}
	if got := begun.Continued(begun); !reflect.DeepEqual(got, begun) {
		t.Errorf("continued as it was begun: %+v", got)
	}
	if got := begun.Continued(now).Continued(begun).Version; got != "1, 2" {
		t.Errorf("version %q", got)
	}
}

// FuzzAddressRange: what is read is written the same, and holds its ends.
func FuzzAddressRange(f *testing.F) {
	for _, seed := range []string{`"192.0.2.1"`, `"192.0.2.0-192.0.2.255"`, `"2001:db8::-2001:db8::ff"`, `"192.0.2.9-192.0.2.1"`,
		`"192.0.2.1-2001:db8::1"`, `"-"`, `""`, `7`, `"fe80::1%eth0"`} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		var r survey.AddressRange
		if r.UnmarshalJSON(data) != nil {
			return
		}
		text, err := json.Marshal(r)
		if err != nil {
			t.Fatal(err)
		}
		var back survey.AddressRange
		if err := json.Unmarshal(text, &back); err != nil || back != r {
			t.Fatalf("%s came back as %+v, %v", text, back, err)
		}
	})
}
