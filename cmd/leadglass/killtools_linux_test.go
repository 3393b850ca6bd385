package main

import (
	"bytes"
	"errors"
	"io"
	"os/exec"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"leadglass/internal/campaign"
	"leadglass/internal/realserver"
	"leadglass/internal/store"
)

// victim is a process of the program that may be killed at any moment.
type victim struct {
	cmd *exec.Cmd
	// working is closed when it says that it works on the survey, ended when it
	// has ended; then err says how.
	working, ended chan struct{}
	err            error
	stderr         watched
}

// watched keeps what is written to it, and says once that a pattern came.
type watched struct {
	buffer
	pattern *regexp.Regexp
	came    func()
	once    sync.Once
}

func (w *watched) Write(p []byte) (int, error) {
	n, err := w.buffer.Write(p)
	if w.pattern.MatchString(w.String()) {
		w.once.Do(w.came)
	}
	return n, err
}

// atWork is what a survey says when it begins to look at targets, after it has
// waited until the process before it is gone for certain.
var atWork = regexp.MustCompile(`(?m)^survey \S+ of .* by the authority of `)

// startVictim starts the program.
func startVictim(t *testing.T, stdout io.Writer, args ...string) *victim {
	t.Helper()
	v := &victim{cmd: exec.CommandContext(t.Context(), "leadglass", args...), working: make(chan struct{}), ended: make(chan struct{})}
	v.stderr.pattern, v.stderr.came = atWork, func() { close(v.working) }
	v.cmd.Stdout, v.cmd.Stderr = stdout, &v.stderr
	if err := v.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		v.err = v.cmd.Wait()
		close(v.ended)
	}()
	return v
}

// alive says whether the process has not ended.
func (v *victim) alive() bool {
	select {
	case <-v.ended:
		return false
	default:
		return true
	}
}

// at waits until the process has worked for so long; false when it ended
// before. A negative time counts from its start, not from when it is at work.
func (v *victim) at(after time.Duration) bool {
	if after < 0 {
		after = -after
	} else {
		select {
		case <-v.working:
		case <-v.ended:
			return false
		}
	}
	select {
	case <-v.ended:
		return false
	case <-time.After(after):
		return true
	}
}

// kill ends the process by SIGKILL; false when it had ended before.
func (v *victim) kill() bool {
	_ = v.cmd.Process.Kill() // it may have ended by itself
	<-v.ended
	return !v.cmd.ProcessState.Exited()
}

// code is the exit code of a process that has ended; -1 when it was killed.
func (v *victim) code() int {
	<-v.ended
	return v.cmd.ProcessState.ExitCode()
}

// stopped complains unless the process, which was not killed, has finished its
// work, or has lost the database and says so.
func (v *victim) stopped(databaseKilled bool) error {
	code, said := v.code(), v.stderr.String()
	switch {
	case strings.Contains(said, "panic:") || strings.Contains(said, "goroutine "):
	case code == exitDone:
		return nil
	case code == exitFailed && databaseKilled && strings.Contains(said, "the survey store postgres://"):
		return nil
	}
	return errors.New("it ended with " + v.cmd.ProcessState.String() + " and says: " + said)
}

// lastLine keeps the last whole line that is written to it.
type lastLine struct{ line, rest []byte }

func (l *lastLine) Write(p []byte) (int, error) {
	l.rest = append(l.rest, p...)
	if i := bytes.LastIndexByte(l.rest, '\n'); i >= 0 {
		from := bytes.LastIndexByte(l.rest[:i], '\n') + 1
		l.line = append(l.line[:0], l.rest[from:i]...)
		l.rest = append(l.rest[:0], l.rest[i+1:]...)
	}
	return len(p), nil
}

// stored is how the only survey of a store stands; nil when there is none yet.
func stored(t *testing.T, dsn string) *campaign.Status {
	t.Helper()
	db, err := store.OpenExisting(t.Context(), dsn)
	if err != nil {
		return nil // killed before there was a store
	}
	defer func() { _ = db.Close() }()
	all, err := db.Surveys(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if len(all) == 0 {
		return nil
	}
	if len(all) > 1 {
		t.Fatalf("%d surveys in the store, want 1", len(all))
	}
	s, err := campaign.StatusOf(t.Context(), db, all[0])
	if err != nil {
		t.Fatal(err)
	}
	return &s
}

// What is killed.
const (
	killSurvey  = "survey"
	killWorker  = "worker"
	killServer  = "database"
	killBackend = "connection of the database"
)

// killDatabase kills the server, or one of its processes that serve the
// database of dsn, and returns when it runs again: a killed server after it was
// away for some time. False when there was nothing to kill.
func killDatabase(t *testing.T, server *realserver.PostgresServer, dsn, what string, in float64, away time.Duration) bool {
	t.Helper()
	if what == killBackend {
		return server.KillBackend(t, dsn, in)
	}
	server.Kill()
	time.Sleep(away)
	server.Start(t)
	return true
}
