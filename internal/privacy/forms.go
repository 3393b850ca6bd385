package privacy

// form is the form of a kind of national identifier. That a value has it does
// not prove that the value is one.
type form struct {
	class Class
	// name is what the identifier is called, with its article.
	name string
	// layouts are the ways in which it is written, see fits.
	layouts []string
	// valid looks at a value that fits a layout. nil: the layout says it all.
	valid func(v []byte) bool
	// chance is the share of values drawn at random in one of the layouts,
	// digits for digits and letters for letters, that are valid: the highest
	// over the layouts. 0 where something besides the value tells: a layout
	// that numbers counted up do not have, or the issuer.
	chance float64
	// issued: only an ID whose record names the US Department of Defense
	// counts.
	issued bool
}

// forms lists the identifiers told apart. Each function below names its source.
var forms = [...]form{
	{class: "us-ssn", name: "a US Social Security number", layouts: []string{"000-00-0000"}},
	{class: "us-dod-id", name: "a US DoD ID number", layouts: []string{"0000000000"}, valid: dodID, issued: true},
	{class: "gb-nhs-number", name: "an NHS number", layouts: []string{"0000000000", "000 000 0000", "000-000-0000"},
		valid: nhsNumber, chance: 0.091},
	{class: "ca-sin", name: "a Canadian Social Insurance Number", layouts: []string{"000000000", "000 000 000", "000-000-000"},
		valid: canadianSIN, chance: 0.08},
	{class: "de-kvnr", name: "a German health insurance number", layouts: []string{"A000000000"}, valid: kvnr, chance: 0.1},
	{class: "fr-nir", name: "a French NIR", layouts: []string{"000000000000000", "000000?00000000", "0 00 00 00 000 000 00", "0 00 00 0? 000 000 00"},
		valid: nir, chance: 0.0035},
	{class: "es-dni", name: "a Spanish DNI or NIE", layouts: []string{"00000000A", "00000000-A", "A0000000A", "A-0000000-A"},
		valid: dni, chance: 0.0385},
	{class: "it-codice-fiscale", name: "an Italian codice fiscale", layouts: []string{"AAAAAA00A00A000A"}, valid: codiceFiscale, chance: 0.0111},
	{class: "br-cpf", name: "a Brazilian CPF", layouts: []string{"00000000000", "000.000.000-00"}, valid: cpf, chance: 0.01},
	{class: "se-personnummer", name: "a Swedish personnummer",
		layouts: []string{"0000000000", "000000-0000", "000000+0000", "000000000000", "00000000-0000"}, valid: personnummer, chance: 0.0074},
	{class: "no-fodselsnummer", name: "a Norwegian fødselsnummer", layouts: []string{"00000000000", "000000 00000"}, valid: fodselsnummer, chance: 0.0007},
	{class: "dk-cpr", name: "a Danish CPR number", layouts: []string{"0000000000", "000000-0000"}, valid: cpr, chance: 0.0367},
	{class: "fi-hetu", name: "a Finnish personal identity code", layouts: []string{"000000-000?", "000000+000?", "000000A000?"}, valid: hetu, chance: 0.0013},
	{class: "nl-bsn", name: "a Dutch BSN", layouts: []string{"000000000"}, valid: bsn, chance: 0.091},
	{class: "be-national-number", name: "a Belgian national number", layouts: []string{"00000000000", "00.00.00-000.00"}, valid: belgian, chance: 0.0008},
	{class: "tr-tckn", name: "a Turkish identity number", layouts: []string{"00000000000"}, valid: tckn, chance: 0.0091},
	{class: "in-aadhaar", name: "an Indian Aadhaar number", layouts: []string{"000000000000", "0000 0000 0000", "0000-0000-0000"}, valid: aadhaar, chance: 0.08},
	{class: "za-id", name: "a South African ID number", layouts: []string{"0000000000000"}, valid: southAfrican, chance: 0.0012},
	{class: "pl-pesel", name: "a Polish PESEL", layouts: []string{"00000000000"}, valid: pesel, chance: 0.0185},
	{class: "ch-ahv", name: "a Swiss AHV number", layouts: []string{"0000000000000", "000.0000.0000.00"}, valid: ahv, chance: 0.0001},
	{class: "cn-resident-id", name: "a Chinese resident identity number", layouts: []string{"00000000000000000?"}, valid: chinese, chance: 0.0001},
	{class: "kr-rrn", name: "a Korean resident registration number", layouts: []string{"0000000000000", "000000-0000000"}, valid: korean, chance: 0.0037},
}

// matches reports whether v is written as f is, and whether it then is valid.
// Digits that are all the same are a stopgap and no number.
func (f *form) matches(v []byte) (written, valid bool) {
	for _, l := range f.layouts {
		if fits(l, v) {
			return true, f.valid == nil || f.valid(v) && !allEqual(v)
		}
	}
	return false, false
}

// SSNPattern asks for patient IDs in the form of IsSSN, as a wildcard (PS3.4
// C.2.2.2.4). LooksLikeSSN says whether an ID matches it.
const SSNPattern = "???-??-????"

// IsSSN reports whether v, without padding, has the form in which US Social
// Security numbers are written: nine digits with dashes behind the third and
// the fifth (20 CFR 422.103). Numbers never issued, and the taxpayer numbers of
// the same form that begin with 9, are not told apart: the form is enough to
// say that such numbers were meant.
func IsSSN(v []byte) bool { return fits(forms[0].layouts[0], v) }

