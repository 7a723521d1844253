package renumber

import (
	"context"

	"simtrust"
	"simtrust/internal/camara"
	"simtrust/internal/rpc"
)

// camaraPrefix is the base path of CAMARA Number Recycling 0.2.0 (Commonalities 0.6).
const camaraPrefix = "/number-recycling/v0.2/"

// camaraFace says how that API names our errors.
var camaraFace = camara.Face{Codes: camara.Codes{
	{Kind: simtrust.KindInvalid, Reason: simtrust.ReasonInvalidNumber}: camara.InvalidArgument,
	{Kind: simtrust.KindInvalid, Reason: ReasonMalformed}:              camara.InvalidArgument,
	{Kind: simtrust.KindInvalid, Reason: ReasonOutOfWindow}:            camara.OutOfRange,
	{Kind: simtrust.KindUnauthenticated, Reason: ReasonNotCurrent}:     camara.Unauthenticated,
	{Kind: simtrust.KindNotFound, Reason: ReasonNeverOurs}:             camara.IdentifierNotFound,
}}

type camaraCheckReq struct {
	PhoneNumber   *string `json:"phoneNumber"`
	SpecifiedDate string  `json:"specifiedDate"`
}

// LimitKey is the number asked about.
func (r camaraCheckReq) LimitKey() string { return deref(r.PhoneNumber) }

type camaraCheckRes struct {
	PhoneNumberRecycled bool `json:"phoneNumberRecycled"`
}

func (s *Service) mountCamara(r *rpc.Router) {
	r.Face(camaraPrefix, camaraFace)
	rpc.Handle(r, "number-recycling.check", "POST "+camaraPrefix+"check", s.camaraCheck, rpc.Scope(ScopeCheck))
}

func (s *Service) camaraCheck(ctx context.Context, req camaraCheckReq) (camaraCheckRes, error) {
	day, err := ParseDay(req.SpecifiedDate)
	if err != nil {
		return camaraCheckRes{}, err
	}
	n, err := s.subject(ctx, req.PhoneNumber)
	if err != nil {
		return camaraCheckRes{}, err
	}
	recycled, err := s.RecycledSinceDay(ctx, n, day)
	return camaraCheckRes{recycled}, err
}
