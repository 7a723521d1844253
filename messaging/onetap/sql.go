package onetap

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"time"

	"simtrust/internal/sqldb"
)

//go:embed migrations/*.sql
var migrations embed.FS

// Migrations returns the package's tables.
func Migrations() sqldb.Migrations {
	return sqldb.Migrations{Module: "messaging_onetap", FS: migrations}
}

func (s *Service) upsertApp(ctx context.Context, a App) error {
	return s.DB.InDefaultTx(ctx, func(tx *sqldb.Tx) error {
		_, err := tx.Exec(ctx, `insert into messaging_onetap_app (chatbot, client, name, origin, allowed, allowed_by) values ($1, $2, $3, $4, $5, $6)
			on conflict (chatbot, client) do update set name = excluded.name, origin = excluded.origin, allowed = excluded.allowed, allowed_by = excluded.allowed_by`,
			a.Chatbot, a.Client, a.Name, a.Origin, a.Allowed.UnixMilli(), a.AllowedBy)
		return err
	})
}

func (s *Service) deleteApp(ctx context.Context, chatbot, client string) (there bool, err error) {
	err = s.DB.InDefaultTx(ctx, func(tx *sqldb.Tx) error {
		res, err := tx.Exec(ctx, `delete from messaging_onetap_app where chatbot = $1 and client = $2`, chatbot, client)
		if err != nil {
			return err
		}
		n, err := res.RowsAffected()
		there = n == 1
		return err
	})
	return there, err
}

func (s *Service) appsOf(ctx context.Context, chatbot string) ([]App, error) {
	rows, err := s.DB.Query(ctx, `select chatbot, client, name, origin, allowed, allowed_by from messaging_onetap_app where chatbot = $1 order by client`, chatbot)
	return sqldb.Collect(rows, err, func(rows *sql.Rows) (a App, err error) {
		var allowed int64
		err = rows.Scan(&a.Chatbot, &a.Client, &a.Name, &a.Origin, &allowed, &a.AllowedBy)
		a.Allowed = time.UnixMilli(allowed).UTC()
		return a, err
	})
}

// target is what a link leads to.
type target struct {
	client, url string
	name        string // of the app
	origin      string
	expires     time.Time
}

// find returns what a link of a chatbot's message leads to, while the chatbot may open it and has not taken it back.
func find(ctx context.Context, q sqldb.Querier, chatbot, message string, l link, now time.Time) (t target, ok bool, err error) {
	var expires int64
	err = q.QueryRow(ctx, `select l.client, l.url, a.name, a.origin, l.expires from messaging_onetap_login l
		join messaging_onetap_app a on a.chatbot = $1 and a.client = l.client
		where l.message = $2 and l.place = $3 and l.expires > $4
			and not exists (select 1 from messaging_onetap_revoked r where r.message = l.message and r.delivery in ('', $5))`,
		chatbot, message, int64(l.place), now.UnixMilli(), l.delivery).Scan(&t.client, &t.url, &t.name, &t.origin, &expires)
	if errors.Is(err, sql.ErrNoRows) {
		return target{}, false, nil
	}
	t.expires = time.UnixMilli(expires).UTC()
	return t, err == nil, err
}

// lastEnd is when the links of a message end, in milliseconds; 0: it has none.
func lastEnd(ctx context.Context, q sqldb.Querier, message string) (end int64, err error) {
	err = q.QueryRow(ctx, `select coalesce(max(expires), 0) from messaging_onetap_login where message = $1`, message).Scan(&end)
	return end, err
}
