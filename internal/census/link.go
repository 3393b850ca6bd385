package census

import (
	"context"
	"errors"
	"fmt"
	"time"

	"leadglass/dicom"
	"leadglass/dicom/dimse"
	"leadglass/dicom/ul"
	"leadglass/internal/peer"
)

// Limits on patience.
const (
	// maxAttempts is how often an association is asked for that the archive
	// refuses for now, firstWait the first pause in between; it doubles.
	maxAttempts = 6
	firstWait   = 100 * time.Millisecond
	// maxBroken is how many associations in a row may break without a
	// response.
	maxBroken = 3
	// releaseTime is how long a release may take.
	releaseTime = 3 * time.Second
)

// ending is how a query ended.
type ending uint8

const (
	// complete: status 0000. Whether the list is, is another question.
	complete ending = iota
	// cut: the archive says that there is more, or that something went wrong
	// at the end.
	cut
	// stopped: we sent a C-CANCEL, or a limit was reached.
	stopped
	// refused: the archive does not serve queries of ours (dimse.Status.Refused).
	refused
	// declined: another failure status without a response. Asked for less, the
	// archive may answer.
	declined
	// broken: the association ended, the protocol was broken, or time ran out
	// between two responses.
	broken
)

// answer is how a query went.
type answer struct {
	end ending
	// raw is the number of responses.
	raw int64
	// final is the status that the list ended with.
	final dimse.Status
	// why explains every end but complete.
	why string
}

// link asks one archive, over one association at a time, and measures what
// that costs the archive.
type link struct {
	ctx  context.Context
	open ul.Opener
	o    *Options

	a      *ul.Association
	client *dimse.Client
	class  string
	// used is the number of queries answered on this association.
	used    int
	brokens int

	// most is the number of queries allowed.
	most int64

	opened, queries, responses int64
	longest                    time.Duration
	// longestList is the length of the longest list seen.
	longestList int64
	pace        pace
	// noted is how the archive deviated from the standard and was read all the same.
	noted dicom.Deviation
	// answered is the number of responses by information model.
	answered map[string]int64
	// dataSets: the archive answers queries with whole data sets, so that it is
	// asked nothing more.
	dataSets bool
}

// reasonDataSets is why such an archive is not counted.
const reasonDataSets = "the archive answers queries with whole data sets; the first ended the count"

func newLink(open ul.Opener, o Options) link {
	return link{open: open, o: &o, most: o.MaxQueries, answered: map[string]int64{}, pace: pace{now: o.Now, sleep: o.Sleep}}
}

// contexts are what is proposed: never a storage class.
func (l *link) contexts() []ul.PresentationContext {
	classes := []string{dicom.Verification}
	for _, c := range []string{dicom.StudyRootFind, dicom.PatientRootFind} {
		if l.o.offers(c) {
			classes = append(classes, c)
		}
	}
	return ul.Propose(classes...)
}

// connect opens an association. An archive that takes one at a time may need a
// moment to notice that the last has ended.
func (l *link) connect() error {
	wait := firstWait
	for attempt := 1; ; attempt++ {
		a, err := l.open(l.ctx, l.o.CalledAETitle, l.contexts())
		l.opened++
		if err == nil {
			return l.use(a)
		}
		if !ul.Between(err) || attempt == maxAttempts || l.ctx.Err() != nil {
			return err
		}
		l.o.Sleep(l.ctx, wait)
		wait *= 2
	}
}

func (l *link) use(a *ul.Association) error {
	for _, class := range []string{dicom.StudyRootFind, dicom.PatientRootFind} {
		if _, _, ok := a.Context(class); ok && (l.class == "" || l.class == class) {
			l.a, l.client, l.class, l.used = a, dimse.NewClient(a), class, 0
			return nil
		}
	}
	ctx, cancel := context.WithTimeout(l.ctx, releaseTime)
	defer cancel()
	_ = a.Release(ctx)
	return dimse.ErrNoContext
}

