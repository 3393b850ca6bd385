package lab_test

import (
	"errors"
	"net/netip"
	"testing"
	"time"

	"leadglass/dicom"
	"leadglass/dicom/dimse"
	"leadglass/dicom/ul"
	"leadglass/internal/lab"
)

// quirky is one archive of the quirks fleet under test.
type quirky struct {
	*testing.T
	at    netip.AddrPort
	truth lab.ArchiveTruth
}

// whole counts without a date, days with one.
func (q quirky) whole() tally { return count(q.T, client(q.T, q.at), counting(date(""))) }
func (q quirky) days(window string) tally {
	return count(q.T, client(q.T, q.at), counting(date(window)))
}

// broken is a count that must fail.
func (q quirky) broken() (tally, error) {
	out, err := tryCount(q.T, client(q.T, q.at), dicom.StudyRootFind, counting(date("")))
	if err == nil {
		q.Fatalf("a broken list was read to its end: %d responses, status %s", out.responses, out.final)
	}
	return out, err
}

func (q quirky) want(got tally, responses int64, final dimse.Status) {
	q.Helper()
	if got.responses != responses || got.final != final {
		q.Errorf("%d responses, status %s; want %d, %s", got.responses, got.final, responses, final)
	}
}

// exact wants the whole truth in one list.
func (q quirky) exact() {
	q.Helper()
	got := q.whole()
	q.want(got, q.truth.Studies, dimse.Success)
	if got.images != q.truth.ImagesLinked || int64(len(got.uids)) != q.truth.Studies {
		q.Errorf("%d images, %d UIDs; want %d, %d", got.images, len(got.uids), q.truth.ImagesLinked, q.truth.Studies)
	}
}

