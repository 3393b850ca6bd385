package examine

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"leadglass/internal/survey"
)

// step logs what a stage came to, for who wants to see where the time goes.
// What it says are words and numbers of ours: of what a host sent, nothing. The
// address stands in the attribute "target", which the logger leaves out unless
// addresses were asked for; number tells hosts apart without it. port is 0 for
// the host as a whole.
func (h *Host) step(ctx context.Context, stage string, port uint16, outcome string, since time.Time) {
	if h.Log == nil || !h.Log.Enabled(ctx, slog.LevelDebug) {
		return
	}
	attrs := []slog.Attr{slog.Int64("host", h.number), slog.String("target", h.finding.Target.Address), slog.String("stage", stage)}
	if port != 0 {
		attrs = append(attrs, slog.Int("port", int(port)))
	}
	attrs = append(attrs, slog.String("outcome", outcome), slog.Duration("took", time.Since(since).Round(time.Millisecond)))
	h.Log.LogAttrs(ctx, slog.LevelDebug, "stage ended", attrs...)
}

// checksOutcome is how checks came out, in numbers.
func checksOutcome(checks []survey.Check) string {
	by := map[survey.CheckState]int{}
	for _, c := range checks {
		by[c.State]++
	}
	return fmt.Sprintf("%d failed, %d passed, %d unknown", by[survey.Fail], by[survey.Pass], by[survey.Unknown])
}
