package census_test

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"net"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"leadglass/dicom"
	"leadglass/dicom/dimse"
	"leadglass/dicom/ul"
)

// study is a study of a simulated archive.
type study struct {
	uid      string
	date     string // YYYYMMDD or empty
	time     string // HHMMSS or empty
	modality string
	patient  string
	images   int
	offline  bool
}

// archive is a simulated archive with the quirks that tests want. Its zero
// value answers every query as the standard says, with no study.
type archive struct {
	studies []study

	cap       int          // list length at which it cuts; 0 for none
	capStatus dimse.Status // with which it says so
	capOn     string       // "universal", "windows", or empty for both

	ignoresRanges                      bool
	dropsDates                         bool // Study Date is neither matched nor returned
	nullDates                          bool // studies without a date match every range
	exactRanges                        bool
	looseRanges                        bool
	noModality                         bool // Modalities in Study is neither matched nor returned
	noTime                             bool
	wildcardUIDs                       bool
	noCounts                           bool
	countText                          string // instead of the number of images, when set
	hierarchical                       bool   // refuses queries below STUDY level without a parent
	repeatEvery                        int    // sends every n-th study again at the end
	endless                            bool
	ignoresCancel                      bool
	abortAfter                         int
	closeAfter                         bool // after each query
	needsDate                          bool
	needsTimeKey                       bool
	patientRoot                        bool // only
	refuses                            bool // every C-FIND
	explicitOnly                       bool
	finalStatus                        dimse.Status
	perResponse                        time.Duration
	malformEvery                       int
	ignoresPatientID, literalWildcards bool
	oneAtATime                         bool
	// objects returns the failure with which a query is answered that matches n
	// studies, 0 for none; hides reports whether it finds nothing.
	objects func(q request, n int) dimse.Status
	hides   func(q request) bool
	// below is how it answers queries below the level of studies.
	below below

	mu      sync.Mutex
	open    int
	queries []string // "LEVEL date/time/modality"
}

func (a *archive) decide(rq *ul.AssociateRQ) (*ul.AssociateAC, *ul.AssociateRJ) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.oneAtATime && a.open > 0 {
		return nil, &ul.AssociateRJ{Result: ul.RejectedTransient, Source: ul.ServiceProviderPresentation, Reason: ul.LocalLimitExceeded}
	}
	a.open++
	ac := &ul.AssociateAC{}
	for _, c := range rq.Contexts {
		r := ul.ContextResult{ID: c.ID, TransferSyntax: c.TransferSyntaxes[0]}
		if a.explicitOnly {
			r.TransferSyntax = dicom.ExplicitVRLittleEndian
		}
		if a.patientRoot && c.AbstractSyntax == dicom.StudyRootFind {
			r.Result = ul.AbstractSyntaxNotSupported
		}
		ac.Contexts = append(ac.Contexts, r)
	}
	return ac, nil
}

// serve serves the archive on loopback until the test ends and returns an
// opener of associations with it.
func (a *archive) serve(tb testing.TB) ul.Opener {
	tb.Helper()
	open, stop := a.start()
	tb.Cleanup(stop)
	return open
}

// start serves the archive until stop is called.
func (a *archive) start() (open ul.Opener, stop func()) {
	return a.startProvider(&dimse.Provider{
		Echo: func(context.Context, *dimse.Request) dimse.Outcome { return dimse.Answer(dimse.Success) },
		Find: a.find,
	})
}

// startProvider serves p as the archive would be served.
func (a *archive) startProvider(p *dimse.Provider) (open ul.Opener, stop func()) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		panic(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	var wg sync.WaitGroup
	wg.Go(func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			smallBuffers(conn)
			wg.Go(func() {
				as, err := ul.Accept(ctx, conn, ul.Options{ReadTimeout: time.Minute}, a.decide)
				if err != nil {
					return
				}
				_ = p.Serve(ctx, as)
				a.mu.Lock()
				a.open--
				a.mu.Unlock()
			})
		}
	})
	return opener(l.Addr().String()), func() {
		cancel()
		_ = l.Close()
		wg.Wait()
	}
}

