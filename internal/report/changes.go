package report

import (
	"cmp"
	"iter"
	"maps"
	"slices"

	"leadglass/internal/publish"
	"leadglass/internal/survey"
)

// Changes are what lies between the numbers of two surveys: for each number of a
// report the archives that changed it, and by how much in all. Whoever holds
// both reports can subtract one from the other, so that a later one is published
// with regard to the changes since each earlier one.
type Changes map[string]publish.Cell

// Series adds up surveys that are published in this order, the records of each in
// the order of their targets' bytes, and says of each what lies between it and
// each one before it.
func Series(surveys []survey.Survey, records []iter.Seq2[survey.Record, error]) ([]Aggregate, [][]Changes, error) {
	n := len(surveys)
	aggregators, changes := make([]*Aggregator, n), make([][]Changes, n)
	streams := make([]*stream, n)
	for i := range surveys {
		aggregators[i], streams[i] = NewAggregator(surveys[i]), newStream(records[i])
		defer streams[i].stop()
		for range i {
			changes[i] = append(changes[i], Changes{})
		}
	}
	numbers := make([]map[string]int64, n)
	for {
		name, any, err := nextTarget(streams)
		if err != nil {
			return nil, nil, err
		}
		if !any {
			break
		}
		for i, s := range streams {
			numbers[i] = nil
			if s.more && s.next.name == name {
				for _, r := range s.next.records {
					aggregators[i].Add(r)
				}
				if n > 1 {
					numbers[i] = s.next.numbers()
				}
				s.advance()
			}
			for j := range i {
				if !maps.Equal(numbers[i], numbers[j]) {
					changes[i][j].add(numbers[i], numbers[j])
				}
			}
		}
	}
	aggregates := make([]Aggregate, n)
	for i, a := range aggregators {
		aggregates[i] = a.Aggregate()
	}
	return aggregates, changes, nil
}

// stream is the targets of one survey, and the one that comes next.
type stream struct {
	next target
	err  error
	more bool
	pull func() (target, error, bool)
	stop func()
}

func newStream(records iter.Seq2[survey.Record, error]) *stream {
	s := &stream{}
	s.pull, s.stop = iter.Pull2(targets(records))
	s.advance()
	return s
}

func (s *stream) advance() { s.next, s.err, s.more = s.pull() }

// nextTarget is the first of the targets that come next, false at the end of all.
func nextTarget(streams []*stream) (name string, any bool, err error) {
	for _, s := range streams {
		if s.err != nil {
			return "", false, s.err
		}
		if s.more && (!any || s.next.name < name) {
			name, any = s.next.name, true
		}
	}
	return name, any, nil
}

// add adds the change of one target.
func (c Changes) add(now, before map[string]int64) {
	change := func(key string, by int64) {
		if by != 0 {
			by = max(by, -by)
			c[key] = c[key].Plus(publish.Cell{Archives: 1, Sum: by, Largest: by})
		}
	}
	for key, n := range now {
		change(key, n-before[key])
	}
	for key, n := range before {
		if _, both := now[key]; !both {
			change(key, n)
		}
	}
}

// target is the records of one target.
type target struct {
	name    string
	records []survey.Record
}

// targets groups records by their target.
func targets(records iter.Seq2[survey.Record, error]) iter.Seq2[target, error] {
	return func(yield func(target, error) bool) {
		var t target
		for r, err := range records {
			if err != nil {
				yield(target{}, err)
				return
			}
			name := cmp.Or(r.Finding.Target.Address, r.Finding.Target.Host)
			if name != t.name && len(t.records) > 0 {
				if !yield(t, nil) {
					return
				}
				t = target{}
			}
			t.name, t.records = name, append(t.records, r)
		}
		if len(t.records) > 0 {
			yield(t, nil)
		}
	}
}

// numbers are what the target adds to the numbers of a report; nil where it is
// no archive.
func (t target) numbers() map[string]int64 {
	if !slices.ContainsFunc(t.records, func(r survey.Record) bool { return r.Finding.Verdict.Speaks() || r.Finding.Viewer != "" }) {
		return nil
	}
	a := NewAggregator(survey.Survey{})
	for _, r := range t.records {
		a.Add(r)
	}
	agg := a.Aggregate()
	n := map[string]int64{}
	agg.numbers(func(key string, v int64) {
		if v != 0 {
			n[key] += v
		}
	})
	return n
}

