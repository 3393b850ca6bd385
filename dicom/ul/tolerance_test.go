package ul_test

import (
	"bytes"
	"encoding/binary"
	"testing"
	"time"

	"leadglass/dicom"
	"leadglass/dicom/ul"
)

// userItem is a user item with a length that need not be right.
func userItem(kind byte, length int, value string) []byte {
	return append([]byte{kind, 0, byte(length >> 8), byte(length)}, value...)
}

// acceptanceWith is the body of an acceptance of context 1 with user items, whose
// information item is as long as they are plus more.
func acceptanceWith(more int, items ...[]byte) []byte {
	ac := ul.AppendAssociateAC(nil, &ul.AssociateAC{Contexts: []ul.ContextResult{{ID: 1, TransferSyntax: dicom.ImplicitVRLittleEndian}}})[bodyAt:]
	user := bytes.Join(items, nil)
	at := bytes.LastIndex(ac, []byte{0x50, 0})
	head := binary.BigEndian.AppendUint16([]byte{0x50, 0}, uint16(len(user)+more))
	return append(append(bytes.Clone(ac[:at]), head...), user...)
}

// usualItems are those that every acceptance has.
func usualItems() [][]byte {
	return [][]byte{userItem(0x51, 4, "\x00\x00\x40\x00"), userItem(0x52, 7, "1.2.3.4")}
}

// oddAcceptances are acceptances that break the standard in what nothing depends on.
func oddAcceptances() map[string]struct {
	body []byte
	want dicom.Deviation
} {
	with := func(items ...[]byte) []byte { return acceptanceWith(0, append(usualItems(), items...)...) }
	return map[string]struct {
		body []byte
		want dicom.Deviation
	}{
		"right":                      {with(userItem(0x55, 3, "ODD"), userItem(0x53, 4, "\x00\x01\x00\x01"), userItem(0x56, 6, "\x00\x021.\x01\x01")), 0},
		"window of 2 bytes":          {with(userItem(0x53, 2, "\x00\x01")), dicom.UserItem},
		"window of 5 bytes":          {with(userItem(0x53, 5, "\x00\x01\x00\x01\x00")), dicom.UserItem},
		"two windows":                {with(userItem(0x53, 4, "\x00\x01\x00\x01"), userItem(0x53, 4, "\x00\x02\x00\x02")), dicom.UserItem},
		"role without its values":    {with(userItem(0x54, 5, "\x00\x031.2")), dicom.UserItem},
		"role longer than its item":  {with(userItem(0x54, 6, "\x00\xFF1.2\x01")), dicom.UserItem},
		"role with a byte more":      {with(userItem(0x54, 7, "\x00\x021.\x01\x01\x00")), dicom.UserItem},
		"extended, empty":            {with(userItem(0x56, 0, "")), dicom.UserItem},
		"extended, too long":         {with(userItem(0x56, 4, "\x00\x1B1.")), dicom.UserItem},
		"common extended, one byte":  {with(userItem(0x57, 1, "\x00")), dicom.UserItem},
		"identity, empty":            {with(userItem(0x59, 0, "")), dicom.UserItem},
		"identity, too long":         {with(userItem(0x59, 3, "\x00\x09x")), dicom.UserItem},
		"identity of a request":      {with(userItem(0x58, 1, "\x01")), dicom.UserItem},
		"unknown type":               {with(userItem(0x5F, 3, "abc"), userItem(0x00, 0, "")), dicom.UserItem},
		"item cut at the end":        {acceptanceWith(0, append(usualItems(), userItem(0x53, 4, "\x00\x01"))...), dicom.CutAcceptance | dicom.UserItem},
		"item header cut":            {acceptanceWith(0, append(usualItems(), []byte{0x53, 0})...), dicom.CutAcceptance},
		"information longer":         {acceptanceWith(9, usualItems()...), dicom.CutAcceptance},
		"no maximum length":          {acceptanceWith(0, usualItems()[1]), dicom.MaxLength},
		"maximum length of 2 bytes":  {acceptanceWith(0, userItem(0x51, 2, "\x40\x00"), usualItems()[1]), dicom.MaxLength},
		"no implementation UID":      {acceptanceWith(0, usualItems()[0]), dicom.NoImplementationUID},
		"empty implementation UID":   {acceptanceWith(0, usualItems()[0], userItem(0x52, 0, "")), dicom.NoImplementationUID},
		"two implementation UIDs":    {with(userItem(0x52, 3, "9.9")), dicom.UserItem},
		"two implementation names":   {with(userItem(0x55, 1, "A"), userItem(0x55, 1, "B")), dicom.UserItem},
		"no user items":              {acceptanceWith(0), dicom.MaxLength | dicom.NoImplementationUID},
		"no user information at all": {acceptanceWith(0)[:len(acceptanceWith(0))-4], dicom.MaxLength | dicom.NoImplementationUID},
	}
}

