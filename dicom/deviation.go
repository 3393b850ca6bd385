package dicom

import (
	"math/bits"
	"slices"
)

// Deviation is a set of ways in which a peer deviated from the standard and was
// read all the same. It says how, and holds no bytes of the peer.
type Deviation uint32

// The ways.
const (
	// OtherEncoding: an identifier in another encoding than the presentation
	// context agreed on (PS3.8 9.3.3.2).
	OtherEncoding Deviation = 1 << iota
	// UnknownVR: a value representation that PS3.5 table 6.2-1 does not have.
	UnknownVR
	// StrayDelimiter: an item or a delimiter outside a sequence (PS3.5 7.5).
	StrayDelimiter
	// TrailingBytes: bytes behind the last element that are no element.
	TrailingBytes
	// MetaHeader: file meta information in front of an identifier (PS3.10 7.1).
	MetaHeader
	// UnreadableEnd: an identifier that could not be read to its end.
	UnreadableEnd
	// UnreadableCommandEnd: a command set that could not be read to its end.
	UnreadableCommandEnd
	// UserItem: an optional user item of an acceptance that is malformed, cut
	// short, there twice or not in PS3.7 D.3.3.
	UserItem
	// MaxLength: the maximum length is missing or malformed (PS3.8 D.1).
	MaxLength
	// NoImplementationUID: the implementation class UID is missing (PS3.7 D.3.3.2.1).
	NoImplementationUID
	// CutAcceptance: the last item of an acceptance is longer than the PDU.
	CutAcceptance
	// TwoTransferSyntaxes: an accepted context with several transfer syntaxes
	// (PS3.8 9.3.3.2: one).
	TwoTransferSyntaxes
	// UnproposedSyntax: an accepted context with a transfer syntax that was not
	// proposed.
	UnproposedSyntax
	// WrongMessageID: a response to another message than was sent (PS3.7 9.3.2.2).
	WrongMessageID
	// NoSOPClass: a response to a query without Affected SOP Class UID, a field of
	// C-FIND-RSP (PS3.7 9.3.2.2).
	NoSOPClass
	// DataSetType: Command Data Set Type is missing, or contradicts what follows
	// (PS3.7 E.1).
	DataSetType
	// NoIdentifier: a pending response without an identifier (PS3.4 C.4.1.3).
	NoIdentifier
	// UnansweredContext: an acceptance without a result for a context that was
	// proposed (PS3.8 9.3.3.2: one for each).
	UnansweredContext

	deviationsEnd
)

// deviationNames are the names of the ways, in their order.
func deviationNames() []string {
	return []string{"other-encoding", "unknown-value-representation", "stray-delimiter", "trailing-bytes",
		"file-meta-information", "unreadable-identifier-end", "unreadable-command-end", "malformed-user-item", "max-length",
		"no-implementation-class-uid", "acceptance-cut-short", "several-transfer-syntaxes", "transfer-syntax-not-proposed",
		"message-id", "no-sop-class", "data-set-type", "no-identifier", "context-without-result"}
}

// Deviations are all there are.
const Deviations = deviationsEnd - 1

// ParseDeviations is the set that names name; a name that is none is left out.
func ParseDeviations(names []string) Deviation {
	var d Deviation
	for i, n := range deviationNames() {
		if slices.Contains(names, n) {
			d |= 1 << i
		}
	}
	return d
}

// Names names the ways of d, in a fixed order.
func (d Deviation) Names() []string {
	names := deviationNames()
	out := make([]string, 0, bits.OnesCount32(uint32(d&Deviations)))
	for rest := uint32(d & Deviations); rest != 0; rest &= rest - 1 {
		out = append(out, names[bits.TrailingZeros32(rest)])
	}
	return out
}
