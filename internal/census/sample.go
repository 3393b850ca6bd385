package census

// sampleSize is how many studies a sample holds: all of a small archive.
const sampleSize = 512

// maxUID is the length of the longest UID (PS3.5 9.1).
const maxUID = 64

// sample is a random sample of the studies seen: those with the lowest hashes.
// A study that is seen twice is in it once. It holds study instance UIDs, by
// which the archive is asked for the images of single studies, for as long as
// a count takes.
type sample struct {
	members []member // a heap, the highest hash first
}

type member struct {
	hash   uint64
	images int64
	group  group
	length uint8
	uid    [maxUID]byte
}

// offer puts a study into the sample if its hash is low enough.
func (s *sample) offer(h uint64, r *row) {
	if len(s.members) == sampleSize && h >= s.members[0].hash || len(r.uid) > maxUID {
		return
	}
	s.take(h, r)
}

func (s *sample) take(h uint64, r *row) {
	for i := range s.members {
		if s.members[i].hash == h {
			return
		}
	}
	if s.members == nil {
		s.members = make([]member, 0, sampleSize)
	}
	if len(s.members) < sampleSize {
		s.members = append(s.members, member{})
		s.set(len(s.members)-1, h, r)
		s.up(len(s.members) - 1)
		return
	}
	s.set(0, h, r)
	s.down(0)
}

func (s *sample) set(i int, h uint64, r *row) {
	m := &s.members[i]
	m.hash, m.images, m.group = h, r.images, r.group
	m.length = uint8(copy(m.uid[:], r.uid))
}

func (s *sample) up(i int) {
	for i > 0 {
		parent := (i - 1) / 2
		if s.members[parent].hash >= s.members[i].hash {
			return
		}
		s.members[parent], s.members[i] = s.members[i], s.members[parent]
		i = parent
	}
}

func (s *sample) down(i int) {
	for {
		child := 2*i + 1
		if child >= len(s.members) {
			return
		}
		if child+1 < len(s.members) && s.members[child+1].hash > s.members[child].hash {
			child++
		}
		if s.members[i].hash >= s.members[child].hash {
			return
		}
		s.members[i], s.members[child] = s.members[child], s.members[i]
		i = child
	}
}

// wipe overwrites the sample.
func (s *sample) wipe() {
	clear(s.members[:cap(s.members)])
	s.members = nil
}
