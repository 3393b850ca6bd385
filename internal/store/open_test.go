package store_test

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"leadglass/internal/store"
	"leadglass/internal/survey"
)

func TestPermissions(t *testing.T) {
	path := filepath.Join(t.TempDir(), "s.db")
	s := open(t, path)
	create(t, s, "v", started)
	for _, suffix := range []string{"", "-wal", "-shm"} {
		info, err := os.Stat(path + suffix)
		if err != nil {
			t.Fatal(err)
		}
		if info.Mode().Perm() != 0o600 {
			t.Errorf("%s has mode %o, want 600", info.Name(), info.Mode().Perm())
		}
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(path + "-wal"); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the write-ahead log is still there after Close: %v", err)
	}
}

func TestOpenRefuses(t *testing.T) {
	ctx := context.Background()
	dir := t.TempDir()
	garbage := filepath.Join(dir, "garbage.db")
	foreign := filepath.Join(dir, "foreign.db")
	newer := filepath.Join(dir, "newer.db")
	if err := os.WriteFile(garbage, bytes.Repeat([]byte("not a database. "), 500), 0o600); err != nil {
		t.Fatal(err)
	}
	exec(t, foreign, "CREATE TABLE PatientRecyclingOrder (id INTEGER)")
	open(t, newer).Close()
	exec(t, newer, "INSERT INTO goose_db_version (version_id, is_applied) VALUES (9999, 1)")
	tests := []struct {
		dsn  string
		want []string
	}{
		{"", []string{"--store FILE"}},
		{"mysql://user:hunter2@db", []string{"mysql", "SQLite files and PostgreSQL databases only"}},
		{dir, []string{dir, "is a directory"}},
		{filepath.Join(dir, "none", "s.db"), []string{"there is no directory " + filepath.Join(dir, "none"), "create it"}},
		{garbage, []string{garbage, "not a survey store, or it is damaged", "restore it from a backup"}},
		{foreign, []string{foreign, "another program"}},
		{newer, []string{newer, "newer Leadglass (schema 9999, this program knows "}},
	}
	for _, tt := range tests {
		s, err := store.Open(ctx, tt.dsn)
		if err == nil {
			s.Close()
			t.Errorf("%s was opened", tt.dsn)
			continue
		}
		for _, want := range tt.want {
			if !strings.Contains(err.Error(), want) {
				t.Errorf("%s: error %q, want %q in it", tt.dsn, err, want)
			}
		}
		if strings.Contains(err.Error(), "hunter2") {
			t.Errorf("the error repeats the password: %v", err)
		}
	}
	if _, err := store.OpenExisting(ctx, filepath.Join(dir, "absent.db")); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("absent store: %v", err)
	}
	if _, err := os.Stat(filepath.Join(dir, "absent.db")); err == nil {
		t.Error("OpenExisting made a file")
	}
}

// TestDamageInside overwrites the middle of a good file, as a failing disk
// would, and asks for an error that says so, whichever page was hit.
func TestDamageInside(t *testing.T) {
	ctx := context.Background()
	path := filepath.Join(t.TempDir(), "s.db")
	s := open(t, path)
	v := create(t, s, "v", started)
	var rs []survey.Record
	for i := range 200 {
		rs = append(rs, record(v.ID, fmt.Sprintf("127.0.1.%d", i), 0, survey.Open))
	}
	if err := s.AppendRecords(ctx, rs); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for i := len(data) / 3; i < len(data)*2/3; i++ {
		data[i] = 0xa5
	}
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
	damaged, err := store.Open(ctx, path)
	if err == nil {
		defer damaged.Close()
		for _, e := range damaged.Records(ctx, v.ID) {
			err = e
		}
	}
	if err == nil || !strings.Contains(err.Error(), "damaged") || !strings.Contains(err.Error(), path) || !strings.Contains(err.Error(), "backup") {
		t.Errorf("error %v, want one that names the file, the damage and the remedy", err)
	}
}

func exec(t testing.TB, path, statement string) {
	t.Helper()
	db, err := sql.Open("sqlite", "file:"+(&url.URL{Path: path}).EscapedPath())
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if _, err := db.Exec(statement); err != nil {
		t.Fatal(err)
	}
}
