package store_test

import (
	"context"
	"fmt"
	"path/filepath"
	"testing"

	"leadglass/internal/realserver"
	"leadglass/internal/survey"
)

// BenchmarkAppendRecords stores new findings in batches of 100.
func BenchmarkAppendRecords(b *testing.B) {
	b.Run("SQLite", func(b *testing.B) { appendRecords(b, filepath.Join(b.TempDir(), "s.db")) })
	server := realserver.Postgres(b)
	b.Run("PostgreSQL", func(b *testing.B) { appendRecords(b, server.Database(b)) })
}

func appendRecords(b *testing.B, dsn string) {
	s := open(b, dsn)
	v := create(b, s, "v", started)
	batch := make([]survey.Record, 0, 100)
	flush := func() {
		if err := s.AppendRecords(context.Background(), batch); err != nil {
			b.Fatal(err)
		}
		batch = batch[:0]
	}
	for n := 0; b.Loop(); n++ {
		batch = append(batch, record(v.ID, fmt.Sprintf("10.%d.%d.%d", n>>16, n>>8&255, n&255), 0, survey.Open))
		if len(batch) == cap(batch) {
			flush()
		}
	}
	flush()
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "records/s")
}
