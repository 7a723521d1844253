package renumber

import (
	"context"

	"simtrust"
	"simtrust/internal/camara"
	"simtrust/internal/rpc"
)

// subject returns the number that a request is about. A token that stands for a holder names it, and a number beside it is refused
// even if it is equal, so that nobody can probe with it; any other token leaves it to the request (CAMARA Commonalities, subject
// identification). given is nil where the request names no number. Errors: KindUnprocessable with
// [camara.ReasonUnnecessaryIdentifier] or [camara.ReasonMissingIdentifier]; KindUnauthenticated with [ReasonNotCurrent] once the
// holder's tenure is over or out of sight; KindInvalid with [simtrust.ReasonInvalidNumber].
func (s *Service) subject(ctx context.Context, given *string) (simtrust.Number, error) {
	c, ok := rpc.CallerFrom(ctx)
	switch threeLegged := c.Tenure != "" || c.Proof.Grant != ""; {
	case !ok:
		return simtrust.Number{}, errStale()
	case threeLegged && given != nil:
		return simtrust.Number{}, errIdentifier(camara.ReasonUnnecessaryIdentifier, "The phone number is already identified by the access token.")
	case threeLegged:
		return s.holderOf(ctx, c.Tenure)
	case given == nil:
		return simtrust.Number{}, errIdentifier(camara.ReasonMissingIdentifier, "The phone number cannot be identified.")
	}
	return simtrust.ParseNumber(*given)
}

// holderOf returns the number of a tenure that is current.
func (s *Service) holderOf(ctx context.Context, id simtrust.TenureID) (simtrust.Number, error) {
	live, err := s.Live(ctx, []simtrust.TenureID{id})
	if err != nil {
		return simtrust.Number{}, err
	}
	h, ok := live[id]
	if !ok {
		return simtrust.Number{}, errStale()
	}
	return h.Number, nil
}

func errStale() error {
	return &simtrust.Error{
		Kind: simtrust.KindUnauthenticated, Reason: ReasonNotCurrent, Op: "renumber.check", Msg: "the token's holder does not hold the number any more",
	}
}

func errIdentifier(reason, msg string) error {
	return &simtrust.Error{Kind: simtrust.KindUnprocessable, Reason: reason, Op: "renumber.check", Msg: msg}
}
