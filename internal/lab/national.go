package lab

import (
	"fmt"
	"slices"
	"strings"
)

// national makes patient IDs in the form of a national identifier, a different
// one for each patient as far as the form has room. The numbers are to be known
// again: they belong to somebody born on 8 August 1888, or have runs of eights
// and nines that are in no use.
type national struct {
	class string
	// width is how long each is.
	width int
	of    func(patient int64) string
}

// nationals lists the forms that an archive's patient IDs can have.
var nationals = []national{
	{"us-dod-id", 10, func(n int64) string { return "99" + padded(n, 8) }},
	{"gb-nhs-number", 10, func(n int64) string {
		return firstValid(n, 2, func(k int64) (string, bool) {
			s := "999" + padded(k, 6)
			c := (11 - sumOf(s, 10, 9, 8, 7, 6, 5, 4, 3, 2)%11) % 11
			return s + padded(int64(c), 1), c < 10
		})
	}},
	{"ca-sin", 9, func(n int64) string { return withLuhn("999" + padded(n, 5)) }},
	{"de-kvnr", 10, func(n int64) string {
		s := "2699" + padded(n, 6) // Z is 26
		sum := 0
		for i := range s {
			d := int(s[i]-'0') * (1 + i%2)
			sum += d/10 + d%10
		}
		return "Z" + s[2:] + padded(int64(sum%10), 1)
	}},
	{"fr-nir", 15, func(n int64) string {
		s := "2880899" + padded(n, 6)
		return s + padded(97-modulo(s, 97), 2)
	}},
	{"es-dni", 9, func(n int64) string {
		s := "99" + padded(n, 6)
		return s + string("TRWAGMYFPDXBNJZSQVHLCKE"[modulo(s, 23)])
	}},
	{"it-codice-fiscale", 16, codice},
	{"br-cpf", 11, func(n int64) string {
		check := func(s string, from int) string {
			c := 0
			for i := range s {
				c += int(s[i]-'0') * (from - i)
			}
			if c = 11 - c%11; c > 9 {
				c = 0
			}
			return s + padded(int64(c), 1)
		}
		return check(check("888"+padded(n, 6), 10), 11)
	}},
	{"se-personnummer", 12, func(n int64) string { return "18" + withLuhn("880808"+padded(n, 3)) }},
	{"no-fodselsnummer", 11, func(n int64) string {
		return firstValid(n, 4, func(k int64) (string, bool) {
			s := "080888" + padded(k, 3)
			c := (11 - sumOf(s, 3, 7, 6, 1, 8, 9, 4, 5, 2)%11) % 11
			d := (11 - (sumOf(s, 5, 4, 3, 2, 7, 6, 5, 4, 3)+2*c)%11) % 11
			return s + padded(int64(c), 1) + padded(int64(d), 1), c < 10 && d < 10
		})
	}},
	{"dk-cpr", 11, func(n int64) string { return "080888-" + padded(n, 4) }},
	{"fi-hetu", 11, func(n int64) string {
		serial := padded(n, 3)
		return "080888+" + serial + string("0123456789ABCDEFHJKLMNPRSTUVWXY"[modulo("080888"+serial, 31)])
	}},
	{"nl-bsn", 9, func(n int64) string {
		return firstValid(n, 2, func(k int64) (string, bool) {
			s := "888" + padded(k, 5)
			c := sumOf(s, 9, 8, 7, 6, 5, 4, 3, 2) % 11
			return s + padded(int64(c), 1), c < 10
		})
	}},
	{"be-national-number", 15, func(n int64) string {
		serial := padded(n, 3)
		return "88.08.08-" + serial + "." + padded(97-modulo("880808"+serial, 97), 2)
	}},
	{"tr-tckn", 11, func(n int64) string {
		s := "8888" + padded(n, 5)
		tenth := (sumOf(s, 7, -1, 7, -1, 7, -1, 7, -1, 7)%10 + 10) % 10
		s += padded(int64(tenth), 1)
		return s + padded(int64(sumOf(s, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1)%10), 1)
	}},
	{"in-aadhaar", 12, func(n int64) string { return withVerhoeff("8888" + padded(n, 7)) }},
	{"za-id", 13, func(n int64) string { return withLuhn("880808" + padded(n, 4) + "08") }},
	{"pl-pesel", 11, func(n int64) string {
		s := "888808" + padded(n, 4)
		return s + padded(int64((10-sumOf(s, 1, 3, 7, 9, 1, 3, 7, 9, 1, 3)%10)%10), 1)
	}},
	{"ch-ahv", 16, func(n int64) string {
		s := "7568888" + padded(n, 5)
		s += padded(int64((10-sumOf(s, 1, 3, 1, 3, 1, 3, 1, 3, 1, 3, 1, 3)%10)%10), 1)
		return s[:3] + "." + s[3:7] + "." + s[7:11] + "." + s[11:]
	}},
	{"cn-resident-id", 18, func(n int64) string {
		s := "110105" + canaryBirth + padded(n, 3)
		return s + string("10X98765432"[sumOf(s, 7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)%11])
	}},
	{"kr-rrn", 14, func(n int64) string {
		s := "8808089" + padded(n, 5)
		s += padded(int64((11-sumOf(s, 2, 3, 4, 5, 6, 7, 8, 9, 2, 3, 4, 5)%11)%10), 1)
		return s[:6] + "-" + s[6:]
	}},
}

