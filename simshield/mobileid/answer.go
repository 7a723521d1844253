package mobileid

import (
	"crypto/rand"
	"encoding/hex"
	"net/http"
	"time"

	"github.com/go-json-experiment/json"

	"simtrust"
	"simtrust/internal/rpc"
)

type (
	// trace is part of every answer.
	trace struct {
		Time    string `json:"time"`
		TraceID string `json:"traceId"`
	}
	certificateAnswer struct {
		Result string `json:"result"`
		Cert   []byte `json:"cert,omitempty"`
		trace  `json:",inline"`
	}
	sessionAnswer struct {
		SessionID string `json:"sessionID"`
	}
	statusAnswer struct {
		State     string     `json:"state"`
		Result    string     `json:"result,omitempty"`
		Signature *signature `json:"signature,omitempty"`
		Cert      []byte     `json:"cert,omitempty"`
		trace     `json:",inline"`
	}
	signature struct {
		Value     []byte `json:"value"`
		Algorithm string `json:"algorithm"`
	}
	errorAnswer struct {
		Error string `json:"error"`
		trace `json:",inline"`
	}
)

func (st status) answer(t trace) statusAnswer {
	a := statusAnswer{State: "RUNNING", trace: t}
	if st.Result != "" {
		a.State, a.Result, a.Cert = "COMPLETE", st.Result, st.Certificate
	}
	if st.Result == resultOK {
		a.Signature = &signature{st.Signature[:], st.Algorithm}
	}
	return a
}

func traceOf(r *http.Request, now func() time.Time) trace {
	return traced(rpc.Correlator(r.Context()), now())
}

func traced(correlator string, at time.Time) trace {
	return trace{at.UTC().Format("2006-01-02T15:04:05"), correlator}
}

// face renders errors as the interface has them.
type face struct {
	rpc.Problem
	now func() time.Time
}

// Correlator makes the trace id of a request that brings none: a hexadecimal number, as the interface has it.
func (f face) Correlator(h http.Header) (string, error) {
	if id, _ := f.Problem.Correlator(h); id != "" {
		return id, nil
	}
	var b [8]byte
	_, _ = rand.Read(b[:]) // never fails
	return hex.EncodeToString(b[:]), nil
}

// Render implements rpc.Face.
func (f face) Render(err *simtrust.Error, correlator string) rpc.Reply {
	text := err.Msg
	if text == "" || err.Kind == simtrust.KindInternal {
		text = http.StatusText(rpc.StatusOf(err))
	}
	body, _ := json.Marshal(errorAnswer{text, traced(correlator, f.now())}) // strings
	return rpc.Reply{Status: rpc.StatusOf(err), ContentType: "application/json", Body: body}
}
