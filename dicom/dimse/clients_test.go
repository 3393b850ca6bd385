package dimse_test

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/binary"
	"encoding/pem"
	"errors"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"leadglass/dicom"
	"leadglass/dicom/dimse"
	"leadglass/dicom/ul"
	"leadglass/internal/realserver"
)

// Requestors that others wrote against our acceptor.

// archive is a provider with a few studies, which hands out images by C-GET.
func archive(t *testing.T, studies []realserver.Study) *dimse.Provider {
	return &dimse.Provider{
		Echo: func(context.Context, *dimse.Request) dimse.Outcome { return dimse.Answer(dimse.Success) },
		Find: func(_ context.Context, r *dimse.Request, out *dimse.Responder) dimse.Outcome {
			for _, s := range studies {
				d := dicom.AppendString(nil, r.Syntax, dicom.StudyDate, dicom.DA, s.Date)
				d = dicom.AppendString(d, r.Syntax, dicom.QueryRetrieveLevel, dicom.CS, "STUDY")
				d = dicom.AppendString(d, r.Syntax, dicom.StudyInstanceUID, dicom.UI, s.UID)
				if out.Cancelled() {
					return dimse.Answer(dimse.Cancelled)
				}
				if err := out.Pending(d); err != nil {
					t.Error(err)
				}
			}
			return dimse.Answer(dimse.Success)
		},
		Get: func(ctx context.Context, r *dimse.Request, out *dimse.Retriever) dimse.Outcome {
			_, uid := asked(r)
			for _, s := range studies {
				if s.UID != uid {
					continue
				}
				out.Sub.Remaining = len(s.Images)
				for i, image := range s.Images {
					out.Sub.Remaining--
					status, err := out.Send(ctx, image.SOPClassUID, image.SOPInstanceUID, func(syntax dicom.Syntax) []byte {
						if syntax != dicom.ExplicitLittle {
							t.Error("an image is asked for in another syntax than accepted")
						}
						return content(s.File(i))
					})
					if err != nil || status != dimse.Success {
						out.Sub.Failed++
					} else {
						out.Sub.Completed++
					}
					if err := out.Pending(); err != nil {
						t.Error(err)
					}
				}
			}
			if out.Sub.Failed > 0 {
				return dimse.Answer(dimse.OutOfResourcesTransfer)
			}
			return dimse.Answer(dimse.Success)
		},
		Move: func(_ context.Context, r *dimse.Request, out *dimse.Retriever) dimse.Outcome {
			if r.Destination != "KNOWN" {
				return dimse.Answer(dimse.MoveDestinationUnknown)
			}
			out.Sub.Remaining = 1
			if err := out.Pending(); err != nil {
				t.Error(err)
			}
			out.Sub = dimse.SubOperations{Completed: 1}
			return dimse.Answer(dimse.Success)
		},
	}
}

// content is the data set of a DICOM file: what follows preamble, "DICM" and
// the group of the file meta information (PS3.10 7.1).
func content(file []byte) []byte {
	const meta = 128 + 4
	const lengthElement = 12
	return file[meta+lengthElement+int(binary.LittleEndian.Uint32(file[meta+8:])):]
}

// acceptArchive accepts every context, in explicit VR where it is offered, and
// the roles that a requestor of C-GET asks for (PS3.7 D.3.3.4).
func acceptArchive(rq *ul.AssociateRQ) (*ul.AssociateAC, *ul.AssociateRJ) {
	if rq.CalledAETitle != "ARCHIVE" {
		return nil, &ul.AssociateRJ{Result: ul.RejectedPermanent, Source: ul.ServiceUser, Reason: ul.CalledAETitleNotRecognized}
	}
	ac := &ul.AssociateAC{User: ul.UserInfo{Roles: rq.User.Roles}}
	for _, c := range rq.Contexts {
		r := ul.ContextResult{ID: c.ID, Result: ul.TransferSyntaxesNotSupported}
		for _, ts := range c.TransferSyntaxes {
			if ts == dicom.ExplicitVRLittleEndian || ts == dicom.ImplicitVRLittleEndian && r.Result != ul.Acceptance {
				r = ul.ContextResult{ID: c.ID, TransferSyntax: ts}
			}
		}
		ac.Contexts = append(ac.Contexts, r)
	}
	return ac, nil
}

// tool runs one of DCMTK's clients against an address.
func tool(t *testing.T, name, addr string, args ...string) (string, int) {
	t.Helper()
	host, port, err := net.SplitHostPort(addr)
	if err != nil {
		t.Fatal(err)
	}
	return realserver.Tool(t, name, append(append([]string{"-v"}, args...), host, port)...)
}

