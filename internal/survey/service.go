package survey

// Protocol is what a port speaks.
type Protocol string

// The protocols that are told apart.
const (
	ProtocolDICOM   Protocol = "dicom"
	ProtocolHTTP    Protocol = "http"
	ProtocolUnknown Protocol = "unknown"
)

// Outcome says how contact with a port ended. A target's failure is a result,
// not an error.
type Outcome string

// The outcomes of contact.
const (
	// Answered: the port spoke a protocol that we know.
	Answered Outcome = "answered"
	// Refused: the connection was refused (TCP RST).
	Refused Outcome = "refused"
	// Silent: no answer to the connection attempt in time.
	Silent Outcome = "silent"
	// Mute: connected, but nothing was said in time.
	Mute Outcome = "mute"
	// Closed: connected, then closed or reset by the peer without a word.
	Closed Outcome = "closed"
	// Foreign: answered with bytes of another protocol.
	Foreign Outcome = "foreign"
	// Malformed: began as DICOM and broke the protocol.
	Malformed Outcome = "malformed"
	// OverBudget: the host's time or byte budget ran out first.
	OverBudget Outcome = "over-budget"
)

// Service is what one open port of a target turned out to be.
type Service struct {
	Port     uint16   `json:"port"`
	Protocol Protocol `json:"protocol"`
	Outcome  Outcome  `json:"outcome"`
	// Detail explains an outcome other than Answered; never bytes of the peer.
	Detail string `json:"detail,omitempty"`
	// TLS is null on a plaintext port.
	TLS     *TLS    `json:"tls"`
	Toolkit Toolkit `json:"toolkit"`
	Product Product `json:"product"`
	// ImplementationClassUID and ImplementationVersionName are as announced in
	// A-ASSOCIATE-AC (PS3.7 D.3.3.2), cleaned of unprintable characters.
	ImplementationClassUID    string `json:"implementation_class_uid,omitempty"`
	ImplementationVersionName string `json:"implementation_version_name,omitempty"`
	// MaxPDU is the maximum length the peer takes (PS3.8 D.1), 0 = no limit;
	// absent unless an association was accepted.
	MaxPDU        *uint32       `json:"max_pdu,omitempty"`
	Levels        Levels        `json:"levels"`
	Rejection     *Rejection    `json:"rejection"`
	CalledAETitle CalledAETitle `json:"called_ae_title"`
	// SOPClasses are the abstract syntaxes accepted of those proposed.
	SOPClasses []string `json:"sop_classes"`
	// Behaviours are the facts about how the peer behaved that product rules
	// go by, from the list in behaviour.go.
	Behaviours []string `json:"behaviours,omitempty"`
	// Tolerated names the ways in which the peer deviated from the standard and was
	// read all the same (dicom.Deviation), in a fixed order.
	Tolerated []string `json:"tolerated,omitempty"`
	// Attempts is how many associations were asked for to identify the service.
	Attempts int `json:"attempts,omitempty"`
	// HTTP is set on HTTP services.
	HTTP *HTTP `json:"http,omitempty"`
	// DICOMweb is set where an HTTP service offers DICOMweb.
	DICOMweb *DICOMweb `json:"dicomweb,omitempty"`
}

// Toolkit is the DICOM library that speaks, told by its implementation class
// UID. A toolkit is not a product: many products announce the same.
type Toolkit struct {
	Name    string `json:"name,omitempty"`
	Version string `json:"version,omitempty"`
	// Confidence is how sure the name is; absent without a name.
	Confidence Confidence `json:"confidence,omitempty"`
	// Conflict says how class UID and version name contradict each other.
	Conflict string `json:"conflict,omitempty"`
}

// Confidence says how sure a product is.
type Confidence string

// The grades of confidence.
const (
	Certain     Confidence = "certain"
	Likely      Confidence = "likely"
	Possible    Confidence = "possible"
	UnknownConf Confidence = "unknown"
)

// Product is the archive's product.
type Product struct {
	Name string `json:"name"`
	// Vendor is known where only the maker's UID arc was recognised.
	Vendor     string     `json:"vendor,omitempty"`
	Version    *string    `json:"version"`
	Confidence Confidence `json:"confidence"`
	// Evidence names the kinds of evidence: "implementation-class-uid",
	// "version-name", "dimse-behaviour", "http-title", "http-realm", "http-api"…
	Evidence []string `json:"evidence"`
}

