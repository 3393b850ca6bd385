package main

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"leadglass/internal/realserver"
	"leadglass/internal/survey"
)

// wholeHost are the arguments that check all ports of a server: first those
// of DICOM, then those of HTTP.
func wholeHost(t *testing.T, dicom, http []uint16, more ...string) []string {
	t.Helper()
	list := func(ports []uint16, otherwise string) string {
		var all []string
		for _, p := range ports {
			all = append(all, strconv.Itoa(int(p)))
		}
		if len(all) == 0 {
			return otherwise
		}
		return strings.Join(all, ", ")
	}
	path := file(t, scopeText("127.0.0.1", list(dicom, "1"), list(http, "2")))
	return append([]string{"127.0.0.1", "--scope", path}, more...)
}

// realOrthanc starts an Orthanc with DICOMweb and this configuration.
func realOrthanc(config ...map[string]any) func(*testing.T) []string {
	return func(t *testing.T) []string {
		all := map[string]any{}
		for _, c := range config {
			maps.Copy(all, c)
		}
		s := realserver.Orthanc(t, realserver.OrthancOptions{Config: all, DICOMweb: true, Studies: archive()})
		return wholeHost(t, []uint16{s.DICOMPort}, []uint16{s.HTTPPort})
	}
}

// orthancREST starts an Orthanc as it comes, whose own interface is open and
// whose DICOM side answers no query.
func orthancREST(t *testing.T) []string {
	s := realserver.Orthanc(t, realserver.OrthancOptions{Studies: archive()})
	return wholeHost(t, []uint16{s.DICOMPort}, []uint16{s.HTTPPort})
}

// orthancWithNeighbour starts an open Orthanc whose patient IDs have the form
// of Social Security numbers, and beside it a port that accepts connections.
func orthancWithNeighbour(config map[string]any) func(*testing.T) []string {
	return func(t *testing.T) []string {
		all := realserver.OpenOrthanc()
		maps.Copy(all, config)
		s := realserver.Orthanc(t, realserver.OrthancOptions{Config: all, Studies: realserver.Studies(1, 30, 1, realserver.StudyOptions{SSN: true})})
		hl7 := listener(t, "127.0.0.1:0", silent)
		text := strings.Replace(scopeText("127.0.0.1", strconv.Itoa(int(s.DICOMPort)), "2"), "http: [2]}", fmt.Sprintf("http: [2], hl7: [%d]}", hl7), 1)
		return []string{"127.0.0.1", "--scope", file(t, text)}
	}
}

// login is Orthanc's configuration that demands a password of HTTP.
func login() map[string]any {
	return map[string]any{"AuthenticationEnabled": true, "RegisteredUsers": map[string]string{"a": "b"}}
}

// realNginx starts an nginx before the DICOMweb of an Orthanc.
func realNginx(o realserver.NginxOptions) func(*testing.T) []string {
	return func(t *testing.T) []string {
		s := realserver.Orthanc(t, realserver.OrthancOptions{DICOMweb: true, Studies: archive()})
		o.Upstream = s.HTTPAddr()
		return wholeHost(t, nil, []uint16{realserver.Nginx(t, o).HTTPPort})
	}
}

// namedRoot is the URL of the DICOMweb root behind an nginx that demands a
// password for everything.
func namedRoot(t *testing.T) string {
	s := realserver.Orthanc(t, realserver.OrthancOptions{DICOMweb: true, Studies: archive()})
	return "http://" + realserver.Nginx(t, realserver.NginxOptions{Upstream: s.HTTPAddr(), User: "u", Password: "p"}).HTTPAddr() + "/dicom-web"
}

// realListing starts an nginx that lists a directory with a DICOM file.
func realListing(t *testing.T) []string {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "1.dcm"), archive()[0].File(0), 0o644); err != nil {
		t.Fatal(err)
	}
	return wholeHost(t, nil, []uint16{realserver.Nginx(t, realserver.NginxOptions{Root: dir}).HTTPPort})
}

// realDCMTK starts one of DCMTK's servers.
func realDCMTK(start func(testing.TB, realserver.DCMTKOptions) *realserver.Server, o realserver.DCMTKOptions, more ...string) func(*testing.T) []string {
	return func(t *testing.T) []string {
		s := start(t, o)
		return wholeHost(t, []uint16{s.DICOMPort}, nil, more...)
	}
}

