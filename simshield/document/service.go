package document

import (
	"cmp"
	"context"
	"errors"
	"time"

	"github.com/emmansun/gmsm/sm2"

	"simtrust"
	"simtrust/simshield"
	"simtrust/simshield/applet"
)

const (
	// keepFor is how long contents are kept.
	keepFor = 24 * time.Hour
	// maxKept bounds what is kept for one party, in octets.
	maxKept = 256 << 20

	sweepEvery = time.Minute
)

// Service is the module. Its methods are safe for concurrent use.
type Service struct{ Deps }

// New returns the module.
func New(d Deps) *Service { return &Service{d} }

// Document is one as it stands.
type Document struct {
	ID     string
	Title  string
	Format Format
	// Transaction is the question on the telephone. Its party is who ordered, its Ref is not the order.
	Transaction simshield.Transaction
	Order       string
	MediaType   string
	// Signed is the signed document; nil: not signed.
	Signed []byte
}

// Start asks a person to sign a document. The same order with the same content is the same document; with other content it is
// simshield.ReasonReplayed. The errors are those of this package, of pdf, and of simshield.Service.SignHash; after one of those the
// order may be tried again.
func (s *Service) Start(ctx context.Context, party string, o Order) (Document, error) {
	if err := o.check(); err != nil {
		return Document{}, err
	}
	r, err := s.ordered(ctx, party, &o)
	if err != nil {
		return Document{}, err
	}
	t, err := s.ask(ctx, r, &o)
	if simtrust.ReasonOf(err) == simshield.ReasonNotEnrolled { // nobody was asked, and with that key nobody can be: it may have been replaced
		if err := s.forget(ctx, r.ID); err != nil {
			return Document{}, err
		}
		if r, err = s.ordered(ctx, party, &o); err != nil {
			return Document{}, err
		}
		t, err = s.ask(ctx, r, &o)
	}
	return r.document(t), err
}

// ordered returns the row of an order, and makes it where there is none.
func (s *Service) ordered(ctx context.Context, party string, o *Order) (*row, error) {
	for {
		r, err := s.find(ctx, `party = $1 and ref = $2`, party, o.Order)
		switch {
		case err != nil:
			return nil, err
		case r != nil && !o.is(r.Digest, s.OrderKey):
			return nil, errReplayed
		case r != nil:
			return r, nil
		}
		if r, err = s.prepare(ctx, party, o); err != nil {
			return nil, err
		}
		if known, err := s.insert(ctx, r); err != nil || !known {
			return r, err
		}
	}
}

// prepare makes all that there is before the signature.
func (s *Service) prepare(ctx context.Context, party string, o *Order) (*row, error) {
	k, err := s.Shield.Key(ctx, simshield.KeyReq{Party: party, Number: o.Number, Application: o.Application, Kind: applet.KindDocument, NationalID: o.NationalID})
	if err != nil {
		return nil, err
	}
	now := s.Now()
	d, err := forms[o.Format].prepare(o, &k, now)
	if err != nil {
		return nil, err
	}
	r := &row{ID: simtrust.NewID("doc"), Party: party, Ref: o.Order, Digest: o.digest(s.OrderKey), Format: o.Format, Title: o.Title, Key: k.ID, draft: d,
		Kept: true, Created: now}
	r.Algorithm, r.Hash, err = hash(&k, forms[o.Format].input(d))
	return r, err
}

// hash is what a card signs for a message: under SM2 the hash of Z and the message (GB/T 32918.2, section 6.1).
func hash(k *simshield.Key, message []byte) (applet.HashAlgorithm, []byte, error) {
	if k.Algorithm != applet.SM2 {
		sum := k.Algorithm.Sum(message)
		return applet.SHA256, sum[:], nil
	}
	public, err := applet.ParsePublicKey(k.PublicKey[:], k.Algorithm)
	if err != nil {
		return 0, nil, err
	}
	sum, err := sm2.CalculateSM2Hash(public, message, nil)
	return applet.SM3, sum, err
}

// ask has the card asked, once: simshield knows the document by its id.
func (s *Service) ask(ctx context.Context, r *row, o *Order) (simshield.Transaction, error) {
	switch {
	case r.Transaction != "":
		return s.Shield.Transaction(ctx, r.Party, r.Transaction)
	case !r.Kept:
		return simshield.Transaction{}, errRemoved
	}
	t, err := s.Shield.SignHash(ctx, simshield.HashReq{Party: r.Party, Ref: "document " + r.ID, Number: o.Number, Application: o.Application,
		Kind: applet.KindDocument, Text: o.Title, Language: o.Language, Algorithm: r.Algorithm, Hash: r.Hash, NationalID: o.NationalID, Key: r.Key})
	if simtrust.KindOf(err) == simtrust.KindInvalid { // a title that is not shown, however often it is tried
		return t, errors.Join(err, s.forget(ctx, r.ID))
	}
	if err != nil {
		return t, err
	}
	r.Transaction = t.ID
	if known, err := s.asked(ctx, r.ID, t.ID); err != nil || !known {
		return t, cmp.Or(err, errForgotten)
	}
	return t, nil
}

// Document returns a party's document when the person has answered, or as it stands after a while; ReasonUnknown for another's.
func (s *Service) Document(ctx context.Context, party, id string, while time.Duration) (Document, error) {
	r, err := s.find(ctx, `id = $1`, id)
	switch {
	case err != nil:
		return Document{}, err
	case r == nil || r.Party != party || r.Transaction == "":
		return Document{}, errUnknown
	}
	t, err := s.Shield.Wait(ctx, party, r.Transaction, while)
	if err != nil || t.State != simshield.StateSigned {
		return r.document(t), err
	}
	if r, err = s.signed(ctx, r, t); err != nil {
		return Document{}, err
	}
	return r.document(t), nil
}

// Remove takes a party's document back: a question that is open is cancelled, on the telephone too, and what is kept is forgotten. Removing
// again is no error; ReasonUnknown for another's. Where the question cannot be cancelled now, nothing is removed.
func (s *Service) Remove(ctx context.Context, party, id string) error {
	r, err := s.find(ctx, `id = $1`, id)
	switch {
	case err != nil:
		return err
	case r == nil || r.Party != party:
		return errUnknown
	}
	if err := s.recall(ctx, r); err != nil {
		return err
	}
	return s.remove(ctx, `id = $2`, id)
}

// recall takes the question about a document back, unless it has ended.
func (s *Service) recall(ctx context.Context, r *row) error {
	if r.Transaction == "" {
		return nil
	}
	_, err := s.Shield.Cancel(ctx, r.Party, r.Transaction)
	if simtrust.ReasonOf(err) == simshield.ReasonEnded {
		return nil
	}
	return err
}

// document is a row as its party sees it.
func (r *row) document(t simshield.Transaction) Document {
	d := Document{ID: r.ID, Title: r.Title, Format: r.Format, Order: r.Ref, Transaction: t}
	if len(r.Signed) > 0 {
		d.Signed, d.MediaType = r.Signed, forms[r.Format].mediaType()
	}
	return d
}
