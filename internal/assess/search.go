package assess

import (
	"context"
	"crypto/rand"
	"io"
	"net/http"
	"strings"

	"leadglass/internal/dicomweb"
	"leadglass/internal/products"
	"leadglass/internal/survey"
)

// oneStudy is the request for one study, whichever.
func (f *webFacts) oneStudy(root string) webRequest {
	return webRequest{http.MethodGet, root + "/studies", "limit=1", f.accept}
}

// otherAccepts are the media types that a search accepts beside the first, XML at
// the end.
func otherAccepts() []string { return append(dicomweb.Accepts()[1:], dicomweb.AcceptXML) }

// control requests a path that cannot exist. A server that declines the media type
// whatever the path is requested again with others, which searches keep to then.
func (s *Session) control(ctx context.Context, f *webFacts) (err error) {
	f.accept = dicomweb.Accepts()[0]
	path := "/" + strings.ToLower(rand.Text())
	if f.control, err = s.askWeb(ctx, f.oneStudy(path), nil); err != nil || !f.control.is(http.StatusNotAcceptable, http.StatusUnsupportedMediaType) {
		return err
	}
	first := f.accept
	for _, f.accept = range otherAccepts() {
		again, err := s.askWeb(ctx, f.oneStudy(path), nil)
		if err != nil {
			return err
		}
		if !dicomweb.Declined(again.status) {
			f.control = again
			return nil
		}
	}
	f.accept = first
	return nil
}

// searchAt requests one study at a root. An answer that may only mean the media
// type is requested again with others.
func (s *Session) searchAt(ctx context.Context, w products.Root) (webReply, error) {
	f := s.webFacts()
	first, err := s.askSearch(ctx, f.oneStudy(w.Path))
	if err != nil || first.status == f.control.status || !dicomweb.Declined(first.status) {
		return first, err
	}
	others := otherAccepts()
	if first.is(http.StatusBadRequest) { // which has many other reasons
		others = others[:1]
	}
	for _, accept := range others {
		other := f.oneStudy(w.Path)
		other.accept = accept
		if r, err := s.askSearch(ctx, other); err == nil && !dicomweb.Declined(r.status) {
			f.accept = accept
			return r, nil
		}
	}
	return first, nil
}

// searchLess asks for the studies of one day at a root whose answer first says
// neither that the search is refused nor that there is none: some archives
// decline what finds too much, whatever the limit (413).
func (s *Session) searchLess(ctx context.Context, w products.Root, first webReply) (webReply, survey.Access) {
	f := s.webFacts()
	day := f.oneStudy(w.Path)
	day.query += "&StudyDate=" + s.now().UTC().Format("20060102")
	r, err := s.askSearch(ctx, day)
	if err != nil {
		return first, survey.AccessUnknown
	}
	access, there := judgeSearch(r, f.control)
	switch {
	case there && (access == survey.AccessOpen || access == survey.AccessProtected):
		return r, access
	case r.is(http.StatusOK) && r.empty && !f.control.is(http.StatusOK): // an empty list, without its brackets
		return r, survey.AccessOpen
	}
	return first, survey.AccessUnknown
}

// listStart says what a body of plain JSON begins with.
type listStart uint8

const (
	// notLooked: the body was not looked at.
	notLooked listStart = iota
	// dataSets: a list of data sets in the DICOM JSON model (PS3.18 F.2).
	dataSets
	// emptyList: a list of nothing.
	emptyList
	// otherStart: something else.
	otherStart
)

// askSearch makes the request of a search. Plain JSON may be a list of anything,
// as interfaces of their own of archives are: of that, what comes before the first value is
// looked at.
func (s *Session) askSearch(ctx context.Context, q webRequest) (webReply, error) {
	start := notLooked
	r, err := s.askWeb(ctx, q, func(r webReply, body io.Reader) {
		if r.media == "application/json" && !r.packed && !r.empty && r.is(http.StatusOK, http.StatusPartialContent) {
			start = startOf(body)
		}
	})
	if start == emptyList && strings.HasPrefix(q.path, "/studies") {
		start = otherStart // any interface of studies has that
	}
	r.list = start
	return r, err
}

// maxStart is how much of a body is looked at, in bytes: the first key of the first
// data set, and white space before it.
const maxStart = 64

// startOf reads a body to its first key, at most.
func startOf(body io.Reader) listStart {
	var text [maxStart]byte
	defer clear(text[:])
	n, c := 0, [1]byte{}
	for read := 0; read < maxStart; read++ {
		if _, err := io.ReadFull(body, c[:]); err != nil {
			break
		}
		if strings.IndexByte(" \t\r\n\xEF\xBB\xBF", c[0]) >= 0 {
			continue
		}
		text[n] = c[0]
		n++
		if kind := listOf(text[:n]); kind != notLooked {
			return kind
		}
	}
	return otherStart
}

// listOf judges the beginning of a list; notLooked where more of it is needed.
func listOf(text []byte) listStart {
	const first = `[{"` // then a tag of eight hexadecimal digits
	const tag = 8
	switch n := len(text); {
	case n == 2 && string(text) == "[]", n == 3 && string(text) == "[{}":
		return emptyList
	case n <= len(first):
		if string(text) != first[:n] {
			return otherStart
		}
	case n <= len(first)+tag:
		if strings.IndexByte("0123456789abcdefABCDEF", text[n-1]) < 0 {
			return otherStart
		}
	case text[n-1] == '"':
		return dataSets
	default:
		return otherStart
	}
	return notLooked
}
