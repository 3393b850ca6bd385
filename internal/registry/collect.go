package registry

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"time"

	"leadglass/internal/survey"
)

// Cache keeps answers; the store is one.
type Cache interface {
	Registration(ctx context.Context, addr netip.Addr, now time.Time) (survey.Registration, bool, error)
	SaveRegistration(ctx context.Context, addr netip.Addr, r survey.Registration) error
}

// Summary is how far a collection got.
type Summary struct {
	// Addresses were to be looked up; Special of them are in no registry, such
	// as private ones, and are not asked about.
	Addresses int `json:"addresses"`
	Special   int `json:"special"`
	// Cached were known; Asked got an answer; Failed got none.
	Cached int `json:"cached"`
	Asked  int `json:"asked"`
	Failed int `json:"failed"`
	// Contacts of those known or asked have a contact.
	Contacts int `json:"contacts"`
	// Failures are the reasons, with how often each came.
	Failures map[string]int `json:"failures,omitempty"`
}

// giveUp is after how many failures without a success in between the
// registries are left alone.
const giveUp = 5

// ErrGaveUp: the registries do not answer.
var ErrGaveUp = errors.New("the registries do not answer")

// Collect sees to it that the cache holds an answer for each address, one after
// the other, and calls step after each. Failures to get an answer are in the
// summary; the error is of the run: interrupted, given up, the cache.
func (c *Client) Collect(ctx context.Context, cache Cache, addrs []netip.Addr, step func(Summary)) (Summary, error) {
	s := Summary{Addresses: len(addrs), Failures: map[string]int{}}
	row := 0 // of failures
	for _, addr := range addrs {
		err := c.one(ctx, cache, addr, &s)
		switch why := new(failure); {
		case err == nil:
			row = 0
		case errors.As(err, &why):
			s.Failed++
			s.Failures[why.Error()]++
			if !errors.Is(err, ErrBusy) { // it is not asked at all
				row++
			}
		default:
			return s, err
		}
		step(s)
		if row >= giveUp {
			return s, fmt.Errorf("%w: %d failures in a row; run again later, what was answered is kept", ErrGaveUp, row)
		}
	}
	return s, nil
}

// failure is that a registry gave no answer.
type failure struct{ error }

func (f *failure) Unwrap() error { return f.error }

func (c *Client) one(ctx context.Context, cache Cache, addr netip.Addr, s *Summary) error {
	if !survey.Public(addr) {
		s.Special++
		return nil
	}
	r, ok, err := cache.Registration(ctx, addr, c.now())
	if err != nil {
		return err
	}
	if ok {
		s.Cached++
	} else {
		if r, err = c.Registration(ctx, addr); err != nil {
			if ctx.Err() != nil {
				return context.Cause(ctx)
			}
			return &failure{err}
		}
		if err := cache.SaveRegistration(ctx, addr, r); err != nil {
			return err
		}
		s.Asked++
	}
	if r.Email != "" {
		s.Contacts++
	}
	return nil
}

// Apply puts an answer into an owner. The overlay's contact stands.
func Apply(o *survey.Owner, r survey.Registration) {
	o.Registration = &r
	if o.Contact != "" && o.ContactSource != survey.SourceRDAP {
		return
	}
	o.Contact, o.ContactSource = r.Email, ""
	if r.Email != "" {
		o.ContactSource = survey.SourceRDAP
	}
}
