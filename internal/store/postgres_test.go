package store_test

import (
	"context"
	"errors"
	"net/url"
	"strings"
	"testing"
	"time"

	"leadglass/internal/realserver"
	"leadglass/internal/store"
	"leadglass/internal/survey"
)

// with is a DSN with another user, password, path or query.
func with(t *testing.T, dsn string, change func(*url.URL)) string {
	t.Helper()
	u, err := url.Parse(dsn)
	if err != nil {
		t.Fatal(err)
	}
	change(u)
	return u.String()
}

// login is the DSN of a role.
func login(t *testing.T, dsn, role string) string {
	return with(t, dsn, func(u *url.URL) { u.User = url.UserPassword(role, "s3cr/et") })
}

// quiet fails the test if the error repeats a password, as it is or as it
// stands in a DSN.
func quiet(t *testing.T, err error) {
	t.Helper()
	for _, secret := range []string{"p/w@rd", "p%2Fw%40rd", "s3cr", "et@", "hunter2"} {
		if strings.Contains(err.Error(), secret) {
			t.Errorf("the error repeats a password: %v", err)
		}
	}
}

// testPostgreSQLRefuses: each error names the store and what helps, and no
// error a password.
func testPostgreSQLRefuses(t *testing.T, server *realserver.PostgresServer) {
	empty, foreign, latin := server.Database(t), server.Database(t), server.DSN("latin")
	server.Exec(t, foreign, "CREATE TABLE patient_recycling_order (id INTEGER)")
	server.Exec(t, foreign, "CREATE SCHEMA surveys")
	server.Exec(t, server.DSN("postgres"), "CREATE DATABASE latin ENCODING LATIN1 LOCALE_PROVIDER libc LOCALE 'C' TEMPLATE template0")
	server.Exec(t, empty, "CREATE ROLE stranger LOGIN PASSWORD 's3cr/et'; CREATE ROLE crowd LOGIN PASSWORD 's3cr/et' CONNECTION LIMIT 0;"+
		"CREATE ROLE reader LOGIN PASSWORD 's3cr/et'; ALTER ROLE reader SET default_transaction_read_only = on; GRANT ALL ON SCHEMA public TO reader")
	tests := map[string]struct {
		dsn  string
		want []string
	}{
		"wrong password":     {with(t, empty, func(u *url.URL) { u.User = url.UserPassword("leadglass", "hunter2") }), []string{"password authentication failed", "28P01", "pg_hba.conf"}},
		"no such user":       {login(t, empty, "nobody"), []string{"28P01", "check the user"}},
		"no such database":   {server.DSN("absent"), []string{`"absent" does not exist`, "createdb"}},
		"no rights":          {login(t, empty, "stranger"), []string{"permission denied", "42501", "GRANT"}},
		"too many":           {login(t, empty, "crowd"), []string{"too many connections", "53300", "max_connections"}},
		"read only":          {login(t, empty, "reader"), []string{"25006", "may only read"}},
		"another program":    {foreign, []string{"another program", "search_path"}},
		"another encoding":   {latin, []string{"encoded in LATIN1", "--encoding=UTF8"}},
		"no schema":          {empty + "?search_path=absent", []string{"search_path", "CREATE SCHEMA"}},
		"nobody there":       {"postgres://leadglass:hunter2@127.0.0.1:1/x", []string{"postgres://127.0.0.1:1/x", "refused", "is the server running"}},
		"no TLS there":       {empty + "?sslmode=require", []string{"server refused TLS", "TLS settings"}},
		"bad sslmode":        {empty + "?sslmode=maybe", []string{"cannot be read", "sslmode"}},
		"bad timeout":        {empty + "?connect_timeout=hunter2", []string{"cannot be read", "connect_timeout"}},
		"password not coded": {"postgres://leadglass:hunter2/x@127.0.0.1:5432/x", []string{"cannot be read", "%2F"}},
		"password as port":   {"postgres://leadglass:hunter2", []string{"cannot be read", "%2F"}},
	}
	for name, tt := range tests {
		s, err := store.Open(context.Background(), tt.dsn)
		if err == nil {
			s.Close()
			t.Errorf("%s: opened", name)
			continue
		}
		for _, want := range tt.want {
			if !strings.Contains(err.Error(), want) {
				t.Errorf("%s: error %q, want %q in it", name, err, want)
			}
		}
		quiet(t, err)
		if strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: the error has several lines: %q", name, err)
		}
		t.Logf("%s: %v", name, err)
	}
	// A schema of its own makes room beside another program.
	own := open(t, foreign+"?search_path=surveys")
	create(t, own, "v", started)
	cancelled, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := store.Open(cancelled, empty); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
}

// testPostgreSQLReader: who reports needs no more than the right to read.
func testPostgreSQLReader(t *testing.T, server *realserver.PostgresServer) {
	dsn := server.Database(t)
	s := open(t, dsn)
	v := create(t, s, "v", started)
	server.Exec(t, dsn, "CREATE ROLE reporter LOGIN PASSWORD 's3cr/et'; GRANT SELECT ON ALL TABLES IN SCHEMA public TO reporter")
	r, err := store.OpenExisting(context.Background(), login(t, dsn, "reporter"))
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	if got, err := r.Survey(context.Background(), ""); err != nil || got.ID != v.ID {
		t.Errorf("survey %s, %v", got.ID, err)
	}
	if err := r.UpdateSurvey(context.Background(), v); err == nil || !strings.Contains(err.Error(), "GRANT") {
		t.Errorf("a reader wrote: %v", err)
	}
}

// testPostgreSQLFailsMidway: a full disk and a server that goes away end what
// is being done with a message, and the same Store works when it is back.
func testPostgreSQLFailsMidway(t *testing.T, server *realserver.PostgresServer) {
	ctx := context.Background()
	dsn := server.Database(t)
	s := open(t, dsn)
	v := create(t, s, "v", started)
	add := func(address string) error {
		return s.AppendRecords(ctx, []survey.Record{record(v.ID, address, 0, survey.Open)})
	}
	// The server's own result for a full disk, raised where the disk would.
	server.Exec(t, dsn, `CREATE FUNCTION full_disk() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
		RAISE 'could not extend file: No space left on device' USING ERRCODE = '53100'; END $$;
		CREATE TRIGGER full_disk BEFORE INSERT ON records EXECUTE FUNCTION full_disk()`)
	if err := add("127.0.0.1"); err == nil || !strings.Contains(err.Error(), "disk of the database server is full") || strings.Contains(err.Error(), "--resume") {
		t.Errorf("full disk: %v", err)
	}
	server.Exec(t, dsn, "DROP TRIGGER full_disk ON records")
	if err := add("127.0.0.2"); err != nil {
		t.Fatal(err)
	}
	server.Stop()
	for range 2 { // the connection breaks, and then there is none to be had
		err := add("127.0.0.3")
		if err == nil || !strings.Contains(err.Error(), "run again when the server is") && !strings.Contains(err.Error(), "is the server running") {
			t.Fatalf("without a server: %v", err)
		}
		quiet(t, err)
		t.Log(err)
	}
	if _, err := s.Surveys(ctx); err == nil {
		t.Error("read without a server")
	}
	server.Start(t)
	var err error
	for deadline := time.Now().Add(20 * time.Second); time.Now().Before(deadline); time.Sleep(50 * time.Millisecond) {
		if err = add("127.0.0.4"); err == nil {
			break
		}
	}
	if err != nil {
		t.Fatal(err)
	}
	if rs := all(t, s, v.ID); len(rs) != 2 || rs[0].Finding.Target.Address != "127.0.0.2" {
		t.Errorf("records %+v", rs)
	}
}
