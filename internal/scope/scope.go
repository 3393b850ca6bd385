// Package scope answers one question: may this address be touched, now? It
// reads the scope file that the survey's authority wrote, refuses it whole when
// any part of it is doubtful, and after that only ever says yes or no.
//
// It never touches the network, and a Scope is never widened after loading,
// with one exception that the file itself asks for: a scope that lists host
// names and no prefixes permits the addresses of each name's first resolution
// (see Scope.Resolved). Exclusions win over everything.
//
// The gate asks Check at the moment of every connection; discovery takes its
// candidates from Addresses.
package scope

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"net/netip"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gaissmai/bart"

	"leadglass/internal/survey"
)

// The reasons why Check says no.
var (
	// ErrOutside: no include entry holds the address.
	ErrOutside = errors.New("outside the scope")
	// ErrExcluded: an exclude entry holds the address.
	ErrExcluded = errors.New("excluded by the scope")
	// ErrNotValid: the scope's validity has not begun or has passed.
	ErrNotValid = errors.New("scope not valid now")
	// ErrNotLoaded: the Scope did not come from this package's constructors.
	ErrNotLoaded = errors.New("no scope loaded")
)

// CountMode says how archives are counted.
type CountMode string

// The modes of counting.
const (
	// CountExact counts until the number is exact or cannot become so.
	CountExact CountMode = "exact"
	// CountBudget counts within a budget and estimates beyond it.
	CountBudget CountMode = "budget"
	// CountOff does not count.
	CountOff CountMode = "off"
)

// CountVerify says how it is made sure that a list of studies is whole.
type CountVerify string

// The ways.
const (
	// VerifySample looks at a sample of a long list again.
	VerifySample CountVerify = "sample"
	// VerifyFull looks at all of it again.
	VerifyFull CountVerify = "full"
)

// Scope is a loaded scope. Its exported fields are for reading: what Check
// permits does not depend on them. A Scope is safe for concurrent use.
type Scope struct {
	Name      string
	Authority Authority
	Identity  Identity
	// CalledAETitles are the authority's own archives', tried on every host
	// before the defaults of products; MaxCalledAETitles at most.
	CalledAETitles []string
	Ports          Ports
	Rate           Rate
	Limits         Limits
	Allow          Allow
	CountMode      CountMode
	CountVerify    CountVerify
	// Overlay is the path of the overlay file, resolved against the folder of
	// the scope file; empty when there is none.
	Overlay string
	// Simulated: the scope is that of the laboratory, and so is every report on
	// it. Only a scope of loopback addresses may say so.
	Simulated bool
	// Names are the included host names, lower case, without a trailing dot.
	Names []string
	// Text is the scope file as it was read; empty for an implicit scope.
	Text string
	// Warnings are oddities that do not make the scope invalid.
	Warnings []string

	lists *lists
}

// Authority says who ordered the work and when it may be done.
type Authority struct {
	survey.Authority
	// ValidFrom and ValidUntil bound the validity: from the first instant of
	// the one (inclusive) to the other (exclusive). A file's valid_until names
	// the last valid day, so ValidUntil is midnight UTC after it. Both are zero
	// in an implicit scope, which does not expire.
	ValidFrom, ValidUntil time.Time
}

// Identity is how we present ourselves.
type Identity struct {
	// CallingAETitle is 1 to 16 characters (PS3.5 6.2, VR AE).
	CallingAETitle string
	URL            string
	// SourceAddresses are those from which we connect, as seen from outside.
	SourceAddresses []netip.Addr
}

// Ports are the ports that are tried.
type Ports struct {
	DICOM, HTTP []uint16
	// HL7 are tried on hosts on which DICOM was found, and on no others.
	HL7 []uint16
}

// Rate bounds the connection attempts.
type Rate struct {
	// ProbesPerSecond bounds the whole survey.
	ProbesPerSecond int
	PerNetwork      NetworkRate
}

// NetworkRate bounds the connection attempts to one network.
type NetworkRate struct {
	// Prefix is the length of an IPv4 network's prefix, 8 to 32. An IPv6
	// network is always a /48.
	Prefix          int
	ProbesPerSecond int
}

// Limits bound what is done to one host.
type Limits struct {
	// AssociationsPerHost is how many connections a host has at once.
	AssociationsPerHost int
	// PerHostTime counts from the first connection to the host.
	PerHostTime time.Duration
	// PerHostBytes counts both directions.
	PerHostBytes int64
}

