package assess

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"leadglass/internal/dicomweb"
	"leadglass/internal/peer"
)

// Limits on what the checks of HTTP services may ask.
const (
	// MaxWebRequests is how many requests the checks send to one HTTP port at
	// most, redirects included: one control, two configurations of a viewer, twelve
	// roots, three other forms of a search, one narrower search, one WADO-RS, one more
	// in another form, two beneath the root, two WADO-URI, one OPTIONS, two routes of
	// the product, one start page, three of its lists and files. A port whose first
	// roots are the right ones is sent about ten.
	MaxWebRequests = 32
	// MaxHostWebRequests is the same for all ports of a host together.
	MaxHostWebRequests = 80
	// maxWebBody bounds what is read of a document, maxListing of a start page.
	maxWebBody = 64 << 10
	maxListing = 256 << 10
)

// testOrigin is the web origin that requests claim to come from. The domain
// cannot exist (RFC 2606 2).
const testOrigin = "https://leadglass.invalid"

// Web is how to ask an HTTP service.
type Web struct {
	// Client is limited to the host by its maker; nil where nothing may be
	// asked.
	Client *http.Client
	// Host is the address, or the name for Host and TLS.
	Host string
	// Root is the DICOMweb root that the user gave: it is tried first.
	Root string
	// Left is how many requests the host has left, counted down; nil for a
	// service alone.
	Left *int
}

// webReply is the answer to a request: its status, and what is kept of its
// header.
type webReply struct {
	status int
	// empty: the header says that there is no body.
	empty bool
	// media is the content type as far as it is one of mediaTypes, "" else.
	media string
	// packed: the body has a content encoding. list says what a body of plain JSON
	// begins with, where a search looked at that.
	packed bool
	list   listStart
	// allow are the methods of Allow that are known.
	allow []string
	// origin says who else may read the answer.
	origin corsOrigin
}

// corsOrigin is whom Access-Control-Allow-Origin permits.
type corsOrigin uint8

const (
	noOrigin corsOrigin = iota
	anyOrigin
	// sameOrigin: the origin of our request, whichever it is.
	sameOrigin
)

// mediaTypes are the content types that are told apart.
var mediaTypes = []string{"application/dicom+json", "application/json", "application/dicom+xml", "application/vnd.sun.wadl+xml",
	"text/html", "application/xhtml+xml", "text/plain", "application/dicom"}

// replyOf keeps of a response what can be said in words of ours: a header can
// hold anything, and is overwritten with the body.
func replyOf(resp *http.Response) webReply {
	r := webReply{status: resp.StatusCode, empty: resp.ContentLength == 0, allow: methods(resp.Header.Values("Allow")),
		packed: resp.Header.Get("Content-Encoding") != ""}
	kind := resp.Header.Get("Content-Type")
	for _, known := range mediaTypes {
		// multipart/related names the type of its parts in a parameter.
		if i := indexFold(kind, known); i == 0 || i > 0 && indexFold(kind, "multipart/related") == 0 {
			r.media = known
			break
		}
	}
	switch origin := strings.TrimSpace(resp.Header.Get("Access-Control-Allow-Origin")); {
	case origin == "*":
		r.origin = anyOrigin
	case strings.EqualFold(origin, testOrigin):
		r.origin = sameOrigin
	}
	return r
}

// indexFold is where s has text, whatever its case; -1 where it has not. It
// copies nothing.
func indexFold(s, text string) int {
	for i := 0; i+len(text) <= len(s); i++ {
		if strings.EqualFold(s[i:i+len(text)], text) {
			return i
		}
	}
	return -1
}

// is reports whether the reply has one of the statuses.
func (r webReply) is(statuses ...int) bool {
	for _, s := range statuses {
		if r.status == s {
			return true
		}
	}
	return false
}

// guarded reports whether the reply demands a login (RFC 9110 15.5.2, 15.5.4,
// 15.5.8).
func (r webReply) guarded() bool { return r.is(401, 403, 407) }

// gone reports whether the reply says that there is nothing.
func (r webReply) gone() bool { return r.is(404, 410) }

// redirects reports whether the reply leads to another host or scheme, where
// nothing is followed.
func (r webReply) redirects() bool { return r.status >= 300 && r.status < 400 }

// dicomList reports whether the reply carries a list of data sets (PS3.18
// 8.7.3): DICOM JSON, XML, or plain JSON as older servers say, unless that begins
// otherwise than such a list.
func (r webReply) dicomList() bool {
	return r.media == "application/dicom+json" || r.media == "application/dicom+xml" || r.media == "application/json" && r.list != otherStart
}

// errUnasked is the error of a request that was not made.
var errUnasked = errors.New("not asked")

// webRequest is a request without a body.
type webRequest struct {
	method, path, query, accept string
}

// askWeb makes a request and gives the reply and the body to read, where there
// is a read, which must keep nothing of the body; it is not read otherwise, and
// the connection is closed after the headers. The error, if any, is in words of
// ours.
func (s *Session) askWeb(ctx context.Context, r webRequest, read func(webReply, io.Reader)) (webReply, error) {
	f := s.webFacts()
	switch {
	case s.Web.Client == nil:
		return webReply{}, errUnasked
	case s.silences >= maxSilences:
		return webReply{}, errors.New("earlier requests were not answered in time")
	case !f.take():
		return webReply{}, errors.New("as many requests were made as are allowed")
	}
	u := url.URL{Scheme: "http", Host: net.JoinHostPort(strings.Trim(s.Web.Host, "[]"), strconv.Itoa(int(s.Service.Port))),
		Path: r.path, RawQuery: r.query}
	if s.Service.TLS != nil {
		u.Scheme = "https"
	}
	req, err := http.NewRequestWithContext(ctx, r.method, u.String(), http.NoBody)
	if err != nil {
		return webReply{}, errors.New("the path cannot be requested")
	}
	req.Header.Set("Accept", r.accept)
	req.Header.Set("Origin", testOrigin)
	resp, err := f.client.Do(req)
	if err != nil {
		return webReply{}, s.explainWeb(ctx, err)
	}
	defer func() { _ = resp.Body.Close() }()
	answer := replyOf(resp)
	if read != nil {
		read(answer, resp.Body)
	}
	return answer, nil
}

// explainWeb says why there is no answer to a request over HTTP.
func (s *Session) explainWeb(ctx context.Context, err error) error {
	end := peer.DuringHTTP(ctx, err)
	if end.TimedOut() {
		s.silences++
	}
	return end
}

// webClient is the session's client: it follows few redirects, on the same
// scheme, host and port, and each counts as a request.
func (s *Session) webClient(f *webFacts) *http.Client {
	if s.Web.Client == nil {
		return nil
	}
	limited := *s.Web.Client
	next := limited.CheckRedirect
	limited.Jar = nil
	limited.CheckRedirect = func(req *http.Request, via []*http.Request) error {
		if !dicomweb.Follows(req, via) || !f.take() {
			return http.ErrUseLastResponse
		}
		req.Header.Del("Referer")
		if next != nil {
			return next(req, via)
		}
		return nil
	}
	return &limited
}
