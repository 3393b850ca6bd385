package dimse

import (
	"bytes"
	"context"

	"leadglass/dicom"
)

// maxPatients is how many patients are asked about one by one.
const maxPatients = 4096

// Patients are the patients of an archive that answers a query for studies only
// where it names the patient (Patient Root, PS3.4 C.4.1.2.2.1). It holds their IDs,
// which no caller can read; they go back to the archive, and nowhere else. Wipe
// overwrites them.
type Patients struct {
	ids     [maxPatients][64]byte
	lengths [maxPatients]uint8
	n       int
	// Unnamed is the number of patients listed whose ID names no one patient:
	// empty, too long, or a list or pattern (PS3.4 C.2.2.2). Studies is the sum of
	// (0020,1200) where Stated says that each patient listed had one.
	Unnamed, Studies int64
	// Stated: every patient listed has a number of studies.
	Stated bool
	// Full: more patients were listed than are asked about.
	Full bool
}

// Len is the number of patients to ask about.
func (p *Patients) Len() int { return p.n }

// Wipe overwrites the IDs.
func (p *Patients) Wipe() { *p = Patients{} }

// List asks for all patients. more is asked after each whether to go on.
func (p *Patients) List(ctx context.Context, c *Client, more func() bool) (FindResult, error) {
	p.Wipe()
	p.Stated = true
	return c.Find(ctx, dicom.PatientRootFind, []Key{
		{Tag: dicom.QueryRetrieveLevel, VR: dicom.CS, Value: "PATIENT"},
		{Tag: dicom.PatientID, VR: dicom.LO},
		{Tag: dicom.NumberOfPatientRelatedStudies, VR: dicom.IS},
	}, func(m Match) bool {
		p.take(m)
		return !p.Full && more()
	})
}

func (p *Patients) take(m Match) {
	var id []byte
	studies, stated := int64(0), false
	for it := m.Elements(); it.Next(); {
		switch it.Tag() {
		case dicom.PatientID:
			id = dicom.Trim(it.Value())
		case dicom.NumberOfPatientRelatedStudies:
			studies, stated = dicom.ParseIS(it.Value())
		}
	}
	p.Studies += studies
	p.Stated = p.Stated && stated
	switch {
	case len(id) == 0 || len(id) > len(p.ids[0]) || bytes.ContainsAny(id, "*?\\"):
		p.Unnamed++
	case p.n == maxPatients:
		p.Full = true
	default:
		p.lengths[p.n] = uint8(copy(p.ids[p.n][:], id))
		p.n++
	}
}

// FindStudies asks for keys of the studies of patient i, 0 to Len()-1.
func (p *Patients) FindStudies(ctx context.Context, c *Client, i int, keys []Key, each func(Match) bool) (FindResult, error) {
	return c.find(ctx, dicom.PatientRootFind, func(dst []byte, s dicom.Syntax) []byte {
		return appendOne(dst, s, keys, Key{Tag: dicom.PatientID, VR: dicom.LO}, p.ids[i][:p.lengths[i]])
	}, each)
}
