package main

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// TestColor: colours on a terminal alone, and not where they are unwanted.
func TestColor(t *testing.T) {
	const addr = "127.0.43.3"
	startArchive(t, addr)
	const escape = "\x1b["
	for _, c := range []struct {
		name, noColor string
		args          []string
		want          bool
	}{
		{"on a terminal", "", nil, true},
		{"NO_COLOR", "1", nil, false},
		{"NO_COLOR with any word", "please", nil, false},
		{"--no-color", "", []string{"--no-color"}, false},
	} {
		t.Setenv("NO_COLOR", c.noColor)
		out := onTerminal(t, append([]string{"check", addr + ":11112"}, c.args...)...)
		if got := strings.Contains(out, escape); got != c.want || !strings.Contains(out, "OPEN-IMAGES") {
			t.Errorf("%s: colours %v, want %v in %q", c.name, got, c.want, out)
		}
	}
	t.Setenv("NO_COLOR", "")
	if o := leadglass(t, "check", addr+":11112").want(t, exitDone); strings.Contains(o.all(), escape) {
		t.Errorf("colours in a file: %q", o.all())
	}
}

// onTerminal runs the program with stdout on a terminal of its own (pts(4))
// and returns what it wrote there.
func onTerminal(t *testing.T, args ...string) string {
	t.Helper()
	master, err := os.OpenFile("/dev/ptmx", os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Skipf("no terminals here: %v", err)
	}
	defer func() { _ = master.Close() }()
	if err := unix.IoctlSetPointerInt(int(master.Fd()), unix.TIOCSPTLCK, 0); err != nil {
		t.Fatal(err)
	}
	n, err := unix.IoctlGetUint32(int(master.Fd()), unix.TIOCGPTN)
	if err != nil {
		t.Fatal(err)
	}
	terminal, err := os.OpenFile(fmt.Sprintf("/dev/pts/%d", n), os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Skipf("no terminals here: %v", err)
	}
	text := make(chan string)
	go func() {
		var b strings.Builder
		chunk := make([]byte, 4096)
		for {
			n, err := master.Read(chunk)
			b.Write(chunk[:n])
			if err != nil { // the other end is closed
				text <- b.String()
				return
			}
		}
	}()
	var stderr buffer
	code := run(t.Context(), args, terminal, &stderr)
	if err := terminal.Close(); err != nil {
		t.Fatal(err)
	}
	out := <-text
	if code != exitDone {
		t.Errorf("exit code %d: %s%s", code, out, stderr.String())
	}
	return out
}
