package mss

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"time"

	"simtrust/ca/cms"
	"simtrust/internal/rpc"
	"simtrust/simshield"
	"simtrust/simshield/applet"
)

// guesses is how often an application may ask who has a key, by number.
var guesses = rpc.Rate{PerSecond: 1, Burst: 60}

// grace is how much longer than a transaction's life an answer waits for its end.
const grace = 5 * time.Second

// Service is the face. Its methods are safe for concurrent use.
type Service struct {
	Deps
	config  Config
	guesses *rpc.Pace
	busy    busy
	serving context.Context // until Close
	stop    context.CancelFunc
}

// New returns the face.
func New(d Deps, c Config) *Service {
	if c.Life == 0 {
		c.Life = 2 * time.Minute
	}
	s := &Service{Deps: d, config: c, guesses: rpc.NewPace(guesses, d.Now), busy: busy{of: map[string]int{}}}
	s.serving, s.stop = context.WithCancel(context.Background())
	return s
}

// Close ends the waiting of synchronous requests.
func (s *Service) Close() { s.stop() }

// answer is what an operation has to say, beside the header.
type answer struct {
	code      int
	transID   string // MSSP_TransID
	msisdn    string
	signature string // base64
	profiles  []uri
}

// serve carries a request out for an authenticated application.
func (s *Service) serve(ctx context.Context, party string, m message, soap bool) (answer, error) {
	switch {
	case m.Signature != nil:
		return s.sign(ctx, party, m.Signature, soap)
	case m.Status != nil:
		return s.status(ctx, party, m.Status.TransID)
	case m.Receipt != nil:
		return s.receipt(ctx, party, m.Receipt)
	case m.Profile != nil:
		return s.profile(ctx, party, m.Profile.MobileUser)
	}
	return s.registration(ctx, party, m.Registration.MobileUser)
}

// sign asks the card, and waits for it where the mode is synchronous.
func (s *Service) sign(ctx context.Context, party string, q *signatureReq, soap bool) (answer, error) {
	o, err := s.order(q)
	if err != nil {
		return answer{}, err
	}
	t, err := s.ask(ctx, party, q.AP.TransID, o)
	if err != nil {
		return answer{}, err
	}
	if s.Now().Sub(t.Created) > Known {
		f := failTransID // of a transaction that is forgotten here
		return answer{}, &f
	}
	row := transaction{ID: t.ID, Party: party, TransID: q.AP.TransID, APID: q.AP.ID, MSISDN: q.MobileUser.MSISDN, Profile: o.profile, Format: o.format, Data: o.data,
		URL: o.url, SOAP: soap, Major: string(q.MajorVersion), Minor: string(q.MinorVersion), Created: s.Now()}
	switch inserted, err := s.insert(ctx, row); {
	case err != nil:
		return answer{}, err
	case !inserted:
		f := failTransID
		return answer{}, &f
	}
	if o.mode != modeSynch {
		return answer{code: codeOK, transID: row.ID, msisdn: row.MSISDN, profiles: []uri{row.Profile}}, nil
	}
	return s.await(ctx, row)
}

// await waits for the end of a transaction.
func (s *Service) await(ctx context.Context, row transaction) (answer, error) {
	waiting, done := context.WithCancel(ctx)
	defer done()
	defer context.AfterFunc(s.serving, done)()
	t, err := s.Shield.Wait(waiting, row.Party, row.ID, s.config.Life+grace)
	switch {
	case s.serving.Err() != nil && (err != nil || !t.Final()):
		return answer{}, &fault{code: codeInternal, detail: "the node stops; MSS_StatusReq tells the end of MSSP_TransID " + row.ID, http: http.StatusServiceUnavailable}
	case err != nil:
		return answer{}, err
	case !t.Final():
		return answer{}, failure(codeExpired, "2081: no answer came in time")
	}
	return s.result(ctx, row, t)
}

// ask has the card sign a hash with the key that the profile means. The same AP_TransID again asks nobody.
func (s *Service) ask(ctx context.Context, party, transID string, o order) (simshield.Transaction, error) {
	key, err := s.key(ctx, party, o.number.E164(), simshield.KeyReq{Party: party, Number: o.number, Application: applet.EID, Kind: o.kind})
	if err != nil {
		return simshield.Transaction{}, err
	}
	hash := sha256.Sum256(o.data)
	switch {
	case o.hashed:
		hash = [32]byte(o.data)
	case o.format == formatPKCS7:
		set, err := attributes(o.data, key.Raw)
		if err != nil {
			return simshield.Transaction{}, err
		}
		hash = sha256.Sum256(set)
	}
	return s.Shield.SignHash(ctx, simshield.HashReq{Party: party, Ref: "mss " + transID, Number: o.number, Application: applet.EID, Kind: o.kind,
		Text: o.text, Language: o.language, Algorithm: applet.SHA256, Hash: hash[:], Life: min(o.life, s.config.Life), Key: key.ID})
}

