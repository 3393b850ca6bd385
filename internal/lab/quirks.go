package lab

import (
	"fmt"
	"strconv"
	"strings"

	"leadglass/dicom"
)

// Quirks are the ways in which an archive departs from the standard or from
// what a counting client would like. Each field stands alone and any may be
// combined.
type Quirks struct {
	// Cap ends lists early.
	Cap *Cap `yaml:"cap,omitempty"`
	// Dates changes how a range of study dates is matched.
	Dates DateQuirk `yaml:"dates,omitempty"`
	// DuplicateEvery repeats every n-th study of a list at its end.
	DuplicateEvery int64 `yaml:"duplicate_every,omitempty"`
	// ImageCount changes (0020,1208).
	ImageCount ImageCountQuirk `yaml:"image_count,omitempty"`
	// NeedsKey answers A900 unless the identifier has the key, as "(0008,0030)".
	NeedsKey string `yaml:"needs_key,omitempty"`
	// NeedsDate answers C001 unless a study date is asked for.
	NeedsDate bool `yaml:"needs_date,omitempty"`
	// PatientRootOnly offers no Study Root.
	PatientRootOnly bool `yaml:"patient_root_only,omitempty"`
	// ResponseDelayMS is a pause before each response.
	ResponseDelayMS int `yaml:"response_delay_ms,omitempty"`
	// ListDelayUS is a pause before the first response, in microseconds for
	// each study of the list: the archive makes up its list first.
	ListDelayUS int `yaml:"list_delay_us,omitempty"`
	// StallAfter, AbortAfter and DropAfter stop after so many responses: saying
	// nothing more, by A-ABORT, by closing the connection.
	StallAfter int64 `yaml:"stall_after,omitempty"`
	AbortAfter int64 `yaml:"abort_after,omitempty"`
	DropAfter  int64 `yaml:"drop_after,omitempty"`
	// CloseAfterQuery closes the connection after each final response.
	CloseAfterQuery bool `yaml:"close_after_query,omitempty"`
	// Endless repeats the list for ever.
	Endless bool `yaml:"endless,omitempty"`
	// IgnoreCancel goes on after a C-CANCEL.
	IgnoreCancel bool `yaml:"ignore_cancel,omitempty"`
	// PDVBytes cuts every message into PDVs with so many bytes of it.
	PDVBytes int `yaml:"pdv_bytes,omitempty"`
	// PDUBytes packs responses into P-DATA-TF of about so many bytes, whatever
	// was negotiated.
	PDUBytes int `yaml:"pdu_bytes,omitempty"`
	// Malformed breaks the encoding of responses.
	Malformed Malformation `yaml:"malformed,omitempty"`
	// MalformedEvery limits that to every n-th response; all when absent.
	MalformedEvery int64 `yaml:"malformed_every,omitempty"`
	// FinalStatus replaces the status 0000 at the end of a list: "B123".
	FinalStatus string `yaml:"final_status,omitempty"`
	// PendingWarning sends pending status FF01 instead of FF00.
	PendingWarning bool `yaml:"pending_warning,omitempty"`
	// ExplicitOnly accepts no transfer syntax but explicit VR little endian.
	ExplicitOnly bool `yaml:"explicit_only,omitempty"`
	// MaxAssociations refuses further associations (A-ASSOCIATE-RJ 2/3/2).
	MaxAssociations int `yaml:"max_associations,omitempty"`
	// AcceptsEverything accepts any abstract syntax, nonsense included.
	AcceptsEverything bool `yaml:"accepts_everything,omitempty"`
	// Declines answers queries that match too much with a status and nothing else.
	Declines *Declines `yaml:"declines,omitempty"`
	// FindStatus answers every C-FIND with a status and nothing else: "A700".
	FindStatus string `yaml:"find_status,omitempty"`
	// RefusesKey answers A900 to an identifier with the key, as "(0008,0056)".
	RefusesKey string `yaml:"refuses_key,omitempty"`
	// NeedsName finds nothing unless patients' names are matched.
	NeedsName bool `yaml:"needs_name,omitempty"`
	// Below is what the archive makes of queries below the level of studies.
	Below BelowQuirk `yaml:"below,omitempty"`
	// AnswersAnything lists the same whatever the keys ask for.
	AnswersAnything bool `yaml:"answers_anything,omitempty"`
	// PixelBytes answers queries with whole data sets, as some honeypots do, with
	// pixel data of so many bytes.
	PixelBytes int `yaml:"pixel_bytes,omitempty"`
}

// Cap is a limit on the length of a list.
type Cap struct {
	Limit int64 `yaml:"limit"`
	// Status ends a list that was cut: "A700", "FE00"; "0000" is a silent cap.
	Status string `yaml:"status"`
	// On is "all" when absent, "universal" for lists without a date, "windows"
	// for lists with one.
	On string `yaml:"on,omitempty"`
}

// Declines is a limit on what a query may match, as dcm4chee-arc has one.
type Declines struct {
	// Over is how many studies a query may match.
	Over int64 `yaml:"over"`
	// Status answers a query that matches more: "C000".
	Status string `yaml:"status"`
}

// BelowQuirk is a way to answer queries for series and images.
type BelowQuirk string

