package acme

import (
	"context"
	"errors"
	"io"
	"mime"
	"net/http"
	"strings"

	"github.com/go-json-experiment/json"
)

// signer says whose signature an operation takes.
type signer int

const (
	byAccount signer = iota // an account's, named by kid
	byKey                   // that of the key in the header
	byEither
)

// request is one whose signature, url and nonce were checked.
type request struct {
	*http.Request
	payload []byte
	key     publicKey
	account account // zero where the key in the header signed
}

// endpoint is an operation behind a signed request.
type endpoint func(ctx context.Context, r *request) (*reply, error)

// maxBody bounds a signed request: a CSR of the largest size in base64, twice encoded.
const maxBody = 64 << 10

// begin puts what every answer to a signed request has, errors included, into its head.
func (s *Service) begin(w http.ResponseWriter) {
	h := w.Header()
	h.Set("Replay-Nonce", s.nonces.fresh())
	h.Set("Link", "<"+s.url(pathDirectory)+`>;rel="index"`)
}

// signed serves an operation behind the check of its request.
func (s *Service) signed(by signer, do endpoint) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.begin(w)
		rep, err := s.serve(r, by, do)
		if err != nil {
			s.fail(w, r, err)
			return
		}
		rep.write(w)
	})
}

func (s *Service) serve(r *http.Request, by signer, do endpoint) (*reply, error) {
	req, err := s.authenticate(r, by)
	if err != nil {
		return nil, err
	}
	return do(r.Context(), req)
}

func (s *Service) fail(w http.ResponseWriter, r *http.Request, err error) {
	p := problemOf(err)
	if p == errServer {
		s.log.ErrorContext(r.Context(), "acme: a request failed", "error", err)
	}
	p.write(w)
}

// authenticate checks a request. The nonce comes last, so that nobody without a key spends one.
func (s *Service) authenticate(r *http.Request, by signer) (*request, error) {
	m, err := readJWS(r)
	if err != nil {
		return nil, err
	}
	if m.header.URL != s.url(r.URL.RequestURI()) {
		return nil, unauthorized("the protected header's url is not that of the request")
	}
	req := &request{Request: r, payload: m.payload}
	if err := s.identify(r.Context(), req, &m, by); err != nil {
		return nil, err
	}
	if err := m.verify(req.key); err != nil {
		return nil, err
	}
	if m.header.Nonce == nil {
		return nil, badNonce("the protected header has no nonce")
	}
	if err := s.nonces.spend(r.Context(), *m.header.Nonce); err != nil {
		return nil, err
	}
	if req.account.id != "" && req.account.status != statusValid {
		return nil, unauthorized("the account is deactivated")
	}
	return req, nil
}

func readJWS(r *http.Request) (jws, error) {
	if media, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || media != "application/jose+json" {
		return jws{}, newProblem(http.StatusUnsupportedMediaType, "malformed", "the body is application/jose+json")
	}
	body, err := io.ReadAll(io.LimitReader(r.Body, maxBody+1))
	if _, over := errors.AsType[*http.MaxBytesError](err); over || len(body) > maxBody {
		return jws{}, newProblem(http.StatusRequestEntityTooLarge, "malformed", "the body is too large")
	}
	if err != nil {
		return jws{}, malformed("the body breaks off")
	}
	return parseJWS(body)
}

// identify finds the key that a request is to be verified with.
func (s *Service) identify(ctx context.Context, req *request, m *jws, by signer) (err error) {
	if m.header.KID == "" {
		if by == byAccount {
			return malformed("the request names its account by kid")
		}
		req.key, err = m.key()
		return err
	}
	if by == byKey {
		return malformed("the request is signed with a jwk in its header")
	}
	id, ok := strings.CutPrefix(m.header.KID, s.url(pathAccount))
	if !ok {
		return errNoAccount
	}
	req.account, err = accountByID(ctx, s.db, id)
	req.key = req.account.key
	return err
}

// into decodes the payload. Members it does not know are ignored (RFC 8555, section 7.3.2 and others).
func (r *request) into(v any) error {
	if err := json.Unmarshal(r.payload, v); err != nil {
		return malformed("the payload is no JSON object of the expected members")
	}
	return nil
}

// fetching refuses a payload where there is nothing to say (POST-as-GET).
func (r *request) fetching() error {
	if len(r.payload) > 0 {
		return malformed("the payload of POST-as-GET is empty")
	}
	return nil
}

// reply is an answer.
type reply struct {
	status   int
	location string
	links    []string
	retry    bool
	body     any // JSON; nil: text of media type
	text     []byte
	media    string
}

func (p *reply) write(w http.ResponseWriter) {
	h := w.Header()
	text, media := p.text, p.media
	if p.body != nil {
		var err error
		if text, err = json.Marshal(p.body); err != nil {
			panic(err) // strings and times only
		}
		media = "application/json"
	}
	if media != "" {
		h.Set("Content-Type", media)
	}
	if p.location != "" {
		h.Set("Location", p.location)
	}
	for _, l := range p.links {
		h.Add("Link", l)
	}
	if p.retry {
		h.Set("Retry-After", "1")
	}
	w.WriteHeader(p.status)
	_, _ = w.Write(text) // the client has gone
}
