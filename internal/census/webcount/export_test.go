package webcount

import (
	"io"
	"net/http"

	"leadglass/dicom"
	"leadglass/internal/privacy"
)

// Study is a study as it is read of an answer.
type Study struct {
	Named, Dated, Away bool
	Hash               uint64
	Images             int64
	Date               dicom.Date
}

// Read reads an answer.
func Read(body io.Reader, limit int64, key privacy.Key, take func(Study) bool) (n int64, err error) {
	r := reader{key: key}
	n, err = r.read(body, limit, func(s study) bool {
		return take(Study{s.named, s.dated, s.away, s.hash, s.images, s.date})
	})
	return n, err
}

// ReadNumbers reads the three numbers of Orthanc's statistics, -1 for those
// that are missing.
func ReadNumbers(body io.Reader) (found [3]int64, err error) {
	found = [3]int64{-1, -1, -1}
	err = readNumbers(body, products()[0].routes[0].keys, &found)
	return found, err
}

// Stated reads the headers of a page at an offset with so many studies.
func Stated(h http.Header, offset, studies int64) (total int64, more bool) {
	p := page{total: -1, studies: studies}
	p.stated(h, offset)
	p.settle()
	return p.total, p.more
}