// The ways.
const (
	// BelowStudies answers with studies whatever the level.
	BelowStudies BelowQuirk = "studies"
	// BelowWholeFiles answers with one data set for each file whatever the
	// level, and names no level (DICOMHawk).
	BelowWholeFiles BelowQuirk = "whole-files"
	// BelowStrays ignores the parents, BelowEchoed too, and says that each
	// answer is of those that were asked for.
	BelowStrays BelowQuirk = "strays"
	BelowEchoed BelowQuirk = "echoed"
	// BelowRepeated lists each image three times.
	BelowRepeated BelowQuirk = "repeated"
)

// DateQuirk is a way to get date ranges wrong.
type DateQuirk string

// The ways.
const (
	// DatesIgnored returns everything whatever the range.
	DatesIgnored DateQuirk = "ignored"
	// DatesExact compares the range as text with the study's date, so that no
	// study matches; single dates work.
	DatesExact DateQuirk = "exact-only"
	// DatesLoose returns the studies of the days next to the range as well.
	DatesLoose DateQuirk = "loose"
)

// ImageCountQuirk is a way to get the number of images wrong.
type ImageCountQuirk string

// The ways.
const (
	CountAbsent ImageCountQuirk = "absent"
	CountEmpty  ImageCountQuirk = "empty"
	CountZero   ImageCountQuirk = "zero"
	// CountWrong is always 1.
	CountWrong ImageCountQuirk = "wrong"
	// CountPadded is right, with leading zeros and spaces around it.
	CountPadded ImageCountQuirk = "padded"
	// CountText is no number.
	CountText ImageCountQuirk = "text"
)

// Malformation is a way to break the encoding of a response.
type Malformation string

// The ways.
const (
	// WrongLength gives an element a length that runs past the data set.
	WrongLength Malformation = "wrong-length"
	// OddLength gives values with odd lengths, as PS3.5 7.1.1 forbids.
	OddLength Malformation = "odd-length"
	// WrongVR sends counts as US and dates as LO, in explicit VR.
	WrongVR Malformation = "wrong-vr"
	// ZeroPDV puts a PDV of length 0 before a response.
	ZeroPDV Malformation = "zero-pdv"
	// HugePDU announces a PDU of FFFFFFF0 bytes.
	HugePDU Malformation = "huge-pdu"
	// HugeCommand has a command element of length 7FFFFFFF.
	HugeCommand Malformation = "huge-command"
	// WrongMessage answers another message ID.
	WrongMessage Malformation = "wrong-message-id"
	// WrongContext answers on another presentation context.
	WrongContext Malformation = "wrong-context-id"
)

func (q *Quirks) validate() error {
	oneOf := func(what, v string, allowed ...string) error {
		for _, a := range allowed {
			if v == a {
				return nil
			}
		}
		return fmt.Errorf("%s %q; known are %q", what, v, allowed[1:])
	}
	if err := oneOf("dates", string(q.Dates), "", "ignored", "exact-only", "loose"); err != nil {
		return err
	}
	if err := oneOf("image_count", string(q.ImageCount), "", "absent", "empty", "zero", "wrong", "padded", "text"); err != nil {
		return err
	}
	if err := oneOf("malformed", string(q.Malformed), "", "wrong-length", "odd-length", "wrong-vr", "zero-pdv",
		"huge-pdu", "huge-command", "wrong-message-id", "wrong-context-id"); err != nil {
		return err
	}
	if err := oneOf("below", string(q.Below), "", "studies", "whole-files", "strays", "echoed", "repeated"); err != nil {
		return err
	}
	if d := q.Declines; d != nil {
		if status, err := parseStatus(d.Status); err != nil || status == 0 || d.Over < 0 {
			return fmt.Errorf("declines: over %d, status %q", d.Over, d.Status)
		}
	}
	if _, err := parseTag(q.RefusesKey); q.RefusesKey != "" && err != nil {
		return err
	}
	if _, err := parseTag(q.NeedsKey); q.NeedsKey != "" && err != nil {
		return err
	}
	for _, s := range []string{q.FinalStatus, q.FindStatus} {
		if _, err := parseStatus(s); err != nil {
			return err
		}
	}
	if q.Cap == nil {
		return nil
	}
	if q.Cap.Limit < 1 {
		return fmt.Errorf("cap of %d", q.Cap.Limit)
	}
	if _, err := parseStatus(q.Cap.Status); err != nil {
		return err
	}
	return oneOf("cap on", q.Cap.On, "", "all", "universal", "windows")
}

// parseTag reads a tag written "(0008,0030)".
func parseTag(s string) (dicom.Tag, error) {
	digits := strings.Trim(strings.Replace(s, ",", "", 1), "()")
	n, err := strconv.ParseUint(digits, 16, 32)
	if err != nil || len(digits) != 8 {
		return 0, fmt.Errorf("tag %q is not of the form (0008,0030)", s)
	}
	return dicom.Tag(n), nil
}

// parseStatus reads a status written in four hexadecimal digits; empty is 0.
func parseStatus(s string) (uint16, error) {
	if s == "" {
		return 0, nil
	}
	n, err := strconv.ParseUint(s, 16, 16)
	if err != nil || len(s) != 4 {
		return 0, fmt.Errorf("status %q is not four hexadecimal digits", s)
	}
	return uint16(n), nil
}
