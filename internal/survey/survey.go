// Package survey holds the nouns that the stages of Leadglass pass to each
// other: what was looked at (Candidate), what answered (Service), how it is
// exposed (Check), how much is exposed (Count), whose it is (Owner), and the
// finding that gathers them. Their JSON is the file format of `check --json`
// and of the store, schema "leadglass.finding/1".
//
// The package does no I/O and decides nothing. No field of any type here may
// hold a value of a patient attribute.
package survey

import (
	"net/netip"
	"time"
)

// FindingSchema names the version of the JSON form of Finding. Within a
// version fields are only ever added.
const FindingSchema = "leadglass.finding/1"

// Candidate is an address, inside the scope, that may be an image archive.
type Candidate struct {
	Address netip.Addr
	// Host is the name the address was resolved from, or empty.
	Host string
	// Port restricts the work to one port; 0 means the scope's ports.
	Port uint16
	// Ports are tried beside those of the scope; they come from a file of
	// another scanner.
	Ports []uint16
	// HTTPURL is set when the user named a DICOMweb root instead of a port.
	HTTPURL string
}

// Target says what a finding is about.
type Target struct {
	// Host is the target as the user wrote it, without its port.
	Host string `json:"host"`
	// Address is the address that was contacted; empty when a name did not
	// resolve.
	Address string `json:"address"`
	// Port is the port asked for or, where a whole host was asked for, the
	// port of the service that decided the verdict; absent when none answered.
	Port uint16 `json:"port,omitempty"`
}

// Finding is everything a survey says about one target.
type Finding struct {
	Schema string `json:"schema"`
	Target Target `json:"target"`
	// TestedFrom says from where it was tested; absent in findings of earlier
	// versions and where no address was contacted.
	TestedFrom TestedFrom `json:"tested_from,omitempty"`
	Verdict    Verdict    `json:"verdict"`
	Grade      Grade      `json:"grade"`
	// Viewer is ViewerOpenHTTP when an image viewer without login answers
	// over plain HTTP, ViewerOpenHTTPS when only over TLS, otherwise empty.
	Viewer   Viewer    `json:"viewer,omitempty"`
	Services []Service `json:"services"`
	Counts   Counts    `json:"counts"`
	Checks   []Check   `json:"checks"`
	// IdentifyingClasses says which classes of identifying attributes the
	// archive returns; never a value.
	IdentifyingClasses []IdentifyingClass `json:"identifying_classes"`
	Suspicion          Suspicion          `json:"suspicion"`
	// SameArchiveAs says that the archive is one that another address of the
	// survey leads to: totals count it there, and not here.
	SameArchiveAs *SameArchive `json:"same_archive_as,omitempty"`
	Traffic       Traffic      `json:"traffic"`
	Owner         *Owner       `json:"owner,omitempty"`
	StartedAt     time.Time    `json:"started_at"`
	DurationMS    int64        `json:"duration_ms"`
	// Incomplete says why the finding is not the whole truth (a budget ran
	// out, a part did not answer); null when nothing is missing.
	Incomplete *string `json:"incomplete"`
	// NotExamined is set where the target accepts connections and was not asked
	// what it speaks; then Incomplete says why.
	NotExamined *NotExamined `json:"not_examined,omitempty"`
	// AuthorisedBy is the text of --authorised-by, for a target without a
	// scope file.
	AuthorisedBy string `json:"authorised_by,omitempty"`
	// Plan is what to change on the host; only in what `check` prints. No survey
	// stores it: it follows from the checks and the records of products.
	Plan *Plan `json:"plan,omitempty"`
}

// SameArchive is the address by which an archive is counted, and why it is taken
// for the same.
type SameArchive struct {
	Address string `json:"address"`
	Reason  string `json:"reason"`
}

// NotExamined names a network of which the addresses accept connections on every
// port, as behind a device that answers for all of them, so that only a sample of
// them was examined.
type NotExamined struct {
	// Network is the address's /24, or /64 of IPv6.
	Network string `json:"network"`
	// Examined is how many addresses of the network had been examined by then;
	// none was an archive.
	Examined int64 `json:"examined"`
}

// Viewer says how a web viewer without login is reachable.
type Viewer string

// The two ways a viewer can be open.
const (
	ViewerOpenHTTP  Viewer = "open-http"
	ViewerOpenHTTPS Viewer = "open-https"
)

