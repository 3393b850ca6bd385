package gate

import (
	"encoding/binary"
	"net"

	"leadglass/internal/wipe"
)

// records is the connection below TLS. crypto/tls decrypts what it receives in
// the buffer into which it was read, and never overwrites it; this connection
// remembers these buffers, and overwrites them when it is closed.
//
// To know all of them it gives out one record at a time, first the header and
// then the body (RFC 8446 5.1): then the buffer is empty before each header, and
// a body lies wholly in a buffer that was given to Read, whatever moves crypto/tls
// makes to have room for it.
type records struct {
	net.Conn
	// header is how many bytes of the header are still to come, body how many of
	// the record's body.
	header, body int
	head         [recordHeader]byte
	used         wipe.Buffers
}

// recordHeader is the length of a record's header: type, version, length.
const recordHeader = 5

func newRecords(c net.Conn) *records { return &records{Conn: c, header: recordHeader} }

// Read reads no further than the end of a header, or of a body.
func (r *records) Read(b []byte) (int, error) {
	if len(b) == 0 {
		return 0, nil
	}
	want := r.body
	if want == 0 {
		want = r.header
	}
	n, err := r.Conn.Read(b[:min(len(b), want)])
	if r.body > 0 {
		r.used.Remember(b)
		r.body -= n
		return n, err
	}
	copy(r.head[recordHeader-r.header:], b[:n])
	if r.header -= n; r.header == 0 {
		r.header = recordHeader
		r.body = int(binary.BigEndian.Uint16(r.head[3:]))
	}
	return n, err
}

// Close closes the connection and overwrites what was received on it.
func (r *records) Close() error {
	err := r.Conn.Close()
	r.used.Wipe()
	return err
}
