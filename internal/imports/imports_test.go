package imports_test

import (
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"maps"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/klauspost/compress/zstd"

	"leadglass/internal/imports"
)

// samples are files of each tool, with what they name.
var samples = map[string]struct {
	text   string
	format imports.Format
	want   string
	// other and skipped are the numbers of the summary.
	other, skipped int64
}{
	"nmap -oX": {`<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE nmaprun>
<?xml-stylesheet href="file:///usr/bin/../share/nmap/nmap.xsl" type="text/xsl"?>
<nmaprun scanner="nmap" args="nmap -oX - 192.0.2.0/24" version="7.93">
<host starttime="1"><status state="up" reason="syn-ack" reason_ttl="0"/>
<address addr="192.0.2.1" addrtype="ipv4"/><address addr="00:00:5E:00:53:01" addrtype="mac"/>
<hostnames><hostname name="pacs.example.org" type="PTR"/></hostnames>
<ports><extraports state="closed" count="998"><extrareasons reason="reset" count="998"/></extraports>
<port protocol="tcp" portid="104"><state state="open" reason="syn-ack" reason_ttl="64"/><service name="acr-nema" method="table" conf="3"/></port>
<port protocol="udp" portid="161"><state state="open" reason="x"/></port>
<port protocol="tcp" portid="11112"><state state="filtered" reason="no-response"/></port>
<port protocol="tcp" portid="4242"><state state="open" reason="syn-ack"/></port></ports></host>
<host><status state="up"/><address addr="2001:db8::7" addrtype="ipv6"/><ports><port protocol="tcp" portid="2762"><state state="open"/></port></ports></host>
<runstats><finished time="1"/><hosts up="2" down="0" total="2"/></runstats></nmaprun>`,
		imports.NmapXML, "192.0.2.1:104 192.0.2.1:4242 [2001:db8::7]:2762", 2, 0},
	"masscan -oJ": {`[
{   "ip": "192.0.2.1",   "timestamp": "1390380064", "ports": [ {"port": 104, "proto": "tcp", "status": "open", "reason": "syn-ack", "ttl": 64} ] }
,
{   "ip": "192.0.2.2",   "timestamp": "1390380064", "ports": [ {"port": 161, "proto": "udp", "status": "open", "reason": "x", "ttl": 64} ] }
,
{   "ip": "192.0.2.3",   "timestamp": "1390380064", "ports": [ {"port": 8042, "proto": "tcp", "service": {"name": "http", "banner": "}{"}} ] }
]
`, imports.JSON, "192.0.2.1:104 192.0.2.3:8042", 1, 0},
	"masscan -oJ of old": {"[\n{ \"ip\": \"192.0.2.1\", \"ports\": [ {\"port\": 104, \"proto\": \"tcp\", \"status\": \"open\"} ] },\n{finished: 1}\n]\n", imports.JSON, "192.0.2.1:104", 0, 0},
	"masscan -oL": {"#masscan\nopen tcp 104 192.0.2.1 1390380064\nopen udp 161 192.0.2.1 1390380064\nbanner tcp 104 192.0.2.1 1390380064 x y\nopen tcp 104 2001:db8::1 1390380064\n# end\n",
		imports.List, "192.0.2.1:104 [2001:db8::1]:104", 2, 0},
	"zmap":     {"192.0.2.1\n192.0.2.2\n", imports.List, "192.0.2.1 192.0.2.2", 0, 0},
	"zmap csv": {"saddr,daddr,sport,classification,success\n192.0.2.1,198.51.100.1,104,synack,1\n192.0.2.2,198.51.100.1,104,rst,0\n", imports.ZmapCSV, "192.0.2.1:104", 1, 0},
	"a table":  {"\"ip\", \"port\"\r\n\"192.0.2.1\",\"104\"\r\n192.0.2.2,x\r\n", imports.ZmapCSV, "192.0.2.1:104", 0, 1},
	"naabu -json": {`{"host":"pacs.example.org","ip":"192.0.2.1","timestamp":"2026-01-01T00:00:00Z","port":104,"protocol":"tcp","tls":false}
{"ip":"192.0.2.2","port":{"Port":4242,"Protocol":0,"TLS":false}}
{"host":"Other.example.org.","port":8042,"protocol":"tcp"}
`, imports.JSON, "192.0.2.1:104 192.0.2.2:4242 other.example.org:8042", 0, 0},
	"zgrab2": {`{"ip":"192.0.2.1","data":{"http":{"status":"success","protocol":"http","port":8042,"result":{}}}}
{"ip":"192.0.2.2","domain":"x.example","data":{"banner":{"status":"connection-timeout","protocol":"banner","port":104}}}
{"ip":"192.0.2.3","data":{"http":{"status":"success","protocol":"http"}}}
`, imports.JSON, "192.0.2.1:8042 192.0.2.3", 1, 0},
	"Shodan": {`{"ip": 3221225985, "ip_str": "192.0.2.1", "port": 104, "transport": "tcp", "data": "DICOM Server Response\n", "hostnames": ["pacs.example.org"], "_shodan": {"module": "dicom"}}
{"ip_str": "2001:db8::9", "port": 11112, "transport": "tcp"}
{"ip_str": "192.0.2.3", "port": 161, "transport": "udp"}
`, imports.JSON, "192.0.2.1:104 [2001:db8::9]:11112", 1, 0},
	"Censys, hosts": {`{"code":200,"status":"OK","result":{"query":"services.service_name: DICOM","total":2,"hits":[
 {"ip":"192.0.2.1","services":[{"port":104,"service_name":"DICOM","transport_protocol":"TCP"},{"port":161,"transport_protocol":"UDP"}]},
 {"ip":"192.0.2.2","services":[{"port":11112,"service_name":"DICOM","transport_protocol":"TCP"}]}],
 "links":{"next":"","prev":""}}}`, imports.JSON, "192.0.2.1:104 192.0.2.2:11112", 1, 0},
	"Censys, platform": {`[{"host":{"ip":"192.0.2.1","services":[{"port":104,"protocol":"DICOM","transport_protocol":"tcp"}]}},
{"host_v1":{"resource":{"ip":"192.0.2.2","services":[{"port":4242,"transport_protocol":"tcp"}]}}}]`, imports.JSON, "192.0.2.1:104 192.0.2.2:4242", 0, 0},
	"a list": {"\ufeff# hosts\n\n192.0.2.1\n192.0.2.2:104  # archive\n[2001:db8::1]:104\n2001:db8::2\npacs.example.org\nPACS.example.org:11112\n::ffff:192.0.2.9\n" +
		"192.0.2.0/24\n192.0.2.1:0\n192.0.2.300\nfe80::1%eth0\nhttp://x\ntwo words\n", imports.List,
		"192.0.2.1 192.0.2.2:104 [2001:db8::1]:104 2001:db8::2 pacs.example.org pacs.example.org:11112 192.0.2.9", 0, 6},
	"a list that begins with IPv6": {"[2001:db8::1]:104\n", imports.List, "[2001:db8::1]:104", 0, 0},
	"damaged lines of JSON":        {"{\"ip\":\"192.0.2.1\"}\n{\"ip\":\"192.0\n{\"ip\":\"192.0.2.2\"}\nx\n{\"ip\":7}\n{\"ip\":\"192.0.2.3\"", imports.JSON, "192.0.2.1 192.0.2.2", 0, 4},
	"XML that ends early":          {`<nmaprun><host><address addr="192.0.2.1" addrtype="ipv4"/><ports><port protocol="tcp" portid="104"><state state="open"/></port><port`, imports.NmapXML, "192.0.2.1:104", 0, 1},
	"nothing":                      {"", imports.List, "", 0, 0},
	"nmap in Latin-1, with a control character": {"<?xml version=\"1.0\" encoding=\"iso-8859-1\"?>\n<nmaprun><host><address addr=\"192.0.2.1\" addrtype=\"ipv4\"/><hostnames><hostname name=\"r\xf6ntgen\"/></hostnames>" +
		"<ports><port protocol=\"tcp\" portid=\"104\"><state state=\"open\"/><service product=\"\x01\"/></port></ports></host></nmaprun>", imports.NmapXML, "192.0.2.1:104", 0, 0},
	"nmap, a tag inside a tag": {"<nmaprun><host><address addr=\"192.0.2.1\"/><ports><port protocol=\"tcp\" portid=\"1<taskprogress/>04\"><state state=\"open\"/></port></ports></host>\n" +
		"<host><address addr=\"192.0.2.2\"/><ports><port protocol=\"tcp\" portid=\"104\"><state state=\"open\"/></port></ports></host></nmaprun>", imports.NmapXML, "192.0.2.2:104", 0, 1},
	"nmap, a host that is cut off": {"<nmaprun><host><address addr=\"192.0.2.1\"/><ports><po\n" +
		"<host><address addr=\"192.0.2.2\"/><ports><port protocol=\"tcp\" portid=\"104\"><state state=\"open\"/></port></ports></host></nmaprun>", imports.NmapXML, "192.0.2.2:104", 0, 1},
	"masscan -oX": {`<?xml version="1.0"?><nmaprun scanner="masscan"><host endtime="1"><address addr="192.0.2.1" addrtype="ipv4"/><ports><port protocol="tcp" portid="104"><state state="open" reason="syn-ack"/></port></ports></host></nmaprun>`,
		imports.NmapXML, "192.0.2.1:104", 0, 0},
	"Nessus": {`<?xml version="1.0" ?><NessusClientData_v2><Report name="r"><ReportHost name="pacs.example.org"><HostProperties><tag name="host-ip">192.0.2.1</tag></HostProperties>
<ReportItem port="104" protocol="tcp"/><ReportItem port="104" protocol="tcp"/><ReportItem port="161" protocol="udp"/><ReportItem port="0" protocol="tcp"/></ReportHost>
<ReportHost name="192.0.2.2"><ReportItem port="11112" protocol="tcp"></ReportItem></ReportHost></Report></NessusClientData_v2>`, imports.NessusXML, "192.0.2.1:104 192.0.2.2:11112", 1, 0},
	"OpenVAS": {`<report id="1"><report id="1"><results><result id="2"><name>DICOM</name><host>192.0.2.1<asset asset_id="x"/><hostname>p</hostname></host><port>104/tcp</port></result>
<result id="3"><host>192.0.2.1</host><port>104/tcp</port></result><result id="4"><host>192.0.2.1</host><port>general/tcp</port></result></results></report></report>`, imports.OpenVASXML, "192.0.2.1:104", 1, 0},
	"Shodan's table":          {"data,ip,ip_str,port,transport\n\"x\n\",3221225985,192.0.2.1,104,tcp\ny,3221225986,192.0.2.2,161,udp\n", imports.ZmapCSV, "192.0.2.1:104", 1, 0},
	"Shadowserver":            {"timestamp,ip,protocol,port\n1,192.0.2.1,tcp,104\n1,192.0.2.1,udp,104\n", imports.ZmapCSV, "192.0.2.1:104", 1, 0},
	"InternetDB":              {`{"cpes":[],"hostnames":[],"ip":"192.0.2.1","ports":[104,443],"tags":[],"vulns":[]}`, imports.JSON, "192.0.2.1:104 192.0.2.1:443", 0, 0},
	"Shodan, matches":         {`{"matches":[{"ip_str":"192.0.2.1","port":104,"transport":"tcp"},{"ip_str":"192.0.2.2","port":161,"transport":"udp"}],"total":2}`, imports.JSON, "192.0.2.1:104", 1, 0},
	"Shodan, host":            {`{"ip_str":"192.0.2.1","ports":[104,161],"data":[{"port":104,"transport":"tcp"},{"port":161,"transport":"udp"}]}`, imports.JSON, "192.0.2.1:104", 1, 0},
	"zmap, JSON":              {`{"saddr":"192.0.2.1","sport":104,"classification":"synack","success":1}`, imports.JSON, "192.0.2.1:104", 0, 0},
	"runZero":                 {`{"service_address":"192.0.2.1","service_port":104,"service_transport":"tcp"}`, imports.JSON, "192.0.2.1:104", 0, 0},
	"IntelMQ":                 {`{"source.ip":"192.0.2.1","source.port":104}`, imports.JSON, "192.0.2.1:104", 0, 0},
	"nuclei":                  {`{"template-id":"dicom","type":"tcp","host":"192.0.2.1:104","matched-at":"192.0.2.1:104"}`, imports.JSON, "192.0.2.1:104", 0, 0},
	"a field of another kind": {"{\"ip\":\"192.0.2.1\",\"services\":7}\n{\"ip\":\"192.0.2.2\"}\n", imports.JSON, "192.0.2.2", 0, 1},
	"UTF-16, little endian":   {"\xff\xfe1\x009\x002\x00.\x000\x00.\x002\x00.\x001\x00\r\x00\n\x00", imports.List, "192.0.2.1", 0, 0},
	"UTF-16 without a mark":   {"1\x009\x002\x00.\x000\x00.\x002\x00.\x001\x00\n\x00", imports.List, "192.0.2.1", 0, 0},
}

