package maap

import (
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/sha256"
	"database/sql"
	"errors"
	"time"

	"simtrust/internal/sqldb"
)

// safe keeps access tokens for all nodes, sealed.
type safe struct {
	db   *sqldb.DB
	seal cipher.AEAD
}

func newSafe(db *sqldb.DB, key []byte) (safe, error) {
	if len(key) < sha256.Size {
		return safe{}, errors.New("the key for access tokens has fewer than 32 octets")
	}
	block, err := aes.NewCipher(key[:sha256.Size])
	if err != nil {
		return safe{}, err
	}
	seal, err := cipher.NewGCMWithRandomNonce(block)
	return safe{db, seal}, err
}

// load returns the token of an account; zero where there is none, or none that can be opened.
func (s safe) load(ctx context.Context, account string) (token, error) {
	var sealed []byte
	var fresh int64
	err := s.db.QueryRow(ctx, `select sealed, fresh from messaging_maap_token where account = $1`, account).Scan(&sealed, &fresh)
	if errors.Is(err, sql.ErrNoRows) {
		return token{}, nil
	}
	if err != nil {
		return token{}, err
	}
	value, err := s.seal.Open(nil, nil, sealed, []byte(account))
	if err != nil {
		return token{}, nil // sealed under another key: a new one is asked for
	}
	return token{string(value), time.UnixMilli(fresh)}, nil
}

func (s safe) save(ctx context.Context, account string, t token) error {
	sealed := s.seal.Seal(nil, nil, []byte(t.value), []byte(account))
	return s.db.InDefaultTx(ctx, func(tx *sqldb.Tx) error {
		_, err := tx.Exec(ctx, `insert into messaging_maap_token (account, sealed, fresh) values ($1, $2, $3)
			on conflict (account) do update set sealed = excluded.sealed, fresh = excluded.fresh`, account, sealed, t.fresh.UnixMilli())
		return err
	})
}
