package realserver

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// StunnelOptions say what a stunnel does.
type StunnelOptions struct {
	// Host is the address to contact it at; 127.0.0.1 when empty.
	Host string
	// Upstream is "host:port" of the server that connections are handed to.
	Upstream string
	Identity TLSIdentity
	// Lines are further options of its service: "verifyChain = yes".
	Lines []string
}

// Stunnel starts Debian's stunnel before a server that has no TLS of its own.
// Its port is DICOMPort.
func Stunnel(t testing.TB, o StunnelOptions) *Server {
	t.Helper()
	path := program(t, "stunnel4")
	s := &Server{Host: hostOr(t, o.Host), storage: t.TempDir()}
	file := filepath.Join(s.storage, "stunnel.conf")
	s.start(t, 1, func(ports []uint16) *exec.Cmd {
		text := fmt.Sprintf("foreground = yes\npid =\n[dicom-tls]\naccept = %s:%d\nconnect = %s\ncert = %s\nCAfile = %s\n%s\n",
			s.Host, ports[0], o.Upstream, o.Identity.Both, o.Identity.Authority, strings.Join(o.Lines, "\n"))
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatalf("writing stunnel's configuration: %v", err)
		}
		return exec.Command(path, file)
	})
	return s
}
