package scope_test

import (
	"bufio"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"leadglass/internal/scope"
)

const rules = "version: 1\nauthority: {organisation: a, contact: b, valid_from: 2026-01-01, valid_until: 2026-12-31}\n"

// TestExcludeFormats: the usual lists mean what their programs mean by them.
func TestExcludeFormats(t *testing.T) {
	for name, c := range map[string]struct {
		text string
		want []string
	}{
		"zmap block list": {"# RFC 1918\n10.0.0.0/8   # private\n192.0.2.7\n\n", []string{"10.0.0.0-10.255.255.255", "192.0.2.7-192.0.2.7"}},
		"masscan excludes": {"10.0.0.0-10.0.0.9,10.1.0.0/16\r\n; retired\r\n192.0.2.1 - 192.0.2.3\r\n",
			[]string{"10.0.0.0-10.0.0.9", "10.1.0.0-10.1.255.255", "192.0.2.1-192.0.2.3"}},
		"nmap excludes":  {"192.0.2.1 192.0.2.5/32\t2001:db8::/127", []string{"192.0.2.1-192.0.2.1", "192.0.2.5-192.0.2.5", "2001:db8::-2001:db8::1"}},
		"published list": {"\ufeff192.0.2.0/30 ; SBL1234\n// end\n::ffff:192.0.2.9 // mapped", []string{"192.0.2.0-192.0.2.3", "192.0.2.9-192.0.2.9"}},
		"empty":          {"", nil},
		"first and last of networks, by comma, tab, blank, in quotes": {
			"192.0.2.0,192.0.2.255\n198.51.100.0\t198.51.100.127\n10.0.0.0 10.255.255.255\n\"203.0.113.0\",\"203.0.113.63\"\n'2001:db8::', '2001:db8::ff'\n10.9.0.0;10.9.0.3",
			[]string{"192.0.2.0-192.0.2.255", "198.51.100.0-198.51.100.127", "10.0.0.0-10.255.255.255", "203.0.113.0-203.0.113.63",
				"2001:db8::-2001:db8::ff", "10.9.0.0-10.9.0.3"}},
		"dashes": {"192.0.2.1 -192.0.2.3\n192.0.2.5- 192.0.2.6\n192.0.2.8\u2013192.0.2.9\n\"192.0.2.11 - 192.0.2.14\"\n192.0.2.20\t-\t192.0.2.22, 192.0.2.30",
			[]string{"192.0.2.1-192.0.2.3", "192.0.2.5-192.0.2.6", "192.0.2.8-192.0.2.9", "192.0.2.11-192.0.2.14", "192.0.2.20-192.0.2.22", "192.0.2.30-192.0.2.30"}},
		"a table":                  {"# ours\nfirst,last\n192.0.2.7,192.0.2.20\n192.0.2.31,192.0.2.31\n", []string{"192.0.2.7-192.0.2.20", "192.0.2.31-192.0.2.31"}},
		"a table of a spreadsheet": {"\"Start IP\";\"End IP\"\r\n\"192.0.2.7\";\"192.0.2.20\"\r\n", []string{"192.0.2.7-192.0.2.20"}},
		"a table with tabs":        {"range_start\trange_end\n192.0.2.7\t192.0.2.20\n192.0.2.64/30\n", []string{"192.0.2.7-192.0.2.20", "192.0.2.64-192.0.2.67"}},
		"comments":                 {"; 10.0.0.0/8 is ours\n192.0.2.1 ; network of somebody\n192.0.2.3;\n", []string{"192.0.2.1-192.0.2.1", "192.0.2.3-192.0.2.3"}},
		"a column":                 {"network\n192.0.2.0/30\n192.0.2.7\n", []string{"192.0.2.0-192.0.2.3", "192.0.2.7-192.0.2.7"}},
		"many on a line":           {"192.0.2.1 192.0.2.3 198.51.100.9", []string{"192.0.2.1-192.0.2.1", "192.0.2.3-192.0.2.3", "198.51.100.9-198.51.100.9"}},
		"two families":             {"192.0.2.1, 2001:db8::1", []string{"192.0.2.1-192.0.2.1", "2001:db8::1-2001:db8::1"}},
	} {
		var got []string
		err := scope.ParseExcludes("list.txt", strings.NewReader(c.text), func(from, to netip.Addr) {
			got = append(got, from.String()+"-"+to.String())
		})
		if err != nil || !slices.Equal(got, c.want) {
			t.Errorf("%s: %v, %v; want %v", name, got, err, c.want)
		}
	}
	for text, want := range map[string]string{
		"192.0.2.1\n  192.0.2.9-192.0.2.1":           "list.txt:2:3: \"192.0.2.9-192.0.2.1\" is not a range",
		"192.0.2.1-::2":                              "list.txt:1:1: \"192.0.2.1-::2\" is not a range",
		"192.0.2.1, pacs":                            "list.txt:1:12: \"pacs\" is neither an address nor a prefix",
		"fe80::1%eth0-fe80::2%eth0":                  "is not a range",
		"192.0.2.7,192.0.2.20":                       "list.txt:1:1: 192.0.2.7 and 192.0.2.20 may be two addresses or the ends of a range; write a range as 192.0.2.7-192.0.2.20",
		"1.1.1.1\n 192.0.2.20 192.0.2.7":             "list.txt:2:2: 192.0.2.20 and 192.0.2.7 may be",
		"192.0.2.7; 192.0.2.20":                      "may be two addresses",
		"192.0.2.0 255.255.255.0":                    "may be two addresses", // a mask
		"192.0.2.0,192.0.2.255,256":                  "\"256\" is neither",
		"192.0.2.0,192.0.2.255,AT":                   "\"AT\" is neither",
		"192.0.2.7,192.0.2.9 192.0.2.20,192.0.2.29":  "may be two addresses",
		"192.0.2.0 192.0.2.255 10.0.0.0 10.0.0.255":  "may be two addresses",
		"first,last\n192.0.2.20,192.0.2.7":           "list.txt:2:1: this row does not hold the first and the last address",
		"first,last\n192.0.2.20":                     "list.txt:2:1: this row does not hold",
		"first,last,country\n192.0.2.1,192.0.2.9,AT": "list.txt:1:1: a table with columns of which the meaning is not known",
		"last,first\n192.0.2.20,192.0.2.7":           "list.txt:1:1: a table with columns",
		"192.0.2.7 to 192.0.2.20":                    "\"to\" is neither",
		"192.0.2.7..192.0.2.20":                      "is neither",
	} {
		err := scope.ParseExcludes("list.txt", strings.NewReader(text), func(netip.Addr, netip.Addr) {})
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %s", text, err, want)
		}
	}
}

