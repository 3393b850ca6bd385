package dimse

import "leadglass/dicom"

// What the external tests need to see of command sets.

// CommandSet is what is read of a command set.
type CommandSet struct {
	Field                  Command
	MessageID, RespondedTo uint16
	Status                 Status
	DataSet                bool
	// Sub are the numbers of sub-operations, -1 where absent.
	Sub                                [4]int32
	SOPClass, SOPInstance, Destination string
}

// ParseCommand reads a command set.
func ParseCommand(b []byte) (CommandSet, error) {
	var c commandSet
	if err := parseCommand(b, &c); err != nil {
		return CommandSet{}, err
	}
	return CommandSet{c.field, c.messageID, c.respondedTo, c.status, c.hasDataSet(),
		[4]int32{c.remaining, c.completed, c.failed, c.warning}, c.sopClass, c.sopInstance, c.destination}, nil
}

// AppendCommand writes a command set as requests and responses are written.
func AppendCommand(dst []byte, c CommandSet) []byte {
	if c.Field == CCancelRQ {
		return appendCancel(dst, c.RespondedTo)
	}
	if c.Field&0x8000 == 0 {
		return appendRequest(dst, c.Field, c.MessageID, c.SOPClass, c.Destination, c.DataSet)
	}
	r := &Request{Command: c.Field &^ 0x8000, MessageID: c.RespondedTo, SOPClass: dicom.StudyRootGet}
	var sub *SubOperations
	if c.Sub[1] >= 0 {
		sub = &SubOperations{int(c.Sub[0]), int(c.Sub[1]), int(c.Sub[2]), int(c.Sub[3])}
	}
	return appendResponse(dst, r, c.Status, c.DataSet, sub)
}