// Traffic is what the work on one target put on the wire, as counted by the
// gate.
type Traffic struct {
	// Associations counts the A-ASSOCIATE-RQ sent.
	Associations int64 `json:"associations"`
	// Connections counts the TCP connections opened, successful or not.
	Connections   int64 `json:"connections"`
	BytesSent     int64 `json:"bytes_sent"`
	BytesReceived int64 `json:"bytes_received"`
	// DIMSERequests counts the DIMSE requests sent, of checks and counts alike,
	// HTTPRequests the HTTP requests, redirects included.
	DIMSERequests DIMSERequests `json:"dimse_requests"`
	HTTPRequests  int64         `json:"http_requests"`
	// Queries counts the C-FIND requests sent, Responses the pending C-FIND
	// responses received.
	Queries   int64 `json:"queries"`
	Responses int64 `json:"responses"`
	// LongestQueryMS is the longest time from a C-FIND request to its final
	// response, in milliseconds.
	LongestQueryMS int64 `json:"longest_query_ms"`
	// EchoBeforeMS and EchoDuringMS are the archive's median response time to
	// C-ECHO before and during the count, in milliseconds; absent when the
	// archive was not counted.
	EchoBeforeMS float64 `json:"echo_before_ms,omitempty"`
	EchoDuringMS float64 `json:"echo_during_ms,omitempty"`
}

// DIMSERequests are numbers of DIMSE requests by service (PS3.7 table 9.1-1),
// and of C-CANCEL requests.
type DIMSERequests struct {
	Echo   int64 `json:"c_echo"`
	Find   int64 `json:"c_find"`
	Get    int64 `json:"c_get"`
	Move   int64 `json:"c_move"`
	Cancel int64 `json:"c_cancel"`
}

// IdentifyingClass says whether a class of identifying attributes was present
// in the sampled responses.
type IdentifyingClass struct {
	Class   string `json:"class"`
	Present bool   `json:"present"`
	Sampled int    `json:"sampled"`
}

// Owner is where a target is and whose it is.
type Owner struct {
	// Country is an ISO 3166-1 alpha-2 code, upper case; empty when unknown.
	Country string `json:"country,omitempty"`
	// CountryReason says why the country is unknown though a source has an answer;
	// empty elsewhere.
	CountryReason string `json:"country_reason,omitempty"`
	Site          string `json:"site,omitempty"`
	Contact       string `json:"contact,omitempty"`
	ASN           uint32 `json:"asn,omitempty"`
	Network       string `json:"network,omitempty"`
	// Source says where the country comes from or, where that is unknown, the
	// rest: one of the kinds of Source.
	Source SourceKind `json:"source,omitempty"`
	// NetworkSource says where ASN and Network come from, ContactSource where
	// Contact does; Site is always the overlay's.
	NetworkSource SourceKind `json:"network_source,omitempty"`
	ContactSource SourceKind `json:"contact_source,omitempty"`
	// Registration is set once an address registry was asked.
	Registration *Registration `json:"registration,omitempty"`
}

// Record is a finding in a stored survey.
type Record struct {
	SurveyID string
	Finding  Finding
	// RequestedPort is the Candidate's port, 0 for a whole host. With the
	// address it says which target the finding is of; Finding.Target.Port may
	// be the port that decided the verdict instead.
	RequestedPort uint16
	// StudySketch is a keyed HyperLogLog sketch of the study instance UIDs
	// counted; the key is gone with the end of the survey, so the sketch can be
	// merged with others of the same survey and with nothing else. May be nil.
	StudySketch []byte
}

// Survey is one run over a scope.
type Survey struct {
	// ID is unique in the store and sorts by start time.
	ID        string    `json:"id"`
	Name      string    `json:"name"`
	Authority Authority `json:"authority"`
	// Scope is the text of the scope file as it was used.
	Scope string `json:"-"`
	// Simulated is true for a survey of the laboratory's fleet.
	Simulated  bool      `json:"simulated"`
	Version    string    `json:"leadglass_version"`
	StartedAt  time.Time `json:"started_at"`
	FinishedAt time.Time `json:"finished_at,omitzero"`
	State      State     `json:"state"`
	// Probed is how many (address, port) pairs were contacted.
	Probed int64 `json:"probed"`
	// Addresses is how many addresses the scope held.
	Addresses int64 `json:"addresses"`
	// Sources are what countries, networks and contacts of the findings come
	// from, with what their licences ask to be said.
	Sources []Source `json:"sources,omitempty"`
	// Sweep is how the scope's prefixes were gone through; nil in surveys of
	// versions that did not keep it.
	Sweep *Sweep `json:"sweep,omitempty"`
	// Coverage is what was looked at and how; nil for a survey of a version
	// that did not keep it.
	Coverage *Coverage `json:"-"`
}

// State is the state of a survey.
type State string

// The states of a survey, in order. Interrupted surveys are continued with
// --resume.
const (
	StateRunning     State = "running"
	StateInterrupted State = "interrupted"
	StateFinished    State = "finished"
)
