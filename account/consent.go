package account

import (
	"context"
	"slices"
	"time"

	"simtrust"
	"simtrust/internal/sqldb"
)

// ConsentReq is what a holder agrees to: that app uses scopes for a purpose (dpv:X, or empty).
type ConsentReq struct {
	Tenure  simtrust.TenureID
	App     App
	Scopes  []string
	Purpose string
}

// WithdrawReq takes consent back: for the purpose and scopes named, or for all of the app's.
type WithdrawReq struct {
	Tenure simtrust.TenureID
	App    string
	// Everything withdraws whatever the holder agreed to for the app; Purpose and Scopes do not count then.
	Everything bool
	Purpose    string
	Scopes     []string
}

// ReasonNothingAsked says that a consent or withdrawal names no scope. Invalid.
const ReasonNothingAsked = "nothing_asked"

// Consent records that the holder agreed, as one act; scopes agreed to before keep their first act. Errors, KindDenied:
// ReasonAppSuspended, ReasonScopeNotAllowed, ReasonTenureNotCurrent; KindInvalid, ReasonNothingAsked; KindUnavailable.
func (s *Service) Consent(ctx context.Context, req ConsentReq) error {
	if err := req.App.permits(req.Scopes, req.Purpose); err != nil {
		return err
	}
	scopes := withoutPurposes(req.Scopes)
	if len(scopes) == 0 {
		return invalid(ReasonNothingAsked, "consent names at least one scope")
	}
	if err := s.usable(ctx, req.Tenure); err != nil {
		return err
	}
	return s.change(ctx, func(tx *sqldb.Tx, now time.Time) error {
		return insertConsents(ctx, tx, bond{req.Tenure, req.App.ID, req.Purpose}, scopes, now)
	}, req.Tenure)
}

// Withdraw takes consent back, with effect from the next use. What was never given or is withdrawn already is no error, and an app
// that is suspended or a tenure that has ended does not stand in the way. Errors: KindInvalid, ReasonNothingAsked.
func (s *Service) Withdraw(ctx context.Context, req WithdrawReq) error {
	if !req.Everything && len(req.Scopes) == 0 {
		return invalid(ReasonNothingAsked, "a withdrawal names scopes, or everything")
	}
	now := s.now()
	return s.db.InTx(ctx, func(tx *sqldb.Tx) error {
		if req.Everything {
			return withdrawAll(ctx, tx, req.Tenure, req.App, now)
		}
		return withdrawScopes(ctx, tx, bond{req.Tenure, req.App, req.Purpose}, req.Scopes, now)
	})
}

// UseReq is a use of what a holder let an app have, for a purpose (dpv:X, or empty).
type UseReq struct {
	Tenure simtrust.TenureID
	// Account is the one that the app was let into; empty where the use is about the number alone.
	Account string
	App     App
	Scopes  []string
	Purpose string
}

// ReasonAccountGone says that the tenure's account is closed, or has moved to another number. Denied.
const ReasonAccountGone = "account_gone"

var errAccountGone = &simtrust.Error{Kind: simtrust.KindDenied, Reason: ReasonAccountGone, Msg: "the account is not the number's any more"}

// Missing returns those scopes that the holder would have to agree to before the app may use them, as of now: the check before each
// use of a longer grant. Errors, KindDenied: ReasonAppSuspended, ReasonScopeNotAllowed, ReasonAccountGone; KindUnavailable.
func (s *Service) Missing(ctx context.Context, req UseReq) ([]string, error) {
	if err := req.App.permits(req.Scopes, req.Purpose); err != nil {
		return nil, err
	}
	if req.Account == "" && req.App.hasLegalBasis(req.Purpose) {
		return nil, nil
	}
	st, err := s.standings.Do(ctx, bond{req.Tenure, req.App.ID, req.Purpose})
	switch {
	case err != nil:
		return nil, err
	case req.Account != "" && st.account != req.Account:
		return nil, errAccountGone
	}
	return st.missing(req.App, req.Scopes, req.Purpose), nil
}

// bond is what consent binds: one holding, one app, one purpose.
type bond struct {
	tenure       simtrust.TenureID
	app, purpose string
}

// standing is how things are between a holder and an app.
type standing struct {
	account   string // empty if the tenure has none open
	linked    bool
	consented []string // for the purpose
}

func (st standing) missing(app App, scopes []string, purpose string) []string {
	if app.hasLegalBasis(purpose) {
		return nil
	}
	var missing []string
	for _, s := range withoutPurposes(scopes) {
		if !slices.Contains(st.consented, s) {
			missing = append(missing, s)
		}
	}
	return missing
}

// withoutPurposes returns the scopes without purposes and repetitions.
func withoutPurposes(scopes []string) []string {
	var bare []string
	for _, s := range scopes {
		if !isPurpose(s) && !slices.Contains(bare, s) {
			bare = append(bare, s)
		}
	}
	return bare
}
