package main

import (
	"encoding/binary"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"leadglass/dicom"
	"leadglass/dicom/ul"
	"leadglass/internal/lab"
)

// talkativeName is in everything that talkative servers send.
func talkativeName() string { return lab.CanaryMarks()[0] + "^TALKATIVE" }

// talkativeWeb serves names of patients where no one looks for them: in the
// title and the head of pages, in the names of files, in the path of redirects,
// in realms, headers, documents of products, and errors.
func talkativeWeb(t *testing.T, secure bool) (port string) {
	t.Helper()
	name := talkativeName()
	list := strings.Repeat(fmt.Sprintf("<a href=\"%s.dcm\">%[1]s</a><br>\n", name), 300)
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("X-Patient", name)
		w.Header().Set("Www-Authenticate", `Basic realm="`+name+`"`)
		w.Header().Set("Server", name)
		switch r.URL.Path {
		case "/":
			if r.Method == http.MethodOptions {
				w.Header().Set("Allow", name+", GET")
			}
			http.Redirect(w, r, "/patients/"+name+"?name="+name, http.StatusFound)
		case "/system":
			fmt.Fprintf(w, `{"Name":%q,"Version":%[1]q,"DicomPort":4242,"DatabaseVersion":6,"PatientName":%[1]q}`, name)
		case "/favicon.ico":
			http.Error(w, name, http.StatusInternalServerError)
		default:
			w.Header().Set("Content-Type", "text/html; charset="+name)
			fmt.Fprintf(w, "<html><head><title>Index of /%s</title><meta name=%[1]q content=%[1]q><link rel=icon href='/%[1]s.ico'></head><body>%s<!-- %[1]s --></body></html>", name, list)
		}
	}))
	if secure {
		s.StartTLS()
	} else {
		s.Start()
	}
	t.Cleanup(s.Close)
	_, port, err := net.SplitHostPort(s.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	return port
}

// talkativeArchive is an archive that sends data sets in PDVs of 64 bytes, and
// names of patients in Error Comments (PS3.7 E.2).
func talkativeArchive(t *testing.T) (port string) {
	t.Helper()
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			go talk(t, conn)
		}
	}()
	_, port, err = net.SplitHostPort(l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	return port
}

// talk serves one association.
func talk(t *testing.T, conn net.Conn) {
	a, err := ul.Accept(t.Context(), conn, ul.Options{}, func(rq *ul.AssociateRQ) (*ul.AssociateAC, *ul.AssociateRJ) {
		ac := &ul.AssociateAC{}
		for _, c := range rq.Contexts {
			ac.Contexts = append(ac.Contexts, ul.ContextResult{ID: c.ID, TransferSyntax: dicom.ImplicitVRLittleEndian})
		}
		return ac, nil
	})
	if err != nil {
		return
	}
	defer a.Close()
	for {
		var request []byte
		p, err := a.ReadPDV()
		for ; err == nil && p.Command(); p, err = a.ReadPDV() {
			request = append(request, p.Data...)
			if p.Last() {
				break
			}
		}
		if err != nil {
			_ = a.Release(t.Context())
			return
		}
		field, id := word(request, dicom.CommandField), word(request, dicom.MessageID)
		if word(request, dicom.CommandDataSetType) != 0x0101 {
			for p, err = a.ReadPDV(); err == nil && !p.Last(); p, err = a.ReadPDV() {
			}
		}
		if field == 0x0FFF { // C-CANCEL: all responses were sent
			continue
		}
		status := uint16(0)
		if field == 0x0020 {
			for i := range 20 {
				a.AppendRaw(commandPDU(p.ContextID, field, id, 0xFF00, true))
				a.AppendRaw(fragments(p.ContextID, talkativeStudy(i)))
			}
		} else if field != 0x0030 {
			status = 0xC000
		}
		a.AppendRaw(commandPDU(p.ContextID, field, id, status, false))
		if a.Flush() != nil {
			return
		}
	}
}

// word reads a number of a command set.
func word(command []byte, tag dicom.Tag) uint16 {
	for it := dicom.Iterate(command, dicom.ImplicitLittle); it.Next(); {
		if it.Tag() == tag && len(it.Value()) == 2 {
			return binary.LittleEndian.Uint16(it.Value())
		}
	}
	return 0
}

func commandPDU(context uint8, field, id, status uint16, data bool) []byte {
	const s = dicom.ImplicitLittle
	command := dicom.AppendUint16(nil, s, dicom.CommandField, field|0x8000)
	command = dicom.AppendUint16(command, s, dicom.MessageIDBeingRespondedTo, id)
	kind := uint16(0x0101)
	if data {
		kind = 1
	}
	command = dicom.AppendUint16(command, s, dicom.CommandDataSetType, kind)
	command = dicom.AppendUint16(command, s, dicom.CommandStatus, status)
	command = dicom.AppendString(command, s, dicom.ErrorComment, dicom.LO, talkativeName())
	return append(ul.AppendPDataHeader(nil, context, ul.ControlCommand|ul.ControlLast, len(command)), command...)
}

func talkativeStudy(i int) []byte {
	const s = dicom.ImplicitLittle
	d := dicom.AppendString(nil, s, dicom.StudyDate, dicom.DA, fmt.Sprintf("2020%02d%02d", 1+i%12, 1+i))
	d = dicom.AppendString(d, s, dicom.QueryRetrieveLevel, dicom.CS, "STUDY")
	d = dicom.AppendString(d, s, dicom.PatientName, dicom.PN, talkativeName()+strings.Repeat("x", 300))
	d = dicom.AppendString(d, s, dicom.PatientID, dicom.LO, talkativeName())
	return dicom.AppendString(d, s, dicom.StudyInstanceUID, dicom.UI, fmt.Sprint("2.25.4711", i))
}

// fragments is a data set in PDVs of 64 bytes.
func fragments(context uint8, data []byte) (out []byte) {
	for len(data) > 0 {
		n := min(64, len(data))
		control := byte(0)
		if n == len(data) {
			control = ul.ControlLast
		}
		out = append(ul.AppendPDataHeader(out, context, control, n), data[:n]...)
		data = data[n:]
	}
	return out
}
