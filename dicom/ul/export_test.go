package ul

import "fmt"

// What the external tests need to see of the state machine.

// Events and States are the numbers of PS3.8 table 9-10.
const (
	Events = int(events)
	States = int(states) - 1
)

// Transition returns the action of the table for event and state, numbered
// from 1 as in the standard, by the name the standard gives it; empty for
// none.
func Transition(evt, sta int) string { return transitions[evt-1][sta].name() }

// Next returns the state after an action, by its name.
func Next(name string) int {
	for act := none + 1; act < actions; act++ {
		if act.name() == name {
			return int(nextState[act])
		}
	}
	return 0
}

func (a action) name() string {
	names := [actions]string{
		none: "", ae1: "AE-1", ae2: "AE-2", ae3: "AE-3", ae4: "AE-4", ae5: "AE-5", ae6: "AE-6", ae7: "AE-7", ae8: "AE-8",
		dt1: "DT-1", dt2: "DT-2", ar1: "AR-1", ar2: "AR-2", ar3: "AR-3", ar4: "AR-4", ar5: "AR-5", ar6: "AR-6", ar7: "AR-7",
		ar8: "AR-8", ar9: "AR-9", ar10: "AR-10",
		aa1: "AA-1", aa2: "AA-2", aa3: "AA-3", aa4: "AA-4", aa5: "AA-5", aa6: "AA-6", aa7: "AA-7", aa8: "AA-8",
	}
	return names[a]
}

// Step makes a transition as an association in state sta would and returns
// the action and the state after it.
func Step(requestor bool, evt, sta int) (string, int) {
	a := &Association{requestor: requestor}
	a.state.Store(uint32(sta))
	act := a.step(event(evt - 1))
	return act.name(), int(a.state.Load())
}

// State returns the number of the state an association is in.
func (a *Association) State() string { return fmt.Sprintf("Sta%d", a.state.Load()) }

// Limits of the receiver.
const (
	MaxAssociatePDU = maxAssociatePDU
	MaxContexts     = maxContexts
)
