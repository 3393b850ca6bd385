package realserver

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"
	"time"
)

const (
	// MaxStudies is how many studies one storage area of dcmqrscp can hold;
	// dcmqridx breaks off beyond.
	MaxStudies = 500
	// toolLimit is how long a command line client may take.
	toolLimit = 30 * time.Second
	// indexLimit is how long dcmqridx may take.
	indexLimit = 2 * time.Minute
)

// DCMTKOptions say how one of DCMTK's servers is started.
type DCMTKOptions struct {
	// Host is the address to contact it at; 127.0.0.1 when empty.
	Host string
	// AETitle is its title; DCMQRSCP, STORESCP or WLMSCPFS when empty.
	AETitle string
	// Args are further arguments, before the port: "+tls", key, certificate.
	Args []string
	// Studies are put into the storage area of dcmqrscp, 500 at most; for
	// wlmscpfs each becomes one entry of the worklist.
	Studies []Study
	// Config is put before the tables of dcmqrscp's configuration file.
	Config string
	// Peers restricts who may call dcmqrscp; "ANY" when empty.
	Peers string
	// HostTable holds lines "NAME = (AETITLE, HOST, PORT)" of dcmqrscp, the
	// destinations of C-MOVE.
	HostTable []string
}

// defaultTitle gives the title that was asked for, or the usual one.
func (o DCMTKOptions) defaultTitle(title string) string {
	if o.AETitle != "" {
		return o.AETitle
	}
	return title
}

// Dcmqrscp starts DCMTK's image archive. It answers any calling title and
// refuses associations for a called title other than its own.
func Dcmqrscp(t testing.TB, o DCMTKOptions) *Server {
	t.Helper()
	path := program(t, "dcmqrscp")
	s := &Server{Host: hostOr(t, o.Host), AETitle: o.defaultTitle("DCMQRSCP"), storage: t.TempDir()}
	peers := o.Peers
	if peers == "" {
		peers = "ANY"
	}
	area := filepath.Join(s.storage, "area")
	if err := os.Mkdir(area, 0o700); err != nil {
		t.Fatalf("making the storage area: %v", err)
	}
	if len(o.Studies) > 0 {
		s.LoadDcmqrscp(t, o.Studies)
	}
	file := filepath.Join(s.storage, "dcmqrscp.cfg")
	hosts := ""
	for _, line := range o.HostTable {
		hosts += line + "\n"
	}
	s.start(t, 1, func(ports []uint16) *exec.Cmd {
		config := fmt.Sprintf("NetworkTCPPort = %d\nMaxPDUSize = 16384\nMaxAssociations = 16\n%s\n"+
			"HostTable BEGIN\n%sHostTable END\nVendorTable BEGIN\nVendorTable END\n"+
			"AETable BEGIN\n%s %s RW (%d, 1024mb) %s\nAETable END\n",
			ports[0], o.Config, hosts, s.AETitle, area, MaxStudies, peers)
		if err := os.WriteFile(file, []byte(config), 0o600); err != nil {
			t.Fatalf("writing dcmqrscp's configuration: %v", err)
		}
		return exec.Command(path, append(o.Args, "-c", file)...)
	})
	return s
}

// LoadDcmqrscp writes the studies into the storage area of a dcmqrscp and
// enters them in its index.
func (s *Server) LoadDcmqrscp(t testing.TB, studies []Study) {
	t.Helper()
	if s.storages += len(studies); s.storages > MaxStudies {
		t.Fatalf("%d studies in a storage area of dcmqrscp, which holds %d at most", s.storages, MaxStudies)
	}
	area := filepath.Join(s.storage, "area")
	args := []string{area}
	for _, study := range studies {
		for i := range study.Images {
			s.loaded++
			name := filepath.Join(area, strconv.Itoa(s.loaded)+".dcm")
			if err := os.WriteFile(name, study.File(i), 0o600); err != nil {
				t.Fatalf("writing an image: %v", err)
			}
			args = append(args, name)
		}
	}
	out, code := run(t, indexLimit, "dcmqridx", args...)
	if code != 0 {
		t.Fatalf("dcmqridx ended with %d:\n%s", code, tail(out, logShown))
	}
}

// Storescp starts DCMTK's storage server; it receives and forgets.
func Storescp(t testing.TB, o DCMTKOptions) *Server {
	t.Helper()
	path := program(t, "storescp")
	s := &Server{Host: hostOr(t, o.Host), AETitle: o.defaultTitle("STORESCP"), storage: t.TempDir()}
	s.start(t, 1, func(ports []uint16) *exec.Cmd {
		args := append([]string{"--ignore", "-od", s.storage, "-aet", s.AETitle}, o.Args...)
		return exec.Command(path, append(args, strconv.Itoa(int(ports[0])))...)
	})
	return s
}

// Wlmscpfs starts DCMTK's worklist server. It takes the called title as the
// name of a worklist and refuses others.
func Wlmscpfs(t testing.TB, o DCMTKOptions) *Server {
	t.Helper()
	path := program(t, "wlmscpfs")
	s := &Server{Host: hostOr(t, o.Host), AETitle: o.defaultTitle("WLMSCPFS"), storage: t.TempDir()}
	dir := filepath.Join(s.storage, s.AETitle)
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatalf("making the worklist directory: %v", err)
	}
	files := map[string][]byte{"lockfile": nil}
	for i, study := range o.Studies {
		files[fmt.Sprintf("%d.wl", i+1)] = study.Worklist()
	}
	for name, content := range files {
		if err := os.WriteFile(filepath.Join(dir, name), content, 0o600); err != nil {
			t.Fatalf("writing the worklist: %v", err)
		}
	}
	s.start(t, 1, func(ports []uint16) *exec.Cmd {
		args := append([]string{"-dfp", s.storage}, o.Args...)
		return exec.Command(path, append(args, strconv.Itoa(int(ports[0])))...)
	})
	return s
}

// Tool runs one of DCMTK's command line clients (echoscu, findscu, getscu,
// movescu, storescu, …) and returns what it wrote to both outputs and its
// exit code. After 30 s it is ended and the test fails.
func Tool(t testing.TB, name string, args ...string) (output string, code int) {
	t.Helper()
	return run(t, toolLimit, name, args...)
}

// run runs a program to its end.
func run(t testing.TB, limit time.Duration, name string, args ...string) (output string, code int) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), limit)
	defer cancel()
	cmd := exec.CommandContext(ctx, program(t, name), args...)
	cmd.Dir = t.TempDir() // getscu and storescp write where they are
	cmd.SysProcAttr = childAttributes()
	cmd.WaitDelay = time.Second
	out, err := cmd.CombinedOutput()
	var exit *exec.ExitError
	switch {
	case ctx.Err() != nil:
		t.Fatalf("%s did not end in %v; it wrote:\n%s", name, limit, tail(string(out), logShown))
	case err != nil && !errors.As(err, &exit):
		t.Fatalf("running %s: %v", name, err)
	}
	return string(out), cmd.ProcessState.ExitCode()
}