// FuzzDamagedHost: whatever is put into one host of nmap's XML, no other host is
// lost.
func FuzzDamagedHost(f *testing.F) {
	for _, damage := range []string{"\x01", "\xff", "<taskprogress/>", "<!--", "]]>", "<![CDATA[", "&", "\"", "</host>", "<?", "<host", "</port"} {
		f.Add(damage, uint(60))
		f.Add(damage, uint(120))
	}
	f.Fuzz(func(t *testing.T, damage string, at uint) {
		const host = "<host><address addr=\"192.0.2.%d\"/><ports><port protocol=\"tcp\" portid=\"104\"><state state=\"open\"/></port></ports></host>\n"
		second := fmt.Sprintf(host, 2)
		cut := 1 + int(at%uint(len(second)-2))
		text := "<nmaprun>\n" + fmt.Sprintf(host, 1) + second[:cut] + damage + second[cut:] + fmt.Sprintf(host, 3) + fmt.Sprintf(host, 4) + "</nmaprun>"
		got, _, err := read(t, strings.NewReader(text), imports.Options{})
		if err != nil {
			t.Fatal(err)
		}
		for _, whole := range []string{"192.0.2.1:104", "192.0.2.3:104", "192.0.2.4:104"} {
			if !strings.Contains(got, whole) {
				t.Errorf("%s is lost: %q", whole, got)
			}
		}
	})
}

