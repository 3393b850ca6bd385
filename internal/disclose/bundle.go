package disclose

import (
	"archive/zip"
	"cmp"
	"fmt"
	"io"
	"net/netip"
	"slices"
	"time"

	"leadglass/internal/survey"
)

// Bundle is what one recipient is told.
type Bundle struct {
	Recipient *Recipient
	Survey    survey.Survey
	// Findings are on that recipient's systems only.
	Findings []*survey.Finding
	// Date is the letter's day, AnswerBy the last one for an answer.
	Date, AnswerBy time.Time
	// SignedBy is the fingerprint of the key that signs the bundle, or empty.
	SignedBy string
}

// Assigned is what becomes of the findings of a survey.
type Assigned struct {
	// To are the findings of each recipient that gets any.
	To map[*Recipient][]survey.Record
	// Nobody are the findings that should go out and that no recipient claims.
	Nobody []survey.Record
	// LeftOut counts those that do not go out, by reason.
	LeftOut map[Choice]int64
}

// NewAssigned has nothing assigned yet.
func NewAssigned() *Assigned {
	return &Assigned{To: map[*Recipient][]survey.Record{}, LeftOut: map[Choice]int64{}}
}

// Add assigns one record by the rule.
func (a *Assigned) Add(rs *Recipients, rule Rule, r survey.Record) {
	if choice := rule.Choose(&r.Finding); choice != Told {
		a.LeftOut[choice]++
		return
	}
	r.StudySketch = nil // of no use here, and large
	if to, _ := rs.For(&r.Finding); to != nil {
		a.To[to] = append(a.To[to], r)
	} else {
		a.Nobody = append(a.Nobody, r)
	}
}

// Findings returns the findings of records, in the order of their addresses.
func Findings(records []survey.Record) []*survey.Finding {
	list := make([]*survey.Finding, len(records))
	for i := range records {
		list[i] = &records[i].Finding
	}
	slices.SortStableFunc(list, func(a, b *survey.Finding) int {
		x, _ := netip.ParseAddr(a.Target.Address)
		y, _ := netip.ParseAddr(b.Target.Address)
		return cmp.Or(x.Compare(y), cmp.Compare(a.Target.Port, b.Target.Port))
	})
	return list
}

// LetterName is the letter's name in a bundle.
const LetterName = "letter.txt"

// Write writes the bundle to w as a ZIP file: the letter and the attachments.
// w has to encrypt; nothing is written elsewhere. Each part is built in memory
// that is overwritten when it has been handed on.
func (b *Bundle) Write(w io.Writer, t *Templates) error {
	z := zip.NewWriter(w)
	for _, part := range []struct {
		name  string
		write func(io.Writer) error
	}{
		{LetterName, func(w io.Writer) error {
			text, err := t.Render(b.Recipient.Language, newLetter(b))
			if err != nil {
				return err
			}
			_, err = io.WriteString(w, text)
			return err
		}},
		{"systems.csv", b.writeCSV},
		{"systems.json", b.writeJSON},
		{"intelmq.jsonl", b.writeIntelMQ},
		{"remedies.txt", b.writeRemedies},
	} {
		if err := b.writePart(z, part.name, part.write); err != nil {
			return fmt.Errorf("writing %s: %w", part.name, err)
		}
	}
	if err := z.Close(); err != nil {
		return fmt.Errorf("finishing the bundle: %w", err)
	}
	return nil
}

func (b *Bundle) writePart(z *zip.Writer, name string, write func(io.Writer) error) error {
	var s secret
	defer s.wipe()
	if err := write(&s); err != nil {
		return err
	}
	out, err := z.CreateHeader(&zip.FileHeader{Name: name, Method: zip.Deflate, Modified: b.Date.UTC()})
	if err != nil {
		return err
	}
	_, err = out.Write(s.b)
	return err
}

// secret is a buffer that leaves no copy of its content behind.
type secret struct{ b []byte }

// Write appends p. Where the buffer has to grow, the old one is overwritten.
func (s *secret) Write(p []byte) (int, error) {
	if need := len(s.b) + len(p); need > cap(s.b) {
		grown := make([]byte, len(s.b), max(need, 2*cap(s.b), 4096))
		copy(grown, s.b)
		s.wipe()
		s.b = grown
	}
	s.b = append(s.b, p...)
	return len(p), nil
}

func (s *secret) wipe() {
	clear(s.b[:cap(s.b)])
	s.b = s.b[:0]
}
