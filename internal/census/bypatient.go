package census

import (
	"fmt"

	"leadglass/dicom"
	"leadglass/dicom/dimse"
	"leadglass/internal/survey"
)

// bySource is the route of a count patient by patient.
const bySource = "c-find-study by patient"

// countByPatient counts an archive that answers a Patient Root query for studies
// only where it names one patient, as PS3.4 C.4.1.2.2.1 demands: others are answered
// with C000 or A900. Its patients are listed, and
// each is asked about; their IDs stay in a buffer that is wiped, and the studies are
// counted by their hashes. False where that shows no study.
func (c *counter) countByPatient() bool {
	if !c.o.WildcardNames || c.spent() || c.link.lost() || !c.selectRoot(dicom.PatientRootFind) {
		return false
	}
	var patients dimse.Patients
	defer patients.Wipe()
	more := func() bool { c.t.left--; return c.t.left > 0 && !c.stop.Load() }
	list := c.link.ask(dicom.PatientRootFind, func(cl *dimse.Client) (dimse.FindResult, error) { return patients.List(c.link.ctx, cl, more) })
	if patients.Len() == 0 && patients.Studies == 0 {
		return false
	}
	c.extra = noExtra
	why := ""
	asked := 0
	for ; asked < patients.Len() && !c.spent() && !c.link.lost(); asked++ {
		ans := c.studiesOf(&patients, asked)
		if ans.end != complete || ans.raw == 0 || !c.unbounded(ans.raw) {
			why = firstOf(ans.why, why, "of a patient, the list of studies may be cut")
		}
		if ans.end == declined && asked == 0 {
			break
		}
		c.known = c.t.listed()
	}
	sum := c.t.sums()
	if sum.studies == 0 && !patients.Stated {
		return false
	}
	switch {
	case asked < patients.Len():
		why = firstOf(why, fmt.Sprintf("%d of %d patients were asked about: %s", asked, patients.Len(), c.limit()))
	case list.end != complete:
		why = firstOf(list.why, "the list of patients did not come to its end")
	case patients.Unnamed > 0:
		why = fmt.Sprintf("%d patients have no ID to ask for", patients.Unnamed)
	case !c.unbounded(list.raw) && !(patients.Stated && patients.Studies == sum.studies):
		why = firstOf(why, "the archive lists studies by patient alone, and whether it cuts the list of patients cannot be proved")
	}
	if patients.Stated && patients.Studies > sum.studies {
		c.take(&sum, survey.AtLeast(patients.Studies, "c-find-patient", firstOf(why, "the archive's own numbers of studies by patient")))
		return true
	}
	studies := survey.ExactCount(sum.studies, bySource)
	if why != "" {
		studies = survey.AtLeast(sum.studies, bySource, why)
	}
	c.take(&sum, studies)
	return true
}

// studiesOf counts the studies of one patient, with fewer keys where the archive
// declines the usual ones.
func (c *counter) studiesOf(patients *dimse.Patients, i int) answer {
	ask := func() answer {
		c.t.begin(window{})
		ans := c.link.ask(dicom.PatientRootFind, func(cl *dimse.Client) (dimse.FindResult, error) {
			return patients.FindStudies(c.link.ctx, cl, i, window{}.keys(c.extra, false), c.t.takeWhole)
		})
		c.t.settle()
		return ans
	}
	ans := ask()
	for _, form := range []extraKeys{bareKeys, bareKeys | withoutDate} {
		if ans.end != declined || i > 0 || c.spent() {
			break
		}
		c.extra = form
		ans = ask()
	}
	return ans
}
