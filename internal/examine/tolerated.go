package examine

import (
	"leadglass/dicom"
	"leadglass/internal/gate"
	"leadglass/internal/survey"
)

// portMeter counts for the host, and notes for one port how it deviates from the
// standard.
type portMeter struct {
	*gate.Host
	noted *dicom.Deviation
}

// CountDeviation notes how the peer deviated; see ul.Meter.
func (m portMeter) CountDeviation(d dicom.Deviation) { *m.noted |= d }

// meter is that of a port.
func (r *reach) meter(port uint16) portMeter {
	if r.noted == nil {
		r.noted = map[uint16]*dicom.Deviation{}
	}
	if r.noted[port] == nil {
		r.noted[port] = new(dicom.Deviation)
	}
	return portMeter{Host: r.gate, noted: r.noted[port]}
}

// tolerate writes into a service how it deviated up to now.
func (r *reach) tolerate(s *survey.Service) {
	if d := r.noted[s.Port]; d != nil && *d != 0 {
		s.Tolerated = (dicom.ParseDeviations(s.Tolerated) | *d).Names()
	}
}
