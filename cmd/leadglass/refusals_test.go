package main

import (
	"strings"
	"testing"
)

// TestUnreachableSaysHow: a finding on what does not answer says how it did
// not, and does not ask for a port that was named.
func TestUnreachableSaysHow(t *testing.T) {
	t.Parallel()
	for target, want := range map[string]string{
		"[::1]:9":       "1 refused the connection",
		"127.0.89.13:9": "1 refused the connection",
	} {
		o := leadglass(t, "check", target).want(t, exitDone)
		if text := strings.Join(strings.Fields(o.out), " "); !strings.Contains(text, want) || strings.Contains(text, "name its port") {
			t.Errorf("%s: %s", target, o.out)
		}
	}
	if o := leadglass(t, "check", "127.0.89.13").want(t, exitDone); !strings.Contains(o.out, "name its port") {
		t.Error(o.out)
	}
}

// TestArgumentsSayTheRemedy: what is refused says what to give instead.
func TestArgumentsSayTheRemedy(t *testing.T) {
	t.Parallel()
	scope := file(t, scopeText("127.0.89.14", "9", "9"))
	for want, args := range map[string][]string{
		"for port 4242 of ::1, write [::1]:4242":                 {"check", "::1:4242"},
		"--called-ae-title: is 20 characters long; give 1 to 16": {"check", "127.0.89.14", "--called-ae-title", "ABCDEFGHIJKLMNOPQRST"},
		"--time must be positive, not 0s":                        {"check", "127.0.89.14", "--time", "0s"},
		"--concurrency must be at least 1, not 0":                {"survey", "--scope", scope, "--concurrency", "0"},
	} {
		if o := leadglass(t, args...).want(t, exitUsage); !strings.Contains(o.errors, want) {
			t.Errorf("%v: %s", args, o.errors)
		}
	}
}
