package assess_test

import (
	"context"
	"net"
	"slices"
	"syscall"
	"testing"
	"time"

	"leadglass/dicom/ul"
	"leadglass/internal/assess"
	"leadglass/internal/realserver"
	"leadglass/internal/survey"
)

// TestPortThatClosesBetweenAssociations: Odil closes its port for a moment after
// each association, others close the connection. The checks try again, and none is
// unknown for that.
func TestPortThatClosesBetweenAssociations(t *testing.T) {
	for name, closed := range map[string]error{
		"port closed":       &net.OpError{Op: "dial", Err: syscall.ECONNREFUSED},
		"connection closed": ul.ErrClosed,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			target := identify(t, realserver.Dcmqrscp(t, realserver.DCMTKOptions{Studies: realserver.Studies(1, 5, 1, realserver.StudyOptions{})}).DICOMAddr(), "DCMQRSCP")
			open, calls := target.session.Open, 0
			target.session.Open = func(ctx context.Context, called string, contexts []ul.PresentationContext) (*ul.Association, error) {
				if calls++; calls%2 == 1 {
					return nil, closed
				}
				return open(ctx, called, contexts)
			}
			target.session.Patience = 5 * time.Second
			result := assess.Run(t.Context(), target.session)
			for _, id := range []string{"LG-D04", "LG-D05"} {
				i := slices.IndexFunc(result.Checks, func(c survey.Check) bool { return c.ID == id })
				if i < 0 || result.Checks[i].State != survey.Fail {
					t.Errorf("%s: %+v", id, result.Checks)
				}
			}
		})
	}
}
