package assess_test

import (
	"slices"
	"strings"
	"testing"

	"leadglass/internal/assess"
	"leadglass/internal/survey"
)

// Suites as a service may accept them.
var (
	recommended = survey.TLSSuite{Name: "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256", Class: survey.SuiteRecommended, KeyExchangeBits: 256}
	dhe         = survey.TLSSuite{Name: "TLS_DHE_RSA_WITH_AES_256_GCM_SHA384", Class: survey.SuiteDHE, KeyExchangeBits: 2048}
	staticRSA   = survey.TLSSuite{Name: "TLS_RSA_WITH_AES_128_CBC_SHA", Class: survey.SuiteStaticRSA}
	tripleDES   = survey.TLSSuite{Name: "TLS_RSA_WITH_3DES_EDE_CBC_SHA", Class: survey.Suite3DES}
	cbc         = survey.TLSSuite{Name: "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA", Class: survey.SuiteCBC, KeyExchangeBits: 256}
)

func suiteWith(s survey.TLSSuite, change func(*survey.TLSSuite)) survey.TLSSuite {
	change(&s)
	return s
}

// offers is a service that accepts versions and suites, and refuses all others.
func offers(versions string, suites ...survey.TLSSuite) survey.TLSOffer {
	o := survey.TLSOffer{Versions: strings.Split(versions, ","), Suites: suites, Handshakes: 6}
	for _, v := range []string{"TLS 1.0", "TLS 1.1", "TLS 1.2", "TLS 1.3"} {
		if !slices.Contains(o.Versions, v) {
			o.VersionsRefused = append(o.VersionsRefused, v)
		}
	}
	for _, c := range []survey.SuiteClass{survey.SuiteNull, survey.SuiteAnonymous, survey.SuiteExport, survey.SuiteDES, survey.SuiteRC4,
		survey.Suite3DES, survey.SuiteStaticRSA, survey.SuiteStaticDH, survey.SuiteDHE, survey.SuiteSmallCurve, survey.SuiteCBC} {
		if !slices.ContainsFunc(suites, func(s survey.TLSSuite) bool { return s.Class == c }) {
			o.ClassesRefused = append(o.ClassesRefused, c)
		}
	}
	return o
}

