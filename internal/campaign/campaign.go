// Package campaign runs surveys for any front end: it begins them or finds the
// one to resume, enlists their hosts, works on them alone or beside others,
// repeats, cancels and finishes them, and says what happens by events. It
// prints nothing, and knows no flags.
package campaign
