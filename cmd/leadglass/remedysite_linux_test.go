package main

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"leadglass/internal/realserver"
	"leadglass/internal/remedy"
)

// site is a machine with an archive, in a network with two stations that the
// remedies list and one machine that they do not, where the test itself is. Its
// files are copies of those that the distribution packaged, at their own paths.
type site struct {
	t *testing.T
	// places are processes in the network namespaces of archive, workstation1 and
	// modality1.
	places  map[string]int
	running map[string]*exec.Cmd
	saved   string
}

// siteDirs are the directories whose packaged files are copied.
var siteDirs = []string{"/etc/orthanc", "/etc/dcmtk", "/etc/nginx", "/etc/stunnel"}

// The addresses are those in the texts of the remedies.
const (
	archiveAddr, unlistedAddr = "192.0.2.5", "192.0.2.66"
	tunnelPort                = "11112" // of the TLS proxy of a station, towards the archive
)

func newSite(t *testing.T) *site {
	t.Helper()
	s := &site{t: t, places: map[string]int{}, running: map[string]*exec.Cmd{}, saved: t.TempDir()}
	s.must("mount", "--make-rprivate", "/")
	for _, dir := range append(slices.Clone(siteDirs), "/etc/hosts", "/etc/nftables.conf") {
		s.must("cp", "-a", dir, s.saved+"/")
		copied := filepath.Join(t.TempDir(), filepath.Base(dir))
		s.must("cp", "-a", dir, copied)
		s.must("mount", "--bind", copied, dir)
	}
	for _, dir := range []string{"/run", "/var/lib/orthanc", "/var/lib/dcmtk", "/var/log/nginx"} {
		s.must("mkdir", "-p", dir)
		s.must("mount", "-t", "tmpfs", "tmpfs", dir)
	}
	s.must("ip", "link", "set", "lo", "up")
	s.must("ip", "link", "add", "site0", "type", "bridge")
	s.must("ip", "link", "set", "site0", "up")
	for _, a := range []string{unlistedAddr + "/24", "2001:db8::66/64"} {
		s.must("ip", "addr", "add", a, "dev", "site0", "nodad")
	}
	s.place("archive", archiveAddr+"/24", "2001:db8::5/64")
	s.place("workstation1", "192.0.2.10/24", "2001:db8::10/64")
	s.place("modality1", "192.0.2.11/24", "2001:db8::11/64")
	return s
}

func (s *site) must(name string, args ...string) string {
	s.t.Helper()
	out, err := exec.CommandContext(s.t.Context(), name, args...).CombinedOutput()
	if err != nil {
		s.t.Fatalf("%s %s: %v\n%s", name, strings.Join(args, " "), err, out)
	}
	return string(out)
}

// place makes a network namespace on the bridge.
func (s *site) place(name string, addrs ...string) {
	s.t.Helper()
	cmd := exec.Command("sleep", "1h")
	cmd.SysProcAttr = &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWNET, Pdeathsig: syscall.SIGKILL}
	if err := cmd.Start(); err != nil {
		s.t.Fatalf("making a namespace: %v", err)
	}
	s.t.Cleanup(func() { _ = cmd.Process.Kill(); _ = cmd.Wait() })
	s.places[name] = cmd.Process.Pid
	pid := strconv.Itoa(cmd.Process.Pid)
	s.must("ip", "link", "add", "v"+name[:4], "type", "veth", "peer", "name", "eth0", "netns", pid)
	s.must("ip", "link", "set", "v"+name[:4], "master", "site0", "up")
	s.on(name, "ip", "link", "set", "lo", "up")
	s.on(name, "ip", "link", "set", "eth0", "up")
	for _, a := range addrs {
		s.on(name, "ip", "addr", "add", a, "dev", "eth0", "nodad")
	}
}

// command runs a program at a place; the empty place is the unlisted machine.
func (s *site) command(place, name string, args ...string) *exec.Cmd {
	if place == "" {
		return exec.Command(name, args...)
	}
	return exec.Command("nsenter", append([]string{"-t", strconv.Itoa(s.places[place]), "-n", name}, args...)...)
}

