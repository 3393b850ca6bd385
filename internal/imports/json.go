package imports

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
)

// json reads objects, one a line or in arrays, as masscan, naabu, zgrab2,
// Shodan and Censys write them. Where the first object ends on the line that
// it began on, each line is taken for itself, so that a damaged one costs no
// other.
func (r *reader) json() error {
	s := splitter{in: r.in, line: 1}
	for {
		object, line, err := s.next()
		switch {
		case errors.Is(err, io.EOF):
			return nil
		case errors.Is(err, errNoObject):
			if bad := r.problem(line, "no JSON object"); bad != nil {
				return bad
			}
			continue
		case errors.Is(err, errTooLong):
			if bad := r.problem(line, "an object of more than %d bytes", maxObject); bad != nil {
				return bad
			}
			continue
		case err != nil:
			return err
		}
		if isFinished(object) {
			continue
		}
		var h record
		if err := json.Unmarshal(object, &h); err != nil {
			if bad := r.problem(line, "%s", notRead(err)); bad != nil {
				return bad
			}
			continue
		}
		if bad := r.record(line, &h); bad != nil {
			return bad
		}
	}
}

// notRead says why an object was not read.
func notRead(err error) string {
	var kind *json.UnmarshalTypeError
	if errors.As(err, &kind) && kind.Field != "" {
		return fmt.Sprintf("the field %.60q is a %s, which none of the known formats has there", kind.Field, kind.Value)
	}
	return "no valid JSON"
}

// isFinished reports whether an object is the last line of masscan's older
// JSON, which is not JSON: {finished: 1}.
func isFinished(object []byte) bool {
	return len(object) < 32 && bytes.HasPrefix(bytes.TrimLeft(object[1:], " "), []byte("finished"))
}

// record is what is read of an object of any of the formats; each sets some.
type record struct {
	IPStr text `json:"ip_str"`
	// Those of zmap, of runZero's services, of IntelMQ.
	ZmapAddr   text   `json:"saddr"`
	ZmapPort   port   `json:"sport"`
	RunZero    text   `json:"service_address"`
	RunPort    port   `json:"service_port"`
	RunCarrier text   `json:"service_transport"`
	Source     text   `json:"source.ip"`
	SourcePort port   `json:"source.port"`
	IP         text   `json:"ip"`
	Domain     text   `json:"domain"`
	Port       port   `json:"port"`
	Proto      text   `json:"protocol"`
	Carrier    text   `json:"transport"`
	Ports      []open `json:"ports"`
	// Services are those of Censys.
	Services []open `json:"services"`
	// Data is zgrab2's, by module, or the list of a host of Shodan, by service.
	Data json.RawMessage `json:"data"`
	// Host is a name in naabu's, an object in Censys's; the others wrap objects
	// in answers of Censys.
	Host     json.RawMessage `json:"host"`
	HostV1   *record         `json:"host_v1"`
	Resource *record         `json:"resource"`
	Result   *record         `json:"result"`
	Hits     []record        `json:"hits"`
	// Matches are the answers of a search at Shodan.
	Matches []record `json:"matches"`
}

// open is a port in a list of ports.
type open struct {
	Port    port `json:"port"`
	Proto   text `json:"proto"`
	Carrier text `json:"transport_protocol"`
	Status  text `json:"status"`
}

// UnmarshalJSON reads a port with what is said of it, or its number alone, as
// Shodan's InternetDB has it.
func (o *open) UnmarshalJSON(b []byte) error {
	if len(b) > 0 && b[0] != '{' {
		return json.Unmarshal(b, &o.Port)
	}
	type plain open
	return json.Unmarshal(b, (*plain)(o))
}

// text is a string; any other value is taken for none.
type text string

// UnmarshalJSON never fails.
func (t *text) UnmarshalJSON(b []byte) error {
	var s string
	if json.Unmarshal(b, &s) == nil {
		*t = text(s)
	}
	return nil
}

// port is a port as a number, a string, or naabu's older {"Port": 104}; any
// other value is taken for none.
type port uint16

// UnmarshalJSON never fails.
func (p *port) UnmarshalJSON(b []byte) error {
	var object struct{ Port uint16 }
	switch {
	case len(b) > 0 && b[0] == '{':
		if json.Unmarshal(b, &object) == nil {
			*p = port(object.Port)
		}
	default:
		n, err := strconv.ParseUint(string(bytes.Trim(b, `"`)), 10, 16)
		if err == nil {
			*p = port(n)
		}
	}
	return nil
}