// TestRangesAreNoEntries: the scope file says what to write for a range.
func TestRangesAreNoEntries(t *testing.T) {
	for _, entry := range []string{"192.0.2.0-192.0.2.255", "192.0.2.0 - 192.0.2.255", "192.0.2.0,192.0.2.255", "192.0.2.0 192.0.2.255", "2001:db8::1-2001:db8::9"} {
		for _, key := range []string{"include: [%q]\n", "include: [10.0.0.0/8]\nexclude: [%q]\n"} {
			_, err := scope.Parse("s.yaml", fmt.Appendf(nil, rules+key, entry), today)
			if err == nil || !strings.Contains(err.Error(), "looks like a range of addresses; write its prefixes") {
				t.Errorf(key+"%v", entry, err)
			}
		}
	}
}

// TestSpecialPurpose: what IANA's registries keep for special purposes is
// excluded, unless an include entry lies within.
func TestSpecialPurpose(t *testing.T) {
	for _, c := range []struct {
		include string
		addr    string
		want    error
		warns   bool
	}{
		{"0.0.0.0/0", "10.1.2.3", scope.ErrExcluded, true},
		{"0.0.0.0/0", "127.0.0.1", scope.ErrExcluded, true},
		{"0.0.0.0/0", "11.1.2.3", nil, true},
		{"10.0.0.0/7", "10.1.2.3", scope.ErrExcluded, true},
		{"10.0.0.0/7", "11.1.2.3", nil, true},
		{"10.0.0.0/8", "10.1.2.3", nil, false},
		{"10.1.0.0/16", "10.1.2.3", nil, false},
		{"10.1.2.3", "10.1.2.3", nil, false},
		{"127.0.0.0/8", "127.0.0.1", nil, false},
		{"\"2001:db8::/32\"", "2001:db8::1", nil, false},
		{"\"::/108\"", "::1", scope.ErrExcluded, true},
		{"\"::/108\"", "::2", nil, true},
		{"\"::/64\"", "::1", nil, false}, // not swept
	} {
		s, err := scope.Parse("s.yaml", []byte(rules+"include: ["+c.include+"]\n"), today)
		if err != nil {
			t.Fatal(err)
		}
		if err := s.Check(addr(c.addr), today); !errors.Is(err, c.want) {
			t.Errorf("%s in %s: %v, want %v", c.addr, c.include, err, c.want)
		}
		if warned := len(s.Warnings) > 0; warned != c.warns {
			t.Errorf("%s: warnings %q", c.include, s.Warnings)
		}
	}
}

