package session_test

import (
	"bytes"
	"errors"
	"maps"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"simtrust/simshield/bip/session"
)

const iccid = "89860012345678900001"

// header makes a header of fields and values in turn.
func header(pairs ...string) http.Header {
	h := http.Header{}
	for i := 0; i < len(pairs); i += 2 {
		h.Add(pairs[i], pairs[i+1])
	}
	return h
}

// first is the header of a first request, with further fields.
func first(further ...string) http.Header {
	return header(append([]string{"X-Admin-Protocol", "globalplatform-remote-admin/1.0", "X-Admin-From", "//se-id/iccid/" + iccid}, further...)...)
}

// last is the header of a request with a response packet, with a field changed; "" takes it away.
func last(field, value string) http.Header {
	h := first("X-Admin-Script-Status", "ok", "Content-Type", "application/vnd.etsi.scp.response-data;version=1.0")
	if h.Set(field, value); value == "" {
		h.Del(field)
	}
	return h
}

func TestRequests(t *testing.T) {
	for _, want := range []session.Request{
		{ICCID: iccid},
		{ICCID: iccid, Resume: true},
		{ICCID: iccid, Status: session.SecurityError},
		{ICCID: iccid, Status: session.OK, Response: []byte{1, 2, 3}},
		{ICCID: iccid, Status: session.OK, Resume: true, Response: []byte{1, 2, 3}},
	} {
		h := http.Header{}
		want.Put(h)
		got, err := session.ReadRequest(h, want.Response)
		if err != nil || got.ICCID != want.ICCID || got.Status != want.Status || got.Resume != want.Resume || !bytes.Equal(got.Response, want.Response) {
			t.Errorf("%+v: %+v, %v", want, got, err)
		}
	}
}

func TestCardsAreNamed(t *testing.T) {
	for text, want := range map[string]string{
		"//se-id/iccid/89860012345678900001":                                                 "89860012345678900001",
		"//se-id/ICCID/89860012345678900001":                                                 "89860012345678900001",
		"//se-id/iccid/8986001234567890000F":                                                 "8986001234567890000",
		"//se-id/iccid/8986001234567890000":                                                  "8986001234567890000",
		"//se-id/iccid/898600123456789000":                                                   "898600123456789000",
		"//se-id/iccid/898600123456789000fF":                                                 "898600123456789000",
		"//se-id/iccid/898600123456789000001":                                                "",
		"//se-id/iccid/89860012345678900001;//aa-id/aid/A000000559/1010FFFFFFFF8900000100":   "89860012345678900001",
		"//se-id/iccid/89860012345678900001;//aa-id/aid/A000000559/":                         "89860012345678900001",
		"//se-id/iccid/89860012345678900001;":                                                "",
		"//se-id/iccid/89860012345678900001;//aa-id/aid/A000000559":                          "",
		"//se-id/iccid/89860012345678900001;//aa-id/aid/A00000055/10":                        "",
		"//se-id/iccid/89860012345678900001;//aa-id/aid/A000000559/101":                      "",
		"//se-id/iccid/89860012345678900001;//aa-id/aid/A000000559/1010FFFFFFFF890000010000": "",
		"//se-id/iccid/89860012345678900001;//aa-id/aid/A00000055X/10":                       "",
		"//se-id/iccid/89860012345678900001;x":                                               "",
		"//se-id/eid/89001012012341234012345678901224":                                       "",
		"//se-id/iccid/":                      "",
		"//se-id/iccid/89860012345678900":     "",
		"//se-id/iccid/FFFFFFFFFFFFFFFFFFFF":  "",
		"//se-id/iccid/8986001234567890F001":  "",
		"//se-id/iccid/8986001234567890000a":  "",
		"//se-id/iccid/８９８６００１２３４５６７８９０００":    "",
		" //se-id/iccid/89860012345678900001": "",
		"//se-id/iccid/89860012345678900001 ": "",
		"89860012345678900001":                "",
		"":                                    "",
		"//se-id/iccid/89860012345678900001, //se-id/iccid/898600123456789": "",
	} {
		h := first()
		h.Set("X-Admin-From", text)
		switch got, err := session.ReadRequest(h, nil); {
		case want == "" && !errors.Is(err, session.ErrFrom):
			t.Errorf("%q: %+v, %v", text, got, err)
		case want != "" && (err != nil || got.ICCID != want):
			t.Errorf("%q: %+v, %v", text, got, err)
		}
	}
}

