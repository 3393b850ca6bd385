package ul

import (
	"encoding/binary"
	"fmt"
	"strings"

	"leadglass/dicom"
)

// items walks over the items of an A-ASSOCIATE PDU: type, reserved byte, 16
// bit length, value (PS3.8 9.3.2).
type items struct {
	pdu   byte
	rest  []byte
	base  int // offset of rest in the PDU body
	kind  byte
	value []byte
	at    int // offset of value, or of the header when that is what is wrong
	users int // user information items seen
	// noted takes what is read past; nil where nothing is.
	noted *dicom.Deviation
}

func (it *items) next() (bool, error) {
	if len(it.rest) == 0 {
		return false, nil
	}
	it.at = it.base
	if len(it.rest) < 4 {
		if it.noted != nil {
			*it.noted |= dicom.CutAcceptance
			return false, nil
		}
		return false, it.fail("item header cut short")
	}
	n := int(binary.BigEndian.Uint16(it.rest[2:]))
	if n > len(it.rest)-4 && it.noted != nil {
		*it.noted |= dicom.CutAcceptance
		n = len(it.rest) - 4
	}
	if n > len(it.rest)-4 {
		return false, it.fail(fmt.Sprintf("item %02X is longer than the rest", it.rest[0]))
	}
	it.kind, it.value, it.at = it.rest[0], it.rest[4:4+n], it.base+4
	it.rest = it.rest[4+n:]
	it.base += 4 + n
	return true, nil
}

func (it *items) inside() items {
	return items{pdu: it.pdu, rest: it.value, base: it.at, noted: it.noted}
}

func (it *items) fail(what string) error {
	return &ProtocolError{PDU: it.pdu, Offset: it.at, What: what}
}

// printable returns s as text without padding, with every byte outside
// printable ASCII replaced, at most n bytes: what a peer says of itself is
// shown to people.
func printable(b []byte, n int) string {
	s := strings.TrimRight(string(b[:min(n, len(b))]), " \x00")
	return strings.Map(func(r rune) rune {
		if r < 0x20 || r > 0x7e {
			return '?'
		}
		return r
	}, strings.TrimLeft(s, " "))
}

func uid(b []byte) string { return printable(b, maxUID) }

// ParseAssociateRQ reads the body of an A-ASSOCIATE-RQ PDU (PS3.8 9.3.2).
// Errors are *ProtocolError.
func ParseAssociateRQ(body []byte) (*AssociateRQ, error) {
	rq := &AssociateRQ{}
	it, err := parseFixed(TypeAssociateRQ, body, &rq.ProtocolVersion, &rq.CalledAETitle, &rq.CallingAETitle)
	if err != nil {
		return nil, err
	}
	for {
		more, err := it.next()
		if err != nil {
			return nil, err
		}
		if !more {
			return rq, nil
		}
		switch it.kind {
		case itemApplicationContext:
			rq.ApplicationContext = uid(it.value)
		case itemContextRQ:
			if len(rq.Contexts) == maxContexts {
				return nil, it.fail("more than 128 presentation contexts")
			}
			c, err := parseContextRQ(&it)
			if err != nil {
				return nil, err
			}
			rq.Contexts = append(rq.Contexts, c)
		case itemUserInformation:
			if it.users++; it.users > 1 {
				continue // there is one (PS3.8 9.3.2.3); the first counts
			}
			if err := parseUserInfo(it.inside(), &rq.User); err != nil {
				return nil, err
			}
		}
	}
}

