package dimse_test

import (
	"context"
	"fmt"
	"testing"

	"leadglass/dicom"
	"leadglass/dicom/dimse"
	"leadglass/dicom/ul"
)

// studyArchive lists studies, and answers for one with its name. sloppy pays no
// heed to the UID asked for.
func studyArchive(t *testing.T, studies int, sloppy bool, named map[string]int) *dimse.Provider {
	return &dimse.Provider{Find: func(_ context.Context, r *dimse.Request, out *dimse.Responder) dimse.Outcome {
		uid, names := "", false
		last := dicom.Tag(0)
		it := r.Elements()
		for it.Next() {
			if it.Tag() <= last {
				t.Errorf("%s after %s", it.Tag(), last)
			}
			last = it.Tag()
			switch it.Tag() {
			case dicom.StudyInstanceUID:
				uid = string(dicom.Trim(it.Value()))
			case dicom.PatientName:
				names = true
			}
		}
		if names == (uid == "") {
			t.Errorf("names asked for: %v, of the study %q", names, uid)
		}
		for i := range studies {
			this := fmt.Sprintf("2.25.%d", 1000+i)
			if uid != "" && uid != this && !sloppy {
				continue
			}
			var data []byte
			if names {
				named[this]++
				data = dicom.AppendString(data, r.Syntax, dicom.PatientName, dicom.PN, "N"+this)
			}
			data = dicom.AppendString(data, r.Syntax, dicom.StudyInstanceUID, dicom.UI, this)
			if out.Cancelled() {
				return dimse.Answer(dimse.Cancelled)
			}
			if err := out.Pending(data); err != nil {
				return dimse.CloseConnection
			}
		}
		return dimse.Answer(dimse.Success)
	}}
}

// TestFindSample: attributes are asked for of the studies chosen, one by one,
// and of no other.
func TestFindSample(t *testing.T) {
	for _, test := range []struct {
		studies, want int
		sloppy        bool
	}{{0, 0, false}, {3, 3, false}, {500, 8, false}, {1, 1, true}, {30, 8, true}} {
		named := map[string]int{}
		c := dimse.NewClient(request(t, serve(t, studyArchive(t, test.studies, test.sloppy, named), ul.Options{}, acceptAll), dicom.StudyRootFind))
		seen := 0
		r, err := c.FindSample(t.Context(), dicom.StudyRootFind, dimse.Sample{Studies: 8, Keys: []dimse.Key{
			{Tag: dicom.StudyID, VR: dicom.SH}, {Tag: dicom.PatientName, VR: dicom.PN}, {Tag: dicom.AccessionNumber, VR: dicom.SH},
		}}, func(m dimse.Match) {
			for it := m.Elements(); it.Next(); {
				if it.Tag() == dicom.PatientName {
					seen++
				}
			}
		})
		if err != nil || seen != test.want || r.Answered != test.want || r.Queries != int64(test.want)+1 {
			t.Errorf("%d studies: %d seen, %+v, %v", test.studies, seen, r, err)
		}
		if !test.sloppy && len(named) != test.want {
			t.Errorf("%d studies: the attributes of %d were sent", test.studies, len(named))
		}
	}
}
