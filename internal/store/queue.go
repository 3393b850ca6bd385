package store

import (
	"context"
	"database/sql"

	"github.com/pressly/goose/v3"
	"github.com/riverqueue/river/riverdriver"
	"github.com/riverqueue/river/riverdriver/riverdatabasesql"
	"github.com/riverqueue/river/riverdriver/riversqlite"
	"github.com/riverqueue/river/rivermigrate"
)

// Queue is the way for River to its tables, which are in the store's database,
// so that jobs can be part of the store's transactions.
func (s *Store) Queue() riverdriver.Driver[*sql.Tx] { return s.engine.queue(s.write) }

// QueueReader is the way to the same tables for reading: it does not wait for
// transactions that write.
func (s *Store) QueueReader() riverdriver.Driver[*sql.Tx] { return s.engine.queue(s.read) }

// Reading puts an error of QueueReader into words for the user; nil stays nil.
func (s *Store) Reading(err error) error {
	if err == nil {
		return nil
	}
	return s.explain("reading", err)
}

// Shared is whether processes of other machines can reach the store.
func (s *Store) Shared() bool { return s.engine.dialect() == goose.DialectPostgres }

// queue of SQLite.
func (sqliteEngine) queue(db *sql.DB) riverdriver.Driver[*sql.Tx] { return riversqlite.New(db) }

// queue of PostgreSQL. It has no connection that listens: jobs are asked for,
// as with SQLite.
func (postgresEngine) queue(db *sql.DB) riverdriver.Driver[*sql.Tx] { return riverdatabasesql.New(db) }

// migrateQueue brings River's tables up to date.
func (s *Store) migrateQueue(ctx context.Context) error {
	m, err := rivermigrate.New(s.Queue(), nil)
	if err != nil {
		return s.explain("preparing the tables of", err)
	}
	have, err := m.ExistingVersions(ctx)
	if err != nil {
		return s.explain("opening", err)
	}
	all := m.AllVersions()
	last := all[len(all)-1].Version
	switch {
	case len(have) > 0 && have[len(have)-1].Version > last:
		return &newerSchemaError{store: s.name, found: int64(have[len(have)-1].Version), known: int64(last)}
	case len(have) == len(all):
		return nil
	}
	if _, err := m.Migrate(ctx, rivermigrate.DirectionUp, nil); err != nil {
		return s.explain("preparing the tables of", err)
	}
	return nil
}
