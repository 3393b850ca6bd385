package lab

import (
	"context"
	"sync"
	"time"

	"leadglass/dicom"
	"leadglass/dicom/dimse"
	"leadglass/dicom/ul"
)

const (
	// firstBatch and largestBatch bound how many bytes of responses are written
	// at once. The first batches are small, and a breath is drawn after each of
	// them, so that a C-CANCEL after a few responses finds few on their way, as
	// it does with a server that has to look each of them up.
	firstBatch   = 512
	largestBatch = 128 << 10
	breath       = time.Millisecond
	// firstBuffer and laterBuffer bound what waits in the kernel, in bytes,
	// before largestBatch is reached and after.
	firstBuffer = 64 << 10
	laterBuffer = 256 << 10
	// batchRoom is what a batch may exceed largestBatch by: one response.
	batchRoom = 16 << 10
)

// batches keeps buffers for reuse.
type batches struct{ pool sync.Pool }

func (b *batches) get() []byte {
	if buf, ok := b.pool.Get().(*[]byte); ok {
		return (*buf)[:0]
	}
	return make([]byte, 0, largestBatch+batchRoom)
}

func (b *batches) put(buf []byte) { b.pool.Put(&buf) }

// output sends the responses of one query.
type output struct {
	encoder   encoder
	templates [shapes]*template
	resp      *dimse.Responder
	quirks    *Quirks
	framer    *framer // nil for well-formed responses
	prefix    []byte  // command PDU
	context   uint8
	batch     []byte
	limit     int
	conn      *watchedConn
	running   bool // the first batches are over
	sent      int64
	err       error
}

// fast prepares whole PDUs where nothing stands against it.
func (o *output) fast(peerMax int) {
	command := o.resp.PendingPDU()
	const headers = 12
	const largestIdentifier = 8 << 10
	if o.quirks.slow() || len(command) > peerMax || largestIdentifier+headers > peerMax {
		return
	}
	o.prefix = command
}

// slow reports whether responses are sent one by one.
func (q *Quirks) slow() bool {
	return q.PixelBytes > 0 || q.ResponseDelayMS > 0 || q.PDVBytes > 0 || q.PDUBytes > 0 || q.Malformed != "" || q.PendingWarning
}

// template returns the template of a shape: the data set, and on the fast path
// the PDUs round it.
func (o *output) template(s shape) *template {
	if t := o.templates[s]; t != nil {
		return t
	}
	t := o.encoder.template(s)
	if o.prefix != nil {
		head := append([]byte{}, o.prefix...)
		head = ul.AppendPDataHeader(head, o.context, ul.ControlLast, len(t.data))
		t.data = append(head, t.data...)
		for i := range t.patches {
			t.patches[i].at += int32(len(head))
		}
	}
	o.templates[s] = &t
	return &t
}

// send sends the response about rec; false when the connection is gone.
func (o *output) send(ctx context.Context, rec *record) bool {
	t := o.template(rec.shape())
	o.sent++
	if o.prefix == nil {
		o.batch = t.appendTo(o.batch[:0], rec)
		if n := o.quirks.PixelBytes; n > 0 {
			o.batch = dicom.AppendElement(o.batch, o.encoder.syntax, dicom.PixelData, dicom.OW, make([]byte, n))
		}
		o.err = o.one(ctx, o.batch)
		return o.err == nil
	}
	o.batch = t.appendTo(o.batch, rec)
	if len(o.batch) < o.limit {
		return true
	}
	ok := o.flush()
	o.listen(ctx)
	if ok && !o.running {
		sleep(ctx, breath)
		if o.running = o.limit == largestBatch; o.running {
			o.conn.buffer(laterBuffer)
		}
	}
	return ok
}

// flush writes what has been gathered.
func (o *output) flush() bool {
	if o.prefix == nil {
		if o.framer != nil && o.err == nil {
			o.err = o.framer.flush()
		}
		if o.err == nil {
			o.err = o.resp.Flush()
		}
		return o.err == nil
	}
	if len(o.batch) > 0 && o.err == nil {
		if o.err = o.resp.Raw(o.batch); o.err == nil {
			o.err = o.resp.Flush()
		}
	}
	o.batch = o.batch[:0]
	o.limit = min(o.limit*2, largestBatch)
	return o.err == nil
}

// listen gives the goroutine that reads the connection the time to take what
// the peer has said, which is a C-CANCEL or the end. While all cores are busy
// with sending it would otherwise come too late, after many more responses.
func (o *output) listen(ctx context.Context) {
	const most = 100
	for range most {
		if !o.conn.unread() || o.conn.closed.Load() {
			return
		}
		sleep(ctx, breath/10)
	}
}

// finish hands over what has been gathered, to be written together with the
// final response.
func (o *output) finish() bool {
	if o.prefix == nil {
		return o.flush()
	}
	if o.err == nil {
		o.err = o.resp.Raw(o.batch)
	}
	return o.err == nil
}

// one sends a single response with the archive's quirks.
func (o *output) one(ctx context.Context, identifier []byte) error {
	if o.quirks.ResponseDelayMS > 0 {
		if err := o.resp.Flush(); err != nil {
			return err
		}
		sleep(ctx, time.Duration(o.quirks.ResponseDelayMS)*time.Millisecond)
	}
	switch {
	case o.framer != nil:
		return o.framer.response(identifier)
	case o.quirks.PendingWarning:
		return o.resp.PendingWarning(identifier)
	}
	return o.resp.Pending(identifier)
}

// sleep waits for d or the end of ctx.
func sleep(ctx context.Context, d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
	case <-ctx.Done():
	}
}
