package imports

import (
	"encoding/xml"
	"errors"
	"io"
	"strconv"
)

// nmapHost is what is read of a host element of nmap's XML (nmap.dtd).
type nmapHost struct {
	place Entry
	named bool
}

// nmap reads nmap -oX. The elements are read one after the other, so that the
// size of a file does not matter.
func (r *reader) nmap() error {
	in := &limited{in: r.in, most: maxLine}
	d := xml.NewDecoder(in)
	d.Entity = map[string]string{}
	var host nmapHost
	var port uint64
	for {
		token, err := d.RawToken()
		in.rest()
		if errors.Is(err, io.EOF) {
			return nil
		}
		line, _ := d.InputPos()
		if err != nil {
			return r.problem(int64(line), "no XML from here on (%v); what came before was read", err)
		}
		start, ok := token.(xml.StartElement)
		if !ok {
			continue
		}
		switch start.Name.Local {
		case "host":
			host = nmapHost{}
		case "address":
			host.address(start)
		case "port":
			if port, _ = strconv.ParseUint(attribute(start, "portid"), 10, 16); attribute(start, "protocol") != "tcp" {
				port = 0
			}
		case "state":
			if err := r.nmapState(int64(line), host, port, attribute(start, "state")); err != nil {
				return err
			}
		}
	}
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

func attribute(e xml.StartElement, name string) string {
	for _, a := range e.Attr {
		if a.Name.Local == name {
			return a.Value
		}
	}
	return ""
}
