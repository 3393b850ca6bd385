package ul

import (
	"cmp"
	"encoding/binary"

	"leadglass/dicom"
)

// headerLength is the length of a PDU header: type, reserved byte, 32 bit
// length (PS3.8 9.3.1).
const headerLength = 6

// pdvHeaderLength is the length of a PDV header: 32 bit length, context ID,
// message control header (PS3.8 9.3.5.1, E.2).
const pdvHeaderLength = 6

// Item types (PS3.8 9.3.2, PS3.7 D.3.3).
const (
	itemApplicationContext  = 0x10
	itemContextRQ           = 0x20
	itemContextAC           = 0x21
	itemAbstractSyntax      = 0x30
	itemTransferSyntax      = 0x40
	itemUserInformation     = 0x50
	itemMaximumLength       = 0x51
	itemImplementationUID   = 0x52
	itemAsyncOperations     = 0x53
	itemRoleSelection       = 0x54
	itemImplementationName  = 0x55
	itemExtended            = 0x56
	itemCommonExtended      = 0x57
	itemUserIdentityRQ      = 0x58
	itemUserIdentityAC      = 0x59
	protocolVersion1        = 1
	aeTitleLength           = 16
	associateFixedLength    = 68
	associateReservedLength = 32
)

// AppendAssociateRQ appends an A-ASSOCIATE-RQ PDU to dst.
func AppendAssociateRQ(dst []byte, rq *AssociateRQ) []byte {
	dst, start := beginPDU(dst, TypeAssociateRQ)
	dst = appendFixed(dst, rq.ProtocolVersion, rq.CalledAETitle, rq.CallingAETitle, rq.ApplicationContext)
	for _, c := range rq.Contexts {
		var item int
		dst, item = beginItem(dst, itemContextRQ)
		dst = append(dst, c.ID, 0, 0, 0)
		dst = appendItem(dst, itemAbstractSyntax, c.AbstractSyntax)
		for _, ts := range c.TransferSyntaxes {
			dst = appendItem(dst, itemTransferSyntax, ts)
		}
		endItem(dst, item)
	}
	dst = appendUserInfo(dst, &rq.User)
	return endPDU(dst, start)
}

// AppendAssociateAC appends an A-ASSOCIATE-AC PDU to dst.
func AppendAssociateAC(dst []byte, ac *AssociateAC) []byte {
	dst, start := beginPDU(dst, TypeAssociateAC)
	dst = appendFixed(dst, ac.ProtocolVersion, ac.CalledAETitle, ac.CallingAETitle, ac.ApplicationContext)
	for _, c := range ac.Contexts {
		var item int
		dst, item = beginItem(dst, itemContextAC)
		dst = append(dst, c.ID, 0, byte(c.Result), 0)
		dst = appendItem(dst, itemTransferSyntax, c.TransferSyntax)
		for _, ts := range c.Further {
			dst = appendItem(dst, itemTransferSyntax, ts)
		}
		endItem(dst, item)
	}
	dst = appendUserInfo(dst, &ac.User)
	return endPDU(dst, start)
}

// AppendAssociateRJ appends an A-ASSOCIATE-RJ PDU to dst.
func AppendAssociateRJ(dst []byte, rj AssociateRJ) []byte {
	return append(dst, TypeAssociateRJ, 0, 0, 0, 0, 4, 0, byte(rj.Result), byte(rj.Source), byte(rj.Reason))
}

// AppendReleaseRQ appends an A-RELEASE-RQ PDU to dst.
func AppendReleaseRQ(dst []byte) []byte {
	return append(dst, TypeReleaseRQ, 0, 0, 0, 0, 4, 0, 0, 0, 0)
}

// AppendReleaseRP appends an A-RELEASE-RP PDU to dst.
func AppendReleaseRP(dst []byte) []byte {
	return append(dst, TypeReleaseRP, 0, 0, 0, 0, 4, 0, 0, 0, 0)
}

// AppendAbort appends an A-ABORT PDU to dst.
func AppendAbort(dst []byte, a Abort) []byte {
	return append(dst, TypeAbort, 0, 0, 0, 0, 4, 0, 0, byte(a.Source), byte(a.Reason))
}

// Message control header bits (PS3.8 E.2).
const (
	// ControlCommand marks a fragment of a command set, otherwise a data set.
	ControlCommand byte = 1
	// ControlLast marks the last fragment.
	ControlLast byte = 2
)

