package ul

// state is a state of the upper layer protocol machine (PS3.8 table 9-1 to
// 9-5).
type state uint32

const (
	sta1  state = 1 + iota // idle
	sta2                   // transport open, awaiting A-ASSOCIATE-RQ
	sta3                   // awaiting local A-ASSOCIATE response
	sta4                   // awaiting transport connection
	sta5                   // awaiting A-ASSOCIATE-AC or -RJ
	sta6                   // association established
	sta7                   // awaiting A-RELEASE-RP
	sta8                   // awaiting local A-RELEASE response
	sta9                   // release collision, requestor: awaiting local response
	sta10                  // release collision, acceptor: awaiting A-RELEASE-RP
	sta11                  // release collision, requestor: awaiting A-RELEASE-RP
	sta12                  // release collision, acceptor: awaiting local response
	sta13                  // awaiting transport close
	states
)

// event is an event of the machine (PS3.8 table 9-10, first column).
type event uint8

const (
	evAssociateRequest  event = iota // Evt1, local
	evTransportOpen                  // Evt2
	evAssociateAC                    // Evt3
	evAssociateRJ                    // Evt4
	evTransportIncoming              // Evt5
	evAssociateRQ                    // Evt6
	evAccept                         // Evt7, local
	evReject                         // Evt8, local
	evSendData                       // Evt9, local
	evPData                          // Evt10
	evReleaseRequest                 // Evt11, local
	evReleaseRQ                      // Evt12
	evReleaseRP                      // Evt13
	evReleaseAnswer                  // Evt14, local
	evAbortRequest                   // Evt15, local
	evAbort                          // Evt16
	evTransportClosed                // Evt17
	evARTIM                          // Evt18
	evInvalidPDU                     // Evt19
	events
)

// action is an action of the machine (PS3.8 table 9-6 to 9-9).
type action uint8

const (
	none action = iota // the event cannot happen, or must not, in this state
	ae1
	ae2
	ae3
	ae4
	ae5
	ae6
	ae7
	ae8
	dt1
	dt2
	ar1
	ar2
	ar3
	ar4
	ar5
	ar6
	ar7
	ar8
	ar9
	ar10
	aa1
	aa2
	aa3
	aa4
	aa5
	aa6
	aa7
	aa8
	actions
)

// transitions is PS3.8 table 9-10: the action for an event in a state. Columns
// are Sta1 to Sta13; column 0 is not used.
var transitions = [events][states]action{
	//                   -     Sta1  Sta2  Sta3  Sta4  Sta5  Sta6  Sta7  Sta8  Sta9  Sta10 Sta11 Sta12 Sta13
	evAssociateRequest:  {none, ae1, none, none, none, none, none, none, none, none, none, none, none, none},
	evTransportOpen:     {none, none, none, none, ae2, none, none, none, none, none, none, none, none, none},
	evAssociateAC:       {none, none, aa1, aa8, none, ae3, aa8, aa8, aa8, aa8, aa8, aa8, aa8, aa6},
	evAssociateRJ:       {none, none, aa1, aa8, none, ae4, aa8, aa8, aa8, aa8, aa8, aa8, aa8, aa6},
	evTransportIncoming: {none, ae5, none, none, none, none, none, none, none, none, none, none, none, none},
	evAssociateRQ:       {none, none, ae6, aa8, none, aa8, aa8, aa8, aa8, aa8, aa8, aa8, aa8, aa7},
	evAccept:            {none, none, none, ae7, none, none, none, none, none, none, none, none, none, none},
	evReject:            {none, none, none, ae8, none, none, none, none, none, none, none, none, none, none},
	evSendData:          {none, none, none, none, none, none, dt1, none, ar7, none, none, none, none, none},
	evPData:             {none, none, aa1, aa8, none, aa8, dt2, ar6, aa8, aa8, aa8, aa8, aa8, aa6},
	evReleaseRequest:    {none, none, none, none, none, none, ar1, none, none, none, none, none, none, none},
	evReleaseRQ:         {none, none, aa1, aa8, none, aa8, ar2, ar8, aa8, aa8, aa8, aa8, aa8, aa6},
	evReleaseRP:         {none, none, aa1, aa8, none, aa8, aa8, ar3, aa8, aa8, ar10, ar3, aa8, aa6},
	evReleaseAnswer:     {none, none, none, none, none, none, none, none, ar4, ar9, none, none, ar4, none},
	evAbortRequest:      {none, none, none, aa1, aa2, aa1, aa1, aa1, aa1, aa1, aa1, aa1, aa1, none},
	evAbort:             {none, none, aa2, aa3, none, aa3, aa3, aa3, aa3, aa3, aa3, aa3, aa3, aa2},
	evTransportClosed:   {none, none, aa5, aa4, aa4, aa4, aa4, aa4, aa4, aa4, aa4, aa4, aa4, ar5},
	evARTIM:             {none, none, aa2, none, none, none, none, none, none, none, none, none, none, aa2},
	evInvalidPDU:        {none, none, aa1, aa8, none, aa8, aa8, aa8, aa8, aa8, aa8, aa8, aa8, aa7},
}

// nextState is the state after an action (PS3.8 table 9-6 to 9-9). ae6 leads
// to sta3 here, since refusing is always left to the local user; ar8 leads to
// sta9 for a requestor and to sta10 for an acceptor.
var nextState = [actions]state{
	ae1: sta4, ae2: sta5, ae3: sta6, ae4: sta1, ae5: sta2, ae6: sta3, ae7: sta6, ae8: sta13,
	dt1: sta6, dt2: sta6,
	ar1: sta7, ar2: sta8, ar3: sta1, ar4: sta13, ar5: sta1, ar6: sta7, ar7: sta8, ar8: sta9, ar9: sta11, ar10: sta12,
	aa1: sta13, aa2: sta1, aa3: sta1, aa4: sta1, aa5: sta1, aa6: sta13, aa7: sta13, aa8: sta13,
}

// received is the event of a PDU that arrives, by its type.
var received = [TypeAbort + 1]event{
	0:               evInvalidPDU,
	TypeAssociateRQ: evAssociateRQ, TypeAssociateAC: evAssociateAC, TypeAssociateRJ: evAssociateRJ,
	TypePData: evPData, TypeReleaseRQ: evReleaseRQ, TypeReleaseRP: evReleaseRP, TypeAbort: evAbort,
}

// step makes the transition for e and returns the action. The state does not
// change when the action is none. It may be called by the goroutine that reads
// and the one that writes at once.
func (a *Association) step(e event) action {
	for {
		s := state(a.state.Load())
		act := transitions[e][s]
		if act == none {
			return none
		}
		next := nextState[act]
		if act == ar8 && !a.requestor {
			next = sta10
		}
		if next == s || a.state.CompareAndSwap(uint32(s), uint32(next)) {
			return act
		}
	}
}
