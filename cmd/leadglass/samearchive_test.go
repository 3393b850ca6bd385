package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"leadglass/internal/campaign"
	"leadglass/internal/publish"
	"leadglass/internal/realserver"
	"leadglass/internal/scope"
	"leadglass/internal/store"
)

// sameName resolves every name to the addresses.
type sameName []netip.Addr

func (s sameName) LookupNetIP(context.Context, string, string) ([]netip.Addr, error) { return s, nil }

// door hands connections to several addresses on to one server, and counts how
// many of them lasted beside another.
type door struct {
	mu     sync.Mutex
	open   int
	beside int
	closed sync.Cond
}

// enter waits a moment for the end of the connections before, of which the door
// may not have heard yet.
func (d *door) enter() {
	d.mu.Lock()
	defer d.mu.Unlock()
	patience := time.AfterFunc(2*time.Second, d.closed.Broadcast)
	defer patience.Stop()
	if d.open > 0 {
		d.closed.Wait()
	}
	if d.open > 0 {
		d.beside++
	}
	d.open++
}

func (d *door) leave() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.open--
	d.closed.Broadcast()
}

// listen hands on what comes to an address, and returns the port.
func (d *door) listen(t *testing.T, at netip.AddrPort, to string) uint16 {
	t.Helper()
	l, err := net.Listen("tcp", at.String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go d.pass(c, to)
		}
	}()
	return netip.MustParseAddrPort(l.Addr().String()).Port()
}

func (d *door) pass(c net.Conn, to string) {
	d.enter()
	defer d.leave()
	defer c.Close()
	server, err := net.Dial("tcp", to)
	if err != nil {
		return
	}
	defer server.Close()
	go func() {
		_, _ = io.Copy(c, server)
		_ = c.Close()
	}()
	_, _ = io.Copy(server, c)
}

// TestOneArchiveBehindAName: an archive behind a name with four addresses has one
// association at a time, and is counted once.
func TestOneArchiveBehindAName(t *testing.T) {
	s := realserver.Dcmqrscp(t, realserver.DCMTKOptions{Studies: realserver.Studies(4, 30, 1, realserver.StudyOptions{})})
	d := &door{}
	d.closed.L = &d.mu
	var addresses sameName
	var port uint16 // the first that is free
	for i := range 4 {
		at := netip.AddrFrom4([4]byte{127, 31, 78, byte(i + 1)})
		addresses = append(addresses, at)
		port = d.listen(t, netip.AddrPortFrom(at, port), s.DICOMAddr())
	}
	text := fmt.Sprintf(`version: 1
name: one machine
authority: {organisation: Test, contact: test@example.test, reference: T, valid_from: 2020-01-01, valid_until: 2099-12-31}
identity: {calling_ae_title: LEADGLASS, url: https://example.test/}
include: [pacs.example.test, 127.31.78.1, 127.31.78.2, 127.31.78.3, 127.31.78.4]
ports: {dicom: [%d], http: []}
`, port)
	sc, err := scope.Parse("scope.yaml", []byte(text), time.Now())
	if err != nil {
		t.Fatal(err)
	}
	if err := addCalledTitles(sc, []string{s.AETitle}); err != nil {
		t.Fatal(err)
	}
	var out, errs bytes.Buffer
	a := &app{commandLine: &commandLine{Store: filepath.Join(t.TempDir(), "s.db")}, out: &out, err: &errs,
		log: slog.New(slog.DiscardHandler), resolver: addresses}
	v, err := runSurvey(t.Context(), a, sc, campaign.Options{Examiners: 8}, false)
	if err != nil {
		t.Fatalf("%v\n%s", err, &errs)
	}
	if d.beside > 0 {
		t.Errorf("%d connections stood beside another", d.beside)
	}
	db, err := store.OpenExisting(t.Context(), a.Store)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	same := 0
	for r, err := range db.Records(t.Context(), v.ID) {
		if err != nil {
			t.Fatal(err)
		}
		if !r.Finding.Verdict.FreelyAccessible() {
			t.Errorf("%s is %s", r.Finding.Target.Address, r.Finding.Verdict)
		}
		if o := r.Finding.SameArchiveAs; o != nil {
			same++
			if o.Address != addresses[0].String() || !strings.Contains(o.Reason, "same archive as") {
				t.Errorf("%+v", o)
			}
		}
	}
	if same != 3 {
		t.Errorf("%d addresses lead to the archive of another, want 3", same)
	}
	if text := out.String(); !strings.Contains(text, "studies            30\n") || !strings.Contains(errs.String(), "each archive is counted once") {
		t.Errorf("the summary says: %s\n%s", text, &errs)
	}
	report, err := writeReport(t.Context(), a, reportCommand{Format: []publish.Format{publish.JSON}, Edition: "confidential", MinCount: new(1), Out: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	var r struct {
		Totals struct {
			ArchivesOpen int64                 `json:"archives_open"`
			StudyRecords struct{ Value int64 } `json:"study_records"`
		}
	}
	readJSONFile(t, report[0], &r)
	if r.Totals.ArchivesOpen != 1 || r.Totals.StudyRecords.Value != 30 {
		t.Errorf("the report has %+v", r.Totals)
	}
}

func readJSONFile(t *testing.T, path string, into any) {
	t.Helper()
	text, err := os.ReadFile(path)
	if err == nil {
		err = json.Unmarshal(text, into)
	}
	if err != nil {
		t.Fatal(err)
	}
}