// record hands over the places of an object, also those of objects in it.
func (r *reader) record(line int64, h *record) error {
	if inner := h.inner(); len(inner) > 0 {
		for _, i := range inner {
			if err := r.record(line, i); err != nil {
				return err
			}
		}
		return nil
	}
	place, ok := h.place()
	if !ok {
		return r.problem(line, "an object without an address or host (ip_str, ip, host or domain)")
	}
	ports, other := h.open()
	r.sum.Other += other
	for _, p := range ports {
		place.Port = uint16(p)
		if err := r.entry(place); err != nil {
			return err
		}
	}
	return nil
}

// inner are the objects that an object only wraps.
func (h *record) inner() []*record {
	var all []*record
	for _, w := range []*record{h.Result, h.Resource, h.HostV1} {
		if w != nil {
			all = append(all, w)
		}
	}
	for _, list := range [][]record{h.Hits, h.Matches} {
		for i := range list {
			all = append(all, &list[i])
		}
	}
	var host record
	if len(h.Host) > 0 && h.Host[0] == '{' && json.Unmarshal(h.Host, &host) == nil {
		all = append(all, &host)
	}
	return all
}

// place is the host that an object is about.
func (h *record) place() (Entry, bool) {
	var name text
	_ = json.Unmarshal(h.Host, &name) // never fails for a string
	for _, t := range []text{h.IPStr, h.IP, h.ZmapAddr, h.RunZero, h.Source, name, h.Domain} {
		if addr, ok := parseAddr(string(t)); ok {
			return Entry{Addr: addr}, true
		}
	}
	for _, t := range []text{name, h.Domain} {
		if isName(string(t)) {
			e, what := parsePlace(string(t))
			return e, what == ""
		}
	}
	// nuclei's host may have the port, which it then has as a field of its own too,
	// or nowhere else.
	e, what := parsePlace(string(name))
	if what != "" || e.Port == 0 {
		return Entry{}, false
	}
	if h.Port == 0 {
		h.Port = port(e.Port)
	}
	e.Port = 0
	return e, true
}

// open are the open TCP ports of an object, port 0 where it names a host
// alone; other counts the ports that are none.
func (h *record) open() (ports []port, other int64) {
	add := func(p port, carrier, status text) {
		if p == 0 || isUDP(carrier) || status != "" && status != "open" {
			other++
			return
		}
		ports = append(ports, p)
	}
	for _, p := range []port{h.Port, h.ZmapPort, h.RunPort, h.SourcePort} {
		if p != 0 {
			add(p, h.Proto+h.Carrier+h.RunCarrier, "")
		}
	}
	stated := h.services()
	if stated == nil {
		stated = h.Ports
	}
	for _, list := range [][]open{stated, h.Services} {
		for _, o := range list {
			add(o.Port, o.Proto+o.Carrier, o.Status)
		}
	}
	modules, failed := grabbed(h.Data)
	ports, other = append(ports, modules...), other+failed
	if len(ports) == 0 && other == 0 {
		ports = append(ports, 0)
	}
	slices.Sort(ports)
	return slices.Compact(ports), other
}

// services are those in the data of a host of Shodan, which are also in its list
// of ports, where the transport is not said.
func (h *record) services() []open {
	var all []struct {
		Port    port `json:"port"`
		Carrier text `json:"transport"`
	}
	if len(h.Data) == 0 || h.Data[0] != '[' || json.Unmarshal(h.Data, &all) != nil {
		return nil
	}
	var open []open
	for _, s := range all {
		open = append(open, newOpen(s.Port, s.Carrier))
	}
	return open
}

func newOpen(p port, carrier text) open { return open{Port: p, Carrier: carrier} }

// isUDP reports whether a protocol is one that DICOM does not use.
func isUDP(t text) bool {
	switch t {
	case "udp", "UDP", "QUIC", "quic", "sctp", "icmp":
		return true
	}
	return false
}

// grabbed are the ports at which a module of zgrab2 found something, 0 where
// its version names none, and how many modules found nothing.
func grabbed(data json.RawMessage) (ports []port, failed int64) {
	var modules map[string]struct {
		Status text `json:"status"`
		Port   port `json:"port"`
	}
	if len(data) == 0 || data[0] != '{' || json.Unmarshal(data, &modules) != nil {
		return nil, 0
	}
	for _, m := range modules {
		switch m.Status {
		case "success", "protocol-error", "application-error":
			ports = append(ports, m.Port)
		case "":
		default:
			failed++
		}
	}
	return ports, failed
}
