package assess

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"slices"
	"strings"

	"golang.org/x/net/html"

	"leadglass/internal/markup"
	"leadglass/internal/survey"
)

// LGW03 reads what the service says it offers.
var LGW03 = Check{
	ID:       "LG-W03",
	Title:    "DICOMweb storage is offered without authentication (STOW-RS)",
	Severity: survey.Medium,
	On:       OnHTTP,
	Means: `Anyone can put studies into the archive: false ones, into the records of real patients, or so many that the disk is
full.`,
	Tested: `The service is asked what it offers (OPTIONS, PS3.18 8.9). Nothing is stored, so that a fail says what is offered, not
what would be let through.

| answer to OPTIONS | result |
|---|---|
| lists POST (Allow, or a WADL document), and the search is open | fail |
| lists methods without POST | pass |
| 401, 403, 407 | pass |
| lists POST, but the search demands a login: servers answer OPTIONS before they ask for one | unknown |
| anything else | unknown |`,
	Sends:      `OPTIONS of {root}/studies. No POST is ever sent.`,
	References: []string{refSTOW, refCapability, refAccess, refIntegrity, refGDPR},
	Run:        runW03,
}

func runW03(ctx context.Context, s *Session) Result {
	if r, no := s.forbidden(); no {
		return r
	}
	f := s.dicomweb(ctx)
	if f.service == nil {
		return f.nowhere()
	}
	var described []string
	r, err := s.askWeb(ctx, webRequest{http.MethodOptions, f.root.Path + "/studies", "",
		"application/vnd.sun.wadl+xml, application/json;q=0.5"}, func(r webReply, body io.Reader) {
		if strings.Contains(r.media, "wadl") {
			described = wadlMethods(body)
		}
	})
	if err != nil {
		return unknown("The service was asked what it offers without an answer: %s.", err)
	}
	listed := r.allow
	if len(listed) == 0 {
		listed = described
	}
	switch {
	case r.guarded():
		f.service.STOW = survey.AccessProtected
		return pass("%s says what it offers after a login only (status %d).", f.service.Root, r.status)
	case r.status >= 300 || len(listed) == 0:
		return unknown("OPTIONS of %s/studies was answered with status %d and no list of methods.", f.root.Path, r.status)
	case !slices.Contains(listed, http.MethodPost):
		f.service.STOW = survey.AccessAbsent
		return pass("POST is not among the methods that %s/studies offers.", f.root.Path)
	case f.service.QIDO != survey.AccessOpen:
		return unknown("POST is among the methods that %s/studies offers, but whether it demands a login is not shown by that.", f.root.Path)
	}
	f.service.STOW = survey.AccessOpen
	return fail("POST is among the methods that %s/studies offers without login, where the search is open too.", f.root.Path)
}

// knownMethods are the methods that are told apart.
var knownMethods = []string{http.MethodGet, http.MethodPost, http.MethodPut, http.MethodDelete, http.MethodHead, http.MethodOptions}

// methods are the known methods that a header lists.
func methods(values []string) []string {
	var out []string
	for _, v := range values {
		for m := range strings.SplitSeq(v, ",") {
			m = strings.TrimSpace(m)
			if i := slices.IndexFunc(knownMethods, func(known string) bool { return strings.EqualFold(known, m) }); i >= 0 {
				out = append(out, knownMethods[i])
			}
		}
	}
	return out
}

// wadlMethods are the known methods that a WADL document lists for resources
// of studies, or for all where it names no path.
func wadlMethods(body io.Reader) []string {
	d := markup.New(io.LimitReader(body, maxWebBody))
	defer d.Wipe()
	var paths []bool // of the resources that are open: is it one of studies?
	var out []string
	for {
		kind := d.Next()
		switch kind {
		case html.ErrorToken:
			return out
		case html.StartTagToken, html.SelfClosingTagToken:
			switch string(localName(d.Tag())) {
			case "resource":
				within := len(paths) > 0 && paths[len(paths)-1]
				d.Attributes(func(name, value []byte) {
					within = within || string(name) == "path" && bytes.Contains(value, []byte("studies"))
				})
				if kind == html.StartTagToken {
					paths = append(paths, within)
				}
			case "method":
				if len(paths) > 0 && !paths[len(paths)-1] {
					continue
				}
				d.Attributes(func(name, value []byte) {
					for _, known := range knownMethods {
						if string(name) == "name" && string(value) == known && !slices.Contains(out, known) {
							out = append(out, known)
						}
					}
				})
			}
		case html.EndTagToken:
			if string(localName(d.Tag())) == "resource" && len(paths) > 0 {
				paths = paths[:len(paths)-1]
			}
		}
	}
}

// localName is a name without its prefix of a namespace.
func localName(name []byte) []byte { return name[bytes.IndexByte(name, ':')+1:] }
