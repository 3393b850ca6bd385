package store

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"

	jsonv2 "github.com/go-json-experiment/json"

	"leadglass/internal/survey"
)

// storedFinding is a finding as it is kept: what its checks say of themselves,
// and not of the archive, is named and kept once for all findings.
type storedFinding struct {
	survey.Finding
	Checks []storedCheck `json:"checks"`
}

// storedCheck is a survey.Check as it is kept.
type storedCheck struct {
	ID       string            `json:"id"`
	State    survey.CheckState `json:"state"`
	Port     uint16            `json:"port,omitempty"`
	Evidence string            `json:"evidence"`
	// Texts names the checkTexts; empty in the findings of a version that kept
	// them here.
	Texts string `json:"texts,omitempty"`
	checkTexts
}

// checkTexts is what a check says of itself.
type checkTexts struct {
	Severity   survey.Severity `json:"severity,omitempty"`
	Title      string          `json:"title,omitempty"`
	Remedy     string          `json:"remedy,omitempty"`
	References []string        `json:"references,omitempty"`
}

// texts is what is known of the table check_texts: nothing in it ever changes.
type texts struct {
	mu   sync.RWMutex
	byID map[string]checkTexts
}

func (t *texts) get(id string) (checkTexts, bool) {
	t.mu.RLock()
	defer t.mu.RUnlock()
	c, ok := t.byID[id]
	return c, ok
}

func (t *texts) put(more map[string]checkTexts) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.byID == nil {
		t.byID = map[string]checkTexts{}
	}
	for id, c := range more {
		t.byID[id] = c
	}
}

// idBytes is how much of a digest names texts: enough that no two of the few
// thousand there can be share it.
const idBytes = 12

// compact is the stored form of a finding; the texts that are not in the table
// yet are added to fresh.
func (s *Store) compact(f *survey.Finding, fresh map[string]checkTexts) ([]byte, error) {
	out := storedFinding{Finding: *f}
	if f.Checks != nil {
		out.Checks = make([]storedCheck, 0, len(f.Checks))
	}
	for _, c := range f.Checks {
		own := checkTexts{Severity: c.Severity, Title: c.Title, Remedy: c.Remedy, References: c.References}
		id, err := own.id()
		if err != nil {
			return nil, err
		}
		if _, ok := s.texts.get(id); !ok {
			fresh[id] = own
		}
		out.Checks = append(out.Checks, storedCheck{ID: c.ID, State: c.State, Port: c.Port, Evidence: c.Evidence, Texts: id})
	}
	return json.Marshal(out)
}

func (c checkTexts) id() (string, error) {
	text, err := json.Marshal(c)
	if err != nil {
		return "", fmt.Errorf("the texts of a check: %w", err)
	}
	sum := sha256.Sum256(text)
	return base64.RawURLEncoding.EncodeToString(sum[:idBytes]), nil
}

// addTexts stores texts that findings of the same transaction name.
func addTexts(ctx context.Context, tx *sql.Tx, fresh map[string]checkTexts) error {
	// In one order: else two processes could wait for each other's texts.
	for _, id := range slices.Sorted(maps.Keys(fresh)) {
		text, err := json.Marshal(fresh[id])
		if err != nil {
			return fmt.Errorf("the texts of a check: %w", err)
		}
		if _, err := tx.ExecContext(ctx, "INSERT INTO check_texts (id, texts) VALUES ($1, $2) ON CONFLICT (id) DO NOTHING", id, string(text)); err != nil {
			return err
		}
	}
	return nil
}

// expand reads a finding from its stored form.
func (s *Store) expand(ctx context.Context, text []byte) (survey.Finding, error) {
	// The room of the list of checks is used again: growing it for each finding
	// takes a tenth of the time.
	room, _ := s.checks.Get().(*[]storedCheck)
	if room == nil {
		room = new([]storedCheck)
	}
	in := storedFinding{Checks: (*room)[:0]}
	defer func() {
		*room = in.Checks
		s.checks.Put(room)
	}()
	if err := jsonv2.Unmarshal(text, &in); err != nil {
		return survey.Finding{}, fmt.Errorf("a stored finding: %w (%w)", err, errDamaged)
	}
	f := in.Finding
	if in.Checks != nil {
		f.Checks = make([]survey.Check, 0, len(in.Checks))
	}
	for _, c := range in.Checks {
		own := c.checkTexts
		if c.Texts != "" {
			var err error
			if own, err = s.textsOf(ctx, c.Texts); err != nil {
				return f, err
			}
		}
		f.Checks = append(f.Checks, survey.Check{ID: c.ID, State: c.State, Severity: own.Severity, Title: own.Title, Port: c.Port,
			Evidence: c.Evidence, Remedy: own.Remedy, References: own.References})
	}
	return f, nil
}

// textsOf returns the texts of an ID.
func (s *Store) textsOf(ctx context.Context, id string) (checkTexts, error) {
	if c, ok := s.texts.get(id); ok {
		return c, nil
	}
	var text string
	err := s.read.QueryRowContext(ctx, "SELECT texts FROM check_texts WHERE id = $1", id).Scan(&text)
	if errors.Is(err, sql.ErrNoRows) {
		err = errDamaged
	}
	if err != nil {
		return checkTexts{}, fmt.Errorf("the texts of a check in a stored finding: %w", err)
	}
	var c checkTexts
	if err := json.Unmarshal([]byte(text), &c); err != nil {
		return checkTexts{}, fmt.Errorf("the texts of a check: %w (%w)", err, errDamaged)
	}
	s.texts.put(map[string]checkTexts{id: c})
	return c, nil
}