func TestRequestsRefused(t *testing.T) {
	packet := []byte{1, 2, 3}
	for what, c := range map[string]struct {
		header http.Header
		body   []byte
		want   error
	}{
		"no header":                      {nil, nil, session.ErrProtocol},
		"another protocol":               {last("X-Admin-Protocol", "globalplatform-remote-admin/1.1.1"), packet, session.ErrProtocol},
		"no protocol":                    {last("X-Admin-Protocol", ""), packet, session.ErrProtocol},
		"the protocol twice":             {first("X-Admin-Protocol", "globalplatform-remote-admin/1.0"), nil, session.ErrProtocol},
		"no card":                        {last("X-Admin-From", ""), packet, session.ErrFrom},
		"two cards":                      {first("X-Admin-From", "//se-id/iccid/89860012345678900002"), nil, session.ErrFrom},
		"a status that is none":          {first("X-Admin-Script-Status", "fine"), nil, session.ErrStatus},
		"no status, in the field":        {first("X-Admin-Script-Status", ""), nil, session.ErrStatus},
		"two statuses":                   {first("X-Admin-Script-Status", "ok", "X-Admin-Script-Status", "security-error"), nil, session.ErrStatus},
		"ok without a packet":            {first("X-Admin-Script-Status", "ok"), nil, session.ErrStatus},
		"a packet without status":        {last("X-Admin-Script-Status", ""), packet, session.ErrStatus},
		"a packet with an error":         {last("X-Admin-Script-Status", "security-error"), packet, session.ErrStatus},
		"a resumption that is none":      {first("X-Admin-Resume", "false"), nil, session.ErrResume},
		"two resumptions":                {first("X-Admin-Resume", "true", "X-Admin-Resume", "true"), nil, session.ErrResume},
		"no content type":                {last("Content-Type", ""), packet, session.ErrContentType},
		"a command's content type":       {last("Content-Type", session.CommandType), packet, session.ErrContentType},
		"another content type":           {last("Content-Type", "application/octet-stream"), packet, session.ErrContentType},
		"no version":                     {last("Content-Type", "application/vnd.etsi.scp.response-data"), packet, session.ErrContentType},
		"another version":                {last("Content-Type", "application/vnd.etsi.scp.response-data;version=2.0"), packet, session.ErrContentType},
		"a further parameter":            {last("Content-Type", session.ResponseType+";charset=utf-8"), packet, session.ErrContentType},
		"a content type that is no type": {last("Content-Type", ";;"), packet, session.ErrContentType},
		"a packet too long":              {last("X-Admin-Script-Status", "ok"), make([]byte, session.MaxPacket+1), session.ErrTooLong},
	} {
		if got, err := session.ReadRequest(c.header, c.body); !errors.Is(err, c.want) || got.ICCID != "" || got.Response != nil {
			t.Errorf("%s: %+v, %v", what, got, err)
		}
	}
}

// sent is an answer as a client reads it.
func sent(a session.Answer) *http.Response {
	w := httptest.NewRecorder()
	a.Send(w)
	return w.Result()
}

func TestAnswers(t *testing.T) {
	for _, want := range []session.Answer{{}, {Packet: []byte{1, 2, 3}, Next: "/next?wait=1"}} {
		got, err := session.ReadAnswer(sent(want))
		if err != nil || got.Next != want.Next || !bytes.Equal(got.Packet, want.Packet) {
			t.Errorf("%+v: %+v, %v", want, got, err)
		}
	}
}

