package csp

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/subtle"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"

	"github.com/go-json-experiment/json"

	"simtrust"
	"simtrust/messaging/events"
)

// Kind is that of webhooks in this form.
const Kind events.Kind = "csp"

// Form returns the form of webhooks of the interface.
func (s *Service) Form() events.Form { return form{s} }

type form struct{ *Service }

const maxAnswer = 4 << 10

var (
	errAnswer  = errors.New("the receiver did not take it")
	errAccount = refusal(simtrust.KindInvalid, events.ReasonUnchecked, "the chatbot has no credentials of the CSP interface: make them first")
	errCheck   = refusal(simtrust.KindInvalid, events.ReasonUnchecked, "the receiver must answer "+PathCheck+" with the echoStr that it got and the appId")
)

// echo is the answer to a check, where it is not in the headers.
type echo struct {
	Echo  string `json:"echoStr"`
	AppID string `json:"appId"`
}

// Check implements events.Form. It is a GET; receivers that take only POST are asked so.
func (f form) Check(ctx context.Context, chatbot, target string) error {
	a, found, err := f.accountOf(ctx, chatbot)
	switch {
	case err != nil:
		return err
	case !found:
		return errAccount
	}
	want := rand.Text()
	got, status, err := f.asked(ctx, a, http.MethodGet, target, want)
	if err == nil && (status == http.StatusNotFound || status == http.StatusMethodNotAllowed) {
		got, status, err = f.asked(ctx, a, http.MethodPost, target, want)
	}
	if err != nil || status/100 != 2 || subtle.ConstantTimeCompare([]byte(got.Echo), []byte(want)) != 1 || got.AppID != a.appID {
		return errCheck
	}
	return nil
}

func (f form) asked(ctx context.Context, a account, method, target, want string) (got echo, status int, err error) {
	header := http.Header{HeaderEcho: {want}}
	res, err := f.call(ctx, a, method, target, PathCheck, nil, header)
	if err != nil {
		return got, 0, err
	}
	defer res.Body.Close()
	body, err := io.ReadAll(io.LimitReader(res.Body, maxAnswer))
	if err != nil || json.Unmarshal(body, &got) != nil || got.Echo == "" {
		got = echo{res.Header.Get(HeaderEcho), res.Header.Get(HeaderAppID)}
	}
	return got, res.StatusCode, err
}

// post brings a body, which a 2xx takes.
func (f form) post(ctx context.Context, a account, target, path string, body any) error {
	data, err := json.Marshal(body)
	if err != nil {
		return err
	}
	res, err := f.call(ctx, a, http.MethodPost, target, path, data, http.Header{})
	if err != nil {
		return err
	}
	defer res.Body.Close()
	_, _ = io.Copy(io.Discard, io.LimitReader(res.Body, maxAnswer)) // so that the connection serves again
	if res.StatusCode/100 != 2 {
		return errAnswer
	}
	return nil
}

func (f form) call(ctx context.Context, a account, method, target, path string, body []byte, header http.Header) (*http.Response, error) {
	u, err := url.Parse(target)
	if err != nil {
		return nil, err
	}
	u = u.JoinPath(strings.ReplaceAll(path, "{chatbotId}", a.serviceID))
	req, err := http.NewRequestWithContext(ctx, method, u.String(), bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	for name, values := range header {
		req.Header.Set(name, values[0])
	}
	if body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	SetHeaders(req.Header, f.callbackToken(a), a.serviceID, f.Now(), newUUID())
	return f.Out.Do(req)
}

// newUUID is a random one (RFC 9562 §5.4).
func newUUID() string {
	var b [16]byte
	_, _ = rand.Read(b[:]) // never fails
	b[6], b[8] = b[6]&0x0F|0x40, b[8]&0x3F|0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}
