package dimse_test

import (
	"context"
	"slices"
	"testing"
	"time"

	"leadglass/dicom"
	"leadglass/dicom/dimse"
	"leadglass/dicom/ul"
)

// without returns a response whose command set lacks an element, or has it changed.
func without(r response, tag dicom.Tag, change func([]byte) []byte) []byte {
	var set []byte
	whole := r.set()
	at := 0
	for it := dicom.Iterate(whole, dicom.ImplicitLittle); it.Next(); {
		length := 8 + len(it.Value())
		element := slices.Clone(whole[at : at+length])
		if at += length; it.Tag() == tag {
			element = change(element)
		}
		set = append(set, element...)
	}
	b := append(ul.AppendPDataHeader(nil, 1, ul.ControlCommand|ul.ControlLast, len(set)), set...)
	if r.data != nil {
		b = append(append(b, ul.AppendPDataHeader(nil, 1, ul.ControlLast, len(r.data))...), r.data...)
	}
	return b
}

func gone([]byte) []byte { return nil }

// TestOddResponsesAreRead plays peers whose messages break the standard.
func TestOddResponsesAreRead(t *testing.T) {
	match := response{command: dimse.CFindRSP, message: 1, context: 1, status: dimse.Pending, data: study(1)}
	bare := match
	bare.data = nil
	end := response{command: dimse.CFindRSP, message: 1, context: 1, status: dimse.Success}
	numbered := func(r response, n uint16) []byte { r.message = n; return r.pdu() }
	value := func(n byte) func([]byte) []byte {
		return func(b []byte) []byte { b[8], b[9] = n, 0; return b }
	}
	data := append(ul.AppendPDataHeader(nil, 1, ul.ControlLast, len(study(2))), study(2)...)
	for name, c := range map[string]struct {
		bytes   [][]byte
		matches int
		bare    int
		want    dicom.Deviation
	}{
		"no SOP class":                     {[][]byte{without(match, dicom.AffectedSOPClassUID, gone), without(end, dicom.AffectedSOPClassUID, gone)}, 1, 0, dicom.NoSOPClass},
		"message 0":                        {[][]byte{numbered(match, 0), numbered(end, 0)}, 1, 0, dicom.WrongMessageID},
		"another message":                  {[][]byte{numbered(match, 77), numbered(match, 78), numbered(end, 1)}, 2, 0, dicom.WrongMessageID},
		"no data set type":                 {[][]byte{without(match, dicom.CommandDataSetType, gone), without(end, dicom.CommandDataSetType, gone)}, 1, 0, dicom.DataSetType},
		"data set type 0":                  {[][]byte{without(match, dicom.CommandDataSetType, value(0)), end.pdu()}, 1, 0, 0},
		"data set not announced":           {[][]byte{bare.pdu(), data, bare.pdu(), data, end.pdu()}, 2, 0, dicom.DataSetType},
		"data set announced, none follows": {[][]byte{without(bare, dicom.CommandDataSetType, value(2)), without(bare, dicom.CommandDataSetType, value(2)), end.pdu()}, 2, 2, dicom.DataSetType | dicom.NoIdentifier},
		"final announces what never comes": {[][]byte{match.pdu(), without(end, dicom.CommandDataSetType, value(2))}, 1, 0, 0},
		"data set in front":                {[][]byte{data, match.pdu(), end.pdu()}, 1, 0, dicom.DataSetType},
		"without identifiers":              {[][]byte{bare.pdu(), bare.pdu(), end.pdu()}, 2, 2, dicom.NoIdentifier},
		"padding behind the command":       {[][]byte{without(match, dicom.CommandStatus, func(b []byte) []byte { return append(b, 0, 0) }), end.pdu()}, 1, 0, dicom.TrailingBytes},
	} {
		m := &noting{}
		a := withPeer(t, ul.Options{Meter: m, ReadTimeout: 3 * time.Second}, func(p scripted) { p.query(); p.send(c.bytes...); p.read() }, dicom.StudyRootFind)
		n, without := 0, 0
		r, err := dimse.NewClient(a).Find(t.Context(), dicom.StudyRootFind, studyKeys, func(got dimse.Match) bool {
			if n++; got.Bare {
				without++
			}
			images(got)
			return true
		})
		if err != nil || n != c.matches || without != c.bare || r.Noted != c.want || m.seen != c.want || r.Final != dimse.Success {
			t.Errorf("%s: %d matches, %d bare, noted %v, want %v; %+v, %v", name, n, without, m.seen.Names(), c.want.Names(), r, err)
		}
		a.Close()
	}
}

// TestStaleFinal: a second final response to an earlier query is no empty list.
func TestStaleFinal(t *testing.T) {
	a := withPeer(t, ul.Options{}, func(p scripted) {
		p.query()
		p.send(final(dimse.Success), final(dimse.Success))
		p.query()
		p.read()
	}, dicom.StudyRootFind)
	c := dimse.NewClient(a)
	if _, _, err := find(t, c, dicom.StudyInstanceUID); err != nil {
		t.Fatal(err)
	}
	if _, r, err := find(t, c, dicom.StudyInstanceUID); !isProtocolError(err) {
		t.Errorf("%+v, %v", r, err)
	}
}

// noting remembers what was read past.
type noting struct{ seen dicom.Deviation }

func (*noting) CountRequest(uint16)                 {}
func (*noting) CountResponses(int64, time.Duration) {}
func (n *noting) CountDeviation(d dicom.Deviation)  { n.seen |= d }

// queryIn answers queries in an encoding with one study, and no others.
func queryIn(s dicom.Syntax, asked *[]dicom.Syntax) func(context.Context, *dimse.Request, *dimse.Responder) dimse.Outcome {
	return func(_ context.Context, r *dimse.Request, out *dimse.Responder) dimse.Outcome {
		in := dicom.Encoding(r.Identifier, dicom.ImplicitLittle)
		*asked = append(*asked, in)
		if in == s {
			if err := out.Pending(studyIdentifier(s, 1)); err != nil {
				return dimse.CloseConnection
			}
		}
		return dimse.Answer(dimse.Success)
	}
}

// TestTwoTransferSyntaxes: the encoding that a peer answers in is used from then
// on; one that answers nothing is asked in both.
func TestTwoTransferSyntaxes(t *testing.T) {
	for name, answers := range map[string]dicom.Syntax{"first": dicom.ImplicitLittle, "second": dicom.ExplicitLittle} {
		var asked []dicom.Syntax
		p := &dimse.Provider{Find: queryIn(answers, &asked)}
		a := request(t, serve(t, p, ul.Options{}, func(rq *ul.AssociateRQ) (*ul.AssociateAC, *ul.AssociateRJ) {
			ac, rj := acceptAll(rq)
			for i := range ac.Contexts {
				ac.Contexts[i].TransferSyntax, ac.Contexts[i].Further = dicom.ImplicitVRLittleEndian, []string{dicom.ExplicitVRLittleEndian}
			}
			return ac, rj
		}), dicom.StudyRootFind)
		c := dimse.NewClient(a)
		for range 2 {
			if values, r, err := find(t, c, dicom.StudyInstanceUID); err != nil || len(values) != 1 {
				t.Errorf("%s: %d matches, %+v, %v", name, len(values), r, err)
			}
		}
		want := map[string][]dicom.Syntax{"first": {dicom.ImplicitLittle, dicom.ImplicitLittle},
			"second": {dicom.ImplicitLittle, dicom.ExplicitLittle, dicom.ExplicitLittle}}[name]
		if !slices.Equal(asked, want) {
			t.Errorf("%s: asked in %v, want %v", name, asked, want)
		}
	}
}
