package account

import (
	"context"
	"net/http"
	"time"

	"simtrust"
	"simtrust/internal/rpc"
)

// Scopes of the module's operations. ScopeAdmin is for operators' own, 2-legged tokens; the others for holders' tokens.
const (
	ScopeAdmin   = "app:admin"
	ScopeMove    = "account:move"
	ScopeConsent = "account:consent"
)

// The operations. Apps are listed in the order of their ids, from after on.
const (
	patternRegister = "POST /account/v1/apps"
	patternList     = "GET /account/v1/apps"
	patternShow     = "GET /account/v1/apps/{id}"
	patternRotate   = "POST /account/v1/apps/{id}/rotate"
	patternSuspend  = "POST /account/v1/apps/{id}/suspend"
	patternResume   = "POST /account/v1/apps/{id}/resume"
	patternStart    = "POST /account/v1/moves"
	patternFinish   = "POST /account/v1/moves/finish"
	patternWithdraw = "POST /account/v1/consents/withdraw"
)

// Reasons of refused callers, both denied.
const (
	ReasonNotOperator = "not_operator" // a token that stands for a holder administers nothing
	ReasonNotHolder   = "not_holder"   // a token that stands for nobody has no account
)

var (
	errNotOperator = &simtrust.Error{Kind: simtrust.KindDenied, Reason: ReasonNotOperator, Msg: "a holder's token does not administer apps"}
	errNotHolder   = &simtrust.Error{Kind: simtrust.KindDenied, Reason: ReasonNotHolder, Msg: "the operation needs a holder's token"}
)

// Mount puts the module's operations on r.
func (s *Service) Mount(r *rpc.Router) {
	admin, move, consent := rpc.Scope(ScopeAdmin), rpc.Scope(ScopeMove), rpc.Scope(ScopeConsent)
	rpc.Handle(r, "account.register", patternRegister, operator(s.register), admin, rpc.Status(http.StatusCreated))
	rpc.Handle(r, "account.apps", patternList, operator(s.list), admin)
	rpc.Handle(r, "account.app", patternShow, operator(s.show), admin)
	rpc.Handle(r, "account.rotate", patternRotate, operator(s.rotate), admin)
	rpc.Handle(r, "account.suspend", patternSuspend, operator(s.suspend), admin)
	rpc.Handle(r, "account.resume", patternResume, operator(s.resume), admin)
	rpc.Handle(r, "account.start_move", patternStart, holder(s.startMove), move, rpc.Status(http.StatusCreated))
	rpc.Handle(r, "account.finish_move", patternFinish, holder(s.finishMove), move)
	rpc.Handle(r, "account.withdraw", patternWithdraw, holder(s.withdraw), consent)
}

// operator lets in callers that stand for no holder.
func operator[Req, Res any](fn func(context.Context, Req) (Res, error)) func(context.Context, Req) (Res, error) {
	return func(ctx context.Context, req Req) (Res, error) {
		if c, ok := rpc.CallerFrom(ctx); !ok || c.Tenure != "" {
			return *new(Res), errNotOperator
		}
		return fn(ctx, req)
	}
}

// holder lets in callers that stand for a holder, and says for whom and since when.
func holder[Req, Res any](fn func(context.Context, Proven, Req) (Res, error)) func(context.Context, Req) (Res, error) {
	return func(ctx context.Context, req Req) (Res, error) {
		c, ok := rpc.CallerFrom(ctx)
		if !ok || c.Tenure == "" || c.Proof.Grant == "" {
			return *new(Res), errNotHolder
		}
		return fn(ctx, Proven{Tenure: c.Tenure, At: c.Proof.AuthTime}, req)
	}
}

func (s *Service) register(ctx context.Context, w registerWire) (registeredWire, error) {
	r, err := s.RegisterApp(ctx, Registration{
		ID: w.ID, Name: w.Name, Auth: w.Auth, Profile: w.Profile, RedirectURIs: w.RedirectURIs, InitiateURI: w.InitiateURI, Scopes: w.Scopes, JWKS: w.JWKS,
		Sector: w.Sector, LegalBases: w.LegalBases,
	})
	return registeredWire{wireOf(r.App), r.Secret}, err
}

func (s *Service) list(ctx context.Context, w listWire) (appsWire, error) {
	apps, err := s.ListApps(ctx, w.After, w.Limit)
	res := appsWire{Apps: make([]appWire, len(apps))}
	for i, a := range apps {
		res.Apps[i] = wireOf(a)
	}
	return res, err
}

func (s *Service) show(ctx context.Context, w appIDWire) (appWire, error) {
	a, err := s.App(ctx, w.ID)
	return wireOf(a), err
}

func (s *Service) rotate(ctx context.Context, w rotateWire) (registeredWire, error) {
	if w.OverlapSeconds < 0 || w.OverlapSeconds > int64(MaxOverlap/time.Second) {
		return registeredWire{}, errOverlap
	}
	r, err := s.RotateApp(ctx, Rotation{ID: w.ID, JWKS: w.JWKS, Overlap: time.Duration(w.OverlapSeconds) * time.Second})
	return registeredWire{wireOf(r.App), r.Secret}, err
}

func (s *Service) suspend(ctx context.Context, w appIDWire) (appWire, error) {
	a, err := s.SuspendApp(ctx, w.ID)
	return wireOf(a), err
}

func (s *Service) resume(ctx context.Context, w appIDWire) (appWire, error) {
	a, err := s.ResumeApp(ctx, w.ID)
	return wireOf(a), err
}

func (s *Service) startMove(ctx context.Context, from Proven, _ nothingWire) (ticketWire, error) {
	t, err := s.StartMove(ctx, from)
	return ticketWire{t.Secret, t.Expires}, err
}

func (s *Service) finishMove(ctx context.Context, to Proven, w finishWire) (nothingWire, error) {
	return nothingWire{}, s.FinishMove(ctx, FinishMoveReq{To: to, Ticket: w.Ticket, Replace: w.Replace})
}

func (s *Service) withdraw(ctx context.Context, from Proven, w withdrawWire) (nothingWire, error) {
	return nothingWire{}, s.Withdraw(ctx, WithdrawReq{
		Tenure: from.Tenure, App: w.App, Everything: w.Everything, Purpose: w.Purpose, Scopes: w.Scopes,
	})
}
