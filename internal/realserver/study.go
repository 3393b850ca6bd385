package realserver

import (
	"crypto/sha256"
	"fmt"
	"math/big"
	"math/rand/v2"
	"slices"
	"time"
)

// Canary is the marker in every identifying text of every made-up person. A
// leak into any output is found by searching for it.
const Canary = "CANARY"

// CanaryBirthDate is the birth date of every made-up person: a date cannot
// hold the marker, so it is one that appears nowhere else.
const CanaryBirthDate = "18870513"

// Study is a made-up study. Its files are encoded when they are asked for.
type Study struct {
	UID             string
	PatientID       string
	PatientName     string
	AccessionNumber string
	Date            string // YYYYMMDD; empty: the study has no date
	Time            string // HHMMSS
	Modality        string
	Images          []Image

	number  int
	minimal bool
	animal  bool
	without []uint32
}

// Image is one object of a study.
type Image struct {
	SeriesUID      string
	SOPInstanceUID string
	SOPClassUID    string
	SeriesNumber   int
	InstanceNumber int
}

// StudyOptions shape the studies; the zero value is what most tests want.
type StudyOptions struct {
	// From and To bound the study dates, both included; the default is
	// 2010-01-01 to 2024-12-31. Dates are spread evenly, in order.
	From, To time.Time
	// NoDate is how many of the studies, the last ones, have no date.
	NoDate int
	// Modalities are taken in turn; the default is CT, MR, CR, DX, US, OT.
	Modalities []string
	// SeriesPerStudy is 1 when not given; images are dealt out over them.
	SeriesPerStudy int
	// StudiesPerPatient is 1 when not given.
	StudiesPerPatient int
	// SSN gives patients an ID of the form ???-??-???? instead of one with
	// the marker. The numbers begin with 9: none was ever issued.
	SSN bool
	// Animals gives patients a species and a breed.
	Animals bool
	// PatientIDs are given to the patients in turn instead of IDs with the
	// marker.
	PatientIDs []string
	// Without leaves out identifying attributes by their tags.
	Without []uint32
	// Minimal leaves out every identifying attribute but the patient's name
	// and ID and the accession number, which makes files a third as long.
	Minimal bool
}

// storageClasses are the SOP class of each modality's images; others are
// secondary captures.
func storageClass(modality string) string {
	switch modality {
	case "CT":
		return "1.2.840.10008.5.1.4.1.1.2"
	case "MR":
		return "1.2.840.10008.5.1.4.1.1.4"
	case "CR":
		return "1.2.840.10008.5.1.4.1.1.1"
	case "DX":
		return "1.2.840.10008.5.1.4.1.1.1.1"
	case "US":
		return "1.2.840.10008.5.1.4.1.1.6.1"
	default:
		return "1.2.840.10008.5.1.4.1.1.7"
	}
}

// withDefaults fills in what was not given.
func (o StudyOptions) withDefaults() StudyOptions {
	if o.From.IsZero() {
		o.From = time.Date(2010, 1, 1, 0, 0, 0, 0, time.UTC)
	}
	if o.To.IsZero() {
		o.To = time.Date(2024, 12, 31, 0, 0, 0, 0, time.UTC)
	}
	if len(o.Modalities) == 0 {
		o.Modalities = []string{"CT", "MR", "CR", "DX", "US", "OT"}
	}
	o.SeriesPerStudy = max(o.SeriesPerStudy, 1)
	o.StudiesPerPatient = max(o.StudiesPerPatient, 1)
	return o
}

