package census

import "time"

func monthOf(m int) time.Month { return time.Month(m + 1) }

// group is a class of modalities whose studies hold images in numbers of the
// same order; an estimate of images is stratified by it.
type group uint8

// The groups.
const (
	otherGroup group = iota
	radiographs
	slices3D // CT, MR, PT, NM
	cine
	documents
	groups
)

// modalityCode is a defined term of Modality (PS3.3 C.7.3.1.1.1).
type modalityCode struct {
	code  string
	group group
}

// modalityCodes are the terms that are counted by name, the commonest first.
// Any other value is counted as "other": what an archive puts into the field
// may be anything.
var modalityCodes = [...]modalityCode{
	{"other", otherGroup},
	{"CT", slices3D}, {"MR", slices3D}, {"CR", radiographs}, {"DX", radiographs}, {"US", cine},
	{"MG", radiographs}, {"XA", cine}, {"RF", cine}, {"NM", slices3D}, {"PT", slices3D}, {"OT", otherGroup},
	{"SC", otherGroup}, {"SR", documents}, {"PR", documents}, {"DOC", documents}, {"KO", documents},
	{"ES", cine}, {"IO", radiographs}, {"PX", radiographs}, {"RG", radiographs}, {"XC", otherGroup},
	{"ECG", documents}, {"OP", radiographs}, {"OPT", slices3D}, {"RTPLAN", documents}, {"RTIMAGE", radiographs},
	{"RTDOSE", documents}, {"RTSTRUCT", documents}, {"SM", otherGroup}, {"GM", otherGroup}, {"IVUS", cine},
	{"OCT", slices3D}, {"BI", otherGroup}, {"BMD", documents}, {"CFM", otherGroup}, {"EPS", documents},
	{"FID", documents}, {"HC", otherGroup}, {"HD", documents}, {"IOL", documents}, {"KER", documents},
	{"LEN", documents}, {"LS", otherGroup}, {"OAM", documents}, {"OPM", documents}, {"OPR", documents},
	{"OPV", documents}, {"OSS", otherGroup}, {"PLAN", documents}, {"REG", documents}, {"RESP", documents},
	{"RTRECORD", documents}, {"SEG", documents}, {"SRF", documents}, {"STAIN", otherGroup}, {"TG", otherGroup},
	{"VA", documents}, {"CTPROTOCOL", documents}, {"ASMT", documents}, {"AU", documents}, {"EEG", documents},
	{"M3D", otherGroup}, {"PA", slices3D}, {"RWV", documents}, {"TEXTUREMAP", otherGroup}, {"BDUS", cine},
	// Not defined terms, but what quality assurance and phantoms are stored under.
	{"QA", otherGroup}, {"QC", otherGroup}, {"TEST", otherGroup}, {"PHANTOM", otherGroup},
}

// otherModality is the place of "other" in modalityCodes.
const otherModality = 0

// modalityTable finds a modality in modalityCodes: an open hash table on the
// first eight letters, which tell all terms apart but those too long for it.
type modalityTable [256]struct {
	key  uint64
	code uint8
}

func newModalityTable() *modalityTable {
	var t modalityTable
	for i, m := range modalityCodes {
		k := packCode([]byte(m.code))
		slot := t.slot(k)
		t[slot].key, t[slot].code = k, uint8(i)
	}
	return &t
}

// packCode packs up to eight letters; longer words keep their length in the
// last byte, so that RTSTRUCT and RTSTRUCTX differ.
func packCode(word []byte) uint64 {
	var k uint64
	for i, c := range word {
		if i == 8 {
			return k ^ uint64(len(word))<<56
		}
		k |= uint64(c) << (8 * i)
	}
	return k
}

func (t *modalityTable) slot(k uint64) uint8 {
	i := uint8(k * 0x9E3779B97F4A7C15 >> 56)
	for t[i].key != 0 && t[i].key != k {
		i++
	}
	return i
}

// find returns the place of a modality in modalityCodes.
func (t *modalityTable) find(word []byte) uint8 {
	e := &t[t.slot(packCode(word))]
	if e.key == 0 || len(word) > 8 && modalityCodes[e.code].code != string(word) {
		return otherModality
	}
	return e.code
}

// modalities is a set of places in modalityCodes.
type modalities [(len(modalityCodes) + 63) / 64]uint64

// readModalities reads the values of Modalities in Study, separated by
// backslashes.
func (r *row) readModalities(t *modalityTable) {
	v := r.words
	rank := 0
	for len(v) > 0 {
		end := 0
		for end < len(v) && v[end] != '\\' {
			end++
		}
		word := v[:end]
		for len(word) > 0 && (word[len(word)-1] == ' ' || word[len(word)-1] == 0) {
			word = word[:len(word)-1]
		}
		if len(word) > 0 {
			code := t.find(word)
			r.modalities[code/64] |= 1 << (code % 64)
			if g := modalityCodes[code].group; groupRank[g] > rank {
				r.group, rank = g, groupRank[g]
			}
		}
		if end == len(v) {
			break
		}
		v = v[end+1:]
	}
}

// groupRank orders groups by how many images their studies usually hold.
var groupRank = [groups]int{slices3D: 5, cine: 4, radiographs: 3, otherGroup: 2, documents: 1}
