package report

import (
	"leadglass/internal/publish"
	"strconv"
)

// markup is HTML that is being written. A page of many archives would take
// several times as long by its template. Everything that is not of this program
// goes through text.
type markup []byte

// raw adds what is markup already.
func (m markup) raw(s string) markup { return append(m, s...) }

// text adds s so that it is nothing but text, between tags and within a quoted
// attribute (HTML 13.1.2.3, 13.1.2.4), with the escapes of html/template.
func (m markup) text(s string) markup {
	from := 0
	for i := range len(s) {
		var escape string
		switch s[i] {
		case '&':
			escape = "&amp;"
		case '<':
			escape = "&lt;"
		case '>':
			escape = "&gt;"
		case '"':
			escape = "&#34;"
		case '\'':
			escape = "&#39;"
		case '+':
			escape = "&#43;"
		case 0:
			escape = "\uFFFD"
		default:
			continue
		}
		m = append(append(m, s[from:i]...), escape...)
		from = i + 1
	}
	return append(m, s[from:]...)
}

// maybe adds s after a piece of markup and before another, nothing where there
// is no s.
func (m markup) maybe(before, s, after string) markup {
	if s == "" {
		return m
	}
	return m.raw(before).text(s).raw(after)
}

func (m markup) number(n int64) markup { return strconv.AppendInt(m, n, 10) }

// figure is the template "figure" of the page.
func (m markup) figure(f publish.Figure) markup {
	return m.raw("<td>").text(f.Mark()).text(f.String()).raw("</td>")
}

// row adds the archive of that number to the table of archives.
func (m markup) row(r *archiveRow, number int64) markup {
	m = m.raw("\n<tr><th scope=\"row\">")
	if len(r.Failed) > 0 {
		m = m.raw(`<a href="#archive-`).number(number).raw(`">`).text(r.Address).raw("</a>")
	} else {
		m = m.text(r.Address)
	}
	m = m.maybe(" port ", r.Port, "").maybe("<br>", r.Host, "")
	m = m.raw(`</th><td class="t">`).text(string(r.Verdict)).maybe("<br>viewer ", string(r.Viewer), "").
		maybe("<br><em>suspected: ", r.Suspected, "</em>").maybe("<br><em>incomplete: ", r.Incomplete, "</em>")
	m = m.raw(`</td><td class="t">`).text(string(r.Grade)).raw(`</td><td class="t">`).text(r.Product).
		raw(`</td><td class="t">`).text(r.Owner.Country).maybe("<br>", r.Owner.Site, "").maybe("<br>", r.Owner.Contact, "")
	m = m.raw("</td>").figure(r.StudyRecords).figure(r.ImagesLinked).figure(r.ImagesAccessible).raw(`<td class="t f">`)
	for i, c := range r.Failed {
		if i > 0 {
			m = m.raw(", ")
		}
		m = m.raw(`<span class="sev `).text(string(c.Severity)).raw(`">`).text(c.ID).raw("</span>")
	}
	return m.raw("</td></tr>")
}

// noArchive stands in the table of evidence of a report without archives.
const noArchive = "\n<tbody><tr><td class=\"t\" colspan=\"5\">No archive was found.</td></tr></tbody>"

// evidence adds what was seen of the archive of that number, in a body of the
// table of its own; nothing where no check failed.
func (m markup) evidence(r *archiveRow, number int64) markup {
	if len(r.Failed) == 0 {
		return m
	}
	m = m.raw("\n<tbody>\n<tr id=\"archive-").number(number).raw(`"><th scope="rowgroup" colspan="5">`).text(r.Address).
		maybe(" port ", r.Port, "").maybe(" (", r.Host, ")").raw("</th></tr>")
	for _, c := range r.Failed {
		for _, s := range c.Seen {
			m = m.raw("\n<tr><th scope=\"row\">").text(c.ID).raw(`</th><td class="t sev `).text(string(c.Severity)).raw(`">`).
				text(string(c.Severity)).raw("</td><td>")
			if s.Port == 0 {
				m = m.raw("host")
			} else {
				m = m.number(int64(s.Port))
			}
			m = m.raw(`</td><td class="t">`).text(c.Title).raw(". ").text(s.Evidence).raw("</td><td>")
			if s.Remedy > 0 {
				m = m.raw(`<a href="#remedy-`).number(int64(s.Remedy)).raw(`">`).number(int64(s.Remedy)).raw("</a>")
			}
			m = m.raw("</td></tr>")
		}
	}
	return m.raw("\n</tbody>")
}
