package dicom

import (
	"crypto/rand"
	"math/big"
)

// Transfer syntaxes (PS3.5 annex A) and the application context (PS3.7 A.2.1).
const (
	ImplicitVRLittleEndian = "1.2.840.10008.1.2"
	ExplicitVRLittleEndian = "1.2.840.10008.1.2.1"
	ExplicitVRBigEndian    = "1.2.840.10008.1.2.2"
	ApplicationContext     = "1.2.840.10008.3.1.1.1"
)

// SOP classes (PS3.6 annex A).
const (
	Verification                  = "1.2.840.10008.1.1"
	StorageCommitmentPush         = "1.2.840.10008.1.20.1"
	ModalityPerformedStep         = "1.2.840.10008.3.1.2.3.3"
	BasicGrayscalePrintManagement = "1.2.840.10008.5.1.1.9"
	BasicColorPrintManagement     = "1.2.840.10008.5.1.1.18"
	InstanceAvailabilityNotify    = "1.2.840.10008.5.1.4.33"
	UnifiedProcedureStepPush      = "1.2.840.10008.5.1.4.34.6.1"
	UnifiedProcedureStepPull      = "1.2.840.10008.5.1.4.34.6.3"

	PatientRootFind      = "1.2.840.10008.5.1.4.1.2.1.1"
	PatientRootMove      = "1.2.840.10008.5.1.4.1.2.1.2"
	PatientRootGet       = "1.2.840.10008.5.1.4.1.2.1.3"
	StudyRootFind        = "1.2.840.10008.5.1.4.1.2.2.1"
	StudyRootMove        = "1.2.840.10008.5.1.4.1.2.2.2"
	StudyRootGet         = "1.2.840.10008.5.1.4.1.2.2.3"
	PatientStudyOnlyFind = "1.2.840.10008.5.1.4.1.2.3.1"
	ModalityWorklistFind = "1.2.840.10008.5.1.4.31"

	ComputedRadiographyStorage    = "1.2.840.10008.5.1.4.1.1.1"
	DigitalXRayStorage            = "1.2.840.10008.5.1.4.1.1.1.1"
	DigitalMammographyStorage     = "1.2.840.10008.5.1.4.1.1.1.2"
	CTImageStorage                = "1.2.840.10008.5.1.4.1.1.2"
	EnhancedCTImageStorage        = "1.2.840.10008.5.1.4.1.1.2.1"
	UltrasoundMultiFrameStorage   = "1.2.840.10008.5.1.4.1.1.3.1"
	MRImageStorage                = "1.2.840.10008.5.1.4.1.1.4"
	UltrasoundImageStorage        = "1.2.840.10008.5.1.4.1.1.6.1"
	SecondaryCaptureImageStorage  = "1.2.840.10008.5.1.4.1.1.7"
	XRayAngiographicImageStorage  = "1.2.840.10008.5.1.4.1.1.12.1"
	NuclearMedicineImageStorage   = "1.2.840.10008.5.1.4.1.1.20"
	EncapsulatedPDFStorage        = "1.2.840.10008.5.1.4.1.1.104.1"
	PositronEmissionImageStorage  = "1.2.840.10008.5.1.4.1.1.128"
	BasicTextStructuredReportSRST = "1.2.840.10008.5.1.4.1.1.88.11"
)

// NewUID makes a UID of a random 128 bit number under the arc 2.25
// (PS3.5 B.2). It names nothing that exists.
func NewUID() string {
	var b [16]byte
	_, _ = rand.Read(b[:]) // never fails since Go 1.24
	b[6] = b[6]&0x0f | 0x40
	b[8] = b[8]&0x3f | 0x80
	return "2.25." + new(big.Int).SetBytes(b[:]).String()
}
