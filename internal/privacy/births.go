package privacy

// Identifiers of Europe's north, and others that begin with a date of birth or
// are checked alike.

// personnummer is the Swedish number, or the samordningsnummer with 60 more in
// the day: year in two or four digits, month, day, serial, Luhn digit over the
// last ten (Skatteverket, SKV 704; SKV 707).
func personnummer(v []byte) bool {
	digits := 0
	for _, c := range v {
		if isDigit(c) {
			digits++
		}
	}
	if digits == 12 {
		if century := number(v, 0, 2); century < 18 || century > 20 {
			return false
		}
		v = v[2:]
	}
	day := number(v, 4, 2)
	if day > 60 {
		day -= 60
	}
	return isDay(number(v, 2, 2), day) && luhn(v)
}

// fodselsnummer is the Norwegian number, or the D-nummer with 40 more in the
// day: day, month, year, individual number, two check digits modulo 11
// (Skatteetaten; forskrift om folkeregistrering 2017-07-14-1201 § 2-2-1).
func fodselsnummer(v []byte) bool {
	day := number(v, 0, 2)
	if day > 40 {
		day -= 40
	}
	return isDay(number(v, 2, 2), day) &&
		weighted(v, 3, 7, 6, 1, 8, 9, 4, 5, 2, 1)%11 == 0 &&
		weighted(v, 5, 4, 3, 2, 7, 6, 5, 4, 3, 2, 1)%11 == 0
}

// cpr is the Danish number: day, month, year, serial. Its check digit is of no
// use: numbers without a valid one are issued since 2007 (CPR-kontoret,
// Personnummeret i CPR).
func cpr(v []byte) bool { return isDay(number(v, 2, 2), number(v, 0, 2)) }

// hetu is the Finnish henkilötunnus: day, month, year, a sign for the century
// (several letters since 2023), individual number, and a check character modulo
// 31 (valtioneuvoston asetus väestötietojärjestelmästä 128/2010).
func hetu(v []byte) bool {
	const characters = "0123456789ABCDEFHJKLMNPRSTUVWXY"
	return isDay(number(v, 2, 2), number(v, 0, 2)) &&
		upper(v[10]) == characters[(number(v, 0, 6)*1000+number(v[7:10], 0, 3))%31]
}

// bsn is the Burgerservicenummer: nine digits, the weighted sum of which can be
// divided by 11, the last with weight -1 (Wet algemene bepalingen
// burgerservicenummer; Logisch Ontwerp BRP, elfproef).
func bsn(v []byte) bool {
	return weighted(v, 9, 8, 7, 6, 5, 4, 3, 2, -1)%11 == 0
}

// belgian is the Rijksregisternummer: year, month, day, serial, and 97 less the
// rest modulo 97, for births since 2000 with a 2 before the number (koninklijk
// besluit van 3 april 1984).
func belgian(v []byte) bool {
	n, key := number(v, 0, 9), number(v, 9, 2)
	return isDay(number(v, 2, 2), number(v, 4, 2)) && (97-n%97 == key || 97-(2_000_000_000+n)%97 == key)
}

// tckn is the Türkiye Cumhuriyeti kimlik numarası: eleven digits that do not
// begin with 0; the tenth is seven times the digits at odd places less those at
// even ones, the last the sum of the ten before, modulo 10 (Nüfus ve Vatandaşlık
// İşleri Genel Müdürlüğü).
func tckn(v []byte) bool {
	tenth := weighted(v, 7, -1, 7, -1, 7, -1, 7, -1, 7)
	return v[0] != '0' && ((tenth%10)+10)%10 == number(v, 9, 1) &&
		weighted(v, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1)%10 == number(v, 10, 1)
}

// aadhaar is the Indian number: twelve digits with a Verhoeff digit; 0 and 1
// begin none (UIDAI, A UID Numbering Scheme, 2010).
func aadhaar(v []byte) bool { return v[0] > '1' && verhoeff(v) }

// southAfrican is the identity number: year, month, day, serial, citizenship 0
// to 2, a digit, and a Luhn digit (Identification Act 68 of 1997 s. 7;
// Department of Home Affairs).
func southAfrican(v []byte) bool {
	return isDay(number(v, 2, 2), number(v, 4, 2)) && number(v, 10, 1) <= 2 && luhn(v)
}

// pesel is the Polish number: year, month with 80, 0, 20, 40 or 60 more for the
// centuries from 1800 on, day, serial, and a check digit (ustawa o ewidencji
// ludności of 24 September 2010, art. 15).
func pesel(v []byte) bool {
	return isDay(number(v, 2, 2)%20, number(v, 4, 2)) && weighted(v, 1, 3, 7, 9, 1, 3, 7, 9, 1, 3, 1)%10 == 0
}

// ahv is the AHV number: 756, nine digits and the check digit of an EAN-13
// (AHVV, SR 831.101, art. 133; Zentrale Ausgleichsstelle).
func ahv(v []byte) bool {
	return number(v, 0, 3) == 756 && weighted(v, 1, 3, 1, 3, 1, 3, 1, 3, 1, 3, 1, 3, 1)%10 == 0
}

// chinese is the citizen identity number: province, place, date of birth with
// the whole year, serial, and a check character modulo 11 with X for ten (GB
// 11643-1999; ISO/IEC 7064 MOD 11-2).
func chinese(v []byte) bool {
	province, year := number(v, 0, 2), number(v, 6, 4)
	if province < 11 || province > 91 || year < 1800 || year > 2099 || !isDay(number(v, 10, 2), number(v, 12, 2)) {
		return false
	}
	const characters = "10X98765432"
	sum := weighted(v[:17], 7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
	return upper(v[17]) == characters[sum%11]
}

// korean is the resident registration number: year, month, day, century and
// sex, serial, and a check digit modulo 11 (주민등록법 시행규칙; numbers given
// since October 2020 have none and are passed over).
func korean(v []byte) bool {
	sum := weighted(v, 2, 3, 4, 5, 6, 7, 8, 9, 2, 3, 4, 5)
	return isDay(number(v, 2, 2), number(v, 4, 2)) && (11-sum%11)%10 == number(v, 12, 1)
}

// upper is c as a capital.
func upper(c byte) byte {
	if isLetter(c) {
		return c &^ 0x20
	}
	return c
}
