package account

import (
	"context"
	"time"

	"simtrust"
	"simtrust/internal/sqldb"
)

// EnterReq is a login of a tenure's holder at an app. The tenure was located just now.
type EnterReq struct {
	Tenure simtrust.TenureID
	App    App
	Scopes []string
	// Purpose is dpv:X or empty.
	Purpose string
}

// Entry is the answer to a login. Account and Subject are empty unless Consented.
type Entry struct {
	Account, Subject string
	Consented        bool
	// Missing are the scopes that the holder has yet to agree to, in the order asked.
	Missing []string
}

// Enter lets a holder into an app: it opens the tenure's account and links the app where that has not happened yet. Without
// consent, where consent is needed, it creates nothing. Errors, all KindDenied: ReasonAppSuspended, ReasonScopeNotAllowed,
// ReasonTenureNotCurrent; KindUnavailable.
func (s *Service) Enter(ctx context.Context, req EnterReq) (Entry, error) {
	if err := req.App.permits(req.Scopes, req.Purpose); err != nil {
		return Entry{}, err
	}
	st, err := s.standings.Do(ctx, bond{req.Tenure, req.App.ID, req.Purpose})
	if err != nil {
		return Entry{}, err
	}
	if missing := st.missing(req.App, req.Scopes, req.Purpose); len(missing) > 0 {
		return Entry{Missing: missing}, nil
	}
	account := st.account
	if !st.linked {
		if account, err = s.open(ctx, req.Tenure, req.App.ID); err != nil {
			return Entry{}, err
		}
	}
	return Entry{Account: account, Subject: s.Subject(account, req.App), Consented: true}, nil
}

// open opens the tenure's account and its link to the app, or finds those that somebody else opened meanwhile.
func (s *Service) open(ctx context.Context, tenure simtrust.TenureID, app string) (account string, err error) {
	if err := s.usable(ctx, tenure); err != nil {
		return "", err
	}
	err = s.change(ctx, func(tx *sqldb.Tx, now time.Time) error {
		if account, err = openAccount(ctx, tx, tenure, now); err != nil {
			return err
		}
		return openLinks(ctx, tx, account, tenure, []string{app}, now)
	}, tenure)
	return account, err
}

// TenureEnded closes what stands on the tenure: account, links, consents and unused tickets. What was made at or after the instant
// the end took effect is disputed, and so is a move started from there since then, wherever the account is now. It may be called
// again, also with an earlier instant.
func (s *Service) TenureEnded(ctx context.Context, e simtrust.TenureEnded) error {
	now := s.now()
	var disputed int64
	err := s.db.InTx(ctx, func(tx *sqldb.Tx) (err error) {
		disputed, err = endTenure(ctx, tx, e, now)
		return err
	})
	if err == nil && disputed > 0 {
		s.log.WarnContext(ctx, "account: rows made after the tenure had ended are disputed",
			"tenure", e.Tenure, "effective", e.Effective, "rows", disputed)
	}
	return err
}
