package census

// The days that a histogram tells apart.
const (
	histogramFrom day = 1970 * 12 * 31
	histogramTo   day = 2050*12*31 - 1
)

// histogram counts studies by day: 1970 to 2049 one by one, what is before and
// after each as one.
type histogram struct {
	days          []uint32
	before, after int64
	n             int64
}

func newHistogram() *histogram {
	return &histogram{days: make([]uint32, histogramTo-histogramFrom+1)}
}

func (h *histogram) add(d day) {
	h.n++
	switch {
	case d < histogramFrom:
		h.before++
	case d > histogramTo:
		h.after++
	default:
		h.days[d-histogramFrom]++
	}
}

// in returns how many studies lie in a window of whole days; ok is false when
// the histogram cannot say.
func (h *histogram) in(w window) (n int64, ok bool) {
	from, to := w.from, w.to
	if from < histogramFrom {
		if from > firstDay && h.before > 0 {
			return 0, false
		}
		n += h.before
		from = histogramFrom
	}
	if to > histogramTo {
		if to < lastDay && h.after > 0 {
			return 0, false
		}
		n += h.after
		to = histogramTo
	}
	if w.to < histogramFrom {
		return n, w.to == histogramFrom-1 || h.before == 0
	}
	if w.from > histogramTo {
		return n, w.from == histogramTo+1 || h.after == 0
	}
	for d := from; d <= to; d++ {
		n += int64(h.days[d-histogramFrom])
	}
	return n, true
}

// plan cuts all days into windows of about target studies each. The first and
// the last are open; a day with target studies or more is a window of its own.
func (h *histogram) plan(target int64) []window {
	var windows []window
	from := firstDay
	n := h.before
	cutBefore := func(d day) {
		if d > from {
			windows = append(windows, window{from: from, to: d - 1})
			from, n = d, 0
		}
	}
	for i, count := range h.days {
		if count == 0 {
			continue
		}
		d := histogramFrom + day(i)
		if n > 0 && n+int64(count) > target || int64(count) >= target {
			cutBefore(d)
		}
		n += int64(count)
		if n >= target {
			cutBefore(d + 1)
		}
	}
	return append(windows, window{from: from, to: lastDay})
}

// span returns the first and last day with studies that the histogram tells
// apart.
func (h *histogram) span() (first, last day, ok bool) {
	for i, n := range h.days {
		if n == 0 {
			continue
		}
		if !ok {
			first, ok = histogramFrom+day(i), true
		}
		last = histogramFrom + day(i)
	}
	return first, last, ok
}
