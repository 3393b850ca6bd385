package report

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"leadglass/internal/plain"
	"leadglass/internal/survey"
)

// Labels of the tables come from our own lists (products, toolkits, checks),
// but some are read from what a server sent (versions, modalities, years). A
// hostile server could put anything there. The functions here let through
// only what has the form, or stands in the list, that it must.

// labelOther stands for a label that was not let through.
const labelOther = "other"

// labelUnknown stands for no label.
const labelUnknown = "unknown"

// labelNone is the year of studies without a date.
const labelNone = "none"

var (
	nameForm    = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9 ._+()/&-]{0,47}$`)
	versionForm = regexp.MustCompile(`^[0-9]{1,4}(\.[0-9]{1,4}){1,3}$`)
	classForm   = regexp.MustCompile(`^[a-z][a-z0-9]*(-[a-z0-9]+){0,5}$`)
	checkIDForm = regexp.MustCompile(`^LG-[A-Z][0-9]{2}$`)
	yearForm    = regexp.MustCompile(`^(1[89]|2[01])[0-9]{2}$`)
	tlsForm     = regexp.MustCompile(`^(TLS|SSL) ?[0-9](\.[0-9])?$`)
)

// cleaned is clean(label), and spares the work where the label is known to be
// clean: it stands in a table, whose labels are.
func cleaned[T any](table map[string]T, label string, clean func(string) string) string {
	if _, ok := table[label]; ok {
		return label
	}
	return clean(label)
}

func cleanName(s string) string {
	switch {
	case s == "":
		return labelUnknown
	case nameForm.MatchString(s):
		return s
	}
	return labelOther
}

// cleanToolkit is the toolkit's name, with its version where that is a number
// in parts.
func cleanToolkit(t survey.Toolkit) string {
	name := cleanName(t.Name)
	if name != labelOther && versionForm.MatchString(t.Version) {
		return name + " " + t.Version
	}
	return name
}

func cleanClass(s string) string {
	if len(s) <= 40 && classForm.MatchString(s) {
		return s
	}
	return labelOther
}

func cleanYear(s string) string {
	if s == labelNone || yearForm.MatchString(s) {
		return s
	}
	return labelOther
}

func cleanTLS(s string) string {
	if tlsForm.MatchString(s) {
		return s
	}
	return labelOther
}

func validCheckID(s string) bool { return checkIDForm.MatchString(s) }

// cleanTitle keeps the visible part of a check's title, which is the
// catalogue's.
func cleanTitle(s string) string {
	s = plain.Line(s)
	if r := []rune(s); len(r) > 120 {
		s = string(r[:120])
	}
	return s
}

// rejectionLabel names a refusal by its numbers, not by a text. The names are
// those of PS3.8 9.3.4 (A-ASSOCIATE-RJ) and 9.3.8 (A-ABORT).
func rejectionLabel(r survey.Rejection) string {
	if r.Kind == "abort" {
		return "association aborted"
	}
	what := map[[2]uint8]string{
		{1, 1}: "no reason given", {1, 2}: "application context not supported",
		{1, 3}: "calling AE title not recognised", {1, 7}: "called AE title not recognised",
		{2, 1}: "no reason given (service provider)", {2, 2}: "protocol version not supported",
		{3, 1}: "temporary congestion", {3, 2}: "local limit exceeded",
	}[[2]uint8{r.Source, r.Reason}]
	if what == "" {
		what = fmt.Sprintf("source %d, reason %d", r.Source, r.Reason)
	}
	if r.Result == 2 {
		return what + " (transient)"
	}
	return what
}

// cleanModality lets through the defined terms of Modality (0008,0060), PS3.3
// C.7.3.1.1.1, the retired ones included.
func cleanModality(s string) string {
	if _, ok := slices.BinarySearch(modalities, s); ok {
		return s
	}
	return labelOther
}

// modalities is sorted.
var modalities = strings.Fields(`
	ANN AR AS ASMT AU BDUS BI BMD CD CF CFM CP CR CS CT CTPROTOCOL DD DF DG DM DMS
	DOC DS DX EC ECG EEG EMG EOG EPS ES FA FID FS GM HC HD IO IOL IVOCT IVUS KER KO LEN
	LP LS M3D MA MG MR MS NM OAM OCT OP OPM OPR OPT OPTBSV OPTENF OPV OSS OT PA PLAN POS
	PR PT PX REG RESP RF RG RTDOSE RTIMAGE RTINTENT RTPLAN RTRAD RTRECORD RTSEGANN
	RTSTRUCT RWV SEG SM SMR SR SRF ST STAIN TEXTUREMAP TG US VA VF XA XAPROTOCOL XC`)
