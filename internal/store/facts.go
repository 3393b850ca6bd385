package store

import (
	"context"
	"database/sql"
	"fmt"
	"iter"
	"sync"

	jsonv2 "github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"leadglass/internal/survey"
)

// FactsPage is how many facts are read from the database at once.
const FactsPage = 500

// Facts streams the facts of a survey's records, in the order of their
// targets' bytes and then of their ports, so that streams of several surveys
// can be merged, at a tenth of the cost of Records. They are read page by page,
// and between two pages no connection is held: any number of streams can be
// open at a time. What is stored meanwhile is among them or not. The services
// and checks of several facts may be the same lists: they are for reading.
func (s *Store) Facts(ctx context.Context, surveyID string) iter.Seq2[survey.Facts, error] {
	return func(yield func(survey.Facts, error) bool) {
		after, page := Key{}, make([]survey.Facts, 0, FactsPage)
		for port := -1; ; port = int(after.Port) { // no target is empty
			var err error
			if page, err = s.factsAfter(ctx, surveyID, &after, port, page[:0]); err != nil {
				yield(survey.Facts{}, s.explain("reading", err))
				return
			}
			for _, f := range page {
				if !yield(f, nil) {
					return
				}
			}
			if len(page) < FactsPage {
				return
			}
		}
	}
}

// factsAfter appends the page of facts behind a target and a port, and sets
// after to the key of the last.
func (s *Store) factsAfter(ctx context.Context, surveyID string, after *Key, port int, page []survey.Facts) ([]survey.Facts, error) {
	rows, err := s.read.QueryContext(ctx, `SELECT target, port, facts FROM facts
		WHERE survey_id = $1 AND (target, port) > ($2, $3) ORDER BY target, port LIMIT $4`, surveyID, after.Target, port, FactsPage)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var text sql.RawBytes
		var last int64 // what database/sql converts fastest
		if err := rows.Scan(&after.Target, &last, &text); err != nil {
			return nil, err
		}
		after.Port = uint16(last)
		f := storedFacts{Services: memoised[[]survey.ServiceFacts]{memo: &s.services}, Checks: memoised[[]survey.PortChecks]{memo: &s.portChecks}}
		if err := jsonv2.Unmarshal(text, &f); err != nil {
			return nil, fmt.Errorf("stored facts: %w (%w)", err, errDamaged)
		}
		f.Facts.Services, f.Facts.Checks = f.Services.value, f.Checks.value
		page = append(page, f.Facts)
	}
	return page, rows.Err()
}

// storedFacts are facts as they are read: of their services and checks few
// forms are there, in which many archives are alike, so that most have been
// read before.
type storedFacts struct {
	survey.Facts
	Services memoised[[]survey.ServiceFacts] `json:"services"`
	Checks   memoised[[]survey.PortChecks]   `json:"checks"`
}

// memoised is a value that is read once for all places where its text is the
// same. It must not be changed.
type memoised[T any] struct {
	memo  *memo[T]
	value T
}

// UnmarshalJSONFrom reads the value, or finds it.
func (m *memoised[T]) UnmarshalJSONFrom(d *jsontext.Decoder) error {
	text, err := d.ReadValue()
	if err != nil {
		return err
	}
	var known bool
	if m.value, known = m.memo.get(text); known {
		return nil
	}
	if err := jsonv2.Unmarshal(text, &m.value); err != nil {
		return err
	}
	m.memo.put(text, m.value)
	return nil
}

const (
	// memoSize is how many values a memo holds: surveys of 100,000 archives
	// have some hundred forms.
	memoSize = 2048
	// memoText is how long a text may be that is kept, in bytes.
	memoText = 2048
)

// memo holds values by their JSON text.
type memo[T any] struct {
	mu     sync.RWMutex
	byText map[string]T
}

func (m *memo[T]) get(text []byte) (T, bool) {
	m.mu.RLock()
	defer m.mu.RUnlock()
	v, ok := m.byText[string(text)]
	return v, ok
}

func (m *memo[T]) put(text []byte, v T) {
	if len(text) > memoText {
		return
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.byText == nil || len(m.byText) >= memoSize {
		m.byText = map[string]T{} // what is frequent is soon there again
	}
	m.byText[string(text)] = v
}
