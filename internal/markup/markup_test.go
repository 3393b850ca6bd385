package markup_test

import (
	"bytes"
	"strings"
	"testing"
	"testing/iotest"

	"golang.org/x/net/html"

	"leadglass/internal/markup"
)

// FuzzScanner: no page makes the scanner panic, and nothing that it showed is
// left when it is wiped.
func FuzzScanner(f *testing.F) {
	for _, s := range []string{
		"<title>CANARY</title><script>'<b>'</script><p a=CANARY b='&lt;'>x</p>", "<!-- CANARY", "<a b", "</", "<![CDATA[x]]>",
		"<input x='" + strings.Repeat("CANARY", 2000) + "'>" + strings.Repeat("<p>CANARY</p>", 2000),
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, page []byte) {
		if bytes.IndexByte(page, 0) >= 0 {
			return // its users remove them
		}
		s := markup.New(iotest.HalfReader(bytes.NewReader(page)))
		var shown [][]byte
		for kind := s.Next(); kind != html.ErrorToken; kind = s.Next() {
			switch kind {
			case html.TextToken:
				shown = append(shown, s.Text())
			case html.StartTagToken, html.SelfClosingTagToken:
				shown = append(shown, s.Tag())
				s.Attributes(func(name, value []byte) { shown = append(shown, name, value) })
			}
		}
		s.Wipe()
		for _, part := range shown {
			if len(bytes.Trim(part, "\x00")) > 0 {
				t.Fatalf("%q is left", part)
			}
		}
	})
}
