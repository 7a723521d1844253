package acme

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"time"

	"simtrust"
	"simtrust/ca"
	"simtrust/internal/sqldb"
)

// ReasonUnknownExternal is of kind not found: there is no external account of that kid.
const ReasonUnknownExternal = "unknown_external_account"

// maxPage bounds a page of external accounts.
const maxPage = 1000

// Externals lists external accounts in the order of their kids, those withdrawn among them, without keys. next is the After of the
// following page, or "" after the last.
func (s *Service) Externals(ctx context.Context, p ca.Page) (list []External, next string, err error) {
	if p.Limit <= 0 || p.Limit > maxPage {
		p.Limit = maxPage
	}
	rows, err := s.db.Query(ctx, `select `+externalColumns+`, (select count(*) from acme_account a where a.eab = e.kid and a.status = 'valid')
		from acme_eab e where kid > $1 order by kid limit $2`, p.After, int64(p.Limit+1))
	list, err = sqldb.Collect(rows, err, func(rows *sql.Rows) (e External, err error) {
		var accounts int64
		e, err = scanExternal(rows, &accounts)
		e.Accounts = int(accounts)
		return e, err
	})
	if err == nil && len(list) > p.Limit {
		list = list[:p.Limit]
		next = list[p.Limit-1].KID
	}
	return list, next, err
}

// WithdrawReq ends an external account.
type WithdrawReq struct {
	KID string
	// Accounts has the accounts that are bound to it deactivated too, with what they have open. Otherwise they go on.
	Accounts bool
	By       string
}

// WithdrawExternal ends an external account: from the commit on it binds no account. It may be said again, to deactivate the accounts
// after all. It returns how many were deactivated; certificates stay valid until revoked, and what is being issued is not called back.
// Errors: KindNotFound with [ReasonUnknownExternal].
func (s *Service) WithdrawExternal(ctx context.Context, req WithdrawReq) (deactivated int, err error) {
	now := s.now()
	err = s.db.InDefaultTx(ctx, func(tx *sqldb.Tx) error {
		first, err := changed(tx.Exec(ctx, `update acme_eab set withdrawn_by = $2, withdrawn = $3 where kid = $1 and withdrawn is null`,
			req.KID, req.By, now.UnixMilli()))
		if err != nil {
			return err
		}
		if _, err := external(ctx, tx, req.KID); errors.Is(err, sql.ErrNoRows) {
			return &simtrust.Error{Kind: simtrust.KindNotFound, Reason: ReasonUnknownExternal, Op: "acme.eab", Msg: "no such external account"}
		} else if err != nil {
			return err
		}
		if req.Accounts {
			if deactivated, err = endAccounts(ctx, tx, "eab", req.KID); err != nil {
				return err
			}
		}
		if !first && deactivated == 0 {
			return nil
		}
		return ca.AuditCredential(ctx, tx, now, ca.AuditCredentialWithdrawn, "eab:"+req.KID, req.By)
	})
	if err == nil {
		s.log.InfoContext(ctx, "acme: an external account was withdrawn", "kid", req.KID, "deactivated", deactivated, "by", req.By)
	}
	return deactivated, err
}

const externalColumns = `kid, profile, names, created, created_by, withdrawn, withdrawn_by`

// external returns an external account. Errors: sql.ErrNoRows.
func external(ctx context.Context, q sqldb.Querier, kid string) (External, error) {
	return scanExternal(q.QueryRow(ctx, `select `+externalColumns+` from acme_eab where kid = $1`, kid))
}

// officerOf is who made the external account that an account is bound to, or "".
func officerOf(ctx context.Context, q sqldb.Querier, account string) (officer string, err error) {
	err = q.QueryRow(ctx, `select e.created_by from acme_account a join acme_eab e on e.kid = a.eab where a.id = $1`, account).Scan(&officer)
	if errors.Is(err, sql.ErrNoRows) {
		return "", nil
	}
	return officer, err
}

