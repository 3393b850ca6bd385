package dimse_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"net"
	"os"
	"strings"
	"testing"
	"time"

	"leadglass/dicom"
	"leadglass/dicom/dimse"
	"leadglass/dicom/ul"
)

// requestor is a bare requestor, so that a provider can be sent anything.
type requestor struct {
	*ul.Association
	t testing.TB
}

// withProvider serves one association with p and returns the bare requestor
// and how Serve ended.
func withProvider(t testing.TB, ctx context.Context, p *dimse.Provider, abstract ...string) (requestor, <-chan error) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	served := make(chan error, 1)
	done := make(chan struct{})
	go func() {
		defer close(done)
		conn, err := l.Accept()
		if err != nil {
			served <- err
			return
		}
		a, err := ul.Accept(ctx, conn, ul.Options{}, acceptAll)
		if err == nil {
			err = p.Serve(ctx, a)
		}
		served <- err
	}()
	a := requestWith(t, l.Addr().String(), ul.AssociateRQ{Contexts: ul.Propose(abstract...)}, ul.Options{})
	t.Cleanup(func() { a.Close(); <-done })
	return requestor{a, t}, served
}

// ask sends a request; data nil means without a data set.
func (r requestor) ask(command dimse.Command, message uint16, context uint8, class string, data []byte, more ...[]byte) {
	r.t.Helper()
	const s = dicom.ImplicitLittle
	set := dicom.AppendString(nil, s, dicom.AffectedSOPClassUID, dicom.UI, class)
	set = dicom.AppendUint16(set, s, dicom.CommandField, uint16(command))
	set = dicom.AppendUint16(set, s, dicom.MessageID, message)
	dataSet := uint16(0x0101)
	if data != nil {
		dataSet = 1
	}
	set = dicom.AppendUint16(set, s, dicom.CommandDataSetType, dataSet)
	set = append(set, bytes.Join(more, nil)...)
	err := r.AppendPData(context, true, set)
	if data != nil {
		err = errors.Join(err, r.AppendPData(context, false, data))
	}
	if err := errors.Join(err, r.Flush()); err != nil {
		r.t.Error(err)
	}
}

// respond sends a response as the requestor of a C-STORE sub-operation does.
func (r requestor) respond(rsp response) {
	r.t.Helper()
	if err := errors.Join(r.AppendPData(rsp.context, true, rsp.set()), r.Flush()); err != nil {
		r.t.Error(err)
	}
}

// message reads one message: the numbers of its command set, and its data.
func (r requestor) message() (numbers map[dicom.Tag]uint16, data []byte, err error) {
	set, err := r.fragments()
	if err != nil {
		return nil, nil, err
	}
	numbers = make(map[dicom.Tag]uint16)
	it := dicom.Iterate(set, dicom.ImplicitLittle)
	for it.Next() {
		if len(it.Value()) == 2 {
			numbers[it.Tag()] = binary.LittleEndian.Uint16(it.Value())
		}
	}
	if numbers[dicom.CommandDataSetType] != 0x0101 {
		data, err = r.fragments()
	}
	return numbers, data, errors.Join(err, it.Err())
}

func (r requestor) fragments() (b []byte, err error) {
	for {
		p, err := r.ReadPDV()
		if err != nil {
			return nil, err
		}
		if b = append(b, p.Data...); p.Last() {
			return b, nil
		}
	}
}

func TestServicesWithoutAFunctionAreRefused(t *testing.T) {
	r, served := withProvider(t, t.Context(), &dimse.Provider{}, dicom.Verification)
	for i, command := range []dimse.Command{dimse.CEchoRQ, dimse.CFindRQ, dimse.CGetRQ, dimse.CMoveRQ, dimse.CStoreRQ, 0x0140} {
		var data []byte
		if command != dimse.CEchoRQ {
			data = study(1)
		}
		r.ask(command, uint16(i+100), 1, "1.2.3", data)
		got, _, err := r.message()
		if err != nil || got[dicom.CommandStatus] != 0x0122 || got[dicom.CommandField] != uint16(command)|0x8000 || got[dicom.MessageIDBeingRespondedTo] != uint16(i+100) {
			t.Errorf("%s: response %v, %v", command, got, err)
		}
	}
	if err := errors.Join(r.Release(t.Context()), <-served); err != nil {
		t.Error(err)
	}
}

