package examine

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"leadglass/internal/survey"
)

// steps logs the work on one host.
type steps struct {
	log *slog.Logger // nil: nothing is logged
	// number tells hosts apart in the log, target is the address.
	number int64
	target string
}

// ended logs what a stage came to, for who wants to see where the time goes.
// What it says are words and numbers of ours: of what a host sent, nothing. The
// address stands in the attribute "target", which the logger leaves out unless
// addresses were asked for; number tells hosts apart without it. port is 0 for
// the host as a whole.
func (s steps) ended(ctx context.Context, stage string, port uint16, outcome string, since time.Time) {
	if s.log == nil || !s.log.Enabled(ctx, slog.LevelDebug) {
		return
	}
	attrs := []slog.Attr{slog.Int64("host", s.number), slog.String("target", s.target), slog.String("stage", stage)}
	if port != 0 {
		attrs = append(attrs, slog.Int("port", int(port)))
	}
	attrs = append(attrs, slog.String("outcome", outcome), slog.Duration("took", time.Since(since).Round(time.Millisecond)))
	s.log.LogAttrs(ctx, slog.LevelDebug, "stage ended", attrs...)
}

// checksOutcome is how checks came out, in numbers.
func checksOutcome(checks []survey.Check) string {
	by := map[survey.CheckState]int{}
	for _, c := range checks {
		by[c.State]++
	}
	return fmt.Sprintf("%d failed, %d passed, %d unknown", by[survey.Fail], by[survey.Pass], by[survey.Unknown])
}