// codice is an Italian codice fiscale: Canary, born on 8 August 1888, a woman.
func codice(n int64) string {
	const odd = "\x01\x00\x05\x07\x09\x0D\x0F\x11\x13\x15\x02\x04\x12\x14\x0B\x03\x06\x08\x0C\x0E\x10\x0A\x16\x19\x18\x17"
	name := n / 1000
	s := "CNR" + string([]byte{'A' + byte(name/676%26), 'A' + byte(name/26%26), 'A' + byte(name%26)}) + "88M48Z" + padded(n, 3)
	sum := 0
	for i := range s {
		v := int(s[i] - '0')
		if s[i] >= 'A' {
			v = int(s[i] - 'A')
		}
		if i%2 == 0 {
			v = int(odd[v])
		}
		sum += v
	}
	return s + string(rune('A'+sum%26))
}

// padded is the last digits of n, as many as there is room for.
func padded(n int64, width int) string {
	s := fmt.Sprintf("%0*d", width, n)
	return s[len(s)-width:]
}

// firstValid gives patient n the first of some numbers that has check digits.
func firstValid(n, candidates int64, try func(int64) (string, bool)) string {
	for k := n * candidates; ; k++ {
		if s, ok := try(k); ok {
			return s
		}
	}
}

// sumOf is the sum of the digits of s times weights.
func sumOf(s string, weights ...int) int {
	sum := 0
	for i, w := range weights {
		sum += int(s[i]-'0') * w
	}
	return sum
}

// modulo is the rest of the number s.
func modulo(s string, m int64) int64 {
	var r int64
	for _, c := range s {
		r = (r*10 + int64(c-'0')) % m
	}
	return r
}

// withLuhn appends the check digit of ISO/IEC 7812-1.
func withLuhn(s string) string {
	sum := 0
	for i := range s {
		d := int(s[len(s)-1-i] - '0')
		if i%2 == 0 {
			if d *= 2; d > 9 {
				d -= 9
			}
		}
		sum += d
	}
	return s + padded(int64((10-sum%10)%10), 1)
}

// withVerhoeff appends Verhoeff's check digit: the inverse of the product, in
// the dihedral group of order ten, of the digits permuted by their places.
func withVerhoeff(s string) string {
	product := func(a, b int) int {
		if a < 5 {
			return (a+b%5)%5 + b/5*5
		}
		return (a-b%5+5)%5 + (1-b/5)*5
	}
	c := 0
	for i := range s {
		d := int(s[len(s)-1-i] - '0')
		for range (i + 1) % 8 {
			d = int("1576283094"[d] - '0')
		}
		c = product(c, d)
	}
	if c > 0 && c < 5 {
		c = 5 - c
	}
	return s + padded(int64(c), 1)
}

// nationalOf is the index of a class in nationals, -1 for none.
func nationalOf(class string) int {
	return slices.IndexFunc(nationals, func(n national) bool { return n.class == class })
}

// validateNational checks the form of the patient IDs that the group names.
func (g *Group) validateNational() error {
	switch {
	case g.NationalID == "":
		return nil
	case nationalOf(g.NationalID) < 0:
		var known []string
		for _, n := range nationals {
			known = append(known, n.class)
		}
		return fmt.Errorf("unknown national_id %q; known are %s, and ssn_records in contents for us-ssn", g.NationalID, strings.Join(known, ", "))
	case !g.identifies("patient-id"):
		return fmt.Errorf("national_id %q, but the archives have no patient-id", g.NationalID)
	}
	return nil
}

// classes lists the classes of identifying attributes that the archive returns,
// in order.
func (a *Archive) classes() []string {
	out := slices.DeleteFunc(IdentifyingClasses(), func(class string) bool { return !a.Group.identifies(class) })
	if a.Group.NationalID != "" {
		out = append(out, a.Group.NationalID)
	}
	if a.contents.Spec().SSN > 0 && a.Group.identifies("patient-id") {
		out = append(out, "us-ssn")
	}
	slices.Sort(out)
	return out
}

// appendPatientID appends the patient ID of a patient, as responses hold it.
func (a *Archive) appendPatientID(b []byte, patient int64, ssn bool) []byte {
	rec := record{patient: patient}
	n := len(b)
	if i := nationalOf(a.Group.NationalID); i >= 0 && !ssn {
		return append(b, nationals[i].of(patient)...)
	}
	if ssn {
		b = append(b, canarySSN+"00-0000"...)
		rec.patch(b[n+len(canarySSN):], ssnField)
		return b
	}
	b = append(b, "CANARY0000000000"...)
	rec.patch(b[n+len("CANARY"):], patientDigits)
	return b
}
