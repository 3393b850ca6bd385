package survey_test

import (
	"testing"

	"leadglass/internal/survey"
)

func TestCountryName(t *testing.T) {
	for code, want := range map[string]string{
		"DE": "Germany", "us": "United States", "ZW": "Zimbabwe", "AD": "Andorra", "CI": "Côte d’Ivoire",
		"": "", "D": "", "XX": "", "ZZ": "", "UK": "", "DEU": "", "D ": "", "\nA": "",
	} {
		if got := survey.CountryName(code); got != want {
			t.Errorf("CountryName(%q) = %q, want %q", code, got, want)
		}
	}
	n := 0
	for a := 'A'; a <= 'Z'; a++ {
		for b := 'A'; b <= 'Z'; b++ {
			if survey.CountryName(string([]rune{a, b})) != "" {
				n++
			}
		}
	}
	if n != 249 {
		t.Errorf("%d codes are known, ISO 3166-1 assigns 249", n)
	}
}
