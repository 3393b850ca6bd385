package realserver

import (
	"bytes"
	"errors"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// postgresUser is the superuser of the servers, postgresPassword what it logs
// in with.
const (
	postgresUser     = "leadglass"
	postgresPassword = "p/w@rd"
)

// PostgresServer is a running PostgreSQL server, of which the data is gone
// with the test that started it.
type PostgresServer struct {
	// Host and Port are where it takes connections, in 127.0.0.0/8.
	Host string
	Port uint16

	bin, data, log string
	settings       []string
	process        *process
	databases      atomic.Int64
}

// Postgres starts Debian's PostgreSQL on a free loopback port, with passwords,
// without a care for a crash of the machine (one of the server it survives),
// and with the sorting rules of
// English, which are not those of bytes. Settings are "name=value" of
// postgresql.conf.
func Postgres(t testing.TB, settings ...string) *PostgresServer {
	t.Helper()
	s := &PostgresServer{Host: "127.0.0.1", bin: postgresBin(t), data: serverDir(t), settings: settings}
	s.log = filepath.Join(t.TempDir(), "log")
	password := filepath.Join(s.data, "password")
	data := filepath.Join(s.data, "data")
	if err := os.WriteFile(password, []byte(postgresPassword+"\n"), 0o600); err != nil {
		t.Fatalf("writing PostgreSQL's password: %v", err)
	}
	if err := giveToServer(s.data, password); err != nil {
		t.Fatalf("giving PostgreSQL its folder: %v", err)
	}
	cmd := exec.Command(filepath.Join(s.bin, "initdb"), "--pgdata="+data, "--username="+postgresUser, "--pwfile="+password,
		"--auth=scram-sha-256", "--encoding=UTF8", "--locale=C.UTF-8", "--locale-provider=icu", "--icu-locale=en-US",
		"--no-sync", "--no-instructions")
	cmd.Dir, cmd.SysProcAttr = s.data, serverAttributes()
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("preparing PostgreSQL's data: %v\n%s", err, out)
	}
	s.data = data
	t.Cleanup(func() {
		s.Stop()
		if t.Failed() {
			log, _ := os.ReadFile(s.log)
			t.Logf("log of PostgreSQL:\n%s", tail(string(log), logShown))
		}
	})
	for attempt := range startAttempts {
		s.Port = freePorts(t, 1)[0]
		err := s.begin()
		if err == nil {
			return s
		}
		if attempt == startAttempts-1 {
			t.Fatalf("starting PostgreSQL: %v", err)
		}
	}
	return s
}

// serverDir makes a folder that goes with the test and lies where a server
// that runs as another user can reach it: the folders above t.TempDir are
// closed to others.
func serverDir(t testing.TB) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "realserver-")
	if err != nil {
		t.Fatalf("making a folder for a server: %v", err)
	}
	t.Cleanup(func() {
		if err := os.RemoveAll(dir); err != nil {
			t.Errorf("removing a server's folder: %v", err)
		}
	})
	return dir
}

// postgresBin is the folder of the newest PostgreSQL's programs; Debian keeps
// them outside the PATH.
func postgresBin(t testing.TB) string {
	t.Helper()
	found, err := filepath.Glob("/usr/lib/postgresql/*/bin/initdb")
	if err != nil || len(found) == 0 {
		t.Fatalf("PostgreSQL is not installed; run `make setup`, which installs Debian's package postgresql")
	}
	version := func(path string) int {
		n, _ := strconv.Atoi(strings.Split(path, "/")[4]) // the folder is named for it
		return n
	}
	return filepath.Dir(slices.MaxFunc(found, func(a, b string) int { return version(a) - version(b) }))
}

// begin starts the server and waits until it answers queries.
func (s *PostgresServer) begin() error {
	args := []string{"-D", s.data, "-p", strconv.Itoa(int(s.Port))}
	for _, setting := range append([]string{"listen_addresses=" + s.Host, "unix_socket_directories=", "fsync=off",
		"full_page_writes=off", "shared_buffers=16MB"}, s.settings...) {
		args = append(args, "-c", setting)
	}
	cmd := exec.Command(filepath.Join(s.bin, "postgres"), args...)
	cmd.Dir = filepath.Dir(s.data)
	p, err := spawnAs(cmd, s.log, serverAttributes())
	if err != nil {
		return err
	}
	s.process = p
	if err := p.answers(s.Host, []uint16{s.Port}); err != nil {
		s.Stop()
		return err
	}
	// The port is open before the server is ready.
	for deadline := time.Now().Add(startLimit); ; time.Sleep(20 * time.Millisecond) {
		out, err := s.psql("postgres", "SELECT 1")
		if err == nil {
			return nil
		}
		select {
		case <-p.done: // processes of a former server had the port, or its memory
			s.Stop()
			return fmt.Errorf("%w\n%s", errEnded, out)
		default:
		}
		if time.Now().After(deadline) {
			s.Stop()
			return fmt.Errorf("no answer in %v: %w\n%s", startLimit, err, out)
		}
	}
}

// Stop ends the server at once, as a crash does, and its connections with it;
// what was committed is there after Start.
func (s *PostgresServer) Stop() {
	if s.process == nil {
		return
	}
	interruptServer(s.process.cmd.Process)
	<-s.process.done
	s.process = nil
}

