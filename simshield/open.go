package simshield

import (
	"context"
	"crypto/subtle"
	"encoding/json"
	"errors"

	"simtrust"
	"simtrust/internal/sqldb"
	"simtrust/simshield/applet"
	"simtrust/simshield/gateway"
	"simtrust/simshield/ota"
)

// open opens a batch of transactions: each is in the store together with its place in the day's sums and its message to the card, or
// not at all.
func (s *Service) open(ctx context.Context, tx *sqldb.Tx, batch []*opening) ([]sqldb.Result[Transaction], error) {
	out := make([]sqldb.Result[Transaction], len(batch))
	var submissions []gateway.Submission
	for i, o := range batch {
		t, sub, err := s.openOne(ctx, tx, o)
		if refused := (*simtrust.Error)(nil); err != nil && !errors.As(err, &refused) {
			return nil, err
		}
		out[i] = sqldb.Result[Transaction]{Value: t, Err: err}
		if sub != nil {
			submissions = append(submissions, *sub)
		}
	}
	if len(submissions) == 0 {
		return out, nil
	}
	return out, s.gateway.Submit(ctx, tx, submissions...)
}

// openOne opens one transaction. Where it refuses, it has taken back what it had reserved.
func (s *Service) openOne(ctx context.Context, tx *sqldb.Tx, o *opening) (Transaction, *gateway.Submission, error) {
	if known, err := findByRef(ctx, tx, o.party.ID, o.ref); err != nil || known != nil {
		t, err := again(known, o, err)
		return t, nil, err
	}
	if err := s.countPrompt(ctx, tx, o); err != nil {
		return Transaction{}, nil, err
	}
	d, err := s.reserve(ctx, tx, o)
	if err != nil {
		return Transaction{}, nil, err
	}
	row, err := o.row(d)
	if err != nil {
		return Transaction{}, nil, errors.Join(err, s.release(ctx, tx, o, d))
	}
	inserted, err := insertTransaction(ctx, tx, row)
	switch {
	case err != nil:
		return Transaction{}, nil, err
	case !inserted:
		if err := s.release(ctx, tx, o, d); err != nil {
			return Transaction{}, nil, err
		}
		return Transaction{}, nil, errBusy
	}
	return row.Transaction, &gateway.Submission{ICCID: o.key.ICCID, TAR: ota.TAR(o.application.TAR()), Data: row.command, Expires: o.expires, Ref: o.id}, nil
}

// again answers an order that is known.
func again(known *transactionRow, o *opening, err error) (Transaction, error) {
	switch {
	case err != nil:
		return Transaction{}, err
	case subtle.ConstantTimeCompare(known.digest, o.digest) != 1:
		return Transaction{}, &simtrust.Error{Kind: simtrust.KindConflict, Reason: ReasonReplayed, Msg: "the order is known with another content"}
	}
	return known.Transaction, nil
}

// countPrompt refuses to ask a card too often: a person who is asked again and again confirms in the end.
func (s *Service) countPrompt(ctx context.Context, tx *sqldb.Tx, o *opening) error {
	n, err := countPrompts(ctx, tx, o.key.ICCID, o.created.Unix()/60)
	if err != nil {
		return err
	}
	if n > s.prompts {
		return &simtrust.Error{Kind: simtrust.KindLimited, Reason: ReasonTooMany, Msg: "the card was asked too often; try again in a minute"}
	}
	return nil
}

// decision is what the policy said of a transfer, and what it was told.
type decision struct {
	Day      string     `json:"day"`
	Customer int64      `json:"customer_sum"`
	Shield   int64      `json:"shield_sum"`
	Others   int64      `json:"other_channels"`
	Own      bool       `json:"own_account,omitzero"`
	Unit     bool       `json:"unit,omitzero"`
	By       Identified `json:"identified"`
	Remind   bool       `json:"reminder"`
}

// reserve adds a transfer to the day's sums and asks the policy. Two at once see each other: the sums are rows that are locked.
func (s *Service) reserve(ctx context.Context, tx *sqldb.Tx, o *opening) (*decision, error) {
	if o.payment == nil {
		return nil, nil
	}
	d := &decision{Day: s.policy.Day(o.created), Others: o.payment.others, Own: o.payment.own, Unit: o.payment.unit, By: o.key.Identified}
	var err error
	if d.Customer, err = addToSum(ctx, tx, o.party.ID, sumCustomer, o.customer, d.Day, o.payment.amount); err != nil {
		return nil, err
	}
	if d.Shield, err = addToSum(ctx, tx, o.party.ID, sumShield, o.key.ICCID, d.Day, o.payment.amount); err != nil {
		return nil, err
	}
	by := signer{identified: o.key.Identified, bank: o.application == applet.Bank, cooledFrom: o.key.CooledFrom}
	if d.Remind, err = s.policy.decide(*o.payment, by, sums{d.Customer, d.Shield}); err != nil {
		return nil, errors.Join(s.release(ctx, tx, o, d), err)
	}
	return d, nil
}

// release takes a transfer out of the day's sums.
func (s *Service) release(ctx context.Context, tx *sqldb.Tx, o *opening, d *decision) error {
	if d == nil {
		return nil
	}
	return releaseSums(ctx, tx, o.party.ID, o.customer, o.key.ICCID, d.Day, o.payment.amount)
}

func (o *opening) row(d *decision) (transactionRow, error) {
	c, err := o.compose(o.key, d != nil && d.Remind)
	if err != nil {
		return transactionRow{}, err
	}
	row := transactionRow{
		Transaction: Transaction{ID: o.id, Party: o.party.ID, Ref: o.ref, Kind: o.kind, State: StateOpen, Code: c.code, Key: o.key.ID,
			Created: o.created, Expires: o.expires, tenure: o.holding.ID},
		digest: o.digest, form: o.form, iccid: o.key.ICCID, signedOver: c.signedOver, command: c.command, customer: o.customer,
		request: signedRequest{o.request, o.jwks}, decision: []byte("{}"),
	}
	if d != nil {
		row.amount, row.day = o.payment.amount, d.Day
		if row.decision, err = json.Marshal(d); err != nil {
			return row, err
		}
	}
	return row, nil
}

// signedRequest is a party's request with the keys that it had registered then.
type signedRequest struct {
	JWS  string          `json:"jws"`
	JWKS json.RawMessage `json:"jwks"`
}

var errBusy = &simtrust.Error{Kind: simtrust.KindConflict, Reason: ReasonBusy, Msg: "the card has a transaction open; try again when that has ended"}
