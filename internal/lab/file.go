package lab

import (
	"encoding"
	"fmt"
	"net/netip"
	"time"

	"leadglass/dicom"
	"leadglass/internal/strictyaml"
)

// fleetVersion is the version of the fleet file's format.
const fleetVersion = 1

// maxFleetFile bounds the size of a fleet file in bytes.
const maxFleetFile = 8 << 20

// File is a fleet file as written; lab/fleets/README.md shows what can be said.
type File struct {
	Version int    `yaml:"version"`
	Name    string `yaml:"name"`
	About   string `yaml:"about,omitempty"`
	// Seed makes up every detail; the same file is the same fleet.
	Seed uint64 `yaml:"seed"`
	// Dates is the range of study dates of archives that name none.
	Dates DateRange `yaml:"dates"`
	// Sources says where published figures were published.
	Sources   []string  `yaml:"sources,omitempty"`
	Countries []Country `yaml:"countries,omitempty"`
	Archives  []Group   `yaml:"archives"`
}

// DateRange is a range of days, both inclusive.
type DateRange struct {
	First Day `yaml:"first"`
	Last  Day `yaml:"last"`
}

// Day is a date written 2019-09-16.
type Day string

const dayLayout = "2006-01-02"

// Date converts d.
func (d Day) Date() (dicom.Date, error) {
	t, err := time.Parse(dayLayout, string(d))
	if err != nil {
		return 0, fmt.Errorf("date %q is not of the form 2019-09-16", string(d))
	}
	return dicom.DateOf(t.Date()), nil
}

// Address is an address in a fleet file.
type Address struct{ netip.Addr }

// UnmarshalYAML reads an address. (Without it the YAML library would take the
// way by UnmarshalText, whose time grows with the square of the file.)
func (a *Address) UnmarshalYAML(decode func(any) error) error {
	return decodeText(decode, &a.Addr)
}

// Prefix is an address prefix in a fleet file.
type Prefix struct{ netip.Prefix }

// UnmarshalYAML reads a prefix.
func (p *Prefix) UnmarshalYAML(decode func(any) error) error {
	return decodeText(decode, &p.Prefix)
}

func decodeText(decode func(any) error, to encoding.TextUnmarshaler) error {
	var text string
	if err := decode(&text); err != nil {
		return err
	}
	return to.UnmarshalText([]byte(text))
}

// Provenance says where a figure of a fleet file comes from.
type Provenance string

// The provenances.
const (
	// Published: as printed in a source that the file names.
	Published Provenance = "published"
	// Modelled: chosen so that the published totals hold.
	Modelled Provenance = "modelled"
)

// Figure is a number and where it comes from.
type Figure struct {
	Value int64      `yaml:"value"`
	From  Provenance `yaml:"from"`
}

// Country is a country of the fleet: which addresses lie in it, and what its
// archives add up to. Load fails when they do not.
type Country struct {
	ISO2     string   `yaml:"iso2"`
	Name     string   `yaml:"name"`
	Prefixes []Prefix `yaml:"prefixes"`
	// SystemsOpen, StudyRecords, ImagesLinked and ImagesAccessible are checked
	// against the archives of the country where they are given.
	SystemsOpen      *Figure `yaml:"systems_open,omitempty"`
	StudyRecords     *Figure `yaml:"study_records,omitempty"`
	ImagesLinked     *Figure `yaml:"images_linked,omitempty"`
	ImagesAccessible *Figure `yaml:"images_accessible,omitempty"`
}

// Group is one archive, or count archives of one kind at consecutive
// addresses.
type Group struct {
	Name string `yaml:"name,omitempty"`
	// Count is 1 when absent.
	Count int `yaml:"count,omitempty"`
	// Address is the first archive's.
	Address Address `yaml:"address"`
	Country string  `yaml:"country,omitempty"`
	Site    string  `yaml:"site,omitempty"`
	// Speaks is dicom when absent.
	Speaks Speaks `yaml:"speaks,omitempty"`
	// Persona names the product that a DICOM archive plays.
	Persona string `yaml:"persona,omitempty"`
	// VersionName is announced instead of the persona's implementation version
	// name, 16 characters at most (PS3.7 D.3.3.2.4), whatever they are.
	VersionName string `yaml:"version_name,omitempty"`
	// Port is the persona's when absent.
	Port uint16 `yaml:"port,omitempty"`
	// PlainPort is a second port without TLS, for archives whose Port has it.
	PlainPort uint16 `yaml:"plain_port,omitempty"`
	// HL7Port is a port beside it that accepts connections and says nothing, as
	// one for HL7 v2 does until a message comes.
	HL7Port uint16   `yaml:"hl7_port,omitempty"`
	TLS     TLSMode  `yaml:"tls,omitempty"`
	Cert    CertKind `yaml:"certificate,omitempty"`
	// CalledTitle is the called AE title demanded: any when absent, default for
	// the persona's own, or a title.
	CalledTitle string `yaml:"called_title,omitempty"`
	// CallingTitle is the calling AE title demanded: any when absent.
	CallingTitle string `yaml:"calling_title,omitempty"`
	// Reject refuses every association.
	Reject *Reject `yaml:"reject,omitempty"`
	// Query is answered when absent.
	Query Query `yaml:"query,omitempty"`
	// Retrieval is which retrieval services are open: none when absent.
	Retrieval Retrieval `yaml:"retrieval,omitempty"`
	// Worklist is the number of worklist entries; 0 offers no worklist.
	Worklist int64 `yaml:"worklist,omitempty"`
	// Identifying lists the classes of identifying attributes that have
	// values; all when absent.
	Identifying []string `yaml:"identifying,omitempty"`
	// Veterinary says that the patients are animals, with species and breed.
	Veterinary bool `yaml:"veterinary,omitempty"`
	// NationalID is the class of national identifiers whose form the patient
	// IDs have: gb-nhs-number, ch-ahv, … (see nationals); none when absent.
	// Contents.SSNRecords is the way to Social Security numbers.
	NationalID string    `yaml:"national_id,omitempty"`
	Contents   *Contents `yaml:"contents,omitempty"`
	Web        []Web     `yaml:"web,omitempty"`
	Quirks     *Quirks   `yaml:"quirks,omitempty"`
	// Damage is how many of 1,000 writes to the network are damaged at random,
	// on all ports: a hostile or broken archive.
	Damage int     `yaml:"damage,omitempty"`
	Expect *Expect `yaml:"expect,omitempty"`
	// From is where the contents' figures come from.
	From Provenance `yaml:"from,omitempty"`
}

