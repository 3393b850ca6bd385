package store

import (
	"context"
	"database/sql"
	"errors"

	"github.com/pressly/goose/v3"
	"github.com/riverqueue/river/riverdriver"
	"github.com/riverqueue/river/riverdriver/riverdatabasesql"
	"github.com/riverqueue/river/riverdriver/riversqlite"
	"github.com/riverqueue/river/rivermigrate"
)

// Queue is the way for River to its tables, which are in the store's database,
// so that jobs can be part of the store's transactions.
func (s *Store) Queue() riverdriver.Driver[*sql.Tx] { return s.engine.queue(s.write) }

// Shared is whether processes of other machines can reach the store.
func (s *Store) Shared() bool { return s.engine.dialect() == goose.DialectPostgres }

// queue of SQLite.
func (sqliteEngine) queue(db *sql.DB) riverdriver.Driver[*sql.Tx] { return riversqlite.New(db) }

// lastWorker of SQLite: the last of an array of JSON.
func (sqliteEngine) lastWorker() string { return "json_extract(attempted_by, '$[#-1]')" }

// queue of PostgreSQL. It has no connection that listens: jobs are asked for,
// as with SQLite.
func (postgresEngine) queue(db *sql.DB) riverdriver.Driver[*sql.Tx] { return riverdatabasesql.New(db) }

// lastWorker of PostgreSQL: the last of an array.
func (postgresEngine) lastWorker() string { return "attempted_by[array_upper(attempted_by, 1)]" }

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

// Release gives back the jobs that a worker has left running: it is gone.
func (t *Tx) Release(ctx context.Context, worker string) error {
	_, err := t.SQL.ExecContext(ctx, "UPDATE river_job SET state = 'available' WHERE state = 'running' AND "+
		t.store.engine.lastWorker()+" = $1", worker)
	return err
}

// LastWorker is the worker that has a job of a queue of one under way; "" where no
// job is.
func (t *Tx) LastWorker(ctx context.Context, queue string) (id string, err error) {
	err = t.SQL.QueryRowContext(ctx, "SELECT "+t.store.engine.lastWorker()+" FROM river_job WHERE queue = $1 AND state = 'running'", queue).Scan(&id)
	if errors.Is(err, sql.ErrNoRows) {
		return "", nil
	}
	return id, err
}

// JobsLeft reports whether the queues have a job that is to be done or under way;
// those that were given up after too many errors are not.
func (s *Store) JobsLeft(ctx context.Context, queues ...string) (left bool, err error) {
	for _, queue := range queues {
		err := s.read.QueryRowContext(ctx, `SELECT EXISTS (SELECT 1 FROM river_job WHERE queue = $1
			AND state IN ('available', 'pending', 'retryable', 'running', 'scheduled'))`, queue).Scan(&left)
		if err != nil {
			return false, s.explain("reading", err)
		}
		if left {
			return true, nil
		}
	}
	return false, nil
}

// DropJobs removes all jobs of a queue.
func (t *Tx) DropJobs(ctx context.Context, queue string) error {
	_, err := t.SQL.ExecContext(ctx, "DELETE FROM river_job WHERE queue = $1", queue)
	return err
}

// DropIdleJobs removes the jobs of a queue that no process is at work on.
func (t *Tx) DropIdleJobs(ctx context.Context, queue string) error {
	_, err := t.SQL.ExecContext(ctx, "DELETE FROM river_job WHERE queue = $1 AND state <> 'running'", queue)
	return err
}