// Studies makes n studies of imagesPer images each. The same arguments give
// the same studies.
func Studies(seed uint64, n, imagesPer int, o StudyOptions) []Study {
	o = o.withDefaults()
	random := rand.New(rand.NewPCG(seed, 0x5ee0_57d1e5))
	days := int(o.To.Sub(o.From).Hours()/24) + 1
	studies := make([]Study, n)
	for i := range studies {
		patient := i/o.StudiesPerPatient + 1
		s := Study{
			UID:             uid(seed, "study", i, 0),
			PatientID:       fmt.Sprintf("%s-ID-%04d", Canary, patient),
			PatientName:     fmt.Sprintf("%s^NAME^%04d", Canary, patient),
			AccessionNumber: fmt.Sprintf("%sACC%d", Canary, i+1),
			Modality:        o.Modalities[i%len(o.Modalities)],
			Images:          make([]Image, imagesPer),
			number:          i + 1,
			minimal:         o.Minimal,
			animal:          o.Animals,
			without:         o.Without,
		}
		if o.SSN {
			s.PatientID = fmt.Sprintf("9%02d-%02d-%04d", patient/1_000_000%100, patient/10_000%100, patient%10_000)
		}
		if len(o.PatientIDs) > 0 {
			s.PatientID = o.PatientIDs[(patient-1)%len(o.PatientIDs)]
		}
		// i*days/n plus less than one step: evenly spread, in order.
		if dated := n - o.NoDate; i < dated {
			step := max(days/dated, 1)
			day := min(i*days/dated+random.IntN(step), days-1)
			s.Date = o.From.AddDate(0, 0, day).Format("20060102")
			s.Time = fmt.Sprintf("%02d%02d%02d", random.IntN(24), random.IntN(60), random.IntN(60))
		}
		for j := range s.Images {
			series := j % o.SeriesPerStudy
			s.Images[j] = Image{
				SeriesUID:      uid(seed, "series", i, series),
				SOPInstanceUID: uid(seed, "image", i, j),
				SOPClassUID:    storageClass(s.Modality),
				SeriesNumber:   series + 1,
				InstanceNumber: j/o.SeriesPerStudy + 1,
			}
		}
		studies[i] = s
	}
	return studies
}

// Images is how many images the studies have.
func Images(studies []Study) int {
	n := 0
	for _, s := range studies {
		n += len(s.Images)
	}
	return n
}

// uid makes a UID of the root 2.25 (PS3.5 B.2) from its arguments.
func uid(seed uint64, kind string, i, j int) string {
	sum := sha256.Sum256(fmt.Appendf(nil, "%d %s %d %d", seed, kind, i, j))
	sum[0] |= 0x80 // never shorter, never zero
	return "2.25." + new(big.Int).SetBytes(sum[:16]).String()
}

// pixels is a picture of 4 by 4 points of 8 bit.
var pixels = slices.Repeat([]byte{0x00, 0x80}, 8)

// File is image i of the study as a DICOM file (PS3.10).
func (s Study) File(i int) []byte {
	image := s.Images[i]
	return file(image.SOPClassUID, image.SOPInstanceUID, s.dataset(image))
}

// dataset is the data set of one image.
func (s Study) dataset(image Image) []byte {
	var d dataset
	d.text(0x00080005, "CS", "ISO_IR 100")
	d.text(0x00080008, "CS", `ORIGINAL\PRIMARY`)
	d.text(0x00080016, "UI", image.SOPClassUID)
	d.text(0x00080018, "UI", image.SOPInstanceUID)
	d.text(0x00080020, "DA", s.Date)
	d.text(0x00080030, "TM", s.Time)
	d.text(0x00080050, "SH", s.AccessionNumber)
	d.text(0x00080060, "CS", s.Modality)
	d.text(0x00100010, "PN", s.PatientName)
	d.text(0x00100020, "LO", s.PatientID)
	d.text(0x0020000D, "UI", s.UID)
	d.text(0x0020000E, "UI", image.SeriesUID)
	d.text(0x00200011, "IS", fmt.Sprint(image.SeriesNumber))
	d.text(0x00200013, "IS", fmt.Sprint(image.InstanceNumber))
	d.uint16(0x00280002, 1) // samples per pixel
	d.text(0x00280004, "CS", "MONOCHROME2")
	d.uint16(0x00280010, 4) // rows
	d.uint16(0x00280011, 4) // columns
	d.uint16(0x00280100, 8) // bits allocated
	d.uint16(0x00280101, 8) // bits stored
	d.uint16(0x00280102, 7) // high bit
	d.uint16(0x00280103, 0) // unsigned
	d.bytes(0x7FE00010, "OW", pixels)
	if s.animal {
		d.text(0x00102201, "LO", Canary+" SPECIES")
		d.text(0x00102292, "LO", Canary+" BREED")
	}
	if !s.minimal {
		s.addIdentity(&d)
	}
	d.drop(s.without)
	return d.encode()
}
