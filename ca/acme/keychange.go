package acme

import (
	"context"
	"errors"
	"net/http"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"simtrust/internal/sqldb"
)

// changeKey gives an account another key (RFC 8555, section 7.3.5). The request is signed by the old key, its payload by the new.
func (s *Service) changeKey(ctx context.Context, r *request) (*reply, error) {
	key, err := s.newKey(r)
	if err != nil {
		return nil, err
	}
	if other, err := accountByKey(ctx, s.db, key); err == nil {
		return nil, s.keyTaken(other)
	} else if !errors.Is(err, errNoAccount) {
		return nil, err
	}
	a := r.account
	err = s.db.InTx(ctx, func(tx *sqldb.Tx) error {
		ok, err := changed(tx.Exec(ctx, `update acme_account set thumbprint = $2, jwk = $3 where id = $1 and thumbprint = $4 and status = 'valid'`,
			a.id, key.thumbprint, key.canonical, a.key.thumbprint))
		if err == nil && !ok {
			return unauthorized("the account's key has changed meanwhile")
		}
		return err
	})
	if sqldb.IsUnique(err) {
		other, err := accountByKey(ctx, s.db, key)
		if err != nil {
			return nil, err
		}
		return nil, s.keyTaken(other)
	}
	return s.showAccount(a, http.StatusOK), err
}

func (s *Service) keyTaken(a account) error {
	p := newProblem(http.StatusConflict, "malformed", "the key belongs to an account already")
	p.location = s.url(pathAccount + a.id)
	return p
}

// newKey checks the inner JWS and returns the key that signed it.
func (s *Service) newKey(r *request) (publicKey, error) {
	m, err := parseJWS(r.payload)
	if err != nil {
		return publicKey{}, err
	}
	key, err := m.key()
	if err != nil {
		return publicKey{}, err
	}
	if err := m.verify(key); err != nil {
		return publicKey{}, err
	}
	var p struct {
		Account string         `json:"account"`
		OldKey  jsontext.Value `json:"oldKey"`
	}
	if err := json.Unmarshal(m.payload, &p); err != nil {
		return publicKey{}, malformed("the inner payload is no JSON object of account and oldKey")
	}
	old, err := parseJWK(p.OldKey)
	switch {
	case m.header.URL != s.url(pathKeyChange) || m.header.Nonce != nil:
		return publicKey{}, malformed("the inner JWS has the url of the outer one and no nonce")
	case p.Account != s.url(pathAccount+r.account.id):
		return publicKey{}, malformed("the inner JWS is for another account")
	case err != nil || old.thumbprint != r.account.key.thumbprint:
		return publicKey{}, malformed("the inner JWS is for another old key")
	}
	return key, nil
}
