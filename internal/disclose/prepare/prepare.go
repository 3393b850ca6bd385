// Package prepare writes the encrypted bundles of a disclosure and keeps in the
// store that they were prepared. It sends nothing.
package prepare

import (
	"context"
	"slices"
	"time"

	"leadglass/internal/disclose"
	"leadglass/internal/disclose/seal"
	"leadglass/internal/store"
	"leadglass/internal/survey"
)

// Options say what is disclosed to whom.
type Options struct {
	// Recipients is the recipients file.
	Recipients string
	// Only are the organisations that get a bundle; none for all.
	Only []string
	// MinVerdict is the least verdict that goes out, Honeypots takes suspected
	// honeypots in.
	MinVerdict survey.Verdict
	Honeypots  bool
	// Out is the folder of the bundles.
	Out string
	// AnswerBy is the last day for an answer, as YYYY-MM-DD; empty for two weeks.
	AnswerBy string
	// SignKey and SignPassphrase are the files of an OpenPGP key and of what
	// unlocks it; Templates is a folder of letters. All may be empty.
	SignKey, SignPassphrase, Templates string
	// Again prepares another bundle for recipients who were sent one; DryRun
	// writes nothing.
	Again, DryRun bool
	// Now is the present time.
	Now time.Time
}

// Result is what was prepared, and what was not: the output of `disclose prepare
// --json`.
type Result struct {
	Schema   string     `json:"schema"`
	Survey   string     `json:"survey"`
	Prepared []Prepared `json:"prepared"`
	// NotPrepared are the recipients who get nothing, and why.
	NotPrepared []NotPrepared `json:"not_prepared"`
	// NoRecipient are the systems that nobody in the file claims.
	NoRecipient []System `json:"no_recipient"`
	// Honeypots and Below count what was left out.
	Honeypots int64 `json:"left_out_honeypots"`
	Below     int64 `json:"left_out_below_min_verdict"`
	// Stale are files that were prepared earlier, not sent, and not replaced
	// under the same name.
	Stale []string `json:"-"`
}

// Prepared is a recipient with a bundle.
type Prepared struct {
	Recipient string    `json:"recipient"`
	Systems   int       `json:"systems"`
	File      string    `json:"file,omitempty"`
	Method    string    `json:"method"`
	Keys      []string  `json:"keys"`
	SignedBy  string    `json:"signed_by,omitempty"`
	TLP       string    `json:"tlp"`
	Channel   string    `json:"channel"`
	Email     string    `json:"email,omitempty"`
	AnswerBy  time.Time `json:"answer_by"`
	// Fixed are the systems in it that a later survey proves fixed.
	Fixed []string `json:"fixed_since,omitempty"`
}

// NotPrepared is a recipient without a bundle.
type NotPrepared struct {
	Recipient string `json:"recipient"`
	Systems   int    `json:"systems"`
	Reason    string `json:"reason"`
	// Sent: the recipient has its bundle, so that nothing is missing.
	Sent bool `json:"sent"`
}

// System is a system that nobody in the file claims.
type System struct {
	Address string         `json:"address"`
	Port    uint16         `json:"port,omitempty"`
	Verdict survey.Verdict `json:"verdict"`
	Viewer  survey.Viewer  `json:"viewer,omitempty"`
	Country string         `json:"country,omitempty"`
	ASN     uint32         `json:"asn,omitempty"`
	Site    string         `json:"site,omitempty"`
}

// Missing reports whether something goes to nobody: a system without a
// recipient, or a recipient without a usable key.
func (r *Result) Missing() bool {
	return len(r.NoRecipient) > 0 || slices.ContainsFunc(r.NotPrepared, func(n NotPrepared) bool { return !n.Sent })
}

// Order is what the user named, read and checked.
type Order struct {
	Options
	recipients *disclose.Recipients
	templates  *disclose.Templates
	signer     *seal.Signer
	answerBy   time.Time
}

// preparer prepares the bundles of one survey.
type preparer struct {
	*Order
	db      *store.Store
	survey  survey.Survey
	earlier []survey.Disclosure
	result  Result
}

// Read reads what the options name. All of it is checked before any bundle is
// written; errors are *survey.Refusal.
func Read(o Options) (*Order, error) {
	p := &Order{Options: o}
	if err := p.read(); err != nil {
		return nil, &survey.Refusal{Err: err}
	}
	return p, nil
}

// Close forgets the secret key.
func (o *Order) Close() { o.signer.Close() }

// Bundles writes a bundle for each recipient of what the survey found.
func (o *Order) Bundles(ctx context.Context, db *store.Store, v survey.Survey) (Result, error) {
	p := &preparer{Order: o, db: db, survey: v}
	var err error
	if p.earlier, err = db.Disclosures(ctx); err != nil {
		return Result{}, err
	}
	err = p.prepare(ctx)
	return p.result, err
}
