package dicom_test

import (
	"bytes"
	"testing"

	"leadglass/dicom"

	"pgregory.net/rapid"
)

// TestFinderFindsWhatElementsFinds compares the two on data sets that repeat,
// change, and are broken.
func TestFinderFindsWhatElementsFinds(t *testing.T) {
	want := []dicom.Tag{dicom.StudyDate, dicom.StudyInstanceUID, dicom.PatientID, dicom.NumberOfStudyRelatedInstances}
	rapid.Check(t, func(t *rapid.T) {
		s := rapid.SampledFrom([]dicom.Syntax{dicom.ImplicitLittle, dicom.ExplicitLittle}).Draw(t, "syntax")
		f := dicom.NewFinder(s, want...)
		for range rapid.IntRange(1, 6).Draw(t, "data sets") {
			var d []byte
			for range rapid.IntRange(0, 6).Draw(t, "elements") {
				tag := rapid.SampledFrom([]dicom.Tag{dicom.StudyDate, dicom.StudyInstanceUID, dicom.PatientID, dicom.Modality}).Draw(t, "tag")
				switch rapid.IntRange(0, 9).Draw(t, "kind") {
				case 0:
					d = dicom.AppendSequence(d, s, tag, nil, dicom.AppendString(nil, s, dicom.Modality, dicom.CS, "CT"))
				case 1:
					d = dicom.AppendString(d, s, tag, dicom.UN, "x")
				default:
					d = dicom.AppendString(d, s, tag, dicom.LO, rapid.SampledFrom([]string{"", "1", "1234"}).Draw(t, "value"))
				}
			}
			if rapid.IntRange(0, 4).Draw(t, "broken") == 4 && len(d) > 0 {
				d = d[:rapid.IntRange(0, len(d)-1).Draw(t, "length")]
			}
			f.Find(d)
			values := make([][]byte, len(want))
			vrs := make([]dicom.VR, len(want))
			it := dicom.Iterate(d, s)
			for it.Next() {
				for i, w := range want {
					if w == it.Tag() {
						values[i], vrs[i] = it.Value(), it.VR()
					}
				}
			}
			if (f.Err() == nil) != (it.Err() == nil) {
				t.Fatalf("error %v, want %v", f.Err(), it.Err())
			}
			for i := range want {
				if !bytes.Equal(f.Value(i), values[i]) || (f.Value(i) == nil) != (values[i] == nil) || f.VR(i) != vrs[i] {
					t.Fatalf("element %d is %q %v, want %q %v", i, f.Value(i), f.VR(i), values[i], vrs[i])
				}
			}
		}
	})
}

func BenchmarkFinder(b *testing.B) {
	const s = dicom.ImplicitLittle
	d := dicom.AppendString(nil, s, dicom.StudyDate, dicom.DA, "20190916")
	d = dicom.AppendString(d, s, dicom.QueryRetrieveLevel, dicom.CS, "STUDY")
	d = dicom.AppendString(d, s, dicom.InstanceAvailability, dicom.CS, "ONLINE")
	d = dicom.AppendString(d, s, dicom.ModalitiesInStudy, dicom.CS, "CT")
	d = dicom.AppendString(d, s, dicom.StudyInstanceUID, dicom.UI, "1.2.840.113619.2.55.3.604688119.1234")
	d = dicom.AppendString(d, s, dicom.NumberOfStudyRelatedInstances, dicom.IS, "30")
	f := dicom.NewFinder(s, dicom.StudyDate, dicom.StudyInstanceUID, dicom.NumberOfStudyRelatedInstances)
	b.ReportAllocs()
	for b.Loop() {
		f.Find(d)
	}
}
