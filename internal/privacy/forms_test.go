package privacy_test

import (
	"math"
	"math/rand/v2"
	"testing"

	"leadglass/internal/privacy"
)

// examples are numbers that the issuers or the manuals of validators publish as
// examples, and the same with an error.
var examples = map[privacy.Class]struct{ good, bad []string }{
	"us-ssn":             {[]string{"987-65-4320", "219-09-9999"}, []string{"987654320", "98-765-4320", "987-65-432", "987-65-432A"}},
	"us-dod-id":          {[]string{"1234567890"}, []string{"0234567890", "123456789"}},
	"gb-nhs-number":      {[]string{"9434765919", "943 476 5919", "401-023-2137"}, []string{"9434765918", "943 4765919", "0000000000"}},
	"ca-sin":             {[]string{"123456782", "123-456-782"}, []string{"123456783", "046454286"}},
	"de-kvnr":            {[]string{"A123456780", "a000500015", "X110411675"}, []string{"A123456781", "B123456780", "1123456780"}},
	"fr-nir":             {[]string{"295109912611193", "2 95 10 99 126 111 93", "253072B07300470", "253072A07300443"}, []string{"295109912611199", "253072C07300443", "253073A07300443", "395109912611193"}},
	"es-dni":             {[]string{"54362315K", "54362315-k", "X2482300W"}, []string{"54362315Z", "X2482300A", "A2482300W"}},
	"it-codice-fiscale":  {[]string{"RCCMNL83S18D969H", "CNTCHR83T41D969D"}, []string{"RCCMNL83S18D969A", "RCCMNL83S38D969H"}},
	"br-cpf":             {[]string{"390.533.447-05", "11144477735"}, []string{"390.533.447-06", "11111111111"}},
	"se-personnummer":    {[]string{"880320-0016", "8112289874", "19811228-9874", "198112289874"}, []string{"880320-0018", "881320-0016"}},
	"no-fodselsnummer":   {[]string{"15108695088", "151086 95088"}, []string{"15108695077", "15138695088"}},
	"dk-cpr":             {[]string{"2110625629", "211062-5629"}, []string{"3210625629", "2113625629"}},
	"fi-hetu":            {[]string{"131052-308T", "131052-308t"}, []string{"131052-308U", "131352-308T"}},
	"nl-bsn":             {[]string{"111222333", "123456782"}, []string{"111222334"}},
	"be-national-number": {[]string{"85.07.30-033.28", "17073003384"}, []string{"17073003385"}},
	"tr-tckn":            {[]string{"17291716060", "10000000146"}, []string{"17291716050", "07291716092"}},
	"in-aadhaar":         {[]string{"234123412346", "2341 2341 2346"}, []string{"234123412347", "134123412347"}},
	"za-id":              {[]string{"7503305044089"}, []string{"8503305044089", "9125568"}},
	"pl-pesel":           {[]string{"44051401359"}, []string{"44051401358", "02381307589"}},
	"ch-ahv":             {[]string{"7569217076985", "756.9217.0769.85"}, []string{"756.9217.0769.84", "123.4567.8910.19"}},
	"cn-resident-id":     {[]string{"11010519491231002X", "360426199101010071"}, []string{"110105194912310029", "360426199101010072"}},
	"kr-rrn":             {[]string{"971013-9019902"}, []string{"971013-9019903", "971313-9019902"}},
}

func TestForms(t *testing.T) {
	for _, f := range privacy.Forms() {
		e, ok := examples[f.Class]
		if !ok {
			t.Errorf("%s has no example", f.Class)
		}
		for _, good := range e.good {
			if _, valid := f.Matches([]byte(good)); !valid {
				t.Errorf("%s: %q is not taken", f.Class, good)
			}
		}
		for _, bad := range e.bad {
			if _, valid := f.Matches([]byte(bad)); valid {
				t.Errorf("%s: %q is taken", f.Class, bad)
			}
		}
	}
	if !privacy.IsSSN([]byte("987-65-4320")) || privacy.IsSSN([]byte("987-65-432X")) || !privacy.LooksLikeSSN([]byte("987-65-432X")) {
		t.Error("the form of a Social Security number is not told")
	}
}

// draw fills v at random as a layout says.
func draw(random *rand.Rand, layout string, v []byte) {
	for i := range v {
		switch v[i] = layout[i]; layout[i] {
		case '0', '?':
			v[i] = byte('0' + random.IntN(10))
		case 'A':
			v[i] = byte('A' + random.IntN(26))
		}
	}
}

// TestChance measures how often values drawn at random pass for an identifier:
// what each form says of itself holds for the worst of its layouts, and is no
// exaggeration.
func TestChance(t *testing.T) {
	const draws = 40_000
	random := rand.New(rand.NewPCG(1, 2))
	for _, f := range privacy.Forms() {
		if f.Chance == 0 {
			continue
		}
		worst := 0.0
		for _, layout := range f.Layouts {
			v, n := make([]byte, len(layout)), 0
			for range draws {
				draw(random, layout, v)
				if _, valid := f.Matches(v); valid {
					n++
				}
			}
			worst = max(worst, float64(n)/draws)
		}
		t.Logf("%-20s %.5f", f.Class, worst)
		if noise := 4 * math.Sqrt(f.Chance/draws); worst > f.Chance*1.05+noise || worst < f.Chance*0.7-noise {
			t.Errorf("%s: %.5f of made-up values are taken, it says %.5f", f.Class, worst, f.Chance)
		}
	}
}

// TestDigitsAlone measures how often numbers of plain digits, of each length,
// pass for each identifier.
func TestDigitsAlone(t *testing.T) {
	const draws = 4_000
	random := rand.New(rand.NewPCG(3, 4))
	for _, f := range privacy.Forms() {
		if f.Class == "us-dod-id" { // ten digits are enough: only the issuer tells
			continue
		}
		for length := 4; length <= 18; length++ {
			v, n := make([]byte, length), 0
			for range draws {
				draw(random, "000000000000000000"[:length], v)
				if _, valid := f.Matches(v); valid {
					n++
				}
			}
			if rate := float64(n) / draws; rate > f.Chance*1.05+4*math.Sqrt(max(f.Chance, 0.0001)/draws) {
				t.Errorf("%s: %.5f of numbers of %d digits are taken, it says %.5f", f.Class, rate, length, f.Chance)
			}
		}
	}
}

func FuzzForms(f *testing.F) {
	for _, e := range examples {
		for _, v := range append(e.good, e.bad...) {
			f.Add([]byte(v))
		}
	}
	f.Fuzz(func(t *testing.T, v []byte) {
		for _, form := range privacy.Forms() {
			if written, valid := form.Matches(v); valid && !written {
				t.Errorf("%s takes %q, which is not written so", form.Class, v)
			}
		}
	})
}
