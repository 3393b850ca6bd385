package realserver

import "fmt"

// modalityWorklist is the SOP class that worklist files name.
const modalityWorklist = "1.2.840.10008.5.1.4.31"

// Worklist is the study as an entry of a modality worklist (PS3.4 table
// K.6-1), in the file format that wlmscpfs reads: all that it demands, and
// the marker in every identifying attribute.
func (s Study) Worklist() []byte {
	date, hour := s.Date, s.Time
	if date == "" {
		date, hour = "20240101", "120000"
	}
	var step dataset
	step.text(0x00080060, "CS", s.Modality)
	step.text(0x00400001, "AE", "MODALITY")
	step.text(0x00400002, "DA", date)
	step.text(0x00400003, "TM", hour)
	step.text(0x00400006, "PN", fmt.Sprintf("%s^PERFORMER^%04d", Canary, s.number))
	step.text(0x00400007, "LO", fmt.Sprintf("%s-STEP-%04d", Canary, s.number))
	step.text(0x00400009, "SH", fmt.Sprintf("SPS%d", s.number))
	step.text(0x00400010, "SH", "STATION")
	step.text(0x00400011, "SH", "ROOM")

	var d dataset
	d.text(0x00080005, "CS", "ISO_IR 100")
	d.text(0x00080050, "SH", s.AccessionNumber)
	d.text(0x00100010, "PN", s.PatientName)
	d.text(0x00100020, "LO", s.PatientID)
	d.text(0x0020000D, "UI", s.UID)
	d.bytes(0x00081110, "SQ", nil)
	d.bytes(0x00081120, "SQ", nil)
	d.sequence(0x00400100, step)
	d.text(0x00401003, "SH", "ROUTINE")
	s.addIdentity(&d)
	return file(modalityWorklist, s.UID, d.encode())
}
