package survey_test

import (
	"testing"

	"leadglass/internal/survey"
)

func TestCountryName(t *testing.T) {
	for code, want := range map[string]string{
		"DE": "Germany", "us": "United States", "ZW": "Zimbabwe", "AD": "Andorra", "CI": "Côte d’Ivoire",
		"XK": "Kosovo", "xx": "XX (a code assigned by its user)", "QM": "QM (a code assigned by its user)", "QL": "", "AB": "", "ZY": "",
		"": "", "D": "", "UK": "", "EU": "", "DEU": "", "D ": "", "\nA": "",
	} {
		if got := survey.CountryName(code); got != want {
			t.Errorf("CountryName(%q) = %q, want %q", code, got, want)
		}
	}
	n := 0
	for a := 'A'; a <= 'Z'; a++ {
		for b := 'A'; b <= 'Z'; b++ {
			code := string([]rune{a, b})
			if survey.CountryName(code) != "" && !survey.UserAssigned(code) {
				n++
			}
			if survey.IsCountry(code) != (survey.CountryName(code) != "" && (code == "XK" || !survey.UserAssigned(code))) {
				t.Errorf("IsCountry(%q) is %v", code, survey.IsCountry(code))
			}
		}
	}
	if n != 249 {
		t.Errorf("%d codes are known, ISO 3166-1 assigns 249", n)
	}
}
