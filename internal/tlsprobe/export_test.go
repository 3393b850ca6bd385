package tlsprobe

import (
	"io"

	"leadglass/internal/survey"
)

// Answer is what readFlight read, for tests.
type Answer struct {
	Refused, EncryptThenMAC, Asked bool
	Alert                          uint8
	Version, Suite                 uint16
	Bits, Certificates             int
}

// Read reads a server's answer.
func Read(r io.Reader) (Answer, error) {
	f, err := readFlight(r)
	return Answer{f.refused, f.encryptThenMAC, f.asked, f.alert, f.version, f.suite, f.bits, len(f.certificates)}, err
}

// Hello is a ClientHello.
func Hello(version uint16, name string, suites, groups []uint16) []byte {
	return hello{version: version, suites: suites, groups: groups, name: name}.bytes()
}

// Goodbye is how a handshake is given up.
func Goodbye(version uint16) []byte { return goodbye(version) }

// Classes gives the class of each suite, by number.
func Classes() map[uint16]survey.SuiteClass {
	m := map[uint16]survey.SuiteClass{}
	for _, s := range suites {
		m[s.id] = s.class()
	}
	return m
}

// Name gives the name of a suite, "" where it is not known.
func Name(id uint16) string {
	s, _ := find(id)
	return s.name
}

// MaxFlight is how much of an answer is read at most.
const MaxFlight = maxFlight
