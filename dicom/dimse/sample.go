package dimse

import (
	"cmp"
	"context"
	"fmt"
	"math/rand/v2"
	"slices"

	"leadglass/dicom"
)

const (
	// maxSample is the largest sample of studies.
	maxSample = 16
	// sampleFrom is how many studies are listed to choose the sample from, so
	// that it is not all of one patient.
	sampleFrom = 24
)

// Sample is what FindSample asks for.
type Sample struct {
	// Studies is how many studies to ask for, at most 16.
	Studies int
	// Dates restricts the studies, as a value of Study Date; empty for all.
	Dates string
	// Keys are the attributes wanted of each.
	Keys []Key
}

// SampleResult is how FindSample went.
type SampleResult struct {
	// Listed is the number of studies among which the sample was chosen.
	Listed int64
	// Queries, Responses and AfterCancel count over all queries.
	Queries, Responses, AfterCancel int64
	// Answered counts the studies of which there was a response.
	Answered int
	// Final is the status of the last query.
	Final Status
}

// FindSample asks for attributes of a few studies, spread over the first that
// the archive lists and the same ones where it lists the same, and calls each for one response a study. The
// list is asked for without any other attribute, and each study by its UID: no
// other study's attributes cross the network, as they would behind a C-CANCEL
// of a list. sopClass is dicom.StudyRootFind. The UIDs are overwritten before
// the call returns, as are all buffers. The result is filled as far as it got,
// also with an error.
func (c *Client) FindSample(ctx context.Context, sopClass string, s Sample, each func(Match)) (SampleResult, error) {
	defer c.Wipe()
	chosen := uids{random: rand.New(rand.NewPCG(1, 1))}
	defer chosen.wipe()
	var r SampleResult
	// Date and time stand in every query because some archives demand them.
	always := []Key{{dicom.QueryRetrieveLevel, dicom.CS, "STUDY"}, {dicom.StudyDate, dicom.DA, s.Dates}, {dicom.StudyTime, dicom.TM, ""}}
	for _, left := range fewerKeys(always) {
		list := append([]Key{{dicom.StudyInstanceUID, dicom.UI, ""}}, left...)
		found, err := c.Find(ctx, sopClass, list, func(m Match) bool {
			chosen.offer(m, min(s.Studies, maxSample))
			return chosen.offered < sampleFrom
		})
		r.add(found)
		r.Listed = found.Pending - found.AfterCancel
		if err != nil {
			return r, fmt.Errorf("listing studies for a sample: %w", err)
		}
		if always = left; found.Pending > 0 || found.Final.Class() != ClassFailure || found.Final.Refused() {
			break
		}
	}
	keys := append(slices.Clip(always), s.Keys...)
	for i := range chosen.n {
		got := false
		found, err := c.findOne(ctx, sopClass, keys, chosen.uid(i), func(m Match) {
			got = true
			each(m)
		})
		r.add(found)
		if got {
			r.Answered++
		}
		if err != nil {
			return r, fmt.Errorf("asking for a study of a sample: %w", err)
		}
	}
	return r, nil
}

// fewerKeys returns keys, and then keys without those that only return an attribute,
// one at a time and then all of them, for an archive that refuses a query for a key
// that it does not support. What has a value stays.
func fewerKeys(keys []Key) [][]Key {
	lists := [][]Key{keys}
	bare := slices.DeleteFunc(slices.Clone(keys), func(k Key) bool { return k.Value == "" })
	for i := len(keys) - 1; i >= 0; i-- {
		if keys[i].Value == "" && len(keys)-len(bare) > 1 {
			lists = append(lists, slices.Delete(slices.Clone(keys), i, i+1))
		}
	}
	if len(bare) < len(keys) {
		lists = append(lists, bare)
	}
	return lists
}

func (r *SampleResult) add(f FindResult) {
	r.Queries++
	r.Responses += f.Pending
	r.AfterCancel += f.AfterCancel
	r.Final = f.Final
}

// findOne asks for the attributes of one study and takes one response. A second
// one, of an archive that ignores the UID, is answered with C-CANCEL.
func (c *Client) findOne(ctx context.Context, sopClass string, keys []Key, uid []byte, take func(Match)) (FindResult, error) {
	n := 0
	return c.find(ctx, sopClass, func(dst []byte, s dicom.Syntax) []byte {
		return appendOne(dst, s, keys, Key{Tag: dicom.StudyInstanceUID, VR: dicom.UI}, uid)
	}, func(m Match) bool {
		if n++; n == 1 {
			take(m)
		}
		return n == 1
	})
}

// appendOne appends the identifier that asks for keys where one has a value that is
// part of a buffer.
func appendOne(dst []byte, s dicom.Syntax, keys []Key, one Key, value []byte) []byte {
	all := sorted(keys)
	at, _ := slices.BinarySearchFunc(all, one.Tag, func(k Key, t dicom.Tag) int { return cmp.Compare(k.Tag, t) })
	dst = appendIdentifier(dst, s, all[:at])
	dst = dicom.AppendElement(dst, s, one.Tag, one.VR, value)
	return appendIdentifier(dst, s, all[at:])
}

// uids are the UIDs of the studies chosen, each with the same chance.
type uids struct {
	random  *rand.Rand
	text    [maxSample][64]byte
	length  [maxSample]int
	n       int
	offered int
}

// offer gives the study of a response its chance (reservoir sampling).
func (u *uids) offer(m Match, size int) {
	it := m.Elements()
	for it.Next() {
		if it.Tag() != dicom.StudyInstanceUID {
			continue
		}
		uid := dicom.Trim(it.Value())
		if !isUID(uid) {
			return
		}
		place := u.offered
		if place >= size {
			place = u.random.IntN(u.offered + 1)
		}
		u.offered++
		if place < size {
			clear(u.text[place][:])
			u.length[place] = copy(u.text[place][:], uid)
			u.n = max(u.n, place+1)
		}
		return
	}
}

func (u *uids) uid(i int) []byte { return u.text[i][:u.length[i]] }

func (u *uids) wipe() { *u = uids{} }
