package lab

import "strconv"

// UIDs of the laboratory are 2.25 and 39 digits: the kind (1), the archive (8),
// a mark of the seed (8), the study (10), the series (4), the instance (8).
// They are below 2^128, as PS3.5 B.2 wants.
const (
	uidRoot   = "2.25."
	uidLength = len(uidRoot) + 39

	uidArchiveAt  = len(uidRoot) + 1
	uidSeedAt     = uidArchiveAt + 8
	uidStudyAt    = uidSeedAt + 8
	uidSeriesAt   = uidStudyAt + 10
	uidInstanceAt = uidSeriesAt + 4
)

// uidKind is the first digit of the number.
type uidKind byte

const (
	studyUID uidKind = '1'
	// objectUID is a series, whose instance is 0, or an instance.
	objectUID uidKind = '2'
)

// uid makes the UID of a study, series or instance; series and instances count
// from 1, 0 stands for none.
func (a *Archive) uid(kind uidKind, study, series, instance int64) string {
	b := make([]byte, uidLength)
	copy(b, uidRoot)
	b[len(uidRoot)] = byte(kind)
	putDigits(b[uidArchiveAt:uidSeedAt], int64(a.id))
	putDigits(b[uidSeedAt:uidStudyAt], int64(a.contents.Spec().Seed%1e8))
	putDigits(b[uidStudyAt:uidSeriesAt], study)
	putDigits(b[uidSeriesAt:uidInstanceAt], series)
	putDigits(b[uidInstanceAt:], instance)
	return string(b)
}

// parts reads a UID of the archive; ok is false for any other.
func (a *Archive) parts(uid string) (study, series, instance int64, ok bool) {
	if len(uid) != uidLength {
		return 0, 0, 0, false
	}
	study = digits(uid[uidStudyAt:uidSeriesAt])
	series = digits(uid[uidSeriesAt:uidInstanceAt])
	instance = digits(uid[uidInstanceAt:])
	kind := uidKind(uid[len(uidRoot)])
	return study, series, instance, uid == a.uid(kind, study, series, instance)
}

func digits(s string) int64 {
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil {
		return -1
	}
	return n
}

// putDigits writes n in decimal, filling b with leading zeros.
func putDigits(b []byte, n int64) {
	for i := len(b) - 1; i >= 0; i-- {
		q := n / 10
		b[i] = byte('0' + n - q*10)
		n = q
	}
}
