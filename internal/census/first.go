package census

import (
	"leadglass/dicom"
	"leadglass/dicom/dimse"
)

// askWhole asks for all studies in one list, with the information models that
// the archive offers in turn. An archive that finds nothing, or answers with a
// failure that is no refusal, is asked in other ways: with other keys, and for
// less.
func (c *counter) askWhole() answer {
	var first answer
	for _, root := range []string{dicom.StudyRootFind, dicom.PatientRootFind} {
		if !c.selectRoot(root) {
			continue
		}
		ans := c.askRoot()
		if ans.raw > 0 || ans.end == stopped || ans.end == complete || c.declines {
			return ans
		}
		if first.why == "" {
			first = ans
		}
		if c.link.lost() || c.spent() {
			break
		}
	}
	c.extra = noExtra
	return first
}

// askRoot asks for all studies by the information model that is selected.
func (c *counter) askRoot() answer {
	ans := c.whole(noExtra)
	switch {
	case ans.raw > 0, ans.end == stopped, ans.end == refused:
		return ans
	case ans.end == complete:
		return c.askEmpty(ans)
	}
	return c.askLess(ans)
}

// whole asks for the whole list with further keys, and counts it.
func (c *counter) whole(extra extraKeys) answer {
	c.extra = extra
	c.t.begin(window{})
	return c.list(window{}.keys(extra, false), c.t.takeWhole)
}

// askEmpty asks an archive again that lists no study. Some answer only queries
// that name something: usual keys, a date, a patient's name or ID. A wildcard
// takes in every name; the names that it brings stay in the receive buffer. An
// empty list proves nothing before all these lists are empty too.
func (c *counter) askEmpty(first answer) answer {
	forms := []extraKeys{usualExtra, usualExtra | datedExtra}
	if c.o.WildcardNames {
		forms = append(forms, namedExtra, namedExtra|identifiedExtra, usualExtra|datedExtra|namedExtra|identifiedExtra)
	} else {
		c.emptyDoubt = "the list is empty, and whether one for any patient's name is too was not asked (allow.sample)"
	}
	for _, form := range forms {
		ans := c.whole(form)
		switch {
		case ans.raw > 0, ans.end == stopped:
			return ans
		case ans.end != complete:
			c.emptyDoubt = "the list is empty, but one with other keys failed: " + ans.why
		}
		if c.link.lost() || c.spent() {
			c.emptyDoubt = "the list is empty, and other lists could not be requested"
			break
		}
	}
	c.extra = noExtra
	return first
}

// askLess asks an archive that fails without a response for less: for one day,
// and with fewer keys. Where a day is answered and no whole list is, the
// archive refuses what matches too much, and is counted in windows.
func (c *counter) askLess(first answer) answer {
	if c.link.class == dicom.PatientRootFind && c.o.WildcardNames {
		// There a query for studies has to name the patient (PS3.4 C.4.1.2.2.1).
		if ans := c.whole(identifiedExtra); ans.raw > 0 || ans.end == stopped {
			return ans
		}
	}
	day := window{from: dayOf(c.today()), to: dayOf(c.today())}
	if c.answers(day, noExtra) {
		return c.broad(first, noExtra)
	}
	for _, form := range []extraKeys{usualExtra, bareKeys, usualExtra | bareKeys, bareKeys | withoutDate} {
		if c.spent() || c.link.lost() {
			return first
		}
		if c.answers(window{}, form) {
			return c.whole(c.addKeys(window{}, form))
		}
		if c.answers(day, form) {
			return c.broad(first, c.addKeys(day, form))
		}
	}
	if !c.o.WildcardNames {
		return first
	}
	for _, form := range []extraKeys{namedExtra, identifiedExtra, namedExtra | identifiedExtra} {
		if c.spent() || c.link.lost() {
			return first
		}
		if ans := c.whole(form); ans.raw > 0 || ans.end == stopped {
			return ans
		}
		if c.answers(day, form) {
			return c.broad(first, form)
		}
	}
	return first
}

// broad asks an archive that answers for one day, and fails for the whole list
// as first says, for all dates. If that fails too the archive declines lists
// for their length.
func (c *counter) broad(first answer, extra extraKeys) answer {
	if ans := c.whole(extra | datedExtra); ans.raw > 0 || ans.end == stopped {
		return ans
	}
	c.extra, c.declines = extra, true
	first.end = declined
	return first
}

// answers reports whether the archive answers a query for a window. It takes
// one response.
func (c *counter) answers(w window, extra extraKeys) bool {
	ans := c.link.find(c.link.class, w.keys(extra, false), func(dimse.Match) bool {
		c.t.left--
		return false
	})
	return ans.raw > 0 || ans.end == complete
}

// addKeys returns extra with the keys added again, one at a time, with which
// the archive still answers a query for w.
func (c *counter) addKeys(w window, extra extraKeys) extraKeys {
	for _, key := range []extraKeys{withoutNumber, withoutModalities, withoutAvailability} {
		if extra&key != 0 && !c.spent() && c.answers(w, extra&^key) {
			extra &^= key
		}
	}
	return extra
}

// fit reports whether a window that was declined is answered with fewer keys,
// which are then used from there on. An archive may look at the keys of a query
// only where something matches it, so this is tried until something has.
func (c *counter) fit(w window) bool {
	if c.fitted || c.extra&bareKeys == bareKeys || !c.answers(w, c.extra|bareKeys) {
		return false
	}
	c.extra = c.addKeys(w, c.extra|bareKeys)
	c.fitted = true
	return true
}
