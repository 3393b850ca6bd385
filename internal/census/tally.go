package census

import (
	"bytes"
	"sync/atomic"

	"leadglass/dicom/dimse"
	"leadglass/internal/privacy"
)

// tally reads responses. It is set to a task before each query.
type tally struct {
	key    privacy.Key
	sketch *privacy.Sketch
	stop   *atomic.Bool
	// left is how many more responses may be received in all.
	left  int64
	table *modalityTable
	row   row

	// seen holds the studies of the whole list, leaf those of one window,
	// undated those without a usable date, whatever query they came in.
	seen, leaf, dateless set
	// images holds the images listed of single studies.
	images set
	// whole are the sums of the studies with a date in the whole list, part
	// those of a window, datelessSums those of studies without a usable date.
	whole, part, datelessSums sums
	days                      *histogram
	sample                    sample

	// queue holds the studies last received that are not yet counted, to be
	// counted as work says.
	queue  [batch]study
	queued int
	work   work
	looked uint64

	// Counts of the query under way.
	window window
	got    gotten
	// before is what the query before it came to.
	before fingerprint
	// duplicates counts responses that repeated a study in the same list,
	// nameless those without a study instance UID, malformed those that could
	// not be read to the end.
	duplicates, nameless, malformed int64
	// listedDated is the number of responses of the whole list with a date.
	listedDated int64
	sawTime     bool
}

// batch is how many studies are counted together. A set of millions of studies
// lies in main memory, and places that are looked up together are fetched
// together.
const batch = 32

// work is what is done with the studies of a query.
type work uint8

const (
	countList work = iota
	countWindow
	countPatients
	compare
)

// gotten are the counts of one query.
type gotten struct {
	// inside is the number of responses in the window, outside of those not,
	// far the part of them that is more than a few days away.
	inside, outside, far int64
	// marked is the number of studies found again in the whole list, fresh
	// that of studies that it lacks.
	marked, fresh int64
	duplicates    int64
	undated       int64
	untimed       int64
	// print is the sum of the hashes of the studies listed, in any order;
	// repeats says that the window restricted nothing.
	print   uint64
	repeats bool
}

// fingerprint stands for an answer: the studies listed, whatever their order.
type fingerprint struct {
	window window
	raw    int64
	print  uint64
}

func (t *tally) init(o Options, stop *atomic.Bool) {
	t.key, t.stop, t.left = o.SketchKey, stop, o.MaxResponses
	t.sketch = privacy.NewSketch()
	t.table = newModalityTable()
	t.days = newHistogram()
	t.seen.mem, t.leaf.mem, t.dateless.mem, t.images.mem = o.Memory, o.Memory, o.Memory, o.Memory
}

func (t *tally) release() {
	t.seen.release()
	t.leaf.release()
	t.dateless.release()
	t.images.release()
	t.sample.wipe()
}

// next reads a response; false when a limit is reached.
func (t *tally) next(m dimse.Match) (h uint64, ok bool) {
	t.left--
	if t.left < 0 || t.stop.Load() {
		return 0, false
	}
	t.row.read(m)
	if t.row.malformed {
		t.malformed++
	}
	if len(t.row.uid) == 0 {
		return 0, true
	}
	h = t.key.Hash(t.row.uid)
	t.got.print += h
	t.sketch.AddHash(h)
	return h, true
}

// put queues the study just read. It returns false when the query has told
// enough.
func (t *tally) put(w work, h uint64) bool {
	t.queue[t.queued] = t.row.study
	t.queue[t.queued].hash = h
	t.work = w
	t.queued++
	return t.queued < batch || t.settle()
}

// settle counts the studies in the queue.
func (t *tally) settle() bool {
	queue := t.queue[:t.queued]
	t.queued = 0
	into := &t.seen
	if t.work == countWindow || t.work == countPatients {
		into = &t.leaf
	}
	for i := range queue {
		t.looked ^= into.look(queue[i].hash)
	}
	more := true
	for i := 0; i < len(queue) && more; i++ {
		switch s := &queue[i]; t.work {
		case countList:
			more = t.countInList(s)
		case countWindow:
			more = t.countInWindow(s)
		case countPatients:
			if t.leaf.insert(s.hash) {
				t.part.studies++
			}
		case compare:
			more = t.compare(s)
		}
	}
	return more
}

// takeWhole counts a response of the whole list.
func (t *tally) takeWhole(m dimse.Match) bool {
	h, ok := t.next(m)
	if !ok {
		return false
	}
	r := &t.row
	if len(r.uid) == 0 {
		t.nameless++
		return true
	}
	r.readModalities(t.table)
	t.sample.offer(h, r)
	return t.put(countList, h)
}

func (t *tally) countInList(s *study) bool {
	if s.dated {
		t.listedDated++
	}
	if !t.seen.insert(s.hash) {
		t.duplicates++
		return !t.endless()
	}
	if !s.dated {
		t.countDateless(s)
		return true
	}
	t.days.add(s.date)
	t.whole.count(s)
	return true
}

// listed is how many studies the whole list held.
func (t *tally) listed() int64 { return t.whole.studies + t.datelessSums.studies }

// sums are the sums of the whole list.
func (t *tally) sums() sums {
	s := t.whole
	s.add(&t.datelessSums)
	return s
}