// Allow says which optional techniques may be used.
type Allow struct {
	// DefaultAETitles: try products' default called AE titles.
	DefaultAETitles bool
	// Sample: ask a few records for the classes of identifying attributes.
	Sample bool
	// DICOMweb: ask HTTP ports for DICOMweb.
	DICOMweb bool
	// CandidatePorts: try the ports that files of candidates name beside the
	// scope's.
	CandidatePorts bool
}

// lists is what Check decides by. Nothing in it changes after loading but
// pinned, once for each name.
type lists struct {
	included bart.Lite
	// excluded is what the authority excludes; special are the addresses that no
	// host has, and those for special purposes that are left out of larger
	// prefixes.
	excluded, special exclusions
	// raw are the included prefixes as sorted ranges, without those that are
	// too large to enumerate; size is how many addresses are left of them
	// without the exclusions.
	raw  []addrRange
	size uint64
	// rawEnds counts the addresses of raw up to and with each range.
	rawEnds  []uint64
	tooLarge []netip.Prefix

	validFrom, validUntil time.Time
	// outsideHint ends the message of a refused address.
	outsideHint string

	// pinning: the first resolution of a name in names is permitted.
	pinning bool
	names   map[string]bool

	mu     sync.Mutex
	done   map[string]bool
	pinned atomic.Pointer[map[netip.Addr]struct{}]
}

// Check returns nil when addr may be touched at the moment now. An IPv4-mapped
// IPv6 address is judged as the IPv4 address it stands for; an address with a
// zone is refused. The zero Scope refuses everything.
func (s *Scope) Check(addr netip.Addr, now time.Time) error {
	if err := s.Valid(now); err != nil {
		return err
	}
	return s.lists.permits(addr)
}

// Valid returns nil when now lies within the scope's validity.
func (s *Scope) Valid(now time.Time) error {
	if s == nil || s.lists == nil {
		return ErrNotLoaded
	}
	return s.lists.valid(now)
}

// Until is the end of the scope's validity, exclusive; zero where it has none.
func (s *Scope) Until() time.Time {
	if s == nil || s.lists == nil {
		return time.Time{}
	}
	return s.lists.validUntil
}

func (l *lists) valid(now time.Time) error {
	if !l.validFrom.IsZero() && now.Before(l.validFrom) {
		return fmt.Errorf("%w: it begins on %s", ErrNotValid, day(l.validFrom))
	}
	if !l.validUntil.IsZero() && !now.Before(l.validUntil) {
		return fmt.Errorf("%w: it ended on %s; have the authority renew it",
			ErrNotValid, day(l.validUntil.Add(-time.Second)))
	}
	return nil
}

func (l *lists) permits(addr netip.Addr) error {
	switch {
	case !addr.IsValid():
		return fmt.Errorf("no address: %w", ErrOutside)
	case addr.Zone() != "":
		return fmt.Errorf("%s has a zone: %w", addr, ErrOutside)
	}
	addr = addr.Unmap()
	if l.excludes(addr) {
		return fmt.Errorf("%s: %w", addr, ErrExcluded)
	}
	if l.included.Contains(addr) {
		return nil
	}
	if pinned := l.pinned.Load(); pinned != nil {
		if _, ok := (*pinned)[addr]; ok {
			return nil
		}
	}
	return fmt.Errorf("%s: %w%s", addr, ErrOutside, l.outsideHint)
}

// excludes reports whether addr, which is not IPv4-mapped, is excluded.
func (l *lists) excludes(addr netip.Addr) bool {
	return l.excluded.contains(addr) || l.special.contains(addr)
}

// Digest is the SHA-256, in hexadecimal, of the scope file's text with line
// ends made uniform and blanks at line ends removed; an interrupted survey is
// continued only under the same digest. Exclude files are not part of it: an
// exclusion that was added in between must not stop the survey, it must apply.
func (s *Scope) Digest() string {
	lines := strings.Split(strings.ReplaceAll(s.Text, "\r\n", "\n"), "\n")
	for i, line := range lines {
		lines[i] = strings.TrimRight(line, " \t\r")
	}
	sum := sha256.Sum256([]byte(strings.TrimRight(strings.Join(lines, "\n"), "\n")))
	return hex.EncodeToString(sum[:])
}

func day(t time.Time) string { return t.UTC().Format(time.DateOnly) }