// close releases the association and wipes the receive buffer.
func (l *link) close() {
	if l.a == nil {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(l.ctx), releaseTime)
	defer cancel()
	l.client.Wipe()
	if l.ctx.Err() != nil {
		_ = l.a.Abort()
	} else {
		_ = l.a.Release(ctx)
	}
	l.a, l.client = nil, nil
}

// drop forgets an association that is of no more use.
func (l *link) drop() {
	if l.a == nil {
		return
	}
	l.client.Wipe()
	_ = l.a.Abort()
	l.a, l.client = nil, nil
}

// find sends a query. An archive may close the connection after each; then the
// next query opens another.
func (l *link) find(class string, keys []dimse.Key, each func(dimse.Match) bool) answer {
	return l.ask(class, func(c *dimse.Client) (dimse.FindResult, error) { return c.Find(l.ctx, class, keys, each) })
}

// ask is find with a function that sends the query.
func (l *link) ask(class string, query func(*dimse.Client) (dimse.FindResult, error)) answer {
	for {
		if l.queries >= l.most {
			return answer{end: stopped, why: "the limit on queries was reached"}
		}
		if l.client == nil {
			if err := l.connect(); err != nil {
				return answer{end: broken, why: "no new association: " + l.explain(err)}
			}
		}
		l.queries++
		r, err := query(l.client)
		l.account(r)
		l.answered[class] += r.Pending
		if err == nil {
			l.used++
			l.brokens = 0
			ans := judge(r)
			l.longestList = max(l.longestList, ans.raw)
			l.pace.query(l.ctx, r)
			l.echoDuring()
			return ans
		}
		used := l.used
		l.drop()
		if errors.Is(err, dimse.ErrNotIdentifier) {
			l.dataSets = true
			return answer{end: stopped, raw: r.Pending, why: reasonDataSets}
		}
		if l.ctx.Err() != nil {
			return answer{end: stopped, raw: r.Pending, why: "the limit on time was reached"}
		}
		if r.Pending == 0 && used > 0 && endedByPeer(err) {
			continue // on a new association used is 0, so this ends
		}
		if r.Pending > 0 {
			l.brokens = 0
		} else {
			l.brokens++
		}
		if r.CancelSent {
			return answer{end: stopped, raw: r.Pending - r.AfterCancel, why: "the archive ignored C-CANCEL"}
		}
		return answer{end: broken, raw: r.Pending, why: l.explain(err)}
	}
}

// lost reports whether the archive no longer answers anything.
func (l *link) lost() bool { return l.brokens >= maxBroken || l.dataSets }

func (l *link) account(r dimse.FindResult) {
	l.responses += r.Pending
	l.noted |= r.Noted
	if l.a != nil {
		l.noted |= l.a.Accepted().Deviation
	}
	l.longest = max(l.longest, r.Duration)
}

// judge reads the final status of a query.
func judge(r dimse.FindResult) answer {
	ans := answer{raw: r.Pending - r.AfterCancel, final: r.Final}
	switch {
	case r.CancelSent:
		ans.end, ans.why = stopped, "stopped"
	case r.Final == dimse.Success:
		ans.end = complete
	case r.Final.Refused() && r.Pending == 0:
		ans.end, ans.why = refused, fmt.Sprintf("the archive refuses the query with status %s", r.Final)
	case r.Final.Class() == dimse.ClassFailure && r.Final>>8 != 0xA7 && r.Pending == 0:
		ans.end, ans.why = declined, fmt.Sprintf("the archive answers the query with status %s", r.Final)
	default:
		ans.end, ans.why = cut, fmt.Sprintf("the archive ends the list with status %s", r.Final)
	}
	return ans
}

// endedByPeer reports whether the peer ended the association of a query.
func endedByPeer(err error) bool { return peer.Of(err).ByPeer() || errors.Is(err, ul.ErrState) }

// explain says why a query under the link's context has no result.
func (l *link) explain(err error) string { return peer.During(l.ctx, err).String() }
