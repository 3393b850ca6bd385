package identify

import "leadglass/internal/identify/products"

// ReadPage is readPage, for the fuzz test.
func ReadPage(body []byte) (*products.Page, bool) {
	page := &products.Page{}
	login := readPage(body, page)
	return page, login
}

// Realms is realms.
func Realms(fields ...string) []string { return realms(fields) }

// IconPath is iconPath.
func IconPath(body []byte) string { return iconPath(body) }

// Shape is shape.
func Shape(body []byte) string { return shape(body) }

// FaviconHash is faviconHash.
func FaviconHash(icon []byte) int32 { return faviconHash(icon) }

// Announced is what is kept of a class UID and a version name.
func Announced(uid, name string) (string, string) { return uidText(uid), nameText(name) }
