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
	"leadglass/internal/products"
	"leadglass/internal/scope"
	"leadglass/internal/survey"
)

// counter counts what the archives of a host hold.
type counter struct {
	*reach
	products *products.Table
	// key makes the sketches of studies comparable within a survey.
	key privacy.Key
	// memory is what the counts that run side by side may hold together.
	memory *census.Memory

	// What a count gives beside the counts, which are the finding's:
	sketch []byte // of the studies counted, nil where none were
	// echoBefore and echoDuring are the archive's response times around a count.
	echoBefore, echoDuring time.Duration
}

// count counts what the host's archives hold, through the services that answer
// queries. Its web services are asked for nothing but numbers, which the
// queries are compared with, and are searched only where no query was answered.
func (c *counter) count(ctx context.Context, f *survey.Finding, queried []answering) {
	switch {
	case !f.IsArchive():
		f.Counts = survey.NotCounted("nothing was recognised as an archive")
		return
	case c.scope.CountMode == scope.CountOff:
		f.Counts = survey.NotCounted("counting is off, by the scope or by --count")
		return
	case !f.Verdict.Speaks():
		f.Counts = survey.NotCounted("no service was identified as one of an archive")
		return
	}
	var numbers survey.Counts
	var stated *survey.Service
	if c.scope.Allow.DICOMweb {
		numbers, stated = c.numbers(ctx, f)
	}
	var queries hostCounts
	if len(queried) > 0 {
		n, _ := numbers.Studies.Int()
		queries = c.queries(ctx, f, queried, n)
		f.Counts = queries.counts
	}
	_, counted := f.Counts.Studies.Int()
	switch {
	case stated != nil && len(queried) > 0:
		f.Counts = queries.crossCheck(numbers, stated)
	case stated != nil:
		f.Counts = numbers
	case !counted && c.scope.Allow.DICOMweb:
		f.Counts = c.search(ctx, f, len(queried) > 0)
	}
}

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

// queries counts by C-FIND: each of the services that answer queries, one
// after the other, within the host's budget. Several of them may lead to one
// archive or to several, which their studies tell (joinCounts).
func (c *counter) queries(ctx context.Context, f *survey.Finding, queried []answering, stated int64) hostCounts {
	var counted []countedService
	left := ""
	for i, q := range queried {
		if time, bytes := c.gate.Remaining(); i > 0 && (i == queriesCounted || time == 0 || bytes == 0) {
			left = fmt.Sprintf("only %d of the %d services that answer queries were counted: %s",
				i, len(queried), whyLeft(i == queriesCounted))
			break
		}
		counted = append(counted, c.query(ctx, f, q, stated))
	}
	joined := joinCounts(counted, left)
	c.sketch = joined.sketch
	if left != "" {
		incomplete(f, left)
	}
	for _, one := range counted {
		// What one way to an archive left undone, another may have done.
		whole := joined.counts.Studies.Quality == survey.Exact && joined.counts.ImagesLinked.Quality == survey.Exact
		if one.incomplete != "" && (len(counted) == 1 || !whole) {
			incomplete(f, one.incomplete)
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

// query counts one service. stated is how many studies a web service of the
// host states, 0 where none does.
func (c *counter) query(ctx context.Context, f *survey.Finding, q answering, stated int64) countedService {
	retrieval := f.Exposure().RetrievalOf(f.Services, f.Services[q.service].Port)
	s := &f.Services[q.service]
	left, _ := c.gate.Remaining()
	r := census.Count(ctx, c.open(s.Port, s.TLS != nil, c.timeouts.Query), census.Options{
		Mode: string(c.scope.CountMode), Verify: string(c.scope.CountVerify), Stated: stated,
		CalledAETitle: s.CalledAETitle.Accepted, SOPClasses: s.SOPClasses,
		ListsEmptyDates: func(limit dimse.Status) bool {
			known := c.products.FactsOf(s, survey.BehaviourFindLimit+limit.String())
			return slices.Contains(known.ListsEmptyDates, limit.String())
		},
		Routes: retrieval.Open, RoutesUnknown: retrieval.Why, SketchKey: c.key,
		CountNationalIDs: c.scope.Allow.Sample, WildcardNames: c.scope.Allow.Sample,
		MaxTime: max(left-left/countReserve, time.Millisecond), Memory: c.memory,
	})
	f.Counts = r.Counts
	assess.CountedSSNs(f, s, c.products)
	assess.Counted(f, s, r.Answered, c.products)
	if c.echoBefore == 0 {
		c.echoBefore, c.echoDuring = r.EchoBefore, r.EchoDuring
	}
	one := countedService{service: s, counts: r.Counts, incomplete: r.Incomplete}
	if r.Sketch != nil {
		one.sketch, _ = privacy.ReadSketch(r.Sketch) // it was just written
	}
	return one
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
