package mobileid

import (
	"errors"
	"io"
	"mime"
	"net/http"
	"strconv"
	"time"

	"github.com/go-json-experiment/json"

	"simtrust"
	"simtrust/internal/rpc"
	"simtrust/simshield"
	"simtrust/simshield/applet"
)

// Prefix is where the face is: BASE of the interface, with a slash.
const Prefix = "/mid-api/"

// version is the interface that is spoken.
const version = "5.2.1"

// Limits of polls.
const (
	minPoll     = time.Second
	defaultPoll = 10 * time.Second
	maxPoll     = 2 * time.Minute
)

const maxBody = 8 << 10

// Mount puts the face on r.
func (s *Service) Mount(r *rpc.Router) {
	r.Face(Prefix, face{now: s.Now})
	post := func(op, path string, h func(*http.Request) (any, error)) {
		r.Raw("mobileid."+op, "POST "+Prefix+path, serve(h), rpc.Public(), rpc.MaxBody(maxBody))
	}
	post("certificate", "certificate", s.postCertificate)
	for path, kind := range map[string]applet.Kind{"authentication": applet.KindLogin, "signature": applet.KindDocument} {
		post(path, path, func(r *http.Request) (any, error) { return s.postOrder(r, kind) })
		r.Raw("mobileid."+path+"_session", "GET "+Prefix+path+"/session/{id}",
			unhurried(serve(func(r *http.Request) (any, error) { return s.getSession(r, kind) })), rpc.Public(), rpc.Timeout(maxPoll+10*time.Second))
	}
	r.Raw("mobileid.version", "GET "+Prefix+"version", http.HandlerFunc(serveVersion), rpc.Public())
}

func (s *Service) postCertificate(r *http.Request) (any, error) {
	q, party, err := s.authenticated(r)
	if err != nil {
		return nil, err
	}
	p, err := q.person()
	if err != nil {
		return nil, err
	}
	der, err := s.certificate(r.Context(), party, p)
	a := certificateAnswer{Result: resultOK, Cert: der, trace: traceOf(r, s.Now)}
	if der == nil {
		a.Result = resultNotFound
	}
	return a, err
}

func (s *Service) postOrder(r *http.Request, kind applet.Kind) (any, error) {
	q, party, err := s.authenticated(r)
	if err != nil {
		return nil, err
	}
	o, err := q.order()
	if err != nil {
		return nil, err
	}
	id, err := s.start(r.Context(), party, kind, o)
	return sessionAnswer{id}, err
}

// authenticated reads a request and who makes it.
func (s *Service) authenticated(r *http.Request) (q request, party string, err error) {
	if q, err = read(r); err != nil {
		return q, "", err
	}
	switch {
	case q.RelyingPartyUUID == "":
		return q, "", missing("relyingPartyUUID")
	case q.RelyingPartyName == "":
		return q, "", missing("relyingPartyName")
	}
	from, err := s.Client(r)
	if err != nil {
		return q, "", err
	}
	party, err = s.Parties.Authenticate(r.Context(), q.RelyingPartyName, q.RelyingPartyUUID, from.Addr())
	return q, party, err
}

func read(r *http.Request) (request, error) {
	if media, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || media != "application/json" {
		return request{}, &simtrust.Error{Kind: simtrust.KindInvalid, Reason: rpc.ReasonMediaType, Msg: "the body is application/json"}
	}
	body, err := io.ReadAll(r.Body)
	if _, tooLarge := errors.AsType[*http.MaxBytesError](err); tooLarge {
		return request{}, &simtrust.Error{Kind: simtrust.KindInvalid, Reason: rpc.ReasonBodyTooLarge, Msg: "the body is too large"}
	}
	if err != nil {
		return request{}, invalid("the body cannot be read")
	}
	return parse(body)
}

func (s *Service) getSession(r *http.Request, kind applet.Kind) (any, error) {
	while, err := timeout(r.URL.Query().Get("timeoutMs"))
	if err != nil {
		return nil, err
	}
	ss, err := s.find(r.Context(), kind, r.PathValue("id"))
	if err != nil {
		return nil, err
	}
	from, err := s.Client(r)
	if err != nil {
		return nil, err
	}
	if err := s.Parties.Admits(r.Context(), ss.Party, from.Addr()); simtrust.KindOf(err) == simtrust.KindUnauthenticated {
		return nil, errNoSession // that there is one is nobody else's business
	} else if err != nil {
		return nil, err
	}
	st, err := s.poll(r.Context(), ss, while)
	return st.answer(traceOf(r, s.Now)), err
}

// timeout reads timeoutMs; what is too short or too long is mended.
func timeout(text string) (time.Duration, error) {
	if text == "" {
		return defaultPoll, nil
	}
	ms, err := strconv.ParseInt(text, 10, 32)
	if err != nil || ms < 0 {
		return 0, invalid("timeoutMs: milliseconds")
	}
	return min(max(time.Duration(ms)*time.Millisecond, minPoll), maxPoll), nil
}

func serveVersion(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	_, _ = io.WriteString(w, "Version: "+version+"\n") // the client has gone
}

// serve sends what an operation answers.
func serve(operation func(*http.Request) (any, error)) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		a, err := operation(r)
		if err != nil {
			rpc.Fail(w, r, outward(err))
			return
		}
		w.Header().Set("Content-Type", "application/json")
		_ = json.MarshalWrite(w, a) // the client has gone
	})
}

// outward hides what a relying party has no word for.
func outward(err error) error {
	if simtrust.ReasonOf(err) == simshield.ReasonPartySuspended || simtrust.KindOf(err) == simtrust.KindUnauthenticated {
		return &simtrust.Error{Kind: simtrust.KindUnauthenticated, Reason: "mobileid_party", Op: "mobileid", Msg: "Failed to authorize user", Err: err}
	}
	return err
}

// unhurried lifts the server's limits of time, which are shorter than a poll.
func unhurried(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c := http.NewResponseController(w)
		_ = errors.Join(c.SetReadDeadline(time.Time{}), c.SetWriteDeadline(time.Time{})) // a writer without deadlines has none to lift
		next.ServeHTTP(w, r)
	})
}
