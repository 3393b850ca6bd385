package survey

// SweepMethod says how ports are tried.
type SweepMethod string

// The methods of a sweep: by connecting, or by single SYN packets.
const (
	SweepConnect SweepMethod = "connect"
	SweepSYN     SweepMethod = "syn"
)

// Sweep is how far a sweep of prefixes is, which is all that is needed to go
// on with it, and what was lost on the way.
type Sweep struct {
	Method SweepMethod `json:"method"`
	// Seed selects the order: 32 hexadecimal digits.
	Seed string `json:"seed"`
	// Shard, from 1 to Shards, is the part of the scope that was swept.
	Shard  int `json:"shard"`
	Shards int `json:"shards"`
	// Parts is into how many jobs the machine divided it; absent for one.
	Parts int `json:"parts,omitempty"`
	// Pairs is how many pairs of an address and a port the shard has, excluded
	// ones included, and Position how many are done.
	Pairs    uint64 `json:"pairs"`
	Position uint64 `json:"position"`
	// Rate is the last rate, in probes a second.
	Rate int64 `json:"rate"`
	// Canaries are single packets to ports that had answered before;
	// CanariesLost those without an answer, and Loss their share. Loss is null
	// when it could not be measured, and LossUnknown says why.
	Canaries     int64    `json:"canaries"`
	CanariesLost int64    `json:"canaries_lost"`
	Loss         *float64 `json:"loss"`
	LossUnknown  string   `json:"loss_unknown,omitempty"`
	// LossUneven: some networks lost clearly more than the whole. LossHighest is
	// the highest loss of a group of networks with 50 canaries and more; absent
	// when they are alike.
	LossUneven  bool     `json:"loss_uneven,omitempty"`
	LossHighest *float64 `json:"loss_highest,omitempty"`
	// Hosts is how many hosts with an open port the sweep found. MissedShare is
	// the share that it is expected to have missed in spite of all repetitions,
	// by the measured loss, and HostsMissed how many hosts that would be: an
	// estimate. Where LossUneven, it is made of those of the groups of networks.
	// Both are null when the loss is.
	Hosts       int64    `json:"hosts"`
	MissedShare *float64 `json:"missed_share"`
	HostsMissed *float64 `json:"hosts_missed"`
}
