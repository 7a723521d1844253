package acme

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"net/http"
	"net/mail"
	"strings"
	"time"

	"github.com/go-json-experiment/json/jsontext"

	"simtrust"
	"simtrust/internal/sqldb"
)

// States of accounts, orders, authorizations and challenges (RFC 8555, section 7.1.6).
const (
	statusPending     = "pending"
	statusReady       = "ready"
	statusProcessing  = "processing"
	statusValid       = "valid"
	statusInvalid     = "invalid"
	statusDeactivated = "deactivated"
	statusExpired     = "expired"
)

// account is who orders.
type account struct {
	id, eab, status string
	contact         []string
	key             publicKey
	created         time.Time
}

var errNoAccount = newProblem(http.StatusBadRequest, "accountDoesNotExist", "no such account")

const accountColumns = `select id, eab, jwk, contact, status, created from acme_account where `

func scanAccount(row sqldb.Row) (a account, err error) {
	var jwk, contact string
	var created int64
	if err = row.Scan(&a.id, &a.eab, &jwk, &contact, &a.status, &created); errors.Is(err, sql.ErrNoRows) {
		return a, errNoAccount
	} else if err != nil {
		return a, err
	}
	a.created = instant(created)
	if a.key, err = parseJWK([]byte(jwk)); err != nil {
		return a, errors.New("acme: a stored key cannot be read")
	}
	return a, json.Unmarshal([]byte(contact), &a.contact)
}

func accountByID(ctx context.Context, q sqldb.Querier, id string) (account, error) {
	return scanAccount(q.QueryRow(ctx, accountColumns+"id = $1", id))
}

func accountByKey(ctx context.Context, q sqldb.Querier, k publicKey) (account, error) {
	return scanAccount(q.QueryRow(ctx, accountColumns+"thumbprint = $1", k.thumbprint))
}

// accountBody is an account as clients see it (RFC 8555, section 7.1.2).
type accountBody struct {
	Status  string   `json:"status"`
	Contact []string `json:"contact,omitempty"`
	Agreed  bool     `json:"termsOfServiceAgreed"`
	Orders  string   `json:"orders"`
}

func (s *Service) showAccount(a account, status int) *reply {
	at := s.url(pathAccount + a.id)
	return &reply{status: status, location: at, body: accountBody{Status: a.status, Contact: a.contact, Agreed: true, Orders: at + "/orders"}}
}

// newAccount is RFC 8555, section 7.3. A key that has an account gets that.
func (s *Service) newAccount(ctx context.Context, r *request) (*reply, error) {
	var p struct {
		Contact  []string       `json:"contact"`
		Existing bool           `json:"onlyReturnExisting"`
		Binding  jsontext.Value `json:"externalAccountBinding"`
	}
	if err := r.into(&p); err != nil {
		return nil, err
	}
	if a, err := accountByKey(ctx, s.db, r.key); !errors.Is(err, errNoAccount) || p.Existing {
		return s.existing(a, err)
	}
	if err := checkContact(p.Contact); err != nil {
		return nil, err
	}
	eab, err := s.bind(ctx, p.Binding, r.key, s.url(pathNewAccount))
	if err != nil {
		return nil, err
	}
	if err := s.accounts.Take(eab); err != nil {
		return nil, err
	}
	a := account{id: simtrust.NewID("act"), eab: eab, status: statusValid, contact: p.Contact, key: r.key, created: s.now()}
	if err := s.insertAccount(ctx, a); sqldb.IsUnique(err) {
		return s.existing(accountByKey(ctx, s.db, r.key)) // the same client, twice at once
	} else if err != nil {
		return nil, err
	}
	return s.showAccount(a, http.StatusCreated), nil
}

func (s *Service) existing(a account, err error) (*reply, error) {
	switch {
	case err != nil:
		return nil, err
	case a.status != statusValid:
		return nil, unauthorized("the account is deactivated")
	}
	return s.showAccount(a, http.StatusOK), nil
}