// AppendPDataHeader appends the header of a P-DATA-TF PDU that holds one PDV
// of dataLen bytes (PS3.8 9.3.5).
func AppendPDataHeader(dst []byte, contextID, control byte, dataLen int) []byte {
	dst = append(dst, TypePData, 0)
	dst = binary.BigEndian.AppendUint32(dst, uint32(dataLen+pdvHeaderLength))
	dst = binary.BigEndian.AppendUint32(dst, uint32(dataLen+2))
	return append(dst, contextID, control)
}

func beginPDU(dst []byte, pduType byte) ([]byte, int) {
	start := len(dst)
	return append(dst, pduType, 0, 0, 0, 0, 0), start
}

func endPDU(dst []byte, start int) []byte {
	binary.BigEndian.PutUint32(dst[start+2:], uint32(len(dst)-start-headerLength))
	return dst
}

func appendFixed(dst []byte, version uint16, called, calling, application string) []byte {
	if version == 0 {
		version = protocolVersion1
	}
	if application == "" {
		application = dicom.ApplicationContext
	}
	dst = binary.BigEndian.AppendUint16(dst, version)
	dst = append(dst, 0, 0)
	dst = appendAETitle(dst, called)
	dst = appendAETitle(dst, calling)
	dst = append(dst, make([]byte, associateReservedLength)...)
	return appendItem(dst, itemApplicationContext, application)
}

// appendAETitle appends an AE title padded with spaces to 16 characters, cut
// there.
func appendAETitle(dst []byte, title string) []byte {
	for i := range aeTitleLength {
		if i < len(title) {
			dst = append(dst, title[i])
		} else {
			dst = append(dst, ' ')
		}
	}
	return dst
}

func beginItem(dst []byte, itemType byte) ([]byte, int) {
	start := len(dst)
	return append(dst, itemType, 0, 0, 0), start
}

func endItem(dst []byte, start int) {
	binary.BigEndian.PutUint16(dst[start+2:], uint16(len(dst)-start-4))
}

func appendItem(dst []byte, itemType byte, value string) []byte {
	dst, start := beginItem(dst, itemType)
	dst = append(dst, value...)
	endItem(dst, start)
	return dst
}

func appendUserInfo(dst []byte, u *UserInfo) []byte {
	dst, start := beginItem(dst, itemUserInformation)
	dst = append(dst, itemMaximumLength, 0, 0, 4)
	dst = binary.BigEndian.AppendUint32(dst, u.MaxPDULength)
	if !u.Anonymous {
		dst = appendItem(dst, itemImplementationUID, cmp.Or(u.ImplementationClassUID, ImplementationClassUID))
	}
	if u.AsyncOps != nil {
		dst = append(dst, itemAsyncOperations, 0, 0, 4)
		dst = binary.BigEndian.AppendUint16(dst, u.AsyncOps.Invoked)
		dst = binary.BigEndian.AppendUint16(dst, u.AsyncOps.Performed)
	}
	for _, r := range u.Roles {
		dst = appendRole(dst, r)
	}
	if u.ImplementationVersionName != "" && !u.Anonymous {
		dst = appendItem(dst, itemImplementationName, u.ImplementationVersionName)
	}
	if u.Identity != nil {
		dst = appendIdentity(dst, u.Identity)
	}
	if u.IdentityResponse != nil {
		var item int
		dst, item = beginItem(dst, itemUserIdentityAC)
		dst = appendSized(dst, u.IdentityResponse)
		endItem(dst, item)
	}
	endItem(dst, start)
	return dst
}

func appendRole(dst []byte, r RoleSelection) []byte {
	dst, start := beginItem(dst, itemRoleSelection)
	dst = appendSized(dst, []byte(r.SOPClassUID))
	dst = append(dst, boolByte(r.SCU), boolByte(r.SCP))
	endItem(dst, start)
	return dst
}

func appendIdentity(dst []byte, id *UserIdentity) []byte {
	dst, start := beginItem(dst, itemUserIdentityRQ)
	dst = append(dst, id.Type, boolByte(id.PositiveResponseRequested))
	dst = appendSized(dst, id.Primary)
	dst = appendSized(dst, id.Secondary)
	endItem(dst, start)
	return dst
}

func appendSized(dst, value []byte) []byte {
	dst = binary.BigEndian.AppendUint16(dst, uint16(len(value)))
	return append(dst, value...)
}

func boolByte(b bool) byte {
	if b {
		return 1
	}
	return 0
}