// expected is how many studies of the whole list lie in a window of whole
// days; 0 where that is not known.
func (t *tally) expected(w window) int64 {
	if w.shape() != dateShape {
		return 0
	}
	n, _ := t.days.in(w)
	return n
}

// endless reports whether the list goes round in circles: nothing new for
// longer than the list was.
func (t *tally) endless() bool {
	const patience = 1000
	return !t.seen.full && t.duplicates > 2*t.listed()+patience
}

// takeLeaf counts a response of a window. Studies without a usable date belong
// to no window; they are counted once, whichever window they come with.
func (t *tally) takeLeaf(m dimse.Match) bool {
	h, ok := t.next(m)
	if !ok {
		return false
	}
	r := &t.row
	if len(r.uid) == 0 {
		t.nameless++
		return true
	}
	r.readModalities(t.table)
	if !r.dated {
		t.got.undated++
		t.sample.offer(h, r)
		return t.put(countWindow, h)
	}
	if !t.holds(r) {
		return t.tolerable()
	}
	t.got.inside++
	t.sample.offer(h, r)
	return t.put(countWindow, h)
}

func (t *tally) countInWindow(s *study) bool {
	if !s.dated {
		t.countDateless(s)
		return true
	}
	if !t.leaf.insert(s.hash) {
		t.got.duplicates++
		return t.got.duplicates < 2*t.part.studies+1000 || t.leaf.full
	}
	t.part.count(s)
	return true
}

// countDateless counts a study without a usable date.
func (t *tally) countDateless(s *study) {
	if t.dateless.insert(s.hash) {
		t.datelessSums.count(s)
	}
}

// takePatient counts a response to a query for patient IDs of a form.
func (t *tally) takePatient(m dimse.Match) bool {
	h, ok := t.next(m)
	if !ok {
		return false
	}
	r := &t.row
	switch {
	case r.id == otherID:
		t.got.outside++
		t.got.far++
		return t.tolerable()
	case r.id == dashesID || len(r.uid) == 0:
		return true
	case !t.holds(r):
		return t.tolerable()
	}
	t.got.inside++
	return t.put(countPatients, h)
}

// takeCheck looks a response of a window up in the whole list.
func (t *tally) takeCheck(m dimse.Match) bool {
	h, ok := t.next(m)
	if !ok {
		return false
	}
	r := &t.row
	if len(r.uid) == 0 {
		return true
	}
	switch {
	case !r.dated && t.window.dated():
		t.got.undated++
		return true
	case !t.holds(r):
		return t.tolerable()
	}
	t.got.inside++
	return t.put(compare, h)
}

func (t *tally) compare(s *study) bool {
	known, first := t.seen.mark(s.hash)
	switch {
	case !known:
		t.got.fresh++
		return false // the whole list was cut: counting in windows begins
	case first:
		t.got.marked++
	default:
		t.got.duplicates++
		return t.got.duplicates < 2*int64(t.seen.n)+1000
	}
	return true
}

// holds reports whether the study in r lies in the window, and notes how far
// outside it lies.
func (t *tally) holds(r *row) bool {
	if r.second == noSecond {
		t.got.untimed++
	} else {
		t.sawTime = true
	}
	if t.window.modality != "" && !names(r.words, t.window.modality) ||
		t.window.suffix != "" && !endsWith(r.uid, t.window.suffix) {
		t.got.outside++
		t.got.far++
		return false
	}
	if t.window.holds(r) {
		return true
	}
	t.got.outside++
	const near = 7 // days
	if r.dated && (r.date < t.window.from-near || r.date > t.window.to+near) {
		t.got.far++
	}
	return false
}

// names reports whether a value of Modalities in Study names modality m.
func names(v []byte, m string) bool {
	for len(v) >= len(m) {
		if string(v[:len(m)]) == m && (len(v) == len(m) || v[len(m)] == '\\' || v[len(m)] == ' ' || v[len(m)] == 0) {
			return true
		}
		next := bytes.IndexByte(v, '\\')
		if next < 0 {
			return false
		}
		v = v[next+1:]
	}
	return false
}

func endsWith(v []byte, suffix string) bool {
	return len(v) >= len(suffix) && string(v[len(v)-len(suffix):]) == suffix
}

// tolerable reports whether a window is worth reading on: not when the archive
// ignores it.
func (t *tally) tolerable() bool {
	const few = 16
	return t.got.far < few && !t.got.repeats
}

// compareWithLast finds out, of an answer of raw responses that has ended,
// whether it only repeats the one before: two windows of dates that have no
// day in common cannot hold the same studies, and a range of dates that holds
// none of the studies it lists, which were listed without it, restricts nothing.
// The exception are ranges open to the past, which list empty dates in
// archives that compare dates as text.
func (t *tally) compareWithLast(raw int64) {
	last, w := t.before, t.window
	t.before = fingerprint{window: w, raw: raw, print: t.got.print}
	if raw == 0 || !w.dated() || raw != last.raw || t.got.print != last.print || t.got.undated+t.got.far == 0 {
		return
	}
	apart := last.window.dated() && (last.window.to < w.from || w.to < last.window.from)
	openToThePast := w.from == firstDay && w.to != lastDay
	t.got.repeats = apart || t.got.inside == 0 && !openToThePast
}

// begin sets the tally to a window.
func (t *tally) begin(w window) {
	t.window, t.got = w, gotten{}
}
