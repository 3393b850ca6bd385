// Package wipe overwrites memory that is not ours: buffers of libraries through
// which bytes of a peer went, and which they neither overwrite nor give access
// to. It knows them by the reads that filled them. It keeps nothing itself.
package wipe

// Buffers are buffers of a library. The zero value has none.
type Buffers struct{ seen [][]byte }

// Remember notes the buffer that b is part of, from where b begins to the
// buffer's end. Parts with the same end are one buffer.
func (t *Buffers) Remember(b []byte) {
	b = b[:cap(b)]
	if len(b) == 0 {
		return
	}
	last := &b[len(b)-1]
	for i, u := range t.seen {
		if &u[len(u)-1] == last {
			if len(b) > len(u) {
				t.seen[i] = b
			}
			return
		}
	}
	t.seen = append(t.seen, b)
}

// Wipe overwrites all of them, and forgets them.
func (t *Buffers) Wipe() {
	for _, b := range t.seen {
		clear(b)
	}
	t.seen = nil
}
