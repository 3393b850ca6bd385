package store

import "context"

// Release gives back the jobs that a worker has left running: it is gone. They
// keep their count of attempts.
//
// It is the only SQL of this program on a table of River's, whose client cannot
// do it (0.51.2): the rescuer goes by the age of an attempt and not by who makes
// it (https://github.com/riverqueue/river/issues/773), JobRetry leaves running
// jobs as they are, and JobCancel is final. A list of the jobs and a change of
// each would not do: two processes may notice at once, and the later one would
// take the job from the process that has it by then. This is one statement.
func (t *Tx) Release(ctx context.Context, worker string) error {
	_, err := t.SQL.ExecContext(ctx, "UPDATE river_job SET state = 'available' WHERE state = 'running' AND "+
		t.store.engine.lastWorker()+" = $1", worker)
	return err
}

// lastWorker of SQLite: the last of an array of JSON.
func (sqliteEngine) lastWorker() string { return "json_extract(attempted_by, '$[#-1]')" }

// lastWorker of PostgreSQL: the last of an array.
func (postgresEngine) lastWorker() string { return "attempted_by[array_upper(attempted_by, 1)]" }
