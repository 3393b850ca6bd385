// Package dicomweb holds what a check and a count have to request alike of a
// DICOMweb service (PS3.18): the media types that a search accepts, in the order
// of trying, and how far a redirect is followed. It makes no requests.
package dicomweb

import (
	"net/http"
	"strings"
)

// Accepts lists what a search for studies accepts, in the order of trying: the
// JSON of the standard with that of servers of before 2017 behind it, and each
// alone for servers that compare the whole text of the header.
func Accepts() []string {
	return []string{"application/dicom+json, application/json;q=0.9", "application/json", "application/dicom+json"}
}

// AcceptXML is what a search accepts of servers that list studies in XML alone
// (PS3.18 8.7.3): it shows that they answer, and is not read.
const AcceptXML = `multipart/related; type="application/dicom+xml"`

// Declined reports whether a status may mean that the server has no list in the
// form that was requested: 406 by PS3.18 8.7.8, and 415 and 400, which some send
// instead.
func Declined(status int) bool {
	switch status {
	case http.StatusNotAcceptable, http.StatusUnsupportedMediaType, http.StatusBadRequest:
		return true
	}
	return false
}

// MaxRedirects is how many redirects of one request are followed.
const MaxRedirects = 2

// Follows reports whether a redirect is followed: it stays on the scheme, the host
// and the port of the first request.
func Follows(req *http.Request, via []*http.Request) bool {
	first := via[0].URL
	return len(via) <= MaxRedirects && req.URL.Scheme == first.Scheme && strings.EqualFold(req.URL.Host, first.Host)
}
