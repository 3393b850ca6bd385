package census

import "sync/atomic"

// DefaultMemory is how much the sets of counts that share it may take, in
// bytes.
const DefaultMemory = 48 << 20

// The size of one set, in slots of 8 bytes.
const (
	minSlots = 1 << 10
	maxSlots = 1 << 21
)

// Memory is a limit on memory that counts running at once share.
type Memory struct{ left atomic.Int64 }

// NewMemory returns a limit of so many bytes.
func NewMemory(bytes int64) *Memory {
	m := &Memory{}
	m.left.Store(bytes)
	return m
}

// take takes slots; the first minSlots of each set are free, so that a count
// that gets no memory can tell the studies of a short window apart.
func (m *Memory) take(slots int) bool {
	if slots <= minSlots {
		return true
	}
	n := int64(slots) * 8
	if m.left.Add(-n) < 0 {
		m.left.Add(n)
		return false
	}
	return true
}

func (m *Memory) give(slots int) {
	if slots > minSlots {
		m.left.Add(int64(slots) * 8)
	}
}

// set holds hashes of study instance UIDs, so that a study that comes twice is
// counted once. Two studies are taken for one with a chance of n²/2⁶⁴, one in
// ten million at a million studies. When it may not grow it is full and no
// longer knows everything.
type set struct {
	mem *Memory
	// slots is a part of backing; the lowest bit of a slot is a mark, 0 is
	// empty.
	slots, backing []uint64
	n              int
	full           bool
}

const mark = 1

// insert adds h and reports whether it was new. A full set adds nothing and
// calls everything new that it does not know.
func (s *set) insert(h uint64) (isNew bool) {
	h = clean(h)
	if s.n >= len(s.slots)/4*3 && !s.full {
		s.grow()
	}
	if len(s.slots) == 0 {
		return true
	}
	i := s.find(h)
	if s.slots[i] != 0 {
		return false
	}
	if !s.full {
		s.slots[i] = h
		s.n++
	}
	return true
}

// mark marks h. known is false when h is not in the set, first when it was
// marked before.
func (s *set) mark(h uint64) (known, first bool) {
	if len(s.slots) == 0 {
		return false, false
	}
	p := &s.slots[s.find(clean(h))]
	if *p == 0 {
		return false, false
	}
	first = *p&mark == 0
	*p |= mark
	return true, first
}

// clean makes h a hash that is neither empty nor marked.
func clean(h uint64) uint64 {
	h &^= mark
	if h == 0 {
		h = 2
	}
	return h
}

// look returns what lies where h would go first. It brings the place near.
func (s *set) look(h uint64) uint64 {
	if len(s.slots) == 0 {
		return 0
	}
	return s.slots[h>>1&uint64(len(s.slots)-1)]
}

// find returns the slot of h, or the empty one where it would go.
func (s *set) find(h uint64) int {
	mask := uint64(len(s.slots) - 1)
	i := (h >> 1) & mask
	for {
		v := s.slots[i]
		if v == 0 || v&^mark == h {
			return int(i)
		}
		i = (i + 1) & mask
	}
}

// grow doubles the set, or marks it as full.
func (s *set) grow() {
	size := max(2*len(s.slots), minSlots)
	if size > maxSlots {
		s.full = true
		return
	}
	old := s.slots
	if size <= len(s.backing) {
		// Rehash inside the backing array: a copy of the old slots is needed.
		old = append([]uint64(nil), old...)
		s.slots = s.backing[:size]
		clear(s.slots)
	} else {
		if !s.mem.take(size) {
			s.full = true
			return
		}
		s.mem.give(len(s.backing))
		s.backing = make([]uint64, size)
		s.slots = s.backing
	}
	for _, h := range old {
		if h != 0 {
			s.slots[s.find(h&^mark)] = h
		}
	}
}

// reset empties the set; its memory is kept.
func (s *set) reset() {
	clear(s.slots)
	s.slots = s.backing[:min(len(s.backing), minSlots)]
	s.n, s.full = 0, false
}

// unmark removes all marks.
func (s *set) unmark() {
	for i := range s.slots {
		s.slots[i] &^= mark
	}
}

// release gives the memory back.
func (s *set) release() {
	s.mem.give(len(s.backing))
	s.slots, s.backing, s.n = nil, nil, 0
}

// room is how many studies the set can hold as far as its own size goes.
func (s *set) room() int { return maxSlots / 4 * 3 / 2 }