func TestProfile(t *testing.T) {
	class := func(c survey.SuiteClass, name string) survey.TLSSuite { return survey.TLSSuite{Name: name, Class: c} }
	dh1024 := suiteWith(dhe, func(s *survey.TLSSuite) { s.KeyExchangeBits = 1024 })
	curve := func(bits int) survey.TLSSuite {
		return survey.TLSSuite{Name: recommended.Name, Class: survey.SuiteSmallCurve, KeyExchangeBits: bits}
	}
	cut := func(o survey.TLSOffer, change func(*survey.TLSOffer)) survey.TLSOffer {
		change(&o)
		o.Incomplete = "no answer came in time"
		return o
	}
	for _, test := range []struct {
		name    string
		offer   survey.TLSOffer
		state   survey.CheckState
		profile survey.TLSProfile
		says    string
	}{
		{"modified", offers("TLS 1.2,TLS 1.3", recommended), survey.Pass, "B.13", "PS3.15 B.13"},
		{"1.2 alone", offers("TLS 1.2", recommended), survey.Pass, "B.13", "refuses TLS 1.0, TLS 1.1, TLS 1.3"},
		{"1.3 alone", offers("TLS 1.3"), survey.Pass, "none", "wants TLS 1.2 as well"},
		{"DHE", offers("TLS 1.2,TLS 1.3", recommended, dhe), survey.Pass, "B.13", "against DHE (with a group of 2048 bit)"},
		{"CBC", offers("TLS 1.2,TLS 1.3", recommended, cbc), survey.Pass, "B.12", "against CBC"},
		{"CBC, encrypt then MAC", offers("TLS 1.2,TLS 1.3", recommended, suiteWith(cbc, func(s *survey.TLSSuite) { s.EncryptThenMAC = true })),
			survey.Pass, "B.12", "PS3.15 B.12"},
		{"curve of 224 bit", offers("TLS 1.2", recommended, curve(224)), survey.Pass, "B.12", "forbids the curve of 224 bit"},
		{"curve of 192 bit", offers("TLS 1.2", recommended, curve(192)), survey.Fail, "none", "a curve of 192 bit"},
		{"DHE, small", offers("TLS 1.2", recommended, dh1024), survey.Fail, "none", "a group of 1024 bit"},
		{"non-downgrading", offers("TLS 1.2,TLS 1.3", recommended, staticRSA), survey.Fail, "B.10", "static RSA"},
		{"downgrading", offers("TLS 1.0,TLS 1.1,TLS 1.2", recommended, dhe, staticRSA), survey.Fail, "B.9", "TLS 1.0 and TLS 1.1, static RSA"},
		{"AES", offers("TLS 1.0,TLS 1.1,TLS 1.2", staticRSA, tripleDES), survey.Fail, "B.3", "a 3DES suite"},
		{"basic", offers("TLS 1.0", tripleDES), survey.Fail, "B.1", "TLS 1.0"},
		{"old and curves alone", offers("TLS 1.0", cbc), survey.Fail, "none", "TLS 1.0"},
		{"SSL", offers("SSL 3.0,TLS 1.2", recommended), survey.Fail, "B.9", "SSL 3.0"},
		{"NULL", offers("TLS 1.2", class(survey.SuiteNull, "TLS_RSA_WITH_NULL_SHA")), survey.Fail, "none", "without encryption (TLS_RSA_WITH_NULL_SHA)"},
		{"anonymous", offers("TLS 1.2", recommended, class(survey.SuiteAnonymous, "TLS_DH_anon_WITH_AES_128_CBC_SHA")), survey.Fail, "none", "without a server certificate"},
		{"export", offers("TLS 1.2", recommended, class(survey.SuiteExport, "TLS_RSA_EXPORT_WITH_RC4_40_MD5")), survey.Fail, "none", "export"},
		{"RC4", offers("TLS 1.2", recommended, class(survey.SuiteRC4, "TLS_RSA_WITH_RC4_128_SHA")), survey.Fail, "none", "RC4"},
		{"DES", offers("TLS 1.2", recommended, class(survey.SuiteDES, "TLS_RSA_WITH_DES_CBC_SHA")), survey.Fail, "none", "DES"},
		{"static DH", offers("TLS 1.2", recommended, class(survey.SuiteStaticDH, "TLS_ECDH_RSA_WITH_AES_128_GCM_SHA256")), survey.Fail, "B.10", "static Diffie"},
		{"versions unknown", cut(offers("TLS 1.2", recommended), func(o *survey.TLSOffer) { o.VersionsRefused = nil }), survey.Unknown, "", "old versions could not be offered: no answer came in time"},
		{"suites unknown", cut(offers("TLS 1.2", recommended), func(o *survey.TLSOffer) { o.ClassesRefused = nil }), survey.Unknown, "", "weak cipher suites"},
		{"curves unknown", cut(offers("TLS 1.2", recommended), func(o *survey.TLSOffer) {
			o.ClassesRefused = o.ClassesRefused[:len(o.ClassesRefused)-2]
		}), survey.Unknown, "", "small curves"},
		{"DHE of unknown size", cut(offers("TLS 1.2", suiteWith(dhe, func(s *survey.TLSSuite) { s.KeyExchangeBits = 0 })), func(*survey.TLSOffer) {}),
			survey.Unknown, "", "the size of the group for DHE"},
		{"CBC unknown", cut(offers("TLS 1.2", recommended), func(o *survey.TLSOffer) {
			o.ClassesRefused = o.ClassesRefused[:len(o.ClassesRefused)-1]
		}), survey.Pass, "B.12", "B.12"},
		{"fault, rest unknown", cut(offers("TLS 1.1,TLS 1.2", recommended), func(o *survey.TLSOffer) { o.ClassesRefused = nil }), survey.Fail, "B.9", "TLS 1.1"},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := with(speaks(), overTLS(survey.TLS{Version: "TLS 1.2", Offer: &test.offer}))
			a := assess.Run(t.Context(), &assess.Session{Products: known(t), Service: &s, Now: now})
			i := slices.IndexFunc(a.Checks, func(c survey.Check) bool { return c.ID == "LG-T02" })
			c := a.Checks[i]
			if c.State != test.state || !strings.Contains(c.Evidence, test.says) || s.TLS.Profile != test.profile {
				t.Errorf("%s, profile %q, want %s, %q with %q: %s", c.State, s.TLS.Profile, test.state, test.profile, test.says, c.Evidence)
			}
		})
	}
	for _, tls := range []*survey.TLS{nil, {Version: "TLS 1.2"}} {
		s := with(speaks(), func(s *survey.Service) { s.TLS = tls })
		a := assess.Run(t.Context(), &assess.Session{Products: known(t), Service: &s, Now: now})
		for _, c := range a.Checks {
			if want := map[bool]survey.CheckState{true: survey.NotApplicable, false: survey.Unknown}[tls == nil]; c.ID == "LG-T02" && c.State != want {
				t.Errorf("%s, want %s: %s", c.State, want, c.Evidence)
			}
		}
	}
}