func (s *site) on(place, name string, args ...string) {
	s.t.Helper()
	if out, err := s.command(place, name, args...).CombinedOutput(); err != nil {
		s.t.Fatalf("at %s: %s %v: %v\n%s", place, name, args, err, out)
	}
}

// try runs a client of DCMTK at a place and reports whether it succeeded.
func (s *site) try(place, name string, args ...string) (bool, string) {
	cmd := s.command(place, name, args...)
	cmd.Dir = s.t.TempDir()
	out, err := cmd.CombinedOutput()
	return err == nil, name + " " + strings.Join(args, " ") + "\n" + string(out)
}

// reset stops every service and restores the packaged files.
func (s *site) reset() {
	s.t.Helper()
	for name := range s.running {
		s.stop(name)
	}
	for _, dir := range siteDirs {
		s.must("sh", "-c", "rm -rf "+dir+"/* && cp -a "+s.saved+"/"+filepath.Base(dir)+"/. "+dir+"/")
	}
	for _, name := range []string{"hosts", "nftables.conf"} {
		s.must("sh", "-c", "cat "+s.saved+"/"+name+" > /etc/"+name)
	}
	s.must("sh", "-c", "rm -rf /var/lib/orthanc/* /var/lib/dcmtk/* /etc/nftables-archive-*.conf; mkdir -p /var/lib/orthanc/db-v6 /var/lib/dcmtk/db/READWRITE /var/lib/dcmtk/received; chown -R orthanc:orthanc /var/lib/orthanc; chown -R dcmtk:dcmtk /var/lib/dcmtk")
	s.on("archive", "nft", "flush", "ruleset")
	s.certificates()
}

// certificates does what the remedies ask for in words: an authority, and
// certificates of it for the archive and the stations.
func (s *site) certificates() {
	s.t.Helper()
	id := realserver.Identity(s.t, realserver.IdentityOptions{Names: []string{"archive.example.org"}, Addresses: []string{archiveAddr, "192.0.2.10", "192.0.2.11"}})
	for from, to := range map[string][]string{id.Both: {"/etc/stunnel/archive.pem"}, id.Certificate: {"/etc/nginx/archive.crt", "/etc/dcmtk/archive.crt"},
		id.Key: {"/etc/nginx/archive.key", "/etc/dcmtk/archive.key"}, id.Authority: {"/etc/stunnel/stations.crt", "/etc/nginx/stations.crt", "/etc/dcmtk/stations.crt"}} {
		for _, path := range to {
			s.must("cp", from, path)
		}
	}
}

func (s *site) stop(name string) {
	if cmd := s.running[name]; cmd != nil {
		_ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL)
		_ = cmd.Wait()
		delete(s.running, name)
	}
}

// start runs a service at a place until all its ports listen.
func (s *site) start(place, name, line string, ports ...int) {
	s.t.Helper()
	s.stop(name)
	log := filepath.Join(s.t.TempDir(), "log")
	cmd := s.command(place, "sh", "-c", "exec "+line+" > "+log+" 2>&1")
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
	if err := cmd.Start(); err != nil {
		s.t.Fatalf("starting %s: %v", name, err)
	}
	s.running[name] = cmd
	deadline := time.Now().Add(time.Minute)
	for !s.listens(place, ports) {
		var status syscall.WaitStatus
		pid, _ := syscall.Wait4(cmd.Process.Pid, &status, syscall.WNOHANG, nil)
		if text, _ := os.ReadFile(log); pid == cmd.Process.Pid || time.Now().After(deadline) {
			s.t.Fatalf("%s does not listen on %v:\n%s", name, ports, text)
		}
		time.Sleep(20 * time.Millisecond)
	}
}

// listens reports whether all ports are in state LISTEN (proc_net_tcp: 0A).
func (s *site) listens(place string, ports []int) bool {
	var table []byte
	for _, family := range []string{"tcp", "tcp6"} {
		text, _ := os.ReadFile(fmt.Sprintf("/proc/%d/net/%s", s.places[place], family))
		table = append(table, text...)
	}
	return !slices.ContainsFunc(ports, func(p int) bool {
		return !regexp.MustCompile(fmt.Sprintf(`:%04X [0-9A-F]+:0000 0A `, p)).Match(table)
	})
}

