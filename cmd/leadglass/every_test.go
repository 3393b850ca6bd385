package main

import (
	"context"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"leadglass/internal/store"
)

// TestEvery: the first survey is made at once, the next has its time in the
// store, and a process that is started again waits for it.
func TestEvery(t *testing.T) {
	dsn := filepath.Join(t.TempDir(), "s.db")
	h := holdFleet(t, "127.31.11.")
	h.release()
	begin := func() (*background, context.CancelFunc) {
		ctx, stop := context.WithCancel(t.Context())
		b := &background{code: make(chan int, 1)}
		go func() {
			b.code <- run(ctx, []string{"--store", dsn, "survey", "--scope", h.scope, "--name", "weekly", "--every", "168h"}, &b.stdout, &b.stderr)
		}()
		return b, stop
	}
	next := regexp.MustCompile(`the next survey of weekly begins at (.*)\n`)
	var at [2]string
	for i := range at {
		b, stop := begin()
		eventually(t, "the time of the next survey", func() bool { return next.MatchString(b.stderr.String()) })
		stop()
		b.ended(t).want(t, exitDone)
		at[i] = next.FindStringSubmatch(b.stderr.String())[1]
		if made := strings.Contains(b.stdout.String(), "finished in"); made != (i == 0) {
			t.Errorf("process %d has made a survey: %v; %s", i, made, b.stderr.String())
		}
	}
	if at[0] != at[1] {
		t.Errorf("the next survey begins at %s, and after a start at %s", at[0], at[1])
	}
	o := leadglass(t, "--store", dsn, "survey", "list").want(t, exitDone)
	if m := regexp.MustCompile(`(?m)finished .* weekly \d{4}-\d\d-\d\d \d\d:\d\d$`).FindAllString(o.out, -1); len(m) != 1 {
		t.Errorf("list: %s", o.out)
	}
	leadglass(t, "--store", dsn, "lab", "score", h.fleet).want(t, exitDone)
	for _, args := range [][]string{{"--every", "1m"}, {"--every", "24h", "--resume"}} {
		leadglass(t, append([]string{"--store", dsn, "survey", "--scope", h.scope}, args...)...).want(t, exitUsage)
	}
}

// TestShards: machines that know nothing of each other but the scope survey each
// archive once.
func TestShards(t *testing.T) {
	h := holdFleet(t, "127.31.12.")
	h.release()
	path := h.swept(t, "127.31.12.0/24")
	times := map[string]int{}
	for _, args := range [][]string{{"--shard", "1/3"}, {"--shard", "2/3", "--parts", "2"}, {"--shard", "3/3"}} {
		dsn := filepath.Join(t.TempDir(), "s.db")
		leadglass(t, append([]string{"--store", dsn, "survey", "--scope", path}, args...)...).want(t, exitDone)
		db, err := store.OpenExisting(t.Context(), dsn)
		if err != nil {
			t.Fatal(err)
		}
		v, err := db.Survey(t.Context(), "")
		if err != nil {
			t.Fatal(err)
		}
		if v.Sweep == nil || v.Sweep.Shards != 3 {
			t.Errorf("%v: sweep %+v", args, v.Sweep)
		}
		n := 0
		for r, err := range db.Records(t.Context(), v.ID) {
			if err != nil {
				t.Fatal(err)
			}
			times[r.Finding.Target.Address]++
			n++
		}
		if n < heldArchives/5 || n > heldArchives/2 {
			t.Errorf("%v: %d archives", args, n)
		}
		if err := db.Close(); err != nil {
			t.Fatal(err)
		}
	}
	if len(times) != heldArchives {
		t.Errorf("the shards have %d archives, want %d", len(times), heldArchives)
	}
	for address, n := range times {
		if n != 1 {
			t.Errorf("%s was surveyed %d times", address, n)
		}
	}
}
