package assess_test

import (
	"context"
	"errors"
	"net/netip"
	"strings"
	"testing"
	"time"

	"leadglass/dicom"
	"leadglass/internal/assess"
	"leadglass/internal/peer"
	"leadglass/internal/survey"
)

// now is the time of the survey in these tests.
var now = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// speaks is a service that rejected us.
func speaks() survey.Service {
	return survey.Service{Port: 104, Protocol: survey.ProtocolDICOM, Outcome: survey.Answered,
		Levels:        survey.Levels{Speaks: true},
		CalledAETitle: survey.CalledAETitle{Policy: survey.RefusedTitle}}
}

func with(s survey.Service, change func(*survey.Service)) survey.Service {
	change(&s)
	return s
}

func overTLS(t survey.TLS) func(*survey.Service) {
	return func(s *survey.Service) { s.TLS = &t }
}

func page(h survey.HTTP) survey.Service {
	return survey.Service{Port: 8042, Protocol: survey.ProtocolHTTP, Outcome: survey.Answered, HTTP: &h}
}

func TestPassiveChecks(t *testing.T) {
	title := func(p survey.AEPolicy, accepted string) survey.Service {
		return with(speaks(), func(s *survey.Service) {
			s.CalledAETitle = survey.CalledAETitle{Accepted: accepted, Policy: p}
		})
	}
	classes := func(c ...string) survey.Service {
		return with(speaks(), func(s *survey.Service) { s.Levels.Associates, s.SOPClasses = true, c })
	}
	good := survey.TLS{Version: "TLS 1.3", ClientCertificate: "required", NotBefore: now.AddDate(0, 0, -1), NotAfter: now.AddDate(1, 0, 0),
		KeyType: "RSA", KeyBits: 3072, SignatureAlgorithm: "SHA256-RSA", NameAsked: "10.0.0.1", Name: survey.NameMatches}
	tls := func(change func(*survey.TLS)) survey.Service {
		c := good
		change(&c)
		return with(speaks(), overTLS(c))
	}
	secure := func(s *survey.Service) { s.TLS = &good }
	without := good
	without.ClientCertificate = "not-required"
	open := func(s *survey.Service) { s.TLS = &without }
	callingRefused := with(title(survey.UnknownTitle, ""), func(s *survey.Service) {
		s.Rejection = &survey.Rejection{Kind: "reject", Text: "calling-AE-title-not-recognized", During: "association"}
	})
	explorer := page(survey.HTTP{Status: 200, Page: "orthanc-explorer", Viewer: true})
	login := page(survey.HTTP{Status: 401, Page: "orthanc-explorer", Viewer: true, AuthRequired: true})
	other := page(survey.HTTP{Status: 200})

	for _, test := range []struct {
		id      string
		service survey.Service
		state   survey.CheckState
		says    string
	}{
		{"LG-D01", title(survey.AnyTitle, "X"), survey.Fail, "made up"},
		{"LG-D01", title(survey.DefaultTitle, "ORTHANC"), survey.Pass, "rejected"},
		{"LG-D01", title(survey.KnownTitle, "OURS"), survey.Pass, "rejected"},
		{"LG-D01", title(survey.RefusedTitle, ""), survey.Pass, "None"},
		{"LG-D01", title(survey.UnknownTitle, ""), survey.Unknown, "is undecided"},
		{"LG-D01", callingRefused, survey.Unknown, "calling-AE-title-not-recognized"},
		{"LG-D02", title(survey.AnyTitle, "X"), survey.NotApplicable, "LG-D01"},
		{"LG-D02", title(survey.DefaultTitle, "ORTHANC"), survey.Fail, "ORTHANC"},
		{"LG-D02", title(survey.KnownTitle, "OURS"), survey.Unknown, "not tried"},
		{"LG-D02", title(survey.RefusedTitle, ""), survey.Pass, "None"},
		{"LG-D02", title(survey.UnknownTitle, ""), survey.Unknown, "is undecided"},
		{"LG-D03", speaks(), survey.Fail, "without TLS"},
		{"LG-D03", with(speaks(), secure), survey.Pass, "TLS 1.3"},
		{"LG-D03", with(survey.Service{Protocol: survey.ProtocolUnknown}, secure), survey.Pass, "TLS 1.3"},
		{"LG-D04", speaks(), survey.NotApplicable, "No association"},
		{"LG-D08", classes(dicom.Verification, dicom.StudyRootFind), survey.Pass, "None"},
		{"LG-D08", classes(dicom.CTImageStorage, dicom.SecondaryCaptureImageStorage), survey.Fail, "accepted: 2"},
		{"LG-D08", speaks(), survey.NotApplicable, "no context"},
		{"LG-D13", classes(dicom.StudyRootFind), survey.Pass, "None"},
		{"LG-D13", classes(dicom.ModalityPerformedStep, dicom.StorageCommitmentPush), survey.Fail, "performed procedure step, storage commitment"},
		{"LG-T03", speaks(), survey.NotApplicable, "TLS"},
		{"LG-T03", with(speaks(), secure), survey.Pass, "2027-03-01"},
		{"LG-T03", tls(func(c *survey.TLS) { c.NotAfter = now.AddDate(0, 0, -1) }), survey.Fail, "expired on 2026-02-28"},
		{"LG-T03", tls(func(c *survey.TLS) { c.SelfSigned = true }), survey.Fail, "signed by itself"},
		{"LG-T03", tls(func(c *survey.TLS) { c.KeyBits = 1024 }), survey.Fail, "RSA with 1024 bit"},
		{"LG-T03", tls(func(c *survey.TLS) { c.KeyType, c.KeyBits = "ECDSA", 224 }), survey.Fail, "ECDSA with 224 bit"},
		{"LG-T03", tls(func(c *survey.TLS) { c.NotBefore = now.AddDate(0, 0, 1) }), survey.Fail, "not valid before 2026-03-02"},
		{"LG-T03", tls(func(c *survey.TLS) { c.Name = survey.NameDiffers }), survey.Fail, "not for 10.0.0.1"},
		{"LG-T03", tls(func(c *survey.TLS) { c.Name = survey.NameUnjudged }), survey.Pass, "could not be judged"},
		{"LG-T03", tls(func(c *survey.TLS) { c.SignatureAlgorithm = "ECDSA-SHA1" }), survey.Fail, "signed by ECDSA-SHA1"},
		{"LG-T03", tls(func(c *survey.TLS) { c.SelfSigned, c.KeyBits = true, 1024 }), survey.Fail, "signed by itself, its key is RSA with 1024 bit"},
		{"LG-T03", tls(func(c *survey.TLS) { c.KeyType, c.KeyBits = "ECDSA", 256 }), survey.Pass, "256 bit"},
		{"LG-T03", tls(func(c *survey.TLS) { c.NotAfter = time.Time{} }), survey.Unknown, "no certificate"},
		{"LG-T04", speaks(), survey.NotApplicable, "TLS"},
		{"LG-T04", with(speaks(), secure), survey.Pass, "turned away"},
		{"LG-T04", tls(func(c *survey.TLS) { c.ClientCertificate = "not-required" }), survey.Fail, "without a certificate"},
		{"LG-T04", tls(func(c *survey.TLS) { c.ClientCertificate = "unknown" }), survey.Unknown, "is undecided"},
		{"LG-T04", with(explorer, secure), survey.Pass, "turned away"},
		{"LG-T04", with(explorer, open), survey.Fail, "status 200"},
		{"LG-T04", with(login, open), survey.NotApplicable, "login"},
		{"LG-T04", with(other, open), survey.NotApplicable, "nothing of an archive"},
		{"LG-T03", with(explorer, open), survey.Pass, "2027-03-01"},
		{"LG-W04", explorer, survey.Fail, "orthanc-explorer"},
		{"LG-W04", with(explorer, secure), survey.Fail, "orthanc-explorer"},
		{"LG-W04", login, survey.Pass, "401"},
		{"LG-W04", other, survey.NotApplicable, "none of a known"},
		{"LG-W05", explorer, survey.Fail, "plain HTTP"},
		{"LG-W05", with(explorer, secure), survey.Pass, "TLS 1.3"},
		{"LG-W05", login, survey.Pass, "401"},
		{"LG-W05", other, survey.NotApplicable, "none of a known"},
	} {
		a := assess.Run(t.Context(), &assess.Session{Products: known(t), Service: &test.service, Now: now, Allow: assess.Allow{DefaultAETitles: true}})
		found := false
		for _, c := range a.Checks {
			if c.ID == test.id {
				found = true
				if c.State != test.state || !strings.Contains(c.Evidence, test.says) {
					t.Errorf("%s is %s, want %s with %q: %s", c.ID, c.State, test.state, test.says, c.Evidence)
				}
				if (c.Remedy != "") != (c.State == survey.Fail) {
					t.Errorf("%s is %s with the remedy %q", c.ID, c.State, c.Remedy)
				}
			}
		}
		if !found {
			t.Errorf("%s was not made", test.id)
		}
	}
}

