package wipe_test

import (
	"bytes"
	"testing"

	"leadglass/internal/wipe"
)

// TestBuffers: what lies behind the first byte remembered is overwritten, to
// the end of the buffer; what lies before it is not.
func TestBuffers(t *testing.T) {
	one, two := bytes.Repeat([]byte("a"), 100), bytes.Repeat([]byte("b"), 50)
	var b wipe.Buffers
	for _, part := range [][]byte{one[60:70], one[20:30], one[80:], two[:10], nil, {}} {
		b.Remember(part)
	}
	b.Wipe()
	if want := append(bytes.Repeat([]byte("a"), 20), make([]byte, 80)...); !bytes.Equal(one, want) {
		t.Errorf("%q", one)
	}
	if !bytes.Equal(two, make([]byte, 50)) {
		t.Errorf("%q", two)
	}
	copy(one, "new")
	b.Wipe()
	if string(one[:3]) != "new" {
		t.Error("a buffer was overwritten that had been forgotten")
	}
}
