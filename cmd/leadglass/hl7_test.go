package main

import (
	"context"
	"io"
	"net"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"leadglass/internal/survey"
)

const hl7Fleet = `version: 1
name: hl7
seed: 5
dates: {first: 2015-01-01, last: 2020-12-31}
archives:
  - {name: with HL7, address: 127.0.46.1, port: 11112, hl7_port: 2575, persona: orthanc, contents: {studies: 9, images_linked: 30}}
  - {name: without, address: 127.0.46.2, port: 11112, persona: orthanc, contents: {studies: 9, images_linked: 30}}
  - {name: no archive, address: 127.0.46.3, port: 11112, speaks: ssh}
`

// TestHL7: a port of HL7 v2 is connected to where an archive is, and nowhere
// else, and nothing is sent to it.
func TestHL7(t *testing.T) {
	t.Parallel()
	scope := runFleet(t, file(t, hl7Fleet))
	var connections, bytes atomic.Int64
	listener(t, "127.0.46.3:2575", func(_ context.Context, c net.Conn) {
		n, _ := io.Copy(io.Discard, c)
		bytes.Add(n)
		connections.Add(1)
	})
	for host, want := range map[string]survey.CheckState{
		"127.0.46.1": survey.Fail, "127.0.46.2": survey.Pass, "127.0.46.3": survey.NotApplicable,
	} {
		f := leadglass(t, "check", host, "--scope", scope, "--json").want(t, exitDone).finding(t)
		states(t, f, want, "LG-N02")
	}
	f := leadglass(t, "check", "127.0.46.1:11112", "--scope", scope, "--json").want(t, exitDone).finding(t)
	states(t, f, survey.NotApplicable, "LG-N02") // no other port than the one asked for
	if n := connections.Load(); n > 0 {
		t.Errorf("%d connections to the port of a host without an archive", n)
	}

	// An archive beside a port that counts.
	port := listener(t, "127.0.46.4:0", func(_ context.Context, c net.Conn) {
		n, _ := io.Copy(io.Discard, c)
		bytes.Add(n)
		connections.Add(1)
	})
	one := strings.Replace(hl7Fleet, "127.0.46.1, port: 11112, hl7_port: 2575", "127.0.46.4, port: 11112", 1)
	one = strings.Join(strings.Split(one, "\n")[:6], "\n")
	runFleet(t, file(t, one))
	counted := file(t, strings.Replace(scopeText("127.0.46.4", "11112", "8042"), "http: [8042]", "http: [8042], hl7: ["+strconv.Itoa(int(port))+"]", 1))
	f = leadglass(t, "check", "127.0.46.4", "--scope", counted, "--json").want(t, exitDone).finding(t)
	states(t, f, survey.Fail, "LG-N02")
	for i := 0; connections.Load() == 0 && i < 500; i++ { // counted once it is over
		time.Sleep(10 * time.Millisecond)
	}
	if connections.Load() != 1 || bytes.Load() != 0 {
		t.Errorf("%d connections and %d bytes, want 1 and none", connections.Load(), bytes.Load())
	}
	o := leadglass(t, "scope", "check", counted).want(t, exitDone)
	if !strings.Contains(o.out, "1 connection at most") {
		t.Errorf("the plan does not count HL7:\n%s", o.out)
	}
}