func TestDefaultTitlesNotAllowed(t *testing.T) {
	s := speaks()
	a := assess.Run(t.Context(), &assess.Session{Products: known(t), Service: &s})
	for _, c := range a.Checks {
		if c.ID == "LG-D02" && c.State != survey.Unknown {
			t.Errorf("%s: %s", c.State, c.Evidence)
		}
	}
}

// TestForeignPortsAreNotChecked: a port that speaks neither DICOM nor HTTP has
// no checks.
func TestForeignPortsAreNotChecked(t *testing.T) {
	s := survey.Service{Port: 104, Protocol: survey.ProtocolUnknown, Outcome: survey.Foreign}
	if a := assess.Run(t.Context(), &assess.Session{Products: known(t), Service: &s}); len(a.Checks) > 0 {
		t.Errorf("%d checks of a port that speaks something else", len(a.Checks))
	}
}

// TestHL7 tries ports beside an archive, and none beside anything else.
func TestHL7(t *testing.T) {
	ports := map[uint16]error{2575: nil, 6661: errors.New("refused"), 7777: errGate}
	accepts := func(_ context.Context, port uint16) (bool, error) {
		if ports[port] == errGate {
			return false, errGate
		}
		return ports[port] == nil, nil
	}
	web := survey.Service{Port: 8042, Protocol: survey.ProtocolHTTP, Outcome: survey.Answered,
		DICOMweb: &survey.DICOMweb{QIDO: survey.AccessOpen}}
	page := survey.Service{Port: 80, Protocol: survey.ProtocolHTTP, Outcome: survey.Answered}
	for _, test := range []struct {
		name    string
		service survey.Service
		ports   []uint16
		accepts func(context.Context, uint16) (bool, error)
		want    survey.CheckState
		says    string
	}{
		{"open", speaks(), []uint16{6661, 2575}, accepts, survey.Fail, "Port 2575, which HL7 v2 MLLP usually uses, accepts connections; nothing was sent"},
		{"open beside DICOMweb", web, []uint16{2575}, accepts, survey.Fail, "what speaks there is not known"},
		{"closed", speaks(), []uint16{6661}, accepts, survey.Pass, "6661"},
		{"cannot be tried", speaks(), []uint16{6661, 7777}, accepts, survey.Unknown, "port 7777 could not be tried: the host's budget ran out"},
		{"one open, one cannot be tried", speaks(), []uint16{7777, 2575}, accepts, survey.Fail, "2575"},
		{"no archive", page, []uint16{2575}, nil, survey.NotApplicable, "no other port was tried"},
		{"no ports", speaks(), nil, accepts, survey.NotApplicable, "lists no port"},
		{"single port", speaks(), []uint16{2575}, nil, survey.NotApplicable, "A single port was requested"},
	} {
		t.Run(test.name, func(t *testing.T) {
			for _, c := range assess.Run(t.Context(), &assess.Session{Products: known(t), Host: []survey.Service{test.service}, HL7: test.ports, Accepts: test.accepts}).Checks {
				if c.ID == "LG-N02" && (c.State != test.want || !strings.Contains(c.Evidence, test.says)) {
					t.Errorf("%s: %s", c.State, c.Evidence)
				}
			}
		})
	}
}

