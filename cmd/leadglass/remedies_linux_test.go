package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"leadglass/internal/products"
	"leadglass/internal/realserver"
	"leadglass/internal/remedy"
	"leadglass/internal/survey"
)

// insideSite says that the test binary runs in a network of its own;
// everyRemedy has every sequence of remedies applied.
const (
	insideSite  = "LEADGLASS_TEST_REMEDY_SITE"
	everyRemedy = "LEADGLASS_REMEDIES"
)

// TestRemedies applies the remedies to the distribution's servers. It runs itself
// again in namespaces.
func TestRemedies(t *testing.T) {
	if os.Getenv(insideSite) == "" {
		inOwnSite(t)
		return
	}
	s := newSite(t)
	for _, c := range remedyCases() {
		if !c.always && os.Getenv(everyRemedy) == "" {
			continue
		}
		for _, sequence := range sequences(runRemedies(t, c.product)) {
			var names []string
			for _, r := range sequence {
				names = append(names, r.ID)
			}
			t.Run(c.product+", "+c.config+": "+strings.Join(names, ", "), func(t *testing.T) {
				s.t = t
				s.sequence(c, sequence)
			})
		}
	}
}

// sequences are the whole plan; with everyRemedy also each remedy alone and each
// pair.
func sequences(list []remedy.Remedy) [][]remedy.Remedy {
	all := [][]remedy.Remedy{list}
	if os.Getenv(everyRemedy) == "" || len(list) == 1 {
		return all
	}
	for i := range list {
		all = append(all, list[i:i+1])
		for j := i + 1; j < len(list) && len(list) > 2; j++ {
			all = append(all, []remedy.Remedy{list[i], list[j]})
		}
	}
	return all
}

func inOwnSite(t *testing.T) {
	if os.Getuid() != 0 {
		t.Skip("namespaces cannot be made without root")
	}
	for _, tool := range []string{"ip", "nft", "nsenter", "setpriv", "mount", "curl"} {
		if _, err := exec.LookPath(tool); err != nil {
			t.Skipf("the program %s is missing; on Debian: make setup", tool)
		}
	}
	cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestRemedies$", "-test.v", "-test.timeout=55m")
	cmd.Env = append(os.Environ(), insideSite+"=1")
	cmd.SysProcAttr = &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWNET | syscall.CLONE_NEWNS, Pdeathsig: syscall.SIGKILL}
	out, err := cmd.CombinedOutput()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Skipf("namespaces cannot be made here: %v", err)
	}
	if err != nil || !strings.Contains(string(out), "--- PASS: TestRemedies") {
		t.Errorf("in the namespaces: %v\n%s", err, out)
	}
	if testing.Verbose() {
		t.Logf("%s", out)
	}
}

// sequence applies remedies one after the other to an open server, and checks and
// uses it before and after each.
func (s *site) sequence(c remedyCase, list []remedy.Remedy) {
	s.t.Helper()
	s.reset()
	defer s.reset()
	s.open(c)
	s.stations()
	title := "ORTHANC"
	if c.product != "Orthanc" {
		title = "READWRITE"
	}
	s.fill(c, title)
	before := s.check()
	for _, r := range list {
		if !slices.ContainsFunc(before.Checks, func(c survey.Check) bool { return c.State == survey.Fail && slices.Contains(r.Fixes, c.ID) }) {
			s.t.Errorf("before any remedy nothing fails that %s fixes", r.ID)
		}
	}
	tunnel := false
	for _, r := range list {
		s.apply(r)
		after := s.check()
		for id, check := range checks(after) {
			switch failed := check.State == survey.Fail; {
			case failed && slices.Contains(r.Greens(), id) && onService(r, after, check):
				s.t.Errorf("after %s: %s still fails: %s", r.ID, id, check.Evidence)
			case failed && checks(before)[id].State != survey.Fail:
				s.t.Errorf("after %s: %s fails, and did not before: %s", r.ID, id, check.Evidence)
			}
		}
		if strings.Contains(r.Changes(), "A-TITLE-OF-OURS") {
			title = "A-TITLE-OF-OURS"
		}
		tunnel = tunnel || strings.HasSuffix(r.ID, "-tls")
		s.use(c, r, title, tunnel)
		before = after
	}
	if len(list) == len(runRemedies(s.t, c.product)) && string(before.Grade) != c.grade {
		s.t.Errorf("grade %q after the whole plan, want %q; verdict %s", before.Grade, c.grade, before.Verdict)
	}
}

