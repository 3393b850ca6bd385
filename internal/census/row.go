package census

import (
	"encoding/binary"

	"leadglass/dicom"
	"leadglass/dicom/dimse"
	"leadglass/internal/privacy"
)

// What a response may say instead of a usable number of images.
const noImages = -1

// noSecond is the time of a study without a usable time.
const noSecond = -1

// study is what counts of one study.
type study struct {
	// hash is that of the study instance UID under the key of the survey.
	hash uint64
	// images is (0020,1208), or noImages where it is absent or no number.
	images int64
	// date is a usable study date, dated says whether there is one.
	date  day
	dated bool
	// away: the archive says that the images are not at hand (PS3.3 C.4.23.1.1,
	// Instance Availability OFFLINE or UNAVAILABLE).
	away bool
	// modalities are those of the study, group the group of the one with the
	// most images.
	modalities modalities
	group      group
}

// row is what is read of one response. Slices are part of the receive buffer
// and are valid only during the callback.
type row struct {
	study
	uid []byte
	// words are the values of Modalities in Study.
	words []byte
	// second is the study time in seconds of the day, or noSecond.
	second int32
	// id is what a patient ID that came back looks like.
	id idForm
	// malformed: the identifier could not be read to its end.
	malformed bool
}

// read reads a response in place.
func (r *row) read(m dimse.Match) {
	*r = row{study: study{images: noImages}, second: noSecond}
	it := m.Elements()
	for it.Next() {
		switch it.Tag() {
		case dicom.StudyInstanceUID:
			r.uid = trimUID(it.Value())
		case dicom.NumberOfStudyRelatedInstances:
			r.images = readNumber(&it)
		case dicom.StudyDate:
			r.date, r.dated = readDay(it.Value())
		case dicom.StudyTime:
			r.second = readSecond(it.Value())
		case dicom.ModalitiesInStudy:
			r.words = it.Value()
		case dicom.InstanceAvailability:
			r.away = away(it.Value())
		case dicom.PatientID:
			r.id = formOf(it.Value())
		}
	}
	r.malformed = it.Err() != nil
}

// trimUID cuts the padding off a UID. Values that are longer than a UID can be
// are used as they are: they only feed a hash.
func trimUID(v []byte) []byte {
	for len(v) > 0 && (v[len(v)-1] == 0 || v[len(v)-1] == ' ') {
		v = v[:len(v)-1]
	}
	return v
}

// readNumber reads a number of instances: an integer string, or the binary
// number that some archives send in its place.
func readNumber(it *dicom.Elements) int64 {
	if n, ok := it.Number(); ok {
		return n
	}
	if n, ok := dicom.ParseIS(it.Value()); ok {
		return n
	}
	return noImages
}

// away reports whether an Instance Availability means that the images cannot
// be had now.
func away(v []byte) bool {
	// OFFLINE and UNAVAILABLE begin with letters that ONLINE and NEARLINE do
	// not; anything else is read as "at hand", as an absent value is.
	return len(v) >= 7 && (v[0] == 'O' && v[1] == 'F' || v[0] == 'U' && v[1] == 'N')
}

// readSecond reads HH, HHMM, HHMMSS or HHMMSS.FFFFFF, or HH:MM:SS as the
// predecessor of the standard wrote it (PS3.5 6.2, TM).
func readSecond(v []byte) int32 {
	var n [3]int32
	part, digits := 0, 0
	for _, c := range v {
		switch {
		case c == ':':
			continue
		case c < '0' || c > '9':
			if digits < 2 || c != '.' && c != ' ' && c != 0 {
				return noSecond
			}
		case part == 3:
			return noSecond
		default:
			n[part] = n[part]*10 + int32(c-'0')
			if digits++; digits%2 == 0 {
				part++
			}
			continue
		}
		break // the fraction or the padding
	}
	if digits < 2 || digits%2 != 0 || n[0] > 23 || n[1] > 59 || n[2] > 60 {
		return noSecond
	}
	return n[0]*3600 + n[1]*60 + min(n[2], 59)
}

// day is a calendar day, packed so that days order and unpack without a
// calendar: (year*12 + month-1)*31 + day-1.
type day int32

// The first and last day that a date can name (PS3.5 6.2, DA).
const (
	firstDay day = (1 * 12) * 31
	lastDay  day = (9999*12+11)*31 + 30
)

func dayOf(d dicom.Date) day {
	return (day(d.Year())*12+day(d.Month())-1)*31 + day(d.Day()) - 1
}

func (d day) year() int { return int(d) / (12 * 31) }

// date returns the calendar date.
func (d day) dicom() dicom.Date {
	month := int(d) / 31
	return dicom.DateOf(month/12, monthOf(month%12), int(d)%31+1)
}

// readDay reads a date. The usual form, eight digits, is read without a
// calendar unless the day is 29 or later.
func readDay(v []byte) (day, bool) {
	if len(v) == 8 {
		x := binary.LittleEndian.Uint64(v)
		x -= 0x3030303030303030
		// Every byte is a digit when neither it nor it plus 0x76 has a high bit.
		if (x|(x+0x7676767676767676))&0x8080808080808080 == 0 {
			x = x*10 + x>>8 // pairs of digits in bytes 0, 2, 4, 6
			y := int32(x&0xFF)*100 + int32(x>>16&0xFF)
			m, d := int32(x>>32&0xFF), int32(x>>48&0xFF)
			if y >= 1 && m >= 1 && m <= 12 && d >= 1 && d <= 28 {
				return day((y*12+m-1)*31 + d - 1), true
			}
		}
	}
	d, ok := dicom.ParseDA(v)
	if !ok {
		return 0, false
	}
	return dayOf(d), true
}

// idForm is the form of a patient ID.
type idForm uint8

const (
	// noID: absent or empty.
	noID idForm = iota
	// digitsID: digits as in a US Social Security number.
	digitsID
	// dashesID: the same dashes, not all digits.
	dashesID
	otherID
)

// formOf looks at a patient ID in place.
func formOf(v []byte) idForm {
	v = dicom.Trim(v)
	if len(v) == 0 {
		return noID
	}
	switch {
	case privacy.IsSSN(v):
		return digitsID
	case privacy.LooksLikeSSN(v):
		return dashesID
	}
	return otherID
}