func TestDCMTKClients(t *testing.T) {
	studies := realserver.Studies(3, 7, 4, realserver.StudyOptions{Modalities: []string{"CT"}})
	for _, longest := range []uint32{0, 4096, 200} {
		addr := serve(t, archive(t, studies), ul.Options{MaxPDULength: longest}, acceptArchive)
		if out, code := tool(t, "echoscu", addr, "-aec", "ARCHIVE"); code != 0 {
			t.Errorf("echoscu ended with %d:\n%s", code, out)
		}
		checkFindscu(t, addr, studies)
	}
	addr := serve(t, archive(t, studies), ul.Options{}, acceptArchive)
	if out, code := tool(t, "echoscu", addr, "-aec", "OTHER"); code == 0 || !strings.Contains(out, "Called AE Title Not Recognized") {
		t.Errorf("another title: echoscu ended with %d:\n%s", code, out)
	}
	if out, code := tool(t, "echoscu", addr, "-aec", "ARCHIVE", "--abort"); code != 0 {
		t.Errorf("echoscu --abort ended with %d:\n%s", code, out)
	}
	if out, code := tool(t, "echoscu", addr, "-aec", "ARCHIVE", "-ppc", "128", "--repeat", "20"); code != 0 {
		t.Errorf("echoscu with 128 contexts ended with %d:\n%s", code, out)
	}
	// A C-CANCEL after two responses.
	if out, code := tool(t, "findscu", addr, "-S", "-aec", "ARCHIVE", "--cancel", "2", "-k", "QueryRetrieveLevel=STUDY", "-k", "StudyInstanceUID"); code != 0 {
		t.Errorf("findscu --cancel ended with %d:\n%s", code, out)
	}
}

func checkFindscu(t *testing.T, addr string, studies []realserver.Study, args ...string) {
	t.Helper()
	args = append(args, "-S", "-aec", "ARCHIVE", "-k", "QueryRetrieveLevel=STUDY", "-k", "StudyInstanceUID")
	out, code := tool(t, "findscu", addr, args...)
	if n := strings.Count(out, "(Pending)"); code != 0 || n != len(studies) {
		t.Errorf("findscu ended with %d and saw %d studies, want %d:\n%s", code, n, len(studies), out)
	}
	for _, s := range studies {
		if !strings.Contains(out, s.UID) {
			t.Errorf("findscu did not see study %s", s.UID)
		}
	}
}

// TestGetscuReceivesTheImages: the files that getscu writes are those of the
// study, to the byte.
func TestGetscuReceivesTheImages(t *testing.T) {
	studies := realserver.Studies(3, 5, 4, realserver.StudyOptions{})
	addr := serve(t, archive(t, studies), ul.Options{}, acceptArchive)
	for _, s := range studies[:2] {
		dir := t.TempDir()
		out, code := tool(t, "getscu", addr, "-S", "-aec", "ARCHIVE", "-od", dir, "-k", "QueryRetrieveLevel=STUDY", "-k", "StudyInstanceUID="+s.UID)
		files, err := filepath.Glob(filepath.Join(dir, "*"))
		if err != nil || code != 0 || len(files) != len(s.Images) {
			t.Fatalf("getscu ended with %d and wrote %d files, want %d:\n%s", code, len(files), len(s.Images), out)
		}
		for i, image := range s.Images {
			found := false
			for _, name := range files {
				file, err := os.ReadFile(name)
				if err != nil {
					t.Fatal(err)
				}
				found = found || strings.Contains(name, image.SOPInstanceUID) && bytes.Equal(content(file), content(s.File(i)))
			}
			if !found {
				t.Errorf("image %d is not among the files of getscu", i)
			}
		}
	}
	// What does not exist brings nothing.
	if out, code := tool(t, "getscu", addr, "-S", "-aec", "ARCHIVE", "-od", t.TempDir(), "-k", "QueryRetrieveLevel=STUDY", "-k", "StudyInstanceUID=1.2.3"); code != 0 {
		t.Errorf("getscu of nothing ended with %d:\n%s", code, out)
	}
}

func TestMovescuIsAnswered(t *testing.T) {
	addr := serve(t, archive(t, nil), ul.Options{}, acceptArchive)
	args := []string{"-S", "-aec", "ARCHIVE", "-k", "QueryRetrieveLevel=STUDY", "-k", "StudyInstanceUID=1.2.3"}
	if out, code := tool(t, "movescu", addr, append(args, "-aem", "KNOWN")...); code != 0 {
		t.Errorf("movescu ended with %d:\n%s", code, out)
	}
	if out, code := tool(t, "movescu", addr, append(args, "-aem", "NOWHERE")...); code == 0 || !strings.Contains(out, "MoveDestinationUnknown") {
		t.Errorf("movescu to an unknown destination ended with %d:\n%s", code, out)
	}
}

func TestDCMTKClientsOverTLS(t *testing.T) {
	certificate, _, _ := testCertificate(t)
	studies := realserver.Studies(3, 6, 1, realserver.StudyOptions{})
	addr := serveTLS(t, archive(t, studies), certificate, acceptArchive)
	if out, code := tool(t, "echoscu", addr, "+tla", "-ic", "-aec", "ARCHIVE"); code != 0 {
		t.Errorf("echoscu ended with %d:\n%s", code, out)
	}
	checkFindscu(t, addr, studies, "+tla", "-ic")
}

// testCertificate makes a certificate and writes its key and itself to files.
func testCertificate(t *testing.T) (certificate tls.Certificate, keyFile, certificateFile string) {
	t.Helper()
	key, err1 := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err1 != nil {
		t.Fatal(err1)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "archive.example"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour)}
	der, err1 := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	private, err2 := x509.MarshalPKCS8PrivateKey(key)
	dir := t.TempDir()
	keyFile, certificateFile = filepath.Join(dir, "key.pem"), filepath.Join(dir, "certificate.pem")
	err := errors.Join(err1, err2,
		os.WriteFile(keyFile, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: private}), 0o600),
		os.WriteFile(certificateFile, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), 0o600))
	if err != nil {
		t.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, keyFile, certificateFile
}
