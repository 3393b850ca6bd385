package imports

import (
	"bufio"
	"compress/gzip"
	"fmt"
	"io"

	"github.com/klauspost/compress/zstd"
)

// zstdWindow is the largest window of zstd that is accepted, in bytes: what
// its command line tool decodes without being told to take more.
const zstdWindow = 128 << 20

// unpack returns the content of a file that may be packed, by its first bytes
// (RFC 1952 2.3.1, RFC 8878 3.1.1), and a function that frees what it holds.
func unpack(r io.Reader) (plain io.Reader, done func(), err error) {
	in := bufio.NewReader(r)
	magic, err := in.Peek(4)
	if err != nil && err != io.EOF {
		return nil, nil, err
	}
	done = func() {}
	switch {
	case len(magic) >= 2 && magic[0] == 0x1F && magic[1] == 0x8B:
		z, err := gzip.NewReader(in)
		if err != nil {
			return nil, nil, fmt.Errorf("packed with gzip, but damaged: %w", err)
		}
		return z, done, nil
	case len(magic) == 4 && magic[0] == 0x28 && magic[1] == 0xB5 && magic[2] == 0x2F && magic[3] == 0xFD:
		z, err := zstd.NewReader(in, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxWindow(zstdWindow))
		if err != nil {
			return nil, nil, fmt.Errorf("packed with zstd, but damaged: %w", err)
		}
		return z, z.Close, nil
	}
	return in, done, nil
}
