package assess

import (
	"slices"

	"leadglass/internal/survey"
)

// GradeRule is a row of the table that gives a target its grade.
type GradeRule struct {
	Grade survey.Grade `json:"grade"`
	// When says in words when the row applies.
	When string `json:"when"`

	applies func(gradeFacts) bool
}

// gradeFacts is what grades depend on.
type gradeFacts struct {
	verdict survey.Verdict
	// viewer: a viewer or administration page, or another web side of the
	// archive, answers without login.
	viewer bool
	// guessed: a made-up or default called AE title opens an association on a
	// port without TLS.
	guessed bool
	// clear: something that is said can be read on the way.
	clear bool
	// title: a service is kept by its called AE title alone.
	title bool
	// certificate: the certificate is at fault.
	certificate bool
	// profile: LG-T02 passes on every port that answers.
	profile bool
	// mutual: every port that answers demands a client certificate.
	mutual bool
}

// GradeRules returns the rule by which grades are given: the first row that
// applies.
func GradeRules() []GradeRule {
	return []GradeRule{
		{survey.GradeNone, "the verdict is unreachable or not-dicom, and no DICOM files lie open: there is nothing to grade",
			func(f gradeFacts) bool { return !f.verdict.Speaks() && !f.viewer }},
		{survey.GradeF, "the verdict is open or open-images: queries are answered",
			func(f gradeFacts) bool { return f.verdict.FreelyAccessible() }},
		{survey.GradeD, "a viewer or administration page, the product's interface, or DICOM files answer without login (LG-W04, LG-W06, LG-W07 or LG-W12 fails)",
			func(f gradeFacts) bool { return f.viewer }},
		{survey.GradeD, "the verdict is identified, in plaintext, with a made-up or a default called AE title (LG-D03 fails, and LG-D01 or LG-D02)",
			func(f gradeFacts) bool { return f.guessed }},
		{survey.GradeC, "the verdict is identified, but only over TLS without a client certificate or with a title that has to be known",
			func(f gradeFacts) bool { return f.verdict == survey.Identified }},
		{survey.GradeC, "the verdict is protected, but by a called AE title alone, which every station sends in clear",
			func(f gradeFacts) bool { return f.title }},
		{survey.GradeC, "the verdict is protected, but what is said to it, passwords included, can be read on the way (LG-D03 or LG-W10 fails)",
			func(f gradeFacts) bool { return f.clear }},
		{survey.GradeC, "the verdict is protected, but the certificate is expired, self-signed, for another name or weak (LG-T03 fails)",
			func(f gradeFacts) bool { return f.certificate }},
		{survey.GradeA, "the verdict is protected, every port that answers demands TLS with a client certificate and meets the TLS profile (LG-T02 passes), and nothing else is reachable",
			func(f gradeFacts) bool { return f.mutual && f.profile }},
		{survey.GradeB, "the verdict is protected: what is said is encrypted, and whoever has no account, title or certificate is turned away",
			func(gradeFacts) bool { return true }},
	}
}

// Grade sums up a target by the first of GradeRules that applies.
func Grade(services []survey.Service, checks []survey.Check) survey.Grade {
	return RuleFor(services, checks).Grade
}

// RuleFor returns the row that gives a target its grade.
func RuleFor(services []survey.Service, checks []survey.Check) GradeRule {
	f := factsOf(services, checks)
	rules := GradeRules()
	for _, r := range rules {
		if r.applies(f) {
			return r
		}
	}
	return rules[len(rules)-1]
}

func factsOf(services []survey.Service, checks []survey.Check) gradeFacts {
	f := gradeFacts{
		verdict:     survey.VerdictOf(services, checks),
		viewer:      failedOn(checks, 0, LGW04.ID, LGW06.ID, LGW07.ID, LGW12.ID),
		clear:       failedOn(checks, 0, LGD03.ID, LGW10.ID),
		certificate: failedOn(checks, 0, LGT03.ID),
		mutual:      true,
		profile:     true,
	}
	for _, s := range services {
		switch survey.VerdictOf([]survey.Service{s}, nil) {
		case survey.Unreachable:
			continue
		case survey.Identified:
			f.guessed = f.guessed || failedOn(checks, s.Port, LGD03.ID) && failedOn(checks, s.Port, LGD01.ID, LGD02.ID)
		}
		f.title = f.title || s.KeptByTitle()
		f.mutual = f.mutual && s.CertificateRequired()
		f.profile = f.profile && passedOn(checks, s.Port, LGT02.ID)
	}
	return f
}

// failedOn reports whether a check of one of the IDs failed on a port; port 0
// means any.
func failedOn(checks []survey.Check, port uint16, ids ...string) bool {
	return slices.ContainsFunc(checks, func(c survey.Check) bool {
		return c.State == survey.Fail && (port == 0 || c.Port == port) && slices.Contains(ids, c.ID)
	})
}

// passedOn reports whether a check passed on a port.
func passedOn(checks []survey.Check, port uint16, id string) bool {
	return slices.ContainsFunc(checks, func(c survey.Check) bool {
		return c.State == survey.Pass && c.Port == port && c.ID == id
	})
}
