package disclose_test

import (
	"fmt"
	"io"
	"testing"

	"leadglass/internal/disclose"
)

// BenchmarkBundle writes the bundle of a recipient with many systems. Bytes are
// what would be encrypted.
func BenchmarkBundle(b *testing.B) {
	templates, err := disclose.LoadTemplates("")
	if err != nil {
		b.Fatal(err)
	}
	for _, systems := range []int{100, 10_000} {
		bundle := aBundle("de", 0)
		for i := range systems {
			bundle.Findings = append(bundle.Findings, openImages(fmt.Sprintf("10.%d.%d.%d", i>>16, i>>8&255, i&255)))
		}
		b.Run(fmt.Sprint(systems), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if err := bundle.Write(io.Discard, templates); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(systems), "ns/system")
		})
	}
}

// BenchmarkRecipient finds the recipient of a system among many.
func BenchmarkRecipient(b *testing.B) {
	text := "version: 1\nrecipients:\n"
	for i := range 5000 {
		text += fmt.Sprintf("  - {organisation: R%d, prefixes: [10.%d.%d.0/24], sites: [Site %d]}\n", i, i>>8, i&255, i)
	}
	rs, err := disclose.Parse("r.yaml", []byte(text))
	if err != nil {
		b.Fatal(err)
	}
	f := openImages("10.7.7.7")
	for b.Loop() {
		if r, _ := rs.For(f); r == nil {
			b.Fatal("no recipient")
		}
	}
}
