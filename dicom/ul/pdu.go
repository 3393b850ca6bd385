package ul

import (
	"slices"

	"leadglass/dicom"
)

// AssociateRQ is an A-ASSOCIATE-RQ (PS3.8 9.3.2).
type AssociateRQ struct {
	// ProtocolVersion is a bit field; 1 is the only version there is, and is
	// sent for 0.
	ProtocolVersion uint16
	// CalledAETitle and CallingAETitle have 1 to 16 characters.
	CalledAETitle, CallingAETitle string
	// ApplicationContext is dicom.ApplicationContext when empty.
	ApplicationContext string
	Contexts           []PresentationContext
	User               UserInfo
}

// PresentationContext is a presentation context as proposed (PS3.8 9.3.2.2).
type PresentationContext struct {
	// ID is odd, 1 to 255.
	ID               uint8
	AbstractSyntax   string
	TransferSyntaxes []string
}

// AssociateAC is an A-ASSOCIATE-AC (PS3.8 9.3.3).
type AssociateAC struct {
	ProtocolVersion uint16
	// CalledAETitle and CallingAETitle are what the peer sent back in the
	// reserved fields; they mean nothing (PS3.8 table 9-17), but differ from
	// product to product.
	CalledAETitle, CallingAETitle string
	ApplicationContext            string
	Contexts                      []ContextResult
	User                          UserInfo
	// Deviation is how the acceptance deviates from the standard.
	Deviation dicom.Deviation
}

// ContextResult is the answer to a proposed presentation context
// (PS3.8 9.3.3.2).
type ContextResult struct {
	ID     uint8
	Result ContextReason
	// TransferSyntax means something only where Result is Acceptance.
	TransferSyntax string
	// Further are transfer syntaxes behind the first; there should be none.
	Further []string
}

// ContextReason is the result of a presentation context (PS3.8 table 9-18).
type ContextReason uint8

// The results of a presentation context.
const (
	Acceptance                    ContextReason = 0
	UserRejection                 ContextReason = 1
	NoReason                      ContextReason = 2
	AbstractSyntaxNotSupported    ContextReason = 3
	TransferSyntaxesNotSupported  ContextReason = 4
	undefinedContextReasonMinimum ContextReason = 5
)

// String names the result as PS3.8 does.
func (r ContextReason) String() string {
	names := [...]string{"acceptance", "user-rejection", "no-reason (provider rejection)",
		"abstract-syntax-not-supported (provider rejection)",
		"transfer-syntaxes-not-supported (provider rejection)"}
	if r >= undefinedContextReasonMinimum {
		return "undefined result"
	}
	return names[r]
}

// UserInfo is the user information item (PS3.8 9.3.2.3, PS3.7 D.3.3).
type UserInfo struct {
	// MaxPDULength is the longest P-DATA-TF the sender of the item takes, in
	// bytes without the PDU header; 0 means no limit (PS3.8 D.1).
	MaxPDULength uint32
	// ImplementationClassUID names the implementation (PS3.7 D.3.3.2.1); our
	// own where it is empty in a PDU that we send.
	ImplementationClassUID string
	// Anonymous leaves ImplementationClassUID and ImplementationVersionName out
	// of a PDU that we send. PS3.7 D.3.3.2.1 demands the first; some servers
	// leave both out all the same, and the laboratory plays them.
	Anonymous bool
	// ImplementationVersionName has at most 16 characters (PS3.7 D.3.3.2.2).
	ImplementationVersionName string
	// AsyncOps is the asynchronous operations window, nil when absent.
	AsyncOps *AsyncOperations
	Roles    []RoleSelection
	// Identity is the user identity of a request, nil when absent.
	Identity *UserIdentity
	// IdentityResponse is the server response of an acceptance, nil when
	// absent (PS3.7 D.3.3.7.2).
	IdentityResponse []byte
}

// AsyncOperations is the asynchronous operations window (PS3.7 D.3.3.3); 0
// means unlimited.
type AsyncOperations struct{ Invoked, Performed uint16 }

// RoleSelection is an SCP/SCU role selection item (PS3.7 D.3.3.4).
type RoleSelection struct {
	SOPClassUID string
	SCU, SCP    bool
}

// UserIdentity is a user identity item of a request (PS3.7 D.3.3.7.1).
type UserIdentity struct {
	// Type is 1 user name, 2 user name and passcode, 3 Kerberos, 4 SAML,
	// 5 JSON web token.
	Type                      uint8
	PositiveResponseRequested bool
	Primary, Secondary        []byte
}

// What Leadglass says it is (PS3.7 D.3.3.2).
const (
	ImplementationClassUID    = "2.25.268913423947340678173777066674218461501"
	ImplementationVersionName = "LEADGLASS_1"
)

// context returns the accepted context of an abstract syntax that was proposed
// in rq, and its transfer syntax: the first that package dicom knows of those that
// the acceptance names. Where it names none that was proposed, it is the one that
// every peer has to know (PS3.5 10.1).
func (ac *AssociateAC) context(rq *AssociateRQ, abstractSyntax string) (id uint8, ts string, ok bool) {
	for _, p := range rq.Contexts {
		if p.AbstractSyntax != abstractSyntax {
			continue
		}
		for _, c := range ac.Contexts {
			if c.ID == p.ID && c.Result == Acceptance {
				return c.ID, c.syntax(), true
			}
		}
	}
	return 0, "", false
}

// syntax is the transfer syntax to use on an accepted context.
func (c *ContextResult) syntax() string {
	if _, known := dicom.SyntaxOf(c.TransferSyntax); known {
		return c.TransferSyntax
	}
	for _, ts := range c.Further {
		if _, known := dicom.SyntaxOf(ts); known {
			return ts
		}
	}
	return dicom.ImplicitVRLittleEndian
}

// TransferSyntax returns the transfer syntax used on an accepted context.
func (a *Association) TransferSyntax(id uint8) string {
	for _, c := range a.ac.Contexts {
		if c.ID == id && c.Result == Acceptance {
			return c.syntax()
		}
	}
	return ""
}

// Ambiguous reports whether the peer accepted a context with several transfer
// syntaxes that package dicom knows.
func (a *Association) Ambiguous(id uint8) bool {
	for _, c := range a.ac.Contexts {
		if c.ID != id || c.Result != Acceptance {
			continue
		}
		for _, ts := range append(c.Further, c.TransferSyntax) {
			if _, known := dicom.SyntaxOf(ts); known && ts != c.syntax() {
				return true
			}
		}
	}
	return false
}

// unproposed reports whether a context was accepted with a transfer syntax that rq
// does not propose for it.
func (ac *AssociateAC) unproposed(rq *AssociateRQ) bool {
	for _, c := range ac.Contexts {
		for _, p := range rq.Contexts {
			if c.ID == p.ID && c.Result == Acceptance && !slices.Contains(p.TransferSyntaxes, c.TransferSyntax) {
				return true
			}
		}
	}
	return false
}

// unanswered reports whether a context of rq has no result.
func (ac *AssociateAC) unanswered(rq *AssociateRQ) bool {
	for _, p := range rq.Contexts {
		if !slices.ContainsFunc(ac.Contexts, func(c ContextResult) bool { return c.ID == p.ID }) {
			return true
		}
	}
	return false
}
