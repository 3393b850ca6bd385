package main

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"leadglass/internal/realserver"
	"leadglass/internal/survey"
)

// TestRequestsCounted: the requests in traffic are those that the server's log
// has, of the checks as of the count.
func TestRequestsCounted(t *testing.T) {
	for _, mode := range []string{"off", "exact"} {
		t.Run(mode, func(t *testing.T) {
			t.Parallel()
			s := realserver.Dcmqrscp(t, realserver.DCMTKOptions{Args: []string{"-d"}, Studies: realserver.Studies(4, 6, 2, realserver.StudyOptions{})})
			f := leadglass(t, "check", s.DICOMAddr(), "--json", "--called-ae-title", s.AETitle, "--count", mode).want(t, exitDone).finding(t)
			got := f.Traffic.DIMSERequests
			logged := got
			logged.Echo, logged.Cancel = 0, 0 // dcmqrscp logs neither in this form
			sawAll(t, fmt.Sprintf("%+v", logged), func() string {
				log := s.Log()
				saw := func(service string) int64 { return int64(strings.Count(log, ": "+service+" RQ\n")) }
				return fmt.Sprintf("%+v", survey.DIMSERequests{Find: saw("C-FIND"), Get: saw("C-GET"), Move: saw("C-MOVE")})
			})
			if got.Find == 0 || got.Get == 0 || got.Move == 0 || got.Echo == 0 || got.Cancel == 0 || f.Traffic.Queries != got.Find || f.Traffic.Responses == 0 {
				t.Errorf("%+v", f.Traffic)
			}
		})
	}
	t.Run("HTTP", func(t *testing.T) {
		t.Parallel()
		s := realserver.Nginx(t, realserver.NginxOptions{Root: t.TempDir(),
			Directives: `access_log /dev/stdout; location = / { return 302 /index/; }`})
		f := leadglass(t, "check", fmt.Sprintf("http://%s:%d/", s.Host, s.HTTPPort), "--json").finding(t)
		sawAll(t, fmt.Sprint(f.Traffic.HTTPRequests), func() string { return fmt.Sprint(strings.Count(s.Log(), " HTTP/1.1\" ")) })
		if f.Traffic.HTTPRequests < 2 {
			t.Errorf("%+v", f.Traffic)
		}
	})
}

// sawAll waits until the log of a server, which may be written late, shows what is
// wanted.
func sawAll(t *testing.T, want string, saw func() string) {
	t.Helper()
	var got string
	for end := time.Now().Add(20 * time.Second); time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
		if got = saw(); got == want {
			return
		}
	}
	t.Errorf("the finding has %s, the server saw %s", want, got)
}