// quirkTests says what each archive of the quirks fleet does, by its name.
func quirkTests() map[string]func(q quirky) {
	capped := func(limit int64, final dimse.Status) func(quirky) {
		return func(q quirky) {
			q.want(q.whole(), limit, final)
			q.want(q.days("20180101-20180105"), q.days("20180101-20180105").responses, dimse.Success)
		}
	}
	withoutCount := func(q quirky) {
		got := q.whole()
		q.want(got, q.truth.Studies, dimse.Success)
		if got.withoutCount != q.truth.Studies {
			q.Errorf("%d of %d responses without a number of images", got.withoutCount, q.truth.Studies)
		}
	}
	imagesSum := func(want func(lab.ArchiveTruth) int64) func(quirky) {
		return func(q quirky) {
			if got := q.whole(); got.images != want(q.truth) || got.withoutCount != 0 {
				q.Errorf("%d images, %d without a number; want %d, 0", got.images, got.withoutCount, want(q.truth))
			}
		}
	}
	after29 := func(q quirky) {
		if got, _ := q.broken(); got.responses != 29 {
			q.Errorf("broke after %d responses, want 29", got.responses)
		}
	}
	return map[string]func(quirky){
		"cap of 100 announced by FE00": capped(100, dimse.Cancelled),
		"cap of 500 announced by A700": capped(500, dimse.OutOfResources),
		"silent cap of 100":            capped(100, dimse.Success),
		"silent cap of 500":            capped(500, dimse.Success),
		"silent cap of 1000":           capped(1000, dimse.Success),
		"cap on lists without a date only": func(q quirky) {
			q.want(q.whole(), 500, dimse.Success)
			q.want(q.days("19000101-20991231"), 3000, dimse.Success)
		},
		"cap on lists with a date only": func(q quirky) {
			q.exact()
			q.want(q.days("19000101-20991231"), 500, dimse.Success)
		},
		"ignores date ranges":                   func(q quirky) { q.want(q.days("20170101-20170102"), 800, dimse.Success) },
		"ignores date ranges, and a silent cap": func(q quirky) { q.want(q.days("20170101-20170102"), 500, dimse.Success) },
		"takes a range for a date": func(q quirky) {
			q.exact()
			q.want(q.days("19000101-20991231"), 0, dimse.Success)
		},
		"takes a range for a date, and a cap": func(q quirky) {
			q.want(q.days("20180604-20180606"), 0, dimse.Success)
			if got := q.days("20180604"); got.responses == 0 {
				q.Error("no study on a single day")
			}
		},
		"returns studies outside the window": func(q quirky) {
			q.exact()
			if narrow, wide := q.days("20180605"), q.days("20180604-20180606"); narrow.responses == 0 || wide.responses <= narrow.responses {
				q.Errorf("%d studies on a day, %d on three days", narrow.responses, wide.responses)
			}
			sum := q.days("-20171231").responses + q.days("20180101-").responses
			if sum <= q.truth.Studies {
				q.Errorf("two windows hold %d of %d studies, so none came twice", sum, q.truth.Studies)
			}
		},
		"returns studies outside the window, and a cap": func(q quirky) { q.want(q.whole(), 300, dimse.Cancelled) },
		"repeats every tenth study": func(q quirky) {
			got := q.whole()
			q.want(got, 1100, dimse.Success)
			if len(got.uids) != 1000 {
				q.Errorf("%d different UIDs, want 1000", len(got.uids))
			}
		},
		"an archive": quirky.exact,
		"the same studies in another archive": func(q quirky) {
			mine, theirs := q.whole(), count(q.T, client(q.T, netip.MustParseAddrPort("127.0.2.15:11112")), counting())
			for uid := range mine.uids {
				if theirs.uids[uid] != 1 {
					q.Fatalf("a study of one archive is not in the other")
				}
			}
			q.want(mine, theirs.responses, dimse.Success)
		},
		"studies without a date": func(q quirky) {
			q.exact()
			q.want(q.days("00010101-99991231"), 780, dimse.Success)
		},
		"studies without a date, and a silent cap": func(q quirky) { q.want(q.whole(), 500, dimse.Success) },
		"dates in 1900 and in the future": func(q quirky) {
			q.exact()
			q.want(q.days("19000101"), 40, dimse.Success)
			q.want(q.days("20500101-"), 3, dimse.Success)
		},
		"dates in 1900 and in the future, and a cap": func(q quirky) {
			q.want(q.whole(), 200, dimse.Cancelled)
			q.want(q.days("-19001231"), 40, dimse.Success)
		},
		"50,000 studies on one day": func(q quirky) {
			q.exact()
			if n := q.days("20180203").responses; n < 50_000 {
				q.Errorf("%d studies on the day", n)
			}
		},
		"50,000 studies on one day, and a silent cap": func(q quirky) {
			c := client(q.T, q.at)
			q.want(count(q.T, c, counting(date("20180203"))), 1000, dimse.Success)
			for _, window := range []struct{ from, to string }{{"080000", "080459"}, {"1805", "1809"}} {
				got := count(q.T, c, counting(date("20180203"),
					dimse.Key{Tag: dicom.StudyTime, VR: dicom.TM, Value: window.from + "-" + window.to}))
				if got.responses == 0 || got.responses >= 1000 {
					q.Errorf("%d studies from %s to %s", got.responses, window.from, window.to)
				}
			}
		},
		"no number of images":        withoutCount,
		"empty number of images":     withoutCount,
		"number of images no number": withoutCount,
		"number of images always 0":  imagesSum(func(lab.ArchiveTruth) int64 { return 0 }),
		"number of images always 1":  imagesSum(func(t lab.ArchiveTruth) int64 { return t.Studies }),
		"number of images padded":    imagesSum(func(t lab.ArchiveTruth) int64 { return t.ImagesLinked }),
		"needs the study time among the keys": func(q quirky) {
			q.want(q.whole(), 0, dimse.IdentifierMismatch)
			got := count(q.T, client(q.T, q.at), counting(dimse.Key{Tag: dicom.StudyTime, VR: dicom.TM}))
			q.want(got, 500, dimse.Success)
		},
		"needs a study date to match": func(q quirky) {
			q.want(q.whole(), 0, 0xC001)
			q.want(q.days("19000101-"), 500, dimse.Success)
		},
		"Patient Root only": func(q quirky) {
			c := client(q.T, q.at)
			if _, err := tryCount(q.T, c, dicom.StudyRootFind, counting()); err == nil {
				q.Error("Study Root answered")
			}
			got, err := tryCount(q.T, c, dicom.PatientRootFind, counting())
			if err != nil {
				q.Fatal(err)
			}
			q.want(got, 500, dimse.Success)
		},
		"one response a second": func(q quirky) {
			start := time.Now()
			n := q.days("20180101-20180601").responses
			if d := time.Since(start); n < 2 || d < time.Duration(n)*time.Second {
				q.Errorf("%d responses in %v", n, d)
			}
		},
		"stalls after 50 responses": func(q quirky) {
			conn := client(q.T, q.at)
			var seen int64
			_, err := conn.Find(shortly(q.T), dicom.StudyRootFind, counting(), func(dimse.Match) bool { seen++; return true })
			if err == nil || seen != 50 {
				q.Errorf("%d responses, error %v; want 50 and a deadline", seen, err)
			}
		},
		"aborts after 50 responses": func(q quirky) {
			got, err := q.broken()
			var aborted *ul.AbortedError
			if got.responses != 50 || !errors.As(err, &aborted) {
				q.Errorf("%d responses, error %v; want 50 and A-ABORT", got.responses, err)
			}
		},
		"closes the connection after 50 responses": func(q quirky) {
			got, err := q.broken()
			if got.responses != 50 || !errors.Is(err, ul.ErrClosed) {
				q.Errorf("%d responses, error %v; want 50 and a closed connection", got.responses, err)
			}
		},
		"closes the connection after each query": func(q quirky) {
			c := client(q.T, q.at)
			q.want(count(q.T, c, counting()), 400, dimse.Success)
			if _, err := c.Echo(limit(q.T)); err == nil {
				q.Error("the connection is still open")
			}
		},
		"never ends":                      func(q quirky) { endless(q, true) },
		"never ends and ignores C-CANCEL": func(q quirky) { endless(q, false) },
		"ignores C-CANCEL": func(q quirky) {
			var seen int64
			result, err := client(q.T, q.at).Find(limit(q.T), dicom.StudyRootFind, counting(), func(dimse.Match) bool { seen++; return false })
			if err != nil || result.Final != dimse.Success || result.Pending != 5000 {
				q.Errorf("%d responses, status %s, error %v; want all 5000", result.Pending, result.Final, err)
			}
		},
		"PDVs of one byte":                       quirky.exact,
		"PDUs larger than negotiated":            quirky.exact,
		"odd lengths":                            quirky.exact,
		"lengths that run past the data set":     badElements,
		"wrong VRs":                              wrongVRs,
		"PDV of length 0":                        after29,
		"PDU of 4 GiB":                           after29,
		"command element of 2 GiB":               after29,
		"answers another message":                quirky.exact,
		"answers on another context":             after29,
		"ends with an unknown warning":           func(q quirky) { q.want(q.whole(), 300, 0xB123) },
		"ends with an unknown failure":           func(q quirky) { q.want(q.whole(), 300, 0xC321) },
		"pending with a warning":                 quirky.exact,
		"explicit VR only":                       explicitOnly,
		"one association at a time":              oneAtATime,
		"makes up its list first":                listFirst,
		"accepts every context, like a honeypot": acceptsEverything,
		"dcmqrscp":                               withoutCount,
		"answers everything the same":            answersTheSame,
		"declines lists over 50 with C000": func(q quirky) {
			q.want(q.whole(), 0, dimse.UnableToProcess)
			q.want(q.days("18500101-18501231"), 0, dimse.Success)
		},
		"refuses a key that it does not know": func(q quirky) {
			q.exact()
			keys := counting(dimse.Key{Tag: dicom.InstanceAvailability, VR: dicom.CS})
			q.want(count(q.T, client(q.T, q.at), keys), 0, dimse.IdentifierMismatch)
		},
		"finds nothing without a name": func(q quirky) {
			q.want(q.whole(), 0, dimse.Success)
			keys := counting(dimse.Key{Tag: dicom.PatientName, VR: dicom.PN, Value: "*"})
			q.want(count(q.T, client(q.T, q.at), keys), 300, dimse.Success)
		},
		"lists studies for images":          below(130, "STUDY"),
		"lists whole files":                 below(216, ""),
		"lists the images of other studies": below(390, "IMAGE"),
		"lists images three times":          below(225, "IMAGE"),
	}
}