// Speaks says what answers on the DICOM port.
type Speaks string

// What a port can speak.
const (
	SpeaksDICOM Speaks = "dicom"
	// Closed: nothing listens on the DICOM port.
	Closed Speaks = "closed"
	// Mute accepts connections and never says anything.
	Mute Speaks = "silent"
	// SpeaksHTTP is a web server on the DICOM port.
	SpeaksHTTP Speaks = "http"
	// SpeaksSSH sends the banner of an SSH server.
	SpeaksSSH Speaks = "ssh"
	// SpeaksNoise sends random bytes.
	SpeaksNoise Speaks = "noise"
	// HangsUp closes every connection at once.
	HangsUp Speaks = "hangs-up"
)

// Reject is an A-ASSOCIATE-RJ (PS3.8 9.3.4).
type Reject struct {
	Result uint8 `yaml:"result"`
	Source uint8 `yaml:"source"`
	Reason uint8 `yaml:"reason"`
}

// Query says what becomes of a C-FIND.
type Query string

// The fates of a C-FIND.
const (
	QueryAnswered Query = "answered"
	// QueryRefused refuses as the persona does: by ending the association, by a
	// status, or by not accepting the presentation context.
	QueryRefused Query = "refused"
)

// Retrieval says which retrieval services are open to everybody.
type Retrieval string

// The retrieval policies.
const (
	NoRetrieval   Retrieval = "none"
	GetRetrieval  Retrieval = "get"
	MoveRetrieval Retrieval = "move"
	BothRetrieval Retrieval = "both"
)

func (r Retrieval) get() bool  { return r == GetRetrieval || r == BothRetrieval }
func (r Retrieval) move() bool { return r == MoveRetrieval || r == BothRetrieval }

// Contents is what an archive, or a group of archives together, holds. A
// group's figures are split over its archives exactly, the first being the
// largest.
type Contents struct {
	Studies      int64 `yaml:"studies"`
	ImagesLinked int64 `yaml:"images_linked"`
	// ImagesAccessible is the part on line, ImagesLinked when absent. Where no
	// retrieval is open, none is accessible whatever is on line.
	ImagesAccessible *int64 `yaml:"images_accessible,omitempty"`
	// SSNRecords is how many studies have a patient ID of the form of a US
	// Social Security number.
	SSNRecords int64      `yaml:"ssn_records,omitempty"`
	Dates      *DateRange `yaml:"dates,omitempty"`
	// QA makes QA the modality of every study, as of a phantom's.
	QA bool `yaml:"qa,omitempty"`
	// Undated and Days are part of Studies: those without a date, and those on
	// days of their own.
	Undated int64      `yaml:"undated,omitempty"`
	Days    []DayCount `yaml:"days,omitempty"`
	// SameAs gives the archive the studies of the archive at that address.
	SameAs Address `yaml:"same_as,omitempty"`
	// Skew is how unequal the archives of a group are: the weight of the n-th
	// is n^-Skew; 1 when absent.
	Skew *float64 `yaml:"skew,omitempty"`
}

// DayCount is a number of studies on one day.
type DayCount struct {
	Date    Day   `yaml:"date"`
	Studies int64 `yaml:"studies"`
}

// Expect says what a good survey can find out about an archive; where it is
// absent, everything.
type Expect struct {
	Studies          Quality `yaml:"studies,omitempty"`
	ImagesLinked     Quality `yaml:"images_linked,omitempty"`
	ImagesAccessible Quality `yaml:"images_accessible,omitempty"`
	Classes          Quality `yaml:"identifying_classes,omitempty"`
	// Complete says that a lower bound has to be the truth itself: all of it can
	// be seen, only the proof that there is no more cannot be had.
	Complete bool `yaml:"complete,omitempty"`
	// Verdict overrides the verdict that follows from the configuration.
	Verdict string `yaml:"verdict,omitempty"`
	// Marks are what the archives are, as far as a good survey can know, besides
	// what follows from persona and contents.
	Marks []Mark `yaml:"marks,omitempty"`
	// Why explains it.
	Why string `yaml:"why,omitempty"`
}

// format is what a fleet file is.
var format = strictyaml.Kind{Name: "fleet file", MaxBytes: maxFleetFile, Levels: "six levels",
	Begin: "begin it with version: 1", Unknown: "lab/fleets/README.md lists the keys"}

// readFile decodes a fleet file strictly: an unknown key is an error with its
// line and column. name is for messages.
func readFile(name string, text []byte) (*File, error) {
	var f File
	if err := format.Decode(name, text, &f); err != nil {
		return nil, err
	}
	if f.Version != fleetVersion {
		return nil, fmt.Errorf("%s: fleet file version %d; this program reads version %d", name, f.Version, fleetVersion)
	}
	return &f, nil
}
