package lab

import (
	"bytes"
	"slices"
	"strconv"
	"strings"

	"leadglass/dicom"
	"leadglass/dicom/dimse"
	"leadglass/internal/lab/content"
)

// level is a query/retrieve level (PS3.4 C.3).
type level uint8

const (
	noLevel level = iota
	patientLevel
	studyLevel
	seriesLevel
	imageLevel
)

// levelOf reads (0008,0052).
func levelOf(v string) level {
	switch v {
	case "PATIENT":
		return patientLevel
	case "STUDY":
		return studyLevel
	case "SERIES":
		return seriesLevel
	case "IMAGE":
		return imageLevel
	}
	return noLevel
}

func (l level) String() string {
	return [...]string{"", "PATIENT", "STUDY", "SERIES", "IMAGE"}[l]
}

// query is a C-FIND identifier, or that of a retrieval.
type query struct {
	level level
	// keys are the keys asked for, in order, without the level.
	keys []queryKey
	// date is the value of (0008,0020) as sent; window what it means.
	date   string
	window content.Window
	// from and to are seconds of the day, both inclusive.
	hasTime  bool
	from, to int
	// modalities are the values of (0008,0061) or, below study level, of
	// (0008,0060); nil for all.
	modalities []string
	// studies, series and instances are UIDs asked for; nil for all.
	studies, series, instances []string
	// texts are the identifying keys with a value to match.
	texts []textKey
}

// queryKey is a key with its value as sent, without padding.
type queryKey struct {
	tag   dicom.Tag
	vr    dicom.VR
	value string
}

// textKey is an identifying key and the wild card pattern to match (PS3.4
// C.2.2.2.4).
type textKey struct {
	attribute *attribute
	pattern   string
}

// has reports whether t was asked for.
func (q *query) has(t dicom.Tag) bool {
	return slices.ContainsFunc(q.keys, func(k queryKey) bool { return k.tag == t })
}

// maxKeys bounds the keys of a query.
const maxKeys = 512

// readQuery reads the identifier of r; ok is false when it cannot be read.
func readQuery(r *dimse.Request) (q query, ok bool) {
	q.window = content.Everything()
	it := r.Elements()
	for it.Next() {
		k := queryKey{it.Tag(), it.VR(), string(dicom.Trim(it.Value()))}
		if it.Tag().Element() == 0 {
			continue
		}
		if len(q.keys) == maxKeys || !q.add(k) {
			return q, false
		}
	}
	slices.SortFunc(q.keys, func(a, b queryKey) int { return int(int64(a.tag) - int64(b.tag)) })
	return q, it.Err() == nil
}

func (q *query) add(k queryKey) bool {
	if k.tag == dicom.QueryRetrieveLevel {
		q.level = levelOf(k.value)
		return true
	}
	q.keys = append(q.keys, k)
	if k.value == "" || k.value == "*" {
		return true
	}
	switch k.tag {
	case dicom.StudyDate:
		q.date = k.value
		return readDates(k.value, &q.window)
	case dicom.StudyTime:
		q.hasTime = true
		return readTimes(k.value, &q.from, &q.to)
	case dicom.ModalitiesInStudy, dicom.Modality:
		q.modalities = strings.Split(k.value, `\`)
	case dicom.StudyInstanceUID:
		q.studies = strings.Split(k.value, `\`)
	case dicom.SeriesInstanceUID:
		q.series = strings.Split(k.value, `\`)
	case dicom.SOPInstanceUID:
		q.instances = strings.Split(k.value, `\`)
	default:
		if a, known := attributeOf(k.tag); known {
			q.texts = append(q.texts, textKey{attribute: a, pattern: k.value})
		}
	}
	return true
}

// readDates reads a date or a range of dates (PS3.4 C.2.2.2.5).
func readDates(v string, w *content.Window) bool {
	w.Undated = false
	from, to, isRange := strings.Cut(v, "-")
	if !isRange {
		to = from
	}
	if from != "" {
		d, ok := dicom.ParseDA([]byte(from))
		if !ok {
			return false
		}
		w.From = d
	}
	if to != "" {
		d, ok := dicom.ParseDA([]byte(to))
		if !ok {
			return false
		}
		w.To = d
	}
	return from != "" || to != ""
}

// readTimes reads a time or a range of times, to the second. A time without
// minutes or seconds stands for all of them.
func readTimes(v string, from, to *int) bool {
	*from, *to = 0, 86399
	first, last, isRange := strings.Cut(v, "-")
	if !isRange {
		last = first
	}
	if first != "" {
		lo, _, ok := readTime(first)
		if !ok {
			return false
		}
		*from = lo
	}
	if last != "" {
		_, hi, ok := readTime(last)
		if !ok {
			return false
		}
		*to = hi
	}
	return first != "" || last != ""
}

// readTime reads HH, HHMM, HHMMSS or HHMMSS.FFFFFF: the first and the last
// second that it covers.
func readTime(v string) (lo, hi int, ok bool) {
	v, _, _ = strings.Cut(v, ".")
	unit := [...]int{3600, 60, 1}
	if len(v) < 2 || len(v) > 6 || len(v)%2 != 0 {
		return 0, 0, false
	}
	for i := 0; i*2 < len(v); i++ {
		n, err := strconv.ParseUint(v[i*2:i*2+2], 10, 8)
		if err != nil {
			return 0, 0, false
		}
		lo += int(n) * unit[i]
		hi = lo + unit[i] - 1
	}
	return lo, hi, true
}

// matches reports whether value matches a pattern with the wildcards * and ?
// (PS3.4 C.2.2.2.4).
func matches(pattern string, value []byte) bool {
	star, mark := -1, 0
	p, v := 0, 0
	for v < len(value) {
		switch {
		case p < len(pattern) && pattern[p] == '*':
			star, mark = p, v
			p++
		case p < len(pattern) && (pattern[p] == '?' || pattern[p] == value[v]):
			p++
			v++
		case star >= 0:
			mark++
			p, v = star+1, mark
		default:
			return false
		}
	}
	return len(bytes.TrimLeft([]byte(pattern[p:]), "*")) == 0
}
