package identify

import (
	"context"
	"errors"

	"leadglass/dicom/ul"
	"leadglass/internal/peer"
	"leadglass/internal/survey"
)

// outcome says how contact ended that did not bring an association, and
// explains it without a byte of the peer.
func outcome(ctx context.Context, err error) (o survey.Outcome, detail string) {
	end := peer.During(ctx, err)
	if end.Kind == peer.Closed && errors.Is(err, ul.ErrClosed) {
		return survey.Closed, "closed or reset after A-ASSOCIATE-RQ"
	}
	return outcomeOf(end)
}

// httpOutcome is outcome for a port that gave no HTTP answer.
func httpOutcome(ctx context.Context, err error) (survey.Outcome, string) {
	end := peer.DuringHTTP(ctx, err)
	switch end.Kind {
	case peer.Closed:
		return survey.Closed, "closed or reset after the request"
	case peer.Foreign:
		return survey.Foreign, "unknown"
	}
	return outcomeOf(end)
}

// outcomeOf is the outcome that an end means for a port.
func outcomeOf(end peer.End) (survey.Outcome, string) {
	switch end.Kind {
	case peer.Rejected, peer.Aborted:
		return survey.Answered, ""
	case peer.Foreign:
		return survey.Foreign, end.Detail
	case peer.NotTLS:
		return survey.Foreign, "no tls"
	case peer.Malformed:
		return survey.Malformed, end.Detail
	case peer.OverBudget, peer.OutOfTime:
		return survey.OverBudget, end.String()
	case peer.Alert:
		return survey.Closed, "tls: " + end.Detail
	case peer.Closed:
		return survey.Closed, "closed in the TLS handshake"
	case peer.Refused:
		return survey.Refused, ""
	case peer.Unroutable:
		return survey.Silent, end.String()
	case peer.Unanswered:
		return survey.Mute, ""
	case peer.Silent, peer.Late:
		return survey.Silent, ""
	}
	return survey.Silent, "no connection"
}

// isBudget reports whether err, which may be nil, is that of an exhausted budget.
func isBudget(err error) bool { return err != nil && peer.Of(err).Kind == peer.OverBudget }
