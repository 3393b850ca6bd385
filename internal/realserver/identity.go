package realserver

import "fmt"

// identifying is an attribute that says who a person is, or something private
// about them, with the word that tells it from the others.
type identifying struct {
	tag  uint32
	vr   string
	word string
}

// identifyingAttributes are all that a study carries beside name, patient ID
// and accession number (PS3.15 table E.1-1, those that real archives return).
func identifyingAttributes() []identifying {
	return []identifying{
		{0x00080080, "LO", "INSTITUTION"},
		{0x00080081, "ST", "INSTITUTION-ADDRESS"},
		{0x00080090, "PN", "REFERRING"},
		{0x00080092, "ST", "REFERRING-ADDRESS"},
		{0x00080094, "SH", "REF-TEL"},
		{0x00081010, "SH", "STATION"},
		{0x00081030, "LO", "STUDY-DESCRIPTION"},
		{0x0008103E, "LO", "SERIES-DESCRIPTION"},
		{0x00081040, "LO", "DEPARTMENT"},
		{0x00081048, "PN", "PHYSICIAN-OF-RECORD"},
		{0x00081050, "PN", "PERFORMING"},
		{0x00081060, "PN", "READING"},
		{0x00081070, "PN", "OPERATOR"},
		{0x00081080, "LO", "DIAGNOSIS"},
		{0x00100021, "LO", "ISSUER"},
		{0x00101000, "LO", "OTHER-ID"},
		{0x00101001, "PN", "OTHER-NAME"},
		{0x00101005, "PN", "BIRTH-NAME"},
		{0x00101040, "LO", "ADDRESS"},
		{0x00101050, "LO", "INSURANCE"},
		{0x00101060, "PN", "MOTHER"},
		{0x00101080, "LO", "MILITARY-RANK"},
		{0x00101090, "LO", "RECORD-LOCATOR"},
		{0x00102000, "LO", "ALERT"},
		{0x00102110, "LO", "ALLERGY"},
		{0x00102150, "LO", "COUNTRY"},
		{0x00102152, "LO", "REGION"},
		{0x00102154, "SH", "TEL"},
		{0x00102160, "SH", "ETHNIC"},
		{0x00102180, "SH", "JOB"},
		{0x001021B0, "LT", "HISTORY"},
		{0x001021F0, "LO", "RELIGION"},
		{0x00102297, "PN", "RESPONSIBLE"},
		{0x00102299, "LO", "RESPONSIBLE-ORGANISATION"},
		{0x00104000, "LT", "PATIENT-COMMENT"},
		{0x00181030, "LO", "PROTOCOL"},
		{0x00200010, "SH", "SID"},
		{0x00204000, "LT", "IMAGE-COMMENT"},
		{0x00321030, "LO", "REASON-STUDY"},
		{0x00321032, "PN", "REQUESTING"},
		{0x00321033, "LO", "REQUESTING-SERVICE"},
		{0x00321060, "LO", "REQUESTED-PROCEDURE"},
		{0x00324000, "LT", "STUDY-COMMENT"},
		{0x00380010, "LO", "ADMISSION"},
		{0x00380300, "LO", "LOCATION"},
		{0x00384000, "LT", "VISIT-COMMENT"},
		{0x00401001, "SH", "RP"},
		{0x00401002, "LO", "REASON-PROCEDURE"},
	}
}

// addIdentity gives the data set every identifying attribute.
func (s Study) addIdentity(d *dataset) {
	for _, a := range identifyingAttributes() {
		value := fmt.Sprintf("%s-%s-%04d", Canary, a.word, s.number)
		switch a.vr {
		case "PN":
			value = fmt.Sprintf("%s^%s^%04d", Canary, a.word, s.number)
		case "SH": // 16 characters at most
			value = fmt.Sprintf("%s%s%d", Canary, a.word, s.number)
			value = value[:min(len(value), 16)]
		}
		d.text(a.tag, a.vr, value)
	}
	d.text(0x00100030, "DA", CanaryBirthDate)
	d.text(0x00100032, "TM", "030405")
	d.text(0x00100040, "CS", "O")
	d.text(0x00101010, "AS", "099Y")
}
