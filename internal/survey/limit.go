package survey

// smallestLimit is the length below which no archive is known to cut a list.
const smallestLimit = 10

// CouldBeLimit reports whether a list of n entries may have been cut at a limit
// that somebody configured, so that its length alone does not show that it is
// whole. It is the one rule for C-FIND and for QIDO-RS: the limit is a setting
// of the archive or of its database, and not of the protocol.
//
// People set round numbers: multiples of 10 below 1,000, of 50 above, and
// powers of two. Archives are off by one in both directions: some return one
// entry more than the limit, and some stop one before it. The rule is one-sided
// by design: a whole list of such a length costs a few more requests or is
// reported as a lower bound, while a cut list taken for whole would be reported
// as an exact number that is wrong. A limit such as 737 is not found by its
// looks; the lists of parts of the archive show it.
func CouldBeLimit(n int64) bool {
	return n >= smallestLimit && (round(n) || round(n-1) || round(n+1))
}

func round(n int64) bool {
	return n < 1000 && n%10 == 0 || n%50 == 0 || n&(n-1) == 0
}