func TestProviderSeesTheRequest(t *testing.T) {
	var stored, moved *dimse.Request
	p := &dimse.Provider{
		Store: func(_ context.Context, r *dimse.Request) dimse.Outcome { stored = r; return dimse.Answer(0xB000) },
		Move: func(_ context.Context, r *dimse.Request, out *dimse.Retriever) dimse.Outcome {
			moved = r
			out.Sub = dimse.SubOperations{Remaining: 3, Completed: 2, Failed: 1, Warning: 4}
			if err := out.Pending(); err != nil {
				t.Error(err)
			}
			return dimse.Answer(dimse.SubOperationsFailed)
		},
	}
	r, _ := withProvider(t, t.Context(), p, dicom.CTImageStorage, dicom.StudyRootMove)
	r.ask(dimse.CStoreRQ, 7, 1, dicom.CTImageStorage, study(5), dicom.AppendString(nil, dicom.ImplicitLittle, dicom.AffectedSOPInstanceUID, dicom.UI, "1.2.3"))
	got, _, err := r.message()
	if err != nil || got[dicom.CommandStatus] != 0xB000 || stored.SOPInstance != "1.2.3" || stored.SOPClass != dicom.CTImageStorage ||
		!bytes.Equal(stored.Identifier, study(5)) || stored.MessageID != 7 || stored.ContextID != 1 || stored.Syntax != dicom.ImplicitLittle {
		t.Errorf("C-STORE: %v, %+v, %v", got, stored.Command, err)
	}
	r.ask(dimse.CMoveRQ, 8, 3, dicom.StudyRootMove, study(6), dicom.AppendString(nil, dicom.ImplicitLittle, dicom.MoveDestination, dicom.AE, "THERE"))
	for _, want := range []struct {
		status    uint16
		remaining bool
	}{{0xFF00, true}, {0xB000, false}} {
		got, _, err := r.message()
		_, remaining := got[dicom.NumberOfRemainingSuboperations]
		if err != nil || got[dicom.CommandStatus] != want.status || remaining != want.remaining || got[dicom.NumberOfCompletedSuboperations] != 2 ||
			got[dicom.NumberOfFailedSuboperations] != 1 || got[dicom.NumberOfWarningSuboperations] != 4 {
			t.Errorf("C-MOVE: %v, %v", got, err)
		}
	}
	if moved.Destination != "THERE" {
		t.Errorf("destination %q", moved.Destination)
	}
}

// TestProviderSeesTheCancel: a C-CANCEL arrives while responses are being
// sent; one for another message has no effect.
func TestProviderSeesTheCancel(t *testing.T) {
	other := make(chan struct{}, 1)
	p := &dimse.Provider{Find: func(ctx context.Context, r *dimse.Request, out *dimse.Responder) dimse.Outcome {
		for i := 0; ; i++ {
			if out.Cancelled() {
				return dimse.Answer(dimse.Cancelled)
			}
			if i == 10 {
				<-other
				time.Sleep(20 * time.Millisecond)
				if out.Cancelled() {
					t.Error("cancelled by a C-CANCEL of another message")
				}
			}
			if err := errors.Join(out.Pending(study(i)), out.Flush()); err != nil {
				return dimse.AbortAssociation
			}
		}
	}}
	r, served := withProvider(t, t.Context(), p, dicom.StudyRootFind)
	for message := uint16(1); message <= 2; message++ {
		r.ask(dimse.CFindRQ, message, 1, dicom.StudyRootFind, study(1))
		if got, _, err := r.message(); err != nil || got[dicom.CommandStatus] != 0xFF00 {
			t.Fatalf("response %v, %v", got, err)
		}
		r.respond(response{command: dimse.CCancelRQ, message: message + 7, context: 1})
		other <- struct{}{}
		for i := 0; ; i++ {
			got, _, err := r.message()
			if err != nil || got[dicom.MessageIDBeingRespondedTo] != message {
				t.Fatalf("response %v, %v", got, err)
			}
			if i == 100 {
				r.respond(response{command: dimse.CCancelRQ, message: message, context: 1})
			}
			if got[dicom.CommandStatus] == 0xFE00 {
				break
			}
		}
	}
	if err := errors.Join(r.Release(t.Context()), <-served); err != nil {
		t.Error(err)
	}
}

