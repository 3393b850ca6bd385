package store

import (
	"context"
	"database/sql"
	"errors"
	"net/netip"
	"time"

	"leadglass/internal/survey"
)

// Registration returns what the registry of an address was heard to say, and
// false when that was never asked or has expired.
func (s *Store) Registration(ctx context.Context, addr netip.Addr, now time.Time) (survey.Registration, bool, error) {
	var r survey.Registration
	var asked, expires string
	err := s.read.QueryRowContext(ctx, `SELECT email, organisation, country, handle, registry, asked_at, expires_at
		FROM registrations WHERE address = $1 AND expires_at > $2`, addr.Unmap().String(), formatTime(now)).
		Scan(&r.Email, &r.Organisation, &r.Country, &r.Handle, &r.Registry, &asked, &expires)
	if errors.Is(err, sql.ErrNoRows) {
		return survey.Registration{}, false, nil
	}
	if err == nil {
		r.AskedAt, err = parseTime(asked)
	}
	if err == nil {
		r.ExpiresAt, err = parseTime(expires)
	}
	if err != nil {
		return survey.Registration{}, false, s.explain("reading", err)
	}
	return r, true, nil
}

// SaveRegistration keeps r for addr in place of an earlier answer, and drops
// all answers that have expired when r was asked for.
func (s *Store) SaveRegistration(ctx context.Context, addr netip.Addr, r survey.Registration) error {
	return s.inTx(ctx, "keeping the answer of a registry in", func(tx *sql.Tx) error {
		if _, err := tx.ExecContext(ctx, "DELETE FROM registrations WHERE expires_at <= $1", formatTime(r.AskedAt)); err != nil {
			return err
		}
		_, err := tx.ExecContext(ctx, `INSERT INTO registrations
			(address, email, organisation, country, handle, registry, asked_at, expires_at)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
			ON CONFLICT (address) DO UPDATE SET email = excluded.email, organisation = excluded.organisation,
			country = excluded.country, handle = excluded.handle, registry = excluded.registry,
			asked_at = excluded.asked_at, expires_at = excluded.expires_at`,
			addr.Unmap().String(), r.Email, r.Organisation, r.Country, r.Handle, r.Registry,
			formatTime(r.AskedAt), formatTime(r.ExpiresAt))
		return err
	})
}