// ParseAssociateAC reads the body of an A-ASSOCIATE-AC PDU (PS3.8 9.3.3).
// Errors are *ProtocolError.
func ParseAssociateAC(body []byte) (*AssociateAC, error) {
	ac := &AssociateAC{}
	it, err := parseFixed(TypeAssociateAC, body, &ac.ProtocolVersion, &ac.CalledAETitle, &ac.CallingAETitle)
	if err != nil {
		return nil, err
	}
	it.noted = &ac.Deviation
	for {
		more, err := it.next()
		if err != nil {
			return nil, err
		}
		if !more {
			if ac.Deviation&dicom.CutAcceptance != 0 && ac.ApplicationContext == "" && len(ac.Contexts) == 0 {
				return nil, it.fail("no acceptance: nothing of it can be read")
			}
			if it.users == 0 {
				ac.Deviation |= dicom.MaxLength | dicom.NoImplementationUID
			}
			return ac, nil
		}
		switch it.kind {
		case itemApplicationContext:
			ac.ApplicationContext = uid(it.value)
		case itemContextAC:
			if len(ac.Contexts) == maxContexts {
				return nil, it.fail("more than 128 presentation contexts")
			}
			c, err := parseContextAC(&it)
			if err != nil {
				return nil, err
			}
			if len(c.Further) > 0 {
				ac.Deviation |= dicom.TwoTransferSyntaxes
			}
			ac.Contexts = append(ac.Contexts, c)
		case itemUserInformation:
			if it.users++; it.users > 1 {
				continue // there is one (PS3.8 9.3.2.3); the first counts
			}
			if err := parseUserInfo(it.inside(), &ac.User); err != nil {
				return nil, err
			}
		}
	}
}

func parseFixed(pdu byte, body []byte, version *uint16, called, calling *string) (items, error) {
	if len(body) < associateFixedLength {
		return items{}, &ProtocolError{PDU: pdu, Offset: len(body), What: "shorter than its fixed fields"}
	}
	*version = binary.BigEndian.Uint16(body)
	*called = printable(body[4:20], aeTitleLength)
	*calling = printable(body[20:36], aeTitleLength)
	return items{pdu: pdu, rest: body[associateFixedLength:], base: associateFixedLength}, nil
}

func parseContextRQ(it *items) (PresentationContext, error) {
	if len(it.value) < 4 {
		return PresentationContext{}, it.fail("presentation context shorter than its fixed fields")
	}
	c := PresentationContext{ID: it.value[0]}
	sub := items{pdu: it.pdu, rest: it.value[4:], base: it.at + 4}
	for {
		more, err := sub.next()
		if err != nil {
			return c, err
		}
		if !more {
			return c, nil
		}
		switch sub.kind {
		case itemAbstractSyntax:
			c.AbstractSyntax = uid(sub.value)
		case itemTransferSyntax:
			if len(c.TransferSyntaxes) < maxTransferSyntaxes {
				c.TransferSyntaxes = append(c.TransferSyntaxes, uid(sub.value))
			}
		}
	}
}

func parseContextAC(it *items) (ContextResult, error) {
	if len(it.value) < 4 {
		return ContextResult{}, it.fail("presentation context shorter than its fixed fields")
	}
	c := ContextResult{ID: it.value[0], Result: ContextReason(it.value[2])}
	if c.Result != Acceptance {
		// The transfer syntax means nothing here (PS3.8 9.3.3.2); peers fill in
		// anything.
		return c, nil
	}
	sub := items{pdu: it.pdu, rest: it.value[4:], base: it.at + 4, noted: it.noted}
	for {
		more, err := sub.next()
		if err != nil {
			return c, err
		}
		if !more {
			return c, nil
		}
		if sub.kind != itemTransferSyntax {
			continue
		}
		switch ts := uid(sub.value); {
		case c.TransferSyntax == "":
			c.TransferSyntax = ts
		case ts != c.TransferSyntax && len(c.Further) < maxTransferSyntaxes:
			c.Further = append(c.Further, ts)
		}
	}
}

func parseUserInfo(it items, u *UserInfo) error {
	var seen [256]bool
	for {
		more, err := it.next()
		if err != nil {
			return err
		}
		if !more {
			it.missing(&seen)
			return nil
		}
		if seen[it.kind] && once(it.kind) {
			it.note(dicom.UserItem)
			continue // the first counts
		}
		seen[it.kind] = true
		switch it.kind {
		case itemMaximumLength:
			if len(it.value) != 4 {
				if it.noted == nil {
					return it.fail("maximum length item is not 4 bytes long")
				}
				it.note(dicom.MaxLength)
				continue
			}
			u.MaxPDULength = binary.BigEndian.Uint32(it.value)
		case itemImplementationUID:
			if u.ImplementationClassUID = uid(it.value); u.ImplementationClassUID == "" {
				it.note(dicom.NoImplementationUID)
			}
		case itemImplementationName:
			u.ImplementationVersionName = printable(it.value, maxVersionName)
		default:
			if !parseOptional(&it, u) {
				it.note(dicom.UserItem)
			}
		}
	}
}

