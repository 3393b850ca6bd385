package privacy

// The functions here compute with the digits of a value where it lies, without
// taking a copy of it; separators are passed over.

// isDigit reports whether c is a decimal digit.
func isDigit(c byte) bool { return c-'0' <= 9 }

// isLetter reports whether c is a letter of ASCII.
func isLetter(c byte) bool { return (c|0x20)-'a' < 26 }

// number reads the n digits of v from the digit at index from on.
func number(v []byte, from, n int) int {
	sum, i := 0, 0
	for _, c := range v {
		if !isDigit(c) {
			continue
		}
		if i >= from && i < from+n {
			sum = sum*10 + int(c-'0')
		}
		i++
	}
	return sum
}

// remainder is the number that all digits of v make, modulo m.
func remainder(v []byte, m int) int {
	r := 0
	for _, c := range v {
		if isDigit(c) {
			r = (r*10 + int(c-'0')) % m
		}
	}
	return r
}

// weighted is the sum of the digits of v, each times the weight at its place;
// digits beyond the weights count nothing.
func weighted(v []byte, weights ...int) int {
	sum, i := 0, 0
	for _, c := range v {
		if !isDigit(c) {
			continue
		}
		if i == len(weights) {
			break
		}
		sum += int(c-'0') * weights[i]
		i++
	}
	return sum
}

// luhn reports whether the digits of v end in their Luhn check digit (ISO/IEC
// 7812-1 annex B).
func luhn(v []byte) bool {
	sum, double := 0, false
	for i := len(v) - 1; i >= 0; i-- {
		if !isDigit(v[i]) {
			continue
		}
		d := int(v[i] - '0')
		if double {
			d *= 2
			d = d/10 + d%10
		}
		sum += d
		double = !double
	}
	return sum%10 == 0
}

// verhoeff reports whether the digits of v end in their check digit after J.
// Verhoeff, Error Detecting Decimal Codes, 1969. The product of the dihedral
// group of ten is computed, the permutation is applied as often as the digit is
// far from the right.
func verhoeff(v []byte) bool {
	const permutation = "1576283094"
	check, place := 0, 0
	for i := len(v) - 1; i >= 0; i-- {
		if !isDigit(v[i]) {
			continue
		}
		d := int(v[i] - '0')
		for range place % 8 {
			d = int(permutation[d] - '0')
		}
		check = dihedral(check, d)
		place++
	}
	return check == 0
}

// dihedral is the product of a and b in the dihedral group of order ten.
func dihedral(a, b int) int {
	switch {
	case a < 5 && b < 5:
		return (a + b) % 5
	case a < 5:
		return (a+b-5)%5 + 5
	case b < 5:
		return (a-5-b+5)%5 + 5
	}
	return (a - b + 5) % 5
}

// isDay reports whether a month and day exist in some year.
func isDay(month, day int) bool {
	const lengths = "\x1F\x1D\x1F\x1E\x1F\x1E\x1F\x1F\x1E\x1F\x1E\x1F"
	return month >= 1 && month <= 12 && day >= 1 && day <= int(lengths[month-1])
}

// fits reports whether v has a layout: 0 stands for a digit, A for a letter,
// ? for either, anything else for itself.
func fits(layout string, v []byte) bool {
	if len(v) != len(layout) {
		return false
	}
	for i := range len(layout) {
		c := v[i]
		switch layout[i] {
		case '0':
			if !isDigit(c) {
				return false
			}
		case 'A':
			if !isLetter(c) {
				return false
			}
		case '?':
			if !isDigit(c) && !isLetter(c) {
				return false
			}
		default:
			if c != layout[i] {
				return false
			}
		}
	}
	return true
}
