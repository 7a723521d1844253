package events

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"time"

	"simtrust/internal/sqldb"
)

// Kind is the form of a webhook.
type Kind string

const maxURL = 2048

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
	form := s.forms[kind]
	if form == nil {
		return Webhook{}, invalid(ReasonKind, "kind: "+s.kinds())
	}
	if err := s.checkURL(target); err != nil {
		return Webhook{}, err
	}
	if err := form.Check(ctx, chatbot, target); err != nil {
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
		n, err := res.RowsAffected()
		if err == nil && n == 0 {
			return errNoWebhook
		}
		return err
	})
}

// kinds are the forms that there are, for whoever named another.
func (s *Service) kinds() string {
	list := slices.Sorted(maps.Keys(s.forms))
	return fmt.Sprint(list)
}

func (s *Service) checkURL(target string) error {
	u, err := url.Parse(target)
	if err != nil || len(target) > maxURL || u.Host == "" || u.User != nil || u.Fragment != "" || u.Scheme != "https" && (u.Scheme != "http" || !s.Plain) {
		return invalid(ReasonURL, "url: an https URL without user and fragment")
	}
	return nil
}
