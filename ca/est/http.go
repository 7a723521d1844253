package est

import (
	"context"
	"crypto/x509"
	"errors"
	"io"
	"mime"
	"net/http"
	"strconv"

	"simtrust"
	"simtrust/ca"
	"simtrust/ca/csr"
	"simtrust/internal/rpc"
)

// Prefix is where the operations of RFC 7030 are.
const Prefix = "/.well-known/est"

const (
	patternMake     = "POST /ca/v1/est/credentials"
	patternList     = "GET /ca/v1/est/credentials"
	patternWithdraw = "DELETE /ca/v1/est/credentials/{username}"
)

const (
	typeRequest    = "application/pkcs10"
	typeCerts      = "application/pkcs7-mime; smime-type=certs-only"
	typeAttributes = "application/csrattrs"
	// maxBody holds a CSR of the largest size in base64 with line breaks.
	maxBody = 32 << 10
)

// Mount mounts the operations of RFC 7030, with and without a label, and those for credentials.
func (s *Service) Mount(r *rpc.Router) {
	rpc.Handle(r, "est.make_credential", patternMake, s.makeWire, rpc.Scope(ca.ScopeAuthorise), rpc.Status(http.StatusCreated))
	rpc.Handle(r, "est.credentials", patternList, s.listWire, rpc.Scope(ca.ScopeRead, ca.ScopeAuthorise))
	rpc.Handle(r, "est.withdraw_credential", patternWithdraw, s.withdrawWire, rpc.Scope(ca.ScopeAuthorise), rpc.Status(http.StatusNoContent))
	r.Face(Prefix+"/", face{})
	for _, at := range []struct{ op, path string }{{"est.", Prefix + "/"}, {"est.labelled_", Prefix + "/{label}/"}} {
		r.Raw(at.op+"cacerts", "GET "+at.path+"cacerts", s.serve(s.cacerts), rpc.Public())
		r.Raw(at.op+"csrattrs", "GET "+at.path+"csrattrs", s.serve(s.csrattrs), rpc.Public())
		r.Raw(at.op+"simpleenroll", "POST "+at.path+"simpleenroll", s.serve(s.simpleenroll), rpc.Public(), rpc.MaxBody(maxBody))
		r.Raw(at.op+"simplereenroll", "POST "+at.path+"simplereenroll", s.serve(s.simplereenroll), rpc.Public(), rpc.MaxBody(maxBody))
	}
}

func (s *Service) makeWire(ctx context.Context, w makeWire) (madeWire, error) {
	by, _ := rpc.CallerFrom(ctx)
	c, password, err := s.Make(ctx, MakeReq{Profile: w.Profile, Names: w.Names, Subject: w.Subject, By: by.Client})
	return madeWire{credentialWire(c), password}, err
}

func (s *Service) listWire(ctx context.Context, w pageWire) (credentialsWire, error) {
	list, next, err := s.Credentials(ctx, ca.Page{After: w.After, Limit: w.Limit})
	res := credentialsWire{Credentials: make([]credentialWire, len(list)), Next: next}
	for i, c := range list {
		res.Credentials[i] = credentialWire(c)
	}
	return res, err
}

func (s *Service) withdrawWire(ctx context.Context, w usernameWire) (nothingWire, error) {
	by, _ := rpc.CallerFrom(ctx)
	return nothingWire{}, s.Withdraw(ctx, w.Username, by.Client)
}

// answer is what an operation sends, in base64.
type answer struct {
	contentType string
	body        []byte
}

// serve finds the label and sends the answer.
func (s *Service) serve(operation func(*http.Request, label) (answer, error)) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		l, err := s.labelled(r.PathValue("label"))
		var a answer
		if err == nil {
			a, err = operation(r, l)
		}
		h := w.Header()
		if err != nil {
			if simtrust.KindOf(err) == simtrust.KindUnauthenticated {
				h.Set("WWW-Authenticate", `Basic realm="est", charset="UTF-8"`)
			}
			rpc.Fail(w, r, err)
			return
		}
		h.Set("Content-Type", a.contentType)
		h.Set("Content-Transfer-Encoding", "base64")
		h.Set("Content-Length", strconv.Itoa(len(a.body)))
		_, _ = w.Write(a.body) // the client has gone
	})
}

func (s *Service) cacerts(_ *http.Request, l label) (answer, error) {
	der, err := certsOnly(chainsOf(l.profile, s.authority.Hierarchy().Issuers))
	return answer{typeCerts, armour(der)}, err
}

func (s *Service) csrattrs(_ *http.Request, l label) (answer, error) {
	return answer{typeAttributes, l.attributes}, nil
}

func (s *Service) simpleenroll(r *http.Request, l label) (answer, error) {
	c, err := s.credential(r)
	if err != nil {
		return answer{}, err
	}
	request, err := requestOf(r)
	if err != nil {
		return answer{}, err
	}
	return certificate(s.enrol(r.Context(), l.profile, c, request))
}

// simplereenroll goes by the Authorization header where there is one, else by the client certificate.
func (s *Service) simplereenroll(r *http.Request, l label) (answer, error) {
	if peer := peerOf(r); peer != nil {
		request, err := requestOf(r)
		if err != nil {
			return answer{}, err
		}
		return certificate(s.renew(r.Context(), l.profile, peer, request))
	}
	c, err := s.credential(r)
	if err != nil {
		return answer{}, err
	}
	request, err := requestOf(r)
	if err != nil {
		return answer{}, err
	}
	return certificate(s.reenrol(r.Context(), l.profile, c, request))
}

func peerOf(r *http.Request) *x509.Certificate {
	if r.Header.Get("Authorization") != "" || r.TLS == nil || len(r.TLS.PeerCertificates) == 0 {
		return nil
	}
	return r.TLS.PeerCertificates[0]
}

func (s *Service) credential(r *http.Request) (Credential, error) {
	username, password, ok := r.BasicAuth()
	if !ok {
		return Credential{}, errCredential
	}
	return s.Authenticate(r.Context(), username, password)
}

func requestOf(r *http.Request) (*csr.Request, error) {
	if media, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || media != typeRequest {
		return nil, invalid(rpc.ReasonMediaType, "the body is "+typeRequest)
	}
	body, err := io.ReadAll(r.Body)
	if _, tooLarge := errors.AsType[*http.MaxBytesError](err); tooLarge {
		return nil, invalid(rpc.ReasonBodyTooLarge, "the body is too large")
	}
	if err != nil {
		return nil, invalid(ReasonEncoding, "the body cannot be read")
	}
	var binding []byte
	if r.TLS != nil {
		binding = r.TLS.TLSUnique
	}
	return readRequest(body, binding)
}

// certificate is the answer to an enrolment: the new certificate alone (RFC 7030, section 4.2.3).
func certificate(c ca.Certificate, err error) (answer, error) {
	if err != nil {
		return answer{}, err
	}
	der, err := certsOnly([][]byte{c.Raw})
	return answer{typeCerts, armour(der)}, err
}

// face renders errors as the plain text of RFC 7030, section 4.2.3.
type face struct{ rpc.Problem }

// Render implements rpc.Face.
func (face) Render(err *simtrust.Error, _ string) rpc.Reply {
	status := rpc.StatusOf(err)
	text := http.StatusText(status)
	if err.Msg != "" && err.Kind != simtrust.KindInternal {
		text += ": " + err.Msg
	}
	return rpc.Reply{Status: status, ContentType: "text/plain; charset=utf-8", Body: []byte(text + "\n")}
}
