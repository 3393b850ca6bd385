// Package dimse exchanges DIMSE messages (PS3.7) over an association of
// package ul. As requestor it can echo, query with streamed responses, cancel,
// and probe whether a retrieval would be allowed. For simulated archives it
// provides the other side of all services.
//
// A requestor cannot receive an image: there is no way to propose a storage
// SOP class here, no storage service for a requestor, and no caller can name
// an object to retrieve; the probes ask for a UID made up at random, or for a
// study that they pick and forget themselves. Nothing here dials.
package dimse

import "fmt"

// Command is the command field of a message (PS3.7 E.1).
type Command uint16

// The commands used.
const (
	CStoreRQ  Command = 0x0001
	CStoreRSP Command = 0x8001
	CGetRQ    Command = 0x0010
	CGetRSP   Command = 0x8010
	CFindRQ   Command = 0x0020
	CFindRSP  Command = 0x8020
	CMoveRQ   Command = 0x0021
	CMoveRSP  Command = 0x8021
	CEchoRQ   Command = 0x0030
	CEchoRSP  Command = 0x8030
	CCancelRQ Command = 0x0FFF
)

// String names the command as PS3.7 does.
func (c Command) String() string {
	names := map[Command]string{
		CStoreRQ: "C-STORE-RQ", CStoreRSP: "C-STORE-RSP", CGetRQ: "C-GET-RQ", CGetRSP: "C-GET-RSP",
		CFindRQ: "C-FIND-RQ", CFindRSP: "C-FIND-RSP", CMoveRQ: "C-MOVE-RQ", CMoveRSP: "C-MOVE-RSP",
		CEchoRQ: "C-ECHO-RQ", CEchoRSP: "C-ECHO-RSP", CCancelRQ: "C-CANCEL-RQ",
	}
	if n, ok := names[c]; ok {
		return n
	}
	return fmt.Sprintf("command %04X", uint16(c))
}

// Status is the status of a response (PS3.7 annex C, PS3.4 C.4).
type Status uint16

// The statuses that are told apart by name.
const (
	Success                Status = 0x0000
	NoSuchSOPClass         Status = 0x0118
	SOPClassNotSupported   Status = 0x0122
	NotAuthorized          Status = 0x0124
	UnrecognizedOperation  Status = 0x0211
	OutOfResources         Status = 0xA700
	OutOfResourcesMatches  Status = 0xA701
	OutOfResourcesTransfer Status = 0xA702
	MoveDestinationUnknown Status = 0xA801
	IdentifierMismatch     Status = 0xA900
	SubOperationsFailed    Status = 0xB000
	UnableToProcess        Status = 0xC000
	Cancelled              Status = 0xFE00
	Pending                Status = 0xFF00
	PendingWarning         Status = 0xFF01
)

// Class is the class of a status (PS3.7 C.1).
type Class uint8

// The classes.
const (
	ClassFailure Class = iota
	ClassSuccess
	ClassWarning
	ClassCancel
	ClassPending
)

// Class returns the class of s.
func (s Status) Class() Class {
	switch {
	case s == Success:
		return ClassSuccess
	case s == Pending || s == PendingWarning:
		return ClassPending
	case s == Cancelled:
		return ClassCancel
	case s == 0x0001 || s == 0x0107 || s == 0x0116 || s>>12 == 0xB:
		return ClassWarning
	}
	return ClassFailure
}

// Refused reports whether s says that the requestor may not use the service, or
// that there is none (PS3.7 C.5). No smaller or other request changes that,
// unlike the failures of a service of its own (PS3.4 C.4.1.1.4), among them
// A7xx, which archives send for queries that match too much.
func (s Status) Refused() bool {
	switch s {
	case NoSuchSOPClass, SOPClassNotSupported, NotAuthorized, UnrecognizedOperation:
		return true
	}
	return false
}

// String returns the four hexadecimal digits of s.
func (s Status) String() string { return fmt.Sprintf("%04X", uint16(s)) }

// ProtocolError is the error of a message that is not what PS3.7 demands. It
// never holds bytes of a data set.
type ProtocolError struct{ What string }

// Error implements error.
func (e *ProtocolError) Error() string { return "DIMSE: " + e.What }

// errTooLong is the error of a message that is longer than the limit.
var errTooLong = &ProtocolError{What: "message is longer than the limit"}

// ErrNotIdentifier is the error of a query that is answered with whole data
// sets, as some servers do, pixel data included: the first is longer than an
// identifier can be, or holds pixel data. The association was aborted, and what
// had come was overwritten.
var ErrNotIdentifier = &ProtocolError{What: "a query is answered with whole data sets"}

// Limits on what a peer may send.
const (
	// maxCommand bounds a command set, in bytes.
	maxCommand = 4 << 10
	// maxCommandPDU is the length of a P-DATA-TF with the longest command set, and
	// then some.
	maxCommandPDU = maxCommand + 64
	// firstGather is the first size of the buffer for messages in fragments.
	firstGather = 4 << 10
	// maxDataSet bounds one data set that comes in several fragments, in bytes.
	maxDataSet = 1 << 20
	// maxIdentifier bounds the identifier of a response to a query, in bytes. It
	// holds the attributes asked for (PS3.4 C.1.3), and what some archives add
	// of the same levels: UIDs of 64 characters, names of 3 times 64, a few
	// dozen modalities, at worst comments of 10,240 characters (PS3.5 6.2, LT) in
	// four bytes each. That makes less than 64 KiB.
	maxIdentifier = 64 << 10
	// maxFragments bounds the fragments of one message, so that a peer cannot
	// spend our time on empty ones.
	maxFragments = 1 << 20
)
