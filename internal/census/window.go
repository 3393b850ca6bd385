package census

import (
	"fmt"

	"leadglass/dicom"
	"leadglass/dicom/dimse"
)

// secondsADay is the number of seconds of a day.
const secondsADay = 24 * 3600

// window is the part of an archive that a query asks for: studies of some days,
// of one day and some seconds, of a modality, or whose UID ends in some
// digits. The zero window is the whole archive.
type window struct {
	// from and to are the first and last day; 0 and 0 for studies of any date
	// or none. A window that begins at firstDay or ends at lastDay is open.
	from, to day
	// second and until are the first second and the one after the last, on a
	// window of one day; 0 and 0 for the whole day.
	second, until int32
	// modality is a value of Modalities in Study.
	modality string
	// suffix is how the study instance UID ends.
	suffix string
	// text is a value of Study Date that is no date, for archives that compare
	// dates as text.
	text string
	// patient is a pattern of Patient ID. Only countNationalIDs asks for one.
	patient string
}

// everyDay is the window of all studies that have a date.
var everyDay = window{from: firstDay, to: lastDay}

// shape is what a window restricts; an archive may cut lists of one shape and
// not of another.
type shape uint8

const (
	wholeShape shape = iota
	dateShape
	timeShape
	modalityShape
	suffixShape
	shapes
)

// String names what a window of the shape restricts.
func (s shape) String() string {
	return [...]string{"whole", "study date", "study time", "modality", "UID"}[s]
}

func (w window) shape() shape {
	switch {
	case w.suffix != "":
		return suffixShape
	case w.modality != "":
		return modalityShape
	case w.until != 0:
		return timeShape
	case w.dated():
		return dateShape
	}
	return wholeShape
}

func (w window) dated() bool { return w.to != 0 }

// holds reports whether a study lies in the window as far as its date and time
// say. A study of the window's day without a time lies in its first part, to
// which the order of empty values takes it in some archives.
func (w window) holds(r *row) bool {
	if !w.dated() {
		return true
	}
	if !r.dated || r.date < w.from || r.date > w.to {
		return false
	}
	if w.until == 0 {
		return true
	}
	if r.second == noSecond {
		return w.second == 0
	}
	return r.second >= w.second && r.second < w.until
}

// dates is the value of Study Date that asks for the window (PS3.4 C.2.2.2.5).
func (w window) dates() string {
	switch {
	case w.text != "":
		return w.text
	case !w.dated():
		return ""
	case w.from == w.to:
		return w.from.dicom().String()
	case w.from == firstDay && w.to == lastDay:
		return "19000101-"
	case w.from == firstDay:
		return "-" + w.lastDate().String()
	case w.to == lastDay:
		return w.firstDate().String() + "-"
	}
	return w.firstDate().String() + "-" + w.lastDate().String()
}

// firstDate and lastDate are the dates of the first and last day that exist: a
// packed day may be a 31st of June.
func (w window) firstDate() dicom.Date {
	d := w.from.dicom()
	for dayOf(d-1) >= w.from {
		d--
	}
	return d
}

func (w window) lastDate() dicom.Date {
	d := w.to.dicom()
	for dayOf(d) > w.to {
		d--
	}
	return d
}

// times is the value of Study Time that asks for the window. Its ends are
// whole seconds, and neighbours share one, so that no fraction of a second
// falls between them.
func (w window) times() string {
	clock := func(s int32) string { return fmt.Sprintf("%02d%02d%02d", s/3600, s/60%60, s%60) }
	switch {
	case w.until == 0:
		return ""
	case w.second == 0:
		return "-" + clock(w.until)
	case w.until == secondsADay:
		return clock(w.second) + "-"
	}
	return clock(w.second) + "-" + clock(w.until)
}

// days is how many days the window has, as packed.
func (w window) days() int64 { return int64(w.to) - int64(w.from) + 1 }

// split cuts a window into parts windows or fewer; nil when it is one second.
// Windows that are open to one side are cut at their corners first.
func (w window) split(parts int64, today day) []window {
	switch w.shape() {
	case suffixShape:
		return w.suffixes()
	case modalityShape, wholeShape:
		return nil
	}
	if w.until == 0 && w.days() == 1 {
		w.until = secondsADay
		return w.splitTime(parts)
	}
	if w.until != 0 {
		return w.splitTime(parts)
	}
	if d, ok := w.corner(today); ok {
		return w.cut(d)
	}
	parts = max(2, min(parts, w.days()))
	var windows []window
	from := w.from
	for i := int64(1); i <= parts; i++ {
		end := w.from + day(w.days()*i/parts) - 1
		part := w.between(from, end).trim()
		if part.from <= part.to {
			windows = append(windows, part)
			from = end + 1
		}
	}
	return windows
}

// radiography is the first day of the year in which X-rays were found.
const radiography day = yearsFrom * 12 * 31