// Levels says how far a peer let us go, step by step. Only QueryAnswered is
// exposure.
type Levels struct {
	// Speaks: answered with any PDU of the upper layer protocol.
	Speaks bool `json:"speaks"`
	// Associates: accepted an association.
	Associates bool `json:"associates"`
	// QueryContext: accepted a presentation context for queries.
	QueryContext bool `json:"query_context"`
	// QueryAnswered: answered a C-FIND.
	QueryAnswered bool `json:"query_answered"`
}

// Rejection is why a peer refused or ended an association.
type Rejection struct {
	// Kind is "reject" (A-ASSOCIATE-RJ, PS3.8 9.3.4) or "abort" (A-ABORT,
	// PS3.8 9.3.8).
	Kind string `json:"kind"`
	// Result is 0 for an abort.
	Result uint8 `json:"result,omitempty"`
	Source uint8 `json:"source"`
	Reason uint8 `json:"reason"`
	// Text names the codes as the standard does.
	Text string `json:"text"`
	// During says at what step: "association", "c-echo", "c-find".
	During string `json:"during"`
}

// AEPolicy says which called AE titles a peer accepts.
type AEPolicy string

// The policies.
const (
	// AnyTitle: a title made up at random was accepted.
	AnyTitle AEPolicy = "any"
	// DefaultTitle: a made-up title was refused, a product's default accepted.
	DefaultTitle AEPolicy = "default"
	// KnownTitle: the title the user gave was accepted.
	KnownTitle AEPolicy = "known"
	// RefusedTitle: none of the titles tried was accepted.
	RefusedTitle AEPolicy = "refused"
	// UnknownTitle: could not be told.
	UnknownTitle AEPolicy = "unknown"
)

// CalledAETitle is the title that opened an association, and the policy it
// shows.
type CalledAETitle struct {
	Accepted string   `json:"accepted,omitempty"`
	Policy   AEPolicy `json:"policy"`
}

// HTTP is what an HTTP service showed, by fingerprint; no page text is kept.
type HTTP struct {
	Status int `json:"status"`
	// AuthRequired: the start page answered 401 or 403 or asked for a login.
	AuthRequired bool `json:"auth_required"`
	// Page is the name of the fingerprint that the start page matched; empty when
	// none.
	Page string `json:"page,omitempty"`
	// PagePath is the directory of the page, with a slash at its end: "/viewer/".
	// Empty where it is the root of the server, and where no page matched.
	PagePath string `json:"page_path,omitempty"`
	// Viewer: the page is an image viewer or an archive's administration page.
	Viewer bool `json:"viewer"`
	// Shape is a digest of the start page's markup: of the names of its
	// elements in order, and of nothing else, so that it says whether two pages
	// are built alike and not what they say. Empty for pages of few elements.
	Shape string `json:"shape,omitempty"`
	// DICOMPort is the DICOM port that the product's own open API names.
	DICOMPort uint16 `json:"dicom_port,omitempty"`
	// OpenAPI are the product's own routes of numbers and configuration that
	// answered without login, as paths: "/statistics".
	OpenAPI []string `json:"open_api,omitempty"`
}

// Access says what a service lets an unauthenticated caller do.
type Access string

// The answers of a service.
const (
	// AccessOpen: it answers without login.
	AccessOpen Access = "open"
	// AccessProtected: it demands a login.
	AccessProtected Access = "protected"
	// AccessAbsent: it says that it is not there.
	AccessAbsent Access = "absent"
	// AccessUnknown: could not be told.
	AccessUnknown Access = "unknown"
)

// DICOMweb is the web service of an archive (PS3.18), by the answers to
// requests that bring no study.
type DICOMweb struct {
	// Root is the path below which its resources are, without a slash at the
	// end: "/dicom-web".
	Root string `json:"root"`
	// QIDO is the search, WADO the retrieval, STOW the storage.
	QIDO Access `json:"qido"`
	WADO Access `json:"wado"`
	STOW Access `json:"stow"`
}
