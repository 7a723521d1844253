package simshield

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/json"
	"time"

	"simtrust"
	"simtrust/ca"
	"simtrust/renumber"
	"simtrust/simshield/applet"
	"simtrust/simshield/request"
)

// Confirm asks the person who holds a number to confirm what a party's signed request says (package request), and returns at once. The same
// order with the same content is the same transaction, however that has ended and whatever the key or the time is now; with other content it
// is ReasonReplayed.
//
// The errors: ReasonRequest, ReasonRequestKey, what applet refuses to show, ReasonNotEnrolled, ReasonNotCurrent, ReasonCertificate, the
// policy's, ReasonBusy, ReasonTooMany.
func (s *Service) Confirm(ctx context.Context, party, signed string) (Transaction, error) {
	p, err := s.party(ctx, party)
	if err != nil {
		return Transaction{}, err
	}
	now := s.now()
	r, err := s.readRequest(p, signed, now)
	if err != nil {
		return Transaction{}, err
	}
	return s.confirmFrom(ctx, p, r, signed, "", now)
}

// confirmFrom has a request confirmed by the tenure that is meant; empty: by whoever holds the number.
func (s *Service) confirmFrom(ctx context.Context, p Party, r *request.Request, signed string, meant simtrust.TenureID, now time.Time) (Transaction, error) {
	t, err := s.confirm(ctx, p, r, signed, meant, now)
	if err != nil {
		return s.orKnown(ctx, p.ID, r.Order, func(digest []byte) bool { return bytes.Equal(digest, r.Digest()) }, err)
	}
	return t, nil
}

// orKnown returns the transaction that an order is already: it could not be asked again now, and need not be. Else it says why.
func (s *Service) orKnown(ctx context.Context, party, ref string, is func(digest []byte) bool, why error) (Transaction, error) {
	k, err := findByRefs(ctx, s.db, party, []string{ref})
	switch {
	case err != nil:
		return Transaction{}, err
	case len(k) == 1 && is(k[0].digest):
		return k[0].Transaction, nil
	}
	return Transaction{}, why
}

func (s *Service) confirm(ctx context.Context, p Party, r *request.Request, signed string, meant simtrust.TenureID, now time.Time) (Transaction, error) {
	o, err := s.statementFor(p, r, now)
	if err != nil {
		return Transaction{}, err
	}
	o.request, o.jwks, o.meant = signed, p.JWKS, meant
	number, err := simtrust.ParseNumber(r.PhoneNumber)
	if err != nil {
		return Transaction{}, err
	}
	return s.ask(ctx, o, number)
}

// HashReq asks for a signature over a hash, for faces whose protocols know no more.
type HashReq struct {
	Party string
	// Ref is the face's own id; the same with another content is refused.
	Ref         string
	Number      simtrust.Number
	Application applet.Application
	Kind        applet.Kind // login or document
	Text        string      // shown beside the party's name; may be empty
	Language    applet.Language
	Algorithm   applet.HashAlgorithm
	Hash        []byte
	Life        time.Duration // 0, or more than the longest: the longest
	// NationalID is who is meant to sign; empty: whoever holds the number. Key is the key that is meant to; empty: the active one.
	NationalID string
	Key        string
}

// SignHash asks to sign a hash with the login or document key; the errors are as with Confirm. A transaction key has no such use. Where the
// key is another's, or does not sign such hashes, it is ReasonNotEnrolled.
func (s *Service) SignHash(ctx context.Context, req HashReq) (Transaction, error) {
	p, err := s.party(ctx, req.Party)
	if err != nil {
		return Transaction{}, err
	}
	o, err := s.hashFor(p, req, s.now())
	if err != nil {
		return Transaction{}, err
	}
	t, err := s.ask(ctx, o, req.Number)
	if err != nil {
		return s.orKnown(ctx, p.ID, req.Ref, o.is, err)
	}
	return t, nil
}

// Forms of what is signed.
const (
	formStatement = "statement"
	formHash      = "hash"
)