// orthancOverTLS starts an Orthanc that answers queries of anybody over TLS.
func orthancOverTLS(t *testing.T) []string {
	id := realserver.Identity(t, realserver.IdentityOptions{})
	config := realserver.OpenOrthanc()
	maps.Copy(config, map[string]any{"DicomTlsEnabled": true, "DicomTlsCertificate": id.Certificate, "DicomTlsPrivateKey": id.Key,
		"DicomTlsTrustedCertificates": id.Authority, "DicomTlsRemoteCertificateRequired": false})
	s := realserver.Orthanc(t, realserver.OrthancOptions{Config: config, Studies: archive()})
	return wholeHost(t, []uint16{s.DICOMPort}, nil)
}

// storescpOverTLS starts a storescp with TLS.
func storescpOverTLS(args ...string) func(*testing.T) []string {
	return func(t *testing.T) []string {
		id := realserver.Identity(t, realserver.IdentityOptions{})
		args := append([]string{"+tls", id.Key, id.Certificate, "+cf", id.Authority}, args...)
		return wholeHost(t, []uint16{realserver.Storescp(t, realserver.DCMTKOptions{Args: args}).DICOMPort}, nil)
	}
}

// nginxOverTLS starts an nginx for HTTPS, as it comes, before the DICOMweb of
// an Orthanc.
func nginxOverTLS(t *testing.T) []string {
	id := realserver.Identity(t, realserver.IdentityOptions{SelfSigned: true})
	return realNginx(realserver.NginxOptions{Identity: id.Both})(t)
}

// persona starts one archive of the laboratory at an address of its own.
func persona(last int, text string) func(*testing.T) []string {
	return func(t *testing.T) []string {
		addr := fmt.Sprintf("127.0.83.%d", last)
		path := filepath.Join(t.TempDir(), "fleet.yaml")
		fleet := fmt.Sprintf("version: 1\nname: one\nseed: 7\ndates: {first: 2015-01-01, last: 2020-12-31}\narchives:\n  - {address: %s, country: AT, %s}\n", addr, text)
		if err := os.WriteFile(path, []byte(fleet), 0o600); err != nil {
			t.Fatal(err)
		}
		return []string{addr, "--scope", runFleet(t, path)}
	}
}

const holdings = "contents: {studies: 12, images_linked: 90}"

// expectations are all cases.
func expectations() []expectation {
	return append(knownServers(), furtherServers()...)
}

