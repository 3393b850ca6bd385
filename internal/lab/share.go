package lab

import "math/bits"

// shareOf is floor(total*part/whole) for 0 <= part <= whole, without overflow.
func shareOf(total, part, whole int64) int64 {
	hi, lo := bits.Mul64(uint64(total), uint64(part))
	q, _ := bits.Div64(hi, lo, uint64(whole))
	return int64(q)
}
