package ul_test

import (
	"bytes"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"

	"leadglass/dicom"
	"leadglass/dicom/ul"
)

const bodyAt = 6 // where the body of a PDU begins

// fullRQ is an A-ASSOCIATE-RQ that has every item there is.
func fullRQ() *ul.AssociateRQ {
	return &ul.AssociateRQ{
		ProtocolVersion: 1, CalledAETitle: "ARCHIVE", CallingAETitle: "SIXTEEN_LETTERS_",
		ApplicationContext: dicom.ApplicationContext,
		Contexts: []ul.PresentationContext{
			{ID: 1, AbstractSyntax: dicom.Verification, TransferSyntaxes: []string{dicom.ImplicitVRLittleEndian}},
			{ID: 255, AbstractSyntax: dicom.StudyRootFind, TransferSyntaxes: []string{dicom.ExplicitVRLittleEndian, dicom.ExplicitVRBigEndian}},
			{ID: 3, AbstractSyntax: dicom.StudyRootGet},
		},
		User: ul.UserInfo{
			MaxPDULength: 16384, ImplementationClassUID: "1.2.276.0.7230010.3.0.3.6.7", ImplementationVersionName: "OFFIS_DCMTK_367",
			AsyncOps: &ul.AsyncOperations{Invoked: 0, Performed: 7},
			Roles: []ul.RoleSelection{{SOPClassUID: dicom.CTImageStorage, SCP: true},
				{SOPClassUID: dicom.SecondaryCaptureImageStorage, SCU: true, SCP: true}, {SOPClassUID: dicom.Verification}},
			Identity: &ul.UserIdentity{Type: 2, PositiveResponseRequested: true, Primary: []byte("user"), Secondary: []byte("pass\x00word")},
		},
	}
}

func fullAC() *ul.AssociateAC {
	return &ul.AssociateAC{
		ProtocolVersion: 1, CalledAETitle: "ARCHIVE", CallingAETitle: "LEADGLASS",
		ApplicationContext: dicom.ApplicationContext,
		Contexts: []ul.ContextResult{
			{ID: 1, TransferSyntax: dicom.ImplicitVRLittleEndian},
			{ID: 3, Result: ul.UserRejection}, {ID: 5, Result: ul.NoReason},
			{ID: 7, Result: ul.AbstractSyntaxNotSupported}, {ID: 9, Result: ul.TransferSyntaxesNotSupported},
		},
		User: ul.UserInfo{
			MaxPDULength: 0, ImplementationClassUID: "1.2.3", ImplementationVersionName: "NAME",
			AsyncOps:         &ul.AsyncOperations{Invoked: 65535, Performed: 1},
			Roles:            []ul.RoleSelection{{SOPClassUID: dicom.CTImageStorage, SCP: true}},
			IdentityResponse: []byte("ticket"),
		},
	}
}

func TestAssociateRQRoundTrip(t *testing.T) {
	plain := proposal()
	plain.ProtocolVersion, plain.ApplicationContext = 1, dicom.ApplicationContext
	plain.User.ImplementationClassUID = ul.ImplementationClassUID
	empty := &ul.AssociateRQ{ProtocolVersion: 1, ApplicationContext: dicom.ApplicationContext,
		User: ul.UserInfo{ImplementationClassUID: "1", Identity: &ul.UserIdentity{Type: 1, Primary: []byte{}, Secondary: []byte{}}}}
	for i, want := range []*ul.AssociateRQ{fullRQ(), &plain, empty} {
		b := ul.AppendAssociateRQ(nil, want)
		if n := len(b) - bodyAt; b[0] != ul.TypeAssociateRQ || b[1] != 0 || int(b[4])<<8|int(b[5]) != n {
			t.Errorf("request %d: header % X of a body of %d bytes", i, b[:bodyAt], n)
		}
		got, err := ul.ParseAssociateRQ(b[bodyAt:])
		if err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("request %d: read\n%+v, %v, wrote\n%+v", i, got, err, want)
		}
	}
}

func TestAssociateACRoundTrip(t *testing.T) {
	want := fullAC()
	b := ul.AppendAssociateAC(nil, want)
	got, err := ul.ParseAssociateAC(b[bodyAt:])
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("read\n%+v, %v, wrote\n%+v", got, err, want)
	}
}

