package bip

import (
	"errors"
	"io"
	"net/http"
	"net/netip"
	"strconv"
	"time"

	"simtrust"
	"simtrust/internal/rpc"
	"simtrust/simshield/bip/session"
)

// Path is where cards ask. They may be made to ask with ?wait=25.
const Path = "/simshield/v1/ota/session"

// Reasons of refusal.
const (
	ReasonRequest  = "session_refused"  // invalid: not a request of an administration session
	ReasonResponse = "response_refused" // denied: not a response packet of this card to what was sent
)

// Mount puts the bearer on r.
func (s *Server) Mount(r *rpc.Router) {
	r.Raw("ota.session", "POST "+Path, http.HandlerFunc(s.serve), rpc.Public(), rpc.MaxBody(session.MaxPacket), rpc.Timeout(maxWait+5*time.Second))
}

func (s *Server) serve(w http.ResponseWriter, r *http.Request) {
	answer, err := s.exchange(r)
	s.metrics.count(answer, err)
	if err != nil {
		rpc.Fail(w, r, err)
		return
	}
	answer.Send(w)
}

// exchange takes the response that a request brings, if any, and returns what is next. One that brings a response is not held, so that the
// card soon knows that it was taken.
func (s *Server) exchange(r *http.Request) (session.Answer, error) {
	req, while, err := read(r)
	if err != nil {
		return session.Answer{}, err
	}
	from, err := s.admit(r, req.ICCID)
	if err != nil {
		return session.Answer{}, err
	}
	if req.Response != nil {
		if err := s.Platform.Answer(r.Context(), req.ICCID, req.Response); err != nil {
			return session.Answer{}, outward(err)
		}
		while = 0
	}
	packet, err := s.next(r.Context(), req.ICCID, from, while)
	return session.Answer{Packet: packet, Next: r.URL.RequestURI()}, err
}

// admit limits how often a card is asked for from one network, and returns the network.
func (s *Server) admit(r *http.Request, iccid string) (netip.Prefix, error) {
	client, err := s.Client(r)
	if err != nil {
		return netip.Prefix{}, err
	}
	from := networkOf(client.Addr())
	return from, s.pace.Take(from.String() + " " + iccid)
}

func read(r *http.Request) (req session.Request, while time.Duration, err error) {
	if while, err = readWait(r.URL.Query()["wait"]); err != nil {
		return req, 0, err
	}
	body, err := io.ReadAll(r.Body)
	if _, long := errors.AsType[*http.MaxBytesError](err); long {
		return req, 0, &simtrust.Error{Kind: simtrust.KindInvalid, Reason: rpc.ReasonBodyTooLarge, Msg: session.ErrTooLong.Error()}
	}
	if err != nil {
		return req, 0, invalid(ReasonRequest, "the body cannot be read")
	}
	switch req, err = session.ReadRequest(r.Header, body); {
	case errors.Is(err, session.ErrContentType):
		err = invalid(rpc.ReasonMediaType, err.Error())
	case err != nil:
		err = invalid(ReasonRequest, err.Error())
	}
	return req, while, err
}

// readWait reads how long an answer may wait, in seconds; by default it does not.
func readWait(values []string) (time.Duration, error) {
	if len(values) == 0 {
		return 0, nil
	}
	seconds, err := strconv.ParseUint(values[0], 10, 8)
	wait := time.Duration(seconds) * time.Second
	if err != nil || len(values) > 1 || wait > maxWait {
		return 0, invalid(ReasonRequest, "wait: 0 to 25 seconds")
	}
	return wait, nil
}

// outward is one answer for all that is wrong with a response, whatever the platform knows of it.
func outward(err error) error {
	switch simtrust.KindOf(err) {
	case simtrust.KindInvalid, simtrust.KindDenied, simtrust.KindNotFound:
		return &simtrust.Error{Kind: simtrust.KindDenied, Reason: ReasonResponse, Msg: "the packet is not this card's answer to anything that was sent", Err: err}
	default:
		return err
	}
}

func invalid(reason, msg string) error {
	return &simtrust.Error{Kind: simtrust.KindInvalid, Reason: reason, Msg: msg}
}
