package ul_test

import (
	"strings"
	"testing"

	"leadglass/dicom/ul"
)

// table910 is PS3.8 table 9-10 as the standard prints it: a row for each
// event, a column for each state, blank (here ".") where nothing can happen.
const table910 = `
       Sta1  Sta2  Sta3  Sta4  Sta5  Sta6  Sta7  Sta8  Sta9  Sta10 Sta11 Sta12 Sta13
Evt1   AE-1  .     .     .     .     .     .     .     .     .     .     .     .
Evt2   .     .     .     AE-2  .     .     .     .     .     .     .     .     .
Evt3   .     AA-1  AA-8  .     AE-3  AA-8  AA-8  AA-8  AA-8  AA-8  AA-8  AA-8  AA-6
Evt4   .     AA-1  AA-8  .     AE-4  AA-8  AA-8  AA-8  AA-8  AA-8  AA-8  AA-8  AA-6
Evt5   AE-5  .     .     .     .     .     .     .     .     .     .     .     .
Evt6   .     AE-6  AA-8  .     AA-8  AA-8  AA-8  AA-8  AA-8  AA-8  AA-8  AA-8  AA-7
Evt7   .     .     AE-7  .     .     .     .     .     .     .     .     .     .
Evt8   .     .     AE-8  .     .     .     .     .     .     .     .     .     .
Evt9   .     .     .     .     .     DT-1  .     AR-7  .     .     .     .     .
Evt10  .     AA-1  AA-8  .     AA-8  DT-2  AR-6  AA-8  AA-8  AA-8  AA-8  AA-8  AA-6
Evt11  .     .     .     .     .     AR-1  .     .     .     .     .     .     .
Evt12  .     AA-1  AA-8  .     AA-8  AR-2  AR-8  AA-8  AA-8  AA-8  AA-8  AA-8  AA-6
Evt13  .     AA-1  AA-8  .     AA-8  AA-8  AR-3  AA-8  AA-8  AR-10 AR-3  AA-8  AA-6
Evt14  .     .     .     .     .     .     .     AR-4  AR-9  .     .     AR-4  .
Evt15  .     .     AA-1  AA-2  AA-1  AA-1  AA-1  AA-1  AA-1  AA-1  AA-1  AA-1  .
Evt16  .     AA-2  AA-3  .     AA-3  AA-3  AA-3  AA-3  AA-3  AA-3  AA-3  AA-3  AA-2
Evt17  .     AA-5  AA-4  AA-4  AA-4  AA-4  AA-4  AA-4  AA-4  AA-4  AA-4  AA-4  AR-5
Evt18  .     AA-2  .     .     .     .     .     .     .     .     .     .     AA-2
Evt19  .     AA-1  AA-8  .     AA-8  AA-8  AA-8  AA-8  AA-8  AA-8  AA-8  AA-8  AA-7
`

// tables96to99 are the next states of PS3.8 tables 9-6 to 9-9. AE-6 leads to
// Sta3 or Sta13, of which only the first is used here; AR-8 leads to Sta9 for
// a requestor and to Sta10 for an acceptor.
const tables96to99 = `
AE-1 4   AE-2 5   AE-3 6   AE-4 1   AE-5 2   AE-6 3   AE-7 6   AE-8 13
DT-1 6   DT-2 6
AR-1 7   AR-2 8   AR-3 1   AR-4 13  AR-5 1   AR-6 7   AR-7 8   AR-8 9   AR-9 11  AR-10 12
AA-1 13  AA-2 1   AA-3 1   AA-4 1   AA-5 1   AA-6 13  AA-7 13  AA-8 13
`

func TestStateMachineIsTable910(t *testing.T) {
	rows := strings.Split(strings.TrimSpace(table910), "\n")[1:]
	if len(rows) != 19 || ul.Events != 19 || ul.States != 13 {
		t.Fatalf("%d rows, %d events, %d states; PS3.8 has 19 events and 13 states", len(rows), ul.Events, ul.States)
	}
	for i, row := range rows {
		cells := strings.Fields(row)
		if len(cells) != 14 {
			t.Fatalf("%s has %d cells", cells[0], len(cells)-1)
		}
		for j, want := range cells[1:] {
			want = strings.TrimPrefix(want, ".")
			evt, sta := i+1, j+1
			if got := ul.Transition(evt, sta); got != want {
				t.Errorf("Evt%d in Sta%d: action %q, want %q", evt, sta, got, want)
			}
		}
	}
}

func TestActionsLeadToTheStatesOfTheStandard(t *testing.T) {
	fields := strings.Fields(tables96to99)
	if len(fields) != 2*28 {
		t.Fatalf("%d actions, PS3.8 has 28", len(fields)/2)
	}
	next := make(map[string]int)
	for i := 0; i < len(fields); i += 2 {
		n := 0
		for _, c := range fields[i+1] {
			n = 10*n + int(c-'0')
		}
		next[fields[i]] = n
		if got := ul.Next(fields[i]); got != n {
			t.Errorf("%s leads to Sta%d, want Sta%d", fields[i], got, n)
		}
	}
	for evt := 1; evt <= ul.Events; evt++ {
		for sta := 1; sta <= ul.States; sta++ {
			for _, requestor := range []bool{true, false} {
				act, got := ul.Step(requestor, evt, sta)
				want := next[act]
				switch {
				case act == "":
					want = sta
				case act == "AR-8" && !requestor:
					want = 10
				}
				if got != want {
					t.Errorf("requestor %v, Evt%d in Sta%d, action %q: Sta%d, want Sta%d", requestor, evt, sta, act, got, want)
				}
			}
		}
	}
}