// Kill ends the first process of the server by SIGKILL, as the system does when
// memory runs out. The others notice, and end by themselves.
func (s *PostgresServer) Kill() {
	if s.process == nil {
		return
	}
	_ = s.process.cmd.Process.Kill() // already gone is fine
	<-s.process.done
	s.process = nil
}

// KillBackend ends one of the processes that serve connections to the database
// of the DSN by SIGKILL: the one at the place in (0 to 1) of their list. The
// server then ends all others, and recovers. It returns when that is done;
// false where there was no connection.
func (s *PostgresServer) KillBackend(t testing.TB, dsn string, in float64) bool {
	t.Helper()
	u, err := url.Parse(dsn)
	if err != nil {
		t.Fatal(err)
	}
	found := strings.Fields(s.Exec(t, s.DSN("postgres"), "SELECT pid FROM pg_stat_activity WHERE backend_type = 'client backend' AND datname = '"+
		strings.TrimPrefix(u.Path, "/")+"' ORDER BY pid"))
	if len(found) == 0 {
		return false
	}
	backend := found[min(int(in*float64(len(found))), len(found)-1)]
	pid, err := strconv.Atoi(backend)
	if err != nil {
		t.Fatalf("number of a process: %v", err)
	}
	p, err := os.FindProcess(pid)
	if err == nil {
		err = p.Kill()
	}
	if errors.Is(err, os.ErrProcessDone) {
		return false
	} else if err != nil {
		t.Fatalf("killing a process of PostgreSQL: %v", err)
	}
	for deadline := time.Now().Add(startLimit); ; time.Sleep(20 * time.Millisecond) {
		left, err := s.psql("postgres", "SELECT count(*) FROM pg_stat_activity WHERE pid = "+backend)
		if err == nil && strings.TrimSpace(left) == "0" {
			return true
		}
		if time.Now().After(deadline) {
			t.Fatalf("PostgreSQL has not recovered in %v: %v\n%s", startLimit, err, left)
		}
	}
}

// Start starts a server that was stopped or killed again, at the same port.
// While processes of the former one hold its memory it tries once more.
func (s *PostgresServer) Start(t testing.TB) {
	t.Helper()
	for deadline := time.Now().Add(startLimit); ; time.Sleep(50 * time.Millisecond) {
		err := s.begin()
		if err == nil {
			return
		}
		if !errors.Is(err, errEnded) || time.Now().After(deadline) {
			t.Fatalf("starting PostgreSQL again: %v", err)
		}
	}
}

// Processor is how much processor time the server has used so far, that of the
// connections which have ended included.
func (s *PostgresServer) Processor(t testing.TB) time.Duration {
	t.Helper()
	return processorTime(t, s.process.cmd.Process.Pid)
}

// Dump writes a database to a file with pg_dump, in its custom format.
func (s *PostgresServer) Dump(t testing.TB, dsn, to string) {
	t.Helper()
	cmd := exec.Command(filepath.Join(s.bin, "pg_dump"), "--format=custom", "--file="+to, dsn)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("pg_dump: %v\n%s", err, out)
	}
}

// Database makes an empty database and returns its DSN.
func (s *PostgresServer) Database(t testing.TB) string {
	t.Helper()
	name := fmt.Sprintf("test%d", s.databases.Add(1))
	s.Exec(t, s.DSN("postgres"), "CREATE DATABASE "+name)
	return s.DSN(name)
}

// Copy makes a copy of a database with pg_dump and pg_restore, and returns its
// DSN.
func (s *PostgresServer) Copy(t testing.TB, dsn string) string {
	t.Helper()
	dump, to := filepath.Join(t.TempDir(), "dump"), s.Database(t)
	s.Dump(t, dsn, dump)
	cmd := exec.Command(filepath.Join(s.bin, "pg_restore"), "--no-owner", "--exit-on-error", "--dbname="+to, dump)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("pg_restore: %v\n%s", err, out)
	}
	return to
}

// DSN is that of a database by its name, with user and password.
func (s *PostgresServer) DSN(database string) string {
	u := url.URL{Scheme: "postgres", User: url.UserPassword(postgresUser, postgresPassword),
		Host: fmt.Sprintf("%s:%d", s.Host, s.Port), Path: "/" + database}
	return u.String()
}

// Exec runs SQL in the database of a DSN with psql, and returns the values of
// the rows, one row a line.
func (s *PostgresServer) Exec(t testing.TB, dsn, statements string) string {
	t.Helper()
	u, err := url.Parse(dsn)
	if err != nil {
		t.Fatal(err)
	}
	out, err := s.psql(strings.TrimPrefix(u.Path, "/"), statements)
	if err != nil {
		t.Fatalf("%s: %v\n%s", statements, err, out)
	}
	return strings.TrimSpace(out)
}

func (s *PostgresServer) psql(database, statements string) (string, error) {
	cmd := exec.Command(filepath.Join(s.bin, "psql"), "--no-psqlrc", "--tuples-only", "--no-align", "--quiet",
		"--set=ON_ERROR_STOP=1", "--command="+statements, s.DSN(database))
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	err := cmd.Run()
	return out.String(), err
}
