package acme

import (
	"context"
	"database/sql"
	"net/http"
	"time"

	"simtrust/internal/sqldb"
)

// challenge is one way to prove an authorization's name.
type challenge struct {
	id, authorization, kind, token string
	status                         string
	problem                        *problem
	validated                      time.Time
}

// challengeBody is a challenge as clients see it (RFC 8555, section 8).
type challengeBody struct {
	Type      string    `json:"type"`
	URL       string    `json:"url"`
	Status    string    `json:"status"`
	Token     string    `json:"token"`
	Validated time.Time `json:"validated,omitzero"`
	Error     *problem  `json:"error,omitempty"`
}

func (s *Service) challengeBody(c *challenge) challengeBody {
	return challengeBody{Type: c.kind, URL: s.url(pathChallenge + c.id), Status: c.status, Token: c.token, Validated: c.validated, Error: c.problem}
}

const challengeColumns = `select id, authorization_id, type, token, status, error, validated from acme_challenge where `

func scanChallenge(row scanner) (c challenge, err error) {
	var problem string
	var validated int64
	if err = row.Scan(&c.id, &c.authorization, &c.kind, &c.token, &c.status, &problem, &validated); err != nil {
		return c, err
	}
	if validated != 0 {
		c.validated = instant(validated).Truncate(time.Second)
	}
	c.problem, err = problemFrom(problem)
	return c, err
}

func challengesOf(ctx context.Context, q sqldb.Querier, authorization string) ([]challenge, error) {
	rows, err := q.Query(ctx, challengeColumns+"authorization_id = $1 order by type", authorization)
	return sqldb.Collect(rows, err, func(rows *sql.Rows) (challenge, error) { return scanChallenge(rows) })
}

func challengeByID(ctx context.Context, q sqldb.Querier, id string) (challenge, error) {
	c, err := scanChallenge(q.QueryRow(ctx, challengeColumns+"id = $1", id))
	return c, one(err)
}

// tryChallenge has a challenge looked at (RFC 8555, section 7.5.1). One that was looked at already is shown as it is.
func (s *Service) tryChallenge(ctx context.Context, r *request) (*reply, error) {
	c, err := challengeByID(ctx, s.db, r.PathValue("challenge"))
	if err != nil {
		return nil, err
	}
	a, err := authorizationByID(ctx, s.db, c.authorization)
	if err != nil {
		return nil, err
	}
	if a.account != r.account.id {
		return nil, errNotYours
	}
	if len(r.payload) > 0 {
		if err := r.into(&struct{}{}); err != nil {
			return nil, err
		}
		if err := s.mayWait(ctx, r.account.eab); err != nil {
			return nil, err
		}
		if err := s.beginChallenge(ctx, &c, a); err != nil {
			return nil, err
		}
	}
	return &reply{status: http.StatusOK, body: s.challengeBody(&c), links: []string{"<" + s.url(pathAuthorization+a.id) + `>;rel="up"`},
		retry: c.status == statusProcessing}, nil
}

// mayWait refuses more challenges to an external account that has as many looked at, or waiting for it, as one may have.
func (s *Service) mayWait(ctx context.Context, eab string) error {
	var n int64
	err := s.db.QueryRow(ctx, `select count(*) from acme_challenge c join acme_authorization z on z.id = c.authorization_id
		join acme_account a on a.id = z.account where c.status = 'processing' and a.eab = $1`, eab).Scan(&n)
	if err == nil && n >= int64(s.config.Waiting) {
		return errLimited
	}
	return err
}

// beginChallenge moves a pending challenge of a pending authorization to processing and looks at it, now or, without a place, when
// one is free.
func (s *Service) beginChallenge(ctx context.Context, c *challenge, a authorization) error {
	claimed := s.now()
	entered := s.enter()
	if !entered {
		claimed = claimed.Add(-s.validationLease()) // nobody has it
	}
	began, err := s.markProcessing(ctx, c.id, claimed)
	if began {
		c.status = statusProcessing
	}
	switch {
	case began && entered:
		s.lookOut(*c, a)
	case entered:
		s.leave()
	}
	return err
}

func (s *Service) markProcessing(ctx context.Context, id string, claimed time.Time) (began bool, err error) {
	err = s.db.InTx(ctx, func(tx *sqldb.Tx) error {
		began, err = changed(tx.Exec(ctx, `update acme_challenge set status = 'processing', claimed = $2 where id = $1 and status = 'pending'
			and exists (select 1 from acme_authorization a where a.id = acme_challenge.authorization_id and a.status = 'pending' and a.expires > $3)`,
			id, claimed.UnixMilli(), s.now().UnixMilli()))
		return err
	})
	return began && err == nil, err
}

// settle writes what was seen: challenge, authorization and order move in one transaction. A nil verdict is a proof.
func (s *Service) settle(ctx context.Context, c challenge, verdict *problem) error {
	status := statusValid
	if verdict != nil {
		status = statusInvalid
	}
	return s.db.InTx(ctx, func(tx *sqldb.Tx) error {
		ok, err := changed(tx.Exec(ctx, `update acme_challenge set status = $2, error = $3, validated = $4 where id = $1 and status = 'processing'`,
			c.id, status, textOf(verdict), s.now().UnixMilli()))
		if err != nil || !ok {
			return err // another node was faster
		}
		ok, err = changed(tx.Exec(ctx, `update acme_authorization set status = $2 where id = $1 and status = 'pending'`, c.authorization, status))
		if err != nil || !ok {
			return err // deactivated, or settled by another challenge
		}
		if verdict != nil {
			_, err = tx.Exec(ctx, `update acme_order set status = 'invalid', error = $2 where status = 'pending'
				and id = (select order_id from acme_authorization where id = $1)`, c.authorization, textOf(verdict))
			return err
		}
		_, err = tx.Exec(ctx, `update acme_order set status = 'ready' where status = 'pending'
			and id = (select order_id from acme_authorization where id = $1)
			and not exists (select 1 from acme_authorization a where a.order_id = acme_order.id and a.status <> 'valid')`, c.authorization)
		return err
	})
}

var errIncorrect = newProblem(http.StatusForbidden, "incorrectResponse", "what was found is not the proof of this account")
