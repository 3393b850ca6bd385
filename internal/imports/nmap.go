package imports

import (
	"bytes"
	"encoding/xml"
	"strconv"
)

// nmapHost is what is read of a host element of nmap's XML (nmap.dtd).
type nmapHost struct {
	place Entry
	named bool
}

// nmap reads nmap -oX, and what masscan writes like it, host by host: a host that
// is damaged is lost, and those behind it are read.
func (r *reader) nmap() error {
	return r.elements("host", "nmaprun", r.nmapHost)
}

// nmapHost reads one host element.
func (r *reader) nmapHost(line int64, element []byte) error {
	var host nmapHost
	var port uint64
	_, err := r.tokens(line, element, "host", func(at int64, token xml.Token) error {
		start, ok := token.(xml.StartElement)
		if !ok {
			return nil
		}
		switch start.Name.Local {
		case "address":
			host.address(start)
		case "port":
			if port, _ = strconv.ParseUint(attribute(start, "portid"), 10, 16); attribute(start, "protocol") != "tcp" {
				port = 0
			}
		case "state":
			return r.nmapState(at, host, port, attribute(start, "state"))
		}
		return nil
	})
	return err
}

// address takes a host's address; that of its network card is passed over.
func (h *nmapHost) address(e xml.StartElement) {
	if kind := attribute(e, "addrtype"); kind == "mac" {
		return
	}
	if addr, ok := parseAddr(attribute(e, "addr")); ok && !h.named {
		h.place.Addr, h.named = addr, true
	}
}

// nmapState is the state of a port, the last thing known of it.
func (r *reader) nmapState(line int64, host nmapHost, port uint64, state string) error {
	switch {
	case state != "open" || port == 0:
		r.sum.Other++
		return nil
	case !host.named:
		return r.problem(line, "an open port of a host without an address")
	}
	e := host.place
	e.Port = uint16(port)
	return r.entry(e)
}

// nessus reads a report of Nessus (NessusClientData_v2), host by host: its ports are
// those with an item of TCP, port 0 being the host itself.
func (r *reader) nessus() error {
	return r.elements("ReportHost", "NessusClientData_v2", func(line int64, element []byte) error {
		var name, address string
		var ports []string
		var tag string
		whole, err := r.tokens(line, element, "host", func(_ int64, token xml.Token) error {
			switch e := token.(type) {
			case xml.StartElement:
				tag = attribute(e, "name")
				switch e.Name.Local {
				case "ReportHost":
					name = tag
				case "ReportItem":
					if attribute(e, "protocol") == "tcp" {
						ports = append(ports, attribute(e, "port"))
					} else {
						r.sum.Other++
					}
				}
			case xml.CharData:
				if tag == "host-ip" {
					address = string(bytes.TrimSpace(e))
				}
			case xml.EndElement:
				tag = ""
			}
			return nil
		})
		if err != nil || !whole {
			return err
		}
		if address == "" {
			address = name
		}
		return r.ports(line, address, ports)
	})
}

// ports hands over the ports of a host, each once.
func (r *reader) ports(line int64, host string, ports []string) error {
	seen := map[string]bool{"0": true}
	for _, port := range ports {
		if seen[port] {
			continue
		}
		seen[port] = true
		e, what := parsePlace(netJoin(host, port))
		if what != "" {
			if err := r.problem(line, "%.60q %s", netJoin(host, port), what); err != nil {
				return err
			}
			continue
		}
		if err := r.entry(e); err != nil {
			return err
		}
	}
	return nil
}

// openVAS reads a report of OpenVAS or GVM, result by result: a host, and a port as
// 104/tcp or, for the host itself, general/tcp.
func (r *reader) openVAS() error {
	seen := map[string]bool{}
	return r.elements("result", "report", func(line int64, element []byte) error {
		text := map[string]string{}
		var inside []string
		whole, err := r.tokens(line, element, "result", func(_ int64, token xml.Token) error {
			switch e := token.(type) {
			case xml.StartElement:
				inside = append(inside, e.Name.Local)
			case xml.EndElement:
				inside = inside[:max(0, len(inside)-1)]
			case xml.CharData:
				// Deeper elements have the same names: a host's asset, a result's
				// original.
				if len(inside) == 2 && text[inside[1]] == "" {
					text[inside[1]] = string(bytes.TrimSpace(e))
				}
			}
			return nil
		})
		if err != nil || !whole {
			return err
		}
		port, kind, _ := bytes.Cut([]byte(text["port"]), []byte("/"))
		place := netJoin(text["host"], string(port))
		switch {
		case string(kind) != "tcp" || len(port) == 0 || port[0] < '0' || port[0] > '9':
			r.sum.Other++
			return nil
		case seen[place]:
			return nil
		case len(seen) < maxPlaces:
			seen[place] = true
		}
		e, what := parsePlace(place)
		if what != "" {
			return r.problem(line, "%.60q %s", place, what)
		}
		return r.entry(e)
	})
}

// maxPlaces is how many places of a report are remembered, to leave out repeats; a
// place that is handed over twice is one entry more, and no harm.
const maxPlaces = 100_000

func attribute(e xml.StartElement, name string) string {
	for _, a := range e.Attr {
		if a.Name.Local == name {
			return a.Value
		}
	}
	return ""
}
