package examine

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"leadglass/dicom/dimse"
	"leadglass/internal/assess"
	"leadglass/internal/census"
	"leadglass/internal/privacy"
	"leadglass/internal/survey"
)

// queriesCounted is how many services of one host are counted: each costs the
// host a count, and a host with more archives than that is a rarity.
const queriesCounted = 3

// countedService is the count of one service, with the sketch of its studies.
type countedService struct {
	service *survey.Service
	counts  survey.Counts
	sketch  *privacy.Sketch // nil where no study was seen
	// incomplete says which limit ended the count; empty where none did.
	incomplete string
}

// countQueries counts by C-FIND: each of the services that answer queries, one
// after the other, within the host's budget. Several of them may lead to one
// archive or to several, which their studies tell (joinCounts).
func (h *Host) countQueries(ctx context.Context, stated int64) hostCounts {
	var counted []countedService
	left := ""
	for i, q := range h.queried {
		if time, bytes := h.gate.Remaining(); i > 0 && (i == queriesCounted || time == 0 || bytes == 0) {
			left = fmt.Sprintf("only %d of the %d services that answer queries were counted: %s",
				i, len(h.queried), whyLeft(i == queriesCounted))
			break
		}
		counted = append(counted, h.countQuery(ctx, q, stated))
	}
	joined := joinCounts(counted, left)
	h.sketch = joined.sketch
	if left != "" {
		h.incomplete(left)
	}
	for _, c := range counted {
		// What one way to an archive left undone, another may have done.
		whole := joined.counts.Studies.Quality == survey.Exact && joined.counts.ImagesLinked.Quality == survey.Exact
		if c.incomplete != "" && (len(counted) == 1 || !whole) {
			h.incomplete(c.incomplete)
		}
	}
	return joined
}

func whyLeft(enough bool) string {
	if enough {
		return fmt.Sprintf("no more than %d of one host are", queriesCounted)
	}
	return "the budget of the host was used up"
}

// mayBelong reports whether nothing says that two services are of different
// products.
func mayBelong(a, b *survey.Service) bool {
	x, y := a.Product.Guess(), b.Product.Guess()
	return x == y || x == "" || y == ""
}

// countQuery counts one service. stated is how many studies a web service of the
// host states, 0 where none does.
func (h *Host) countQuery(ctx context.Context, q answering, stated int64) countedService {
	f := &h.finding
	retrieval := f.Exposure().RetrievalOf(f.Services, f.Services[q.service].Port)
	s := &f.Services[q.service]
	left, _ := h.gate.Remaining()
	r := census.Count(ctx, h.open(q.open, h.Timeouts.Query), census.Options{
		Mode: string(h.Scope.CountMode), Verify: string(h.Scope.CountVerify), Stated: stated, CalledAETitle: s.CalledAETitle.Accepted, SOPClasses: s.SOPClasses,
		ListsEmptyDates: func(limit dimse.Status) bool {
			known := h.Products.FactsOf(s, survey.BehaviourFindLimit+limit.String())
			return slices.Contains(known.ListsEmptyDates, limit.String())
		},
		Routes: retrieval.Open, RoutesUnknown: retrieval.Why, SketchKey: h.SketchKey,
		CountNationalIDs: h.Scope.Allow.Sample, WildcardNames: h.Scope.Allow.Sample, MaxTime: max(left-left/countReserve, time.Millisecond), Memory: h.Memory,
	})
	f.Counts = r.Counts
	assess.CountedSSNs(f, s)
	if h.echoBefore == 0 {
		h.echoBefore, h.echoDuring = r.EchoBefore, r.EchoDuring
	}
	c := countedService{service: s, counts: r.Counts, incomplete: r.Incomplete}
	if r.Sketch != nil {
		c.sketch, _ = privacy.ReadSketch(r.Sketch) // it was just written
	}
	return c
}

// countReserve is the part of the host's time that a count leaves, so that it
// ends by its own limits: one twentieth.
const countReserve = 20

// portsOf names the ports of counts: "ports 104 and 11112".
func portsOf(counted []countedService) string {
	names := make([]string, len(counted))
	for i, c := range counted {
		names[i] = fmt.Sprint(c.service.Port)
	}
	if len(names) == 1 {
		return "port " + names[0]
	}
	return "ports " + strings.Join(names[:len(names)-1], ", ") + " and " + names[len(names)-1]
}
