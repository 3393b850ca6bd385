// Package pdf prints an HTML page to PDF with a Chromium that is installed on
// the machine. It opens no connection and no port of its own: the browser is
// run once, as a program, with a profile that is thrown away.
//
// The page must be one that this program wrote itself and that needs nothing
// else. The browser is kept from everything but it: no name resolves, and what
// it does in the background is switched off. Its sandbox stays on, except for the superuser, for whom Chromium refuses to start with
// one; see sandbox.
package pdf

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"time"

	"leadglass/internal/scratch"
)

// ErrNoBrowser says that no Chromium was found, and what to do.
var ErrNoBrowser = errors.New("no Chromium was found, which a PDF needs: install one (Debian: apt-get install chromium), " +
	"name one with --browser PATH, or print report.html from any browser")

// limit is how long a browser may take; a page of 100,000 rows takes minutes.
const limit = 10 * time.Minute

// browsers are the names under which Chromium and its relatives are installed.
var browsers = []string{
	"chromium", "chromium-browser", "google-chrome-stable", "google-chrome", "chrome", "microsoft-edge",
	"/Applications/Google Chrome.app/Contents/MacOS/Google Chrome", "/Applications/Chromium.app/Contents/MacOS/Chromium",
}

// Find returns the path of a browser: the one named, or the first of those
// that are usual. The error is ErrNoBrowser where there is none.
func Find(named string) (string, error) {
	if named != "" {
		path, err := exec.LookPath(named)
		if err != nil {
			return "", fmt.Errorf("--browser %s: %w", named, err)
		}
		return path, nil
	}
	for _, name := range browsers {
		if path, err := exec.LookPath(name); err == nil {
			return path, nil
		}
	}
	return "", ErrNoBrowser
}

// Print has the browser at path print the page that page writes, as tagged PDF
// with an outline, into w. The page is kept meanwhile, with mode 0600, in a
// folder that is made in dir and removed, also when this process is killed
// (package scratch). A browser that is confined, as by snap, has to be allowed
// to read dir.
func Print(ctx context.Context, path, dir string, page func(io.Writer) error, w io.Writer) error {
	work, err := scratch.NewFolder(dir)
	if err != nil {
		return fmt.Errorf("printing the PDF: %w", err)
	}
	defer work.Remove() // what a browser leaves behind is not an error
	source, target := filepath.Join(work.Path, "report.html"), filepath.Join(work.Path, "report.pdf")
	if err := writePage(source, page); err != nil {
		return fmt.Errorf("printing the PDF: %w", err)
	}
	profile, err := scratch.NewFolder(shallow())
	if err != nil {
		return fmt.Errorf("printing the PDF: %w", err)
	}
	defer profile.Remove()
	if err := run(ctx, path, profile.Path, source, target); err != nil {
		return err
	}
	f, err := os.Open(target)
	if err != nil {
		return fmt.Errorf("%s ended without an error, but printed no PDF: %w", path, err)
	}
	defer f.Close()
	if _, err := io.Copy(w, f); err != nil {
		return fmt.Errorf("printing the PDF: %w", err)
	}
	return nil
}

// shallow is a folder for the profile. A browser makes sockets in it, whose
// paths may be no longer than 107 bytes (unix(7)), and it needs 60 for itself.
func shallow() string {
	if dir := os.TempDir(); len(dir) <= 40 || runtime.GOOS == "windows" {
		return dir
	}
	return "/tmp"
}

func writePage(path string, page func(io.Writer) error) error {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	return errors.Join(page(f), f.Close())
}

// run starts the browser and waits for it.
func run(ctx context.Context, path, profile, source, target string) error {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	args := append(arguments(profile, target), sandbox()...)
	cmd := exec.CommandContext(ctx, path, append(args, "file://"+source)...)
	cmd.Dir = profile
	// The profile, caches and settings of the user are none of its business.
	cmd.Env = append(os.Environ(), "HOME="+profile, "XDG_CONFIG_HOME="+profile, "XDG_CACHE_HOME="+profile, "TMPDIR="+profile,
		"DBUS_SESSION_BUS_ADDRESS=disabled:")
	cmd.WaitDelay = 5 * time.Second
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	err := runBound(cmd)
	switch {
	case err == nil:
		return nil
	case ctx.Err() != nil:
		return fmt.Errorf("printing the PDF: %w", context.Cause(ctx))
	case strings.Contains(stderr.String(), "No usable sandbox"):
		return fmt.Errorf("%s has no sandbox on this machine: allow user namespaces for it, or print report.html from a browser", path)
	}
	return fmt.Errorf("%s could not print the PDF: %w: %s", path, err, lastLine(stderr.String()))
}

// arguments keep the browser to the one file: nothing resolves, so that it
// could reach nobody even if the page named somebody, and nothing is asked of
// the maker's servers in the background.
func arguments(profile, target string) []string {
	return []string{
		"--headless", "--disable-gpu", "--disable-dev-shm-usage", "--user-data-dir=" + profile,
		"--host-resolver-rules=MAP * ~NOTFOUND", "--disable-remote-fonts",
		"--disable-background-networking", "--disable-component-update", "--disable-domain-reliability", "--disable-sync",
		"--disable-default-apps", "--disable-extensions", "--disable-breakpad", "--disable-client-side-phishing-detection",
		"--no-first-run", "--no-default-browser-check", "--no-pings", "--metrics-recording-only", "--mute-audio",
		"--export-tagged-pdf", "--generate-pdf-document-outline", "--no-pdf-header-footer", "--print-to-pdf=" + target,
	}
}

// sandbox is what the superuser needs, as whom Chromium does not start with
// its sandbox. The sandbox is against hostile pages. This page is our own
// work: its text is escaped, its policy admits no script but the report's own,
// by its hash, and nothing from elsewhere, and it holds no picture, font or
// frame, so that none of the parts of a browser which pages attack is given
// anything of others to read.
func sandbox() []string {
	if os.Geteuid() == 0 {
		return []string{"--no-sandbox"}
	}
	return nil
}

func lastLine(s string) string {
	lines := strings.Split(strings.TrimSpace(s), "\n")
	return lines[len(lines)-1]
}
