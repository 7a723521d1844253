package simshield

import (
	"errors"
	"fmt"
	"math"
	"time"

	"simtrust"
	"simtrust/simshield/applet"
	"simtrust/simshield/request"
)

const (
	maxRequest = 16 << 10
	maxRef     = 64
	leeway     = 30 * time.Second
	// requestLife bounds the claims iat to exp of a request: it is sent when it is made.
	requestLife = 5 * time.Minute
)

// readRequest verifies a party's request.
func (s *Service) readRequest(p Party, text string, now time.Time) (*request.Request, error) {
	if len(text) > maxRequest {
		return nil, invalid(ReasonRequest, "the request is longer than %d octets", maxRequest)
	}
	keys, err := s.clients.Of(p.ID, p.JWKS)
	if err != nil {
		return nil, errUnsigned
	}
	r, _, err := request.Read(text, keys.Keyfunc)
	if err != nil {
		return nil, unreadable(err)
	}
	return r, s.checkRequest(r, p.ID, now)
}

// unreadable is a refusal of package request, or of applet, as this module's.
func unreadable(err error) error {
	switch {
	case errors.Is(err, request.ErrUnsigned):
		return errUnsigned
	case errors.Is(err, request.ErrMalformed):
		return invalid(ReasonRequest, "%s", err)
	}
	return err
}

// checkRequest judges who asks, whom, when, and for what order.
func (s *Service) checkRequest(r *request.Request, party string, now time.Time) error {
	issued, expires := time.Unix(r.Issued, 0), time.Unix(r.Expires, 0)
	switch {
	case r.Issuer != party:
		return invalid(ReasonRequest, "iss is not the client that asks")
	case r.Audience != s.audience:
		return invalid(ReasonRequest, "aud is not this server")
	case r.Issued == 0 || issued.After(now.Add(leeway)):
		return invalid(ReasonRequest, "iat is missing or in the future")
	case !expires.After(now) || expires.Sub(issued) > requestLife:
		return invalid(ReasonRequest, "exp is missing, past, or more than %s after iat", requestLife)
	case r.Order == "" || len(r.Order) > maxRef:
		return invalid(ReasonRequest, "order: 1 to %d octets", maxRef)
	case len(r.Customer) > maxRef:
		return invalid(ReasonRequest, "customer: up to %d octets", maxRef)
	case r.Transfer != nil && r.Customer == "":
		return invalid(ReasonRequest, "customer: the account that a transfer is from is missing")
	}
	return nil
}

// paymentOf is a transfer as the policy looks at it.
func paymentOf(t *request.Transfer, amount applet.Amount, now time.Time) (*payment, error) {
	p := &payment{amount: amount.Minor, currency: amount.Currency, own: t.OwnAccount, unit: t.Unit, at: now}
	if t.OtherChannels != "" {
		others, err := applet.ParseSum(t.OtherChannels, t.Currency)
		if err != nil {
			return nil, invalid(ReasonRequest, "transfer.other_channels is not an amount")
		}
		p.others = others.Minor
	}
	if p.amount <= 0 || p.amount > math.MaxInt64/4 || p.others > math.MaxInt64/4 {
		return nil, invalid(ReasonRequest, "transfer.amount is not one that is transferred")
	}
	return p, nil
}

func invalid(reason, format string, args ...any) error {
	return &simtrust.Error{Kind: simtrust.KindInvalid, Reason: reason, Msg: fmt.Sprintf(format, args...)}
}

var errUnsigned = &simtrust.Error{Kind: simtrust.KindUnauthenticated, Reason: ReasonRequestKey,
	Msg: "the request is not signed by a key that the client has registered (ES256 or PS256)"}
