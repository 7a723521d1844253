package oidc

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"slices"
	"strings"

	"simtrust"
	"simtrust/internal/camara"
	"simtrust/internal/rpc"
)

// ReasonNotByNetwork says that the holder behind a token, if there is one, was not authenticated by the mobile network.
const ReasonNotByNetwork = "not_authenticated_by_network"

// ReasonNumberClaim says that a request carries neither or both of phoneNumber and hashedPhoneNumber, or one of the wrong form.
const ReasonNumberClaim = "invalid_number_claim"

// numberVerificationFace maps the reasons of this API (CAMARA Number Verification 2.1).
var numberVerificationFace = camara.Face{Codes: camara.Codes{
	{Kind: simtrust.KindDenied, Reason: ReasonNotByNetwork}: {
		Status: http.StatusForbidden, Name: "NUMBER_VERIFICATION.USER_NOT_AUTHENTICATED_BY_MOBILE_NETWORK",
	},
	{Kind: simtrust.KindUnauthenticated, Reason: ReasonToken}:          camara.Unauthenticated,
	{Kind: simtrust.KindInvalid, Reason: ReasonNumberClaim}:            camara.InvalidArgument,
	{Kind: simtrust.KindInvalid, Reason: simtrust.ReasonInvalidNumber}: camara.InvalidArgument,
}}

const numberVerificationPrefix = "/number-verification/v2/"

func (p *Provider) mountNumberVerification(r *rpc.Router) {
	r.Face(numberVerificationPrefix, numberVerificationFace)
	rpc.Handle(r, "number-verification.verify", "POST "+numberVerificationPrefix+"verify", p.verifyNumber, rpc.Scope(ScopeVerify))
	rpc.Handle(r, "number-verification.share", "GET "+numberVerificationPrefix+"device-phone-number", p.shareNumber, rpc.Scope(ScopeShare))
}

// numberClaim is the number that the caller believes the holder to have: in clear, or as the SHA-256 of its E.164 text in hex.
type numberClaim struct {
	PhoneNumber       *string `json:"phoneNumber"`
	HashedPhoneNumber *string `json:"hashedPhoneNumber"`
}

type verifyRes struct {
	DevicePhoneNumberVerified bool `json:"devicePhoneNumberVerified"`
}

type shareReq struct{}

// LimitKey leaves it to the caller's tenure: the claim may name anybody's number.
func (numberClaim) LimitKey() string { return "" }

// LimitKey leaves it to the caller's tenure.
func (shareReq) LimitKey() string { return "" }

type shareRes struct {
	DevicePhoneNumber string `json:"devicePhoneNumber"`
}

func (p *Provider) verifyNumber(ctx context.Context, claim numberClaim) (verifyRes, error) {
	matches, err := claim.matcher()
	if err != nil {
		return verifyRes{}, err
	}
	n, err := p.spendForNumber(ctx)
	return verifyRes{err == nil && matches(n)}, err
}

func (p *Provider) shareNumber(ctx context.Context, _ shareReq) (shareRes, error) {
	n, err := p.spendForNumber(ctx)
	return shareRes{n.E164()}, err
}

// spendForNumber spends the caller's token and returns the number of its tenure. Everything that could refuse the token comes
// first, most of it when the caller was authenticated, so that a token is spent by an answer and by nothing else.
func (p *Provider) spendForNumber(ctx context.Context) (simtrust.Number, error) {
	caller, _ := rpc.CallerFrom(ctx)
	if caller.Proof.Grant == "" || !slices.Contains(caller.Proof.AMR, amrNetwork) {
		return simtrust.Number{}, errNotByNetwork
	}
	h, err := p.usable(ctx, caller.Tenure)
	if err != nil {
		return simtrust.Number{}, err
	}
	switch won, err := p.ledger.spend(ctx, caller.Proof.Grant); {
	case err != nil:
		return simtrust.Number{}, err
	case !won:
		return simtrust.Number{}, errToken
	}
	return h.Number, nil
}

var (
	errNotByNetwork = &simtrust.Error{
		Kind: simtrust.KindDenied, Reason: ReasonNotByNetwork, Msg: "Client must authenticate via the mobile network to use this service",
	}
	errNumberClaim = &simtrust.Error{
		Kind: simtrust.KindInvalid, Reason: ReasonNumberClaim, Msg: "exactly one of phoneNumber and hashedPhoneNumber is required",
	}
	errNumberHash = &simtrust.Error{
		Kind: simtrust.KindInvalid, Reason: ReasonNumberClaim, Msg: "hashedPhoneNumber is 64 hexadecimal digits",
	}
)

// matcher checks the form of the claim and returns the comparison with a number.
func (c numberClaim) matcher() (func(simtrust.Number) bool, error) {
	switch {
	case (c.PhoneNumber == nil) == (c.HashedPhoneNumber == nil):
		return nil, errNumberClaim
	case c.PhoneNumber != nil:
		claimed, err := simtrust.ParseNumber(*c.PhoneNumber)
		return func(n simtrust.Number) bool { return n == claimed }, err
	}
	claimed := strings.ToLower(*c.HashedPhoneNumber)
	if b, err := hex.DecodeString(claimed); err != nil || len(b) != sha256.Size {
		return nil, errNumberHash
	}
	return func(n simtrust.Number) bool {
		sum := sha256.Sum256([]byte(n.E164()))
		return hex.EncodeToString(sum[:]) == claimed
	}, nil
}
