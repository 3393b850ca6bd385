package assess

import (
	"bytes"
	"context"
	"io"
	"net"
	"net/http"
	"net/url"
	"path"
	"regexp"
	"strconv"
	"strings"

	"leadglass/internal/products"
)

// maxConfigs is how many documents of a viewer are read for the roots that they
// name.
const maxConfigs = 2

// configured are the DICOMweb roots that the public configuration of a viewer
// names, which is a script that browsers load with its page. Only roots on the
// same host and port are taken.
func (s *Session) configured(ctx context.Context) []products.Root {
	h := s.Service.HTTP
	if h == nil || !h.Viewer || h.AuthRequired {
		return nil
	}
	base := h.PagePath
	if base == "" {
		base = "/"
	}
	for _, name := range s.Products.ViewerConfigs(maxConfigs) {
		var roots []products.Root
		r, err := s.askWeb(ctx, webRequest{http.MethodGet, base + name, "", "application/javascript, application/json, */*;q=0.1"},
			func(r webReply, body io.Reader) {
				if r.is(http.StatusOK) && !r.packed {
					roots = s.rootsIn(body, base)
				}
			})
		if err != nil || len(roots) > 0 {
			return roots
		}
		if r.guarded() {
			return nil
		}
	}
	return nil
}

// configEntry finds where a script or a JSON document names a root: a key, and a
// text behind it, perhaps joined to the page's own origin.
func configEntry() *regexp.Regexp {
	const origin = `(?:(?:window\.|document\.|self\.)?location\.origin)`
	const quote = "[\"'`]"
	return regexp.MustCompile(`\b(qidoRoot|wadoRoot|wadoUriRoot)["']?\s{0,20}[:=]\s{0,40}(?:` + origin + `\s{0,20}\+\s{0,20})?` +
		quote + `(?:\$\{` + origin + `\})?([^"'\s` + "`" + `]{1,200})` + quote)
}

// rootsIn reads a configuration, up to maxWebBody, and leaves nothing of it in
// memory but the paths that are taken.
func (s *Session) rootsIn(body io.Reader, base string) []products.Root {
	text := make([]byte, maxWebBody)
	defer clear(text)
	n, _ := io.ReadFull(body, text) // what came before an error counts
	var roots []products.Root
	wadoURI := ""
	for _, m := range configEntry().FindAllSubmatchIndex(text[:n], 4*maxConfiguredRoots) {
		line := bytes.TrimLeft(text[bytes.LastIndexByte(text[:m[0]], '\n')+1:m[0]], " \t")
		if bytes.HasPrefix(line, []byte("//")) || bytes.HasPrefix(line, []byte("*")) {
			continue // a comment
		}
		at, ok := s.rootPath(string(text[m[4]:m[5]]), base)
		switch {
		case !ok:
		case string(text[m[2]:m[3]]) == "wadoUriRoot":
			wadoURI = at
		case len(roots) < maxConfiguredRoots:
			roots = append(roots, products.Root{Path: at})
		}
	}
	for i := range roots {
		roots[i].WADOURI = wadoURI
	}
	return roots
}

// maxConfiguredRoots is how many roots are taken of one configuration; a viewer
// names the same one twice, for searches and for retrieval.
const maxConfiguredRoots = 4

// rootPath is the path that a configuration names, without a slash at its end:
// relative to the page, absolute, or with a host that has to be this one.
func (s *Session) rootPath(text, base string) (string, bool) {
	u, err := url.Parse(text)
	if err != nil || u.User != nil || u.RawQuery != "" || u.Fragment != "" || u.Opaque != "" {
		return "", false
	}
	if u.Host != "" && !s.sameService(u) || u.Host == "" && u.Scheme != "" {
		return "", false
	}
	at := u.Path
	if !strings.HasPrefix(at, "/") {
		if u.Host != "" && at != "" {
			return "", false
		}
		at = base + at
	}
	at = strings.TrimRight(path.Clean(at), "/")
	return at, len(at) <= maxRootPath && plainPath(at)
}

// maxRootPath is how long a path from a configuration may be.
const maxRootPath = 100

// plainPath reports whether a path holds nothing but what roots have.
func plainPath(at string) bool {
	return !strings.ContainsFunc(at, func(r rune) bool {
		return !strings.ContainsRune("/-_.~", r) && (r < '0' || r > '9') && (r < 'A' || r > 'Z') && (r < 'a' || r > 'z')
	})
}

// sameService reports whether a URL is of this service.
func (s *Session) sameService(u *url.URL) bool {
	scheme, standard := "http", "80"
	if s.Service.TLS != nil {
		scheme, standard = "https", "443"
	}
	port := u.Port()
	if port == "" {
		port = standard
	}
	if u.Scheme != "" && u.Scheme != scheme || port != strconv.Itoa(int(s.Service.Port)) {
		return false
	}
	here := strings.Trim(s.Web.Host, "[]")
	if a, b := net.ParseIP(u.Hostname()), net.ParseIP(here); a != nil && b != nil {
		return a.Equal(b)
	}
	return strings.EqualFold(u.Hostname(), here)
}