// smallBuffers makes the system hold little of what is under way, so that a
// C-CANCEL ends a query soon, however fast or slow either side is.
func smallBuffers(conn net.Conn) {
	tcp := conn.(*net.TCPConn)
	if err := errors.Join(tcp.SetReadBuffer(32<<10), tcp.SetWriteBuffer(32<<10)); err != nil {
		panic(err)
	}
}

// opener opens associations with addr.
func opener(addr string) ul.Opener {
	return func(ctx context.Context, called string, contexts []ul.PresentationContext) (*ul.Association, error) {
		conn, err := new(net.Dialer).DialContext(ctx, "tcp", addr)
		if err != nil {
			return nil, err
		}
		smallBuffers(conn)
		if called == "" {
			called = "ARCHIVE"
		}
		return ul.Request(ctx, conn, ul.AssociateRQ{CalledAETitle: called, CallingAETitle: "LEADGLASS", Contexts: contexts},
			ul.Options{ReadTimeout: 2 * time.Second})
	}
}

// below is what an archive makes of a query for series or images: the level of
// the answers, whether they say so ("" for their level, "asked", "none"), which
// parents are ignored and how the answers name them, and how often an image
// comes.
type below struct {
	level, label         string
	ignoresParents, echo bool
	repeat               int
	first                bool // one image of each series, no more
}

// request is a C-FIND as the archive understands it.
type request struct {
	level, date, time, modality, study, series, patient, name string
	keys                                                      []dicom.Tag
	present                                                   map[dicom.Tag]bool
}

func parseRequest(r *dimse.Request) request {
	q := request{present: map[dicom.Tag]bool{}}
	it := r.Elements()
	for it.Next() {
		v := string(dicom.Trim(it.Value()))
		q.keys = append(q.keys, it.Tag())
		q.present[it.Tag()] = true
		switch it.Tag() {
		case dicom.QueryRetrieveLevel:
			q.level = v
		case dicom.StudyDate:
			q.date = v
		case dicom.StudyTime:
			q.time = v
		case dicom.ModalitiesInStudy:
			q.modality = v
		case dicom.StudyInstanceUID:
			q.study = v
		case dicom.SeriesInstanceUID:
			q.series = v
		case dicom.PatientID:
			q.patient = v
		case dicom.PatientName:
			q.name = v
		}
	}
	return q
}