func (s *Service) insertAccount(ctx context.Context, a account) error {
	return s.db.InDefaultTx(ctx, func(tx *sqldb.Tx) error {
		if err := keep(ctx, tx, a.eab); err != nil {
			return err
		}
		if err := binds(ctx, tx, a.eab); err != nil {
			return err
		}
		_, err := tx.Exec(ctx, `insert into acme_account (id, eab, thumbprint, jwk, contact, status, created) values ($1, $2, $3, $4, $5, $6, $7)`,
			a.id, a.eab, a.key.thumbprint, a.key.canonical, textOf(a.contact), a.status, a.created.UnixMilli())
		return err
	})
}

// maxContacts bounds how many addresses an account has.
const maxContacts = 10

func checkContact(contact []string) error {
	if len(contact) > maxContacts {
		return newProblem(http.StatusBadRequest, "invalidContact", "an account has at most 10 contacts")
	}
	for _, c := range contact {
		address, ok := strings.CutPrefix(c, "mailto:")
		if !ok {
			return newProblem(http.StatusBadRequest, "unsupportedContact", "contacts are mailto addresses")
		}
		if a, err := mail.ParseAddress(address); err != nil || a.Address != address || len(address) > 254 || strings.ContainsAny(address, "?%") {
			return newProblem(http.StatusBadRequest, "invalidContact", "a contact is no single mail address")
		}
	}
	return nil
}

// updateAccount shows an account, changes its contacts or deactivates it (RFC 8555, sections 7.3.2 and 7.3.6).
func (s *Service) updateAccount(ctx context.Context, r *request) (*reply, error) {
	if r.PathValue("account") != r.account.id {
		return nil, errNotYours
	}
	if len(r.payload) == 0 {
		return s.showAccount(r.account, http.StatusOK), nil
	}
	var p struct {
		Contact *[]string `json:"contact"`
		Status  string    `json:"status"`
	}
	if err := r.into(&p); err != nil {
		return nil, err
	}
	a := r.account
	switch {
	case p.Status == statusDeactivated:
		a.status = statusDeactivated
		return s.showAccount(a, http.StatusOK), s.deactivate(ctx, a.id)
	case p.Status != "" && p.Status != statusValid:
		return nil, malformed("a client can only deactivate an account")
	case p.Contact == nil:
		return s.showAccount(a, http.StatusOK), nil
	}
	if err := checkContact(*p.Contact); err != nil {
		return nil, err
	}
	a.contact = *p.Contact
	return s.showAccount(a, http.StatusOK), s.db.InTx(ctx, func(tx *sqldb.Tx) error {
		_, err := tx.Exec(ctx, `update acme_account set contact = $2 where id = $1 and status = 'valid'`, a.id, textOf(a.contact))
		return err
	})
}

// deactivate ends an account and what it has open. What is being issued already is not called back.
func (s *Service) deactivate(ctx context.Context, id string) error {
	return s.db.InTx(ctx, func(tx *sqldb.Tx) error {
		_, err := endAccounts(ctx, tx, "id", id)
		return err
	})
}

// endAccounts deactivates the accounts whose column has a value, and returns how many were valid.
func endAccounts(ctx context.Context, tx *sqldb.Tx, column, value string) (ended int, err error) {
	theirs := `account in (select id from acme_account where ` + column + ` = $1)`
	for i, statement := range []string{
		`update acme_account set status = 'deactivated' where ` + column + ` = $1 and status = 'valid'`,
		`update acme_order set status = 'invalid' where ` + theirs + ` and status in ('pending', 'ready')`,
		`update acme_authorization set status = 'deactivated' where ` + theirs + ` and status in ('pending', 'valid')`,
	} {
		res, err := tx.Exec(ctx, statement, value)
		if err != nil {
			return 0, err
		}
		n, err := res.RowsAffected()
		if err != nil {
			return 0, err
		}
		if i == 0 {
			ended = int(n)
		}
	}
	return ended, nil
}
