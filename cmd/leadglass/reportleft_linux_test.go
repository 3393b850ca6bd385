package main

import (
	"bytes"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

const leftFleet = `version: 1
name: left
seed: 5
dates: {first: 2015-01-01, last: 2020-12-31}
archives:
  - {name: one, address: 127.0.49.1, port: 11112, country: AT, persona: orthanc, contents: {studies: 4, images_linked: 40}}
`

// TestReportLeavesNothing: a report that finds a pipe in the place of one of
// its files says so at once, and one that is killed while a browser prints it
// leaves no file that holds an address.
func TestReportLeavesNothing(t *testing.T) {
	dir := t.TempDir()
	db := "--store=" + filepath.Join(dir, "leadglass.db")
	surveyOf(t, db, leftFleet, "version: 1\nauthority: {organisation: Test, contact: test@leadglass.invalid, valid_from: 2020-01-01, valid_until: 2099-12-31}\n"+
		"include: [127.0.49.0/30]\nports: {dicom: [11112], http: []}\n", "left")
	for _, name := range []string{"report.html", "report.json", "report.pdf", "archives.csv"} {
		out := filepath.Join(dir, "pipe-"+name)
		if err := errors.Join(os.Mkdir(out, 0o700), syscall.Mkfifo(filepath.Join(out, name), 0o600)); err != nil {
			t.Fatal(err)
		}
		o := leadglass(t, db, "report", "--edition", "confidential", "--format", "html,json,csv,pdf", "--browser", "true", "--out", out).want(t, exitFailed)
		if !strings.Contains(o.errors, "named pipe") || !strings.Contains(o.errors, name) {
			t.Errorf("%s: %s", name, o.errors)
		}
	}
	for _, kill := range []syscall.Signal{syscall.SIGTERM, syscall.SIGKILL} {
		t.Run(kill.String(), func(t *testing.T) { killWhilePrinting(t, db, kill) })
	}
}

// killWhilePrinting kills a report whose browser has the page and does not
// end.
func killWhilePrinting(t *testing.T, db string, kill syscall.Signal) {
	dir := t.TempDir()
	out, tmp, browser, begun := filepath.Join(dir, "out"), filepath.Join(dir, "tmp"), filepath.Join(dir, "browser"), filepath.Join(dir, "begun")
	script := "#!/bin/sh\nfor last; do :; done\ncp \"${last#file://}\" \"$HOME/cache\"\ntouch '" + begun + "'\nexec sleep 600\n"
	if err := errors.Join(os.Mkdir(tmp, 0o700), os.WriteFile(browser, []byte(script), 0o700)); err != nil {
		t.Fatal(err)
	}
	t.Setenv("TMPDIR", tmp)
	v := startVictim(t, io.Discard, db, "report", "--edition", "confidential", "--format", "json,pdf", "--browser", browser, "--out", out)
	defer v.kill()
	wait(t, "the browser", func() bool { _, err := os.Stat(begun); return err == nil })
	if holding(t, out, "127.0.49.1") == 0 {
		t.Fatal("the page is nowhere, so that the test shows nothing")
	}
	if err := v.cmd.Process.Signal(kill); err != nil {
		t.Fatal(err)
	}
	wait(t, "the end of it", func() bool {
		select {
		case <-v.ended:
			return true
		default:
			return false
		}
	})
	report := filepath.Join(out, "report.json") // was complete, and is asked for
	wait(t, "nothing left", func() bool {
		n := holding(t, out, "127.0.49.1") + holding(t, tmp, "127.0.49.1")
		_, err := os.Stat(report)
		return n == 0 || n == 1 && err == nil
	})
}

// wait waits until something is so, half a minute at most.
func wait(t *testing.T, what string, so func() bool) {
	t.Helper()
	for range 600 {
		if so() {
			return
		}
		time.Sleep(50 * time.Millisecond)
	}
	t.Fatalf("waited in vain for %s", what)
}

// holding counts the files below dir that hold the text; those that vanish
// meanwhile hold nothing.
func holding(t *testing.T, dir, text string) (n int) {
	t.Helper()
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return nil
		}
		content, err := os.ReadFile(path)
		if err == nil && bytes.Contains(content, []byte(text)) {
			n++
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return n
}