// TestOtherFiles: what is no output of a scanner is named as what it is.
func TestOtherFiles(t *testing.T) {
	for text, says := range map[string]string{
		"<!DOCTYPE html><html><head><title>Sign in</title></head></html>": "HTML page",
		"<html><body>":                       "HTML page",
		"<?xml version=\"1.0\"?><Workbook/>": "<Workbook>",
		"<!-- nothing -->":                   "no element",
	} {
		if _, _, err := read(t, strings.NewReader(text), imports.Options{}); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%q: %v, want %q", text, err, says)
		}
	}
}

// read reads a file whole.
func read(t *testing.T, in io.Reader, o imports.Options) (string, imports.Summary, error) {
	t.Helper()
	var all []string
	o.Name = "f"
	s, err := imports.Read(in, o, func(e imports.Entry) error {
		text := e.Name
		if e.Addr.IsValid() {
			text = e.Addr.String()
			if e.Addr.Is6() && e.Port != 0 {
				text = "[" + text + "]"
			}
		}
		if e.Port != 0 {
			text += fmt.Sprint(":", e.Port)
		}
		all = append(all, text)
		return nil
	})
	return strings.Join(all, " "), s, err
}

func TestFormats(t *testing.T) {
	for name, c := range samples {
		t.Run(name, func(t *testing.T) {
			var skipped []string
			got, s, err := read(t, strings.NewReader(c.text), imports.Options{Skipped: func(p *imports.Problem) { skipped = append(skipped, p.Error()) }})
			if err != nil {
				t.Fatal(err)
			}
			if got != c.want || s.Format != c.format || s.Other != c.other || s.Skipped != c.skipped || int64(len(skipped)) != c.skipped {
				t.Errorf("got  %s\nwant %s\n%+v, skipped %q", got, c.want, s, skipped)
			}
			if n := len(strings.Fields(c.want)); s.Entries != int64(n) {
				t.Errorf("%d entries, want %d", s.Entries, n)
			}
			_, _, err = read(t, strings.NewReader(c.text), imports.Options{Strict: true})
			var problem *imports.Problem
			if strict := errors.As(err, &problem); strict != (c.skipped > 0) {
				t.Errorf("strictly: %v", err)
			} else if strict && (problem.Line == 0 || problem.File != "f") {
				t.Errorf("the problem is at %s:%d", problem.File, problem.Line)
			}
		})
	}
}

