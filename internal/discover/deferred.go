package discover

import (
	"container/heap"
	"net/netip"
	"time"
)

// deferred are tasks whose network has had its rate, each network in a line of
// its own. A network's next task is tried when the network may have a turn
// again; nothing is dropped.
type deferred struct {
	bits  int // of an IPv4 network
	lines map[netip.Prefix]*line
	soon  lineHeap
	count int
}

type line struct {
	network netip.Prefix
	tasks   []task
	at      time.Time
}

type lineHeap []*line

func (h lineHeap) Len() int           { return len(h) }
func (h lineHeap) Less(i, j int) bool { return h[i].at.Before(h[j].at) }
func (h lineHeap) Swap(i, j int)      { h[i], h[j] = h[j], h[i] }
func (h *lineHeap) Push(x any)        { *h = append(*h, x.(*line)) }
func (h *lineHeap) Pop() any {
	last := (*h)[len(*h)-1]
	*h = (*h)[:len(*h)-1]
	return last
}

// add puts a task at the end of its network's line; at is when the network may
// have a turn, if it has no line yet.
func (d *deferred) add(network netip.Prefix, t task, at time.Time) {
	d.count++
	if l := d.lines[network]; l != nil {
		l.tasks = append(l.tasks, t)
		return
	}
	l := &line{network: network, tasks: []task{t}, at: at}
	if d.lines == nil {
		d.lines = map[netip.Prefix]*line{}
	}
	d.lines[network] = l
	heap.Push(&d.soon, l)
}

// has reports whether a network has a line, which a new task must join.
func (d *deferred) has(network netip.Prefix) bool {
	return d.count > 0 && d.lines[network] != nil
}

// due is the line that may have a turn at now; nil when there is none.
func (d *deferred) due(now time.Time) *line {
	if len(d.soon) == 0 || d.soon[0].at.After(now) {
		return nil
	}
	return d.soon[0]
}

// next is when a line may have a turn; false when there is no line.
func (d *deferred) next() (time.Time, bool) {
	if len(d.soon) == 0 {
		return time.Time{}, false
	}
	return d.soon[0].at, true
}

// again moves the first line, whose task had no turn, to a later time.
func (d *deferred) again(at time.Time) {
	d.soon[0].at = at
	heap.Fix(&d.soon, 0)
}

// pop removes the first task of the first line, which has had its turn.
func (d *deferred) pop() {
	l := d.soon[0]
	d.count--
	if l.tasks = l.tasks[1:]; len(l.tasks) == 0 {
		heap.Pop(&d.soon)
		delete(d.lines, l.network)
	}
}