// opening is a transaction about to be opened.
type opening struct {
	id          string
	party       Party
	ref         string
	digest      []byte
	former      []byte // the digest by which the same request may be known, from an earlier version; nil: none
	form        string
	kind        applet.Kind
	application applet.Application
	customer    string
	request     string
	jwks        []byte
	created     time.Time
	expires     time.Time
	// compose makes what is signed and asked, with or without the reminder of a large amount.
	compose func(k Key, remind bool) (composed, error)
	payment *payment // nil: no transfer
	// meant is who is asked, whoever holds the number; empty: who holds it now.
	meant simtrust.TenureID
	// hash, nationalID and only say which key may sign; zero: any.
	hash       applet.HashAlgorithm
	nationalID string
	only       string

	key     Key // set by ask
	holding renumber.Holding
}

// is says that a digest is the opening's.
func (o *opening) is(digest []byte) bool {
	return hmac.Equal(digest, o.digest) || o.former != nil && hmac.Equal(digest, o.former)
}

// composed is what a card is asked.
type composed struct {
	signedOver []byte
	command    []byte
	code       string
}

// statementFor reads what a request wants signed. That the text can be shown is found out here, before anything else.
func (s *Service) statementFor(p Party, r *request.Request, now time.Time) (*opening, error) {
	o, err := s.openingOf(p, r.Order, now, r.NotAfter)
	if err != nil {
		return nil, err
	}
	o.form, o.digest, o.customer = formStatement, r.Digest(), r.Customer
	var known bool
	if o.application, known = r.Applet(); !known {
		return nil, invalid(ReasonRequest, "application: bank, eid or enterprise")
	}
	language, known := r.Tongue()
	if !known {
		return nil, invalid(ReasonRequest, "language: zh or en")
	}
	subject, err := r.Subject()
	if err != nil {
		return nil, unreadable(err)
	}
	if r.Transfer != nil {
		if o.payment, err = paymentOf(r.Transfer, subject.(applet.Transfer).Amount, now); err != nil {
			return nil, err
		}
	}
	o.kind = subject.Kind()
	statement := applet.Statement{Party: p.Name, ID: o.appletID(), Nonce: nonce(), NotAfter: o.expires, Language: language, Subject: subject}
	o.compose = func(k Key, remind bool) (composed, error) { return composeStatement(statement, k.Algorithm, remind) }
	_, err = o.compose(Key{Algorithm: applet.P256}, true)
	return o, err
}

func composeStatement(st applet.Statement, a applet.Algorithm, remind bool) (composed, error) {
	if t, ok := st.Subject.(applet.Transfer); ok {
		t.Reminder = remind
		st.Subject = t
	}
	prompt, err := st.Compose()
	if err != nil {
		return composed{}, err
	}
	return composed{prompt.DER, applet.Confirm{Statement: st}.Append(nil), prompt.VerificationCode(a)}, nil
}

func (s *Service) hashFor(p Party, req HashReq, now time.Time) (*opening, error) {
	var until time.Time
	if req.Life > 0 {
		until = now.Add(min(req.Life, s.life))
	}
	o, err := s.openingOf(p, req.Ref, now, until)
	if err != nil {
		return nil, err
	}
	o.form, o.kind, o.application = formHash, req.Kind, req.Application
	o.digest, o.former = req.digest(s.person), req.formerDigest()
	o.hash, o.nationalID, o.only = req.Algorithm, req.NationalID, req.Key
	command := applet.SignHash{ID: o.appletID(), Kind: req.Kind, Party: p.Name, Text: req.Text, NotAfter: o.expires, Language: req.Language,
		Algorithm: req.Algorithm, Hash: req.Hash}
	if _, err := command.Compose(); err != nil {
		return nil, err
	}
	o.compose = func(Key, bool) (composed, error) {
		return composed{req.Hash, command.Append(nil), applet.VerificationCode(req.Hash)}, nil
	}
	return o, nil
}

// digest tells whether two requests under one reference are the same. It is keyed: a copy of the store is not to tell who was meant.
func (r HashReq) digest(key []byte) []byte {
	mac := hmac.New(sha256.New, key)
	mac.Write(r.text(r.NationalID))
	return mac.Sum(nil)
}