// note adds to what was read past.
func (it *items) note(d dicom.Deviation) {
	if it.noted != nil {
		*it.noted |= d
	}
}

// missing notes the mandatory items that were not there.
func (it *items) missing(seen *[256]bool) {
	if !seen[itemMaximumLength] {
		it.note(dicom.MaxLength)
	}
	if !seen[itemImplementationUID] {
		it.note(dicom.NoImplementationUID)
	}
}

// once reports whether a user item may be there only once (PS3.7 D.3.3). Role
// selection and extended negotiation are there once for each SOP class.
func once(kind byte) bool {
	switch kind {
	case itemMaximumLength, itemImplementationUID, itemAsyncOperations, itemImplementationName, itemUserIdentityRQ, itemUserIdentityAC:
		return true
	}
	return false
}

// parseOptional takes an item that a peer need not send and that nothing here
// depends on; false where it is malformed or not known. Such an item is left out:
// all that matters of the association is elsewhere.
func parseOptional(it *items, u *UserInfo) bool {
	switch it.kind {
	case itemAsyncOperations:
		if len(it.value) != 4 {
			return false
		}
		u.AsyncOps = &AsyncOperations{
			Invoked:   binary.BigEndian.Uint16(it.value),
			Performed: binary.BigEndian.Uint16(it.value[2:]),
		}
		return true
	case itemRoleSelection:
		return parseRole(it, u)
	case itemExtended, itemCommonExtended:
		_, _, ok := sized(it.value)
		return ok
	case itemUserIdentityRQ:
		return parseIdentity(it, u)
	case itemUserIdentityAC:
		response, rest, ok := sized(it.value)
		if ok {
			u.IdentityResponse = response
		}
		return ok && len(rest) == 0
	}
	return false
}

func parseRole(it *items, u *UserInfo) bool {
	name, rest, ok := sized(it.value)
	if ok && len(rest) >= 2 && len(u.Roles) < maxContexts {
		u.Roles = append(u.Roles, RoleSelection{SOPClassUID: uid(name), SCU: rest[0] == 1, SCP: rest[1] == 1})
		return len(rest) == 2
	}
	return false
}

func parseIdentity(it *items, u *UserInfo) bool {
	if len(it.value) < 2 {
		return false
	}
	primary, rest, ok := sized(it.value[2:])
	if !ok {
		return false
	}
	secondary, _, ok := sized(rest)
	if ok {
		u.Identity = &UserIdentity{Type: it.value[0], PositiveResponseRequested: it.value[1] == 1,
			Primary: primary, Secondary: secondary}
	}
	return ok
}

// sized reads a value behind a 16 bit length and returns a copy of it; ok is
// false where it is cut short.
func sized(b []byte) (value, rest []byte, ok bool) {
	if len(b) < 2 {
		return nil, nil, false
	}
	n := int(binary.BigEndian.Uint16(b))
	if n > len(b)-2 {
		return nil, nil, false
	}
	return append([]byte{}, b[2:2+n]...), b[2+n:], true
}

func parseAssociateRJ(body []byte) (AssociateRJ, error) {
	if len(body) < 4 {
		return AssociateRJ{}, &ProtocolError{PDU: TypeAssociateRJ, Offset: len(body), What: "shorter than 4 bytes"}
	}
	return AssociateRJ{Result: RejectResult(body[1]), Source: RejectSource(body[2]), Reason: RejectReason(body[3])}, nil
}

func parseAbort(body []byte) Abort {
	if len(body) < 4 {
		return Abort{Source: AbortServiceProvider}
	}
	return Abort{Source: AbortSource(body[2]), Reason: AbortReason(body[3])}
}
