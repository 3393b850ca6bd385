package store

import (
	"context"
	"database/sql"
	"strings"
)

// ClaimName lets a worker examine the target k, which is an address of a host
// name; false while another address of the name is examined, by whichever worker.
func (s *Store) ClaimName(ctx context.Context, surveyID, name string, k Key, worker string) (claimed bool, err error) {
	err = s.inTx(ctx, "beginning with a host in", func(tx *sql.Tx) error {
		claimed, err = changed(tx.ExecContext(ctx, `INSERT INTO claims (survey_id, name, target, port, worker) VALUES ($1, $2, $3, $4, $5)
			ON CONFLICT (survey_id, name) DO UPDATE SET worker = excluded.worker
			WHERE claims.target = excluded.target AND claims.port = excluded.port`, surveyID, strings.ToLower(name), k.Target, k.Port, worker))
		return err
	})
	return claimed, err
}

// ReleaseName gives the name back that a worker has claimed for k.
func (t *Tx) ReleaseName(ctx context.Context, surveyID, name string, k Key, worker string) error {
	_, err := t.SQL.ExecContext(ctx, "DELETE FROM claims WHERE survey_id = $1 AND name = $2 AND target = $3 AND port = $4 AND worker = $5",
		surveyID, strings.ToLower(name), k.Target, k.Port, worker)
	return err
}