func scanExternal(row interface{ Scan(...any) error }, more ...any) (e External, err error) {
	var names string
	var created int64
	var withdrawn sql.NullInt64
	if err := row.Scan(append([]any{&e.KID, &e.Profile, &names, &created, &e.CreatedBy, &withdrawn, &e.WithdrawnBy}, more...)...); err != nil {
		return External{}, err
	}
	e.Created = instant(created)
	if withdrawn.Valid {
		e.Withdrawn = instant(withdrawn.Int64)
	}
	return e, json.Unmarshal([]byte(names), &e.Names)
}

var errWithdrawn = unauthorized("the external account was withdrawn; the authority's officer makes another")

// keep has a withdrawal wait until the transaction is over, in which an account is bound: none slips past it.
func keep(ctx context.Context, tx *sqldb.Tx, kid string) error {
	if tx.Dialect() != sqldb.PostgreSQL {
		return nil
	}
	_, err := tx.Exec(ctx, `select 1 from acme_eab where kid = $1 for share`, kid)
	return err
}

// binds says whether accounts may be bound.
func binds(ctx context.Context, q sqldb.Querier, kid string) error {
	e, err := external(ctx, q, kid)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return unauthorized("no such external account, or another key")
	case err != nil:
		return err
	case !e.Withdrawn.IsZero():
		return errWithdrawn
	}
	return nil
}

// The officer's operations on the wire.
type (
	eabReq struct {
		Profile string   `json:"profile"`
		Names   []string `json:"names,omitempty"`
	}
	// eabRes is the one answer with a key.
	eabRes struct {
		KID     string   `json:"kid"`
		HMACKey string   `json:"hmac_key"` // base64url without padding, as ACME clients take it
		Profile string   `json:"profile"`
		Names   []string `json:"names"`
	}
	pageWire struct {
		After string `query:"after" json:"-"`
		Limit int    `query:"limit" json:"-"`
	}
	externalWire struct {
		KID         string    `json:"kid"`
		Profile     string    `json:"profile"`
		Names       []string  `json:"names"`
		Created     time.Time `json:"created"`
		CreatedBy   string    `json:"created_by"`
		Accounts    int       `json:"accounts"`
		Withdrawn   time.Time `json:"withdrawn,omitzero"`
		WithdrawnBy string    `json:"withdrawn_by,omitzero"`
	}
	externalsWire struct {
		External []externalWire `json:"external_accounts"`
		Next     string         `json:"next,omitzero"`
	}
	withdrawWire struct {
		KID      string `path:"kid" json:"-"`
		Accounts bool   `json:"accounts,omitzero"`
	}
	withdrawnWire struct {
		Deactivated int `json:"deactivated_accounts"`
	}
)

func (s *Service) eabWire(ctx context.Context, req eabReq) (eabRes, error) {
	e, err := s.NewExternal(ctx, ExternalReq{Profile: req.Profile, Names: req.Names, By: caller(ctx)})
	return eabRes{KID: e.KID, HMACKey: encode(e.Key), Profile: e.Profile, Names: e.Names}, err
}

func (s *Service) externalsWire(ctx context.Context, w pageWire) (externalsWire, error) {
	list, next, err := s.Externals(ctx, ca.Page{After: w.After, Limit: w.Limit})
	res := externalsWire{External: make([]externalWire, len(list)), Next: next}
	for i, e := range list {
		res.External[i] = externalWire{e.KID, e.Profile, e.Names, e.Created, e.CreatedBy, e.Accounts, e.Withdrawn, e.WithdrawnBy}
	}
	return res, err
}

func (s *Service) withdrawWire(ctx context.Context, w withdrawWire) (withdrawnWire, error) {
	n, err := s.WithdrawExternal(ctx, WithdrawReq{KID: w.KID, Accounts: w.Accounts, By: caller(ctx)})
	return withdrawnWire{n}, err
}
