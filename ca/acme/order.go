package acme

import (
	"context"
	"net/http"
	"strings"
	"time"

	"simtrust"
	"simtrust/internal/sqldb"
)

// order asks for one certificate.
type order struct {
	id, account, profile string
	names                []string
	status               string
	problem              *problem
	csr                  []byte
	certificate          string
	replaces             string
	expires, created     time.Time
}

// state is the status at an instant: what was not finalized in time is invalid.
func (o *order) state(now time.Time) string {
	if (o.status == statusPending || o.status == statusReady) && !now.Before(o.expires) {
		return statusInvalid
	}
	return o.status
}

// orderBody is an order as clients see it (RFC 8555, section 7.1.3).
type orderBody struct {
	Status         string       `json:"status"`
	Expires        time.Time    `json:"expires"`
	Identifiers    []identifier `json:"identifiers"`
	Authorizations []string     `json:"authorizations"`
	Finalize       string       `json:"finalize"`
	Certificate    string       `json:"certificate,omitempty"`
	Error          *problem     `json:"error,omitempty"`
	Replaces       string       `json:"replaces,omitempty"`
}

func (s *Service) orderReply(ctx context.Context, o *order, status int) (*reply, error) {
	at := s.url(pathOrder + o.id)
	body := orderBody{Status: o.state(s.now()), Expires: o.expires, Finalize: at + "/finalize", Error: o.problem}
	for _, n := range o.names {
		body.Identifiers = append(body.Identifiers, identifier{"dns", n})
	}
	ids, err := authorizationsOf(ctx, s.db, o.id)
	if err != nil {
		return nil, err
	}
	for _, id := range ids {
		body.Authorizations = append(body.Authorizations, s.url(pathAuthorization+id))
	}
	if o.status == statusValid {
		body.Certificate = s.url(pathCertificate + o.certificate)
	}
	if o.replaces != "" {
		body.Replaces, _ = s.renewalID(o.replaces)
	}
	return &reply{status: status, location: at, body: body, retry: o.status == statusProcessing}, nil
}

// newOrder is RFC 8555, section 7.4: always a new order, with authorizations of its own.
func (s *Service) newOrder(ctx context.Context, r *request) (*reply, error) {
	var p struct {
		Identifiers []identifier `json:"identifiers"`
		NotBefore   string       `json:"notBefore"`
		NotAfter    string       `json:"notAfter"`
		Replaces    string       `json:"replaces"`
	}
	if err := r.into(&p); err != nil {
		return nil, err
	}
	if p.NotBefore != "" || p.NotAfter != "" {
		return nil, malformed("the time of validity is the profile's; leave out notBefore and notAfter")
	}
	names, err := namesOf(p.Identifiers)
	if err != nil {
		return nil, err
	}
	bound, err := external(ctx, s.db, r.account.eab)
	if err != nil {
		return nil, err
	}
	if err := bound.check(names); err != nil {
		return nil, err
	}
	if err := s.orders.Take(r.account.id); err != nil {
		return nil, err
	}
	now := s.now()
	o := order{id: simtrust.NewID("ord"), account: r.account.id, profile: bound.Profile, names: names, status: statusPending,
		expires: now.Add(orderLife).UTC().Truncate(time.Second), created: now}
	if o.replaces, err = s.replaced(ctx, p.Replaces, r.account.id, names); err != nil {
		return nil, err
	}
	if err := s.insertOrder(ctx, o); sqldb.IsUnique(err) {
		return nil, errReplaced
	} else if err != nil {
		return nil, err
	}
	return s.orderReply(ctx, &o, http.StatusCreated)
}

// check refuses an order for names beyond the external account's, and says which.
func (e External) check(names []string) error {
	var refused []problem
	for _, n := range names {
		if !e.allows(n) {
			refused = append(refused, *rejected(n, "the external account is not for this name"))
		}
	}
	switch len(refused) {
	case 0:
		return nil
	case 1:
		return &refused[0]
	}
	p := newProblem(http.StatusForbidden, "rejectedIdentifier", "the external account is not for some of the names")
	p.Subproblems = refused
	return p
}

func (s *Service) insertOrder(ctx context.Context, o order) error {
	return s.db.InTx(ctx, func(tx *sqldb.Tx) error {
		if _, err := tx.Exec(ctx, `
			insert into acme_order (id, account, profile, names, status, error, certificate, replaces, claimed, expires, created)
			values ($1, $2, $3, $4, $5, '', '', $6, 0, $7, $8)`,
			o.id, o.account, o.profile, textOf(o.names), o.status, o.replaces, o.expires.UnixMilli(), o.created.UnixMilli()); err != nil {
			return err
		}
		var authorizations, challenges [][]any
		for _, n := range o.names {
			a := newAuthorization(o, n)
			authorizations = append(authorizations, []any{a.id, a.order, a.account, a.name, a.wildcard, a.status, a.expires.UnixMilli()})
			for _, kind := range a.kinds() {
				challenges = append(challenges, []any{simtrust.NewID("chl"), a.id, kind, simtrust.NewSecret(), statusPending, "", int64(0), int64(0)})
			}
		}
		if err := sqldb.InsertRows(ctx, tx, `insert into acme_authorization (id, order_id, account, name, wildcard, status, expires)`, authorizations, ""); err != nil {
			return err
		}
		return sqldb.InsertRows(ctx, tx, `insert into acme_challenge (id, authorization_id, type, token, status, error, validated, claimed)`, challenges, "")
	})
}

const orderColumns = `select id, account, profile, names, status, error, csr, certificate, replaces, expires, created from acme_order where `

type scanner interface{ Scan(...any) error }

func scanOrder(row scanner) (o order, err error) {
	var names, problem string
	var expires, created int64
	if err = row.Scan(&o.id, &o.account, &o.profile, &names, &o.status, &problem, &o.csr, &o.certificate, &o.replaces, &expires, &created); err != nil {
		return o, err
	}
	o.expires, o.created = instant(expires), instant(created)
	if o.problem, err = problemFrom(problem); err != nil {
		return o, err
	}
	return o, listFrom(names, &o.names)
}

func orderByID(ctx context.Context, q sqldb.Querier, id string) (order, error) {
	o, err := scanOrder(q.QueryRow(ctx, orderColumns+"id = $1", id))
	return o, one(err)
}

// ownOrder returns the order of a request's path.
func (s *Service) ownOrder(ctx context.Context, r *request) (order, error) {
	o, err := orderByID(ctx, s.db, r.PathValue("order"))
	if err == nil && o.account != r.account.id {
		err = errNotYours
	}
	return o, err
}

func (s *Service) showOrder(ctx context.Context, r *request) (*reply, error) {
	o, err := s.ownOrder(ctx, r)
	if err != nil {
		return nil, err
	}
	if err := r.fetching(); err != nil {
		return nil, err
	}
	return s.orderReply(ctx, &o, http.StatusOK)
}

// baseName is a name without the asterisk.
func baseName(name string) (base string, wildcard bool) { return strings.CutPrefix(name, "*.") }