// The columns of a row, as parts of keys.
const (
	keyArchives, keyOpen, keyClosed, keyViewers = "archives", "open", "closed", "viewers"
	keyStudies, keyLinked, keyAccessible        = "studies", "linked", "accessible"
	keyKept                                     = "kept"
)

// keyOf is the key of a number: the table or column that it stands in, and its
// line there; an empty line is the total.
func keyOf(table, line string) string { return table + "/" + line }

// numbers are the numbers that a report of a is made of.
func (a *Aggregate) numbers(yield func(key string, n int64)) {
	a.Total.numbers(yield, "")
	a.Suspects.Rest.numbers(yield, "rest")
	a.Suspects.Marked.numbers(yield, "marked")
	for country, row := range a.Countries {
		row.numbers(yield, country)
	}
	for table, m := range map[string]map[string]int64{"product": a.Products, "toolkit": a.Toolkits, "transport": a.Transport,
		"tls": a.TLSVersions, "rejection": a.Rejections, "class": a.Classes} {
		for line, n := range m {
			yield(keyOf(table, line), n)
		}
	}
	for v, n := range a.Verdicts {
		yield(keyOf("verdict", string(v)), n)
	}
	for g, n := range a.Grades {
		yield(keyOf("grade", string(g)), n)
	}
	for id, t := range a.Checks {
		yield(keyOf("failed", id), t.Failed)
		yield(keyOf("passed", id), t.Passed)
		yield(keyOf("untested", id), a.Total.Archives-t.Failed-t.Passed)
	}
	for table, m := range map[string]map[string]StudyTally{"year": a.Years, "modality": a.Modalities} {
		for line, t := range m {
			yield(keyOf(table, line), t.Studies)
		}
	}
	for table, m := range map[string]map[survey.Quality]int64{keyStudies: a.Qualities.StudyRecords, keyLinked: a.Qualities.ImagesLinked, keyAccessible: a.Qualities.ImagesAccessible} {
		for q, n := range m {
			yield(keyOf("quality of "+table, string(q)), n)
		}
	}
	for line, n := range map[string]int64{"honeypot": a.Suspects.Honeypot, "test data": a.Suspects.TestData, "veterinary": a.Suspects.Veterinary} {
		yield(keyOf("suspects", line), n)
	}
	for table, s := range map[string]*publish.Sum{"year": &a.YearsGap, "modality": &a.ModalitiesGap, "sketched": &a.Sketched,
		"unsketched": &a.Unsketched, "ssn": &a.SSNPatternRecords} {
		yield(keyOf(table, ""), s.Cell().Sum)
	}
	yield(keyOf("incomplete", ""), a.Incomplete)
}

// numbers are the numbers of one row.
func (r *Row) numbers(yield func(key string, n int64), line string) {
	for table, n := range map[string]int64{keyArchives: r.Archives, keyOpen: r.Open, keyClosed: r.Archives - r.Open, keyViewers: r.Viewers,
		keyStudies: r.StudyRecords.Cell().Sum, keyLinked: r.ImagesLinked.Cell().Sum, keyAccessible: r.ImagesAccessible.Cell().Sum, keyKept: r.Kept.Cell().Sum} {
		yield(keyOf(table, line), n)
	}
}

// moved reports whether a number differs from the same number of an earlier
// report by what may not be published.
func (p *publisher) moved(table string, lines ...string) bool {
	return slices.ContainsFunc(p.past, func(c Changes) bool {
		return slices.ContainsFunc(lines, func(line string) bool { return !c[keyOf(table, line)].Safe(p.min) })
	})
}

// movedAnywhere reports it of any line of a table, also those that are gone.
func (p *publisher) movedAnywhere(table string) bool {
	return slices.ContainsFunc(p.past, func(c Changes) bool {
		for key := range maps.Keys(c) {
			if len(key) > len(table) && key[:len(table)+1] == table+"/" && !c[key].Safe(p.min) {
				return true
			}
		}
		return false
	})
}

// since adds to a column of a table, whose rows are of these lines, the columns
// of its changes since each earlier report.
func (p *publisher) since(column []publish.Cell, table string, rows [][]string) [][]publish.Cell {
	columns := [][]publish.Cell{column}
	for _, c := range p.past {
		moves := make([]publish.Cell, len(rows))
		for i, lines := range rows {
			for _, line := range lines {
				moves[i] = moves[i].Plus(c[keyOf(table, line)])
			}
		}
		columns = append(columns, moves)
	}
	return columns
}