func TestOutcomesThatAreNoStatus(t *testing.T) {
	for name, c := range map[string]struct {
		outcome dimse.Outcome
		wants   func(error) bool
	}{
		"abort": {dimse.AbortAssociation, func(err error) bool { var aborted *ul.AbortedError; return errors.As(err, &aborted) }},
		"close": {dimse.CloseConnection, func(err error) bool { return errors.Is(err, ul.ErrClosed) }},
	} {
		p := &dimse.Provider{Find: func(_ context.Context, r *dimse.Request, out *dimse.Responder) dimse.Outcome {
			_ = out.Pending(study(1))
			return c.outcome
		}}
		r, served := withProvider(t, t.Context(), p, dicom.StudyRootFind)
		values, _, err := find(t, dimse.NewClient(r.Association), dicom.QueryRetrieveLevel)
		if !c.wants(err) || len(values) != 1 { // what was gathered is sent before the end
			t.Errorf("%s: %d matches, %v", name, len(values), err)
		}
		if err := <-served; err != nil {
			t.Errorf("%s: Serve ended with %v", name, err)
		}
	}
	t.Run("no response", func(t *testing.T) {
		p := &dimse.Provider{
			Find: func(_ context.Context, r *dimse.Request, out *dimse.Responder) dimse.Outcome {
				_ = out.Raw(response{dimse.CFindRSP, r.MessageID, r.ContextID, 0xFF00, study(1), nil}.pdu())
				_ = out.WithStatus(0xA700, study(2))
				return dimse.NoResponse
			},
			Echo: func(context.Context, *dimse.Request) dimse.Outcome { return dimse.Answer(dimse.Success) },
		}
		r, _ := withProvider(t, t.Context(), p, dicom.StudyRootFind, dicom.Verification)
		c := dimse.NewClient(r.Association)
		if values, res, err := find(t, c, dicom.QueryRetrieveLevel); err != nil || len(values) != 1 || res.Final != 0xA700 {
			t.Errorf("%d matches, %+v, %v", len(values), res, err)
		}
		if status, err := c.Echo(t.Context()); status != dimse.Success || err != nil {
			t.Errorf("C-ECHO: %s, %v", status, err)
		}
	})
}

// TestServeEnds lists how a session ends, and with which error.
func TestServeEnds(t *testing.T) {
	cause := errors.New("stopped by the test")
	for name, c := range map[string]struct {
		end   func(requestor, context.CancelCauseFunc)
		wants func(error) bool
	}{
		"release": {func(r requestor, _ context.CancelCauseFunc) { _ = r.Release(context.Background()) }, func(err error) bool { return err == nil }},
		"abort":   {func(r requestor, _ context.CancelCauseFunc) { r.Abort() }, func(err error) bool { var a *ul.AbortedError; return errors.As(err, &a) }},
		"close":   {func(r requestor, _ context.CancelCauseFunc) { r.Drop() }, func(err error) bool { return errors.Is(err, ul.ErrClosed) }},
		"context": {func(r requestor, cancel context.CancelCauseFunc) { cancel(cause) }, func(err error) bool { return errors.Is(err, cause) }},
		"unknown context": {func(r requestor, _ context.CancelCauseFunc) {
			r.ask(dimse.CFindRQ, 1, 99, dicom.StudyRootFind, study(1))
		},
			func(err error) bool {
				return isProtocolError(err) && strings.Contains(err.Error(), "C-FIND-RQ on context 99, which was not accepted")
			}},
		"response without a request": {func(r requestor, _ context.CancelCauseFunc) {
			r.respond(response{command: dimse.CStoreRSP, message: 1, context: 1})
		},
			func(err error) bool {
				return isProtocolError(err) && strings.Contains(err.Error(), "without a request")
			}},
		"broken": {func(r requestor, _ context.CancelCauseFunc) {
			r.AppendRaw(ul.AppendPDataHeader(nil, 1, 9, 1<<30))
			_ = r.Flush()
		},
			isProtocolError},
	} {
		t.Run(name, func(t *testing.T) {
			ctx, cancel := context.WithCancelCause(context.Background())
			defer cancel(nil)
			r, served := withProvider(t, ctx, &dimse.Provider{}, dicom.StudyRootFind)
			var err error
			within(t, "Serve", func() { c.end(r, cancel); err = <-served })
			if !c.wants(err) {
				t.Errorf("Serve ended with %v", err)
			}
		})
	}
}