// corner is the day before which a window that is open to one side is cut: what
// lies after today, and soon after it, and what lies before 1950, and before
// radiography, is not where the studies are. ok is false where no such day is
// inside.
func (w window) corner(today day) (d day, ok bool) {
	const early day = 1950 * 12 * 31
	const soon = 2 * 12 * 31
	switch {
	case w.to == lastDay && w.from <= today:
		return today + 1, true
	case w.to == lastDay && w.from <= today+soon:
		return today + soon + 1, true
	case w.from == firstDay && w.to >= early:
		return early, true
	case w.from == firstDay && w.to >= radiography:
		return radiography, true
	}
	return 0, false
}

// between is the window with other days.
func (w window) between(from, to day) window {
	w.from, w.to = from, to
	return w
}

// cut cuts a window of days before day d.
func (w window) cut(d day) []window {
	if d <= w.from || d > w.to {
		d = w.from + day(w.days()/2)
	}
	return []window{w.between(w.from, d-1), w.between(d, w.to)}
}

// trim moves the ends of a window of days to days that exist, so that a window
// of one day is told as such. The ends of open windows stay.
func (w window) trim() window {
	if w.from != firstDay {
		w.from = dayOf(w.firstDate())
	}
	if w.to != lastDay {
		w.to = dayOf(w.lastDate())
	}
	return w
}

func (w window) splitTime(parts int64) []window {
	length := int64(w.until - w.second)
	if length <= 1 {
		return nil
	}
	parts = max(2, min(parts, length))
	windows := make([]window, 0, parts)
	from := w.second
	for i := int64(1); i <= parts; i++ {
		until := w.second + int32(length*i/parts)
		part := w
		part.second, part.until = from, until
		windows = append(windows, part)
		from = until
	}
	return windows
}

// suffixes divides a window by one more digit at the end of the UID; nil when
// nine digits were not enough.
func (w window) suffixes() []window {
	if len(w.suffix) == 9 {
		return nil
	}
	windows := make([]window, 10)
	for i := range windows {
		windows[i] = w
		windows[i].suffix = string(rune('0'+i)) + w.suffix
	}
	return windows
}

// extraKeys says in which keys a query departs from those we need.
type extraKeys uint16

const (
	noExtra extraKeys = 0
	// usualExtra adds the keys that every archive has to support (PS3.4 table
	// C.6-2) as far as they identify nobody.
	usualExtra extraKeys = 1 << iota
	// datedExtra asks for all dates from 1900 on where no window does.
	datedExtra
	// namedExtra and identifiedExtra match any Patient's Name and Patient ID.
	namedExtra
	identifiedExtra
	// The keys that an archive refuses are left out.
	withoutNumber
	withoutAvailability
	withoutModalities
	withoutDate

	bareKeys = withoutNumber | withoutAvailability | withoutModalities
)

// keys are the keys of a query for the studies of a window. light leaves out
// what only sums need, which saves the archive work: numbers of images can
// cost it a third of its time.
func (w window) keys(extra extraKeys, light bool) []dimse.Key {
	suffix := w.suffix
	if suffix != "" {
		suffix = "*" + suffix
	}
	dates, patient := w.dates(), w.patient
	if dates == "" && extra&datedExtra != 0 {
		dates = everyDay.dates()
	}
	if patient == "" && extra&identifiedExtra != 0 {
		patient = "*"
	}
	keys := []dimse.Key{
		{Tag: dicom.QueryRetrieveLevel, VR: dicom.CS, Value: "STUDY"},
		{Tag: dicom.StudyInstanceUID, VR: dicom.UI, Value: suffix},
	}
	add := func(when bool, tag dicom.Tag, vr dicom.VR, value string) {
		if when {
			keys = append(keys, dimse.Key{Tag: tag, VR: vr, Value: value})
		}
	}
	without := func(key extraKeys) bool { return extra&key != 0 }
	usual := extra&usualExtra != 0
	add(dates != "" || !without(withoutDate), dicom.StudyDate, dicom.DA, dates)
	add(w.until != 0 || usual, dicom.StudyTime, dicom.TM, w.times())
	add(w.modality != "" || !light && !without(withoutModalities), dicom.ModalitiesInStudy, dicom.CS, w.modality)
	add(!light && !without(withoutAvailability), dicom.InstanceAvailability, dicom.CS, "")
	add(!light && !without(withoutNumber), dicom.NumberOfStudyRelatedInstances, dicom.IS, "")
	add(usual, dicom.RetrieveAETitle, dicom.AE, "")
	add(usual, dicom.NumberOfStudyRelatedSeries, dicom.IS, "")
	add(extra&namedExtra != 0, dicom.PatientName, dicom.PN, "*")
	add(patient != "", dicom.PatientID, dicom.LO, patient)
	return keys
}
