package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"
)

// limits bound the waiting for the database.
type limits struct {
	// begin is how long a transaction may wait until it begins: other
	// transactions, another program, or a busy machine are in its way.
	begin time.Duration
	// write is how long it may take from then on: a database that does not answer
	// for so long is lost. The network alone would let it wait for hours.
	write time.Duration
	// lost is how long a connection that is lost is tried again.
	lost time.Duration
	// pause is the time between two attempts.
	pause time.Duration
}

var defaultLimits = limits{begin: 10 * time.Minute, write: 2 * time.Minute, lost: 15 * time.Second, pause: 500 * time.Millisecond}

// passing says whether an error passes by itself.
type passing uint8

const (
	stays  passing = iota // what to do is in the remedy
	isBusy                // somebody else is writing
	isLate                // the time for it is over
	isGone                // the connection is lost, or the server is starting
)

// within is how long an error of that kind is waited out.
func (l limits) within(p passing) time.Duration {
	switch p {
	case isBusy:
		return l.begin
	case isGone:
		return l.lost
	}
	return 0
}

// errSlow is the cause for a transaction that reached its limit.
type errSlow struct{ limit time.Duration }

func (e errSlow) Error() string { return fmt.Sprintf("it did not answer within %s", e.limit) }

// Timeout is true: errSlow is an error of time, as those of package net are.
func (errSlow) Timeout() bool { return true }

func isTimeout(err error) bool {
	return errors.Is(err, context.DeadlineExceeded) || errors.As(err, new(errSlow))
}

// Late reports whether err says that the store has not answered in time, and not
// what it answered: it may be slow, or its machine busy.
func Late(err error) bool { return errors.As(err, new(*lateError)) }

// lateError is the error, in words for the user, of a store that was late.
type lateError struct{ error }

func (e *lateError) Unwrap() error { return e.error }

// inTx runs f in one transaction, which is rolled back if f returns an error. f
// may run again, in a new transaction, where the error is one that passes by
// itself; a commit is never tried again, because it may have been done.
func (s *Store) inTx(ctx context.Context, doing string, f func(*sql.Tx) error) error {
	for begun := time.Now(); ; {
		committing, err := s.tryTx(ctx, f)
		if err == nil {
			return nil
		}
		if committing || ctx.Err() != nil || time.Since(begun) >= s.limits.within(s.engine.passing(err)) {
			return s.explain(doing, err)
		}
		t := time.NewTimer(s.limits.pause)
		select {
		case <-t.C:
		case <-ctx.Done():
			t.Stop()
			return s.explain(doing, err)
		}
	}
}

// tryTx runs f in one transaction. committing is whether it came to the commit.
func (s *Store) tryTx(ctx context.Context, f func(*sql.Tx) error) (committing bool, err error) {
	limit := s.limits.begin
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	timer := time.AfterFunc(limit, func() { cancel(errSlow{limit}) })
	defer timer.Stop()
	tx, err := s.write.BeginTx(ctx, nil)
	if err == nil && timer.Stop() {
		limit := s.limits.write
		timer = time.AfterFunc(limit, func() { cancel(errSlow{limit}) })
		defer timer.Stop()
	}
	if err == nil {
		if err = f(tx); err != nil {
			// A rollback that fails as well has nothing to add: without a commit
			// there is nothing to take back.
			_ = tx.Rollback()
		} else {
			committing, err = true, tx.Commit()
		}
	}
	if cause := context.Cause(ctx); err != nil && errors.As(cause, new(errSlow)) {
		err = cause
	}
	return committing, err
}