// TestRanges: two ends of a range are not read as one host, or as two.
func TestRanges(t *testing.T) {
	for _, line := range []string{"192.0.2.1,192.0.2.9", "192.0.2.1 192.0.2.9", "192.0.2.1\t192.0.2.9", "192.0.2.1-192.0.2.9", "192.0.2.1 - 192.0.2.9",
		"192.0.2.1\u2013192.0.2.9", `"192.0.2.1","192.0.2.9"`, "2001:db8::1-2001:db8::9", "2001:db8::1,2001:db8::9"} {
		var problems []string
		got, _, err := read(t, strings.NewReader("# ours\n"+line+"\n"), imports.Options{Skipped: func(p *imports.Problem) { problems = append(problems, p.Error()) }})
		if err != nil || got != "" || len(problems) != 1 || !strings.HasPrefix(problems[0], "f:2: looks like a range of addresses; a file of candidates names single hosts") {
			t.Errorf("%q: %q, %q, %v", line, got, problems, err)
		}
	}
	for _, header := range []string{"ip,end_ip", "address,Last", "ip,port,Range End", "host,netmask"} {
		if got, _, err := read(t, strings.NewReader(header+"\n192.0.2.1,192.0.2.9,192.0.2.9\n"), imports.Options{}); err == nil || got != "" || !strings.Contains(err.Error(), "is a table of ranges, by its column") {
			t.Errorf("%q: %q, %v", header, got, err)
		}
	}
}

