package realserver

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// NginxOptions say what an nginx does.
type NginxOptions struct {
	// Host is the address to contact it at; 127.0.0.1 when empty.
	Host string
	// Upstream is "host:port" of the server that requests are handed to; the
	// files of Root are served when it is empty.
	Upstream string
	// Root is the directory whose files are served, with listings.
	Root string
	// User and Password demand a login for Guarded; none when User is empty.
	User, Password string
	// Guarded is the path that the login is for; everything when empty.
	Guarded string
	// Identity is a file with a certificate and its key, for TLS; plain HTTP
	// when empty.
	Identity string
	// Directives are further ones of the server block, each with its ";".
	Directives string
	// AnyOrigin adds the header that lets any web page read.
	AnyOrigin bool
}

// Nginx starts Debian's nginx, before another server or on a directory.
func Nginx(t testing.TB, o NginxOptions) *Server {
	t.Helper()
	path := program(t, "nginx")
	s := &Server{Host: hostOr(t, o.Host), storage: t.TempDir()}
	s.http = newHTTPAccess(t, map[string]any{"RegisteredUsers": map[string]string{o.User: o.Password}})
	if o.User != "" {
		// {PLAIN} is one of the schemes of ngx_http_auth_basic_module.
		line := o.User + ":{PLAIN}" + o.Password + "\n"
		if err := os.WriteFile(filepath.Join(s.storage, "htpasswd"), []byte(line), 0o600); err != nil {
			t.Fatalf("writing nginx's passwords: %v", err)
		}
	}
	file := filepath.Join(s.storage, "nginx.conf")
	s.start(t, 1, func(ports []uint16) *exec.Cmd {
		if err := os.WriteFile(file, []byte(o.config(s.Host, s.storage, ports[0])), 0o600); err != nil {
			t.Fatalf("writing nginx's configuration: %v", err)
		}
		return exec.Command(path, "-p", s.storage, "-c", file, "-e", "stderr")
	})
	s.HTTPPort, s.DICOMPort = s.DICOMPort, 0
	return s
}

// config is the text of nginx.conf.
func (o NginxOptions) config(host, dir string, port uint16) string {
	work := fmt.Sprintf("root %s; autoindex on;", o.Root)
	if o.Upstream != "" {
		work = fmt.Sprintf("proxy_pass http://%s;", o.Upstream)
	}
	if o.AnyOrigin {
		work += " add_header Access-Control-Allow-Origin * always;"
	}
	login := ""
	if o.User != "" {
		login = fmt.Sprintf("auth_basic archive; auth_basic_user_file %s/htpasswd;", dir)
	}
	var locations string
	if o.Guarded != "" {
		locations = fmt.Sprintf("location %s { %s %s }\nlocation / { %s }", o.Guarded, login, work, work)
	} else {
		locations = fmt.Sprintf("location / { %s %s }", login, work)
	}
	secure := ""
	if o.Identity != "" {
		secure = fmt.Sprintf(" ssl; ssl_certificate %s; ssl_certificate_key %s", o.Identity, o.Identity)
	}
	secure += "; " + o.Directives
	var temporary strings.Builder
	for _, kind := range []string{"client_body", "proxy", "fastcgi", "uwsgi", "scgi"} {
		fmt.Fprintf(&temporary, "%s_temp_path %s/%s;\n", kind, dir, kind)
	}
	return fmt.Sprintf("daemon off;\nmaster_process off;\npid %s/pid;\nevents {}\nhttp {\naccess_log off;\n%sserver {\nlisten %s:%d%s\n%s\n}\n}\n",
		dir, temporary.String(), host, port, secure, locations)
}
