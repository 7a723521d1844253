package purchase

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"time"

	"simtrust"
	"simtrust/internal/sqldb"
	"simtrust/messaging"
	"simtrust/messaging/dispatch"
	"simtrust/messaging/gsma"
	"simtrust/simshield/applet"
	"simtrust/simshield/request"
)

// Ask has a person asked about a purchase, by a notice with two suggestions. The same order with the same content is the same purchase. It is
// open until the request's exp, or its not_after where that is sooner. Errors: those of the request, of kind invalid and unauthenticated;
// KindDenied where the chatbot is not the client's, not linked to the party, or the person is not written to; KindConflict with
// [ReasonDiffers]; those of messages; KindUnavailable, after which the same can be asked again.
func (s *Service) Ask(ctx context.Context, req AskReq) (Purchase, error) {
	if err := s.Chatbots.Owned(ctx, req.Client, req.Chatbot); err != nil {
		return Purchase{}, err
	}
	if err := req.checkWords(); err != nil {
		return Purchase{}, err
	}
	claims, err := s.Shield.Check(ctx, req.Request)
	if err != nil {
		return Purchase{}, err
	}
	if err := s.allowed(ctx, req.Chatbot, claims.Issuer); err != nil {
		return Purchase{}, err
	}
	number, err := simtrust.ParseNumber(claims.PhoneNumber)
	if err != nil {
		return Purchase{}, err
	}
	fresh, err := s.prepare(ctx, req, claims, number)
	if err != nil {
		return Purchase{}, err
	}
	p, err := s.open(ctx, fresh)
	if err != nil || p.Message != "" || p.Final() {
		return p, err
	}
	if p.tenure != fresh.tenure {
		return Purchase{}, errHolder
	}
	return s.notify(ctx, req, claims, p)
}

// prepare is a purchase before anybody knows of it. One that nobody can be asked about is not sent either, for the reason that messages have.
func (s *Service) prepare(ctx context.Context, req AskReq, claims request.Request, number simtrust.Number) (Purchase, error) {
	if claims.Transfer.Batch != nil {
		return Purchase{}, invalid(ReasonRequest, "transfer: one payee, not a batch")
	}
	above := cmp.Or(req.SIMAbove, s.SIMAbove[claims.Transfer.Currency])
	needsSIM, err := needsSIM(above, *claims.Transfer)
	if err != nil {
		return Purchase{}, err
	}
	now, sum := s.Now(), sha256.Sum256([]byte(req.Request))
	p := Purchase{ID: simtrust.NewID("pur"), Chatbot: req.Chatbot, Party: claims.Issuer, Order: claims.Order, Standing: Standing{State: StateAsked},
		Amount: claims.Transfer.Amount, Currency: claims.Transfer.Currency, Created: now.UTC().Truncate(time.Millisecond), Expires: expiry(claims),
		needsSIM: needsSIM, simAbove: above, language: req.Language, request: req.Request, requestSHA256: sum[:], digest: req.digest(claims), claims: claims.Digest()}
	p.due = p.Expires
	if p.tenure, err = s.Holders.Holder(ctx, number); err == nil && p.tenure != "" {
		p.simSince, err = s.Holders.SIMSince(ctx, p.tenure)
	}
	return p, err
}

// needsSIM says that a button is not enough for an amount. Where above is empty it never is.
func needsSIM(above string, t request.Transfer) (bool, error) {
	amount, err := applet.ParseAmount(t.Amount, t.Currency)
	if err != nil || above == "" {
		return true, err
	}
	limit, err := applet.ParseSum(above, t.Currency)
	if err != nil {
		return true, errThreshold
	}
	return amount.Minor > limit.Minor, nil
}

// open returns the purchase of an order, which is the fresh one where there is none yet.
func (s *Service) open(ctx context.Context, fresh Purchase) (p Purchase, err error) {
	var found bool
	err = s.DB.InDefaultTx(ctx, func(tx *sqldb.Tx) error {
		if err := insert(ctx, tx, fresh); err != nil {
			return err
		}
		p, found, err = byOrder(ctx, tx, fresh.Party, fresh.Order)
		return err
	})
	switch {
	case err != nil:
		return Purchase{}, err
	case !found:
		return Purchase{}, errForgotten
	case !bytes.Equal(p.digest, fresh.digest):
		return Purchase{}, errDiffers
	}
	return p, nil
}

// notify sends the notice, under a key of the purchase's own so that it goes out once.
func (s *Service) notify(ctx context.Context, req AskReq, claims request.Request, p Purchase) (Purchase, error) {
	sent, err := s.Messages.Send(ctx, messaging.SendReq{Client: req.Client, Chatbot: p.Chatbot, Key: p.ID, To: []string{claims.PhoneNumber},
		Content: s.notice(req, *claims.Transfer, p), Class: dispatch.ClassTransaction, Expires: p.Expires, HoldBack: req.HoldBack,
		Language: gsma.Language(req.Language), Door: true})
	if err != nil {
		return Purchase{}, err
	}
	if why := sent.Recipients[0].Reason; why != "" {
		return Purchase{}, refuse(simtrust.KindDenied, why, "the person is not written to")
	}
	p, found, err := s.sent(ctx, p.ID, sent.Message)
	if err == nil && !found {
		err = errForgotten
	}
	return p, err
}