// errGate is an error that leaves the answer open.
var errGate = peer.End{Kind: peer.OverBudget}

func TestHostChecks(t *testing.T) {
	required := survey.TLS{Version: "TLS 1.2", ClientCertificate: "required"}
	behindTLS := with(survey.Service{Port: 2762, Protocol: survey.ProtocolUnknown, Outcome: survey.Closed}, overTLS(required))
	spoken := with(with(speaks(), overTLS(required)), func(s *survey.Service) { s.Port = 11112 })
	silent := survey.Service{Port: 104, Protocol: survey.ProtocolUnknown, Outcome: survey.Mute}
	private, public := "192.168.1.5", "9.9.9.9"
	for _, test := range []struct {
		name     string
		services []survey.Service
		address  string
		t01, n01 survey.CheckState
	}{
		{"plaintext only", []survey.Service{speaks()}, private, survey.NotApplicable, survey.Pass},
		{"both", []survey.Service{speaks(), spoken}, private, survey.Fail, survey.Pass},
		{"plaintext and client certificate", []survey.Service{speaks(), behindTLS}, private, survey.Unknown, survey.Pass},
		{"TLS only", []survey.Service{spoken}, public, survey.Pass, survey.Fail},
		{"public", []survey.Service{silent, speaks()}, public, survey.NotApplicable, survey.Fail},
		{"public v6", []survey.Service{speaks()}, "2a00:1450::1", survey.NotApplicable, survey.Fail},
		{"unique local v6", []survey.Service{speaks()}, "fd00::1", survey.NotApplicable, survey.Pass},
		{"mapped private", []survey.Service{speaks()}, "::ffff:10.0.0.1", survey.NotApplicable, survey.Pass},
		{"shared", []survey.Service{speaks()}, "100.64.3.2", survey.NotApplicable, survey.Pass},
		{"documentation", []survey.Service{speaks()}, "203.0.113.7", survey.NotApplicable, survey.Pass},
		{"loopback", []survey.Service{speaks()}, "127.0.0.1", survey.NotApplicable, survey.Pass},
		{"nothing speaks", []survey.Service{silent}, public, survey.NotApplicable, survey.NotApplicable},
	} {
		by := map[string]survey.Check{}
		for _, c := range assess.Run(t.Context(), &assess.Session{Products: known(t), Host: test.services, Address: netip.MustParseAddr(test.address)}).Checks {
			by[c.ID] = c
		}
		t.Run(test.name, func(t *testing.T) {
			expect(t, by, map[string]survey.CheckState{"LG-T01": test.t01, "LG-N01": test.n01})
		})
	}
}
