// Package merge reads the facts of several surveys side by side, target by
// target, in memory that does not grow with their number. It judges nothing.
package merge

import (
	"iter"

	"leadglass/internal/survey"
)

// Stream is the facts of one survey, in the order of their targets' bytes.
type Stream = iter.Seq2[survey.Facts, error]

// ByTarget yields the records of one target after the other: those of each
// stream, some of which may have none. What it yields is valid until the next
// turn. The streams are read side by side; when the iteration ends, nobody
// reads them any more.
func ByTarget(streams []Stream) iter.Seq2[[][]survey.Facts, error] {
	return func(yield func([][]survey.Facts, error) bool) {
		readers := make([]*reader, len(streams))
		for i, s := range streams {
			readers[i] = readAhead(s)
			defer readers[i].stop()
		}
		groups := make([][]survey.Facts, len(streams))
		for {
			target, any, err := least(readers)
			if err == nil && !any {
				return
			}
			for i := 0; i < len(readers) && err == nil; i++ {
				groups[i], err = readers[i].take(target)
			}
			if err != nil {
				yield(nil, err)
				return
			}
			if !yield(groups, nil) {
				return
			}
		}
	}
}

// least is the first of the targets that come next, false at the end of all
// streams.
func least(readers []*reader) (target string, any bool, err error) {
	for _, r := range readers {
		if ok, err := r.more(); err != nil {
			return "", false, err
		} else if ok && (!any || r.batch[0].Target < target) {
			target, any = r.batch[0].Target, true
		}
	}
	return target, any, nil
}

// batchSize is how many records are handed over at once, batchesAhead how many
// batches wait.
const (
	batchSize    = 256
	batchesAhead = 2
)

// reader reads a stream in a goroutine of its own, a few hundred records before
// they are asked for. The goroutine has ended when stop returns.
type reader struct {
	batches chan batch
	quit    chan struct{}
	// batch is what has arrived and was not taken yet, err what follows it.
	batch []survey.Facts
	err   error
	// across holds the records of a target that two batches share.
	across []survey.Facts
}

// batch is records, and the error that ended the stream behind them.
type batch struct {
	facts []survey.Facts
	err   error
}

func readAhead(s Stream) *reader {
	r := &reader{batches: make(chan batch, batchesAhead), quit: make(chan struct{})}
	go r.read(s)
	return r
}

// read sends the stream, batch by batch, until it ends or stop is called.
func (r *reader) read(s Stream) {
	defer close(r.batches)
	b := batch{facts: make([]survey.Facts, 0, batchSize)}
	send := func() bool {
		select {
		case r.batches <- b:
			b.facts = make([]survey.Facts, 0, batchSize)
			return true
		case <-r.quit:
			return false
		}
	}
	for f, err := range s {
		if b.err = err; err != nil {
			break
		}
		if b.facts = append(b.facts, f); len(b.facts) == batchSize && !send() {
			return
		}
	}
	send()
}

// more waits for the next record, which is then the first of the batch, and
// reports whether there is one.
func (r *reader) more() (bool, error) {
	for len(r.batch) == 0 && r.err == nil {
		b, ok := <-r.batches
		if !ok {
			return false, nil
		}
		r.batch, r.err = b.facts, b.err
	}
	if len(r.batch) == 0 {
		return false, r.err
	}
	return true, nil
}

// take takes the records of a target that come next, which may be none. They
// are valid until the next call.
func (r *reader) take(target string) ([]survey.Facts, error) {
	r.across = r.across[:0]
	for {
		n := 0
		for n < len(r.batch) && r.batch[n].Target == target {
			n++
		}
		taken, all := r.batch[:n], n == len(r.batch)
		r.batch = r.batch[n:]
		if !all && len(r.across) == 0 {
			return taken, nil
		}
		r.across = append(r.across, taken...)
		if !all {
			return r.across, nil
		}
		if ok, err := r.more(); !ok {
			return r.across, err
		}
	}
}

// stop ends the reading.
func (r *reader) stop() {
	close(r.quit)
	for range r.batches { // until the goroutine has ended
	}
}
