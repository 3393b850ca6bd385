package privacy

import (
	"slices"

	"bytes"

	"leadglass/dicom"
	"leadglass/internal/survey"
)

// maxIDs bounds how many different identifiers of one sample are looked at.
const maxIDs = 64

// A form is called present where chance gives as many valid identifiers with a
// probability of doubt at most, and absent where some of those that are written
// alike are not valid and chance gives as many with a probability of usual or
// more. Between the two the sample does not tell.
const (
	doubt = 0.001
	usual = 0.01
)

// Sample tells which classes of identifying attributes responses held. It reads
// them where they lie, in the receive buffer, and keeps counts, and hashes under
// a key of its own by which it knows an identifier that it has seen before. Nor
// does it allocate.
type Sample struct {
	key       Key
	responses int
	// asked says which attributes the archive was asked to return.
	asked [len(attributes)]bool
	// held counts the responses with a value, by attribute.
	held [len(attributes)]int
	seen [maxIDs]uint64
	ids  int
	// written and valid count the different identifiers by form.
	written, valid [len(forms)]int
}

// All is the choice of every attribute.
func All(Attribute) bool { return true }

// NewSample returns an empty sample of responses to a query for the attributes
// that asked chooses. An attribute that is not requested need not be returned
// (PS3.4 C.2.2.1), so its absence says nothing.
func NewSample(asked func(Attribute) bool) *Sample {
	s := &Sample{key: NewKey()}
	for i, a := range attributes {
		s.asked[i] = asked(a)
	}
	return s
}

// Asked lists the attributes that the query has to name.
func (s *Sample) Asked() []Attribute {
	var asked []Attribute
	for i, a := range attributes {
		if s.asked[i] {
			asked = append(asked, a)
		}
	}
	return asked
}

// Responses is how many responses were read.
func (s *Sample) Responses() int { return s.responses }

// Read reads one response.
func (s *Sample) Read(it dicom.Elements) {
	s.responses++
	dod := namesDoD(it)
	for it.Next() {
		for i := range attributes {
			if attributes[i].Tag != it.Tag() {
				continue
			}
			if holdsValue(&it) {
				s.held[i]++
			}
			s.readIDs(&it, dod)
			break
		}
	}
}

// holdsValue reports whether the current element has a value: a letter or digit
// besides the padding and the marks between the parts of a value. A byte beyond
// ASCII is a letter of some character set.
func holdsValue(it *dicom.Elements) bool {
	if it.Tag() == dicom.OtherPatientIDsSequence || it.Tag() == dicom.PatientInsurancePlan {
		for nested := it.Nested(); nested.Next(); {
			if hasText(nested.Value()) {
				return true
			}
		}
		return false
	}
	return hasText(it.Value())
}

func hasText(v []byte) bool {
	for _, c := range v {
		if isDigit(c) || isLetter(c) || c >= 0x80 {
			return true
		}
	}
	return false
}

// readIDs looks at the identifiers in the current element.
func (s *Sample) readIDs(it *dicom.Elements, dod bool) {
	switch it.Tag() {
	case dicom.PatientID, dicom.OtherPatientIDs:
		for v := it.Value(); ; {
			i := bytes.IndexByte(v, '\\')
			if i < 0 {
				s.readID(dicom.Trim(v), dod)
				return
			}
			s.readID(dicom.Trim(v[:i]), dod)
			v = v[i+1:]
		}
	case dicom.OtherPatientIDsSequence:
		for nested := it.Nested(); nested.Next(); {
			if nested.Tag() == dicom.PatientID {
				s.readID(dicom.Trim(nested.Value()), dod)
			}
		}
	}
}

// readID looks at one identifier, once.
func (s *Sample) readID(v []byte, dod bool) {
	if len(v) == 0 || s.ids == maxIDs {
		return
	}
	hash := s.key.Hash(v)
	for _, h := range s.seen[:s.ids] {
		if h == hash {
			return
		}
	}
	s.seen[s.ids] = hash
	s.ids++
	for i := range forms {
		if forms[i].issued && !dod {
			continue
		}
		written, valid := forms[i].matches(v)
		if written {
			s.written[i]++
		}
		if valid {
			s.valid[i]++
		}
	}
}

