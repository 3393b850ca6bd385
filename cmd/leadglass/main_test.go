package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"leadglass/internal/survey"
)

// TestMain lets the test binary be the program: under the name leadglass, as
// scripts start it, it runs main.
func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"leadglass": main, staysCommand: stays})
}

// TestScripts runs the scripts in testdata/script.
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir: "testdata/script", RequireExplicitExec: true, RequireUniqueNames: true,
		Setup: func(e *testscript.Env) error {
			e.Setenv("TODAY", time.Now().UTC().Format(time.DateOnly))
			e.Setenv("YESTERDAY", time.Now().UTC().AddDate(0, 0, -1).Format(time.DateOnly))
			return privateFleet(filepath.Join(e.WorkDir, "fleet.yaml"), "127.0.41.")
		},
	})
}

// privateFleet writes the demo fleet with other addresses, so that a demo that
// runs on this machine at the same time is not in the way. prefix is the first
// three bytes of the addresses, "127.0.41.".
func privateFleet(path, prefix string) error {
	text, err := os.ReadFile("../../lab/fleets/demo.yaml")
	if err != nil {
		return fmt.Errorf("reading the demo fleet: %w", err)
	}
	return os.WriteFile(path, bytes.ReplaceAll(text, []byte("127.0.1."), []byte(prefix)), 0o600)
}

// output is what one run of the program left behind.
type output struct {
	code        int
	out, errors string
}

// all is everything that was printed.
func (o output) all() string { return o.out + o.errors }

// leadglass runs the program in this process.
func leadglass(t *testing.T, args ...string) output {
	t.Helper()
	var stdout, stderr buffer
	code := run(t.Context(), args, &stdout, &stderr)
	return output{code, stdout.String(), stderr.String()}
}

// want fails the test unless the program ended with the code.
func (o output) want(t *testing.T, code int) output {
	t.Helper()
	if o.code != code {
		t.Errorf("exit code %d, want %d\nstdout: %s\nstderr: %s", o.code, code, o.out, o.errors)
	}
	return o
}

// finding is the only line of stdout.
func (o output) finding(t *testing.T) survey.Finding {
	t.Helper()
	if n := strings.Count(o.out, "\n"); n != 1 {
		t.Fatalf("%d lines on stdout, want one object; stdout: %s\nstderr: %s", n, o.out, o.errors)
	}
	matches(t, "finding", []byte(o.out))
	var f survey.Finding
	d := json.NewDecoder(strings.NewReader(o.out))
	d.DisallowUnknownFields()
	if err := d.Decode(&f); err != nil {
		t.Fatalf("%v in %s", err, o.out)
	}
	honest(t, &f)
	return f
}

// checks are a finding's checks by ID; of a check that ran on several ports
// the worst state is kept.
func checks(f survey.Finding) map[string]survey.Check {
	by := map[string]survey.Check{}
	for _, c := range f.Checks {
		if by[c.ID].State != survey.Fail {
			by[c.ID] = c
		}
	}
	return by
}

// number says what a count is, in short: "40 exact", "unknown".
func number(c survey.Count) string {
	if n, ok := c.Int(); ok {
		return fmt.Sprintf("%d %s", n, c.Quality)
	}
	return string(c.Quality)
}

// buffer is a bytes.Buffer that several goroutines may write to.
type buffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (b *buffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.Write(p)
}

func (b *buffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.String()
}

// scopeText is a scope file in full; the tests change it.
func scopeText(include, dicomPorts, httpPorts string) string {
	return fmt.Sprintf(`version: 1
name: Command line test
authority: {organisation: Test, contact: test@leadglass.invalid, reference: T-1, valid_from: 2020-01-01, valid_until: %s}
include: [%s]
ports: {dicom: [%s], http: [%s]}
rate: {probes_per_second: 100000, per_network: {prefix: 8, probes_per_second: 100000}}
`, time.Now().AddDate(1, 0, 0).UTC().Format(time.DateOnly), include, dicomPorts, httpPorts)
}

// file writes text to a new file and returns its path.
func file(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "scope.yaml")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// listener serves each connection at an address of this machine with handle,
// until the test ends, and returns its port.
func listener(t *testing.T, addr string, handle func(context.Context, net.Conn)) uint16 {
	t.Helper()
	l, err := net.Listen("tcp4", addr)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	var wg sync.WaitGroup
	wg.Go(func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			wg.Go(func() {
				stop := context.AfterFunc(ctx, func() { _ = conn.Close() })
				defer stop()
				defer func() { _ = conn.Close() }()
				handle(ctx, conn)
			})
		}
	})
	t.Cleanup(func() {
		cancel()
		_ = l.Close()
		wg.Wait()
	})
	return l.Addr().(*net.TCPAddr).AddrPort().Port()
}

// silent takes what comes and says nothing.
func silent(_ context.Context, c net.Conn) { _, _ = io.Copy(io.Discard, c) }
