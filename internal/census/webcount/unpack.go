package webcount

import (
	"bytes"
	"compress/flate"
	"errors"
	"io"
	"strings"
)

var (
	// errEncoding: the body is not packed as its header says.
	errEncoding = errors.New("the body is not in the content encoding that its header names")
	// errPacked: the body is packed in a way that is not read.
	errPacked = errors.New("the body has a content encoding that is not read (gzip and deflate are)")
)

// encodings are the content encodings that are read.
const encodings = "gzip, deflate, identity"

// maxReads is how many reads without a byte are borne.
const maxReads = 100

// unpacker reads bodies that come as gzip (RFC 1952) or deflate (RFC 1950, and RFC
// 1951 alone as some servers send it) whatever the request accepts, as files that
// are kept packed do. What it held of one is overwritten by wipe.
type unpacker struct {
	in   packed
	out  io.ReadCloser
	used bool
}

// unpack returns what is in a body of the content encoding named.
func (u *unpacker) unpack(body io.Reader, encoding string) (io.Reader, error) {
	switch encoding = strings.TrimSpace(encoding); {
	case encoding == "", strings.EqualFold(encoding, "identity"):
		return body, nil
	case strings.EqualFold(encoding, "gzip"), strings.EqualFold(encoding, "x-gzip"):
		if !u.in.begin(body) {
			return nil, errEncoding
		}
	case strings.EqualFold(encoding, "deflate"):
		if !u.in.beginDeflate(body) {
			return nil, errEncoding
		}
	default:
		return nil, errPacked
	}
	u.used = true
	if u.out == nil {
		u.out = flate.NewReader(&u.in)
	} else if err := u.out.(flate.Resetter).Reset(&u.in, nil); err != nil {
		return nil, errEncoding
	}
	return u.out, nil
}

// wipe overwrites what was read and unpacked. The window of package flate, the
// last 32 KiB, is overwritten by reading more zeros than that through it.
func (u *unpacker) wipe() {
	clear(u.in.buffer[:])
	if !u.used {
		return
	}
	const stored = 65535 // bytes of one block that is not compressed (RFC 1951 3.2.4)
	zeros := append([]byte{1, 0xFF, 0xFF, 0, 0}, make([]byte, stored)...)
	if u.out.(flate.Resetter).Reset(bytes.NewReader(zeros), nil) == nil {
		_, _ = io.Copy(io.Discard, u.out)
	}
	u.used = false
}

// packed reads a body byte by byte, as package flate wants it.
type packed struct {
	body      io.Reader
	next, end int
	buffer    [4 << 10]byte
}

// begin reads the header of a gzip member (RFC 1952 2.3.1); false when there is
// none.
func (p *packed) begin(body io.Reader) bool {
	*p = packed{body: body}
	var head [10]byte
	if _, err := io.ReadFull(p, head[:]); err != nil || head[0] != 0x1F || head[1] != 0x8B || head[2] != 8 {
		return false
	}
	const check, extra, name, comment = 1 << 1, 1 << 2, 1 << 3, 1 << 4
	flags := head[3]
	if flags&extra != 0 {
		low, _ := p.ReadByte()
		high, _ := p.ReadByte()
		if !p.skip(int(low) + int(high)<<8) {
			return false
		}
	}
	for _, text := range []byte{name, comment} {
		for flags&text != 0 {
			if b, err := p.ReadByte(); err != nil {
				return false
			} else if b == 0 {
				break
			}
		}
	}
	return flags&check == 0 || p.skip(2)
}

// beginDeflate reads the two bytes before deflated data (RFC 1950 2.2), where they
// are there; false when there is nothing.
func (p *packed) beginDeflate(body io.Reader) bool {
	*p = packed{body: body}
	for p.end < 2 {
		n, err := p.body.Read(p.buffer[p.end:])
		if p.end += n; err != nil || n == 0 {
			break
		}
	}
	const method, deflated = 0x0F, 8
	if p.end >= 2 && p.buffer[0]&method == deflated && (int(p.buffer[0])<<8+int(p.buffer[1]))%31 == 0 {
		p.next = 2
	}
	return p.end > 0
}

func (p *packed) skip(n int) bool {
	for range n {
		if _, err := p.ReadByte(); err != nil {
			return false
		}
	}
	return true
}

// ReadByte implements io.ByteReader.
func (p *packed) ReadByte() (byte, error) {
	if err := p.fill(); err != nil {
		return 0, err
	}
	p.next++
	return p.buffer[p.next-1], nil
}

// Read implements io.Reader.
func (p *packed) Read(b []byte) (int, error) {
	if err := p.fill(); err != nil {
		return 0, err
	}
	n := copy(b, p.buffer[p.next:p.end])
	p.next += n
	return n, nil
}

// fill reads on where nothing is left in the buffer.
func (p *packed) fill() (err error) {
	for range maxReads {
		if p.next < p.end {
			return nil
		}
		p.next = 0
		if p.end, err = p.body.Read(p.buffer[:]); p.end == 0 && err != nil {
			return err
		}
	}
	return io.ErrNoProgress
}