// TestManyExclusions compares thousands of ranges, which meet, nest and
// overlap, with a map of single addresses.
func TestManyExclusions(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	var text strings.Builder
	excluded := map[netip.Addr]bool{}
	for range 5000 {
		from := r.IntN(1 << 16)
		to := min(1<<16-1, from+r.IntN(12))
		fmt.Fprintf(&text, "172.20.%d.%d-172.20.%d.%d\n", from>>8, from&255, to>>8, to&255)
		for n := from; n <= to; n++ {
			excluded[netip.AddrFrom4([4]byte{172, 20, byte(n >> 8), byte(n)})] = true
		}
	}
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "list.txt"), []byte(text.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	s, err := scope.Parse(filepath.Join(dir, "s.yaml"), []byte(rules+
		"include: [172.20.0.0/16, \"64:ff9b::172.20.16.0/116\"]\nexclude_files: [list.txt]\n"), today)
	if err != nil {
		t.Fatal(err)
	}
	var want []netip.Addr
	for n := range 1 << 16 {
		if a := netip.AddrFrom4([4]byte{172, 20, byte(n >> 8), byte(n)}); !excluded[a] {
			want = append(want, a)
		} else if err := s.Check(a, today); !errors.Is(err, scope.ErrExcluded) {
			t.Fatalf("%s: %v", a, err)
		}
	}
	for n := range 1 << 12 { // the same through a translator
		if n += 16 << 8; !excluded[netip.AddrFrom4([4]byte{172, 20, byte(n >> 8), byte(n)})] {
			want = append(want, addr(fmt.Sprintf("64:ff9b::172.20.%d.%d", n>>8, n&255)))
		}
	}
	if got := slices.Collect(s.Addresses()); !slices.Equal(got, want) || s.Size() != uint64(len(want)) {
		t.Errorf("%d addresses, size %d, want %d", len(got), s.Size(), len(want))
	}
	for _, a := range want {
		if err := s.Check(a, today); err != nil {
			t.Fatal(err)
		}
	}
}

// BenchmarkManyExclusions loads a scope with three million exclusions and says
// what each costs.
func BenchmarkManyExclusions(b *testing.B) {
	dir := b.TempDir()
	const many = 3_000_000
	writeExclusions(b, filepath.Join(dir, "optout.txt"), many)
	text := rules + "include: [0.0.0.0/0]\nexclude_files: [optout.txt]\n"
	path := filepath.Join(dir, "s.yaml")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		b.Fatal(err)
	}
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	var s *scope.Scope
	var err error
	for b.Loop() {
		if s, err = scope.LoadAt(path, today); err != nil {
			b.Fatal(err)
		}
	}
	runtime.GC()
	runtime.ReadMemStats(&after)
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/many, "ns/exclusion")
	b.ReportMetric(float64(after.HeapAlloc-before.HeapAlloc)/many, "bytes/exclusion")
	var i uint64
	start := time.Now()
	for range 1_000_000 {
		i = (i + 2654435761) % s.RawSize()
		s.SweepAt(i)
	}
	b.ReportMetric(float64(time.Since(start).Nanoseconds())/1e6, "ns/look-up")
	b.ReportMetric(float64(after.TotalAlloc-before.TotalAlloc)/float64(b.N)/many, "bytes-allocated/exclusion")
	runtime.KeepAlive(s)
}

// writeExclusions writes a list of single addresses and /24 at random.
func writeExclusions(t testing.TB, path string, n int) {
	t.Helper()
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	w := bufio.NewWriter(f)
	r := rand.New(rand.NewPCG(1, 2))
	for range n {
		a := r.Uint32()
		if a%4 == 0 {
			fmt.Fprintf(w, "%d.%d.%d.0/24 # opted out\n", a>>24, a>>16&255, a>>8&255)
		} else {
			fmt.Fprintf(w, "%d.%d.%d.%d\n", a>>24, a>>16&255, a>>8&255, a&255)
		}
	}
	if err := w.Flush(); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
}
