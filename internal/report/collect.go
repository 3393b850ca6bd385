package report

import (
	"bytes"
	"cmp"
	"encoding/csv"
	"fmt"
	"iter"
	"net/netip"
	"runtime"
	"sync"

	"leadglass/internal/survey"
)

// place is where the text of one archive stands in the spool of the page: its
// row of the table of archives, then what was seen of it.
type place struct {
	address netip.Addr
	// text is the address where it is none.
	text                  string
	number, from          int64
	rowSize, evidenceSize int32
}

func (p place) row() (from int64, size int) { return p.from, int(p.rowSize) }

func (p place) evidence() (from int64, size int) {
	return p.from + int64(p.rowSize), int(p.evidenceSize)
}

// compare puts 127.0.0.2 before 127.0.0.10, what is no address last, and those
// of one address in the order of their records.
func (p place) compare(o place) int {
	return cmp.Or(boolCompare(!p.address.IsValid(), !o.address.IsValid()), p.address.Compare(o.address),
		cmp.Compare(p.text, o.text), cmp.Compare(p.number, o.number))
}

// batchSize is how many archives are rendered in one go.
const batchSize = 16

// batch is archives that are rendered together, by one goroutine.
type batch struct {
	findings []survey.Finding
	// remedies are the numbers of the remedies of all failed checks, in order.
	remedies []int
	// first is the number of the first archive, from 0.
	first int64

	page, json markup
	csv        bytes.Buffer
	places     []place // from is relative to page
	quoted     quoter
	err        error
	ready      chan struct{}
}

// collect adds the records up, and spools what is said of each archive. The
// archives are rendered on all processors, and put aside in their order.
func (c *Confidential) collect(agg *Aggregator, records iter.Seq2[survey.Record, error]) error {
	ahead := make(chan *batch, 2*runtime.GOMAXPROCS(0))
	free := make(chan *batch, cap(ahead)+2)
	failed := make(chan struct{})
	var writing error
	var workers, writer sync.WaitGroup
	writer.Go(func() {
		for b := range ahead {
			<-b.ready
			if writing != nil {
				continue
			}
			if writing = c.keep(b); writing != nil {
				close(failed)
			}
			free <- b
		}
	})
	send := func(b *batch) bool {
		select {
		case ahead <- b:
			workers.Go(func() { b.render(c); close(b.ready) })
			return true
		case <-failed:
			return false
		}
	}
	reading := c.batches(agg, records, free, send)
	workers.Wait()
	close(ahead)
	writer.Wait()
	if reading != nil {
		return reading
	}
	for _, s := range []*spool{c.page, c.json, c.csv} {
		if s != nil && writing == nil {
			writing = s.flush()
		}
	}
	if writing != nil {
		return fmt.Errorf("putting the archives of the report aside: %w", writing)
	}
	return nil
}

// batches adds the records up and sends the findings on archives, without those
// on other targets, until send says that it is enough.
func (c *Confidential) batches(agg *Aggregator, records iter.Seq2[survey.Record, error], free <-chan *batch, send func(*batch) bool) error {
	var b *batch
	var number int64
	for r, err := range records {
		if err != nil {
			return err
		}
		agg.Add(r)
		f := &r.Finding
		if !f.IsArchive() && !f.Exposed() {
			continue
		}
		if b == nil {
			b = nextBatch(free, number)
		}
		for _, check := range f.Checks {
			if check.State == survey.Fail {
				b.remedies = append(b.remedies, c.remedies.add(check))
			}
		}
		b.findings = append(b.findings, *f)
		number++
		if len(b.findings) < batchSize {
			continue
		}
		if !send(b) {
			return nil
		}
		b = nil
	}
	if b != nil {
		send(b)
	}
	return nil
}

// nextBatch is an empty batch, a free one if there is one.
func nextBatch(free <-chan *batch, first int64) *batch {
	var b *batch
	select {
	case b = <-free:
		clear(b.findings)
		b.findings, b.remedies, b.places = b.findings[:0], b.remedies[:0], b.places[:0]
		b.page, b.json = b.page[:0], b.json[:0]
		b.csv.Reset()
	default:
		b = &batch{quoted: quoter{}}
	}
	b.first, b.ready = first, make(chan struct{})
	return b
}

// render makes the text of the archives for the files that are wanted.
func (b *batch) render(c *Confidential) {
	table := csv.NewWriter(&b.csv)
	remedies := b.remedies
	for i := range b.findings {
		f, number := &b.findings[i], b.first+int64(i)
		if c.json != nil {
			if number > 0 {
				b.json = append(b.json, ',')
			}
			b.json = append(b.json, "\n    "...)
			if b.json, b.err = b.quoted.finding(b.json, *f); b.err != nil {
				return
			}
		}
		if c.page == nil && c.csv == nil {
			continue
		}
		row := newArchiveRow(f, remedies)
		for _, failed := range row.Failed {
			remedies = remedies[len(failed.Seen):]
		}
		if c.page != nil {
			b.addPlace(&row, number)
		}
		if c.csv != nil {
			if b.err = table.Write(row.csv()); b.err != nil {
				return
			}
		}
	}
	table.Flush()
	b.err = table.Error()
}

// addPlace adds the archive of that number to the page.
func (b *batch) addPlace(row *archiveRow, number int64) {
	p := place{number: number, from: int64(len(b.page))}
	var err error
	if p.address, err = netip.ParseAddr(row.Address); err != nil {
		p.text = row.Address
	}
	b.page = b.page.row(row, number+1)
	p.rowSize = int32(int64(len(b.page)) - p.from)
	b.page = b.page.evidence(row, number+1)
	p.evidenceSize = int32(int64(len(b.page)) - p.from - int64(p.rowSize))
	b.places = append(b.places, p)
}

// keep puts the text of a batch aside.
func (c *Confidential) keep(b *batch) error {
	if b.err != nil {
		return b.err
	}
	if c.page != nil {
		for _, p := range b.places {
			p.from += c.page.size
			c.places = append(c.places, p)
		}
		if err := c.page.write(b.page); err != nil {
			return err
		}
	}
	if c.json != nil {
		if err := c.json.write(b.json); err != nil {
			return err
		}
	}
	if c.csv != nil {
		return c.csv.write(b.csv.Bytes())
	}
	return nil
}
