package identify

import (
	"context"
	"errors"
	"slices"
	"time"

	"leadglass/dicom/ul"
	"leadglass/internal/connerr"
	"leadglass/internal/peer"
	"leadglass/internal/survey"
)

// blame says whether the called AE title may be why no association came
// about.
type blame uint8

const (
	// notTitle: another title would not help.
	notTitle blame = iota
	// hardlyTitle: aborted or closed, which some servers do for a title they
	// do not know. Only the user's titles are worth another try.
	hardlyTitle
	// maybeTitle: rejected without a reason.
	maybeTitle
	// surelyTitle: called-AE-title-not-recognized.
	surelyTitle
)

func blameOf(err error) blame {
	var rejected *ul.RejectedError
	var aborted *ul.AbortedError
	switch {
	case errors.As(err, &aborted), errors.Is(err, ul.ErrClosed):
		return hardlyTitle
	case !errors.As(err, &rejected) || rejected.RJ.Result == ul.RejectedTransient && rejected.RJ.Source == ul.ServiceProviderPresentation:
		return notTitle
	}
	switch rj := rejected.RJ; {
	case rj.Source == ul.ServiceUser && rj.Reason == ul.CalledAETitleNotRecognized:
		return surelyTitle
	case rj.Source == ul.ServiceUser && rj.Reason == ul.UserNoReason, rj.Source == ul.ServiceProviderACSE && rj.Reason == ul.ACSENoReason:
		return maybeTitle
	}
	return notTitle
}

// transient reports whether the peer may be tried again later: it says so, or
// refuses the connection, at a port that has just accepted one.
func transient(err error) bool { return ul.Later(err) || connerr.Refused(err) }

// attemptTitle is a called AE title to try, and the policy that its acceptance
// shows.
type attemptTitle struct {
	title  string
	policy survey.AEPolicy
}

// otherTitles lists what to try after the made-up title: the user's titles,
// then the defaults.
func (c *contact) otherTitles(b blame) []attemptTitle {
	var list []attemptTitle
	add := func(titles []string, policy survey.AEPolicy) {
		for _, t := range titles {
			if !slices.ContainsFunc(list, func(a attemptTitle) bool { return a.title == t }) {
				list = append(list, attemptTitle{t, policy})
			}
		}
	}
	if b == notTitle {
		return nil
	}
	add(c.opt.KnownAETitles[:min(len(c.opt.KnownAETitles), maxKnownTitles)], survey.KnownTitle)
	if b != hardlyTitle && c.opt.DefaultAETitles {
		add(c.opt.Products.DefaultTitles(c.service.Port, c.opt.LikelyProducts, maxDefaultTitles), survey.DefaultTitle)
	}
	return list
}

// refused goes on after the made-up title brought no association: one
// association a title, until one is accepted or the answer shows that titles
// are not what it is about.
func (c *contact) refused(ctx context.Context, first error) {
	c.note(ctx, first)
	why := blameOf(first)
	for _, next := range c.otherTitles(why) {
		if c.service.Attempts >= MaxAssociations {
			break
		}
		c.opt.Sleep(ctx, titleWait)
		err := c.try(ctx, next.title)
		if err == nil {
			c.accepted(next.title, next.policy)
			return
		}
		if errors.Is(err, errSpent) {
			break
		}
		if b := blameOf(err); b != why {
			if b == surelyTitle || b == maybeTitle || transient(err) || isRejection(err) {
				c.note(ctx, err)
			}
			if b < maybeTitle {
				return // the policy cannot be told
			}
			why = b
		}
	}
	if why == surelyTitle {
		c.service.CalledAETitle.Policy = survey.RefusedTitle
	}
}

// The time of survey.BehaviourDeniedLate, and how much more it may take on the
// way.
const (
	deniedAfter = 5 * time.Second
	deniedGrace = time.Second
)

// denied notes a rejection for the protocol version, which ours cannot deserve:
// every request of package ul announces version 1.
func (c *contact) denied(err error, after time.Duration) {
	var rejected *ul.RejectedError
	if !errors.As(err, &rejected) {
		return
	}
	if rj := rejected.RJ; rj.Result != ul.RejectedPermanent || rj.Source != ul.ServiceProviderACSE || rj.Reason != ul.ProtocolVersionNotSupported {
		return
	}
	c.fact(survey.BehaviourVersionDenied)
	if after >= deniedAfter && after < deniedAfter+deniedGrace {
		c.fact(survey.BehaviourDeniedLate)
	}
}

func isRejection(err error) bool {
	var rejected *ul.RejectedError
	return errors.As(err, &rejected)
}

// note puts an attempt that brought no association into the service.
func (c *contact) note(ctx context.Context, err error) {
	s := &c.service
	s.Outcome, s.Detail = outcome(ctx, err)
	rejection := peer.Rejection(err, peer.DuringAssociation)
	if rejection == nil {
		return
	}
	s.Rejection = rejection
	if rejected := (*ul.RejectedError)(nil); errors.As(err, &rejected) {
		switch rj := rejected.RJ; {
		case rj.Source == ul.ServiceUser && rj.Reason == ul.CalledAETitleNotRecognized:
			c.fact(survey.BehaviourTitleRefused)
		case rj.Source == ul.ServiceUser && rj.Reason == ul.CallingAETitleNotRecognized:
			c.fact(survey.BehaviourCallingRefused)
		}
	}
	s.Protocol = survey.ProtocolDICOM
	s.Levels.Speaks = true
}
