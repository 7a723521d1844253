package mss

import (
	"cmp"
	"errors"
	"io"
	"mime"
	"net/http"
	"time"

	"simtrust"
	"simtrust/internal/rpc"
)

// Path is where the face is.
const Path = "/mss/v1"

const (
	prefix   = "/mss/"
	typeJSON = "application/json"
	typeSOAP = "application/soap+xml"
	maxBody  = 32 << 10
)

// Mount puts the face on r.
func (s *Service) Mount(r *rpc.Router) {
	r.Face(prefix, face{})
	r.Raw("mss", "POST "+Path, s, rpc.Public(), rpc.MaxBody(maxBody), rpc.Timeout(s.config.Life+2*grace))
}

// ServeHTTP answers one request, in JSON or SOAP as it came.
func (s *Service) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	c := http.NewResponseController(w)
	_ = errors.Join(c.SetReadDeadline(time.Time{}), c.SetWriteDeadline(time.Time{})) // a person takes longer; a writer without deadlines has none to lift
	soap, err := speaksSOAP(r)
	if err != nil {
		rpc.Fail(w, r, err)
		return
	}
	body, err := s.answer(r, soap)
	if err != nil {
		f := faultOf(err)
		if f.code == codeInternal {
			s.Log.ErrorContext(r.Context(), "a request for a signature failed", "error", err)
		}
		w.Header().Set("Content-Type", contentType(soap))
		w.WriteHeader(f.status())
		_, _ = w.Write(f.encode(soap)) // the client has gone
		return
	}
	w.Header().Set("Content-Type", contentType(soap))
	_, _ = w.Write(body)
}

func speaksSOAP(r *http.Request) (bool, error) {
	media, params, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	charset := cmp.Or(params["charset"], "utf-8")
	if err == nil && (charset == "utf-8" || charset == "UTF-8") {
		switch media {
		case typeJSON:
			return false, nil
		case typeSOAP, "text/xml", "application/xml":
			return true, nil
		}
	}
	return false, &simtrust.Error{Kind: simtrust.KindInvalid, Reason: rpc.ReasonMediaType, Op: "mss", Msg: "application/json or application/soap+xml, in UTF-8"}
}

func contentType(soap bool) string {
	if soap {
		return typeSOAP + "; charset=utf-8"
	}
	return typeJSON
}

// answer reads a request, knows who makes it, and carries it out.
func (s *Service) answer(r *http.Request, soap bool) ([]byte, error) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, failure(codeLength, "the message is too large, or ended early")
	}
	var m message
	wrapped := false
	if soap {
		m, wrapped, err = parseSOAP(body)
	} else {
		m, err = parse(body)
	}
	if err != nil {
		return nil, err
	}
	h, name := m.header()
	party, err := s.authenticated(r, h)
	if err != nil {
		return nil, err
	}
	a, err := s.serve(r.Context(), party, m, soap)
	if err != nil {
		return nil, err
	}
	operation := ""
	if wrapped {
		operation = operations[name+"Req"] + "Response"
	}
	return s.reply(h, name, a).encode(soap, operation)
}

// majorVersion is the version of the interface (TS 102 204, section 8.2). Within it a minor one changes nothing here.
const majorVersion = "1"

// authenticated returns the application that asks. What the header says is checked before what the message says.
func (s *Service) authenticated(r *http.Request, h *header) (string, error) {
	switch {
	case h.MajorVersion != "" && h.MajorVersion != majorVersion:
		return "", failure(codeIncompatible, "MajorVersion: "+majorVersion)
	case h.AP.ID == "":
		return "", failure(codeMissingParam, "AP_ID")
	case h.AP.TransID == "":
		return "", failure(codeMissingParam, "AP_TransID")
	case !transIDs.MatchString(h.AP.TransID):
		return "", failure(codeWrongParam, "AP_TransID: an NCName of up to 64 characters")
	case h.MSSP.ID.URI != "" && h.MSSP.ID.URI != s.config.ID:
		return "", failure(codeWrongParam, "MSSP_ID: not this service")
	}
	for _, instant := range []string{h.AP.Instant, h.MSSP.Instant} {
		if _, err := time.Parse(time.RFC3339, instant); instant != "" && err != nil {
			return "", failure(codeWrongParam, "Instant: a date and time with its zone")
		}
	}
	from, err := s.Client(r)
	if err != nil {
		return "", err
	}
	return s.Parties.Authenticate(r.Context(), h.AP.ID, h.AP.Password, from.Addr())
}

// face renders what goes wrong before there is a message, in JSON.
type face struct{ rpc.Problem }

// Render implements rpc.Face.
func (face) Render(err *simtrust.Error, _ string) rpc.Reply {
	f := fault{code: codeInternal}
	if rpc.StatusOf(err) < http.StatusInternalServerError {
		f = fault{code: codeWrongParam, detail: err.Msg}
	}
	return rpc.Reply{Status: rpc.StatusOf(err), ContentType: typeJSON, Body: f.encode(false)}
}