// TestAssociateRQBytes compares a whole request with the layout of PS3.8
// tables 9-11 to 9-16 and PS3.7 D.3.3, written out by hand.
func TestAssociateRQBytes(t *testing.T) {
	rq := &ul.AssociateRQ{CalledAETitle: "A", CallingAETitle: "B", ApplicationContext: "1.2",
		Contexts: []ul.PresentationContext{{ID: 1, AbstractSyntax: "1.3", TransferSyntaxes: []string{"1.4"}}},
		User: ul.UserInfo{MaxPDULength: 0x1000, ImplementationClassUID: "1.5", ImplementationVersionName: "N",
			AsyncOps: &ul.AsyncOperations{Invoked: 1, Performed: 2}, Roles: []ul.RoleSelection{{SOPClassUID: "1.6", SCU: true}},
			Identity: &ul.UserIdentity{Type: 2, Primary: []byte("u"), Secondary: []byte("p")}}}
	title := func(s string) string { return s + strings.Repeat(" ", 16-len(s)) }
	want := "\x01\x00\x00\x00\x00\x98" + // PDU type, reserved, length 152
		"\x00\x01\x00\x00" + title("A") + title("B") + strings.Repeat("\x00", 32) +
		"\x10\x00\x00\x031.2" +
		"\x20\x00\x00\x12\x01\x00\x00\x00" + "\x30\x00\x00\x031.3" + "\x40\x00\x00\x031.4" +
		"\x50\x00\x00\x33" + "\x51\x00\x00\x04\x00\x00\x10\x00" + "\x52\x00\x00\x031.5" +
		"\x53\x00\x00\x04\x00\x01\x00\x02" + "\x54\x00\x00\x07\x00\x031.6\x01\x00" + "\x55\x00\x00\x01N" +
		"\x58\x00\x00\x08\x02\x00\x00\x01u\x00\x01p"
	if got := ul.AppendAssociateRQ(nil, rq); string(got) != want {
		t.Errorf("wrote\n% X, want\n% X", got, want)
	}
}

func TestReservedBytesAreNotTested(t *testing.T) {
	rq := ul.AppendAssociateRQ(nil, fullRQ())[bodyAt:]
	want, err := ul.ParseAssociateRQ(rq)
	if err != nil {
		t.Fatal(err)
	}
	// The reserved bytes of the fixed part, and those of the first context.
	reserved := []int{2, 3}
	for i := 36; i < 68; i++ {
		reserved = append(reserved, i)
	}
	context := bytes.Index(rq, []byte{0x20, 0})
	reserved = append(reserved, 69, context+1, context+5, context+6, context+7)
	for _, at := range reserved {
		rq[at] = 0xFF
	}
	if got, err := ul.ParseAssociateRQ(rq); err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("with reserved bytes set: %+v, %v", got, err)
	}
}

func TestAETitlesArePaddedAndCut(t *testing.T) {
	for in, want := range map[string]string{
		"A": "A", "": "", "EXACTLY_SIXTEEN_": "EXACTLY_SIXTEEN_", "LONGER_THAN_SIXTEEN": "LONGER_THAN_SIXT",
		"  LEADING": "LEADING", "WITH SPACE": "WITH SPACE", "NUL\x00\x00": "NUL", "ctl\x01\x7fé": "ctl???",
	} {
		b := ul.AppendAssociateRQ(nil, &ul.AssociateRQ{CalledAETitle: in, CallingAETitle: in})
		got, err := ul.ParseAssociateRQ(b[bodyAt:])
		if err != nil || got.CalledAETitle != want || got.CallingAETitle != want {
			t.Errorf("title %q is read as %q, %q, %v; want %q", in, got.CalledAETitle, got.CallingAETitle, err, want)
		}
		if len(b) < 42 || b[25] != (in + strings.Repeat(" ", 16))[15] {
			t.Errorf("title %q ends with %q on the wire", in, b[25])
		}
	}
}

func TestTextOfThePeerIsPrintableAndBounded(t *testing.T) {
	b := ul.AppendAssociateAC(nil, &ul.AssociateAC{User: ul.UserInfo{
		ImplementationClassUID:    strings.Repeat("1.", 100) + "\x1b[31m",
		ImplementationVersionName: "\x1b[31mRED\r\n" + strings.Repeat("X", 1000)}})
	ac, err := ul.ParseAssociateAC(b[bodyAt:])
	if err != nil {
		t.Fatal(err)
	}
	if n := ac.User.ImplementationVersionName; n != "?[31mRED??XXXXXX" {
		t.Errorf("version name %q", n)
	}
	if u := ac.User.ImplementationClassUID; len(u) != 64 || strings.ContainsAny(u, "\x1b") {
		t.Errorf("class UID %q", u)
	}
}