// TestServeEndsWhileSending: a requestor that stops reading cannot hold a
// provider, whose context is cancelled.
func TestServeEndsWhileSending(t *testing.T) {
	p := &dimse.Provider{Find: func(_ context.Context, r *dimse.Request, out *dimse.Responder) dimse.Outcome {
		for {
			if err := out.Pending(study(1)); err != nil {
				return dimse.Answer(dimse.UnableToProcess)
			}
		}
	}}
	ctx, cancel := context.WithCancel(context.Background())
	r, served := withProvider(t, ctx, p, dicom.StudyRootFind)
	r.ask(dimse.CFindRQ, 1, 1, dicom.StudyRootFind, study(1))
	time.Sleep(100 * time.Millisecond)
	within(t, "Serve", func() {
		cancel()
		if err := <-served; err == nil || errors.Is(err, os.ErrDeadlineExceeded) {
			t.Errorf("Serve ended with %v", err)
		}
	})
}

// TestGetMakesSubOperations plays the requestor of a C-GET that takes images.
func TestGetMakesSubOperations(t *testing.T) {
	const n = 3
	p := &dimse.Provider{Get: func(ctx context.Context, r *dimse.Request, out *dimse.Retriever) dimse.Outcome {
		out.Sub.Remaining = n
		for i := range n {
			status, err := out.Send(ctx, dicom.CTImageStorage, "1.2.3", func(s dicom.Syntax) []byte { return studyIdentifier(s, i) })
			if err != nil {
				t.Error(err)
			}
			out.Sub.Remaining--
			switch status.Class() {
			case dimse.ClassSuccess:
				out.Sub.Completed++
			case dimse.ClassWarning:
				out.Sub.Warning++
			default:
				out.Sub.Failed++
			}
			if err := out.Pending(); err != nil {
				t.Error(err)
			}
		}
		if _, err := out.Send(ctx, dicom.MRImageStorage, "1.2.4", nil); !errors.Is(err, dimse.ErrNoContext) {
			t.Errorf("without a context: error %v", err)
		}
		return dimse.Answer(dimse.SubOperationsFailed)
	}}
	r, _ := withProvider(t, t.Context(), p, dicom.StudyRootGet, dicom.CTImageStorage)
	r.ask(dimse.CGetRQ, 5, 1, dicom.StudyRootGet, study(1))
	for i, status := range []dimse.Status{dimse.Success, 0xB000, 0xC000} {
		got, data, err := r.message()
		if err != nil || got[dicom.CommandField] != uint16(dimse.CStoreRQ) || !bytes.Equal(data, study(i)) {
			t.Fatalf("sub-operation %d: %v, %v", i, got, err)
		}
		r.respond(response{command: dimse.CStoreRSP, message: got[dicom.MessageID], context: 3, status: status})
		if got, _, err = r.message(); err != nil || got[dicom.CommandStatus] != 0xFF00 || int(got[dicom.NumberOfRemainingSuboperations]) != n-1-i {
			t.Errorf("pending response %d: %v, %v", i, got, err)
		}
	}
	got, _, err := r.message()
	if err != nil || got[dicom.CommandStatus] != 0xB000 || got[dicom.NumberOfCompletedSuboperations] != 1 ||
		got[dicom.NumberOfFailedSuboperations] != 1 || got[dicom.NumberOfWarningSuboperations] != 1 {
		t.Errorf("final response %v, %v", got, err)
	}
}

// TestGetAnsweredWrongly: a sub-operation answered with something else ends in
// an error.
func TestGetAnsweredWrongly(t *testing.T) {
	for name, answer := range map[string]func(requestor, uint16){
		"other message": func(r requestor, id uint16) {
			r.respond(response{command: dimse.CStoreRSP, message: id + 1, context: 3})
		},
		"other command": func(r requestor, id uint16) {
			r.respond(response{command: dimse.CFindRSP, message: id, context: 3})
		},
		"a request": func(r requestor, id uint16) { r.ask(dimse.CEchoRQ, 9, 1, dicom.Verification, nil) },
	} {
		failed := make(chan error, 1)
		p := &dimse.Provider{Get: func(ctx context.Context, r *dimse.Request, out *dimse.Retriever) dimse.Outcome {
			_, err := out.Send(ctx, dicom.CTImageStorage, "1.2.3", func(s dicom.Syntax) []byte { return studyIdentifier(s, 1) })
			failed <- err
			return dimse.AbortAssociation
		}}
		r, _ := withProvider(t, t.Context(), p, dicom.StudyRootGet, dicom.CTImageStorage)
		r.ask(dimse.CGetRQ, 5, 1, dicom.StudyRootGet, study(1))
		got, _, err := r.message()
		if err != nil {
			t.Fatal(err)
		}
		answer(r, got[dicom.MessageID])
		if err := <-failed; !isProtocolError(err) {
			t.Errorf("%s: error %v", name, err)
		}
	}
}
