package privacy

import "leadglass/dicom"

// Class is a class of identifying attributes, as findings name it:
// "patient-name". The classes of national identifiers begin with their country.
type Class string

// Attribute is an attribute that says who a person is, or something private of
// them (PS3.15 table E.1-1), with the class it belongs to.
type Attribute struct {
	Tag dicom.Tag
	VR  dicom.VR
	// Class is empty for an attribute that only explains another.
	Class Class
	// Plain: archives have to know it, or most do (PS3.4 C.6.2.1).
	Plain bool
}

// attributes lists what is looked at, by class.
var attributes = [...]Attribute{
	{dicom.PatientName, dicom.PN, "patient-name", true},
	{dicom.OtherPatientNames, dicom.PN, "patient-name", false},
	{dicom.PatientBirthName, dicom.PN, "patient-name", false},
	{dicom.PatientMotherBirthName, dicom.PN, "patient-name", false},
	{dicom.PatientBirthDate, dicom.DA, "birth-date", true},
	{dicom.PatientID, dicom.LO, "patient-id", true},
	{dicom.IssuerOfPatientID, dicom.LO, "", false},
	{dicom.OtherPatientIDs, dicom.LO, "other-ids", false},
	{dicom.OtherPatientIDsSequence, dicom.SQ, "other-ids", false},
	{dicom.MedicalRecordLocator, dicom.LO, "other-ids", false},
	{dicom.AdmissionID, dicom.LO, "other-ids", false},
	{dicom.PatientAddress, dicom.LO, "address", false},
	{dicom.PatientTelephoneNumbers, dicom.SH, "phone", false},
	{dicom.InsurancePlan, dicom.LO, "insurance", false},
	{dicom.PatientInsurancePlan, dicom.SQ, "insurance", false},
	{dicom.AccessionNumber, dicom.SH, "accession-number", true},
	{dicom.PatientSex, dicom.CS, "sex", true},
	{dicom.PatientAge, dicom.AS, "age", false},
	{dicom.ReferringPhysicianName, dicom.PN, "referring-physician", true},
	{dicom.RequestingPhysician, dicom.PN, "referring-physician", false},
	{dicom.PerformingPhysicianName, dicom.PN, "performing-physician", false},
	{dicom.PhysiciansOfRecord, dicom.PN, "performing-physician", false},
	{dicom.NameOfPhysiciansReading, dicom.PN, "performing-physician", false},
	{dicom.OperatorsName, dicom.PN, "performing-physician", false},
	{dicom.InstitutionName, dicom.LO, "institution", false},
	{dicom.InstitutionAddress, dicom.ST, "institution", false},
	{dicom.StudyDescription, dicom.LO, "study-description", true},
	{dicom.ReasonForVisit, dicom.UT, "reason", false},
	{dicom.ReasonForProcedure, dicom.LO, "reason", false},
	{dicom.AdmittingDiagnosis, dicom.LO, "diagnosis", false},
	{dicom.MedicalAlerts, dicom.LO, "history", false},
	{dicom.AdditionalPatientHistory, dicom.LT, "history", false},
	{dicom.Occupation, dicom.SH, "occupation", false},
	{dicom.EthnicGroup, dicom.SH, "ethnic-group", false},
	{dicom.PatientReligiousPreference, dicom.LO, "religion", false},
	{dicom.MilitaryRank, dicom.LO, "military", false},
	{dicom.PatientComments, dicom.LT, "comments", false},
	{dicom.StudyComments, dicom.LT, "comments", false},
}

// Attributes lists the identifying attributes that a sample asks for.
func Attributes() []Attribute { return append([]Attribute(nil), attributes[:]...) }

// Direct lists the classes each of which alone tells who a person is: those of
// 45 CFR 164.514(b)(2)(i), which a set of data without identities must not
// have. The classes of national identifiers belong to them.
func Direct() []Class {
	return []Class{"patient-name", "birth-date", "patient-id", "other-ids", "address", "phone", "insurance", "accession-number"}
}