// formerDigest is what transactions have from before who is meant was in it.
func (r HashReq) formerDigest() []byte {
	sum := sha256.Sum256(r.text())
	return sum[:]
}

func (r HashReq) text(more ...any) []byte {
	text, err := json.Marshal(append([]any{r.Number.E164(), r.Application, r.Kind, r.Text, r.Language, r.Algorithm, r.Hash}, more...))
	if err != nil {
		panic(err) // of strings and numbers
	}
	return text
}

// openingOf begins an opening that ends at until, or after the longest life where that is zero.
func (s *Service) openingOf(p Party, ref string, now, until time.Time) (*opening, error) {
	if until.IsZero() {
		until = now.Add(s.life)
	}
	until = until.Truncate(time.Second)
	if !until.After(now) || until.Sub(now) > s.life {
		return nil, invalid(ReasonRequest, "not_after: in the future, and at most %s away", s.life)
	}
	return &opening{id: simtrust.NewID("txn"), party: p, ref: ref, created: now, expires: until}, nil
}

// appletID is the transaction's id as cards know it: 128 bits of its digest.
func (o *opening) appletID() applet.ID { return appletID(o.id) }

func appletID(id string) applet.ID {
	sum := sha256.Sum256([]byte(id))
	return applet.ID(sum[:16])
}

func nonce() (n [16]byte) {
	_, _ = rand.Read(n[:]) // never fails
	return n
}

// ask finds the key that is to sign and opens the transaction.
func (s *Service) ask(ctx context.Context, o *opening, n simtrust.Number) (Transaction, error) {
	if err := s.find(ctx, o, n); err != nil {
		return Transaction{}, err
	}
	t, err := s.openings.Do(ctx, o)
	if err == nil {
		s.metrics.opened.WithLabelValues(o.kind.String()).Inc()
	}
	return t, err
}

// find finds the holding of a number and the key that is to sign.
func (s *Service) find(ctx context.Context, o *opening, n simtrust.Number) error {
	h, err := s.holders.Current(ctx, n)
	switch {
	case simtrust.KindOf(err) == simtrust.KindNotFound:
		return errNotEnrolled
	case err != nil:
		return err
	case !h.Usable() || o.meant != "" && o.meant != h.ID:
		return errNotCurrent
	}
	o.holding = h
	o.key, err = s.keyFor(ctx, o, h)
	return err
}

// keyFor returns the key on the card of a holding that answers to the party, with a certificate that stands. A key of the bank line
// answers to its own bank only.
func (s *Service) keyFor(ctx context.Context, o *opening, h renumber.Holding) (Key, error) {
	k, err := s.active.Do(ctx, slot{primary(h), o.application, o.kind})
	switch {
	case err != nil:
		return Key{}, err
	case k == nil || !k.serves(h) || k.Application == applet.Bank && k.Party != o.party.ID || !s.meant(o, *k):
		return Key{}, errNotEnrolled
	}
	status, err := s.status(ctx, *k)
	if err != nil {
		return Key{}, err
	}
	if !good(status, o.expires) {
		return Key{}, &simtrust.Error{Kind: simtrust.KindDenied, Reason: ReasonCertificate, Msg: "the certificate of the key is revoked, suspended or at its end"}
	}
	return *k, nil
}

func (s *Service) status(ctx context.Context, k Key) (ca.Status, error) {
	issuer, serial, ok := ca.SplitID(k.Certificate)
	if !ok {
		return ca.Status{}, &simtrust.Error{Kind: simtrust.KindInternal, Op: "simshield.status", Msg: "the id of a certificate is none"}
	}
	list, err := s.authority.Statuses(ctx, issuer, [][]byte{serial})
	if err != nil || len(list) != 1 {
		return ca.Status{}, err
	}
	return list[0], nil
}

var (
	errNotEnrolled = &simtrust.Error{Kind: simtrust.KindNotFound, Reason: ReasonNotEnrolled, Msg: "the number has no key of that kind that answers to you"}
	errNotCurrent  = &simtrust.Error{Kind: simtrust.KindDenied, Reason: ReasonNotCurrent, Msg: "the number is not held as it was, or is barred"}
)
