package rbm

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"database/sql"
	"encoding/base64"
	"errors"
	"fmt"

	"simtrust/internal/sqldb"
)

// Token returns the client token of an agent, under which its events are signed.
func (s *Service) Token(ctx context.Context, chatbot string) (string, error) {
	var serial int64
	err := s.DB.QueryRow(ctx, `select serial from messaging_rbm_token where chatbot = $1`, chatbot).Scan(&serial)
	if errors.Is(err, sql.ErrNoRows) {
		serial, err = 1, nil
	}
	if err != nil {
		return "", err
	}
	return s.token(chatbot, serial), nil
}

// Rotate gives an agent another client token. From now on events are signed under that alone.
func (s *Service) Rotate(ctx context.Context, chatbot string) (string, error) {
	var serial int64
	err := s.DB.InDefaultTx(ctx, func(tx *sqldb.Tx) error {
		return tx.QueryRow(ctx, `insert into messaging_rbm_token (chatbot, serial, changed) values ($1, 2, $2)
			on conflict (chatbot) do update set serial = messaging_rbm_token.serial + 1, changed = excluded.changed returning serial`,
			chatbot, s.Now().UnixMilli()).Scan(&serial)
	})
	if err != nil {
		return "", err
	}
	return s.token(chatbot, serial), nil
}

// token is derived, so that no secret is stored.
func (s *Service) token(chatbot string, serial int64) string {
	h := hmac.New(sha256.New, s.Key)
	_, _ = fmt.Fprintf(h, "client token %d %s", serial, chatbot)
	return base64.RawURLEncoding.EncodeToString(h.Sum(nil))
}