// TestOddOptionalItems: an optional item of the user information that is
// malformed is left out, and what is behind it is read.
func TestOddOptionalItems(t *testing.T) {
	fixed := ul.AppendAssociateRQ(nil, &ul.AssociateRQ{})[bodyAt : bodyAt+68]
	item := func(kind byte, value ...byte) []byte {
		return append([]byte{kind, 0, byte(len(value) >> 8), byte(len(value))}, value...)
	}
	for name, odd := range map[string][]byte{
		"window of 2 bytes": item(0x53, 0, 0), "role empty": item(0x54), "role cut": item(0x54, 0, 1, '1', 1),
		"role name longer": item(0x54, 0xFF, 0xFF, '1', 1), "identity empty": item(0x58),
		"identity without secondary": item(0x58, 1, 0, 0, 1, 'u'), "identity field longer": item(0x58, 1, 0, 0, 1),
		"identity response longer": item(0x59, 0, 9, 'x'), "identity response empty": item(0x59),
		"extended negotiation cut": item(0x56, 0, 9, '1'), "nobody's": item(0x77, 1, 2, 3),
	} {
		rq, err := ul.ParseAssociateRQ(append(fixed[:68:68], item(0x50, append(odd, item(0x51, 0, 0, 0x40, 0)...)...)...))
		switch {
		case err != nil:
			t.Errorf("%s: %v", name, err)
		case rq.User.MaxPDULength != 16384:
			t.Errorf("%s: maximum length %d", name, rq.User.MaxPDULength)
		case rq.User.AsyncOps != nil || len(rq.User.Roles) > 0 || rq.User.Identity != nil || rq.User.IdentityResponse != nil:
			t.Errorf("%s: %+v", name, rq.User)
		}
	}
}

// TestAssociateErrors breaks requests and wants an error that says what and
// where.
func TestAssociateErrors(t *testing.T) {
	fixed := ul.AppendAssociateRQ(nil, &ul.AssociateRQ{})[bodyAt : bodyAt+68]
	item := func(kind byte, n int, value ...byte) []byte {
		return append([]byte{kind, 0, byte(n >> 8), byte(n)}, value...)
	}
	many := []byte{}
	for range ul.MaxContexts + 1 {
		many = append(many, item(0x20, 4, 1, 0, 0, 0)...)
	}
	for _, c := range []struct {
		name, what string
		items      []byte
		at         int
	}{
		{"item header cut", "item header cut short", []byte{0x10, 0, 0}, 68},
		{"item longer than the rest", "item 10 is longer than the rest", item(0x10, 65535, '1'), 68},
		{"second item longer", "item 50 is longer than the rest", append(item(0x10, 1, '1'), item(0x50, 1)...), 73},
		{"context too short", "presentation context shorter than its fixed fields", item(0x20, 3, 1, 0, 0), 72},
		{"129 contexts", "more than 128 presentation contexts", many, 68 + 128*8 + 4},
		{"abstract syntax longer", "item 30 is longer than the rest", item(0x20, 9, 1, 0, 0, 0, 0x30, 0, 0, 9, '1'), 76},
		{"maximum length of 3 bytes", "maximum length item is not 4 bytes long", item(0x50, 7, item(0x51, 3, 0, 0, 0)...), 76},
	} {
		_, err := ul.ParseAssociateRQ(append(fixed[:68:68], c.items...))
		var p *ul.ProtocolError
		if !errors.As(err, &p) {
			t.Errorf("%s: error %v", c.name, err)
			continue
		}
		if p.PDU != ul.TypeAssociateRQ || p.What != c.what || p.Offset != c.at {
			t.Errorf("%s: %q, want %q at byte %d", c.name, err, c.what, c.at)
		}
	}
	for n := range 68 {
		if _, err := ul.ParseAssociateRQ(fixed[:n]); err == nil || !strings.Contains(err.Error(), fmt.Sprintf("byte %d", n)) {
			t.Errorf("a request of %d bytes: error %v", n, err)
		}
		if _, err := ul.ParseAssociateAC(fixed[:n]); err == nil {
			t.Errorf("an acceptance of %d bytes is read", n)
		}
	}
}

// TestEveryCutIsRefusedOrRead cuts a full PDU at every place: no panic, an error
// of a request unless the cut lies between two items, and an acceptance that is
// read as far as it goes, with a note.
func TestEveryCutIsRefusedOrRead(t *testing.T) {
	rq, ac := ul.AppendAssociateRQ(nil, fullRQ())[bodyAt:], ul.AppendAssociateAC(nil, fullAC())[bodyAt:]
	read := 0
	for n := range rq {
		if _, err := ul.ParseAssociateRQ(rq[:n:n]); err == nil {
			read++
		}
	}
	if read != 5 { // nothing, application context, three contexts
		t.Errorf("%d cut requests are read, want 5", read)
	}
	read = 0
	for n := range ac {
		got, err := ul.ParseAssociateAC(ac[:n:n])
		if err == nil && got.Deviation&dicom.CutAcceptance == 0 {
			read++
		}
		if err != nil && n > 68+4+len(dicom.ApplicationContext)+4+4 && !strings.Contains(err.Error(), "fixed fields") {
			t.Errorf("cut behind byte %d: %v", n, err)
		}
	}
	if read != 7 { // nothing, application context, five contexts
		t.Errorf("%d cut acceptances are read as whole, want 7", read)
	}
}
