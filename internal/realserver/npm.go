package realserver

import (
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"
)

// npmDirectory is where scripts/npm.sh puts what comes from npm; a test without it
// is skipped, unless LEADGLASS_NPM names the directory, as `make test` does.
func npmDirectory(t testing.TB) string {
	t.Helper()
	dir, named := os.LookupEnv("LEADGLASS_NPM")
	if !named {
		cache, err := os.UserCacheDir()
		if err != nil {
			t.Fatalf("looking for what comes from npm: %v", err)
		}
		dir = filepath.Join(cache, "leadglass", "npm")
	}
	if _, err := os.Stat(filepath.Join(dir, "versions")); err != nil {
		if named {
			t.Fatalf("%v; run `make setup`", err)
		}
		t.Skipf("%v; run `make setup`, which fetches web servers and pages from npm", err)
	}
	return dir
}

// NodeListing starts a web server of npm, "serve" or "http-server", that lists the
// files of a directory.
func NodeListing(t testing.TB, name, root string) *Server {
	t.Helper()
	script := map[string]string{"serve": "serve/build/main.js", "http-server": "http-server/bin/http-server"}[name]
	path := filepath.Join(npmDirectory(t), "node_modules", script)
	node := program(t, "node")
	s := &Server{Host: "127.0.0.1", storage: t.TempDir()}
	s.start(t, 1, func(ports []uint16) *exec.Cmd {
		port := strconv.Itoa(int(ports[0]))
		if name == "serve" {
			return exec.Command(node, path, "--no-clipboard", "--listen", "tcp://127.0.0.1:"+port, root)
		}
		return exec.Command(node, path, root, "-a", "127.0.0.1", "-p", port)
	})
	s.HTTPPort, s.DICOMPort = s.DICOMPort, 0
	return s
}

// OHIF copies the start page of OHIF's viewer into a directory, beside a
// configuration that names a DICOMweb root.
func OHIF(t testing.TB, dir, root string) {
	t.Helper()
	page, err := os.ReadFile(filepath.Join(npmDirectory(t), "ohif", "index.html"))
	if err == nil {
		err = os.MkdirAll(dir, 0o755)
	}
	if err == nil {
		err = os.WriteFile(filepath.Join(dir, "index.html"), page, 0o644)
	}
	if err == nil {
		config := "window.config = { routerBasename: null, dataSources: [{ sourceName: 'dicomweb', configuration: {\n" +
			"  qidoRoot: '" + root + "',\n  wadoRoot: '" + root + "',\n} }] };\n"
		err = os.WriteFile(filepath.Join(dir, "app-config.js"), []byte(config), 0o644)
	}
	if err != nil {
		t.Fatalf("copying the page of OHIF: %v", err)
	}
}
