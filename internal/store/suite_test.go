package store_test

import (
	"path/filepath"
	"testing"

	"leadglass/internal/realserver"
)

// engine is one of the databases that a store can be kept in.
type engine struct {
	// empty makes a place for a new store and returns its DSN.
	empty func(t testing.TB) string
	// exec runs SQL in it, past the store; several statements where they are
	// separated by semicolons.
	exec func(t testing.TB, dsn, statements string)
}

// suite is what a store does in whatever database it is kept.
func suite() map[string]func(*testing.T, engine) {
	return map[string]func(*testing.T, engine){
		"survey round trip":                testSurveyRoundTrip,
		"finding surveys":                  testFindingSurveys,
		"records replace and never double": testRecordsReplaceAndNeverDouble,
		"a bad batch stores nothing":       testBadBatchStoresNothing,
		"concurrent writers and readers":   testConcurrentWritersAndReaders,
		"concurrent first open":            testConcurrentFirstOpen,
		"streams can be left and nested":   testStreamCanBeLeftAndNested,
		"order of records":                 testOrderOfRecords,
		"registrations":                    testRegistrations,
		"sources of a survey":              testSourcesOfASurvey,
		"older schema":                     testOlderSchema,
		"newer schema":                     testNewerSchema,
		"no store yet":                     testNoStoreYet,
		"runs and cancelling":              testRuns,
	}
}

func (e engine) suite(t *testing.T) {
	for name, test := range suite() {
		t.Run(name, func(t *testing.T) { test(t, e) })
	}
}

func TestSQLite(t *testing.T) {
	engine{
		empty: func(t testing.TB) string { return filepath.Join(t.TempDir(), "a ?#%20 name.db") },
		exec:  exec,
	}.suite(t)
}

func TestPostgreSQL(t *testing.T) {
	server := realserver.Postgres(t)
	engine{
		empty: server.Database,
		exec:  func(t testing.TB, dsn, statements string) { server.Exec(t, dsn, statements) },
	}.suite(t)
}
