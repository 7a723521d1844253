package session

import (
	"io"
	"net/http"
	"net/url"
	"strconv"
)

// Answer is what a server says: a command packet and where the response to it goes, or, with no packet, the end of the session.
type Answer struct {
	Packet []byte
	// Next is a URI, which may be relative to that of the request.
	Next string
}

// Send writes an answer.
func (a Answer) Send(w http.ResponseWriter) {
	h := w.Header()
	h.Set(headerProtocol, Protocol)
	if a.Packet == nil {
		w.WriteHeader(http.StatusNoContent)
		return
	}
	h.Set(headerNext, a.Next)
	h.Set(headerType, CommandType)
	h.Set("Content-Length", strconv.Itoa(len(a.Packet)))
	_, _ = w.Write(a.Packet) // the card has gone; it asks again
}

// ReadAnswer reads an answer with status 200 or 204. The errors are ErrProtocol, ErrContentType, ErrTooLong and ErrAnswer, and those of
// reading the body.
func ReadAnswer(res *http.Response) (Answer, error) {
	if one(res.Header, headerProtocol) != Protocol {
		return Answer{}, ErrProtocol
	}
	if res.StatusCode == http.StatusNoContent {
		return Answer{}, nil
	}
	next := one(res.Header, headerNext)
	if _, err := url.Parse(next); err != nil || next == "" || res.StatusCode != http.StatusOK {
		return Answer{}, ErrAnswer
	}
	if !is(res.Header, CommandType) {
		return Answer{}, ErrContentType
	}
	packet, err := io.ReadAll(io.LimitReader(res.Body, MaxPacket+1))
	switch {
	case err != nil:
		return Answer{}, err
	case len(packet) == 0:
		return Answer{}, ErrAnswer
	case len(packet) > MaxPacket:
		return Answer{}, ErrTooLong
	}
	return Answer{packet, next}, nil
}