// below wants so many answers of a level to a query for images, most of which
// are not of the study and the series that it names.
func below(n int, level string) func(quirky) {
	return func(q quirky) {
		levels, got := map[string]int{}, 0
		keys := counting(dimse.Key{Tag: dicom.SOPInstanceUID, VR: dicom.UI})
		keys[0].Value = "IMAGE"
		r, err := client(q.T, q.at).Find(limit(q.T), dicom.StudyRootFind, keys, func(m dimse.Match) bool {
			got++
			said := ""
			for it := m.Elements(); it.Next(); {
				if it.Tag() == dicom.QueryRetrieveLevel {
					said = string(dicom.Trim(it.Value()))
				}
			}
			levels[said]++
			return true
		})
		if err != nil || r.Final != dimse.Success || got != n || levels[level] != n {
			q.Errorf("%d answers of levels %v, %s, %v; want %d of %q", got, levels, r.Final, err, n, level)
		}
	}
}

// answersTheSame: a study that does not exist, on a day before there were any,
// is answered with all of them.
func answersTheSame(q quirky) {
	keys := append(counting(), dimse.Key{Tag: dicom.PatientID, VR: dicom.LO, Value: "NOBODY"})
	for i := range keys {
		switch keys[i].Tag {
		case dicom.StudyInstanceUID:
			keys[i].Value = dicom.NewUID()
		case dicom.StudyDate:
			keys[i].Value = "18500101"
		}
	}
	q.want(count(q.T, client(q.T, q.at), keys), 300, dimse.Success)
}

func TestQuirks(t *testing.T) {
	f := builtIn(t, "quirks")
	run(t, f)
	tests := quirkTests()
	for _, a := range f.Truth().Archives {
		t.Run(a.Name, func(t *testing.T) {
			t.Parallel()
			test := tests[a.Name]
			if test == nil {
				t.Fatal("nothing says what this archive does")
			}
			test(quirky{t, netip.AddrPortFrom(a.Address, a.Port), a})
		})
	}
	if len(tests) != len(f.Archives) {
		t.Errorf("%d tests for %d archives", len(tests), len(f.Archives))
	}
}
