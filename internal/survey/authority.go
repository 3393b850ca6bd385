package survey

// Basis is the legal ground of a survey.
type Basis string

// The grounds.
const (
	// Consent: those who are surveyed agreed.
	Consent Basis = "consent"
	// OwnNetwork: the networks are those of the authority itself.
	OwnNetwork Basis = "own-network"
	// Statute: a law gives the authority the task.
	Statute Basis = "statute"
	// RequestOfEntity: the operator asked for it (NIS2, Directive (EU) 2022/2555,
	// Art. 11(3)(e)).
	RequestOfEntity Basis = "request-of-entity"
	// Research: a scientific study.
	Research Basis = "research"
)

// Bases are the grounds that a scope file may name.
func Bases() []Basis { return []Basis{Consent, OwnNetwork, Statute, RequestOfEntity, Research} }

// Authority says who ordered a survey and on which ground.
type Authority struct {
	Organisation string `json:"organisation"`
	Contact      string `json:"contact"`
	Reference    string `json:"reference,omitempty"`
	// Basis is empty where the scope file names none. Instrument is the statute,
	// contract or resolution.
	Basis      Basis  `json:"basis,omitempty"`
	Instrument string `json:"instrument,omitempty"`
	// OrderedBy is the person or office that ordered the survey, RequestedBy who
	// asked for it.
	OrderedBy   string `json:"ordered_by,omitempty"`
	RequestedBy string `json:"requested_by,omitempty"`
	// DataProtection says on what ground data are processed.
	DataProtection *DataProtection `json:"data_protection,omitempty"`
	// RetentionDays is how long findings are kept after the survey; 0 for no limit.
	RetentionDays int `json:"retention_days,omitempty"`
	// InformWithinHours is within how long those concerned are informed; 0 for no
	// promise.
	InformWithinHours int `json:"inform_within_hours,omitempty"`
	// OptOut is where somebody can ask not to be surveyed.
	OptOut string `json:"opt_out,omitempty"`
	// Telephone and Page are where a recipient can verify who we are.
	Telephone string `json:"telephone,omitempty"`
	Page      string `json:"page,omitempty"`
}

// DataProtection says on what ground data are processed, and who examined it.
type DataProtection struct {
	Basis string `json:"basis,omitempty"`
	// DPIA is the number of the impact assessment (GDPR Art. 35), Ethics that of
	// the vote of an ethics committee.
	DPIA   string `json:"dpia,omitempty"`
	Ethics string `json:"ethics,omitempty"`
}
