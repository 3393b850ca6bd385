package metrics_test

import (
	"errors"
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"

	"leadglass/internal/metrics"
)

func get(t *testing.T, url string) (int, string) {
	t.Helper()
	r, err := http.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Body.Close()
	body, err := io.ReadAll(r.Body)
	if err != nil {
		t.Fatal(err)
	}
	return r.StatusCode, string(body)
}

func TestFiguresAndHealth(t *testing.T) {
	var counted atomic.Int64
	var ill atomic.Bool
	h, err := metrics.Handler([]metrics.Figure{
		{Name: "leadglass_things_total", Help: "Things.", Value: func() float64 { return float64(counted.Load()) }},
		{Name: "leadglass_size", Help: "Size.", Gauge: true, Value: func() float64 { return 7 }},
	}, func() error {
		if ill.Load() {
			return errors.New("the store does not answer")
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	l, err := metrics.Listen("0")
	if err != nil {
		t.Fatal(err)
	}
	l.Serve(h)
	url := "http://" + l.Addr()
	counted.Store(41)
	get(t, url+"/metrics")
	counted.Add(1)
	code, text := get(t, url+"/metrics")
	for _, want := range []string{"# TYPE leadglass_things_total counter\nleadglass_things_total 42\n", "# TYPE leadglass_size gauge\nleadglass_size 7\n",
		"# HELP leadglass_things_total Things.\n", "\ngo_goroutines ", "\nprocess_resident_memory_bytes "} {
		if code != http.StatusOK || !strings.Contains(text, want) {
			t.Errorf("status %d, want %q in\n%s", code, want, text)
		}
	}
	if code, text := get(t, url+"/healthz"); code != http.StatusOK || text != "ok\n" {
		t.Errorf("health: %d %q", code, text)
	}
	ill.Store(true)
	if code, text := get(t, url+"/healthz"); code != http.StatusServiceUnavailable || !strings.Contains(text, "the store does not answer") {
		t.Errorf("ill: %d %q", code, text)
	}
	for _, path := range []string{"/", "/debug/pprof/", "/metrics/x"} {
		if code, _ := get(t, url+path); code != http.StatusNotFound {
			t.Errorf("%s: %d", path, code)
		}
	}
	l.Close()
	l.Close()
	if r, err := http.Get(url + "/healthz"); err == nil {
		r.Body.Close()
		t.Error("it answers after its end")
	}
}

func TestNamesAreChecked(t *testing.T) {
	one := func() float64 { return 1 }
	for name, figures := range map[string][]metrics.Figure{
		"no name": {{Help: "h", Value: one}},
		"twice":   {{Name: "a_total", Help: "h", Value: one}, {Name: "a_total", Help: "h", Value: one}},
	} {
		if _, err := metrics.Handler(figures, nil); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
}

// TestLoopbackUnlessTold: a port alone is one of loopback.
func TestLoopbackUnlessTold(t *testing.T) {
	for addr, want := range map[string]string{"0": "127.0.0.1:", ":0": "127.0.0.1:", "127.0.0.2:0": "127.0.0.2:", "0.0.0.0:0": "0.0.0.0:", "[::1]:0": "[::1]:"} {
		l, err := metrics.Listen(addr)
		if err != nil {
			t.Errorf("%s: %v", addr, err)
			continue
		}
		got := l.Addr()
		l.Close()
		if addr == "0.0.0.0:0" {
			got = strings.Replace(got, "[::]:", "0.0.0.0:", 1) // as Go shows it
		}
		if !strings.HasPrefix(got, want) {
			t.Errorf("%s: listens at %s, want %s", addr, got, want)
		}
	}
	for _, addr := range []string{"x:y:z", "127.0.0.1:http:", "127.0.0.1:99999"} {
		if l, err := metrics.Listen(addr); err == nil {
			l.Close()
			t.Errorf("%q is accepted", addr)
		}
	}
	var none *metrics.Server
	none.Serve(nil)
	none.Close()
}
