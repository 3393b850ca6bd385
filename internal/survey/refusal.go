package survey

// Refusal is the error of a use case that is refused before it does anything:
// options that do not go together, what is not permitted, what is not there.
type Refusal struct{ Err error }

// Error implements error.
func (r *Refusal) Error() string { return r.Err.Error() }

// Unwrap returns r.Err.
func (r *Refusal) Unwrap() error { return r.Err }