// TestPacked: packed files are told by their content; damaged ones are an
// error of the file.
func TestPacked(t *testing.T) {
	text := samples["Shodan"].text
	var zipped, squeezed bytes.Buffer
	g := gzip.NewWriter(&zipped)
	_, _ = io.WriteString(g, text)
	_ = g.Close()
	z, err := zstd.NewWriter(&squeezed)
	if err != nil {
		t.Fatal(err)
	}
	_, _ = io.WriteString(z, text)
	_ = z.Close()
	for name, packed := range map[string][]byte{"gzip": zipped.Bytes(), "zstd": squeezed.Bytes()} {
		if got, _, err := read(t, bytes.NewReader(packed), imports.Options{}); err != nil || got != samples["Shodan"].want {
			t.Errorf("%s: %s, %v", name, got, err)
		}
		if _, _, err := read(t, bytes.NewReader(packed[:len(packed)-6]), imports.Options{}); err == nil {
			t.Errorf("%s, cut off: no error", name)
		}
	}
}

// endless gives a pattern n bytes long without holding it.
type endless struct {
	pattern string
	left    int
}

func (e *endless) Read(p []byte) (int, error) {
	if e.left <= 0 {
		return 0, io.EOF
	}
	n := 0
	for n < len(p) && e.left > 0 {
		m := copy(p[n:min(len(p), n+e.left)], e.pattern)
		n, e.left = n+m, e.left-m
	}
	return n, nil
}

