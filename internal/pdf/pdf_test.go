package pdf_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"leadglass/internal/pdf"
)

// installed is the browser of the tests.
func installed(t *testing.T) string {
	t.Helper()
	path, err := pdf.Find("")
	if err != nil {
		t.Fatalf("%v; run `make setup`", err)
	}
	return path
}

// page writes an HTML page with the body.
func page(body string) func(io.Writer) error {
	return func(w io.Writer) error {
		_, err := fmt.Fprintf(w, `<!doctype html><html lang="en"><title>A page</title><h1>Of archives</h1>%s`, body)
		return err
	}
}

// tool runs one of the readers of PDF on data.
func tool(t *testing.T, name string, data []byte, args ...string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "x.pdf")
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command(name, append(args, path, "-")...).Output()
	if name == "pdfinfo" {
		out, err = exec.Command(name, path).Output()
	}
	if err != nil {
		t.Fatalf("%s: %v; run `make setup`", name, err)
	}
	return string(out)
}

// TestPrint prints a page that would like to load things from elsewhere.
func TestPrint(t *testing.T) {
	browser := installed(t)
	var asked atomic.Int64
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { asked.Add(1) }))
	defer server.Close()
	byName := strings.Replace(server.URL, "127.0.0.1", "localhost", 1)
	dir := filepath.Join(t.TempDir(), strings.Repeat("deep/", 30)) // longer than the path of a socket may be
	if err := os.MkdirAll(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	t.Setenv("TMPDIR", dir)
	var b bytes.Buffer
	err := pdf.Print(t.Context(), browser, dir, page(fmt.Sprintf(`<p>nine hundred archives</p><img src="%s/a.png" alt=""><iframe src="%s/b"></iframe>`, server.URL, byName)), &b)
	if err != nil {
		t.Fatal(err)
	}
	if text := tool(t, "pdftotext", b.Bytes()); !strings.Contains(text, "nine hundred archives") {
		t.Errorf("the PDF holds %q", text)
	}
	if info := tool(t, "pdfinfo", b.Bytes()); !strings.Contains(strings.Join(strings.Fields(info), " "), "Tagged: yes") || !strings.Contains(info, "A page") {
		t.Errorf("the PDF is not tagged, or has no title:\n%s", info)
	}
	if n := asked.Load(); n > 0 {
		t.Errorf("the browser made %d requests", n)
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) > 0 {
		t.Errorf("left behind: %v %v", left, err)
	}
}

func TestFind(t *testing.T) {
	if _, err := pdf.Find("no-such-browser"); err == nil || !strings.Contains(err.Error(), "--browser no-such-browser") {
		t.Errorf("error %v", err)
	}
	t.Setenv("PATH", t.TempDir())
	if _, err := pdf.Find(""); !errors.Is(err, pdf.ErrNoBrowser) || !strings.Contains(err.Error(), "apt-get install chromium") {
		t.Errorf("error %v", err)
	}
}

// TestPrintFails: a page that cannot be written, a browser that is none, and
// one that takes too long are errors, and leave nothing behind.
func TestPrintFails(t *testing.T) {
	dir := t.TempDir()
	broken := errors.New("the store is damaged")
	if err := pdf.Print(t.Context(), "true", dir, func(io.Writer) error { return broken }, io.Discard); !errors.Is(err, broken) {
		t.Errorf("error %v", err)
	}
	if err := pdf.Print(t.Context(), "true", dir, page(""), io.Discard); err == nil || !strings.Contains(err.Error(), "printed no PDF") {
		t.Errorf("error %v", err)
	}
	if err := pdf.Print(t.Context(), "false", dir, page(""), io.Discard); err == nil || !strings.Contains(err.Error(), "could not print") {
		t.Errorf("error %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := pdf.Print(ctx, installed(t), dir, page(""), io.Discard); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v", err)
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) > 0 {
		t.Errorf("left behind: %v %v", left, err)
	}
}