// namesDoD reports whether a response says that its identifiers are those of the
// US Department of Defense: by the issuer, its name or the OID of the DoD ID
// number.
func namesDoD(it dicom.Elements) bool {
	for it.Next() {
		if it.Tag() != dicom.IssuerOfPatientID {
			continue
		}
		v := it.Value()
		return contains(v, "DOD") || contains(v, "EDIPI") || contains(v, "DEERS") || contains(v, "2.16.840.1.113883.3.42.10001.100001.12")
	}
	return false
}

// contains reports whether v contains text, in capitals, in any case of its
// letters.
func contains(v []byte, text string) bool {
	for ; len(v) >= len(text); v = v[1:] {
		same := true
		for i := 0; i < len(text) && same; i++ {
			same = upper(v[i]) == text[i]
		}
		if same {
			return true
		}
	}
	return false
}

// Classes says of each class whether it was present, national identifiers last.
// A form of which the sample cannot tell is not listed.
func (s *Sample) Classes() []survey.IdentifyingClass {
	classes := s.Attributes()
	for i := range forms {
		if present, told := s.form(i); told {
			classes = append(classes, survey.IdentifyingClass{Class: string(forms[i].class), Present: present, Sampled: s.responses})
		}
	}
	return classes
}

// Attributes is Classes without those of national identifiers. A class of which
// nothing was returned and not everything was requested is not listed: whether
// the archive would return it is unknown.
func (s *Sample) Attributes() []survey.IdentifyingClass {
	classes := []survey.IdentifyingClass{}
	if s.responses == 0 {
		return classes
	}
	at, unasked := map[Class]int{}, map[string]bool{}
	for i, a := range attributes {
		if a.Class == "" {
			continue
		}
		j, known := at[a.Class]
		if !known {
			j, at[a.Class] = len(classes), len(classes)
			classes = append(classes, survey.IdentifyingClass{Class: string(a.Class), Sampled: s.responses})
		}
		classes[j].Present = classes[j].Present || s.held[i] > 0
		unasked[string(a.Class)] = unasked[string(a.Class)] || !s.asked[i]
	}
	return slices.DeleteFunc(classes, func(c survey.IdentifyingClass) bool { return !c.Present && unasked[c.Class] })
}

// form says whether identifiers of a form are present, and whether the sample
// is enough to tell.
func (s *Sample) form(i int) (present, told bool) {
	valid, written := s.valid[i], s.written[i]
	if valid == 0 {
		return false, s.ids > 0
	}
	p := atLeast(valid, written, forms[i].chance)
	return p <= doubt, p <= doubt || p >= usual && valid < written
}

// National is one form of national identifier, and what a sample tells of it.
type National struct {
	Class Class
	// Name is what the identifier is called, with its article.
	Name string
	// Valid of the Written identifiers that are written alike have the form,
	// check digits included.
	Valid, Written int
	// Chance is the share of made-up identifiers that would.
	Chance float64
}

// Nationals lists the forms.
func Nationals() []National {
	var list []National
	for i := range forms {
		list = append(list, National{Class: forms[i].class, Name: forms[i].name, Chance: forms[i].chance})
	}
	return list
}

// NationalIDs lists the forms that are present, and those that are where chance
// cannot be ruled out. ids is how many different identifiers were looked at.
func (s *Sample) NationalIDs() (present, doubtful []National, ids int) {
	for i := range forms {
		if s.valid[i] == 0 {
			continue
		}
		n := National{forms[i].class, forms[i].name, s.valid[i], s.written[i], forms[i].chance}
		switch is, told := s.form(i); {
		case is:
			present = append(present, n)
		case !told:
			doubtful = append(doubtful, n)
		}
	}
	return present, doubtful, s.ids
}

// atLeast is the probability of k or more successes in n trials of chance p.
func atLeast(k, n int, p float64) float64 {
	if p == 0 {
		return 0
	}
	// The probability of exactly i follows from that of i-1.
	exact := 1.0
	for range n {
		exact *= 1 - p
	}
	below := 0.0
	for i := range k {
		below += exact
		exact *= float64(n-i) / float64(i+1) * p / (1 - p)
	}
	return max(0, 1-below)
}
