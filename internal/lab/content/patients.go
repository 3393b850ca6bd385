package content

// studiesPerPatient is about how many studies a patient has.
const studiesPerPatient = 3

// patients shares studies out to patients. The first records of an archive
// belong to the patients whose ID has the form of a Social Security number,
// the others to the rest.
type patients struct {
	ssn, rest group
}

// group is n consecutive studies of count patients.
type group struct{ n, count int64 }

func newGroup(n int64) group {
	if n == 0 {
		return group{}
	}
	return group{n: n, count: max(1, n/studiesPerPatient)}
}

func newPatients(studies, ssn int64) patients {
	return patients{ssn: newGroup(ssn), rest: newGroup(studies - ssn)}
}

func (p *patients) total() int64 { return p.ssn.count + p.rest.count }

// of returns the number of the patient of study i.
func (p *patients) of(i int64) int64 {
	if i < p.ssn.n {
		return i * p.ssn.count / p.ssn.n
	}
	return p.ssn.count + (i-p.ssn.n)*p.rest.count/p.rest.n
}

// studies returns the studies of a patient: from inclusive, to exclusive.
func (p *patients) studies(patient int64) (from, to int64) {
	g, base := p.ssn, int64(0)
	if patient >= p.ssn.count {
		g, base, patient = p.rest, p.ssn.n, patient-p.ssn.count
	}
	return base + ceilDiv(patient*g.n, g.count), base + ceilDiv((patient+1)*g.n, g.count)
}

func ceilDiv(a, b int64) int64 { return (a + b - 1) / b }

// PatientOf returns the number of the patient of study i, and whether that
// patient's ID has the form of a Social Security number.
func (a *Archive) PatientOf(i int64) (patient int64, ssn bool) {
	return a.patients.of(i), i < a.patients.ssn.n
}

// StudiesOf returns the studies of a patient: from inclusive, to exclusive.
func (a *Archive) StudiesOf(patient int64) (from, to int64) { return a.patients.studies(patient) }