func TestAnswersRefused(t *testing.T) {
	good := session.Answer{Packet: []byte{1, 2, 3}, Next: "/"}
	for what, c := range map[string]struct {
		answer session.Answer
		change func(*http.Response)
		want   error
	}{
		"another protocol":          {good, func(r *http.Response) { r.Header.Set("X-Admin-Protocol", "HTTP") }, session.ErrProtocol},
		"no protocol, nothing else": {session.Answer{}, func(r *http.Response) { r.Header.Del("X-Admin-Protocol") }, session.ErrProtocol},
		"another status":            {good, func(r *http.Response) { r.StatusCode = http.StatusAccepted }, session.ErrAnswer},
		"no next URI":               {good, func(r *http.Response) { r.Header.Del("X-Admin-Next-URI") }, session.ErrAnswer},
		"two next URIs":             {good, func(r *http.Response) { r.Header.Add("X-Admin-Next-URI", "/") }, session.ErrAnswer},
		"a next URI that is none":   {good, func(r *http.Response) { r.Header.Set("X-Admin-Next-URI", ":") }, session.ErrAnswer},
		"a response's content type": {good, func(r *http.Response) { r.Header.Set("Content-Type", session.ResponseType) }, session.ErrContentType},
		"a page":                    {good, func(r *http.Response) { r.Header.Set("Content-Type", "text/html") }, session.ErrContentType},
		"no packet":                 {session.Answer{Packet: []byte{}, Next: "/"}, func(*http.Response) {}, session.ErrAnswer},
		"a packet too long":         {session.Answer{Packet: make([]byte, session.MaxPacket+1), Next: "/"}, func(*http.Response) {}, session.ErrTooLong},
	} {
		res := sent(c.answer)
		c.change(res)
		if got, err := session.ReadAnswer(res); !errors.Is(err, c.want) || got.Packet != nil {
			t.Errorf("%s: %+v, %v", what, got, err)
		}
	}
}

// FuzzReadRequest: what is read is written and read again as the same, and names a card by digits.
func FuzzReadRequest(f *testing.F) {
	f.Fuzz(func(t *testing.T, protocol, from, status, resume, media string, body []byte) {
		h := http.Header{}
		for field, value := range map[string]string{"X-Admin-Protocol": protocol, "X-Admin-From": from, "X-Admin-Script-Status": status,
			"X-Admin-Resume": resume, "Content-Type": media} {
			if value != "" {
				h.Set(field, value)
			}
		}
		before := maps.Clone(h)
		got, err := session.ReadRequest(h, body)
		if err != nil {
			return
		}
		if n := len(got.ICCID); n < 18 || n > 20 || strings.Trim(got.ICCID, "0123456789") != "" || len(got.Response) > session.MaxPacket {
			t.Fatalf("%v: %+v", before, got)
		}
		again := http.Header{}
		got.Put(again)
		if same, err := session.ReadRequest(again, got.Response); err != nil || same.ICCID != got.ICCID || same.Status != got.Status || same.Resume != got.Resume {
			t.Fatalf("%+v became %+v, %v", got, same, err)
		}
	})
}

// FuzzReadAnswer: a card takes a packet of bounded length with a place for its answer, or nothing.
func FuzzReadAnswer(f *testing.F) {
	f.Fuzz(func(t *testing.T, status int, protocol, next, media string, body []byte) {
		w := httptest.NewRecorder()
		res := w.Result()
		res.StatusCode, res.Body = status, http.NoBody
		res.Header = header("X-Admin-Protocol", protocol, "X-Admin-Next-URI", next, "Content-Type", media)
		if len(body) > 0 {
			res.Body = readCloser{bytes.NewReader(body)}
		}
		got, err := session.ReadAnswer(res)
		if err == nil && got.Packet != nil && (len(got.Packet) == 0 || len(got.Packet) > session.MaxPacket || got.Next == "") {
			t.Fatalf("%d %v: %+v", status, res.Header, got)
		}
		if err != nil && got.Packet != nil {
			t.Fatalf("%v, and a packet", err)
		}
	})
}

type readCloser struct{ *bytes.Reader }

func (readCloser) Close() error { return nil }
