package session

import (
	"mime"
	"net/http"
	"strings"
)

// Request is what a card sends.
type Request struct {
	// ICCID says which card it is: 18 to 20 digits.
	ICCID string
	// Status of the last command; "" in the first request.
	Status Status
	// Resume says that the request is sent again, because its answer did not come.
	Resume bool
	// Response is a response packet; nil: none.
	Response []byte
}

// Put writes the header of a request, whose body is Response.
func (r Request) Put(h http.Header) {
	h.Set(headerProtocol, Protocol)
	h.Set(headerFrom, fromPrefix+r.ICCID)
	if r.Status != "" {
		h.Set(headerStatus, string(r.Status))
	}
	if r.Resume {
		h.Set(headerResume, "true")
	}
	if r.Response != nil {
		h.Set(headerType, ResponseType)
	}
}

// ReadRequest reads a request. The errors are ErrProtocol, ErrFrom, ErrStatus, ErrResume, ErrContentType and ErrTooLong.
func ReadRequest(h http.Header, body []byte) (r Request, err error) {
	if one(h, headerProtocol) != Protocol {
		return Request{}, ErrProtocol
	}
	if r.ICCID, err = readFrom(one(h, headerFrom)); err != nil {
		return Request{}, err
	}
	if resume := h.Values(headerResume); len(resume) > 0 {
		if r.Resume = one(h, headerResume) == "true"; !r.Resume {
			return Request{}, ErrResume
		}
	}
	if len(h.Values(headerStatus)) > 0 {
		if r.Status = Status(one(h, headerStatus)); !r.Status.known() {
			return Request{}, ErrStatus
		}
	}
	r.Response, err = readResponse(h, r.Status, body)
	if err != nil {
		return Request{}, err
	}
	return r, nil
}

func readResponse(h http.Header, status Status, body []byte) ([]byte, error) {
	switch {
	case (status == OK) != (len(body) > 0):
		return nil, ErrStatus
	case len(body) == 0:
		return nil, nil
	case len(body) > MaxPacket:
		return nil, ErrTooLong
	case !is(h, ResponseType):
		return nil, ErrContentType
	}
	return body, nil
}

// one returns the value of a field; "" where it is absent or there twice, so that nobody reads another one than the next reader.
func one(h http.Header, field string) string {
	if values := h.Values(field); len(values) == 1 {
		return values[0]
	}
	return ""
}

// is reports whether a body is of a content type, whose one parameter is the version.
func is(h http.Header, want string) bool {
	media, params, err := mime.ParseMediaType(one(h, headerType))
	wanted, _, _ := strings.Cut(want, ";")
	return err == nil && media == wanted && len(params) == 1 && params["version"] == "1.0"
}
