package lab

import (
	"slices"

	"leadglass/dicom"
)

// CanaryMarks are the texts that every identifying value of the laboratory
// contains: the word, the area number of the made-up Social Security numbers
// (never issued), and the dates of birth. Sex, age, size and weight are too
// short to mark.
func CanaryMarks() []string { return []string{"CANARY", canarySSN, canaryBirth} }

const (
	// canarySSN begins every made-up Social Security number; numbers that
	// begin with 9 are never issued.
	canarySSN = "987-"
	// canaryBirth is everybody's date of birth.
	canaryBirth = "18880808"
)

// attribute is how the value of a key is made up: a text, followed by ten
// digits of a number where it has one.
type attribute struct {
	tag   dicom.Tag
	vr    dicom.VR
	class string
	text  string
	count counted
}

// counted is the number that follows an attribute's text.
type counted uint8

const (
	constant counted = iota
	perStudy
	perPatient
)

// attributes lists the identifying keys in order of their tags. A value is
// text plus number, even in length where it has a number.
var attributes = []attribute{
	{dicom.AccessionNumber, dicom.SH, "accession-number", "CANARY", perStudy},
	{dicom.InstitutionName, dicom.LO, "institution", "CANARY HOSPITAL", constant},
	{dicom.InstitutionAddress, dicom.ST, "institution", "CANARY HOSPITAL ROAD 1", constant},
	{dicom.ReferringPhysicianName, dicom.PN, "referring-physician", "CANARY^REFERRER", constant},
	{dicom.ReferringPhysicianAddress, dicom.ST, "referring-physician", "CANARY REFERRER ROAD 2", constant},
	{dicom.ReferringPhysicianPhone, dicom.SH, "referring-physician", "CANARY 555-0101", constant},
	{dicom.StationName, dicom.SH, "institution", "CANARYSTATION", constant},
	{dicom.StudyDescription, dicom.LO, "study-description", "CANARY STUDY DESCRIPTION", constant},
	{dicom.SeriesDescription, dicom.LO, "study-description", "CANARY SERIES DESCRIPTION", constant},
	{dicom.InstitutionalDepartment, dicom.LO, "institution", "CANARY DEPARTMENT", constant},
	{dicom.PhysiciansOfRecord, dicom.PN, "performing-physician", "CANARY^RECORD", constant},
	{dicom.PerformingPhysicianName, dicom.PN, "performing-physician", "CANARY^PERFORMER", constant},
	{dicom.NameOfPhysiciansReading, dicom.PN, "performing-physician", "CANARY^READER", constant},
	{dicom.OperatorsName, dicom.PN, "performing-physician", "CANARY^OPERATOR", constant},
	{dicom.AdmittingDiagnosis, dicom.LO, "diagnosis", "CANARY DIAGNOSIS", constant},
	{dicom.PatientName, dicom.PN, "patient-name", "CANARY^P", perPatient},
	{dicom.PatientID, dicom.LO, "patient-id", "CANARY", perPatient},
	{dicom.IssuerOfPatientID, dicom.LO, "patient-id", "CANARY ISSUER", constant},
	{dicom.PatientBirthDate, dicom.DA, "birth-date", canaryBirth, constant},
	{dicom.PatientBirthTime, dicom.TM, "birth-date", "080808", constant},
	{dicom.PatientSex, dicom.CS, "sex", "O", constant},
	{dicom.OtherPatientIDs, dicom.LO, "other-ids", "CANARYID", perPatient},
	{dicom.OtherPatientNames, dicom.PN, "patient-name", "CANARY^OTHER", constant},
	{dicom.PatientBirthName, dicom.PN, "patient-name", "CANARY^BIRTHNAME", constant},
	{dicom.PatientAge, dicom.AS, "age", "131Y", constant},
	{dicom.PatientSize, dicom.DS, "age", "1.31", constant},
	{dicom.PatientWeight, dicom.DS, "age", "131.31", constant},
	{dicom.PatientAddress, dicom.LO, "address", "CANARY STREET 13", constant},
	{dicom.InsurancePlan, dicom.LO, "insurance", "CANARY INSURANCE", constant},
	{dicom.PatientMotherBirthName, dicom.PN, "patient-name", "CANARY^MOTHER", constant},
	{dicom.MilitaryRank, dicom.LO, "military", "CANARY RANK", constant},
	{dicom.MedicalRecordLocator, dicom.LO, "other-ids", "CANARYMR", perPatient},
	{dicom.MedicalAlerts, dicom.LO, "history", "CANARY ALERT", constant},
	{dicom.CountryOfResidence, dicom.LO, "address", "CANARY COUNTRY", constant},
	{dicom.PatientTelephoneNumbers, dicom.SH, "phone", "CANARY 555-0100", constant},
	{dicom.EthnicGroup, dicom.SH, "ethnic-group", "CANARY ETHNIC", constant},
	{dicom.Occupation, dicom.SH, "occupation", "CANARY TRADE", constant},
	{dicom.AdditionalPatientHistory, dicom.LT, "history", "CANARY HISTORY", constant},
	{dicom.PatientReligiousPreference, dicom.LO, "religion", "CANARY RELIGION", constant},
	{dicom.PatientSpeciesDescription, dicom.LO, speciesClass, "CANARY SPECIES", constant},
	{dicom.PatientBreedDescription, dicom.LO, speciesClass, "CANARY BREED", constant},
	{dicom.ResponsiblePerson, dicom.PN, "patient-name", "CANARY^RESPONSIBLE", constant},
	{dicom.PatientComments, dicom.LT, "comments", "CANARY COMMENT", constant},
	{dicom.StudyID, dicom.SH, "accession-number", "CANARY", perStudy},
	{dicom.RequestingPhysician, dicom.PN, "referring-physician", "CANARY^REQUESTER", constant},
	{dicom.RequestedProcedure, dicom.LO, "study-description", "CANARY PROCEDURE", constant},
	{dicom.ReasonForVisit, dicom.LO, "reason", "CANARY REASON", constant},
	{dicom.StudyComments, dicom.LT, "comments", "CANARY STUDY COMMENT", constant},
	{dicom.AdmissionID, dicom.LO, "other-ids", "CANARYAD", perPatient},
	{dicom.ReasonForProcedure, dicom.LO, "reason", "CANARY REASON", constant},
}

// attributeOf finds the attribute of a tag.
func attributeOf(t dicom.Tag) (*attribute, bool) {
	for i := range attributes {
		if attributes[i].tag == t {
			return &attributes[i], true
		}
	}
	return nil, false
}

// IdentifyingClasses lists the classes of identifying attributes that an
// archive of the laboratory can be told to have.
func IdentifyingClasses() []string {
	var out []string
	for _, a := range attributes {
		if a.class != speciesClass && !slices.Contains(out, a.class) {
			out = append(out, a.class)
		}
	}
	slices.Sort(out)
	return out
}

// speciesClass are the attributes of patients that are animals. They have
// values in the archives of animals and in no others.
const speciesClass = "species"

// identifies reports whether the group's archives have values of a class.
func (g *Group) identifies(class string) bool {
	if class == speciesClass {
		return g.Veterinary
	}
	return g.Identifying == nil || slices.Contains(g.Identifying, class)
}
