package ul

import "fmt"

// AssociateRJ is an A-ASSOCIATE-RJ (PS3.8 9.3.4).
type AssociateRJ struct {
	Result RejectResult
	Source RejectSource
	// Reason is read together with Source.
	Reason RejectReason
}

// RejectResult says whether trying again may help.
type RejectResult uint8

// The results of a rejection.
const (
	RejectedPermanent RejectResult = 1
	RejectedTransient RejectResult = 2
)

// String names the result as PS3.8 9.3.4 does.
func (r RejectResult) String() string {
	switch r {
	case RejectedPermanent:
		return "rejected-permanent"
	case RejectedTransient:
		return "rejected-transient"
	}
	return fmt.Sprintf("result %d", uint8(r))
}

// RejectSource says which part of the peer rejected.
type RejectSource uint8

// The sources of a rejection.
const (
	ServiceUser                 RejectSource = 1
	ServiceProviderACSE         RejectSource = 2
	ServiceProviderPresentation RejectSource = 3
)

// String names the source as PS3.8 9.3.4 does.
func (s RejectSource) String() string {
	switch s {
	case ServiceUser:
		return "service-user"
	case ServiceProviderACSE:
		return "service-provider (ACSE)"
	case ServiceProviderPresentation:
		return "service-provider (presentation)"
	}
	return fmt.Sprintf("source %d", uint8(s))
}

// RejectReason is the reason of a rejection; its meaning depends on the
// source.
type RejectReason uint8

// The reasons of a service user (source 1).
const (
	UserNoReason                       RejectReason = 1
	ApplicationContextNameNotSupported RejectReason = 2
	CallingAETitleNotRecognized        RejectReason = 3
	CalledAETitleNotRecognized         RejectReason = 7
)

// The reasons of the ACSE related provider (source 2).
const (
	ACSENoReason                RejectReason = 1
	ProtocolVersionNotSupported RejectReason = 2
)

// The reasons of the presentation related provider (source 3).
const (
	TemporaryCongestion RejectReason = 1
	LocalLimitExceeded  RejectReason = 2
)

type sourceReason struct {
	source RejectSource
	reason RejectReason
}

var reasonNames = map[sourceReason]string{
	{ServiceUser, UserNoReason}:                        "no-reason-given",
	{ServiceUser, ApplicationContextNameNotSupported}:  "application-context-name-not-supported",
	{ServiceUser, CallingAETitleNotRecognized}:         "calling-AE-title-not-recognized",
	{ServiceUser, CalledAETitleNotRecognized}:          "called-AE-title-not-recognized",
	{ServiceProviderACSE, ACSENoReason}:                "no-reason-given",
	{ServiceProviderACSE, ProtocolVersionNotSupported}: "protocol-version-not-supported",
	{ServiceProviderPresentation, TemporaryCongestion}: "temporary-congestion",
	{ServiceProviderPresentation, LocalLimitExceeded}:  "local-limit-exceeded",
}

// String names all three codes as PS3.8 9.3.4 does.
func (rj AssociateRJ) String() string {
	name, ok := reasonNames[sourceReason{rj.Source, rj.Reason}]
	if !ok {
		name = fmt.Sprintf("reason %d", uint8(rj.Reason))
	}
	return fmt.Sprintf("%s, %s, %s", rj.Result, rj.Source, name)
}

// Abort is an A-ABORT (PS3.8 9.3.8).
type Abort struct {
	Source AbortSource
	// Reason means something only where Source is AbortServiceProvider.
	Reason AbortReason
}

// AbortSource says who aborted.
type AbortSource uint8

// The sources of an abort.
const (
	AbortServiceUser     AbortSource = 0
	AbortServiceProvider AbortSource = 2
)

// AbortReason says why a provider aborted (PS3.8 table 9-26).
type AbortReason uint8

// The reasons of an abort.
const (
	AbortReasonNotSpecified AbortReason = 0
	AbortUnrecognizedPDU    AbortReason = 1
	AbortUnexpectedPDU      AbortReason = 2
	AbortUnrecognizedParam  AbortReason = 4
	AbortUnexpectedParam    AbortReason = 5
	AbortInvalidParam       AbortReason = 6
)

// String names source and reason as PS3.8 9.3.8 does.
func (a Abort) String() string {
	if a.Source == AbortServiceUser {
		return "service-user"
	}
	names := map[AbortReason]string{
		AbortReasonNotSpecified: "reason-not-specified",
		AbortUnrecognizedPDU:    "unrecognized-PDU",
		AbortUnexpectedPDU:      "unexpected-PDU",
		AbortUnrecognizedParam:  "unrecognized-PDU parameter",
		AbortUnexpectedParam:    "unexpected-PDU parameter",
		AbortInvalidParam:       "invalid-PDU-parameter value",
	}
	name, ok := names[a.Reason]
	if !ok {
		name = fmt.Sprintf("reason %d", uint8(a.Reason))
	}
	if a.Source != AbortServiceProvider {
		return fmt.Sprintf("source %d, %s", uint8(a.Source), name)
	}
	return "service-provider, " + name
}
