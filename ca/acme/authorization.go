package acme

import (
	"context"
	"database/sql"
	"net/http"
	"time"

	"simtrust"
	"simtrust/internal/sqldb"
)

// authorization is an order's right to one name.
type authorization struct {
	id, order, account string
	name               string // without the asterisk
	wildcard           bool
	status             string
	expires            time.Time
}

func newAuthorization(o order, name string) authorization {
	base, wildcard := baseName(name)
	return authorization{id: simtrust.NewID("atz"), order: o.id, account: o.account, name: base, wildcard: wildcard, status: statusPending, expires: o.expires}
}

// kinds are the challenges that prove a name. For a wildcard only who writes the zone can speak.
func (a *authorization) kinds() []string {
	if a.wildcard {
		return []string{kindDNS01}
	}
	return []string{kindHTTP01, kindDNS01, kindTLSALPN01}
}

// state is the status at an instant.
func (a *authorization) state(now time.Time) string {
	switch {
	case now.Before(a.expires):
		return a.status
	case a.status == statusPending:
		return statusInvalid
	case a.status == statusValid:
		return statusExpired
	}
	return a.status
}

const authorizationColumns = `select id, order_id, account, name, wildcard, status, expires from acme_authorization where `

func authorizationByID(ctx context.Context, q sqldb.Querier, id string) (a authorization, err error) {
	var expires int64
	err = q.QueryRow(ctx, authorizationColumns+"id = $1", id).Scan(&a.id, &a.order, &a.account, &a.name, &a.wildcard, &a.status, &expires)
	a.expires = instant(expires)
	return a, one(err)
}

// authorizationsOf returns the ids of an order's authorizations.
func authorizationsOf(ctx context.Context, q sqldb.Querier, order string) ([]string, error) {
	rows, err := q.Query(ctx, `select id from acme_authorization where order_id = $1 order by name, id`, order)
	return sqldb.Collect(rows, err, func(rows *sql.Rows) (id string, err error) { return id, rows.Scan(&id) })
}

// authorizationBody is an authorization as clients see it (RFC 8555, section 7.1.4).
type authorizationBody struct {
	Identifier identifier      `json:"identifier"`
	Status     string          `json:"status"`
	Expires    time.Time       `json:"expires"`
	Challenges []challengeBody `json:"challenges"`
	Wildcard   bool            `json:"wildcard,omitzero"`
}

// showAuthorization shows an authorization or deactivates it (RFC 8555, sections 7.5 and 7.5.2).
func (s *Service) showAuthorization(ctx context.Context, r *request) (*reply, error) {
	a, err := authorizationByID(ctx, s.db, r.PathValue("authorization"))
	if err != nil {
		return nil, err
	}
	if a.account != r.account.id {
		return nil, errNotYours
	}
	if len(r.payload) > 0 {
		if err := s.updateAuthorization(ctx, r, &a); err != nil {
			return nil, err
		}
	}
	body := authorizationBody{Identifier: identifier{"dns", a.name}, Status: a.state(s.now()), Expires: a.expires, Wildcard: a.wildcard}
	challenges, err := challengesOf(ctx, s.db, a.id)
	for _, c := range challenges {
		body.Challenges = append(body.Challenges, s.challengeBody(&c))
	}
	return &reply{status: http.StatusOK, body: body, retry: body.Status == statusPending}, err
}

func (s *Service) updateAuthorization(ctx context.Context, r *request, a *authorization) error {
	var p struct {
		Status string `json:"status"`
	}
	if err := r.into(&p); err != nil {
		return err
	}
	if p.Status != statusDeactivated {
		return malformed("a client can only deactivate an authorization")
	}
	return s.db.InTx(ctx, func(tx *sqldb.Tx) (err error) {
		if _, err = tx.Exec(ctx, `update acme_authorization set status = 'deactivated' where id = $1 and status in ('pending', 'valid')`, a.id); err != nil {
			return err
		}
		if _, err = tx.Exec(ctx, `update acme_order set status = 'invalid' where id = $1 and status in ('pending', 'ready')`, a.order); err != nil {
			return err
		}
		*a, err = authorizationByID(ctx, tx, a.id)
		return err
	})
}