// fill stores a study in an archive that is still open, so that the checks of what
// an archive returns have something to see.
func (s *site) fill(c remedyCase, title string) {
	s.t.Helper()
	port := map[string]string{"Orthanc": "4242", "DCMTK dcmqrscp": "104"}[c.product]
	if port == "" {
		return
	}
	image := filepath.Join(s.t.TempDir(), "first.dcm")
	s.write(image, string(realserver.Studies(1, 1, 1, realserver.StudyOptions{})[0].File(0)))
	if ok, out := s.try("", "storescu", "-aec", title, archiveAddr, port, image); !ok || strings.Contains(out, "Failed") {
		s.t.Fatalf("the open archive stores nothing: %s", out)
	}
}

// onService reports whether a check is of a service that the remedy is for.
func onService(r remedy.Remedy, f survey.Finding, c survey.Check) bool {
	for _, s := range f.Services {
		if s.Port == c.Port {
			return r.On == "" || (r.On == "http") == (s.Protocol == survey.ProtocolHTTP)
		}
	}
	return true
}

// check is a check of the archive's machine by the one that is not listed, which
// knows the titles.
func (s *site) check() survey.Finding {
	s.t.Helper()
	path := file(s.t, fmt.Sprintf("version: 1\nname: remedies\nauthority: {organisation: Example, contact: a@example.org, valid_from: 2020-01-01, valid_until: 2099-12-31}\n"+
		"include: [%s]\nports: {dicom: [104, 2762, 4242], http: [443, 8042]}\n", archiveAddr))
	f := leadglass(s.t, "check", archiveAddr, "--scope", path, "--json", "--count", "off", "--called-ae-title", "READWRITE", "--called-ae-title", "A-TITLE-OF-OURS", "--called-ae-title", "WORKLIST")
	return f.want(s.t, exitDone).finding(s.t)
}

// open starts a product as it is before any remedy.
func (s *site) open(c remedyCase) {
	s.t.Helper()
	switch c.product {
	case "Orthanc":
		if strings.HasPrefix(c.config, "one ") {
			whole := map[string]any{}
			files, _ := filepath.Glob("/etc/orthanc/*.json")
			for _, f := range files {
				for key, value := range s.readJSON(f) {
					whole[key] = value
				}
				s.must("rm", f)
			}
			s.write("/etc/orthanc/orthanc.json", "{}")
			for key, value := range whole {
				s.setJSON("/etc/orthanc/orthanc.json", fmt.Sprintf("%q: %s", key, jsonText(s.t, value)))
			}
		}
		s.setJSON("/etc/orthanc/orthanc.json", `"DicomAlwaysAllowFind": true, "DicomAlwaysAllowGet": true, "DicomAlwaysAllowMove": true, "DicomAlwaysAllowFindWorklist": true,
			"RemoteAccessAllowed": true, "AuthenticationEnabled": false, "DicomModalities": {"workstation1": ["WORKSTATION1", "192.0.2.10", 104]}`)
		s.restart("orthanc")
	case "DCMTK dcmqrscp":
		text := s.read("/etc/dcmtk/dcmqrscp.cfg")
		s.write("/etc/dcmtk/dcmqrscp.cfg", strings.Replace(text, "\n#READWRITE ", "\nREADWRITE ", 1))
		s.restart("dcmqrscp")
	case "DCMTK wlmscpfs":
		s.must("mkdir", "-p", "/var/lib/dcmtk/worklist/WORKLIST")
		s.write("/var/lib/dcmtk/worklist/WORKLIST/lockfile", "")
		s.write("/var/lib/dcmtk/worklist/WORKLIST/1.wl", string(realserver.Studies(7, 1, 1, realserver.StudyOptions{})[0].Worklist()))
		s.start("archive", "tool", "wlmscpfs -dfp /var/lib/dcmtk/worklist 104", 104)
	default:
		s.start("archive", "tool", "storescp -od /var/lib/dcmtk/received 104", 104)
	}
}

