package lab

import (
	"maps"
	"slices"
	"time"

	"leadglass/dicom"
)

// persona is how a product answers. What is said of Orthanc and dcmqrscp was
// measured on Debian 12's Orthanc 1.10.1 and DCMTK 3.6.7; the others are drawn
// from published logs and source code, and play products in the sense of an
// actor: close enough to tell apart, no proof of what the product does.
type persona struct {
	// classUID and versionName are items 52H and 55H of the A-ASSOCIATE-AC
	// (PS3.7 D.3.3.2); an empty versionName is not sent.
	classUID, versionName string
	maxPDU                uint32
	port                  uint16
	// title is the product's default AE title.
	title string
	// product is the name in the fleet's truth.
	product string
	// marks are what an archive with these manners is.
	marks []Mark
	// anonymous announces neither class UID nor version name; promiscuous accepts
	// every presentation context.
	anonymous, promiscuous bool
	// echoes announces what the requestor announced.
	echoes bool

	// charset adds (0008,0005), retrieveTitle (0008,0054) to every response.
	charset, retrieveTitle bool
	// omitsUnknown leaves out requested keys that the product does not keep;
	// the others return them empty.
	omitsUnknown bool
	// counts says whether the numbers of related objects are kept, modalities
	// whether (0008,0061) is, both returned and matched.
	counts, modalities bool
	// availability says whether (0008,0056) is filled.
	availability bool
	// lowerNeedsParent refuses a query below STUDY level that does not name the
	// study, with this status; 0 answers it.
	lowerNeedsParent uint16

	// refusal is how a service that is not open is refused.
	refusal refusal
	// getUnknown is the final status of a C-GET of an unknown study, getKnown
	// that of a known one of which nothing could be sent.
	getUnknown, getKnown uint16
	// getPending sends a pending response before getKnown.
	getPending bool
	// moveUnknown and moveKnown are the same of a C-MOVE to a destination that
	// the archive does not know.
	moveUnknown, moveKnown uint16
	// moveAny is the final status of every C-MOVE, whatever is to be moved and
	// where to; 0 where the product looks.
	moveAny uint16
	// storage accepts storage contexts.
	storage bool
	// deniesTitle rejects every called title but title with 1/2/2, after so long.
	deniesTitle time.Duration
}

// refusal is how a product refuses a service.
type refusal uint8

const (
	// refuseByContext does not accept the presentation context.
	refuseByContext refusal = iota
	// refuseByAbort accepts it and ends the association at the request.
	refuseByAbort
	// refuseByStatus answers 0124, not authorised (PS3.7 annex C).
	refuseByStatus
)

// Status codes used by personas (PS3.7 annex C, PS3.4 C.4).
const (
	statusNotAuthorized       = 0x0124
	statusUnrecognized        = 0x0211
	statusOutOfResources      = 0xA700
	statusSubOperations       = 0xA702
	statusDestinationUnknown  = 0xA801
	statusSomeFailed          = 0xB000
	statusIdentifierMismatch  = 0xA900
	statusUnableToProcess     = 0xC000
	statusUnableToProcessDate = 0xC001
)

const dcmtkUID = "1.2.276.0.7230010.3.0.3.6."

