package scope

import (
	"errors"
	"fmt"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
)

// Target is a target of a check as the user wrote it.
type Target struct {
	Host string
	Addr netip.Addr // valid when Host is an address
	Port uint16     // 0 for the scope's ports
	URL  string     // the DICOMweb root, where the user named one
	Hint string     // what else may have been meant; "" for nothing
}

// ParseTargets reads targets: HOST, HOST:PORT, [IPv6]:PORT, or the URL of a
// DICOMweb root.
func ParseTargets(args []string) ([]Target, error) {
	targets := make([]Target, len(args))
	for i, arg := range args {
		t, err := ParseTarget(arg)
		if err != nil {
			return nil, fmt.Errorf("target %q: %w", arg, err)
		}
		targets[i] = t
	}
	return targets, nil
}

// ParseTarget reads one target.
func ParseTarget(arg string) (Target, error) {
	if strings.Contains(arg, "://") {
		return parseRoot(arg)
	}
	if addr, err := netip.ParseAddr(strings.Trim(arg, "[]")); err == nil {
		return Target{Host: addr.String(), Addr: addr, Hint: bracketsHint(arg)}, nil
	}
	host, text, ok := cutPort(arg)
	t := Target{Host: strings.Trim(host, "[]")}
	if ok {
		port, err := strconv.ParseUint(text, 10, 16)
		if err != nil || port == 0 {
			return Target{}, fmt.Errorf("%q is not a port; a port is a number from 1 to 65535", text)
		}
		t.Port = uint16(port)
	}
	if addr, err := netip.ParseAddr(t.Host); err == nil {
		t.Host, t.Addr = addr.String(), addr
		return t, nil
	}
	if t.Host == "" || strings.ContainsAny(t.Host, "/ :") {
		return Target{}, errors.New("is neither a host nor HOST:PORT; networks go into a scope file for `leadglass survey`")
	}
	return t, nil
}

// bracketsHint says how to name a port of an IPv6 address, where an argument
// that is an address would also be one with a port.
func bracketsHint(arg string) string {
	host, port, ok := cutPort(arg)
	if addr, err := netip.ParseAddr(host); !ok || err != nil || !addr.Is6() {
		return ""
	}
	if _, err := strconv.ParseUint(port, 10, 16); err != nil {
		return ""
	}
	return fmt.Sprintf("for port %s of %s, write [%s]:%s", port, host, host, port)
}

// parseRoot reads a target that is the URL of a DICOMweb root.
func parseRoot(arg string) (Target, error) {
	u, err := url.Parse(arg)
	switch {
	case err != nil:
		return Target{}, errors.New("is no URL; a DICOMweb root is like https://pacs.example.org/dicom-web")
	case u.Scheme != "http" && u.Scheme != "https":
		return Target{}, fmt.Errorf("has the scheme %q; a DICOMweb root begins with http:// or https://", u.Scheme)
	case u.User != nil:
		return Target{}, errors.New("holds a name or password; none is ever sent, name the root without it")
	case u.RawQuery != "" || u.Fragment != "":
		return Target{}, errors.New("holds a query or fragment; name the root alone, like https://pacs.example.org/dicom-web")
	}
	if root, ok := strings.CutSuffix(strings.TrimRight(u.Path, "/"), "/studies"); ok {
		return Target{}, fmt.Errorf("is the address of a search; name the root before it: %s://%s%s", u.Scheme, u.Host, root)
	}
	service := u.Port()
	if service == "" {
		service = map[string]string{"http": "80", "https": "443"}[u.Scheme]
	}
	t, err := ParseTarget("[" + u.Hostname() + "]:" + service)
	t.URL = u.String()
	return t, err
}

// cutPort cuts the port off behind the last colon, unless that colon is part
// of an IPv6 address.
func cutPort(arg string) (host, port string, ok bool) {
	i := strings.LastIndexByte(arg, ':')
	if i < 0 || strings.HasSuffix(arg, "]") {
		return arg, "", false
	}
	return arg[:i], arg[i+1:], true
}
