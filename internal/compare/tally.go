package compare

import (
	"leadglass/internal/publish"
	"leadglass/internal/survey"
)

// Tally adds targets up.
type Tally struct {
	// The archives by whether they were open and are: Stayed then and now,
	// Left only then, Entered only now, Closed neither.
	Stayed, Left, Entered, Closed int64
	// Gone are those of Left of which nothing answers any more.
	Gone int64
	// Figures are the study records, images linked and images accessible of
	// the open ones.
	Figures [3]Figures
}

// Figures are a number before and now.
type Figures struct {
	Before, Now publish.Sum
	// changes add up the differences of the archives, like for like.
	changes total
}

// Archives is the number of archives.
func (t *Tally) Archives() int64 { return t.Stayed + t.Left + t.Entered + t.Closed }

// Before and Now are the numbers of open archives.
func (t *Tally) Before() int64 { return t.Stayed + t.Left }

// Now is the number of archives that are open now.
func (t *Tally) Now() int64 { return t.Stayed + t.Entered }

func (t *Tally) add(c *Change) {
	before, now := openIn(c.Before), openIn(c.Now)
	switch {
	case before && now:
		t.Stayed++
	case before:
		t.Left++
		if c.Kind == Gone {
			t.Gone++
		}
	case now:
		t.Entered++
	default:
		t.Closed++
		return
	}
	b, n := exposed(c.Before), exposed(c.Now)
	for i := range t.Figures {
		f := &t.Figures[i]
		if before {
			f.Before.Add(b[i])
		}
		if now {
			f.Now.Add(n[i])
		}
		f.changes.add(b[i], n[i])
	}
}

// plus is the sum of two tallies.
func (t Tally) plus(o Tally) Tally {
	t.Stayed += o.Stayed
	t.Left += o.Left
	t.Entered += o.Entered
	t.Closed += o.Closed
	t.Gone += o.Gone
	for i := range t.Figures {
		t.Figures[i].Before.Merge(o.Figures[i].Before)
		t.Figures[i].Now.Merge(o.Figures[i].Now)
		t.Figures[i].changes.merge(o.Figures[i].changes)
	}
	return t
}

// Comparison is what two surveys say together. Its numbers are not yet
// suppressed: it is for Publish, not for readers.
type Comparison struct {
	Frame *Frame
	Kinds map[Kind]Tally
	// Causes count the archives of the kinds that are not like for like.
	Causes map[Kind]map[Cause]int64
	// Countries are like for like, keyed by ISO 3166-1 code,
	// publish.UnknownCountry for none; Elsewhere are the other archives.
	Countries, Elsewhere map[string]Tally
	// Failing and Mended count archives by the checks that newly fail or no
	// longer do.
	Failing, Mended map[string]int64
}

// NewComparison returns an empty comparison for what f compares.
func NewComparison(f *Frame) *Comparison {
	return &Comparison{Frame: f, Kinds: map[Kind]Tally{}, Causes: map[Kind]map[Cause]int64{}, Countries: map[string]Tally{}, Elsewhere: map[string]Tally{},
		Failing: map[string]int64{}, Mended: map[string]int64{}}
}

// Add adds a change.
func (s *Comparison) Add(c Change) {
	t := s.Kinds[c.Kind]
	t.add(&c)
	s.Kinds[c.Kind] = t
	country := publish.UnknownCountry
	if survey.CountryName(c.Country) != "" {
		country = c.Country
	}
	if !c.Kind.LikeForLike() {
		t = s.Elsewhere[country]
		t.add(&c)
		s.Elsewhere[country] = t
		if s.Causes[c.Kind] == nil {
			s.Causes[c.Kind] = map[Cause]int64{}
		}
		s.Causes[c.Kind][c.Cause]++
		return
	}
	t = s.Countries[country]
	t.add(&c)
	s.Countries[country] = t
	for _, id := range c.Failing {
		s.Failing[id]++
	}
	for _, id := range c.Mended {
		s.Mended[id]++
	}
}

// LikeForLike is the sum over the targets that both surveys looked at alike.
func (s *Comparison) LikeForLike() Tally { return s.sum(Kind.LikeForLike) }

// Rest is the sum over the other targets.
func (s *Comparison) Rest() Tally { return s.sum(func(k Kind) bool { return !k.LikeForLike() }) }

func (s *Comparison) sum(of func(Kind) bool) Tally {
	var t Tally
	for _, k := range Kinds {
		if of(k) {
			t = t.plus(s.Kinds[k])
		}
	}
	return t
}

// Worse reports whether anything is more open than before, like for like: a
// new open archive, or one that got worse.
func (s *Comparison) Worse() bool {
	fresh := s.Kinds[New]
	worse := s.Kinds[Worse]
	return fresh.Entered > 0 || worse.Archives() > 0
}