// stations starts what the stations run: a receiver on port 104, and a TLS proxy
// for both directions.
func (s *site) stations() {
	s.t.Helper()
	for _, place := range []string{"workstation1", "modality1"} {
		dir := "/run/received-" + place
		s.must("sh", "-c", "rm -rf "+dir+"; mkdir -p "+dir)
		s.start(place, "storescp at "+place, "storescp -od "+dir+" 104", 104)
		conf := "/run/" + place + ".conf"
		const tls = "cert = /etc/stunnel/archive.pem\nCAfile = /etc/stunnel/stations.crt\nverifyChain = yes\n"
		s.write(conf, "foreground = yes\npid =\n[out]\nclient = yes\naccept = 127.0.0.1:"+tunnelPort+"\nconnect = "+archiveAddr+":2762\n"+tls+
			"[in]\naccept = 2762\nconnect = 127.0.0.1:104\n"+tls)
		s.start(place, "stunnel at "+place, "stunnel4 "+conf, 2762, 11112)
	}
}

// use has the listed stations do what the remedy says that they can go on doing,
// and the machine that is not listed fail at it where callers are refused.
func (s *site) use(c remedyCase, r remedy.Remedy, title string, tunnel bool) {
	s.t.Helper()
	port := "104"
	if c.product == "Orthanc" {
		port = "4242"
	}
	if c.product == "DCMTK wlmscpfs" {
		title = "WORKLIST"
	}
	peer, refused := []string{archiveAddr, port}, slices.Contains(r.Greens(), "LG-D04") || slices.Contains(r.Greens(), "LG-D09") || slices.Contains(r.Greens(), "LG-D08")
	if c.product == "DCMTK storescp" || tunnel {
		peer = []string{"127.0.0.1", tunnelPort}
	}
	study := realserver.Studies(uint64(len(r.ID)), 1, 1, realserver.StudyOptions{})[0]
	image := filepath.Join(s.t.TempDir(), "image.dcm")
	s.write(image, string(study.File(0)))
	for _, use := range r.Stations {
		place, aet, tool, args := "workstation1", "WORKSTATION1", "", []string{}
		switch use {
		case "echo":
			tool = "echoscu"
		case "store":
			place, aet, tool = "modality1", "MODALITY1", "storescu"
		case "find":
			tool, args = "findscu", []string{"-S", "-k", "0008,0052=STUDY", "-k", "0020,000d=" + study.UID}
		case "worklist":
			place, aet, tool, args = "modality1", "MODALITY1", "findscu", []string{"-W", "-k", "0010,0010"}
		case "get":
			tool, args = "getscu", []string{"-S", "-k", "0008,0052=STUDY", "-k", "0020,000d=" + study.UID}
		case "move":
			tool, args = "movescu", []string{"-S", "-aem", "WORKSTATION1", "-k", "0008,0052=STUDY", "-k", "0020,000d=" + study.UID}
		case "web":
			s.web(r)
			continue
		}
		line := slices.Concat([]string{"-to", "10", "-aet", aet, "-aec", title}, args)
		at := func(peer []string) []string {
			if tool == "storescu" {
				return slices.Concat(line, peer, []string{image})
			}
			return slices.Concat(line, peer)
		}
		if ok, out := s.try(place, tool, at(peer)...); !ok || strings.Contains(out, "Failed") {
			s.t.Errorf("after %s: %s of the listed station: %s", r.ID, use, out)
		}
		if use == "move" && s.must("sh", "-c", "ls /run/received-workstation1 | wc -l") == "0\n" {
			s.t.Errorf("after %s: the station received nothing by C-MOVE", r.ID)
		}
		line[1] = "2"
		if !refused || tunnel && use != "echo" { // the packets to the plain port are dropped, whatever they hold
			continue
		}
		if ok, out := s.try("", tool, at([]string{archiveAddr, port})...); ok {
			s.t.Errorf("after %s: %s of the machine that is not listed succeeds: %s", r.ID, use, out)
		}
	}
	if c.product == "any" {
		s.families()
	}
}

