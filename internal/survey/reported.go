package survey

import (
	"cmp"
	"slices"
)

// ReportedPort is the port that f is reported for: that of the archive or, where
// only a viewer or a listing is open, theirs; 0 when none is known.
func (f *Finding) ReportedPort() uint16 {
	if f.FreelyAccessible() {
		return f.Target.Port
	}
	return cmp.Or(f.ViewerPort(), f.Listing(), f.Target.Port)
}

// ViewerPort is the port of the viewer without login that f reports, plain HTTP
// first; 0 where there is none.
func (f *Finding) ViewerPort() uint16 {
	_, port := ViewerOf(f.Services)
	return port
}

// ServiceAt is the service at a port, nil for none.
func (f *Finding) ServiceAt(port uint16) *Service {
	for i := range f.Services {
		if f.Services[i].Port == port {
			return &f.Services[i]
		}
	}
	return nil
}

// ReportedProduct is the product at the port that f is reported for or, where that
// was not recognised, the surest of its other services.
func (f *Finding) ReportedProduct() Product { return ProductOf(f.Services, f.ReportedPort()) }

// FailedChecks are the failed checks of f, the worst first.
func (f *Finding) FailedChecks() []Check {
	var failed []Check
	for _, c := range f.Checks {
		if c.State == Fail {
			failed = append(failed, c)
		}
	}
	slices.SortStableFunc(failed, func(a, b Check) int {
		return cmp.Compare(slices.Index(Severities, a.Severity), slices.Index(Severities, b.Severity))
	})
	return failed
}

// Whose is the owner of f, the zero Owner where none is known.
func (f *Finding) Whose() Owner {
	if f.Owner == nil {
		return Owner{}
	}
	return *f.Owner
}

// HostName is the name by which the target was given, "" where that is its address.
func (f *Finding) HostName() string {
	if f.Target.Host == f.Target.Address {
		return ""
	}
	return f.Target.Host
}
