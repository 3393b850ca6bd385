package webcount

import (
	"net/http"
	"strings"

	"leadglass/internal/dicomweb"
)

// form is how a search is written.
type form struct {
	// slash: the path ends with one. follows: redirects are followed. plain: no
	// attribute is requested by name. unpacked: the header says which content
	// encodings are read.
	slash, follows, plain, unpacked bool
	// accept is the place in dicomweb.Accepts.
	accept int
}

func (f form) do(o *Options) Do {
	if f.follows && o.Follow != nil {
		return o.Follow
	}
	return o.Do
}

func (f form) path(root string) string {
	if f.slash {
		return root + "/studies/"
	}
	return root + "/studies"
}

func (f form) header() http.Header {
	h := http.Header{"Accept": {dicomweb.Accepts()[f.accept]}}
	if f.unpacked {
		h.Set("Accept-Encoding", encodings)
	}
	return h
}

// otherForm is a form of a search that some archives need.
type otherForm struct {
	// helps reports whether the answer may be another in this form.
	helps  func(page) bool
	change func(*form)
}

// otherForms lists them in the order of trying.
func otherForms() []otherForm {
	moved := func(p page) bool { return p.moved }
	other := func(p page) bool { return dicomweb.Declined(p.status) && p.status != http.StatusBadRequest }
	forms := []otherForm{
		{moved, func(f *form) { f.slash = true }},
		{moved, func(f *form) { f.follows = true }},
	}
	for i := 1; i < len(dicomweb.Accepts()); i++ {
		forms = append(forms, otherForm{other, func(f *form) { f.accept = i }})
	}
	return append(forms,
		otherForm{func(p page) bool { return tooMuch(p.status) || other(p) }, func(f *form) { f.plain = true }},
		otherForm{func(p page) bool { return p.status == http.StatusBadRequest }, func(f *form) { f.accept, f.plain = 1, true }},
		otherForm{func(p page) bool { return p.packed }, func(f *form) { f.unpacked = true }})
}

// ask requests one page of a window. Until the archive has answered once, the
// search is also tried in the forms that some archives need. A form is kept where
// it is answered, and where what is refused then is something else.
func (c *counter) ask(w window, limit, offset int64) page {
	p := c.request(w, limit, offset)
	if c.answered {
		return p
	}
	for _, other := range otherForms() {
		if p.why == "" {
			break
		}
		if !other.helps(p) {
			continue
		}
		before := c.form
		other.change(&c.form)
		again := c.request(w, limit, offset)
		if again.why == "" || again.status != p.status && (tooMuch(again.status) || dicomweb.Declined(again.status)) {
			p = again
			continue
		}
		c.form = before
	}
	c.answered = p.why == ""
	return p
}

// inXML reports whether a content type is XML, or of parts in XML.
func inXML(kind string) bool {
	kind = strings.ToLower(kind)
	return strings.Contains(kind, "xml") && !strings.Contains(kind, "json")
}
