package lab_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strings"
	"syscall"
	"testing"
	"time"

	"leadglass/dicom"
	"leadglass/dicom/dimse"
	"leadglass/dicom/ul"
	"leadglass/internal/lab"
	"leadglass/lab/fleets"
)

// read reads a fleet file or fails.
func read(t testing.TB, text string) *lab.Fleet {
	t.Helper()
	f, err := lab.Parse("fleet.yaml", []byte(text))
	if err != nil {
		t.Fatalf("reading the fleet: %v", err)
	}
	return f
}

// builtIn reads a fleet that comes with Leadglass.
func builtIn(t testing.TB, name string) *lab.Fleet {
	t.Helper()
	text, err := fleets.Read(name)
	if err != nil {
		t.Fatal(err)
	}
	f, err := lab.Parse(name, text)
	if err != nil {
		t.Fatalf("reading fleet %s: %v", name, err)
	}
	return f
}

// run starts a fleet that ends with the test. Other packages' tests run the
// same fleets at the same addresses; it waits for them.
func run(t testing.TB, f *lab.Fleet) {
	t.Helper()
	r, err := f.Run(context.Background())
	for wait := 0; errors.Is(err, syscall.EADDRINUSE) && wait < 240; wait++ {
		time.Sleep(500 * time.Millisecond)
		r, err = f.Run(context.Background())
	}
	if err != nil {
		t.Fatalf("starting the fleet: %v", err)
	}
	t.Cleanup(func() { _ = r.Close() })
}

// one is a fleet of a single archive; text is the archive's entry, whose
// address is added.
func one(t testing.TB, address, text string) (*lab.Fleet, netip.AddrPort) {
	t.Helper()
	f := read(t, "version: 1\nname: one\nseed: 1\ndates: {first: 2015-01-01, last: 2019-09-01}\narchives:\n"+
		"  - address: "+address+"\n"+indent(text))
	run(t, f)
	a := f.Archives[0]
	return f, netip.AddrPortFrom(a.Address, a.Group.Port)
}

func indent(text string) string {
	var b strings.Builder
	for line := range strings.Lines(strings.TrimSpace(text) + "\n") {
		b.WriteString("    " + strings.TrimLeft(line, "\t"))
	}
	return b.String()
}

// all proposes the services that a survey asks for.
var all = []string{dicom.Verification, dicom.StudyRootFind, dicom.PatientRootFind, dicom.StudyRootGet,
	dicom.StudyRootMove, dicom.ModalityWorklistFind}

func limit(t testing.TB) context.Context {
	ctx, cancel := context.WithTimeout(context.Background(), 60*time.Second)
	t.Cleanup(cancel)
	return ctx
}

// associate opens an association.
func associate(t testing.TB, at netip.AddrPort, called string) (*ul.Association, error) {
	t.Helper()
	return associateWith(t, at, ul.AssociateRQ{CalledAETitle: called, CallingAETitle: "TESTER", Contexts: ul.Propose(all...)})
}

func associateWith(t testing.TB, at netip.AddrPort, rq ul.AssociateRQ) (*ul.Association, error) {
	t.Helper()
	conn, err := net.Dial("tcp", at.String())
	if err != nil {
		t.Fatalf("connecting to %s: %v", at, err)
	}
	a, err := ul.Request(limit(t), conn, rq, ul.Options{ReadTimeout: 20 * time.Second})
	if err == nil {
		t.Cleanup(func() { _ = a.Close() })
	}
	return a, err
}

// client opens an association that must be accepted.
func client(t testing.TB, at netip.AddrPort) *dimse.Client {
	t.Helper()
	a, err := associate(t, at, "ANYTHING")
	if err != nil {
		t.Fatalf("associating with %s: %v", at, err)
	}
	return dimse.NewClient(a)
}

// keys of a counting query.
func counting(more ...dimse.Key) []dimse.Key {
	keys := []dimse.Key{
		{Tag: dicom.QueryRetrieveLevel, VR: dicom.CS, Value: "STUDY"},
		{Tag: dicom.StudyInstanceUID, VR: dicom.UI},
		{Tag: dicom.NumberOfStudyRelatedInstances, VR: dicom.IS},
	}
	for _, k := range more {
		replaced := false
		for i := range keys {
			if keys[i].Tag == k.Tag {
				keys[i], replaced = k, true
			}
		}
		if !replaced {
			keys = append(keys, k)
		}
	}
	return keys
}

func date(v string) dimse.Key { return dimse.Key{Tag: dicom.StudyDate, VR: dicom.DA, Value: v} }

// tally is what a query brought.
type tally struct {
	responses, images int64
	withoutCount      int64
	uids              map[string]int
	final             dimse.Status
}

func count(t testing.TB, c *dimse.Client, keys []dimse.Key) tally {
	t.Helper()
	out, err := tryCount(t, c, dicom.StudyRootFind, keys)
	if err != nil {
		t.Fatalf("counting: %v", err)
	}
	return out
}

func tryCount(t testing.TB, c *dimse.Client, sopClass string, keys []dimse.Key) (tally, error) {
	t.Helper()
	out := tally{uids: map[string]int{}}
	result, err := c.Find(limit(t), sopClass, keys, func(m dimse.Match) bool {
		out.responses++
		counted := false
		it := m.Elements()
		for it.Next() {
			switch it.Tag() {
			case dicom.StudyInstanceUID:
				out.uids[string(dicom.Trim(it.Value()))]++
			case dicom.NumberOfStudyRelatedInstances:
				var n int64
				n, counted = dicom.ParseIS(it.Value())
				out.images += n
			}
		}
		if it.Err() != nil {
			t.Errorf("response %d: %v", out.responses, it.Err())
		}
		if !counted {
			out.withoutCount++
		}
		return true
	})
	out.final = result.Final
	return out, err
}

// replace puts numbers in the places of words.
func replace(text string, pairs ...any) string {
	for i := 0; i < len(pairs); i += 2 {
		text = strings.Replace(text, pairs[i].(string), fmt.Sprint(pairs[i+1]), 1)
	}
	return text
}
