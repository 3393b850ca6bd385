package store

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"strings"
	"time"

	"github.com/pressly/goose/v3"
)

//go:embed migrations/*.sql
var migrations embed.FS

// prepareSchema refuses databases of other programs and of newer versions, and
// brings the schema up to date.
func (s *Store) prepareSchema(ctx context.Context, create bool) error {
	if err := s.engine.claim(ctx, s, create); err != nil {
		return err
	}
	files, err := fs.Sub(migrations, "migrations")
	if err != nil {
		return fmt.Errorf("reading the schema: %w", err)
	}
	p, err := goose.NewProvider(s.engine.dialect(), s.write, translated{files, s.engine.columns()},
		goose.WithDisableGlobalRegistry(true), goose.WithAllowOutofOrder(true), // parts are built side by side
		goose.WithLogger(goose.NopLogger()))
	if err != nil {
		return fmt.Errorf("reading the schema: %w", err)
	}
	// Two processes that open a new file at once may both try to create the
	// tables; the loser finds them there when it looks again.
	const attempts = 5
	for attempt := 1; ; attempt++ {
		err := s.migrate(ctx, p)
		if err == nil {
			return s.engine.release(ctx, s)
		}
		if attempt == attempts || ctx.Err() != nil || errors.As(err, new(*newerSchemaError)) {
			return err
		}
		select {
		case <-ctx.Done():
		case <-time.After(time.Duration(attempt) * 50 * time.Millisecond):
		}
	}
}

func (s *Store) migrate(ctx context.Context, p *goose.Provider) error {
	current, target, err := p.GetVersions(ctx)
	if err != nil {
		return s.explain("opening", err)
	}
	if current > target {
		return &newerSchemaError{store: s.name, found: current, known: target}
	}
	if pending, err := p.HasPending(ctx); err != nil {
		return s.explain("opening", err)
	} else if pending {
		if _, err := p.Up(ctx); err != nil {
			return s.explain("preparing the tables of", err)
		}
	}
	return s.migrateQueue(ctx)
}

// newerSchemaError says that a newer version of the program wrote the store.
type newerSchemaError struct {
	store        string
	found, known int64
}

func (e *newerSchemaError) Error() string {
	return fmt.Sprintf("the survey store %s was written by a newer Leadglass (schema %d, this program knows %d); use that version or a later one, or name another file with --store FILE", e.store, e.found, e.known)
}

// translated is a folder of SQL files in the terms of another engine. There
// is one set of files, so that the engines cannot come apart.
type translated struct {
	fs.FS
	terms *strings.Replacer
}

// Open opens a file, or a folder as it is.
func (t translated) Open(name string) (fs.File, error) {
	f, err := t.FS.Open(name)
	if err != nil || path.Ext(name) != ".sql" {
		return f, err
	}
	defer f.Close()
	text, err := io.ReadAll(f)
	if err != nil {
		return nil, err
	}
	info, err := f.Stat()
	return translatedFile{info, strings.NewReader(t.terms.Replace(string(text)))}, err
}

// translatedFile is one file of them. The size in its description is that of
// the original.
type translatedFile struct {
	info fs.FileInfo
	*strings.Reader
}

// Stat describes the original.
func (f translatedFile) Stat() (fs.FileInfo, error) { return f.info, nil }

// Close does nothing.
func (translatedFile) Close() error { return nil }
