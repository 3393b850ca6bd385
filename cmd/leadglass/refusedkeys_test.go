package main

import (
	"context"
	"slices"
	"strconv"
	"testing"

	"leadglass/dicom"
	"leadglass/dicom/dimse"
	"leadglass/internal/survey"
)

// TestRefusedKeys: an archive that answers A900 to a return key that it does not
// support is open all the same, and its studies and images are counted by the keys
// that are left, whichever one or two it refuses.
func TestRefusedKeys(t *testing.T) {
	t.Parallel()
	keys := []dicom.Tag{dicom.NumberOfStudyRelatedInstances, dicom.InstanceAvailability, dicom.ModalitiesInStudy, dicom.StudyTime, dicom.StudyDate}
	for i, one := range keys {
		for _, other := range keys[i:] {
			t.Run(one.String()+" "+other.String(), func(t *testing.T) {
				t.Parallel()
				p := &dimse.Provider{Find: refusing(one, other)}
				f := leadglass(t, "check", serve(t, p, dicom.Verification, dicom.StudyRootFind), "--json").want(t, exitDone).finding(t)
				states(t, f, survey.Fail, "LG-D04", "LG-D10")
				if n, ok := f.Counts.Studies.Int(); !ok || n != 3 {
					t.Errorf("%+v", f.Counts.Studies)
				}
				if n, ok := f.Counts.ImagesLinked.Int(); one != dicom.NumberOfStudyRelatedInstances && (!ok || n != 6) {
					t.Errorf("%+v", f.Counts.ImagesLinked)
				}
			})
		}
	}
}

// refusing answers queries for three studies of two images, and those with one of
// the keys with A900.
func refusing(keys ...dicom.Tag) func(context.Context, *dimse.Request, *dimse.Responder) dimse.Outcome {
	return func(_ context.Context, r *dimse.Request, out *dimse.Responder) dimse.Outcome {
		named, level := "", ""
		for it := r.Elements(); it.Next(); {
			switch {
			case slices.Contains(keys, it.Tag()):
				return dimse.Answer(dimse.IdentifierMismatch)
			case it.Tag() == dicom.StudyInstanceUID:
				named = string(dicom.Trim(it.Value()))
			case it.Tag() == dicom.QueryRetrieveLevel:
				level = string(dicom.Trim(it.Value()))
			}
		}
		if level != "STUDY" {
			return dimse.Answer(dimse.UnableToProcess)
		}
		for i := range 3 {
			uid := "2.25.4711" + strconv.Itoa(i)
			if named != "" && named != uid {
				continue
			}
			data := dicom.AppendString(nil, r.Syntax, dicom.StudyDate, dicom.DA, "20261120")
			data = dicom.AppendString(data, r.Syntax, dicom.PatientID, dicom.LO, "MADE-UP")
			data = dicom.AppendString(data, r.Syntax, dicom.StudyInstanceUID, dicom.UI, uid)
			data = dicom.AppendString(data, r.Syntax, dicom.NumberOfStudyRelatedInstances, dicom.IS, "2")
			if out.Cancelled() || out.Pending(data) != nil {
				return dimse.Answer(dimse.Cancelled)
			}
		}
		return dimse.Answer(dimse.Success)
	}
}
