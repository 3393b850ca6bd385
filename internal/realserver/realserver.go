// Package realserver starts the real DICOM servers of the distribution
// (Orthanc, and DCMTK's dcmqrscp, storescp, wlmscpfs), nginx, stunnel and PostgreSQL for the
// tests of any package, fills them with made-up studies, and runs DCMTK's command line
// clients against acceptors of ours. It answers one question: does our code
// get along with software that we did not write?
//
// It is test support: only _test files import it. It never contacts anything
// but addresses of 127.0.0.0/8, never imports a package of the product (so
// that a mistake in our encoder cannot hide itself), and every person that it
// makes up carries the word CANARY, by which a leak is found.
//
// The servers themselves cannot be told to listen on one address alone; they
// listen on every address of the machine while a test runs.
package realserver

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

const (
	// startLimit is how long a server may take until its ports answer.
	startLimit = 30 * time.Second
	// startAttempts is how often a server is started when it ends before its
	// ports answer: another process may have taken a port meanwhile.
	startAttempts = 3
	// dialLimit is how long one look at a port may take.
	dialLimit = 500 * time.Millisecond
	// logShown is how much of the end of a server's log a failed test shows.
	logShown = 16 << 10
)

// Server is a running DICOM server. It ends with the test that started it.
type Server struct {
	// Host is the address to contact it at, in 127.0.0.0/8.
	Host string
	// DICOMPort is where it takes associations.
	DICOMPort uint16
	// HTTPPort is where it takes HTTP requests; 0 when it has no HTTP port.
	HTTPPort uint16
	// AETitle is its own application entity title.
	AETitle string
	// PID is its process, for measurements.
	PID int

	storage  string // directory with the server's files
	log      string // file with standard output and error
	http     httpAccess
	storages int // studies in the storage area of a dcmqrscp
	loaded   int // files written there
}

// Addr is the address to contact the server at.
func (s *Server) Addr() netip.Addr { return netip.MustParseAddr(s.Host) }

// DICOMAddr is "host:port" of the DICOM port.
func (s *Server) DICOMAddr() string {
	return net.JoinHostPort(s.Host, strconv.Itoa(int(s.DICOMPort)))
}

// HTTPAddr is "host:port" of the HTTP port.
func (s *Server) HTTPAddr() string {
	return net.JoinHostPort(s.Host, strconv.Itoa(int(s.HTTPPort)))
}

// Log is what the server has written to standard output and error so far.
func (s *Server) Log() string {
	b, err := os.ReadFile(s.log)
	if err != nil {
		return err.Error()
	}
	return string(b)
}

// program returns the path of one of the distribution's programs, and ends
// the test when it is not installed.
func program(t testing.TB, name string) string {
	t.Helper()
	path, err := exec.LookPath(name)
	if err != nil {
		t.Fatalf("%s is not installed; run `make setup`, which installs Debian's packages orthanc, orthanc-dicomweb, dcmtk, nginx and stunnel4", name)
	}
	return path
}

// hostOr checks that the address is a loopback address; none means 127.0.0.1.
func hostOr(t testing.TB, host string) string {
	t.Helper()
	if host == "" {
		return "127.0.0.1"
	}
	addr, err := netip.ParseAddr(host)
	if err != nil || !addr.Is4() || !addr.IsLoopback() {
		t.Fatalf("host %q is no address of 127.0.0.0/8", host)
	}
	return host
}

// freePorts returns n TCP ports that are free on every address just now.
func freePorts(t testing.TB, n int) []uint16 {
	t.Helper()
	ports := make([]uint16, 0, n)
	for range n {
		l, err := net.Listen("tcp4", ":0")
		if err != nil {
			t.Fatalf("looking for a free port: %v", err)
		}
		defer func() { _ = l.Close() }()
		ports = append(ports, l.Addr().(*net.TCPAddr).AddrPort().Port())
	}
	return ports
}

// command makes the server's command line for its ports; it is called again
// with other ports when a start does not succeed.
type command func(ports []uint16) *exec.Cmd

// start runs the command with n free ports until all of them answer, and
// arranges its end with the test.
func (s *Server) start(t testing.TB, n int, build command) {
	t.Helper()
	s.log = filepath.Join(t.TempDir(), "log")
	var last error
	for range startAttempts {
		ports := freePorts(t, n)
		cmd := build(ports)
		p, err := spawn(cmd, s.log)
		if err != nil {
			t.Fatalf("starting %s: %v", cmd.Path, err)
		}
		if last = p.answers(s.Host, ports); last != nil {
			p.end()
			if errors.Is(last, errEnded) {
				continue
			}
			break
		}
		s.PID = cmd.Process.Pid
		s.DICOMPort = ports[0]
		if n > 1 {
			s.HTTPPort = ports[1]
		}
		t.Cleanup(func() {
			p.end()
			if t.Failed() {
				t.Logf("log of %s, pid %d:\n%s", filepath.Base(cmd.Path), s.PID, tail(s.Log(), logShown))
			}
		})
		return
	}
	t.Fatalf("starting a server: %v; its log:\n%s", last, tail(s.Log(), logShown))
}

// errEnded is the error of a server that ended instead of answering.
var errEnded = errors.New("the server ended before its port answered")

// process is a child process whose end is awaited.
type process struct {
	cmd  *exec.Cmd
	done chan struct{} // closed when the process has ended
}

// spawn starts the command with its output in the file.
func spawn(cmd *exec.Cmd, log string) (*process, error) {
	return spawnAs(cmd, log, childAttributes())
}

// spawnAs is spawn with other attributes of the process.
func spawnAs(cmd *exec.Cmd, log string, attributes *syscall.SysProcAttr) (*process, error) {
	f, err := os.OpenFile(log, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		return nil, fmt.Errorf("opening the log: %w", err)
	}
	defer func() { _ = f.Close() }() // the child has its own handle
	cmd.Stdout, cmd.Stderr = f, f
	cmd.SysProcAttr = attributes
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("starting: %w", err)
	}
	p := &process{cmd: cmd, done: make(chan struct{})}
	go func() {
		_ = cmd.Wait() // ended by a signal of ours: its status says nothing
		close(p.done)
	}()
	return p, nil
}

// answers waits until every port takes a connection.
func (p *process) answers(host string, ports []uint16) error {
	deadline := time.Now().Add(startLimit)
	for _, port := range ports {
		addr := net.JoinHostPort(host, strconv.Itoa(int(port)))
		for {
			conn, err := net.DialTimeout("tcp4", addr, dialLimit)
			if err == nil {
				_ = conn.Close()
				break
			}
			if time.Now().After(deadline) {
				return fmt.Errorf("%s did not answer in %v: %w", addr, startLimit, err)
			}
			select {
			case <-p.done:
				return errEnded
			case <-time.After(5 * time.Millisecond):
			}
		}
	}
	select {
	case <-p.done: // somebody else answered
		return errEnded
	default:
		return nil
	}
}

// end kills the process and the children that it made, and waits for its end.
func (p *process) end() {
	killGroup(p.cmd.Process)
	<-p.done
}

// tail is the last n bytes of text, from the beginning of a line.
func tail(text string, n int) string {
	if len(text) <= n {
		return text
	}
	text = text[len(text)-n:]
	_, rest, _ := strings.Cut(text, "\n")
	return "…\n" + rest
}