// LooksLikeSSN is IsSSN with anything in place of the digits.
func LooksLikeSSN(v []byte) bool { return len(v) == 11 && v[3] == '-' && v[6] == '-' }

// dodID is the DoD ID number, EDIPI: ten digits, counted up from 1000000000 on
// (DoD Manual 1000.13 volume 1; DMDC, Person Unique Identification in DoD,
// 2004). How its last digit, a check digit, is made is not published.
func dodID(v []byte) bool { return v[0] != '0' }

// nhsNumber is the NHS number of England, Wales and the Isle of Man: ten
// digits, the last modulo 11 (NHS Data Model and Dictionary, NHS NUMBER).
func nhsNumber(v []byte) bool {
	return weighted(v, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1)%11 == 0
}

// canadianSIN is the Social Insurance Number: nine digits with a Luhn digit;
// 0 and 8 begin none (Employment and Social Development Canada, Social
// Insurance Number Code of Practice; 8 begins business numbers).
func canadianSIN(v []byte) bool { return v[0] != '0' && v[0] != '8' && luhn(v) }

// kvnr is the unchangeable part of the Krankenversichertennummer: a letter,
// eight digits and a check digit: the letter as two digits, every second digit
// twice, and the sum of all cross sums modulo 10 (§ 290 SGB V; Vertrauensstelle Krankenversichertennummer).
func kvnr(v []byte) bool {
	letter := int(v[0]|0x20) - 'a' + 1
	sum := letter/10 + crossSum(2*(letter%10))
	for i, c := range v[1:9] {
		sum += crossSum(int(c-'0') * (1 + i%2))
	}
	return sum%10 == int(v[9]-'0')
}

func crossSum(n int) int { return n/10 + n%10 }

// nir is the Numéro d'inscription au répertoire: sex, year and month of birth,
// department, commune, serial, and a key of 97 less the rest modulo 97. Corsica
// is 2A or 2B in the department, 19 and 18 in the key (INSEE, décret 82-103).
func nir(v []byte) bool {
	if s := v[0]; s != '1' && s != '2' && s != '7' && s != '8' {
		return false
	}
	month := number(v, 3, 2)
	if month == 0 || month > 12 && month < 20 || month > 42 && month < 50 {
		return false
	}
	r, digits := 0, 0
	for i, c := range v {
		d := 0
		switch corsica := upper(c) - 'A'; {
		case isDigit(c):
			d = int(c - '0')
		case corsica <= 1 && v[i-1] == '2':
			// 2A is 19, 2B is 18; the 2 is in r already.
			d = 9 - int(corsica)
			r = (r - 1 + 97) % 97
		case isLetter(c):
			return false
		default:
			continue
		}
		if digits++; digits <= 13 {
			r = (r*10 + d) % 97
		}
	}
	key := 0
	for i := len(v) - 2; i < len(v); i++ {
		key = key*10 + int(v[i]-'0')
	}
	return key == 97-r
}

// dni is the number of the Documento Nacional de Identidad, eight digits and a
// letter, and of foreigners, NIE, with X, Y or Z for the first digit (Real
// Decreto 1553/2005 art. 11; Orden INT/2058/2008).
func dni(v []byte) bool {
	const letters = "TRWAGMYFPDXBNJZSQVHLCKE"
	n := remainder(v, 23)
	if isLetter(v[0]) {
		first := int(v[0]&^0x20) - 'X'
		if first < 0 || first > 2 {
			return false
		}
		n = (n + first*10_000_000) % 23
	}
	return v[len(v)-1]&^0x20 == letters[n]
}

// codiceFiscale is the code of natural persons: name, year, month as a letter,
// day (40 more for women), commune, and a check letter (Decreto ministeriale 23
// dicembre 1976). Codes in which digits became letters to tell two persons
// apart are passed over.
func codiceFiscale(v []byte) bool {
	const months = "ABCDEHLMPRST"
	const odd = "\x01\x00\x05\x07\x09\x0D\x0F\x11\x13\x15\x02\x04\x12\x14\x0B\x03\x06\x08\x0C\x0E\x10\x0A\x16\x19\x18\x17"
	month := 0
	for i := range len(months) {
		if months[i] == v[8]&^0x20 {
			month = i + 1
		}
	}
	day := int(v[9]-'0')*10 + int(v[10]-'0')
	if day > 40 {
		day -= 40
	}
	if !isDay(month, day) {
		return false
	}
	sum := 0
	for i, c := range v[:15] {
		n := int(c - '0')
		if isLetter(c) {
			n = int(c&^0x20 - 'A')
		}
		if i%2 == 0 {
			n = int(odd[n])
		}
		sum += n
	}
	return v[15]&^0x20 == byte('A'+sum%26)
}

// cpf is the Cadastro de Pessoas Físicas: nine digits and two check digits
// modulo 11 (Receita Federal, Instrução Normativa RFB 1548/2015).
func cpf(v []byte) bool {
	check := func(sum int) int {
		if r := sum % 11; r >= 2 {
			return 11 - r
		}
		return 0
	}
	return check(weighted(v, 10, 9, 8, 7, 6, 5, 4, 3, 2)) == number(v, 9, 1) &&
		check(weighted(v, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2)) == number(v, 10, 1)
}

// allEqual reports whether all digits of v are the same.
func allEqual(v []byte) bool {
	for _, c := range v {
		if isDigit(c) && c != v[0] {
			return false
		}
	}
	return true
}
