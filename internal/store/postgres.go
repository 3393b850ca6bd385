package store

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"
)

const (
	// connectLimit is how long a connection may take where the DSN has no
	// connect_timeout.
	connectLimit = 10 * time.Second
	// postgresReaders is how many connections read at once; with those that
	// write they must find room in max_connections, 100 by default, for every
	// process that uses the store.
	postgresReaders = 8
	// postgresWriters is how many connections write at once, jobs included.
	postgresWriters = 4
	// idleLimit closes connections that nobody uses.
	idleLimit = 5 * time.Minute
)

// markerTable marks a database, or a schema of it, as a survey store.
const markerTable = "leadglass_store"

// Results of PostgreSQL, https://www.postgresql.org/docs/current/errcodes-appendix.html
const (
	stateBadAuthorization = "28000"
	stateBadPassword      = "28P01"
	stateNoDatabase       = "3D000"
	stateNoSchema         = "3F000"
	stateNoRight          = "42501"
	stateReadOnly         = "25006"
	stateDiskFull         = "53100"
	stateTooMany          = "53300"
	stateAdminShutdown    = "57P01"
	stateCrashShutdown    = "57P02"
	stateStarting         = "57P03"
	stateSerialization    = "40001"
	stateDeadlock         = "40P01"
	stateNoLock           = "55P03"
	stateQueryCancelled   = "57014"
	stateDataCorrupted    = "XX001"
	stateIndexCorrupted   = "XX002"
)

// postgresEngine is a PostgreSQL database.
type postgresEngine struct{}

func (postgresEngine) dialect() goose.Dialect { return goose.DialectPostgres }

// columns: PostgreSQL has another word for BLOB, and sorts text by the rules
// of a language unless told to sort by bytes, as SQLite does.
func (postgresEngine) columns() *strings.Replacer {
	return strings.NewReplacer(" BLOB", " BYTEA", " TEXT", ` TEXT COLLATE "C"`)
}

// openPostgres connects to the database that the DSN names. The connection is
// the user's own: the gate is for what is surveyed.
func openPostgres(ctx context.Context, dsn string, create bool) (*Store, error) {
	config, err := pgx.ParseConfig(dsn)
	if err != nil {
		return nil, dsnError(err)
	}
	if config.ConnectTimeout == 0 {
		config.ConnectTimeout = connectLimit
	}
	if config.RuntimeParams["application_name"] == "" {
		config.RuntimeParams["application_name"] = "leadglass"
	}
	s := &Store{name: postgresName(config), engine: postgresEngine{}, limits: defaultLimits}
	s.write = stdlib.OpenDB(*config)
	s.write.SetMaxOpenConns(1) // the lock under which the schema is prepared is the connection's
	readers := config.Copy()
	readers.RuntimeParams["default_transaction_read_only"] = "on"
	s.read = stdlib.OpenDB(*readers)
	s.read.SetMaxOpenConns(postgresReaders)
	s.read.SetMaxIdleConns(postgresReaders) // else they are made anew for each page of many streams
	s.read.SetConnMaxIdleTime(idleLimit)
	if err := s.prepareSchema(ctx, create); err != nil {
		_ = s.Close() // it says nothing that err does not
		return nil, err
	}
	s.write.SetMaxOpenConns(postgresWriters)
	s.write.SetMaxIdleConns(postgresWriters)
	s.write.SetConnMaxIdleTime(idleLimit)
	return s, nil
}

// postgresName is the database for messages: where it is, without the user
// and the password.
func postgresName(c *pgx.ConnConfig) string {
	u := url.URL{Scheme: "postgres", Path: "/" + c.Database}
	if strings.HasPrefix(c.Host, "/") { // a Unix socket
		u.RawQuery = "host=" + c.Host
	} else {
		u.Host = net.JoinHostPort(c.Host, strconv.Itoa(int(c.Port)))
	}
	return u.String()
}

// dsnError says that the DSN cannot be read. What cannot be read cannot be
// searched for the password either: of pgx's error only the kind is said, which
// names keys of the DSN and never their values.
func dsnError(err error) error {
	kind := ""
	for _, known := range []string{"failed to configure TLS", "invalid sslcertmode", "invalid connect_timeout", "invalid port",
		"failed to read service", "unknown target_session_attrs", "unknown channel_binding", "port numbers to"} {
		if strings.Contains(err.Error(), known) {
			kind = " (" + known + ")"
		}
	}
	if strings.Contains(kind, "TLS") {
		kind = " (failed to configure TLS: see sslmode, sslrootcert, sslcert and sslkey)"
	}
	return fmt.Errorf("the PostgreSQL DSN of the store cannot be read%s; it has the form postgres://USER@HOST:PORT/DATABASE?sslmode=verify-full, with / @ : ? # and %% in a password written as %%2F %%40 %%3A %%3F %%23 %%25", kind)
}

