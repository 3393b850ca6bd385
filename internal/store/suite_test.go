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
	// backup copies it as docs/operations.md says, and returns the DSN of the
	// copy.
	backup func(t testing.TB, dsn string) string
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
		"hosts found by an older version":  testPendingOfOlderSchema,
		"no store yet":                     testNoStoreYet,
		"runs and cancelling":              testRuns,
		"mandates":                         testMandates,
		"work under way":                   testWork,
		"workers share the rates":          testWorkers,
		"backup":                           testBackup,
		"coverage":                         testCoverage,
		"facts":                            testFacts,
		"many streams of facts":            testManyStreamsOfFacts,
		"disclosures":                      testDisclosures,
		"a disclosure needs records":       testDisclosureNeedsRecords,
		"records of targets":               testRecordsOf,
		"checks come back":                 testChecksComeBack,
		"publications":                     testPublications,
		"findings in full":                 testFindingsInFull,
		"cases":                            testCases,
		"cases of an older schema":         testCasesOfOlderSchema,
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
		backup: func(t testing.TB, dsn string) string {
			copied := filepath.Join(t.TempDir(), "backup.db")
			exec(t, dsn, "VACUUM INTO '"+copied+"'")
			return copied
		},
	}.suite(t)
}

func TestPostgreSQL(t *testing.T) {
	server := realserver.Postgres(t)
	t.Run("suite", func(t *testing.T) {
		engine{
			empty:  server.Database,
			exec:   func(t testing.TB, dsn, statements string) { server.Exec(t, dsn, statements) },
			backup: server.Copy,
		}.suite(t)
	})
	for name, test := range map[string]func(*testing.T, *realserver.PostgresServer){
		"refuses": testPostgreSQLRefuses, "reader": testPostgreSQLReader, "fails midway": testPostgreSQLFailsMidway,
	} {
		t.Run(name, func(t *testing.T) { test(t, server) })
	}
}
