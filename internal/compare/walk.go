package compare

import (
	"iter"

	"leadglass/internal/survey"
)

// Stream is the facts of one survey, in the order of their targets' bytes.
type Stream = iter.Seq2[survey.Facts, error]

// Changes compares target by target. Memory does not grow with the number of
// targets. An error of a stream ends the iteration.
func (f *Frame) Changes(before, now Stream) iter.Seq2[Change, error] {
	return func(yield func(Change, error) bool) {
		for groups, err := range merged([]Stream{before, now}) {
			if err != nil {
				yield(Change{}, err)
				return
			}
			if c, any := f.Target(groups[0], groups[1]); any && !yield(c, nil) {
				return
			}
		}
	}
}

// merged yields the records of one target after the other: those of each
// stream, some of which may have none. What it yields is valid until the next
// turn.
func merged(streams []Stream) iter.Seq2[[][]survey.Facts, error] {
	return func(yield func([][]survey.Facts, error) bool) {
		heads := make([]head, len(streams))
		for i, s := range streams {
			next, stop := iter.Pull2(ahead(s))
			defer stop()
			heads[i].next = next
			if err := heads[i].advance(); err != nil {
				yield(nil, err)
				return
			}
		}
		groups := make([][]survey.Facts, len(streams))
		for {
			target, any := least(heads)
			if !any {
				return
			}
			for i := range heads {
				groups[i] = groups[i][:0]
				for heads[i].ok && heads[i].facts.Target == target {
					groups[i] = append(groups[i], heads[i].facts)
					if err := heads[i].advance(); err != nil {
						yield(nil, err)
						return
					}
				}
			}
			if !yield(groups, nil) {
				return
			}
		}
	}
}

// head is the next record of a stream.
type head struct {
	next  func() (survey.Facts, error, bool)
	facts survey.Facts
	ok    bool
}

func (h *head) advance() error {
	var err error
	h.facts, err, h.ok = h.next()
	return err
}

func least(heads []head) (target string, any bool) {
	for i := range heads {
		if heads[i].ok && (!any || heads[i].facts.Target < target) {
			target, any = heads[i].facts.Target, true
		}
	}
	return target, any
}

// batch is how many records are read ahead at once, and how many batches wait.
const (
	batchSize    = 256
	batchesAhead = 2
)

// ahead reads a stream in a goroutine of its own, a few hundred records before
// they are asked for, so that streams are read side by side. The goroutine has
// ended when the iteration has.
func ahead(s Stream) Stream {
	type read struct {
		facts []survey.Facts
		err   error
	}
	return func(yield func(survey.Facts, error) bool) {
		batches, quit := make(chan read, batchesAhead), make(chan struct{})
		go func() {
			defer close(batches)
			var b read
			send := func() bool {
				select {
				case batches <- b:
					b = read{}
					return true
				case <-quit:
					return false
				}
			}
			for f, err := range s {
				if b.err = err; err == nil {
					b.facts = append(b.facts, f)
				}
				if (err != nil || len(b.facts) == batchSize) && !send() || err != nil {
					return
				}
			}
			send()
		}()
		defer func() {
			close(quit)
			for range batches { // until the reader has ended
			}
		}()
		for b := range batches {
			for _, f := range b.facts {
				if !yield(f, nil) {
					return
				}
			}
			if b.err != nil {
				yield(survey.Facts{}, b.err)
				return
			}
		}
	}
}