// knownServers are the servers of the distribution as they come, in front of
// each other, and the personas of the laboratory.
func knownServers() []expectation {
	open := realserver.OpenOrthanc()
	few := realserver.Studies(1, 6, 2, realserver.StudyOptions{})
	return append([]expectation{
		{product: "Orthanc", setup: "as it comes, with DICOMweb and without a password", real: true, start: realOrthanc(),
			verdict: survey.OpenImages, grade: survey.GradeF, fail: "D01 D03 D08 D12 D13 W01 W02 W04 W05 W06 W08 W10 W11 W12", pass: "D04 D05 D06 D07 D09 W07 W09 N01 N02", unknown: "W03"},
		{product: "Orthanc", setup: "as it comes, without a password", real: true, start: orthancREST,
			verdict: survey.OpenImages, grade: survey.GradeF, fail: "D01 D03 D08 D12 D13 W04 W05 W06 W08 W10 W11 W12", pass: "D04 D05 D06 D07 D09 W07 W09 N01 N02"},
		{product: "Orthanc", setup: "queries and C-GET for anybody", real: true, start: realOrthanc(open),
			verdict: survey.OpenImages, grade: survey.GradeF, fail: "D01 D03 D04 D05 D06 D08 D10 D12 D13 W01 W02 W04 W05 W06 W08 W10 W11 W12", pass: "D07 D09 D11 W07 W09 N01 N02", unknown: "W03"},
		{product: "Orthanc", setup: "queries for anybody, password on HTTP", real: true, start: realOrthanc(open, login()),
			verdict: survey.OpenImages, grade: survey.GradeF, fail: "D01 D03 D04 D05 D06 D08 D10 D12 D13 W10", pass: "D07 D09 D11 W01 W02 W03 W04 W05 W06 W07 W11 W12 N01 N02", unknown: "W08"},
		{product: "Orthanc", setup: "as it comes, password on HTTP, a called title of its own", real: true,
			start:   realOrthanc(login(), map[string]any{"DicomCheckCalledAet": true, "DicomAet": "HIDDEN7", "DicomAlwaysAllowStore": false}),
			verdict: survey.Protected, grade: survey.GradeC, fail: "D03 W10", pass: "D01 D02 W01 W02 W03 W04 W05 W06 W07 W11 W12 N01 N02", unknown: "D12 W08"},
		{product: "Orthanc", setup: "DICOM over TLS, client certificates not required", real: true, start: orthancOverTLS,
			verdict: survey.OpenImages, grade: survey.GradeF, fail: "D01 D04 D05 D06 D08 D10 D12 D13 T02 T04", pass: "D03 D07 D09 D11 T01 T03 N01 N02"},
		{product: "DCMTK storescp", setup: "TLS with client certificates", real: true, start: storescpOverTLS(),
			verdict: survey.NotDICOM, grade: survey.GradeNone, pass: "D03 T02 T03 T04"},
		{product: "DCMTK storescp", setup: "TLS of the retired AES profile, client certificates ignored", real: true,
			start:   storescpOverTLS("--ignore-peer-cert", "--profile-aes"),
			verdict: survey.Identified, grade: survey.GradeC, fail: "D01 D08 D12 T02 T04", pass: "D03 D04 D05 D06 D07 D09 D13 T01 T03 N01 N02"},
		{product: "nginx", setup: "HTTPS before DICOMweb, self-signed, no password", real: true, start: nginxOverTLS,
			verdict: survey.OpenImages, grade: survey.GradeF, fail: "T02 T03 T04 W01 W02 W04 W06 W08 W11 W12", pass: "W05 W07 W09 W10 N01 N02", unknown: "W03"},
		{product: "Orthanc", setup: "open to those who guess its title, patient IDs in the form of Social Security numbers, HL7 beside it", real: true,
			start:   orthancWithNeighbour(map[string]any{"DicomCheckCalledAet": true, "DicomAet": "ORTHANC"}),
			verdict: survey.OpenImages, grade: survey.GradeF, fail: "D02 D03 D04 D05 D06 D08 D10 D11 D12 D13 N02", pass: "D01 D09 N01", unknown: "D07"},
		{product: "DCMTK dcmqrscp", setup: "for anybody who knows its title", real: true,
			start:   realDCMTK(realserver.Dcmqrscp, realserver.DCMTKOptions{Studies: few}, "--called-ae-title", "DCMQRSCP"),
			verdict: survey.OpenImages, grade: survey.GradeF, fail: "D03 D04 D05 D06 D08 D10 D12", pass: "D01 D09 D11 D13 N01 N02", unknown: "D02 D07"},
		{product: "DCMTK dcmqrscp", setup: "without C-GET and Patient Root", real: true,
			start:   realDCMTK(realserver.Dcmqrscp, realserver.DCMTKOptions{Studies: few, Args: []string{"--disable-get", "--no-patient-root"}}, "--called-ae-title", "DCMQRSCP"),
			verdict: survey.Open, grade: survey.GradeF, fail: "D03 D04 D08 D10 D12", pass: "D01 D05 D06 D09 D11 D13 N01 N02", unknown: "D02 D07"},
		{product: "DCMTK dcmqrscp", setup: "a title that nobody knows", real: true,
			start:   realDCMTK(realserver.Dcmqrscp, realserver.DCMTKOptions{Studies: few, AETitle: "HIDDEN7"}),
			verdict: survey.Protected, grade: survey.GradeC, fail: "D03", pass: "D01 D02 N01 N02", unknown: "D12"},
		{product: "DCMTK storescp", setup: "as it comes", real: true, start: realDCMTK(realserver.Storescp, realserver.DCMTKOptions{}),
			verdict: survey.Identified, grade: survey.GradeD, fail: "D01 D03 D08 D12", pass: "D04 D05 D06 D07 D09 D13 N01 N02"},
		{product: "DCMTK wlmscpfs", setup: "for anybody who knows its title", real: true,
			start:   realDCMTK(realserver.Wlmscpfs, realserver.DCMTKOptions{Studies: few}, "--called-ae-title", "WLMSCPFS"),
			verdict: survey.Open, grade: survey.GradeF, fail: "D03 D09 D12", pass: "D01 D04 D05 D06 D07 D08 D13 N01 N02", unknown: "D02"},
		{product: "nginx", setup: "before DICOMweb, no password", real: true, start: realNginx(realserver.NginxOptions{AnyOrigin: true}),
			verdict: survey.OpenImages, grade: survey.GradeF, fail: "W01 W02 W04 W05 W06 W08 W09 W10 W11 W12", pass: "W07 N01 N02", unknown: "W03"},
		{product: "nginx", setup: "before DICOMweb, password on DICOMweb", real: true,
			start:   realNginx(realserver.NginxOptions{User: "u", Password: "p", Guarded: "/dicom-web/"}),
			verdict: survey.OpenImages, grade: survey.GradeF, fail: "W04 W05 W06 W08 W10 W11 W12", pass: "W01 W02 W03 W07 W09 N01 N02"},
		{product: "nginx", setup: "before DICOMweb, password on everything", real: true,
			start:   realNginx(realserver.NginxOptions{User: "u", Password: "p"}),
			verdict: survey.NotDICOM, grade: survey.GradeNone, pass: "W07"},
		{product: "nginx", setup: "before DICOMweb, password on everything, the root named", real: true,
			start:   func(t *testing.T) []string { return []string{namedRoot(t)} },
			verdict: survey.Protected, grade: survey.GradeC, fail: "W10", pass: "W01 W02 W03 W06 W07 W11 W12 N01"},
		{product: "nginx", setup: "a directory with DICOM files", real: true, start: realListing,
			verdict: survey.NotDICOM, grade: survey.GradeD, fail: "W07 W10"},

		{product: "dcm4chee-arc", setup: "everything open",
			start:   persona(1, "persona: dcm4chee-arc, retrieval: get, "+holdings+", web: [{port: 8080, page: dcm4chee-ui2, api: true, dicomweb: true, any_origin: true}]"),
			verdict: survey.OpenImages, grade: survey.GradeF, fail: "D01 D03 D04 D05 D06 D08 D10 W01 W02 W03 W04 W05 W06 W09 W10", pass: "D07 D09 D11 D13 W07 N01 N02", unknown: "D12 W08"},
		{product: "dcm4chee-arc", setup: "answers to its default title, no query",
			start:   persona(2, "persona: dcm4chee-arc, called_title: default, query: refused, "+holdings),
			verdict: survey.Identified, grade: survey.GradeD, fail: "D02 D03 D08", pass: "D01 D04 D05 D06 D07 D09 D13 N01 N02", unknown: "D12"},
		{product: "dcm4chee-arc", setup: "TLS with client certificates",
			start:   persona(3, "persona: dcm4chee-arc, port: 2762, tls: mutual, "+holdings),
			verdict: survey.NotDICOM, grade: survey.GradeNone, pass: "D03 T02 T03 T04"},
		{product: "Conquest DICOM server", setup: "queries for anybody", start: persona(4, "persona: conquest, "+holdings),
			verdict: survey.Open, grade: survey.GradeF, fail: "D01 D03 D04 D05 D08 D10", pass: "D06 D07 D09 D11 D13 N01 N02", unknown: "D12"},
		{product: "Conquest DICOM server", setup: "knows who may call", start: persona(5, "persona: conquest, calling_title: MODALITY1, "+holdings),
			verdict: survey.Protected, grade: survey.GradeC, fail: "D03", pass: "N01 N02", unknown: "D01 D02 D12"},
		{product: "ClearCanvas", setup: "queries and C-GET for anybody, with a viewer",
			start:   persona(6, "persona: clearcanvas, retrieval: get, "+holdings+", web: [{port: 8080, page: ohif}]"),
			verdict: survey.OpenImages, grade: survey.GradeF, fail: "D01 D03 D04 D05 D06 D08 D10 W04 W05 W10", pass: "D07 D09 D11 D13 W07 N01 N02", unknown: "D12 W08"},
		{product: "pynetdicom qrscp", setup: "TLS without client certificates",
			start:   persona(7, "persona: pynetdicom, port: 2762, tls: tls, certificate: self-signed, "+holdings),
			verdict: survey.Open, grade: survey.GradeF, fail: "D01 D04 D05 D10 T03 T04", pass: "D03 D06 D07 D08 D09 D11 D13 T01 T02 N01 N02", unknown: "D12"},
		{product: "fo-dicom", setup: "queries and C-MOVE for anybody", start: persona(8, "persona: fo-dicom, retrieval: move, "+holdings),
			verdict: survey.OpenImages, grade: survey.GradeF, fail: "D01 D03 D04 D05 D07 D08 D10", pass: "D06 D09 D11 D13 N01 N02", unknown: "D12"},
		{product: "Fujifilm Synapse", setup: "queries for anybody", start: persona(9, "persona: synapse, "+holdings),
			verdict: survey.Open, grade: survey.GradeF, fail: "D01 D03 D04 D05 D08 D10", pass: "D06 D07 D09 D11 D13 N01 N02", unknown: "D12"},
		{product: "GE archive", setup: "queries for anybody", start: persona(10, "persona: ge-archive, "+holdings),
			verdict: survey.Open, grade: survey.GradeF, fail: "D01 D03 D04 D05 D08 D10", pass: "D06 D07 D09 D11 D13 N01 N02", unknown: "D12"},
		{product: "unknown product", setup: "with a worklist", start: persona(11, "persona: vendor, worklist: 25, "+holdings),
			verdict: survey.Open, grade: survey.GradeF, fail: "D01 D03 D04 D05 D08 D09 D10", pass: "D06 D07 D11 D13 N01 N02", unknown: "D12"},
	}, webSetups()...)
}
