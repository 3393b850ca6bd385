package survey_test

import (
	"net/netip"
	"testing"

	"leadglass/internal/survey"
)

func TestPublic(t *testing.T) {
	for text, want := range map[string]bool{
		"130.59.31.248": true, "::ffff:130.59.31.248": true, "2001:620::1": true, "101.0.0.1": true,
		"127.0.0.1": false, "::1": false, "10.1.2.3": false, "fd00::1": false, "169.254.1.1": false, "fe80::1": false,
		"0.1.2.3": false, "100.64.0.1": false, "192.0.2.1": false, "198.18.0.1": false, "203.0.113.9": false,
		"224.0.0.1": false, "255.255.255.255": false, "2001:db8::1": false, "3fff::1": false, "::": false,
		"::ffff:10.1.2.3": false, "192.88.99.1": false, "64:ff9b::130.59.31.248": true, "64:ff9b::10.1.2.3": false,
		"64:ff9b:1::130.59.31.248": false, "2002:823b:1ff8::1": false, "5f00::1": false, "100:0:0:1::1": false, "2001::1": false,
		"::130.59.31.248": false, "fec0::1": false, "4000::1": false,
	} {
		if got := survey.Public(netip.MustParseAddr(text)); got != want {
			t.Errorf("Public(%s) = %v", text, got)
		}
	}
	if survey.Public(netip.Addr{}) {
		t.Error("no address is public")
	}
}
