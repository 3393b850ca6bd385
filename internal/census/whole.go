package census

import (
	"fmt"

	"leadglass/dicom"
	"leadglass/dicom/dimse"
	"leadglass/internal/survey"
)

// source is the route by which studies are counted.
const source = "c-find-study"

// count counts the studies: first as one list, then in windows where that list
// was cut or has to be checked.
func (c *counter) count() {
	ans := c.askWhole()
	c.known = c.t.listed()
	switch {
	case c.link.dataSets && c.known == 0:
		c.out.incomplete = reasonDataSets
		c.out.studies = survey.UnknownCount(reasonDataSets)
		c.out.images.none = reasonDataSets
		return
	case c.known == 0 && (ans.end == declined && !c.declines || ans.end == complete && ans.raw == 0 && c.link.class == dicom.PatientRootFind) &&
		c.countByPatient():
		return
	case ans.end == refused || ans.end == declined && !c.declines || ans.end == cut && ans.raw == 0 ||
		ans.end == broken && ans.raw == 0 && c.link.lost():
		c.out.studies = survey.UnknownCount(ans.why)
		c.out.images.none = "the studies could not be listed"
		return
	case c.spent() || ans.end == stopped:
		c.beyond(ans)
		return
	case ans.end == complete && c.extra&datedExtra == 0:
		v, why := c.verify(ans)
		sum := c.t.sums()
		switch v {
		case proven:
			studies := survey.ExactCount(sum.studies, source)
			studies.Reason = why
			c.take(&sum, studies)
			if sum.studies == 0 && c.emptyDoubt != "" {
				c.lower(c.emptyDoubt)
			}
			return
		case unproven:
			c.take(&sum, survey.AtLeast(sum.studies, source, why))
			return
		}
	}
	if ans.end == cut || ans.end == complete {
		c.listCap = ans.raw
	}
	c.countWindows(ans)
}

// take makes s the outcome.
func (c *counter) take(s *sums, studies survey.Count) {
	c.out.sums, c.out.studies = *s, studies
	c.out.duplicates = c.t.duplicates
	if c.t.nameless > 0 || c.t.malformed > 0 {
		c.lower(c.unreadable())
	}
	if n, ok := c.out.studies.Int(); ok && n == 0 && c.t.nameless > 0 {
		// A response that cannot be read says that something matches.
		c.out.studies = survey.AtLeast(1, source, c.unreadable())
	}
	switch {
	case c.link.noted&dicom.UnproposedSyntax != 0:
		c.lower("the archive accepted a transfer syntax that was not proposed")
	case s.studies == 0 && c.link.noted&dicom.TwoTransferSyntaxes != 0:
		c.lower("the archive accepted two transfer syntaxes, and answered in neither")
	}
}

// lower makes the studies a lower bound, if they were exact.
func (c *counter) lower(reason string) {
	if n, ok := c.out.studies.Int(); ok && c.out.studies.Quality == survey.Exact {
		c.out.studies = survey.AtLeast(n, source, reason)
	}
}

func (c *counter) unreadable() string {
	return fmt.Sprintf("%d responses could not be read", max(c.t.nameless, c.t.malformed))
}

// list asks for studies and counts the answer with a method of the tally.
func (c *counter) list(keys []dimse.Key, take func(dimse.Match) bool) answer {
	ans := c.link.find(c.link.class, keys, take)
	c.t.settle()
	c.t.compareWithLast(ans.raw)
	return ans
}

// selectRoot makes an information model the one to ask; false when the archive
// does not offer it.
func (c *counter) selectRoot(class string) bool {
	if c.link.a == nil {
		return c.link.class == class || c.link.class == ""
	}
	if _, _, ok := c.link.a.Context(class); !ok {
		return false
	}
	c.link.class = class
	return true
}

// beyond is the outcome of a count that a limit ended.
func (c *counter) beyond(ans answer) {
	why := ans.why
	switch {
	case c.spent():
		why = c.limit()
	case c.t.endless():
		why = "the archive's list goes round in circles"
	}
	c.out.incomplete = why
	if c.o.Mode == ModeBudget && c.spent() && c.estimate(why, ans.raw) {
		return
	}
	sum := c.t.sums()
	c.take(&sum, survey.AtLeast(sum.studies, source, why))
}
