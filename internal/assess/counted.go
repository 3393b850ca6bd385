package assess

import (
	"fmt"

	"leadglass/dicom"
	"leadglass/internal/products"
	"leadglass/internal/survey"
)

// Counted settles the checks of queries that were left unknown on a service, an
// association having ended or an answer having stayed away, by what the count of the
// same service was answered with since: a query that lists something to us is
// answered. responses are the numbers of responses by SOP class. It reports whether
// a check was settled.
func Counted(f *survey.Finding, service *survey.Service, responses map[string]int64, table *products.Table) (settled bool) {
	for _, by := range []struct{ id, class, of string }{
		{LGD04.ID, dicom.StudyRootFind, "study"},
		{LGD05.ID, dicom.PatientRootFind, "Patient Root"},
	} {
		n := responses[by.class]
		for i := range f.Checks {
			if k := &f.Checks[i]; n > 0 && k.ID == by.id && k.Port == service.Port && k.State == survey.Unknown {
				shown(k, fmt.Sprintf("Unauthenticated %s queries are answered, as shown by the count, which was sent %d responses.", by.of, n), service, table)
				settled = true
			}
		}
	}
	service.Levels.QueryAnswered = service.Levels.QueryAnswered || settled
	return settled
}

// shown makes a check that the count has decided a failed one.
func shown(k *survey.Check, evidence string, service *survey.Service, table *products.Table) {
	before := k.Evidence
	k.State, k.Evidence = survey.Fail, evidence
	if before != "" {
		k.Evidence += " The check itself had no result: " + before
	}
	k.Remedy = table.Remedy(k.ID, service)
}

// countedIDs settles LG-D10 where the count saw patient IDs and the sample was
// without result.
func countedIDs(f *survey.Finding, service *survey.Service, table *products.Table, n int64) {
	for i := range f.Checks {
		if k := &f.Checks[i]; k.ID == LGD10.ID && k.Port == service.Port && k.State == survey.Unknown {
			shown(k, fmt.Sprintf("Patient IDs are returned without authentication, as shown by the count, which saw %d of one form.", n), service, table)
		}
	}
}
