package jobs_test

import (
	"fmt"
	"path/filepath"
	"sync/atomic"
	"testing"

	"leadglass/internal/realserver"
	"leadglass/internal/store"
)

// suite is what the queue does in either database.
func suite(t *testing.T, dsn func() string) {
	for name, test := range map[string]func(*testing.T, string){
		"periodic": testPeriodic, "work": testWork, "gone process": testGoneProcess, "interrupted": testInterrupted, "attend": testAttend,
		"late store": testLateStore, "lost lead": testLostLead, "refusing store": testRefusingStore,
		"turns": testTurns, "hanging job": testHangingJob, "rescue": testRescue,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel() // they wait more than they work
			test(t, dsn())
		})
	}
}

func TestSQLite(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	var n atomic.Int64
	suite(t, func() string { return filepath.Join(dir, fmt.Sprint(n.Add(1), ".db")) })
}

func TestPostgreSQL(t *testing.T) {
	t.Parallel()
	server := realserver.Postgres(t)
	suite(t, func() string { return server.Database(t) })
}

func open(t *testing.T, dsn string) *store.Store {
	t.Helper()
	s, err := store.Open(t.Context(), dsn)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}