func (s *Service) key(ctx context.Context, party, number string, req simshield.KeyReq) (simshield.Key, error) {
	if err := s.guesses.Take(party + " " + number); err != nil {
		return simshield.Key{}, err
	}
	return s.Shield.Key(ctx, req)
}

// status says how a transaction stands.
func (s *Service) status(ctx context.Context, party, id string) (answer, error) {
	row, t, err := s.transaction(ctx, party, id)
	if err != nil {
		return answer{}, err
	}
	if !t.Final() {
		return answer{code: codeOutstanding, msisdn: row.MSISDN}, nil
	}
	return s.result(ctx, row, t)
}

func (s *Service) transaction(ctx context.Context, party, id string) (transaction, simshield.Transaction, error) {
	if id == "" {
		return transaction{}, simshield.Transaction{}, failure(codeMissingParam, "MSSP_TransID")
	}
	row, err := s.find(ctx, party, id)
	switch {
	case err != nil:
		return transaction{}, simshield.Transaction{}, err
	case row == nil:
		f := failUnknown
		return transaction{}, simshield.Transaction{}, &f
	}
	t, err := s.Shield.Transaction(ctx, party, id)
	return *row, t, err
}

// result is the end of a transaction: the signature in the format that was asked for, or a fault.
func (s *Service) result(ctx context.Context, row transaction, t simshield.Transaction) (answer, error) {
	if t.State != simshield.StateSigned {
		return answer{}, endOf(t)
	}
	a := answer{code: codeValid, transID: row.ID, msisdn: row.MSISDN, signature: base64.StdEncoding.EncodeToString(t.Signature.ASN1()), profiles: []uri{row.Profile}}
	if row.Format == formatPKCS1 {
		return a, nil
	}
	key, err := s.Shield.Signer(ctx, row.Party, row.ID)
	if err != nil {
		return answer{}, err
	}
	set, err := attributes(row.Data, key.Raw)
	if err != nil {
		return answer{}, err
	}
	der, err := cms.Assemble(signedData(row.Data), set, t.Signature.ASN1(), key.Raw, key.Chain[:max(len(key.Chain)-1, 0)]...)
	a.signature = base64.StdEncoding.EncodeToString(der)
	return a, err
}

// attributes are the signed attributes over the data, by the key of a certificate.
func attributes(data, certificate []byte) ([]byte, error) {
	digest := sha256.Sum256(certificate)
	return cms.SignedAttributes(cms.P256SHA256, signedData(data), digest[:])
}

func signedData(data []byte) cms.Message { return cms.Message{Content: data, Certificates: true} }

// receipt takes an application's receipt for a signature.
func (s *Service) receipt(ctx context.Context, party string, q *receiptReq) (answer, error) {
	_, t, err := s.transaction(ctx, party, q.TransID)
	switch {
	case err != nil:
		return answer{}, err
	case !t.Final():
		return answer{}, failure(codeOutstanding, "there is no signature yet")
	case t.State != simshield.StateSigned:
		return answer{}, endOf(t)
	case q.Message != nil:
		return answer{}, failure(codeWrongParam, "1015: a receipt is not displayed")
	}
	return answer{code: codeOK}, nil
}

// profile lists the profiles that a mobile user has keys for.
func (s *Service) profile(ctx context.Context, party string, u mobileUser) (answer, error) {
	a := answer{code: codeOK, msisdn: u.MSISDN}
	n, err := u.number()
	if err != nil {
		return a, err
	}
	for _, kind := range []applet.Kind{applet.KindLogin, applet.KindDocument} {
		_, keyErr := s.key(ctx, party, n.E164(), simshield.KeyReq{Party: party, Number: n, Application: applet.EID, Kind: kind})
		if keyErr != nil && faultOf(keyErr).code != codeUnknownClient {
			return a, keyErr
		}
		if keyErr == nil {
			a.profiles = append(a.profiles, profilesOf(kind)...)
		}
		err = keyErr
	}
	if len(a.profiles) == 0 {
		return a, err
	}
	return a, nil
}

// registration says whether a mobile user is registered.
func (s *Service) registration(ctx context.Context, party string, u mobileUser) (answer, error) {
	a, err := s.profile(ctx, party, u)
	if err != nil && faultOf(err).code == codeUnknownClient {
		return a, failure(codeRegistration, "the mobile user is not registered; persons are identified first")
	}
	a.profiles = nil
	return a, err
}