// TestMemory: what has no end costs no memory.
func TestMemory(t *testing.T) {
	for name, c := range map[string]struct {
		head, pattern string
		size          int
	}{
		"one line":     {"192.0.2.1\n", "aaaaaaaaaaaaaaaa", 64 << 20},
		"one object":   {`{"ip":"192.0.2.1","x":[`, strings.Repeat("{},{},{},{},{},", 64), 48 << 20},
		"one XML name": {"<nmaprun><a", "aaaaaaaaaaaaaaaa", 64 << 20},
		"one CSV cell": {"saddr\n\"", "aaaaaaaaaaaaaaaa", 64 << 20},
		"many entries": {"192.0.2.1\n", "192.0.2.1:104\n", 8 << 20},
	} {
		t.Run(name, func(t *testing.T) {
			var before, after runtime.MemStats
			runtime.GC()
			runtime.ReadMemStats(&before)
			_, err := imports.Read(io.MultiReader(strings.NewReader(c.head), &endless{c.pattern, c.size}), imports.Options{Name: "f"},
				func(imports.Entry) error { return nil })
			runtime.ReadMemStats(&after)
			grown := after.HeapSys - min(after.HeapSys, before.HeapSys)
			t.Logf("heap grew by %d MiB, error %v", grown>>20, err)
			if grown > 64<<20 {
				t.Errorf("heap grew by %d MiB", grown>>20)
			}
		})
	}
}

// FuzzRead: whatever a file holds, reading it ends, and what it names is an
// address or a name.
func FuzzRead(f *testing.F) {
	for _, c := range samples {
		f.Add([]byte(c.text))
	}
	f.Add([]byte{0x1F, 0x8B, 8, 0})
	f.Add([]byte{0x28, 0xB5, 0x2F, 0xFD, 0})
	f.Fuzz(func(t *testing.T, b []byte) {
		var n int64
		s, err := imports.Read(bytes.NewReader(b), imports.Options{Name: "f"}, func(e imports.Entry) error {
			n++
			if e.Addr.IsValid() == (e.Name != "") || e.Addr.Zone() != "" || e.Addr.Is4In6() {
				t.Errorf("entry %+v", e)
			}
			return nil
		})
		if s.Entries != n {
			t.Errorf("%d entries, the summary says %d (%v)", n, s.Entries, err)
		}
	})
}

// TestRemedies: files that are nearly right are refused with what to do.
func TestRemedies(t *testing.T) {
	for text, want := range map[string]string{
		"# Nmap 7.93 scan initiated Wed Nov 25 as: nmap -oG - 192.0.2.1\nHost: 192.0.2.1 ()\tStatus: Up\n": "-oX",
		"Starting Nmap 7.93 ( https://nmap.org )\nNmap scan report for 192.0.2.1\n":                        "-oX",
		"saddr;sport\n192.0.2.1;104\n": "save it with commas",
	} {
		_, err := imports.Read(strings.NewReader(text), imports.Options{Name: "f"}, func(imports.Entry) error { return nil })
		if err == nil || !strings.HasPrefix(err.Error(), "f: is ") || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: got %v, want %s", text, err, want)
		}
	}
	var problem *imports.Problem
	_, err := imports.Read(strings.NewReader("192.0.2.1;104\n"), imports.Options{Name: "f", Strict: true}, func(imports.Entry) error { return nil })
	if !errors.As(err, &problem) || problem.Line != 1 || !strings.Contains(problem.What, "has commas") {
		t.Errorf("a line with semicolons: %v", err)
	}
}

// TestEndsWithCaller: an error of the caller ends the reading and comes back.
func TestEndsWithCaller(t *testing.T) {
	enough := errors.New("enough")
	for _, name := range slices.Sorted(maps.Keys(samples)) {
		c := samples[name]
		if c.want == "" {
			continue
		}
		s, err := imports.Read(strings.NewReader(c.text), imports.Options{Name: "f"}, func(imports.Entry) error { return enough })
		if !errors.Is(err, enough) || s.Entries != 1 {
			t.Errorf("%s: %v after %d entries", name, err, s.Entries)
		}
	}
}
