// Package store keeps surveys: what was ordered, how far it got, and one
// record for each target, in one SQL schema.
//
// It decides nothing and computes nothing: what was appended is what comes
// back. This build keeps surveys in SQLite files; every statement here is in
// the SQL that SQLite shares with PostgreSQL, and what differs between the two
// stands in sqlite.go.
package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"time"

	"leadglass/internal/survey"
)

// ErrNotFound is in the chain of the error for a survey, or a store, that
// does not exist.
var ErrNotFound = errors.New("not found")

// Store is an open store. Its methods are safe for concurrent use.
type Store struct {
	// name is the file, for messages.
	name string
	// write has a single connection: writers queue in the process, in order,
	// and not in the file's lock. read has several.
	write, read *sql.DB
}

// Open opens the store that dsn names, the path of a SQLite file, and creates
// it with mode 0600 if there is none. A schema of an older version is brought
// up to date.
func Open(ctx context.Context, dsn string) (*Store, error) {
	if err := checkDSN(dsn); err != nil {
		return nil, err
	}
	return openSQLite(ctx, dsn, true)
}

// OpenExisting is Open for readers: a missing file is an error with
// ErrNotFound in its chain, and none is created.
func OpenExisting(ctx context.Context, dsn string) (*Store, error) {
	if err := checkDSN(dsn); err != nil {
		return nil, err
	}
	return openSQLite(ctx, dsn, false)
}

func checkDSN(dsn string) error {
	scheme, _, isURL := strings.Cut(dsn, "://")
	switch {
	case dsn == "":
		return errors.New("the store has no name; name a file with --store FILE")
	case isURL && (strings.EqualFold(scheme, "postgres") || strings.EqualFold(scheme, "postgresql")):
		// The DSN may hold a password: it is not repeated here.
		return errors.New("the store is a PostgreSQL DSN, but this build keeps surveys in SQLite files only; name a file with --store FILE")
	case isURL:
		return fmt.Errorf("the store is a %s:// URL, but surveys are kept in SQLite files only; name a file with --store FILE", scheme)
	case strings.ContainsRune(dsn, 0):
		return errors.New("the store's name holds a NUL byte; name a file with --store FILE")
	}
	return nil
}

// Close closes the store.
func (s *Store) Close() error {
	err := errors.Join(s.read.Close(), s.write.Close())
	if err != nil {
		return s.explain("closing", err)
	}
	return nil
}

// Name is the store as messages name it.
func (s *Store) Name() string { return s.name }

// inTx runs f in one transaction, which is rolled back if f returns an error.
func (s *Store) inTx(ctx context.Context, doing string, f func(*sql.Tx) error) error {
	tx, err := s.write.BeginTx(ctx, nil)
	if err != nil {
		return s.explain(doing, err)
	}
	if err := f(tx); err != nil {
		return errors.Join(s.explain(doing, err), ignoreDone(tx.Rollback()))
	}
	if err := tx.Commit(); err != nil {
		return s.explain(doing, err)
	}
	return nil
}

// ignoreDone drops the error of a rollback that the driver has done already
// because the context ended.
func ignoreDone(err error) error {
	if errors.Is(err, sql.ErrTxDone) {
		return nil
	}
	return err
}

// timeForm is fixed in width, so that times sort as text.
const timeForm = "2006-01-02T15:04:05.000000000Z"

func formatTime(t time.Time) string { return t.UTC().Format(timeForm) }

func parseTime(s string) (time.Time, error) {
	t, err := time.Parse(timeForm, s)
	if err != nil {
		return time.Time{}, fmt.Errorf("the stored time %q is not one: %w", s, errDamaged)
	}
	return t, nil
}

// Key says which target a record is of.
type Key struct {
	// Target is the address in its canonical text form or, for a name that
	// did not resolve, the name.
	Target string
	// Port is the port that was asked for, 0 for a whole host.
	Port uint16
}

// KeyOf returns the key of the record that work on c will have.
func KeyOf(c survey.Candidate) Key {
	if !c.Address.IsValid() {
		return Key{Target: c.Host, Port: c.Port}
	}
	return Key{Target: c.Address.Unmap().String(), Port: c.Port}
}

// KeyOfRecord returns the key that r is stored under.
func KeyOfRecord(r *survey.Record) (Key, error) {
	k := Key{Target: r.Finding.Target.Address, Port: r.RequestedPort}
	if k.Target == "" {
		k.Target = r.Finding.Target.Host
	}
	if k.Target == "" {
		return k, errors.New("a finding names neither address nor host")
	}
	return k, nil
}
