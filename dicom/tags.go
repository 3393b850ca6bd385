package dicom

// Command set elements (PS3.7 E.1).
const (
	CommandGroupLength                   Tag = 0x00000000
	AffectedSOPClassUID                  Tag = 0x00000002
	RequestedSOPClassUID                 Tag = 0x00000003
	CommandField                         Tag = 0x00000100
	MessageID                            Tag = 0x00000110
	MessageIDBeingRespondedTo            Tag = 0x00000120
	MoveDestination                      Tag = 0x00000600
	Priority                             Tag = 0x00000700
	CommandDataSetType                   Tag = 0x00000800
	CommandStatus                        Tag = 0x00000900
	OffendingElement                     Tag = 0x00000901
	ErrorComment                         Tag = 0x00000902
	AffectedSOPInstanceUID               Tag = 0x00001000
	NumberOfRemainingSuboperations       Tag = 0x00001020
	NumberOfCompletedSuboperations       Tag = 0x00001021
	NumberOfFailedSuboperations          Tag = 0x00001022
	NumberOfWarningSuboperations         Tag = 0x00001023
	MoveOriginatorApplicationEntityTitle Tag = 0x00001030
	MoveOriginatorMessageID              Tag = 0x00001031
)

// Data elements (PS3.6 chapter 6).
const (
	FileMetaInformationGroupLength Tag = 0x00020000
	FileMetaInformationVersion     Tag = 0x00020001
	MediaStorageSOPClassUID        Tag = 0x00020002
	MediaStorageSOPInstanceUID     Tag = 0x00020003
	TransferSyntaxUID              Tag = 0x00020010
	ImplementationClassUID         Tag = 0x00020012
	ImplementationVersionName      Tag = 0x00020013

	SpecificCharacterSet             Tag = 0x00080005
	ImageType                        Tag = 0x00080008
	SOPClassUID                      Tag = 0x00080016
	SOPInstanceUID                   Tag = 0x00080018
	StudyDate                        Tag = 0x00080020
	SeriesDate                       Tag = 0x00080021
	ContentDate                      Tag = 0x00080023
	StudyTime                        Tag = 0x00080030
	ContentTime                      Tag = 0x00080033
	AccessionNumber                  Tag = 0x00080050
	QueryRetrieveLevel               Tag = 0x00080052
	RetrieveAETitle                  Tag = 0x00080054
	InstanceAvailability             Tag = 0x00080056
	Modality                         Tag = 0x00080060
	ModalitiesInStudy                Tag = 0x00080061
	SOPClassesInStudy                Tag = 0x00080062
	Manufacturer                     Tag = 0x00080070
	InstitutionName                  Tag = 0x00080080
	InstitutionAddress               Tag = 0x00080081
	ReferringPhysicianName           Tag = 0x00080090
	ReferringPhysicianAddress        Tag = 0x00080092
	ReferringPhysicianPhone          Tag = 0x00080094
	StationName                      Tag = 0x00081010
	StudyDescription                 Tag = 0x00081030
	SeriesDescription                Tag = 0x0008103E
	InstitutionalDepartment          Tag = 0x00081040
	PhysiciansOfRecord               Tag = 0x00081048
	PerformingPhysicianName          Tag = 0x00081050
	NameOfPhysiciansReading          Tag = 0x00081060
	OperatorsName                    Tag = 0x00081070
	AdmittingDiagnosis               Tag = 0x00081080
	ManufacturerModelName            Tag = 0x00081090
	ReferencedSOPClassUID            Tag = 0x00081150
	ReferencedSOPInstanceUID         Tag = 0x00081155
	FailedSOPInstanceUIDList         Tag = 0x00080058
	RetrieveURL                      Tag = 0x00081190
	PatientName                      Tag = 0x00100010
	PatientID                        Tag = 0x00100020
	IssuerOfPatientID                Tag = 0x00100021
	PatientBirthDate                 Tag = 0x00100030
	PatientBirthTime                 Tag = 0x00100032
	PatientSex                       Tag = 0x00100040
	PatientInsurancePlan             Tag = 0x00100050
	OtherPatientIDs                  Tag = 0x00101000
	OtherPatientNames                Tag = 0x00101001
	OtherPatientIDsSequence          Tag = 0x00101002
	PatientBirthName                 Tag = 0x00101005
	PatientAge                       Tag = 0x00101010
	PatientSize                      Tag = 0x00101020
	PatientWeight                    Tag = 0x00101030
	PatientAddress                   Tag = 0x00101040
	InsurancePlan                    Tag = 0x00101050
	PatientMotherBirthName           Tag = 0x00101060
	MilitaryRank                     Tag = 0x00101080
	MedicalRecordLocator             Tag = 0x00101090
	MedicalAlerts                    Tag = 0x00102000
	CountryOfResidence               Tag = 0x00102150
	PatientTelephoneNumbers          Tag = 0x00102154
	EthnicGroup                      Tag = 0x00102160
	Occupation                       Tag = 0x00102180
	AdditionalPatientHistory         Tag = 0x001021B0
	PatientReligiousPreference       Tag = 0x001021F0
	PatientSpeciesDescription        Tag = 0x00102201
	PatientBreedDescription          Tag = 0x00102292
	ResponsiblePerson                Tag = 0x00102297
	PatientComments                  Tag = 0x00104000
	BodyPartExamined                 Tag = 0x00180015
	ProtocolName                     Tag = 0x00181030
	StudyInstanceUID                 Tag = 0x0020000D
	SeriesInstanceUID                Tag = 0x0020000E
	StudyID                          Tag = 0x00200010
	SeriesNumber                     Tag = 0x00200011
	InstanceNumber                   Tag = 0x00200013
	NumberOfPatientRelatedStudies    Tag = 0x00201200
	NumberOfPatientRelatedSeries     Tag = 0x00201202
	NumberOfPatientRelatedInstances  Tag = 0x00201204
	NumberOfStudyRelatedSeries       Tag = 0x00201206
	NumberOfStudyRelatedInstances    Tag = 0x00201208
	NumberOfSeriesRelatedInstances   Tag = 0x00201209
	Rows                             Tag = 0x00280010
	Columns                          Tag = 0x00280011
	RequestingPhysician              Tag = 0x00321032
	RequestedProcedure               Tag = 0x00321060
	StudyComments                    Tag = 0x00324000
	AdmissionID                      Tag = 0x00380010
	ScheduledStationAETitle          Tag = 0x00400001
	ScheduledProcedureStepStartDate  Tag = 0x00400002
	ScheduledProcedureStepStartTime  Tag = 0x00400003
	ScheduledPerformingPhysicianName Tag = 0x00400006
	ScheduledProcedureStepSequence   Tag = 0x00400100
	RequestedProcedureID             Tag = 0x00401001
	ReasonForProcedure               Tag = 0x00401002
	ReasonForVisit                   Tag = 0x00321066
	PixelData                        Tag = 0x7FE00010
)

// Item and delimitation tags, which have no VR (PS3.5 7.5).
const (
	Item                     Tag = 0xFFFEE000
	ItemDelimitation         Tag = 0xFFFEE00D
	SequenceDelimitationItem Tag = 0xFFFEE0DD
)
