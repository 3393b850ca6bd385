package scope_test

import (
	"fmt"
	"net/netip"
	"strings"
	"testing"
	"time"

	"leadglass/internal/scope"
)

// TestNesting: deep nesting is refused, quickly, before the parser recurses.
func TestNesting(t *testing.T) {
	for _, text := range []string{
		"include: " + strings.Repeat("[", 1<<19),
		"include: " + strings.Repeat("[", 1<<10) + strings.Repeat("]", 1<<10),
		"include: " + strings.Repeat("{a: ", 1<<18),
		strings.Repeat("- ", 1<<19),
		strings.Repeat("? ", 1<<19),
	} {
		start := time.Now()
		if _, err := scope.Parse("deep.yaml", []byte(text), today); err == nil {
			t.Errorf("%.20s… is accepted", text)
		}
		if took := time.Since(start); took > 2*time.Second {
			t.Errorf("%.20s… took %v", text, took)
		}
	}
}

// TestLongLists: a scope of many thousand entries loads in reasonable time.
func TestLongLists(t *testing.T) {
	header := "version: 1\nauthority: {organisation: a, contact: b, valid_from: 2026-01-01, valid_until: 2026-12-31}\n"
	var flow, block strings.Builder
	flow.WriteString(header + "include: [")
	block.WriteString(header + "include:\n")
	const n = 20000
	for i := range n {
		a := netip.AddrFrom4([4]byte{10, byte(i >> 16), byte(i >> 8), byte(i)})
		fmt.Fprintf(&flow, "%s, ", a)
		fmt.Fprintf(&block, "  - %s\n", a)
	}
	flow.WriteString("]\n")
	for name, text := range map[string]string{"flow": flow.String(), "block": block.String()} {
		start := time.Now()
		s, err := scope.Parse("long.yaml", []byte(text), today)
		if err != nil || s.Size() != n {
			t.Fatalf("%s: %v", name, err)
		}
		took := time.Since(start)
		t.Logf("%s: %v", name, took)
		if took > 20*time.Second {
			t.Errorf("%s: took %v", name, took)
		}
	}
}