// claim takes the lock under which the schema is prepared, marks an empty
// schema as a survey store, and refuses that of another program.
func (postgresEngine) claim(ctx context.Context, s *Store, create bool) error {
	// The lock is the session's: it goes with the connection if not before.
	if _, err := s.write.ExecContext(ctx, "SELECT pg_advisory_lock($1)", applicationID); err != nil {
		return s.explain("opening", err)
	}
	var schema sql.NullString
	var encoding string
	var tables, marked int64
	err := s.write.QueryRowContext(ctx, `SELECT current_schema(), current_setting('server_encoding'),
		count(c.oid), count(c.oid) FILTER (WHERE c.relname = $1)
		FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
		WHERE n.nspname = current_schema() AND c.relkind IN ('r', 'p', 'v', 'm', 'f')`, markerTable).
		Scan(&schema, &encoding, &tables, &marked)
	switch {
	case err != nil:
		return s.explain("opening", err)
	case !schema.Valid:
		return fmt.Errorf("opening the survey store %s: no schema of its search_path is there; create it (CREATE SCHEMA), or leave search_path out of the DSN", s.name)
	case encoding != "UTF8":
		return fmt.Errorf("opening the survey store %s: the database is encoded in %s; create one with `createdb --encoding=UTF8 --template=template0`", s.name, encoding)
	case marked > 0:
		return nil
	case tables > 0:
		return fmt.Errorf("%s (schema %s) is the database of another program, not a survey store; name an empty database with --store, or a schema of its own: CREATE SCHEMA leadglass, and ?search_path=leadglass in the DSN", s.name, schema.String)
	case !create:
		return fmt.Errorf("there is no survey store in %s: %w; run `leadglass survey` first, or name another store with --store", s.name, ErrNotFound)
	}
	if _, err := s.write.ExecContext(ctx, "CREATE TABLE "+markerTable+" (application_id BIGINT NOT NULL)"); err != nil {
		return s.explain("creating", err)
	}
	return nil
}

// release lets go of the lock of claim.
func (postgresEngine) release(ctx context.Context, s *Store) error {
	if _, err := s.write.ExecContext(ctx, "SELECT pg_advisory_unlock($1)", applicationID); err != nil {
		return s.explain("opening", err)
	}
	return nil
}

// passing: others were in the way, the server is starting, or the connection is
// lost and may be made again.
func (postgresEngine) passing(err error) passing {
	var pe *pgconn.PgError
	switch {
	case errors.As(err, &pe):
		switch pe.Code {
		case stateSerialization, stateDeadlock, stateNoLock:
			return isBusy
		case stateAdminShutdown, stateCrashShutdown, stateStarting, stateTooMany:
			return isGone
		case stateQueryCancelled: // at our own request, when the time was over
			return isLate
		}
		return stays
	case errors.Is(err, context.Canceled):
		return stays
	case isTimeout(err):
		return isLate
	case errors.As(err, new(*pgconn.ConnectError)), isLost(err):
		return isGone
	}
	return stays
}

// remedy says what helps against an error of PostgreSQL or of the connection
// with it.
func (postgresEngine) remedy(err error) (remedy string, cause error) {
	var pe *pgconn.PgError
	switch {
	case errors.As(err, &pe):
		if remedy = stateRemedy(pe.Code); remedy != "" {
			// The message alone: the errors around it name the user.
			return remedy, fmt.Errorf("%s (SQLSTATE %s)", pe.Message, pe.Code)
		}
		return "", errors.New(oneLine(err))
	case errors.Is(err, context.Canceled):
		return "", context.Canceled
	case errors.As(err, new(*pgconn.ConnectError)):
		// pgx's error holds the whole configuration: only its text goes on.
		return "is the server running, and do address, port and TLS settings of the DSN fit?", errors.New(oneLine(err))
	case isLost(err):
		return "run again when the server is back", fmt.Errorf("the connection is lost (%s)", oneLine(err))
	}
	return "", err
}

// stateRemedy is what helps against a result of PostgreSQL, "" where nothing
// is known to.
func stateRemedy(state string) string {
	switch state {
	case stateBadPassword, stateBadAuthorization:
		return "check the user and the password in the DSN, PGPASSWORD or ~/.pgpass, and what the server's pg_hba.conf admits"
	case stateNoDatabase:
		return "create it with `createdb`, or name another database with --store"
	case stateNoSchema:
		return "create the schema (CREATE SCHEMA), or leave search_path out of the DSN"
	case stateNoRight:
		return "the user needs CREATE and USAGE on the schema and all rights on the tables there: let it own the database (CREATE DATABASE … OWNER …), or GRANT them"
	case stateReadOnly:
		return "the server, or this user, may only read; name the primary server, and a user that may write"
	case stateDiskFull:
		return "the disk of the database server is full; make room there and run again"
	case stateTooMany:
		return fmt.Sprintf("the server has no connection left, and Leadglass uses up to %d; end other programs, or raise max_connections, and run again", postgresReaders+postgresWriters)
	case stateAdminShutdown, stateCrashShutdown, stateStarting:
		return "the server is stopping or starting; run again when it is up"
	case stateDataCorrupted, stateIndexCorrupted:
		return "the database is damaged; restore it from a backup, or name another one with --store"
	}
	return ""
}

// isLost reports whether the connection failed, or the server was silent.
func isLost(err error) bool {
	return errors.Is(err, driver.ErrBadConn) || errors.Is(err, sql.ErrConnDone) || errors.Is(err, pgconn.ErrConnClosed) ||
		errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || isTimeout(err) || errors.As(err, new(net.Error))
}

// oneLine is the text of an error that pgx spreads over several lines, one for
// each address and way that it tried.
func oneLine(err error) string {
	var parts []string
	for line := range strings.Lines(err.Error()) {
		if line = strings.TrimSpace(line); line != "" && !slices.Contains(parts, line) {
			parts = append(parts, line)
		}
	}
	return strings.Join(parts, " ")
}