// personas returns the cast by name.
func personas() map[string]persona {
	all := map[string]persona{
		"orthanc":     orthanc("7", "OFFIS_DCMTK_367"),
		"orthanc-old": orthanc("2", "OFFIS_DCMTK_362"),
		"dcmqrscp": {
			classUID: dcmtkUID + "7", versionName: "OFFIS_DCMTK_367", maxPDU: 16384,
			port: 11112, title: "COMMON", product: "DCMTK dcmqrscp",
			retrieveTitle: true, omitsUnknown: true, lowerNeedsParent: statusUnableToProcess,
			refusal: refuseByContext, getKnown: statusSubOperations, getPending: true,
			moveKnown: statusDestinationUnknown, storage: true,
		},
		"dcm4chee-arc": {
			classUID: "1.2.40.0.13.1.3", versionName: "dcm4che-5.23.3", maxPDU: 16378,
			port: 11112, title: "DCM4CHEE", product: "dcm4chee-arc",
			charset: true, retrieveTitle: true, counts: true, modalities: true, availability: true,
			lowerNeedsParent: statusIdentifierMismatch, refusal: refuseByStatus,
			getKnown: statusSubOperations, moveUnknown: statusDestinationUnknown,
			moveKnown: statusDestinationUnknown, storage: true,
		},
		"conquest": {
			classUID: "1.2.826.0.1.3680043.2.135.1066.101", versionName: "1.5.0/WIN32", maxPDU: 32768,
			port: 5678, title: "CONQUESTSRV1", product: "Conquest",
			retrieveTitle: true, counts: true, modalities: true, refusal: refuseByContext,
			getKnown: statusSubOperations, moveUnknown: statusDestinationUnknown,
			moveKnown: statusDestinationUnknown, storage: true,
		},
		"clearcanvas": {
			classUID: "1.3.6.1.4.1.25403.1.1.1", versionName: "Dicom 0.1", maxPDU: 116794,
			port: 11112, title: "CLEARCANVAS", product: "ClearCanvas",
			charset: true, retrieveTitle: true, counts: true, modalities: true, availability: true,
			lowerNeedsParent: statusIdentifierMismatch, refusal: refuseByContext,
			getKnown: statusSubOperations, moveUnknown: statusDestinationUnknown,
			moveKnown: statusDestinationUnknown, storage: true,
		},
		"pynetdicom": {
			classUID: "1.2.826.0.1.3680043.9.3811.1.5.7", versionName: "PYNETDICOM_157", maxPDU: 16382,
			port: 11112, title: "PYNETDICOM", product: "pynetdicom",
			omitsUnknown: true, counts: true, modalities: true, availability: true,
			refusal: refuseByContext, getKnown: statusSubOperations,
			moveUnknown: statusDestinationUnknown, moveKnown: statusDestinationUnknown,
		},
		"fo-dicom": {
			classUID: "1.3.6.1.4.1.30071.8", versionName: "fo-dicom 4.0.1", maxPDU: 262144,
			port: 11112, title: "FODICOM", product: "fo-dicom",
			counts: true, modalities: true, availability: true, refusal: refuseByStatus,
			getKnown: statusSubOperations, moveUnknown: statusDestinationUnknown,
			moveKnown: statusDestinationUnknown, storage: true,
		},
		"synapse": {
			classUID: "1.2.840.113845.1.1", versionName: "Syn4,4,0,36", maxPDU: 65536,
			port: 11112, title: "SYNAPSE", product: "Fujifilm Synapse",
			charset: true, retrieveTitle: true, counts: true, modalities: true, availability: true,
			lowerNeedsParent: statusIdentifierMismatch, refusal: refuseByContext,
			getKnown: statusSubOperations, moveUnknown: statusDestinationUnknown,
			moveKnown: statusDestinationUnknown, storage: true,
		},
		"ge-archive": {
			classUID: "1.2.840.113619.6.55", maxPDU: 16384,
			port: 11112, title: "GEPACS", product: "GE archive",
			retrieveTitle: true, counts: true, modalities: true, availability: true,
			lowerNeedsParent: statusIdentifierMismatch, refusal: refuseByContext,
			getKnown: statusSubOperations, moveUnknown: statusDestinationUnknown,
			moveKnown: statusDestinationUnknown, storage: true,
		},
		// vendor is no product: an archive that keeps to the standard and
		// announces an implementation that nobody knows.
		"vendor": {
			classUID: "2.25.302711184205413078319287441072683611520", versionName: "VENDORPACS_42", maxPDU: 16384,
			port: 11112, title: "VENDORPACS", product: "",
			retrieveTitle: true, counts: true, modalities: true, availability: true,
			refusal: refuseByStatus, getKnown: statusSubOperations,
			moveUnknown: statusDestinationUnknown, moveKnown: statusDestinationUnknown, storage: true,
		},
	}
	maps.Copy(all, homeMade())
	return all
}

// orthanc is Orthanc on a DCMTK, which is all that it announces.
func orthanc(patch, version string) persona {
	return persona{
		classUID: dcmtkUID + patch, versionName: version, maxPDU: 16384,
		port: 4242, title: "ORTHANC", product: "Orthanc",
		charset: true, retrieveTitle: true, counts: true, modalities: true,
		refusal: refuseByAbort, getUnknown: statusUnableToProcess, getKnown: statusUnableToProcess,
		moveUnknown: statusUnableToProcess, moveKnown: statusUnableToProcess, storage: true,
	}
}

// Personas lists the names of the products that the laboratory plays.
func Personas() []string { return slices.Sorted(maps.Keys(personas())) }

// keeps reports whether the product keeps a value for a key that was asked
// for, below the identifying ones, which every product keeps.
func (p *persona) keeps(t dicom.Tag) bool {
	switch t {
	case dicom.NumberOfStudyRelatedInstances, dicom.NumberOfStudyRelatedSeries, dicom.NumberOfSeriesRelatedInstances,
		dicom.NumberOfPatientRelatedStudies, dicom.NumberOfPatientRelatedSeries, dicom.NumberOfPatientRelatedInstances:
		return p.counts
	case dicom.ModalitiesInStudy:
		return p.modalities
	case dicom.InstanceAvailability:
		return p.availability
	}
	return true
}
