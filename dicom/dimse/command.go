package dimse

import (
	"bytes"
	"encoding/binary"

	"leadglass/dicom"
)

// noDataSet is the command data set type of a message without a data set
// (PS3.7 E.1); any other value means that one follows.
const noDataSet = 0x0101

// commandSet holds what we use of a command set. Numbers of sub-operations are
// -1 where absent.
type commandSet struct {
	field       Command
	messageID   uint16
	respondedTo uint16
	dataSetType uint16
	status      Status
	remaining   int32
	completed   int32
	failed      int32
	warning     int32
	// typed: there was a command data set type; classed: an affected SOP class UID;
	// statused: a status.
	typed, classed, statused bool
	// noted is how the command set deviates from the standard.
	noted dicom.Deviation
	// sopClass, sopInstance and destination are filled for requests only.
	sopClass    string
	sopInstance string
	destination string
}

func (c *commandSet) hasDataSet() bool { return c.dataSetType != noDataSet }

// parseCommand reads a command set, which is always encoded in implicit VR
// little endian (PS3.7 6.3.1). Text is copied only of requests, which do not
// come by the million.
func parseCommand(data []byte, c *commandSet) error {
	*c = commandSet{dataSetType: noDataSet, remaining: -1, completed: -1, failed: -1, warning: -1}
	it := dicom.IterateTolerant(data, dicom.ImplicitLittle, &c.noted)
	for it.Next() {
		v := it.Value()
		if it.Tag() == dicom.AffectedSOPClassUID {
			c.classed = true
		}
		if it.Tag().Group() != 0 {
			// Some archives put the list of failed instances of a C-GET here. It
			// does not belong to a command set (PS3.7 6.3.1) and is passed over.
			continue
		}
		if len(v) == 2 {
			c.setNumber(it.Tag(), binary.LittleEndian.Uint16(v))
		}
	}
	if err := it.Err(); err != nil {
		if c.field&0x8000 == 0 || !c.statused {
			return &ProtocolError{What: "command set: " + err.Error()}
		}
		c.noted |= dicom.UnreadableCommandEnd
	}
	c.noted &^= dicom.UnreadableEnd
	if c.field == 0 {
		return &ProtocolError{What: "command set without a command field"}
	}
	if c.field&0x8000 == 0 {
		c.copyText(data)
	}
	return nil
}

func (c *commandSet) setNumber(t dicom.Tag, n uint16) {
	switch t {
	case dicom.CommandField:
		c.field = Command(n)
	case dicom.MessageID:
		c.messageID = n
	case dicom.MessageIDBeingRespondedTo:
		c.respondedTo = n
	case dicom.CommandDataSetType:
		c.dataSetType, c.typed = n, true
	case dicom.CommandStatus:
		c.status, c.statused = Status(n), true
	case dicom.NumberOfRemainingSuboperations:
		c.remaining = int32(n)
	case dicom.NumberOfCompletedSuboperations:
		c.completed = int32(n)
	case dicom.NumberOfFailedSuboperations:
		c.failed = int32(n)
	case dicom.NumberOfWarningSuboperations:
		c.warning = int32(n)
	}
}

func (c *commandSet) copyText(data []byte) {
	it := dicom.Iterate(data, dicom.ImplicitLittle)
	for it.Next() {
		v := string(bytes.TrimRight(it.Value(), " \x00"))
		switch it.Tag() {
		case dicom.AffectedSOPClassUID, dicom.RequestedSOPClassUID:
			c.sopClass = v
		case dicom.AffectedSOPInstanceUID:
			c.sopInstance = v
		case dicom.MoveDestination:
			c.destination = v
		}
	}
}

// appendRequest appends the command set of a request.
func appendRequest(dst []byte, field Command, messageID uint16, sopClass, destination string, dataSet bool) []byte {
	const s = dicom.ImplicitLittle
	dst, start := beginCommand(dst)
	dst = dicom.AppendString(dst, s, dicom.AffectedSOPClassUID, dicom.UI, sopClass)
	dst = dicom.AppendUint16(dst, s, dicom.CommandField, uint16(field))
	dst = dicom.AppendUint16(dst, s, dicom.MessageID, messageID)
	if destination != "" {
		dst = dicom.AppendString(dst, s, dicom.MoveDestination, dicom.AE, destination)
	}
	if field != CEchoRQ {
		dst = dicom.AppendUint16(dst, s, dicom.Priority, 2) // low (PS3.7 9.1.2.1)
	}
	dst = dicom.AppendUint16(dst, s, dicom.CommandDataSetType, dataSetType(dataSet))
	return endCommand(dst, start)
}

// appendCancel appends the command set of a C-CANCEL-RQ (PS3.7 9.3.2.3).
func appendCancel(dst []byte, messageID uint16) []byte {
	const s = dicom.ImplicitLittle
	dst, start := beginCommand(dst)
	dst = dicom.AppendUint16(dst, s, dicom.CommandField, uint16(CCancelRQ))
	dst = dicom.AppendUint16(dst, s, dicom.MessageIDBeingRespondedTo, messageID)
	dst = dicom.AppendUint16(dst, s, dicom.CommandDataSetType, noDataSet)
	return endCommand(dst, start)
}

// appendResponse appends the command set of a response to r. sub may be nil.
func appendResponse(dst []byte, r *Request, status Status, dataSet bool, sub *SubOperations) []byte {
	const s = dicom.ImplicitLittle
	dst, start := beginCommand(dst)
	dst = dicom.AppendString(dst, s, dicom.AffectedSOPClassUID, dicom.UI, r.SOPClass)
	dst = dicom.AppendUint16(dst, s, dicom.CommandField, uint16(r.Command|0x8000))
	dst = dicom.AppendUint16(dst, s, dicom.MessageIDBeingRespondedTo, r.MessageID)
	dst = dicom.AppendUint16(dst, s, dicom.CommandDataSetType, dataSetType(dataSet))
	dst = dicom.AppendUint16(dst, s, dicom.CommandStatus, uint16(status))
	if r.SOPInstance != "" {
		dst = dicom.AppendString(dst, s, dicom.AffectedSOPInstanceUID, dicom.UI, r.SOPInstance)
	}
	if sub != nil {
		if status.Class() == ClassPending || status.Class() == ClassCancel {
			dst = dicom.AppendUint16(dst, s, dicom.NumberOfRemainingSuboperations, uint16(sub.Remaining))
		}
		dst = dicom.AppendUint16(dst, s, dicom.NumberOfCompletedSuboperations, uint16(sub.Completed))
		dst = dicom.AppendUint16(dst, s, dicom.NumberOfFailedSuboperations, uint16(sub.Failed))
		dst = dicom.AppendUint16(dst, s, dicom.NumberOfWarningSuboperations, uint16(sub.Warning))
	}
	return endCommand(dst, start)
}

func dataSetType(present bool) uint16 {
	if present {
		return 1
	}
	return noDataSet
}

func beginCommand(dst []byte) ([]byte, int) {
	return dicom.AppendUint32(dst, dicom.ImplicitLittle, dicom.CommandGroupLength, 0), len(dst)
}

func endCommand(dst []byte, start int) []byte {
	const groupLengthElement = 12
	binary.LittleEndian.PutUint32(dst[start+8:], uint32(len(dst)-start-groupLengthElement))
	return dst
}
