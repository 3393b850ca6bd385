package assess

import (
	"context"
	"slices"
	"strings"

	"leadglass/internal/privacy"
	"leadglass/internal/survey"
)

// LGD10 asks which classes of identifying attributes come with studies.
var LGD10 = Check{
	ID:       "LG-D10",
	Title:    "Identifying attributes are returned",
	Severity: survey.Critical,
	On:       OnDICOM,
	Means: `With each study the archive reveals to anyone who the patients are: names, birth dates, numbers, addresses,
physicians, what was examined and why. Each such record is a breach of the patient's confidentiality, and together they are
what identity theft and extortion are made of. For the operator the classes say how grave a notification to the supervisory
authority and to the patients has to be (GDPR Art. 33 and 34, HIPAA 45 CFR 164.400).`,
	Tested: `Where study queries are answered and the scope allows it (allow.sample, on unless switched off; check
--no-sample), up to 24 studies are listed without any such attribute, eight of them chosen, spread over the list, and these requested by
their UIDs, one by one. So the attributes of eight studies cross the network, and of no other, as they would with a list that
is stopped by C-CANCEL. A response is read in the receive buffer: an attribute counts as present where its value holds a
letter or a digit, and nothing but the class and the number of responses is kept; the values and the UIDs are overwritten.
Pseudonyms are not recognised, because no value is judged. Where the archive answers Patient Root queries alone, a
list of patients is stopped by C-CANCEL after eight. The check fails if a class is present that alone identifies a person
(45 CFR 164.514(b)(2)(i)): patient-name, birth-date, patient-id, other-ids, address, phone, insurance, accession-number. Other
classes are listed in the finding. An archive that does not take the keys is asked once more with the short list.`,
	Sends: `On the association of LG-D04 while it lasts, otherwise on a new one that proposes query and retrieval contexts
only: one C-FIND-RQ with (0008,0052) STUDY, (0008,0020) as in LG-D04, (0008,0030) and (0020,000D) empty, ended by C-CANCEL-RQ
after 24 responses, and where that fails without a response, again without (0008,0030), without (0008,0020) where it is empty, and
without both; then up to eight C-FIND-RQ of about 500 bytes with the same (0008,0052), (0008,0020) and (0008,0030),
(0020,000D) the UID of one study, and these keys, all empty:

` + identifyingTable() + `
and one C-CANCEL-RQ where more than one response comes. None of this where allow.sample is false.`,
	References: []string{refFind, refConfidentiality, refSafeHarbor, refAccess, refGDPR, refNIS2Access},
	Run:        runD10,
}

func runD10(ctx context.Context, s *Session) Result {
	if r, ok := s.mayIdentify(); !ok {
		return r
	}
	id := s.identify(ctx)
	n := id.sample.Responses()
	if n == 0 {
		return unknown("No identifying attribute could be requested: %s.", id.why)
	}
	var direct, other []string
	for _, c := range id.sample.Attributes() {
		switch {
		case !c.Present:
		case slices.Contains(privacy.Direct(), privacy.Class(c.Class)):
			direct = append(direct, c.Class)
		default:
			other = append(other, c.Class)
		}
	}
	of := "A sample of " + counted(n, s.listsBy())
	if id.plain {
		of += ", in answer to a query for the short list of attributes alone,"
	}
	switch {
	case len(direct) > 0:
		return fail("%s was returned without authentication, with %s.", of, strings.Join(append(direct, other...), ", "))
	case len(other) > 0:
		return pass("%s was returned without an attribute that identifies a person, but with %s.", of, strings.Join(other, ", "))
	}
	return pass("%s was returned without identifying attributes.", of)
}