// TestOddAcceptancesAreRead: what nothing depends on is skipped and noted.
func TestOddAcceptancesAreRead(t *testing.T) {
	for name, c := range oddAcceptances() {
		ac, err := ul.ParseAssociateAC(c.body)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if ac.Deviation != c.want || len(ac.Contexts) != 1 || ac.Contexts[0].TransferSyntax != dicom.ImplicitVRLittleEndian {
			t.Errorf("%s: noted %v, want %v; contexts %+v", name, ac.Deviation.Names(), c.want.Names(), ac.Contexts)
		}
		if c.want&(dicom.NoImplementationUID) == 0 && ac.User.ImplementationClassUID != "1.2.3.4" {
			t.Errorf("%s: implementation class UID %q", name, ac.User.ImplementationClassUID)
		}
	}
}

// noting remembers what was read past.
type noting struct{ seen dicom.Deviation }

func (*noting) CountRequest(uint16)                 {}
func (*noting) CountResponses(int64, time.Duration) {}
func (n *noting) CountDeviation(d dicom.Deviation)  { n.seen |= d }

// TestTransferSyntaxesThatWereNotAgreedOn: of several the first known is used, and
// one that was not proposed is replaced by the one that all have to know.
func TestTransferSyntaxesThatWereNotAgreedOn(t *testing.T) {
	const implicit, explicit, big = dicom.ImplicitVRLittleEndian, dicom.ExplicitVRLittleEndian, dicom.ExplicitVRBigEndian
	other := []ul.ContextResult{{ID: 1, Result: ul.AbstractSyntaxNotSupported}}
	for name, c := range map[string]struct {
		others    []ul.ContextResult
		accepted  ul.ContextResult
		use       string
		ambiguous bool
		want      dicom.Deviation
	}{
		"one":            {other, ul.ContextResult{ID: 3, TransferSyntax: explicit}, explicit, false, 0},
		"two":            {other, ul.ContextResult{ID: 3, TransferSyntax: explicit, Further: []string{implicit}}, explicit, true, dicom.TwoTransferSyntaxes},
		"twice the same": {other, ul.ContextResult{ID: 3, TransferSyntax: explicit, Further: []string{explicit}}, explicit, false, 0},
		"big endian":     {other, ul.ContextResult{ID: 3, TransferSyntax: big}, implicit, false, dicom.UnproposedSyntax},
		"none":           {other, ul.ContextResult{ID: 3}, implicit, false, dicom.UnproposedSyntax},
		"big endian and explicit": {other, ul.ContextResult{ID: 3, TransferSyntax: big, Further: []string{explicit}}, explicit, false,
			dicom.UnproposedSyntax | dicom.TwoTransferSyntaxes},
		"one of two results": {nil, ul.ContextResult{ID: 3, TransferSyntax: explicit}, explicit, false, dicom.UnansweredContext},
	} {
		client, server := connect(t, "tcp")
		background(t, func() {
			readPDU(server)
			send(server, ul.AppendAssociateAC(nil, &ul.AssociateAC{Contexts: append(c.others, c.accepted)}))
			readPDU(server)
		})
		m := &noting{}
		a, err := ul.Request(t.Context(), client, proposal(), ul.Options{Meter: m})
		if err != nil {
			t.Fatal(err)
		}
		if _, ts, ok := a.Context(dicom.StudyRootFind); !ok || ts != c.use || a.TransferSyntax(3) != c.use || a.Ambiguous(3) != c.ambiguous || m.seen != c.want {
			t.Errorf("%s: transfer syntax %s, ambiguous %v, noted %v", name, ts, a.Ambiguous(3), m.seen.Names())
		}
		a.Close()
	}
}
