package dicomweb_test

import (
	"net/http"
	"testing"

	"leadglass/internal/dicomweb"
)

func TestFollows(t *testing.T) {
	request := func(url string) *http.Request {
		r, err := http.NewRequest(http.MethodGet, url, nil)
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	first := request("http://192.0.2.1:8042/dicom-web/studies")
	for url, want := range map[string]bool{
		"http://192.0.2.1:8042/studies/":                  true,
		"https://192.0.2.1:8042/dicom-web/studies":        false,
		"http://192.0.2.1:8043/dicom-web/studies":         false,
		"http://192.0.2.2:8042/dicom-web/studies":         false,
		"http://192.0.2.1.example:8042/dicom-web/studies": false,
	} {
		if got := dicomweb.Follows(request(url), []*http.Request{first}); got != want {
			t.Errorf("a redirect to %s is followed: %t", url, got)
		}
	}
	if dicomweb.Follows(first, []*http.Request{first, first, first}) {
		t.Error("a third redirect is followed")
	}
}