func (a *archive) matches(q request, s *study) bool {
	return a.dateMatches(q.date, s.date) &&
		(a.noTime || q.time == "" || inRange(q.time, s.time, "")) &&
		(a.noModality || q.modality == "" || slices.Contains(strings.Split(s.modality, `\`), q.modality)) &&
		(q.study == "" || q.study == s.uid || a.wildcardUIDs && strings.HasPrefix(q.study, "*") && strings.HasSuffix(s.uid, q.study[1:])) &&
		(q.patient == "" || a.ignoresPatientID || a.patientMatches(q.patient, s.patient))
}

func (a *archive) dateMatches(want, date string) bool {
	switch {
	case want == "" || a.ignoresRanges && strings.Contains(want, "-"), a.nullDates && date == "":
		return true
	case a.exactRanges:
		return want == date
	case a.looseRanges && strings.Contains(want, "-") && date != "":
		from, to, _ := strings.Cut(want, "-")
		return inRange(shift(from, -1)+"-"+shift(to, 1), date, "")
	}
	return inRange(want, date, "")
}

func shift(date string, days int) string {
	d, ok := dicom.ParseDA([]byte(date))
	if !ok {
		return ""
	}
	return d.AddDays(days).String()
}

// inRange matches v against a single value or a range; never an empty one.
func inRange(want, v, _ string) bool {
	from, to, isRange := strings.Cut(want, "-")
	if v == "" {
		return false
	}
	if !isRange {
		return v == want
	}
	return (from == "" || v >= from) && (to == "" || v <= to)
}

func (a *archive) patientMatches(pattern, id string) bool {
	if a.literalWildcards {
		return pattern == id
	}
	return wildcard(pattern, id)
}

// wildcard matches v against a pattern with * and ?.
func wildcard(pattern, v string) bool {
	switch {
	case pattern == "":
		return v == ""
	case pattern[0] == '*':
		return wildcard(pattern[1:], v) || v != "" && wildcard(pattern, v[1:])
	}
	return v != "" && (pattern[0] == '?' || pattern[0] == v[0]) && wildcard(pattern[1:], v[1:])
}

func (a *archive) find(ctx context.Context, r *dimse.Request, out *dimse.Responder) dimse.Outcome {
	q := parseRequest(r)
	if a.dropsDates {
		q.date = ""
		q.keys = slices.DeleteFunc(q.keys, func(t dicom.Tag) bool { return t == dicom.StudyDate })
	}
	a.mu.Lock()
	a.queries = append(a.queries, fmt.Sprintf("%s %s/%s/%s/%s/%s%s", q.level, q.date, q.time, q.modality, q.study, q.patient, q.name))
	a.mu.Unlock()
	switch {
	case a.refuses, a.hierarchical && (q.level == "SERIES" && q.study == "" || q.level == "IMAGE" && q.series == ""):
		return dimse.Answer(dimse.UnableToProcess)
	case a.needsTimeKey && !q.present[dicom.StudyTime], a.needsDate && q.date == "" && q.level == "STUDY":
		return dimse.Answer(dimse.IdentifierMismatch)
	}
	if a.objects != nil {
		n := 0
		for i := range a.studies {
			if a.matches(q, &a.studies[i]) {
				n++
			}
		}
		if s := a.objects(q, n); s != dimse.Success {
			return dimse.Answer(s)
		}
	}
	if a.hides != nil && a.hides(q) {
		return dimse.Answer(dimse.Success)
	}
	asked := q
	if b := a.below; q.level == "SERIES" || q.level == "IMAGE" {
		if b.level != "" {
			q.level = b.level
		}
		if b.ignoresParents {
			q.study, q.series = "", ""
		}
	}
	l := &list{archive: a, asked: asked, ctx: ctx, out: out, q: q, syntax: r.Syntax, outcome: dimse.Answer(a.finalStatus)}
	if c := a.cap; c > 0 && (a.capOn == "" || a.capOn == "universal" && q.date == "" || a.capOn == "windows" && q.date != "") {
		l.limit = c
	}
	l.run()
	if a.closeAfter && l.outcome < dimse.AbortAssociation {
		_ = out.Raw(finalPDU(out.PendingPDU(), uint16(l.outcome)))
		return dimse.CloseConnection
	}
	return l.outcome
}

// list is one answer under way.
type list struct {
	*archive
	ctx     context.Context
	out     *dimse.Responder
	q       request
	asked   request
	syntax  dicom.Syntax
	limit   int
	sent    int
	outcome dimse.Outcome
}

func (l *list) run() {
	for {
		for i := range l.studies {
			if l.matches(l.q, &l.studies[i]) && !l.study(&l.studies[i]) {
				return
			}
		}
		for i := range l.studies {
			if l.repeatEvery > 0 && i%l.repeatEvery == 0 && l.matches(l.q, &l.studies[i]) && !l.study(&l.studies[i]) {
				return
			}
		}
		if !l.endless {
			return
		}
	}
}

func (l *list) study(s *study) bool {
	switch l.q.level {
	case "PATIENT", "STUDY":
		return l.send(l.identifier(s, "", s.images))
	case "SERIES":
		for i := range 2 {
			if !l.send(l.identifier(s, fmt.Sprintf("%s.%d", s.uid, i), s.images/2+s.images%2*i)) {
				return false
			}
		}
	case "IMAGE":
		for i := range 2 {
			series := fmt.Sprintf("%s.%d", s.uid, i)
			if l.q.series != "" && l.q.series != series {
				continue
			}
			for k := range s.images/2 + s.images%2*i {
				if k > 0 && l.below.first {
					break
				}
				id := l.identifier(s, series, 0)
				id = dicom.AppendString(id, l.syntax, dicom.SOPInstanceUID, dicom.UI, fmt.Sprintf("%s.%d", series, k))
				for range max(1, l.below.repeat) {
					if !l.send(id) {
						return false
					}
				}
			}
		}
	}
	return true
}

func (l *list) send(id []byte) bool {
	switch {
	case l.limit > 0 && l.sent == l.limit:
		l.outcome = dimse.Answer(l.capStatus)
		return false
	case l.abortAfter > 0 && l.sent == l.abortAfter:
		l.outcome = dimse.AbortAssociation
		return false
	case !l.ignoresCancel && l.out.Cancelled():
		l.outcome = dimse.Answer(dimse.Cancelled)
		return false
	case l.ctx.Err() != nil:
		return false
	}
	l.sent++
	if l.malformEvery > 0 && l.sent%l.malformEvery == 0 {
		id = id[:len(id)-3]
	}
	if l.perResponse > 0 {
		time.Sleep(l.perResponse)
	}
	if l.out.Pending(id) != nil || l.perResponse > 0 && l.out.Flush() != nil {
		l.outcome = dimse.CloseConnection
		return false
	}
	return true
}

func (l *list) identifier(s *study, series string, images int) []byte {
	var d []byte
	put := func(t dicom.Tag, vr dicom.VR, v string) { d = dicom.AppendString(d, l.syntax, t, vr, v) }
	for _, t := range l.q.keys {
		switch t {
		case dicom.QueryRetrieveLevel:
			switch l.below.label {
			case "":
				put(t, dicom.CS, l.q.level)
			case "asked":
				put(t, dicom.CS, l.asked.level)
			}
		case dicom.StudyDate:
			put(t, dicom.DA, s.date)
		case dicom.StudyTime:
			put(t, dicom.TM, s.time)
		case dicom.StudyInstanceUID:
			if l.below.echo && l.asked.study != "" {
				put(t, dicom.UI, l.asked.study)
			} else {
				put(t, dicom.UI, s.uid)
			}
		case dicom.SeriesInstanceUID:
			if l.below.echo && l.asked.series != "" {
				put(t, dicom.UI, l.asked.series)
			} else {
				put(t, dicom.UI, series)
			}
		case dicom.PatientID:
			put(t, dicom.LO, s.patient)
		case dicom.ModalitiesInStudy:
			if !l.noModality {
				put(t, dicom.CS, s.modality)
			}
		case dicom.InstanceAvailability:
			if s.offline {
				put(t, dicom.CS, "OFFLINE")
			} else {
				put(t, dicom.CS, "ONLINE")
			}
		case dicom.NumberOfStudyRelatedInstances:
			if l.countText != "" {
				put(t, dicom.IS, l.countText)
			} else if !l.noCounts {
				put(t, dicom.IS, strconv.Itoa(s.images))
			}
		case dicom.NumberOfSeriesRelatedInstances:
			if !l.noCounts {
				put(t, dicom.IS, strconv.Itoa(images))
			}
		case dicom.NumberOfPatientRelatedStudies:
			put(t, dicom.IS, "1")
		}
	}
	return d
}

// finalPDU makes the PDU of a final response of that of a pending one: its data
// set type becomes 0101, its status the one given (PS3.7 9.3.2.2).
func finalPDU(pending []byte, status uint16) []byte {
	pdu := slices.Clone(pending)
	it := dicom.Iterate(pdu[12:], dicom.ImplicitLittle)
	for it.Next() {
		switch it.Tag() {
		case dicom.CommandDataSetType:
			binary.LittleEndian.PutUint16(it.Value(), 0x0101)
		case dicom.CommandStatus:
			binary.LittleEndian.PutUint16(it.Value(), status)
		}
	}
	return pdu
}
