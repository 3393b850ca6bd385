package compare

import (
	"fmt"
	"strings"

	"leadglass/internal/publish"
)

// Balance leads from the archives that were open before to those that are open
// now: OpenBefore - Fixed - Gone - ClosedOtherwise - NotSeenAgain + NewlyOpen +
// NotSeenBefore = OpenNow. Each number adds up cells of the table of kinds or is
// the difference of two published sums, and is withheld where one of those is:
// it discloses nothing that is not in the table.
type Balance struct {
	OpenBefore publish.Number `json:"open_before"`
	// Fixed archives are repaired by the judgement of survey.RepairOf; of Gone
	// ones nothing answers any more, which is no proof of a repair.
	Fixed publish.Number `json:"fixed"`
	Gone  publish.Number `json:"gone"`
	// ClosedOtherwise are the others that both surveys looked at alike and that
	// are no longer open.
	ClosedOtherwise publish.Number `json:"closed_otherwise"`
	// NotSeenAgain were open, and the later survey did not cover them, did not
	// get to an answer, or looked in another way: nothing is known of a repair.
	NotSeenAgain publish.Number `json:"not_seen_again"`
	// NewlyOpen are open like for like, and were not; NotSeenBefore are open,
	// and the earlier survey could not have seen them so.
	NewlyOpen     publish.Number `json:"newly_open"`
	NotSeenBefore publish.Number `json:"not_seen_before"`
	OpenNow       publish.Number `json:"open_now"`
}

// balance is computed from what is published, and from nothing else.
func (r *Public) balance() Balance {
	b := Balance{OpenBefore: r.InAll.OpenBefore, OpenNow: r.InAll.OpenNow, NewlyOpen: r.LikeForLike.Entered,
		NotSeenAgain:  less(r.InAll.Left, r.LikeForLike.Left),
		NotSeenBefore: less(r.InAll.Entered, r.LikeForLike.Entered)}
	for _, k := range r.Kinds {
		switch {
		case k.Kind == Fixed:
			b.Fixed = k.Left
		case k.Kind == Gone:
			b.Gone = k.Left
		case k.LikeForLike:
			b.ClosedOtherwise = publish.Number{N: b.ClosedOtherwise.N + k.Left.N, Hidden: b.ClosedOtherwise.Hidden || k.Left.Hidden}
		}
	}
	if b.ClosedOtherwise.Hidden {
		b.ClosedOtherwise.N = 0
	}
	return b
}

// less is the difference of two numbers that are shown.
func less(a, b publish.Number) publish.Number {
	if a.Hidden || b.Hidden {
		return publish.Number{Hidden: true}
	}
	return publish.Number{N: a.N - b.N}
}

// step is a tile between the open archives before and those now.
type step struct {
	label, sign string
	publish.Number
	note string
	// clause says it in a sentence, after the number.
	clause string
	// rare: a tile of none is left out.
	rare bool
}

// steps are the tiles of a balance in the order in which they add up.
func (b *Balance) steps() []step {
	return []step{
		{"Fixed", "−", b.Fixed, "were open; answered again, and are not open", "fixed", false},
		{"Gone", "−", b.Gone, "were open; nothing answers, which is no proof of a repair", "gone without proof of a repair", false},
		{"Closed otherwise", "−", b.ClosedOtherwise, "were open and are not; not all that was exposed is proved closed", "no longer open otherwise", true},
		{"Not seen again", "−", b.NotSeenAgain, "were open; not covered, not reassessed, or looked at otherwise", "not covered or not reassessed now", true},
		{"Newly open", "+", b.NewlyOpen, "were not open before; like for like", "newly open", false},
		{"Not seen before", "+", b.NotSeenBefore, "open; not covered or not assessed before, or looked at otherwise", "open where the earlier survey did not look or did not get to an answer", true},
	}
}

// sentence is the balance in one sentence.
func (b *Balance) sentence() string {
	var closed, opened []string
	hidden := false
	for _, s := range b.steps() {
		switch {
		case s.Hidden:
			hidden = true
		case s.N == 0:
		case s.sign == "+":
			opened = append(opened, publish.Grouped(s.N)+" "+s.clause)
		default:
			closed = append(closed, publish.Grouped(s.N)+" "+s.clause)
		}
	}
	text := "How many archives were open before and are open now is withheld"
	if !b.OpenBefore.Hidden && !b.OpenNow.Hidden {
		text = fmt.Sprintf("%s before and %s now", openArchives(b.OpenBefore.N, "was", "were"), openArchives(b.OpenNow.N, "is", "are"))
		if b.OpenBefore.N == b.OpenNow.N {
			text = fmt.Sprintf("%s before, and as many are now", openArchives(b.OpenBefore.N, "was", "were"))
		}
		hidden = hidden && b.OpenBefore.N+b.OpenNow.N > 0
	} else {
		hidden = false
	}
	if len(closed) > 0 {
		text += "; of those before, " + listed(closed)
	}
	if len(opened) > 0 {
		text += "; of those now, " + listed(opened)
	}
	if hidden {
		text += "; further numbers are withheld"
	}
	return text + "."
}

func openArchives(n int64, one, many string) string {
	if n == 1 {
		return "1 archive " + one + " open"
	}
	return publish.Grouped(n) + " archives " + many + " open"
}

// listed joins words as a sentence does.
func listed(words []string) string {
	if n := len(words); n > 1 {
		return strings.Join(words[:n-1], ", ") + " and " + words[n-1]
	}
	return words[0]
}

// equation is the balance as a line of numbers for a terminal.
func (b *Balance) equation() string {
	text := b.OpenBefore.String() + " open before"
	for _, s := range b.steps() {
		if s.Hidden || s.N > 0 {
			text += fmt.Sprintf(" %s %s %s", s.sign, s.Number, strings.ToLower(s.label))
		}
	}
	return text + " = " + b.OpenNow.String() + " open now"
}
