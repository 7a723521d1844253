package events

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"database/sql"
	"encoding/base64"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/url"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"simtrust"
	"simtrust/internal/sqldb"
)

// Kind is the form of a webhook.
type Kind string

// Own is the form of this server's own API.
const Own Kind = "own"

// SignatureHeader carries the signature of what a webhook gets; signatureType is its typ.
const (
	SignatureHeader = "X-Simtrust-Signature"
	signatureType   = "simtrust-webhook+jwt"
)

const (
	maxURL    = 2048
	maxAnswer = 4 << 10
)

// Webhook is where a chatbot's events are sent to.
type Webhook struct {
	Chatbot  string
	Kind     Kind
	URL      string
	Acked    int64 // the last event acknowledged
	Failures int64 // in a row
	Changed  time.Time
}

// SetWebhook has events of now on sent to a URL, which is checked before. One that there was goes on where it stood.
func (s *Service) SetWebhook(ctx context.Context, chatbot string, kind Kind, target string) (Webhook, error) {
	if kind != Own {
		return Webhook{}, invalid(ReasonKind, "kind: own")
	}
	if err := s.checkURL(target); err != nil {
		return Webhook{}, err
	}
	if err := s.challenge(ctx, chatbot, target); err != nil {
		return Webhook{}, err
	}
	now := s.Now()
	w := Webhook{Chatbot: chatbot, Kind: kind, URL: target, Changed: now}
	err := s.DB.InDefaultTx(ctx, func(tx *sqldb.Tx) error {
		return tx.QueryRow(ctx, `insert into messaging_webhook (chatbot, kind, url, acked, due, failures, changed)
			values ($1, $2, $3, (select coalesce(max(seq), 0) from messaging_event_head where chatbot = $1), $4, 0, $4)
			on conflict (chatbot, kind) do update set url = excluded.url, due = excluded.due, failures = 0, changed = excluded.changed
			returning acked`, chatbot, string(kind), target, now.UnixMilli()).Scan(&w.Acked)
	})
	return w, err
}

// Webhook returns a chatbot's webhook. Error: KindNotFound with ReasonNoWebhook.
func (s *Service) Webhook(ctx context.Context, chatbot string, kind Kind) (Webhook, error) {
	w := Webhook{Chatbot: chatbot, Kind: kind}
	var changed int64
	err := s.DB.QueryRow(ctx, `select url, acked, failures, changed from messaging_webhook where chatbot = $1 and kind = $2`,
		chatbot, string(kind)).Scan(&w.URL, &w.Acked, &w.Failures, &changed)
	if errors.Is(err, sql.ErrNoRows) {
		return w, errNoWebhook
	}
	w.Changed = time.UnixMilli(changed).UTC()
	return w, err
}

// RemoveWebhook ends a webhook. Error: KindNotFound with ReasonNoWebhook.
func (s *Service) RemoveWebhook(ctx context.Context, chatbot string, kind Kind) error {
	return s.DB.InDefaultTx(ctx, func(tx *sqldb.Tx) error {
		res, err := tx.Exec(ctx, `delete from messaging_webhook where chatbot = $1 and kind = $2`, chatbot, string(kind))
		if err != nil {
			return err
		}
		if n, err := res.RowsAffected(); err != nil || n == 0 {
			return errors.Join(err, errNoWebhook)
		}
		return nil
	})
}

func (s *Service) checkURL(target string) error {
	u, err := url.Parse(target)
	if err != nil || len(target) > maxURL || u.Host == "" || u.User != nil || u.Fragment != "" || u.Scheme != "https" && (u.Scheme != "http" || !s.Plain) {
		return invalid(ReasonURL, "url: an https URL without user and fragment")
	}
	return nil
}

// challenge asks a receiver whether it wants a chatbot's events.
func (s *Service) challenge(ctx context.Context, chatbot, target string) error {
	nonce := rand.Text()
	body, err := json.Marshal(map[string]string{"type": "webhook.check", "chatbot": chatbot, "nonce": nonce})
	if err != nil {
		return err
	}
	answer, err := s.post(ctx, target, body)
	if err != nil {
		return invalid(ReasonUnchecked, "the receiver did not answer the check with 200: see whether the URL is right and reachable from here")
	}
	var echo struct {
		Nonce string `json:"nonce"`
	}
	if json.Unmarshal(answer, &echo) != nil || subtle.ConstantTimeCompare([]byte(echo.Nonce), []byte(nonce)) != 1 {
		return invalid(ReasonUnchecked, `the receiver must answer the check with {"nonce":…}, the nonce that it got`)
	}
	return nil
}

var errRefused = errors.New("the receiver did not acknowledge")

// post sends a signed body; a receiver that takes it answers 2xx.
func (s *Service) post(ctx context.Context, target string, body []byte) ([]byte, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, target, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	signature, err := s.sign(target, body)
	if err != nil {
		return nil, err
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set(SignatureHeader, signature)
	res, err := s.Out.Do(req)
	if err != nil {
		return nil, err
	}
	defer res.Body.Close()
	answer, err := io.ReadAll(io.LimitReader(res.Body, maxAnswer))
	if err == nil && res.StatusCode/100 != 2 {
		err = errRefused
	}
	return answer, err
}

type signatureClaims struct {
	jwt.RegisteredClaims
	Body string `json:"body"` // SHA-256, base64url
}

func (s *Service) sign(target string, body []byte) (string, error) {
	sum := sha256.Sum256(body)
	return s.Signer.SignJWT(signatureType, &signatureClaims{
		RegisteredClaims: jwt.RegisteredClaims{Issuer: s.Issuer, Audience: jwt.ClaimStrings{target}, IssuedAt: jwt.NewNumericDate(s.Now()), ID: simtrust.NewID("whk")},
		Body:             base64.RawURLEncoding.EncodeToString(sum[:]),
	})
}
