package csp

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"slices"
	"strings"
	"time"

	"simtrust/internal/sqldb"
)

//go:embed migrations/*.sql
var migrations embed.FS

// Migrations returns the package's tables.
func Migrations() sqldb.Migrations {
	return sqldb.Migrations{Module: "messaging_csp", FS: migrations}
}

const accountColumns = `chatbot, service_id, client, app_id, app_key, serial, expires`

type scanner interface{ Scan(...any) error }

func scanAccount(row scanner, more ...any) (a account, err error) {
	err = row.Scan(append([]any{&a.chatbot, &a.serviceID, &a.client, &a.appID, &a.appKey, &a.serial, &a.tokenExpires}, more...)...)
	return a, err
}

// keepAccount makes or replaces a chatbot's row; the access token ends. A chatbot that has an app_id keeps it.
func (s *Service) keepAccount(ctx context.Context, a account, by string) (appID string, serial int64, err error) {
	err = s.DB.InDefaultTx(ctx, func(tx *sqldb.Tx) error {
		return tx.QueryRow(ctx, `insert into messaging_csp_account (chatbot, service_id, client, app_id, app_key, serial, token, expires, day, issued, changed, changed_by)
			values ($1, $2, $3, $4, $5, 1, '', 0, 0, 0, $6, $7)
			on conflict (chatbot) do update set app_key = excluded.app_key, serial = messaging_csp_account.serial + 1, token = '', expires = 0,
				changed = excluded.changed, changed_by = excluded.changed_by
			returning app_id, serial`, a.chatbot, a.serviceID, a.client, a.appID, a.appKey, s.Now().UnixMilli(), by).Scan(&appID, &serial)
	})
	return appID, serial, err
}

func (s *Service) accountByService(ctx context.Context, serviceID string) (account, bool, error) {
	return found(scanAccount(s.DB.QueryRow(ctx, `select `+accountColumns+` from messaging_csp_account where service_id = $1`, serviceID)))
}

func (s *Service) accountOf(ctx context.Context, chatbot string) (account, bool, error) {
	return found(scanAccount(s.DB.QueryRow(ctx, `select `+accountColumns+` from messaging_csp_account where chatbot = $1`, chatbot)))
}

func found[T any](v T, err error) (T, bool, error) {
	if errors.Is(err, sql.ErrNoRows) {
		return v, false, nil
	}
	return v, err == nil, err
}

func accountsByToken(ctx context.Context, q sqldb.Querier, tokens []string) ([]sqldb.Result[account], error) {
	where, args := sqldb.In(q.Dialect(), "token", 1, tokens)
	rows, err := q.Query(ctx, `select `+accountColumns+`, token from messaging_csp_account where `+where, args...)
	out := make([]sqldb.Result[account], len(tokens))
	_, err = sqldb.Collect(rows, err, func(rows *sql.Rows) (struct{}, error) {
		var token string
		a, err := scanAccount(rows, &token)
		if err == nil {
			out[slices.Index(tokens, token)].Value = a
		}
		return struct{}{}, err
	})
	return out, err
}

// takeToken puts an access token in the place of the one before and counts it; false where the day has as many as it may, or the key was
// changed meanwhile.
func (s *Service) takeToken(ctx context.Context, a account, token string, expires, day time.Time) (bool, error) {
	return s.change(ctx, `update messaging_csp_account set token = $1, expires = $2, issued = case when day = $3 then issued + 1 else 1 end, day = $3
		where chatbot = $4 and app_key = $5 and (day <> $3 or issued < $6)`, token, expires.UnixMilli(), day.UnixMilli(), a.chatbot, a.appKey, int64(perDay))
}

// change says whether a row was changed.
func (s *Service) change(ctx context.Context, text string, args ...any) (changed bool, err error) {
	err = s.DB.InDefaultTx(ctx, func(tx *sqldb.Tx) error {
		res, err := tx.Exec(ctx, text, args...)
		if err != nil {
			return err
		}
		n, err := res.RowsAffected()
		changed = n > 0
		return err
	})
	return changed, err
}

// sent is a message that was taken from a chatbot.
type sent struct {
	message, messageID         string
	conversation, contribution string
	reports                    OneOrMore[Status]
	expires                    time.Time
}

func record(ctx context.Context, tx *sqldb.Tx, batch []sent) ([]sqldb.Result[struct{}], error) {
	rows := make([][]any, len(batch))
	for i, m := range batch {
		reports := make([]string, len(m.reports))
		for k, r := range m.reports {
			reports[k] = string(r)
		}
		rows[i] = []any{m.message, m.messageID, m.conversation, m.contribution, strings.Join(reports, " "), m.expires.UnixMilli()}
	}
	err := sqldb.InsertRows(ctx, tx, `insert into messaging_csp_sent (message, message_id, conversation, contribution, reports, expires)`, rows, `on conflict do nothing`)
	return make([]sqldb.Result[struct{}], len(batch)), err
}

func (s *Service) sentAs(ctx context.Context, message string) (m sent, ok bool, err error) {
	var reports string
	err = s.DB.QueryRow(ctx, `select message, message_id, conversation, contribution, reports from messaging_csp_sent where message = $1`, message).Scan(
		&m.message, &m.messageID, &m.conversation, &m.contribution, &reports)
	for _, r := range strings.Fields(reports) {
		m.reports = append(m.reports, Status(r))
	}
	return found(m, err)
}

// noteRevocation keeps that a delivery was asked back.
func noteRevocation(ctx context.Context, tx *sqldb.Tx, delivery string, expires time.Time) error {
	_, err := tx.Exec(ctx, `insert into messaging_csp_revocation (delivery, expires) values ($1, $2) on conflict (delivery) do nothing`, delivery, expires.UnixMilli())
	return err
}

// askedBack reports whether a delivery was asked back and its chatbot was not told how that ended.
func (s *Service) askedBack(ctx context.Context, delivery string) (bool, error) {
	var one int64
	_, ok, err := found(one, s.DB.QueryRow(ctx, `select 1 from messaging_csp_revocation where delivery = $1`, delivery).Scan(&one))
	return ok, err
}

func (s *Service) forgetRevocation(ctx context.Context, delivery string) error {
	_, err := s.change(ctx, `delete from messaging_csp_revocation where delivery = $1`, delivery)
	return err
}

// Prune removes what nobody asks about any more.
func (s *Service) Prune(ctx context.Context) error {
	now := s.Now().UnixMilli()
	_, err := s.change(ctx, `delete from messaging_csp_sent where expires < $1`, now)
	if err == nil {
		_, err = s.change(ctx, `delete from messaging_csp_revocation where expires < $1`, now)
	}
	return err
}
