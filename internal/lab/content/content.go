// Package content makes up the holdings of a simulated image archive: which
// studies it has, on which days, with how many images. Everything is computed
// from a specification and a seed when it is asked for; nothing is stored, so
// an archive of five million studies costs as much memory as one of five.
//
// Totals are exact by construction: the studies before a day, the images
// before a study are floor(total*share) of a share that grows from 0 to 1, so
// the differences over any partition add up to the total.
//
// The package knows no protocol and no sockets; package lab encodes what it
// makes up.
package content

import (
	"errors"
	"fmt"

	"leadglass/dicom"
)

// Limits on what an archive can be specified to hold. They keep every product
// of two figures inside 63 bits and every number inside its fixed width.
const (
	// MaxStudies is the largest number of studies of an archive.
	MaxStudies = 100_000_000
	// MaxImages is the largest number of images of an archive.
	MaxImages = 10_000_000_000
	// maxSpan is the longest range of study dates, in days.
	maxSpan = 200 * 366
)

// Part is some studies and the images in them.
type Part struct{ Studies, Images int64 }

// Burst is a number of studies on a day of their own, besides the days of the
// ordinary range.
type Burst struct {
	Date    dicom.Date
	Studies int64
}

// Spec says what an archive holds.
type Spec struct {
	// Seed makes the details of two archives of the same size differ.
	Seed uint64
	// ID tells the UIDs of archives apart: archives with different IDs share
	// no UID, archives with the same ID and Seed hold the same studies.
	ID uint32
	// Online and Offline are the studies by Instance Availability; the offline
	// ones are the oldest.
	Online, Offline Part
	// First and Last are the ordinary range of study dates, both inclusive.
	First, Last dicom.Date
	// Bursts and Undated are part of the studies above.
	Bursts  []Burst
	Undated int64
	// SSN is how many study records carry a patient ID of the form of a US
	// Social Security number.
	SSN int64
	// QA makes QA the modality of every study.
	QA bool
}

// Studies is the number of studies.
func (s *Spec) Studies() int64 { return s.Online.Studies + s.Offline.Studies }

// Images is the number of images.
func (s *Spec) Images() int64 { return s.Online.Images + s.Offline.Images }

func (s *Spec) validate() error {
	special := s.Undated
	for _, b := range s.Bursts {
		if b.Studies < 0 {
			return fmt.Errorf("%d studies on %s", b.Studies, b.Date)
		}
		special += b.Studies
	}
	switch {
	case s.Online.Studies < 0, s.Offline.Studies < 0, s.Undated < 0, s.SSN < 0:
		return errors.New("negative number of studies")
	case s.Studies() > MaxStudies:
		return fmt.Errorf("%d studies, more than %d", s.Studies(), int64(MaxStudies))
	case s.Images() > MaxImages:
		return fmt.Errorf("%d images, more than %d", s.Images(), int64(MaxImages))
	case special > s.Studies():
		return fmt.Errorf("%d studies on special days or without date, but only %d in all", special, s.Studies())
	case s.SSN > s.Studies():
		return fmt.Errorf("%d records with SSN patterns, but only %d studies", s.SSN, s.Studies())
	case s.Online.Images < s.Online.Studies || s.Offline.Images < s.Offline.Studies:
		return fmt.Errorf("fewer images than studies: %+v online, %+v offline", s.Online, s.Offline)
	case s.Last < s.First || s.Last-s.First >= maxSpan:
		return fmt.Errorf("dates from %s to %s", s.First, s.Last)
	case s.Online.Studies == 0 && s.Online.Images > 0, s.Offline.Studies == 0 && s.Offline.Images > 0:
		return errors.New("images without studies")
	}
	return nil
}

// Archive is the holdings of one archive. It is a few hundred bytes, never
// changes and may be used by any number of goroutines.
type Archive struct {
	spec     Spec
	segments []segment
	offline  imagePart
	online   imagePart
	patients patients
}

// New makes the holdings that spec describes.
func New(spec Spec) (*Archive, error) {
	if err := spec.validate(); err != nil {
		return nil, err
	}
	a := &Archive{spec: spec}
	regular := spec.Studies() - spec.Undated
	for _, b := range spec.Bursts {
		regular -= b.Studies
	}
	a.segments = append(a.segments, newSegment(0, regular, spec.First, spec.Last))
	base := regular
	for _, b := range spec.Bursts {
		a.segments = append(a.segments, newSegment(base, b.Studies, b.Date, b.Date))
		base += b.Studies
	}
	if spec.Undated > 0 {
		a.segments = append(a.segments, segment{base: base, n: spec.Undated, undated: true})
	}
	a.offline = newImagePart(spec.Offline, 0, spec.Seed)
	a.online = newImagePart(spec.Online, spec.Offline.Studies, spec.Seed)
	a.patients = newPatients(spec.Studies(), spec.SSN)
	return a, nil
}

// Spec returns the specification.
func (a *Archive) Spec() Spec { return a.spec }

// Studies is the number of studies.
func (a *Archive) Studies() int64 { return a.spec.Studies() }

// Images is the number of images, on line or not.
func (a *Archive) Images() int64 { return a.spec.Images() }

// Patients is the number of patients.
func (a *Archive) Patients() int64 { return a.patients.total() }

// mix is a fast hash of two numbers (the finaliser of SplitMix64).
func mix(seed, n uint64) uint64 {
	z := seed + n*0x9E3779B97F4A7C15
	z = (z ^ z>>30) * 0xBF58476D1CE4E5B9
	z = (z ^ z>>27) * 0x94D049BB133111EB
	return z ^ z>>31
}
