package store

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"time"

	"github.com/pressly/goose/v3"
	"modernc.org/sqlite"
)

//go:embed migrations/*.sql
var migrations embed.FS

// applicationID marks a SQLite file as a survey store ("LGls"), so that the
// database of another program is never taken for one.
const applicationID = 0x4c476c73

// Results of SQLite, https://www.sqlite.org/rescode.html; the low byte of an
// extended result is the primary one.
const (
	codeBusy     = 5
	codeLocked   = 6
	codeReadOnly = 8
	codeCorrupt  = 11
	codeFull     = 13
	codeCantOpen = 14
	codeNotADB   = 26
)

// errDamaged says that the file holds what this program never writes.
var errDamaged = errors.New("damaged")

// openSQLite opens the file at path, and creates it if create is set.
func openSQLite(ctx context.Context, path string, create bool) (*Store, error) {
	if err := prepareFile(path, create); err != nil {
		return nil, err
	}
	abs, err := filepath.Abs(path)
	if err != nil {
		return nil, fmt.Errorf("opening the survey store %s: %w", path, err)
	}
	s := &Store{name: path}
	if s.write, err = sql.Open("sqlite", sqliteDSN(abs, true)); err != nil {
		return nil, s.explain("opening", err)
	}
	s.write.SetMaxOpenConns(1)
	if s.read, err = sql.Open("sqlite", sqliteDSN(abs, false)); err != nil {
		return nil, errors.Join(s.explain("opening", err), s.write.Close())
	}
	s.read.SetMaxOpenConns(8)
	if err := s.prepareSchema(ctx); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

// sqliteDSN asks for a write-ahead log, so that readers and the writer do not
// wait for each other, and for transactions that take the write lock at their
// beginning when they are going to write.
func sqliteDSN(abs string, write bool) string {
	u := url.URL{Path: filepath.ToSlash(abs)}
	q := "_pragma=busy_timeout(15000)&_pragma=foreign_keys(1)"
	if write {
		q += "&_pragma=journal_mode(WAL)&_pragma=synchronous(NORMAL)&_txlock=immediate"
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

// prepareSchema refuses files of other programs and of newer versions, and
// brings the schema up to date.
func (s *Store) prepareSchema(ctx context.Context) error {
	if err := s.claim(ctx); err != nil {
		return err
	}
	files, err := fs.Sub(migrations, "migrations")
	if err != nil {
		return fmt.Errorf("reading the schema: %w", err)
	}
	p, err := goose.NewProvider(goose.DialectSQLite3, s.write, files, goose.WithDisableGlobalRegistry(true), goose.WithLogger(goose.NopLogger()))
	if err != nil {
		return fmt.Errorf("reading the schema: %w", err)
	}
	// Two processes that open a new file at once may both try to create the
	// tables; the loser finds them there when it looks again.
	const attempts = 5
	for attempt := 1; ; attempt++ {
		err := s.migrate(ctx, p)
		if err == nil || attempt == attempts || ctx.Err() != nil || errors.As(err, new(*newerSchemaError)) {
			return err
		}
		select {
		case <-ctx.Done():
		case <-time.After(time.Duration(attempt) * 50 * time.Millisecond):
		}
	}
}

func (s *Store) migrate(ctx context.Context, p *goose.Provider) error {
	current, target, err := p.GetVersions(ctx)
	if err != nil {
		return s.explain("opening", err)
	}
	switch {
	case current > target:
		return &newerSchemaError{store: s.name, found: current, known: target}
	case current == target:
		return nil
	}
	if _, err := p.Up(ctx); err != nil {
		return s.explain("preparing the tables of", err)
	}
	return nil
}

// newerSchemaError says that a newer version of the program wrote the store.
type newerSchemaError struct {
	store        string
	found, known int64
}

func (e *newerSchemaError) Error() string {
	return fmt.Sprintf("the survey store %s was written by a newer Leadglass (schema %d, this program knows %d); use that version or a later one, or name another file with --store FILE", e.store, e.found, e.known)
}

// claim marks an empty file as a survey store, and refuses the database of
// another program.
func (s *Store) claim(ctx context.Context) error {
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

// explain says what was being done with which file, and what helps.
func (s *Store) explain(doing string, err error) error {
	if errors.Is(err, errDamaged) {
		return fmt.Errorf("%s the survey store %s: %w; restore it from a backup, or name another file with --store FILE", doing, s.name, err)
	}
	var se *sqlite.Error
	if !errors.As(err, &se) {
		return fmt.Errorf("%s the survey store %s: %w", doing, s.name, err)
	}
	var remedy string
	switch se.Code() & 0xff {
	case codeNotADB:
		return fmt.Errorf("%s the survey store %s: it is not a survey store, or it is damaged (%w); restore it from a backup, or name another file with --store FILE", doing, s.name, err)
	case codeCorrupt:
		return fmt.Errorf("%s the survey store %s: it is damaged (%w); restore it from a backup, or name another file with --store FILE", doing, s.name, err)
	case codeBusy, codeLocked:
		remedy = "another program is writing to it; wait for it to end, or name another file with --store FILE"
	case codeReadOnly, codeCantOpen:
		remedy = "the file and its directory must be writable; mend their permissions, or name another file with --store FILE"
	case codeFull:
		remedy = "the disk is full; make room and run again with --resume"
	default:
		return fmt.Errorf("%s the survey store %s: %w", doing, s.name, err)
	}
	return fmt.Errorf("%s the survey store %s: %w; %s", doing, s.name, err, remedy)
}
