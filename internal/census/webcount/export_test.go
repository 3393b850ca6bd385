package webcount

import (
	"io"
	"net/http"
	"reflect"
	"slices"

	"leadglass/dicom"
	"leadglass/internal/privacy"
	"leadglass/internal/products"
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
	err = readNumbers(body, products.NumberRoute{Studies: "CountStudies", Images: "CountInstances", Patients: "CountPatients"}, &found)
	return found, err
}

// Unpack unpacks a body, and reports how many bytes of it are left in memory
// after it was overwritten, and how many were there before.
func Unpack(body io.Reader, encoding string) (text []byte, before, after int, err error) {
	var u unpacker
	r, err := u.unpack(body, encoding)
	if err != nil {
		return nil, 0, 0, err
	}
	text, err = io.ReadAll(r)
	left := func() (n int) {
		window := reflect.ValueOf(u.out).Elem().FieldByName("dict").FieldByName("hist").Bytes()
		for _, c := range slices.Concat(window, u.in.buffer[:]) {
			if c != 0 {
				n++
			}
		}
		return n
	}
	before = left()
	u.wipe()
	return text, before, left(), err
}

// Stated reads the headers of a page at an offset with so many studies.
func Stated(h http.Header, offset, studies int64) (total int64, more bool) {
	p := page{total: -1, studies: studies}
	p.stated(h, offset)
	p.settle()
	return p.total, p.more
}