// restart is `systemctl restart` of a service of the archive's machine.
func (s *site) restart(service string) {
	s.t.Helper()
	switch service {
	case "nftables":
		s.on("archive", "nft", "-f", "/etc/nftables.conf")
	case "orthanc":
		s.start("archive", service, "setpriv --reuid=orthanc --regid=orthanc --clear-groups /usr/sbin/Orthanc /etc/orthanc", 4242, 8042)
	case "dcmqrscp":
		s.start("archive", service, "dcmqrscp -c /etc/dcmtk/dcmqrscp.cfg", 104)
	case "stunnel4":
		s.must("sh", "-c", "{ printf 'foreground = yes\\npid =\\n'; cat /etc/stunnel/archive.conf; } > /run/stunnel.conf")
		s.start("archive", service, "stunnel4 /run/stunnel.conf", 2762)
	case "nginx":
		s.start("archive", service, "nginx -g 'daemon off;'", 443)
	default:
		s.t.Fatalf("a remedy restarts %s, which the test does not know", service)
	}
}

// apply does what a remedy says, step by step.
func (s *site) apply(r remedy.Remedy) {
	s.t.Helper()
	for _, step := range r.Steps {
		switch {
		case step.JSON != "":
			s.setJSON(step.File, step.JSON)
		case step.Lines != "":
			table := regexp.MustCompile(`(?s)\n` + step.Table + ` BEGIN\n.*?\n` + step.Table + ` END`)
			text := s.read(step.File)
			if !table.MatchString(text) {
				s.t.Fatalf("%s has no %s", step.File, step.Table)
			}
			s.write(step.File, table.ReplaceAllLiteralString(text, "\n"+step.Table+" BEGIN\n"+step.Lines+step.Table+" END"))
		case step.Write != "":
			s.write(step.File, step.Write)
		case step.Append != "":
			s.write(step.File, strings.TrimRight(s.read(step.File), "\n")+"\n"+strings.TrimRight(step.Append, "\n")+"\n")
		case step.Start != "":
			s.stop("tool")
			fields := strings.Fields(step.Start)
			port, err := strconv.Atoi(fields[len(fields)-1])
			if err != nil {
				s.t.Fatalf("%s ends with no port", step.Start)
			}
			s.start("archive", "tool", step.Start, port)
		case step.Restart != "":
			s.restart(step.Restart)
		}
	}
}

func (s *site) read(path string) string {
	s.t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		s.t.Fatal(err)
	}
	return string(text)
}

func (s *site) write(path, text string) {
	s.t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		s.t.Fatal(err)
	}
}

var jsonComment = regexp.MustCompile(`(?s)("(?:[^"\\]|\\.)*")|/\*.*?\*/|//[^\n]*`)

func (s *site) readJSON(path string) map[string]any {
	s.t.Helper()
	var settings map[string]any
	if err := json.Unmarshal(jsonComment.ReplaceAll([]byte(s.read(path)), []byte("$1")), &settings); err != nil {
		s.t.Fatalf("%s: %v", path, err)
	}
	return settings
}

// setJSON sets keys in whichever file of the directory has them, else in file, or
// in the first file of the directory where that one is missing.
func (s *site) setJSON(file, text string) {
	s.t.Helper()
	var values map[string]any
	if err := json.Unmarshal([]byte("{"+text+"}"), &values); err != nil {
		s.t.Fatalf("settings of a remedy: %v\n%s", err, text)
	}
	files, _ := filepath.Glob(filepath.Join(filepath.Dir(file), "*.json"))
	if !slices.Contains(files, file) {
		file = filepath.Join(filepath.Dir(file), "orthanc.json")
	}
	for key, value := range values {
		at := file
		for _, other := range files {
			if _, ok := s.readJSON(other)[key]; ok {
				at = other
			}
		}
		settings := s.readJSON(at)
		settings[key] = value
		out, err := json.MarshalIndent(settings, "", "  ")
		if err != nil {
			s.t.Fatal(err)
		}
		s.write(at, string(out))
	}
}

func jsonText(t *testing.T, value any) string {
	t.Helper()
	text, err := json.Marshal(value)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
