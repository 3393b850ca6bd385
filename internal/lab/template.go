package lab

import (
	"leadglass/dicom"
	"leadglass/internal/lab/content"
)

// field is a part of a response that differs from record to record.
type field uint8

const (
	studyDigits    field = iota // 10 digits of the study's number
	patientDigits               // 10 digits of the patient's number
	seriesDigits                // 4
	instanceDigits              // 8
	dateField                   // YYYYMMDD
	timeField                   // HHMMSS
	modalityField
	imagesField    // as many digits as there are, padded to even
	paddedImages   // six digits with leading zeros
	studiesField   // four characters, padded behind
	seriesField    // four characters, padded behind
	ssnField       // GG-SSSS of a Social Security number
	numberField    // four characters: series number
	instanceNumber // eight characters
	seriesModality // two characters
	nationalFields // the patient ID in the form nationals[0]; those of the others follow
)

// patch says which bytes of a template hold a field.
type patch struct {
	at   int32
	what field
	n    uint8
}

// shape is what decides the lengths of a response's values.
type shape uint8

const (
	shapeDated    shape = 1 << iota
	shapeTwoWords       // modalities with two values
	shapeOnline
	shapeSSN
	shapeImages0 // two bits: pairs of digits of the number of images, less one
	shapeImages1
	shapes = 1 << iota
)

const shapeImagesShift = 4

// record is what one response is about.
type record struct {
	study content.Study
	// index is the study's number in digits, dateText the day's.
	index    [10]byte
	indexOf  int64
	dateText [8]byte
	dateOf   dicom.Date
	patient  int64
	ssn      bool
	// images is the number of images of the object: study, series or patient.
	images int64
	// studies and series are numbers of related objects.
	studies, series int64
	// seriesNo and instanceNo count from 1.
	seriesNo, instanceNo int64
}

// set makes rec's texts those of its study.
func (rec *record) set() {
	i := rec.study.Index
	if i == rec.indexOf+1 {
		increment(&rec.index)
	} else if i != rec.indexOf || i == 0 {
		putDigits(rec.index[:], i)
	}
	rec.indexOf = i
	if rec.study.Dated && (rec.study.Date != rec.dateOf || rec.dateText[0] == 0) {
		copy(rec.dateText[:], rec.study.Date.String())
		rec.dateOf = rec.study.Date
	}
}

// increment adds 1 to a number in digits.
func increment(d *[10]byte) {
	for i := len(d) - 1; i >= 0; i-- {
		if d[i] != '9' {
			d[i]++
			return
		}
		d[i] = '0'
	}
}

// shape returns the shape of rec.
func (rec *record) shape() shape {
	var s shape
	if rec.study.Dated {
		s |= shapeDated
	}
	if len(content.Modalities[rec.study.Modality]) > 2 {
		s |= shapeTwoWords
	}
	if rec.study.Online {
		s |= shapeOnline
	}
	if rec.ssn {
		s |= shapeSSN
	}
	switch {
	case rec.images < 100:
	case rec.images < 10_000:
		s |= 1 << shapeImagesShift
	case rec.images < 1_000_000:
		s |= 2 << shapeImagesShift
	default:
		s |= 3 << shapeImagesShift
	}
	return s
}

// imageWidth is the length of the number of images, in characters.
func (s shape) imageWidth() int { return 2 * int(s>>shapeImagesShift+1) }

// template is a response with holes.
type template struct {
	data    []byte
	patches []patch
}

// appendTo appends the response about rec to dst.
func (t *template) appendTo(dst []byte, rec *record) []byte {
	at := len(dst)
	dst = append(dst, t.data...)
	out := dst[at:]
	for _, p := range t.patches {
		b := out[p.at : int(p.at)+int(p.n)]
		switch p.what {
		case studyDigits:
			copy(b, rec.index[:])
		case imagesField:
			putLeft(b, rec.images)
		case dateField:
			copy(b, rec.dateText[:])
		case modalityField:
			copy(b, content.Modalities[rec.study.Modality])
		case timeField:
			putTime(b, rec.study.Second)
		default:
			rec.patch(b, p.what)
		}
	}
	return dst
}

// patch fills the fields that a counting client does not ask for.
func (rec *record) patch(b []byte, what field) {
	switch what {
	case patientDigits:
		putDigits(b, rec.patient)
	case ssnField:
		putDigits(b[:2], (65+rec.patient/10_000)%100)
		putDigits(b[3:7], rec.patient%10_000)
	case paddedImages:
		putDigits(b, rec.images)
	case studiesField:
		putLeft(b, rec.studies)
	case seriesField:
		putLeft(b, rec.series)
	case seriesDigits:
		putDigits(b, rec.seriesNo)
	case instanceDigits:
		putDigits(b, rec.instanceNo)
	case numberField:
		putLeft(b, rec.seriesNo)
	case instanceNumber:
		putLeft(b, rec.instanceNo)
	case seriesModality:
		copy(b, content.Modalities[rec.study.Modality])
	default:
		copy(b, nationals[what-nationalFields].of(rec.patient))
	}
}

// putLeft writes n in decimal from the left and fills b with spaces.
func putLeft(b []byte, n int64) {
	var digits [20]byte
	i := len(digits)
	for {
		i--
		q := n / 10
		digits[i] = byte('0' + n - q*10)
		if n = q; n == 0 {
			break
		}
	}
	for k := copy(b, digits[i:]); k < len(b); k++ {
		b[k] = ' '
	}
}

func putTime(b []byte, second int) {
	putDigits(b[0:2], int64(second/3600))
	putDigits(b[2:4], int64(second/60%60))
	putDigits(b[4:6], int64(second%60))
}
