package webcount

import (
	"errors"
	"io"

	"leadglass/dicom"
	"leadglass/internal/jsonscan"
	"leadglass/internal/privacy"
)

// noImages is the number of images of a study that states none.
const noImages = -1

// study is what counts of one study in an answer.
type study struct {
	// hash is that of the Study Instance UID under the key of the survey;
	// named says whether there is one.
	hash  uint64
	named bool
	// images is (0020,1208), or noImages where it is absent or no number.
	images int64
	// date is a usable study date; dated says whether there is one.
	date  dicom.Date
	dated bool
	// away: the archive says that the images are not at hand (PS3.3 C.4.23.1.1,
	// Instance Availability OFFLINE or UNAVAILABLE).
	away bool
}

// attribute is one of those that are read; of all others nothing is looked at.
type attribute uint8

const (
	noAttribute attribute = iota
	studyUID
	studyDate
	studyImages
	availability
)

// attributeOf tells the attribute by its key in the DICOM JSON model: eight
// hexadecimal digits (PS3.18 F.2.2).
func attributeOf(key []byte) attribute {
	switch string(key) {
	case "0020000D", "0020000d":
		return studyUID
	case "00080020":
		return studyDate
	case "00201208":
		return studyImages
	case "00080056":
		return availability
	}
	return noAttribute
}

// The depths of the DICOM JSON model: an array of data sets, each an object of
// attributes, each an object with an array named Value (PS3.18 F.2).
const (
	depthOfList = 1 + iota
	depthOfStudy
	depthOfAttribute
	depthOfValues
)

// errNotStudies: the body is JSON, but no list of data sets.
var errNotStudies = errors.New("the body is no list of studies in the DICOM JSON model")

// reader reads answers of a search for studies.
type reader struct {
	scan jsonscan.Scanner
	key  privacy.Key
	// attribute is that in which the scanner is, inValue whether it is in its
	// Value, first whether no value was seen yet.
	attribute attribute
	inValue   bool
	first     bool
	study     study
}

// read reads one answer and passes each study to take; false ends the reading
// without an error. studies is how many data sets came. An empty body is an
// empty list.
func (r *reader) read(body io.Reader, limit int64, take func(study) bool) (studies int64, err error) {
	r.scan.Reset(body, limit)
	defer r.scan.Wipe()
	r.attribute, r.inValue, r.study = noAttribute, false, study{}
	for {
		r.scan.Look = r.inValue && r.first && r.attribute != noAttribute
		t, err := r.scan.Token()
		if errors.Is(err, jsonscan.ErrCutShort) && studies == 0 && r.scan.Empty() {
			return 0, nil // nothing at all
		}
		if err != nil {
			return studies, err
		}
		switch {
		case t == jsonscan.EndOfText:
			return studies, nil
		case r.scan.Depth() == 0 && t != jsonscan.EndArray, r.scan.Depth() == depthOfList && t != jsonscan.BeginArray && t != jsonscan.EndObject:
			return studies, errNotStudies
		case t == jsonscan.EndObject && r.scan.Depth() == depthOfList:
			studies++
			if !take(r.study) {
				return studies, nil
			}
		default:
			r.step(t)
		}
	}
}

// step takes one token within the list.
func (r *reader) step(t jsonscan.Token) {
	switch depth := r.scan.Depth(); {
	case t == jsonscan.BeginObject && depth == depthOfStudy:
		r.study = study{images: noImages}
		r.attribute, r.inValue = noAttribute, false
	case t == jsonscan.ObjectKey && depth == depthOfStudy:
		r.attribute, r.inValue = noAttribute, false
		if !r.scan.Long() {
			r.attribute = attributeOf(r.scan.Text())
		}
	case t == jsonscan.ObjectKey && depth == depthOfAttribute:
		r.inValue = !r.scan.Long() && string(r.scan.Text()) == "Value"
		r.first = true
	case depth == depthOfAttribute: // the end of an array, or a value that is none of ours
		r.inValue = false
	case depth == depthOfValues && t == jsonscan.BeginArray: // the values begin
	case depth == depthOfValues && r.scan.Look && (t == jsonscan.String || t == jsonscan.Number):
		r.first = false
		if !r.scan.Long() {
			r.value(r.scan.Text())
		}
	case depth == depthOfValues:
		r.first = false
	}
}

// value takes the first value of an attribute that is read.
func (r *reader) value(text []byte) {
	s := &r.study
	switch r.attribute {
	case studyUID:
		text = trim(text)
		if s.named = isUID(text); s.named {
			s.hash = r.key.Hash(text)
		}
	case studyDate:
		s.date, s.dated = dicom.ParseDA(text)
	case studyImages:
		s.images = number(text)
	case availability:
		text = trim(text)
		s.away = string(text) == "OFFLINE" || string(text) == "UNAVAILABLE"
	}
}

// trim cuts the padding of a value off (PS3.5 6.2).
func trim(v []byte) []byte {
	for len(v) > 0 && (v[len(v)-1] == 0 || v[len(v)-1] == ' ') {
		v = v[:len(v)-1]
	}
	return v
}

// isUID reports whether v is made of the characters of a UID (PS3.5 9.1).
func isUID(v []byte) bool {
	if len(v) == 0 || len(v) > 64 {
		return false
	}
	for _, c := range v {
		if c != '.' && (c < '0' || c > '9') {
			return false
		}
	}
	return true
}

// number reads a number that counts something: digits, at most fifteen, and
// perhaps a decimal part of zeros. Anything else is noImages.
func number(v []byte) int64 {
	v = trim(v)
	for len(v) > 0 && v[0] == ' ' {
		v = v[1:]
	}
	if len(v) == 0 {
		return noImages
	}
	n, digits, fraction := int64(0), 0, false
	for _, c := range v {
		switch {
		case c == '.' && digits > 0 && !fraction:
			fraction = true
		case fraction && c == '0':
		case !fraction && c >= '0' && c <= '9' && digits < 15:
			n = n*10 + int64(c-'0')
			digits++
		default:
			return noImages
		}
	}
	if digits == 0 {
		return noImages
	}
	return n
}
