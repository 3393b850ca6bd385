package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strings"

	"github.com/pressly/goose/v3"
	"modernc.org/sqlite"
)

// applicationID marks a SQLite file as a survey store ("LGls"), so that the
// database of another program is never taken for one.
const applicationID = 0x4c476c73

// Results of SQLite, https://www.sqlite.org/rescode.html; the low byte of an
// extended result is the primary one.
const (
	codeBusy      = 5
	codeLocked    = 6
	codeReadOnly  = 8
	codeInterrupt = 9
	codeCorrupt   = 11
	codeFull      = 13
	codeCantOpen  = 14
	codeNotADB    = 26
)

// sqliteReaders is how many connections read at once.
const sqliteReaders = 8

// sqliteEngine is a SQLite file.
type sqliteEngine struct{}

func (sqliteEngine) dialect() goose.Dialect { return goose.DialectSQLite3 }

// columns: the migrations are written for SQLite.
func (sqliteEngine) columns() *strings.Replacer { return strings.NewReplacer() }

// release: the file's own lock does.
func (sqliteEngine) release(context.Context, *Store) error { return nil }

// openSQLite opens the file at path, and creates it if create is set.
func openSQLite(ctx context.Context, path string, create bool) (*Store, error) {
	if err := prepareFile(path, create); err != nil {
		return nil, err
	}
	abs, err := filepath.Abs(path)
	if err != nil {
		return nil, fmt.Errorf("opening the survey store %s: %w", path, err)
	}
	s := &Store{name: path, engine: sqliteEngine{}, limits: defaultLimits}
	if s.write, err = sql.Open("sqlite", sqliteDSN(abs, true)); err != nil {
		return nil, s.explain("opening", err)
	}
	s.write.SetMaxOpenConns(1)
	if s.read, err = sql.Open("sqlite", sqliteDSN(abs, false)); err != nil {
		return nil, errors.Join(s.explain("opening", err), s.write.Close())
	}
	s.read.SetMaxOpenConns(sqliteReaders)
	s.read.SetMaxIdleConns(sqliteReaders) // else they are made anew for each page of many streams
	s.read.SetConnMaxIdleTime(idleLimit)
	if err := s.prepareSchema(ctx, create); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

// sqliteDSN asks for a write-ahead log, so that readers and the writer do not
// wait for each other, for transactions that take the write lock at their
// beginning when they are going to write, and that what is deleted, as the key of
// a survey that has ended, is overwritten.
func sqliteDSN(abs string, write bool) string {
	u := url.URL{Path: filepath.ToSlash(abs)}
	q := "_pragma=busy_timeout(15000)&_pragma=foreign_keys(1)"
	if write {
		q += "&_pragma=journal_mode(WAL)&_pragma=synchronous(NORMAL)&_pragma=secure_delete(1)&_txlock=immediate"
	} else {
		q += "&_pragma=query_only(1)"
	}
	return "file:" + u.EscapedPath() + "?" + q
}

// prepareFile sees to it that there is a file at path. A new one is made here
// and not by SQLite, for the mode: SQLite gives its -wal and -shm files the
// mode of the file they belong to.
func prepareFile(path string, create bool) error {
	info, err := os.Stat(path)
	switch {
	case err == nil && info.IsDir():
		return fmt.Errorf("the survey store %s is a directory; name a file with --store FILE", path)
	case err == nil:
		return nil
	case !errors.Is(err, fs.ErrNotExist):
		return fmt.Errorf("opening the survey store: %w", err)
	case !create:
		return fmt.Errorf("there is no survey store %s: %w; run `leadglass survey` first, or name another file with --store FILE", path, ErrNotFound)
	}
	f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	switch {
	case err == nil:
		if err := f.Close(); err != nil {
			return fmt.Errorf("creating the survey store: %w", err)
		}
		return nil
	case errors.Is(err, fs.ErrExist): // another process was faster
		return nil
	case errors.Is(err, fs.ErrNotExist):
		return fmt.Errorf("creating the survey store %s: there is no directory %s; create it, or name another file with --store FILE", path, filepath.Dir(path))
	}
	return fmt.Errorf("creating the survey store: %w; name a file in a directory you may write to with --store FILE", err)
}

// claim marks an empty file as a survey store, and refuses the database of
// another program.
func (sqliteEngine) claim(ctx context.Context, s *Store, _ bool) error {
	// One statement, so that both are read as of one moment: another process
	// may be preparing the same new file.
	var id, tables int64
	err := s.write.QueryRowContext(ctx, `SELECT (SELECT application_id FROM pragma_application_id),
		(SELECT count(*) FROM sqlite_master)`).Scan(&id, &tables)
	if err != nil {
		return s.explain("opening", err)
	}
	if id == applicationID {
		return nil
	}
	if id != 0 || tables != 0 {
		return fmt.Errorf("%s is the database of another program, not a survey store; name another file with --store FILE", s.name)
	}
	if _, err := s.write.ExecContext(ctx, fmt.Sprintf("PRAGMA application_id = %d", applicationID)); err != nil {
		return s.explain("creating", err)
	}
	return nil
}

// passing: another program has the write lock, or the time is over.
func (sqliteEngine) passing(err error) passing {
	var se *sqlite.Error
	if errors.As(err, &se) {
		switch se.Code() & 0xff {
		case codeBusy, codeLocked:
			return isBusy
		case codeInterrupt:
			return isLate
		}
	}
	if isTimeout(err) {
		return isLate
	}
	return stays
}

// remedy says what helps against an error of SQLite.
func (sqliteEngine) remedy(err error) (remedy string, cause error) {
	if isTimeout(err) {
		return "another program holds it, or its disk or this machine is busy", err
	}
	var se *sqlite.Error
	if !errors.As(err, &se) {
		return "", err
	}
	switch se.Code() & 0xff {
	case codeNotADB:
		return restoreRemedy, fmt.Errorf("it is not a survey store, or it is damaged (%w)", err)
	case codeCorrupt:
		return restoreRemedy, fmt.Errorf("it is damaged (%w)", err)
	case codeBusy, codeLocked:
		return "another program is writing to it; wait for it to end, or name another file with --store FILE", err
	case codeReadOnly, codeCantOpen:
		return "the file and its directory must be writable; fix their permissions, or name another file with --store FILE", err
	case codeFull:
		return "the disk is full; make room and run again", err
	}
	return "", err
}
