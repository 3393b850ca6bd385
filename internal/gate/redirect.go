package gate

import (
	"bytes"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
)

// LandingField is the name under which the header of a response has the path
// that was asked for in the end, redirects included. No host can send a field
// of this name.
const LandingField = ":path"

// redirectPath stands for the path of a redirect in URLs, and elsewhere for a
// host that is not ours: paths and names that a host sends can hold what
// nobody may keep, and net/http copies URLs.
const (
	redirectPath = "/the-redirect"
	elsewhere    = "elsewhere.invalid" // RFC 2606 2
)

// redirect is where the last response leads, of a client that follows it.
type redirect struct {
	own *ownHost
	// target is the request target; nil where there is none.
	target []byte
	// followed: the client has agreed to it.
	followed bool
}

// remember takes the Location of a response (RFC 9110 10.2.2), and replaces it
// by a URL that stands for it. It reports whether there was one.
func (r *redirect) remember(req *http.Request, base []byte, resp *http.Response) bool {
	location := resp.Header.Get("Location")
	if resp.StatusCode < 300 || resp.StatusCode > 399 || location == "" {
		return false
	}
	r.wipe()
	to := url.URL{Scheme: req.URL.Scheme, Host: req.URL.Host, Path: redirectPath}
	target := location
	if i := strings.IndexAny(target, ":/?#"); i > 0 && target[i] == ':' { // a scheme (RFC 3986 4.1)
		to.Scheme, target = schemeOf(target[:i]), target[i+1:]
		to.Host = elsewhere
	}
	if after, ok := strings.CutPrefix(target, "//"); ok {
		to.Host, target = r.authority(after)
	}
	r.target = resolve(base, target)
	resp.Header["Location"] = []string{to.String()}
	return true
}

// schemeOf is the scheme of a redirect, in words of ours.
func schemeOf(scheme string) string {
	for _, known := range []string{"http", "https"} {
		if strings.EqualFold(scheme, known) {
			return known
		}
	}
	return "unknown"
}

// authority splits what follows "//": the host, in the form that it is known
// by here, and the rest. Credentials are dropped.
func (r *redirect) authority(s string) (host, rest string) {
	if i := strings.IndexAny(s, "/?#"); i >= 0 {
		s, rest = s[:i], s[i:]
	}
	if i := strings.LastIndexByte(s, '@'); i >= 0 {
		s = s[i+1:]
	}
	name, port := s, ""
	if i := strings.LastIndexByte(s, ':'); i > strings.LastIndexByte(s, ']') {
		name, port = s[:i], digits(s[i+1:])
	}
	known := r.own.known(strings.TrimSuffix(strings.Trim(name, "[]"), "."))
	if known == "" {
		return elsewhere, rest
	}
	if strings.Contains(known, ":") {
		known = "[" + known + "]"
	}
	if port != "" {
		known += ":" + port
	}
	return known, rest
}

// known is the name by which the host is known that a peer calls by name;
// empty where it is another host.
func (o *ownHost) known(name string) string {
	if addr, err := netip.ParseAddr(name); err == nil && addr.Unmap() == o.host.addr {
		return o.host.addr.String()
	}
	for _, n := range o.names {
		if strings.EqualFold(n, name) {
			return n
		}
	}
	return ""
}

// digits is a port's number, "0" for what is none.
func digits(s string) string {
	if len(s) > 5 || strings.Trim(s, "0123456789") != "" {
		return "0"
	}
	return strings.Clone(s)
}

// resolve makes a request target of a reference without scheme and host, by
// the target of the request that it answers (RFC 3986 5.2).
func resolve(base []byte, reference string) []byte {
	if i := strings.IndexByte(reference, '#'); i >= 0 {
		reference = reference[:i]
	}
	path := base
	if i := bytes.IndexByte(base, '?'); i >= 0 {
		path = base[:i]
	}
	target := make([]byte, 0, len(base)+3*len(reference)+1)
	switch {
	case reference == "":
		return append(target, base...)
	case reference[0] == '?':
		target = append(target, path...)
	case reference[0] == '/':
	default:
		target = append(target, path[:bytes.LastIndexByte(path, '/')+1]...)
	}
	if len(target) == 0 && reference[0] != '/' {
		target = append(target, '/')
	}
	const hex = "0123456789ABCDEF"
	for i := range len(reference) {
		if c := reference[i]; c <= ' ' || c >= 0x7f {
			target = append(target, '%', hex[c>>4], hex[c&15])
		} else {
			target = append(target, c)
		}
	}
	return removeDots(target)
}

// removeDots removes the segments "." and ".." of the path, in place.
func removeDots(target []byte) []byte {
	end := len(target)
	if i := bytes.IndexByte(target, '?'); i >= 0 {
		end = i
	}
	kept := 0
	for i := 0; i < end; {
		next := i + 1
		for next < end && target[next] != '/' {
			next++
		}
		segment := target[i:next] // "/name"
		switch last := next == end; {
		case string(segment) == "/.":
			if last {
				target[kept] = '/'
				kept++
			}
		case string(segment) == "/..":
			for kept > 0 {
				kept--
				if target[kept] == '/' {
					break
				}
			}
			if last {
				target[kept] = '/'
				kept++
			}
		default:
			kept += copy(target[kept:], segment)
		}
		i = next
	}
	kept += copy(target[kept:], target[end:])
	clear(target[kept:])
	return target[:kept]
}

// take gives the target that u stands for, which the receiver overwrites; nil
// where u stands for none. What is not taken now never is.
func (r *redirect) take(u *url.URL) []byte {
	if u.Path != redirectPath || !r.followed {
		r.wipe()
		return nil
	}
	target := r.target
	r.target, r.followed = nil, false
	return target
}

// drop forgets a redirect that is not followed.
func (r *redirect) drop() {
	if !r.followed {
		r.wipe()
	}
}

func (r *redirect) wipe() {
	clear(r.target[:cap(r.target)])
	r.target, r.followed = nil, false
}
