package lab

import (
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"

	"leadglass/internal/lab/content"
)

// Search says how a web server answers searches for studies (QIDO-RS, PS3.18
// 10.6). The zero value keeps to the standard.
type Search struct {
	// Cut ends every list at this length, over all its pages, without a word,
	// as Orthanc does one after its LimitFindResults.
	Cut int64 `yaml:"cut,omitempty"`
	// Page is how many studies one answer holds at most; 1,000 when absent.
	Page int64 `yaml:"page,omitempty"`
	// IgnoreLimit, IgnoreOffset and IgnoreDates ignore what a search
	// asks for.
	IgnoreLimit  bool `yaml:"ignore_limit,omitempty"`
	IgnoreOffset bool `yaml:"ignore_offset,omitempty"`
	IgnoreDates  bool `yaml:"ignore_dates,omitempty"`
	// Total states the number of studies in X-Total-Count.
	Total bool `yaml:"total,omitempty"`
	// Endless never ends an answer.
	Endless bool `yaml:"endless,omitempty"`
	// Refused answers every search with 403.
	Refused bool `yaml:"refused,omitempty"`
}

// maxQIDO is the largest number of studies in one QIDO-RS answer.
const maxQIDO = 1000

// maxEndless bounds what an endless answer sends before the laboratory gives
// up itself.
const maxEndless = 1 << 20

// search answers a search for studies with their default attributes.
func (a *Archive) search(rw http.ResponseWriter, r *http.Request, s *Search) {
	if s.Refused {
		http.Error(rw, "Forbidden", http.StatusForbidden)
		return
	}
	q := query{level: studyLevel, window: content.Everything()}
	form := r.URL.Query()
	if v := firstValue(form["StudyDate"], form["00080020"]); v != "" && !s.IgnoreDates {
		q.date = v
		if !readDates(v, &q.window) {
			http.Error(rw, "Bad Request", http.StatusBadRequest)
			return
		}
	}
	if v := firstValue(form["StudyTime"], form["00080030"]); v != "" && !s.IgnoreDates {
		q.hasTime = true
		if !readTimes(v, &q.from, &q.to) {
			http.Error(rw, "Bad Request", http.StatusBadRequest)
			return
		}
	}
	limit, offset := int64(maxQIDO), int64(0)
	if s.Page > 0 {
		limit = s.Page
	}
	if n, err := strconv.ParseInt(form.Get("limit"), 10, 64); err == nil && !s.IgnoreLimit {
		limit = min(max(n, 0), limit)
	}
	if s.IgnoreLimit {
		limit = 1 << 62
	}
	if n, err := strconv.ParseInt(form.Get("offset"), 10, 64); err == nil && !s.IgnoreOffset {
		offset = max(n, 0)
	}
	a.answer(rw, s, &q, offset, limit)
}

func firstValue(lists ...[]string) string {
	for _, l := range lists {
		if len(l) > 0 {
			return l[0]
		}
	}
	return ""
}

// answer writes the studies of q from offset on.
func (a *Archive) answer(rw http.ResponseWriter, s *Search, q *query, offset, limit int64) {
	var matches int64
	if a.contents != nil {
		matches = a.matching(q, func(*content.Study) bool { return true })
	}
	if s.Total {
		rw.Header().Set("X-Total-Count", strconv.FormatInt(matches, 10))
	}
	if s.Cut > 0 {
		matches = min(matches, s.Cut)
	}
	if offset >= matches {
		rw.WriteHeader(http.StatusNoContent)
		return
	}
	end := offset + min(limit, matches-offset)
	if rest := matches - end; rest > 0 && a.persona.product == "dcm4chee-arc" && s.Cut == 0 {
		rw.Header().Set("Warning", fmt.Sprintf(`299 lab "There are %d additional results that can be requested"`, rest))
	}
	rw.Header().Set("Content-Type", "application/dicom+json")
	_, _ = io.WriteString(rw, "[")
	var n, sent int64
	for {
		a.matching(q, func(study *content.Study) bool {
			if n++; n <= offset {
				return true
			}
			if sent > 0 {
				_, _ = io.WriteString(rw, ",")
			}
			sent++
			_, err := io.WriteString(rw, a.qidoStudy(study))
			return err == nil && n < end
		})
		if !s.Endless || sent > maxEndless {
			break
		}
		n = 0
	}
	_, _ = io.WriteString(rw, "]")
}

// matching calls yield for the studies of q until it returns false, and
// returns how many it was called for.
func (a *Archive) matching(q *query, yield func(*content.Study) bool) (n int64) {
	var study content.Study
	c := a.contents.Cursor(q.window)
	for c.Next(&study) {
		if q.hasTime && (!study.Dated || study.Second < q.from || study.Second > q.to) {
			continue
		}
		n++
		if !yield(&study) {
			return n
		}
	}
	return n
}

// qidoStudy is one study in the DICOM JSON model (PS3.18 F).
func (a *Archive) qidoStudy(s *content.Study) string {
	patient, ssn := a.contents.PatientOf(s.Index)
	var b strings.Builder
	value := func(tag, vr, v string) { fmt.Fprintf(&b, `,"%s":{"vr":"%s","Value":[%s]}`, tag, vr, v) }
	b.WriteString(`{"00080005":{"vr":"CS","Value":["ISO_IR 100"]}`)
	if s.Dated {
		value("00080020", "DA", `"`+s.Date.String()+`"`)
	}
	if a.persona.availability {
		value("00080056", "CS", map[bool]string{true: `"ONLINE"`, false: `"OFFLINE"`}[s.Online])
	}
	value("00100010", "PN", fmt.Sprintf(`{"Alphabetic":"CANARY^P%010d"}`, patient))
	value("00100020", "LO", `"`+string(a.appendPatientID(nil, patient, ssn))+`"`)
	value("00100030", "DA", `"`+canaryBirth+`"`)
	value("0020000D", "UI", `"`+a.uid(studyUID, s.Index, 0, 0)+`"`)
	if a.persona.counts {
		value("00201206", "IS", strconv.FormatInt(s.Series(), 10))
		value("00201208", "IS", strconv.FormatInt(s.Images, 10))
	}
	b.WriteString("}")
	return b.String()
}
