package mobileid

import (
	"context"
	"time"

	"simtrust"
	"simtrust/internal/rpc"
	"simtrust/simshield"
	"simtrust/simshield/applet"
)

// life is how long a session is known.
const life = 5 * time.Minute

// guesses is how often a relying party may ask about a number: enough for who mistypes, too few to find an identity number.
var guesses = rpc.Rate{PerSecond: 1, Burst: 60}

// Service is the face. Its methods are safe for concurrent use.
type Service struct {
	Deps
	polls   *polls
	serving context.Context // until Close
	stop    context.CancelFunc
	guesses *rpc.Pace
}

// New returns the face.
func New(d Deps) *Service {
	s := &Service{Deps: d, polls: newPolls(), guesses: rpc.NewPace(guesses, d.Now)}
	s.serving, s.stop = context.WithCancel(context.Background())
	return s
}

// Close ends the polls under way, as if their time was up.
func (s *Service) Close() { s.stop() }

// certificate returns the document certificate of a person, DER; nil: there is none.
func (s *Service) certificate(ctx context.Context, party string, p person) ([]byte, error) {
	if err := s.guesses.Take(party + " " + p.number.E164()); err != nil {
		return nil, err
	}
	k, err := s.Shield.Key(ctx, simshield.KeyReq{Party: party, Number: p.number, Application: applet.EID, Kind: applet.KindDocument, NationalID: p.nationalID})
	switch {
	case resultOf(err) != "":
		return nil, nil
	case err != nil:
		return nil, err
	case k.Algorithm != applet.P256:
		return nil, nil
	}
	return k.Raw, nil
}

// start asks the card, and returns the session in which the answer comes.
func (s *Service) start(ctx context.Context, party string, kind applet.Kind, o order) (string, error) {
	if err := s.guesses.Take(party + " " + o.number.E164()); err != nil {
		return "", err
	}
	ss := session{ID: simtrust.NewUUID(), Party: party, Kind: kind, Hash: o.algorithm, Created: s.Now()}
	t, err := s.Shield.SignHash(ctx, simshield.HashReq{
		Party: party, Ref: "mobile-id " + ss.ID, Number: o.number, Application: applet.EID, Kind: kind, Text: o.text, Language: o.language,
		Algorithm: o.algorithm, Hash: o.hash, NationalID: o.nationalID,
	})
	ss.Transaction, ss.Result = t.ID, resultOf(err)
	if err != nil && ss.Result == "" {
		return "", err
	}
	return ss.ID, s.insert(ctx, ss)
}

// status is how a session stands; Result is empty while it runs.
type status struct {
	Result      string
	Signature   applet.Signature
	Algorithm   string
	Certificate []byte
}

// poll returns how a session stands, after a while at most. A newer poll ends an older one.
func (s *Service) poll(ctx context.Context, ss session, while time.Duration) (status, error) {
	if ss.Result != "" {
		return status{Result: ss.Result}, nil
	}
	waiting, done := s.polls.begin(ctx, ss.ID)
	defer done()
	defer context.AfterFunc(s.serving, done)()
	t, err := s.Shield.Wait(waiting, ss.Party, ss.Transaction, while)
	switch {
	case waiting.Err() != nil && ctx.Err() == nil:
		return status{}, nil // a newer poll took over, or the node stops
	case err != nil || !t.Final():
		return status{}, err
	case t.State != simshield.StateSigned:
		return status{Result: endOf(t)}, nil
	}
	return s.signed(ctx, ss, t)
}

func (s *Service) signed(ctx context.Context, ss session, t simshield.Transaction) (status, error) {
	out := status{Result: resultOK, Signature: t.Signature, Algorithm: algorithms[ss.Hash]}
	if ss.Kind != applet.KindLogin {
		return out, nil
	}
	k, err := s.Shield.Signer(ctx, ss.Party, ss.Transaction)
	out.Certificate = k.Raw
	return out, err
}

// find returns a session of a kind that is still known.
func (s *Service) find(ctx context.Context, kind applet.Kind, id string) (session, error) {
	ss, err := s.read(ctx, id)
	switch {
	case err != nil:
		return session{}, err
	case ss == nil || ss.Kind != kind || !s.Now().Before(ss.Created.Add(life)):
		return session{}, errNoSession
	}
	return *ss, nil
}

// Reasons of refusal, beside those of simshield.
const (
	ReasonParameter = "mobileid_parameter"  // invalid
	ReasonNoSession = "mobileid_no_session" // not found
)

var errNoSession = error(&simtrust.Error{Kind: simtrust.KindNotFound, Reason: ReasonNoSession, Op: "mobileid", Msg: "SessionID not found"})

func invalid(msg string) error {
	return &simtrust.Error{Kind: simtrust.KindInvalid, Reason: ReasonParameter, Op: "mobileid", Msg: msg}
}
