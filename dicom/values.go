package dicom

import (
	"fmt"
	"time"
)

// Trim returns v without the padding at its ends: spaces and NULs. The result
// is part of v.
func Trim(v []byte) []byte {
	for len(v) > 0 && (v[len(v)-1] == ' ' || v[len(v)-1] == 0) {
		v = v[:len(v)-1]
	}
	for len(v) > 0 && v[0] == ' ' {
		v = v[1:]
	}
	return v
}

// maxIS is the length of the longest integer string (PS3.5 table 6.2-1).
const maxIS = 12

// ParseIS reads an integer string that is not negative. ok is false for an
// empty value, one with more than 12 characters besides padding, or one with
// anything but digits and a leading plus sign.
func ParseIS(v []byte) (n int64, ok bool) {
	v = Trim(v)
	if len(v) > maxIS {
		return 0, false
	}
	if len(v) > 1 && v[0] == '+' {
		v = v[1:]
	}
	if len(v) == 0 {
		return 0, false
	}
	for _, c := range v {
		c -= '0'
		if c > 9 {
			return 0, false
		}
		n = n*10 + int64(c)
	}
	return n, true
}

// Date is a day of the Gregorian calendar as days since 1970-01-01. It orders
// and counts like a number.
type Date int32

// DateOf returns the date of a year, month and day, normalised like time.Date.
func DateOf(year int, month time.Month, day int) Date {
	return Date(time.Date(year, month, day, 0, 0, 0, 0, time.UTC).Unix() / 86400)
}

func (d Date) time() time.Time { return time.Unix(int64(d)*86400, 0).UTC() }

// Year returns the year of d.
func (d Date) Year() int { return d.time().Year() }

// Month returns the month of d.
func (d Date) Month() time.Month { return d.time().Month() }

// Day returns the day of the month of d.
func (d Date) Day() int { return d.time().Day() }

// AddDays returns the date n days after d.
func (d Date) AddDays(n int) Date { return d + Date(n) }

// String returns d as DICOM writes it (PS3.5 6.2, DA): "20190916".
func (d Date) String() string {
	t := d.time()
	return fmt.Sprintf("%04d%02d%02d", t.Year(), t.Month(), t.Day())
}

// daysBefore is the number of days before each month of a common year.
var daysBefore = [13]int32{0, 0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334}

// ParseDA reads a date of the form YYYYMMDD, or YYYY.MM.DD as the predecessor
// of the standard wrote it (PS3.5 6.2, DA), from year 1 on. ok is false for
// everything else, ranges included.
func ParseDA(v []byte) (d Date, ok bool) {
	v = Trim(v)
	var digits [8]byte
	switch {
	case len(v) == 8:
		copy(digits[:], v)
	case len(v) == 10 && v[4] == '.' && v[7] == '.':
		copy(digits[:4], v[:4])
		copy(digits[4:6], v[5:7])
		copy(digits[6:], v[8:])
	default:
		return 0, false
	}
	for i, c := range digits {
		c -= '0'
		if c > 9 {
			return 0, false
		}
		digits[i] = c
	}
	y := int32(digits[0])*1000 + int32(digits[1])*100 + int32(digits[2])*10 + int32(digits[3])
	m := int32(digits[4])*10 + int32(digits[5])
	day := int32(digits[6])*10 + int32(digits[7])
	leap := y%4 == 0 && (y%100 != 0 || y%400 == 0)
	if y < 1 || m < 1 || m > 12 || day < 1 || day > daysIn(m, leap) {
		return 0, false
	}
	p := y - 1
	n := p*365 + p/4 - p/100 + p/400 + daysBefore[m] + day - 1
	if leap && m > 2 {
		n++
	}
	const epoch = 719162 // days from 0001-01-01 to 1970-01-01
	return Date(n - epoch), true
}

func daysIn(m int32, leap bool) int32 {
	switch m {
	case 2:
		if leap {
			return 29
		}
		return 28
	case 4, 6, 9, 11:
		return 30
	}
	return 31
}
