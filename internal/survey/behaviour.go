package survey

// Facts about the behaviour of a DICOM service. The stages that see them put
// them into Service.Behaviours; the rules of package products name
// them. Where a fact ends in a colon, the stage appends the status as four
// upper case hexadecimal digits ("0000", "C000"), or BehaviourAbort or
// BehaviourClose where the peer ended the association instead of answering.
const (
	// BehaviourAnyTitle: a called AE title made up at random was accepted.
	BehaviourAnyTitle = "called-title:any"
	// BehaviourTitleRefused: it was rejected for the title (1/1/7).
	BehaviourTitleRefused = "called-title:refused"
	// BehaviourCallingRefused: rejected for the calling AE title (1/1/3).
	BehaviourCallingRefused = "calling-title:refused"
	// BehaviourNonsenseContext: a presentation context whose abstract syntax
	// was made up at random was accepted.
	BehaviourNonsenseContext = "nonsense-context:accepted"
	// BehaviourWorklistOnly: of the query services only the worklist.
	BehaviourWorklistOnly = "contexts:worklist-only"
	// BehaviourStorageOnly: storage and verification, no query service.
	BehaviourStorageOnly = "contexts:storage-only"
	// BehaviourEchoOnly: verification and nothing else that was proposed.
	BehaviourEchoOnly = "contexts:echo-only"
	// BehaviourQueryAndStorage: Study Root FIND and storage.
	BehaviourQueryAndStorage = "contexts:query-and-storage"

	// BehaviourEcho is the answer to C-ECHO.
	BehaviourEcho = "echo:"
	// BehaviourFind is how a study query ended: the final status.
	BehaviourFind = "find:"
	// BehaviourFindNoLevel is the answer to C-FIND without a query level.
	BehaviourFindNoLevel = "find-no-level:"
	// BehaviourFindLimit is the final status of a list that the server cut.
	BehaviourFindLimit = "find-limit:"
	// BehaviourGetUnknown is the answer to C-GET for a UID that does not exist.
	BehaviourGetUnknown = "get-unknown-uid:"
	// BehaviourMoveUnknown is the answer to C-MOVE for a UID that does not
	// exist, to a destination that nobody configured.
	BehaviourMoveUnknown = "move-unknown-uid:"
	// BehaviourNoAnnouncement: an acceptance without implementation class UID
	// and version name, of which PS3.7 D.3.3.2 demands the first.
	BehaviourNoAnnouncement = "announces:nothing"
	// BehaviourEchoesCaller: an acceptance announced our own implementation
	// class UID or version name, so that it says nothing of the peer.
	BehaviourEchoesCaller = "announces:caller"
	// BehaviourVersionDenied: an association was rejected for its protocol
	// version (1/2/2, PS3.8 9.3.4), although the request announced version 1,
	// the only one that there is.
	BehaviourVersionDenied = "protocol-version:denied"
	// BehaviourDeniedLate: that rejection came 5 to 6 s after the request.
	BehaviourDeniedLate = "denied-after:5s"
	// BehaviourWholeFile: a query was answered with a whole data set, pixel data
	// included, or longer than an identifier can be (dimse.ErrNotIdentifier).
	BehaviourWholeFile = "find-response:whole-file"
	// BehaviourMaxPDU is the longest PDU that an acceptance announces, in
	// bytes: "max-pdu:16384".
	BehaviourMaxPDU = "max-pdu:"
	// BehaviourImpossible: a query that nothing can match was answered with a
	// match. What stands behind the colon is one of the three below.
	BehaviourImpossible = "impossible-query:"
	// BehaviourCountsAbsent: asked for (0020,1208), no response had it.
	BehaviourCountsAbsent = "find-counts:absent"
	// BehaviourCountsPresent: asked for (0020,1208), the responses had it.
	BehaviourCountsPresent = "find-counts:present"
)

// What the query asked for that nothing could match.
const (
	ImpossibleStudy    = "study"
	ImpossiblePatient  = "patient"
	ImpossibleWorklist = "worklist"
)

// What stands behind the colon where there was no status.
const (
	BehaviourAbort = "abort"
	BehaviourClose = "close"
)
