package events

import (
	"context"
	"database/sql"
	"errors"
	"sync"
	"time"

	"simtrust/internal/panics"
	"simtrust/internal/sqldb"
)

const (
	atOnce   = 32 // webhooks that are called side by side
	pageSize = 100
	// pagesInTurn bounds how long one webhook keeps others waiting. What is left is due at once, behind them.
	pagesInTurn = 20
	lease       = time.Minute // longer than a page may take
	firstPause  = time.Second
	longPause   = 5 * time.Minute
)

// turn is a webhook that this node is at. due fences: whoever else takes it moves it.
type turn struct {
	Webhook
	due int64
}

// send calls the webhooks that have news, each on its own, as far as there is room.
func (s *Service) send(ctx context.Context, senders *sync.WaitGroup, room chan struct{}) error {
	for {
		if len(room) == cap(room) {
			return nil
		}
		turns, err := s.claim(ctx, cap(room)-len(room))
		if err != nil || len(turns) == 0 {
			return err
		}
		for _, t := range turns {
			room <- struct{}{} // only this loop fills it, so there is room
			senders.Go(func() {
				defer func() { <-room; wake(s.hub.hooks) }()
				s.serve(ctx, t)
			})
		}
	}
}

// claim takes the webhooks that are due and have events ahead of them.
func (s *Service) claim(ctx context.Context, limit int) (turns []turn, err error) {
	now := s.Now()
	err = s.DB.InDefaultTx(ctx, func(tx *sqldb.Tx) error {
		rows, err := tx.Query(ctx, `
			update messaging_webhook set due = $2 where due <= $1 and exists (
				select 1 from messaging_event_head h where h.chatbot = messaging_webhook.chatbot and h.seq > messaging_webhook.acked)
			and (chatbot, kind) in (
				select w.chatbot, w.kind from messaging_webhook w join messaging_event_head h on h.chatbot = w.chatbot and h.seq > w.acked
				where w.due <= $1 order by w.due limit $3)
			returning chatbot, kind, url, acked, failures, due`, now.UnixMilli(), now.Add(lease).UnixMilli(), int64(limit))
		turns, err = sqldb.Collect(rows, err, func(rows *sql.Rows) (t turn, err error) {
			err = rows.Scan(&t.Chatbot, &t.Kind, &t.URL, &t.Acked, &t.Failures, &t.due)
			return t, err
		})
		return err
	})
	return turns, err
}

// serve brings a webhook what there is, and frees it.
func (s *Service) serve(ctx context.Context, t turn) {
	for page := 1; ; page++ {
		list, err := s.after(ctx, t.Chatbot, t.Acked, pageSize)
		if err == nil && len(list) > 0 {
			err = s.bring(ctx, &t, list)
		}
		done := err != nil || len(list) < pageSize || page == pagesInTurn
		free := s.Now()
		if err != nil {
			t.Failures++
			free = free.Add(backoff(t.Failures))
			s.Log.InfoContext(ctx, "a webhook did not take its events", "chatbot", t.Chatbot, "failures", t.Failures, "again", free)
		} else if !done {
			free = free.Add(lease)
		}
		if err := s.note(context.WithoutCancel(ctx), &t, free); err != nil || done {
			return
		}
	}
}

// bring sends a page and stands behind what needs no more sending.
func (s *Service) bring(ctx context.Context, t *turn, list []Entry) error {
	form := s.forms[t.Kind]
	if form == nil {
		return errNoForm
	}
	ctx, cancel := context.WithTimeout(ctx, lease*3/4)
	defer cancel()
	var acked int64
	var err error
	panicked := panics.Contained(func() error {
		acked, err = form.Bring(ctx, t.Webhook, list)
		return nil
	})
	if panicked != nil {
		s.Log.ErrorContext(ctx, "a webhook could not be called", "kind", t.Kind, "chatbot", t.Chatbot, "error", panicked)
	}
	if acked > t.Acked {
		t.Acked, t.Failures = acked, 0
	}
	return errors.Join(err, panicked)
}

var errNoForm = errors.New("this server knows no such form of webhook now")

// note keeps where a webhook stands and when it is next due, unless it was taken or changed meanwhile.
func (s *Service) note(ctx context.Context, t *turn, due time.Time) error {
	err := s.DB.InDefaultTx(ctx, func(tx *sqldb.Tx) error {
		res, err := tx.Exec(ctx, `update messaging_webhook set acked = $3, failures = $4, due = $5 where chatbot = $1 and kind = $2 and due = $6 and url = $7`,
			t.Chatbot, string(t.Kind), t.Acked, t.Failures, due.UnixMilli(), t.due, t.URL)
		if err != nil {
			return err
		}
		if n, err := res.RowsAffected(); err != nil || n == 0 {
			return errors.Join(errOvertaken, err)
		}
		return nil
	})
	if err == nil {
		t.due = due.UnixMilli()
	}
	return err
}

func backoff(failures int64) time.Duration {
	return min(firstPause<<min(failures-1, 10), longPause)
}
