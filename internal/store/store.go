// Package store keeps surveys: what was ordered, how far it got, and one
// record for each target, in one SQL schema.
//
// It decides nothing and computes nothing: what was appended is what comes
// back. A store is a SQLite file or a PostgreSQL database. Every statement is
// in the SQL that the two share; what differs between them stands in sqlite.go
// and postgres.go.
package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/pressly/goose/v3"
	"github.com/riverqueue/river/riverdriver"

	"leadglass/internal/survey"
)

// ErrNotFound is in the chain of the error for a survey, or a store, that
// does not exist.
var ErrNotFound = errors.New("not found")

// Store is an open store. Its methods are safe for concurrent use.
type Store struct {
	// name is the file, or the database without user and password, for messages.
	name   string
	engine engine
	limits limits
	// write has a single connection to a SQLite file: writers queue in the
	// process, in order, and not in the file's lock. read has several.
	write, read *sql.DB
	texts       texts
	// checks has lists of storedCheck to read findings into.
	checks sync.Pool
	// services and portChecks are what parts of facts were read as.
	services   memo[[]survey.ServiceFacts]
	portChecks memo[[]survey.PortChecks]
}

// engine is what differs between the databases.
type engine interface {
	dialect() goose.Dialect
	// columns turns what migrations say of columns into the engine's terms.
	columns() *strings.Replacer
	// claim marks an empty database as a survey store, if create is set, and
	// refuses that of another program. It may keep others from preparing the
	// schema at the same time, until release.
	claim(ctx context.Context, s *Store, create bool) error
	release(ctx context.Context, s *Store) error
	// remedy is what helps against an error, "" where nothing is known to, and
	// the error in words that a user understands, with no password in it.
	remedy(err error) (remedy string, cause error)
	// passing is whether an error is one that passes by itself.
	passing(err error) passing
	// queue is the way for River to the database.
	queue(db *sql.DB) riverdriver.Driver[*sql.Tx]
	// lastWorker is the SQL for the last of a job's attempted_by.
	lastWorker() string
}

// Open opens the store that dsn names: a PostgreSQL database where it begins
// with postgres:// or postgresql://, otherwise the path of a SQLite file, which
// is created with mode 0600 if there is none. A schema of an older version is
// brought up to date.
func Open(ctx context.Context, dsn string) (*Store, error) { return open(ctx, dsn, true) }

// OpenExisting is Open for readers: a missing file, or a database without
// tables, is an error with ErrNotFound in its chain, and none is created.
func OpenExisting(ctx context.Context, dsn string) (*Store, error) { return open(ctx, dsn, false) }

func open(ctx context.Context, dsn string, create bool) (*Store, error) {
	scheme, _, isURL := strings.Cut(dsn, "://")
	switch {
	case dsn == "":
		return nil, errors.New("the store has no name; name a file with --store FILE")
	case isURL && (scheme == "postgres" || scheme == "postgresql"):
		return openPostgres(ctx, dsn, create)
	case isURL:
		return nil, fmt.Errorf("the store is a %s:// URL, but surveys are kept in SQLite files and PostgreSQL databases only; name a file, or postgres://…, with --store", scheme)
	case strings.ContainsRune(dsn, 0):
		return nil, errors.New("the store's name holds a NUL byte; name a file with --store FILE")
	}
	return openSQLite(ctx, dsn, create)
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

// errDamaged says that the store holds what this program never writes.
var errDamaged = errors.New("damaged")

// restoreRemedy helps where a store is damaged.
const restoreRemedy = "restore it from a backup, or name another file with --store FILE"

// explain says what was being done with which store, and what helps.
func (s *Store) explain(doing string, err error) error {
	remedy, cause := s.engine.remedy(err)
	if errors.Is(err, errDamaged) {
		remedy = restoreRemedy
	}
	what := fmt.Errorf("%s the survey store %s: %w", doing, s.name, cause)
	if remedy != "" {
		what = fmt.Errorf("%w; %s", what, remedy)
	}
	if p := s.engine.passing(err); p == isBusy || p == isLate {
		return &lateError{what}
	}
	return what
}

// Tx is a transaction of the store.
type Tx struct {
	// SQL is the transaction, for the queue that has its jobs in the same
	// database.
	SQL   *sql.Tx
	store *Store
	fresh map[string]checkTexts
}

// Update does f in one transaction: all of it or, where f returns an error,
// nothing. f may be called again, in a new transaction, after an error that
// passes. doing says what it is, for messages: "storing findings in".
func (s *Store) Update(ctx context.Context, doing string, f func(*Tx) error) error {
	t := &Tx{store: s}
	err := s.inTx(ctx, doing, func(tx *sql.Tx) error {
		t.SQL, t.fresh = tx, map[string]checkTexts{}
		return f(t)
	})
	if err == nil {
		s.texts.put(t.fresh)
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
