package identify

import (
	"strings"

	"leadglass/internal/products"
)

// Seen is what a page shows.
type Seen struct {
	Title       string
	Meta        map[string]string
	Login       bool
	Icon, Shape string
}

// ReadPage reads a page, and reports how much of it is left in memory.
func ReadPage(body []byte) (s Seen, left int) {
	d := newDocument()
	d.body = d.buffer[:copy(d.buffer, body)]
	d.toUTF8()
	page := &products.Page{}
	f := d.read(page)
	s = Seen{string(page.Title), map[string]string{}, f.login, f.icon, f.shape}
	for _, m := range page.Meta {
		s.Meta[strings.ToLower(string(m.Name))] = string(m.Content)
	}
	held := [][]byte{d.buffer, d.text[:cap(d.text)], page.Title}
	for _, m := range page.Meta {
		held = append(held, m.Name, m.Content)
	}
	d.wipe()
	for _, b := range held {
		for _, c := range b {
			if c != 0 {
				left++
			}
		}
	}
	return s, left
}

// Realms is realms.
func Realms(fields ...string) []string { return realms(fields) }

// FaviconHash is faviconHash.
func FaviconHash(icon []byte) int32 { return faviconHash(icon) }

// Announced is what is kept of a class UID and a version name.
func Announced(uid, name string) (string, string) { return uidText(uid), nameText(name) }