// families has IPv4, IPv6 and loopback tried against the rules before any archive.
func (s *site) families() {
	s.t.Helper()
	s.write("/run/ipv6.conf", "foreground = yes\npid =\n[both]\naccept = :::2575\nconnect = 127.0.0.1:104\ncert = /etc/stunnel/archive.pem\n")
	s.start("archive", "ipv6", "stunnel4 /run/ipv6.conf", 2575)
	reaches := func(place, addr string) bool {
		return s.command(place, "timeout", "2", "bash", "-c", "exec 3<>/dev/tcp/"+addr+"/2575").Run() == nil
	}
	for _, test := range []struct {
		place, addr string
		want        bool
	}{{"", archiveAddr, false}, {"", "2001:db8::5", false}, {"workstation1", archiveAddr, true}, {"workstation1", "2001:db8::5", true},
		{"archive", "127.0.0.1", true}, {"archive", "::1", true}} {
		if got := reaches(test.place, test.addr); got != test.want {
			s.t.Errorf("from %q to %s: reached %t, want %t", test.place, test.addr, got, test.want)
		}
	}
}

// web uses the REST interface as a program that has the password, and, once there
// is a proxy, the certificate.
func (s *site) web(r remedy.Remedy) {
	s.t.Helper()
	ask := func(place string, args ...string) string {
		out, _ := s.command(place, "curl", append([]string{"-s", "-o", "/dev/null", "-m", "3", "-w", "%{http_code}"}, args...)...).Output()
		return string(out)
	}
	tls := []string{"--cacert", "/etc/nginx/stations.crt", "--cert", "/etc/nginx/archive.crt", "--key", "/etc/nginx/archive.key"}
	login := []string{"-u", "a-name:a-long-password"}
	plain, secure := "http://"+archiveAddr+":8042/system", "https://"+archiveAddr+"/system"
	wants := map[string][]string{"200": slices.Concat(login, []string{plain}), "401": {plain}}
	if r.ID == "orthanc-https" {
		wants = map[string][]string{"200": slices.Concat(login, tls, []string{secure}), "400": slices.Concat(login, tls[:2], []string{secure}), "000": slices.Concat(login, []string{plain})}
	}
	for want, args := range wants {
		if got := ask("workstation1", args...); got != want {
			s.t.Errorf("after %s: curl %s answers %s, want %s", r.ID, strings.Join(args, " "), got, want)
		}
	}
}

// TestUpgradesNameTheLibrary has apt-get simulate the upgrades: the library that
// holds the network code is a package of its own.
func TestUpgradesNameTheLibrary(t *testing.T) {
	t.Parallel()
	table, err := products.Builtin()
	if err != nil {
		t.Fatal(err)
	}
	seen := 0
	for _, product := range []string{"Orthanc", "DCMTK dcmqrscp", "DCMTK storescp", "DCMTK wlmscpfs"} {
		for _, r := range table.Remedies(product) {
			for _, step := range r.Steps {
				_, line, found := strings.Cut(step.Run, "apt-get install ")
				if !found {
					continue
				}
				seen++
				out, err := exec.CommandContext(t.Context(), "sh", "-c", "apt-get --simulate install "+line).CombinedOutput()
				if err != nil || !strings.Contains(string(out), "libdcmtk17") {
					t.Errorf("%s: %v\n%s", r.ID, err, out)
				}
			}
		}
	}
	if seen != 4 {
		t.Errorf("%d upgrades, want 4", seen)
	}
}
