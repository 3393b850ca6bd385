package lab

import "time"

// homeMade returns honeypots, and servers that somebody made on a library of
// which little else is known: what they have in common, and what tells them
// apart, is what marks are given by.
func homeMade() map[string]persona {
	return map[string]persona{
		// dicompot is a honeypot, by its source (nsmfoo/dicompot 81af1a1): it
		// announces nothing, accepts every context, and looks keys up in files.
		"dicompot": {
			anonymous: true, promiscuous: true, maxPDU: 4 << 20,
			port: 11112, title: "radiant", product: "dicompot", marks: []Mark{HoneypotMark},
			refusal: refuseByContext, getKnown: statusSubOperations,
		},
		// dicompot-enforce is dicompot with -enforce (statemachine.go actionAe6):
		// any title but its own is rejected with 1/2/2, after 5 s.
		"dicompot-enforce": {
			anonymous: true, promiscuous: true, maxPDU: 4 << 20,
			port: 11112, title: "radiant", product: "dicompot", marks: []Mark{HoneypotMark},
			refusal: refuseByContext, getKnown: statusSubOperations, deniesTitle: 5 * time.Second,
		},
		// go-netdicom is a server on the library of that name, on which dicompot
		// is built too (grailbio/go-netdicom contextmanager.go, serviceprovider.go).
		"go-netdicom": {
			anonymous: true, promiscuous: true, maxPDU: 4 << 20,
			port: 11112, title: "GONETDICOM",
			refusal: refuseByContext, getKnown: statusSubOperations,
			moveUnknown: statusUnrecognized, moveKnown: statusUnrecognized,
		},
		// odil is a server on the library of that name, whose default acceptor
		// accepts every context.
		"odil": {
			classUID: "1.2.826.0.1.3680043.9.5560", versionName: "Odil 0", promiscuous: true, maxPDU: 16384,
			port: 11112, title: "ODIL", counts: true,
			refusal: refuseByContext, getKnown: statusSubOperations,
			moveUnknown: statusDestinationUnknown, moveKnown: statusDestinationUnknown,
		},
		// ctn-simple-storage is simple_storage of CTN (MIR), which takes objects and
		// keeps none that it could send: it answers B000 to every C-MOVE (measured).
		"ctn-simple-storage": {
			classUID: "1.2.840.113654.2.3.1995.3.0.6", versionName: "MIRCTN11MAR2003", maxPDU: 16384,
			port: 11112, title: "SIMPLE_STORAGE",
			refusal: refuseByContext, moveAny: statusSomeFailed, storage: true,
		},
		// dcm4che-dcmqrscp is the tool of that name on dcm4che (measured); that it
		// answers nothing but A700, as with a directory it cannot read, is a quirk.
		"dcm4che-dcmqrscp": {
			classUID: "1.2.40.0.13.1.3", versionName: "dcm4che-5.35.0", maxPDU: 16378,
			port: 11112, title: "DCMQRSCP", lowerNeedsParent: statusIdentifierMismatch,
			refusal: refuseByContext, getKnown: statusSubOperations,
			moveUnknown: statusDestinationUnknown, moveKnown: statusDestinationUnknown, storage: true,
		},
		// go-dicom is a server on cocosip/go-dicom: it announces what the caller
		// announced (measured).
		"go-dicom": {
			echoes: true, maxPDU: 16384, port: 11112, title: "GODICOM",
			counts: true, modalities: true, refusal: refuseByContext, getKnown: statusSubOperations,
			moveUnknown: statusDestinationUnknown, moveKnown: statusDestinationUnknown, storage: true,
		},
		// dicomhawk-pynetdicom is DICOMHawk that announces pynetdicom and accepts
		// everything (measured); that it returns its files to queries is a quirk.
		"dicomhawk-pynetdicom": {
			classUID: "1.2.826.0.1.3680043.9.3811.2.0.2", versionName: "PYNETDICOM_202", maxPDU: 16382,
			promiscuous: true, counts: true, modalities: true, availability: true,
			port: 11112, title: "PYNETDICOM", product: "DICOMHawk", marks: []Mark{HoneypotMark},
			refusal: refuseByContext, getKnown: statusSubOperations, storage: true,
		},
		// dicomhawk is a honeypot on pynetdicom that announces DCMTK, by its
		// source (honeynet/DICOMHawk 091ae66).
		"dicomhawk": {
			classUID: dcmtkUID + "2", versionName: "OFFIS_DCMTK_362", maxPDU: 16382,
			port: 11112, title: "PYNETDICOM", product: "DICOMHawk", marks: []Mark{HoneypotMark},
			counts: true, modalities: true, availability: true,
			refusal: refuseByContext, getKnown: statusSubOperations,
			moveUnknown: statusDestinationUnknown, moveKnown: statusDestinationUnknown, storage: true,
		},
	}
}
