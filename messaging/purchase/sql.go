package purchase

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"time"

	"simtrust"
	"simtrust/internal/sqldb"
)

//go:embed migrations/*.sql
var migrations embed.FS

// Migrations returns the package's tables.
func Migrations() sqldb.Migrations {
	return sqldb.Migrations{Module: "messaging_purchase", FS: migrations}
}

const columns = `id, chatbot, party, ref, digest, claims, request, request_sha256, tenure, sim_since, amount, currency, needs_sim, message, state, method,
	cause, stop, txn, result, created, expires, ended, due, sim_above, language`

func scan(row func(...any) error) (p Purchase, err error) {
	var since, created, expires, ended, due int64
	err = row(&p.ID, &p.Chatbot, &p.Party, &p.Order, &p.digest, &p.claims, &p.request, &p.requestSHA256, &p.tenure, &since, &p.Amount, &p.Currency,
		&p.needsSIM, &p.Message, &p.State, &p.Method, &p.Cause, &p.Stop, &p.Transaction, &p.Result, &created, &expires, &ended, &due, &p.simAbove, &p.language)
	p.simSince, p.Created, p.Expires, p.Ended, p.due = instant(since), instant(created), instant(expires), instant(ended), instant(due)
	return p, err
}

func instant(ms int64) time.Time {
	if ms == 0 {
		return time.Time{}
	}
	return time.UnixMilli(ms).UTC()
}

func millis(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMilli()
}

func one(row sqldb.Row) (p Purchase, found bool, err error) {
	p, err = scan(row.Scan)
	if errors.Is(err, sql.ErrNoRows) {
		return Purchase{}, false, nil
	}
	return p, err == nil, err
}

// insert makes a purchase, unless the party's order is known.
func insert(ctx context.Context, tx *sqldb.Tx, p Purchase) error {
	_, err := tx.Exec(ctx, `insert into messaging_purchase (`+columns+`) values
		($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, '', $14, '', '', false, '', '', $15, $16, 0, $17, $18, $19) on conflict (party, ref) do nothing`,
		p.ID, p.Chatbot, p.Party, p.Order, p.digest, p.claims, p.request, p.requestSHA256, string(p.tenure), millis(p.simSince), p.Amount, p.Currency,
		p.needsSIM, string(p.State), millis(p.Created), millis(p.Expires), millis(p.due), p.simAbove, p.language)
	return err
}

func byOrder(ctx context.Context, q sqldb.Querier, party, order string) (Purchase, bool, error) {
	return one(q.QueryRow(ctx, `select `+columns+` from messaging_purchase where party = $1 and ref = $2`, party, order))
}

func byID(ctx context.Context, q sqldb.Querier, id string) (Purchase, bool, error) {
	return one(q.QueryRow(ctx, `select `+columns+` from messaging_purchase where id = $1`, id))
}

// lock returns a purchase that nobody else changes before the transaction's end.
func lock(ctx context.Context, tx *sqldb.Tx, id string) (Purchase, bool, error) {
	return one(tx.QueryRow(ctx, `update messaging_purchase set due = due where id = $1 returning `+columns, id))
}

// save keeps what changes in a purchase that is locked.
func save(ctx context.Context, tx *sqldb.Tx, p Purchase) error {
	_, err := tx.Exec(ctx, `update messaging_purchase set request = $2, state = $3, method = $4, cause = $5, stop = $6, txn = $7, result = $8, ended = $9,
		due = $10 where id = $1`, p.ID, p.request, string(p.State), string(p.Method), p.Cause, p.Stop, p.Transaction, p.Result, millis(p.Ended), millis(p.due))
	return err
}

// sent notes the notice of a purchase.
func (s *Service) sent(ctx context.Context, id, message string) (Purchase, bool, error) {
	var p Purchase
	var found bool
	err := s.DB.InDefaultTx(ctx, func(tx *sqldb.Tx) (err error) {
		p, found, err = one(tx.QueryRow(ctx, `update messaging_purchase set message = $2 where id = $1 returning `+columns, id, message))
		return err
	})
	return p, found, err
}

// forget removes a purchase whose notice never went out.
func (s *Service) forget(ctx context.Context, id string) error {
	return s.exec(ctx, `delete from messaging_purchase where id = $1 and state = 'asked' and message = ''`, id)
}

// claim takes purchases that are due, until a time.
func (s *Service) claim(ctx context.Context, n int, now, until time.Time) (list []Purchase, err error) {
	err = s.DB.InDefaultTx(ctx, func(tx *sqldb.Tx) error {
		rows, err := tx.Query(ctx, `update messaging_purchase set due = $1 where due > 0 and due <= $2 and id in
			(select id from messaging_purchase where due > 0 and due <= $2 order by due limit $3) returning `+columns, until.UnixMilli(), now.UnixMilli(), n)
		list, err = sqldb.Collect(rows, err, func(rows *sql.Rows) (Purchase, error) { return scan(rows.Scan) })
		return err
	})
	return list, err
}

// release has a claimed purchase looked at again at a time, zero for never, unless something happened to it meanwhile.
func (s *Service) release(ctx context.Context, p Purchase, at time.Time) error {
	return s.exec(ctx, `update messaging_purchase set due = $3 where id = $1 and due = $2`, p.ID, millis(p.due), millis(at))
}

// openOf names the open purchases of a tenure.
func openOf(ctx context.Context, q sqldb.Querier, tenure simtrust.TenureID) ([]string, error) {
	rows, err := q.Query(ctx, `select id from messaging_purchase where tenure = $1 and ended = 0`, string(tenure))
	return sqldb.Collect(rows, err, func(rows *sql.Rows) (id string, err error) { return id, rows.Scan(&id) })
}

// Prune removes purchases that nobody is promised any more.
func (s *Service) Prune(ctx context.Context) error {
	return s.exec(ctx, `delete from messaging_purchase where ended > 0 and ended < $1`, s.Now().Add(-keep).UnixMilli())
}

func (s *Service) exec(ctx context.Context, text string, args ...any) error {
	return s.DB.InDefaultTx(ctx, func(tx *sqldb.Tx) error {
		_, err := tx.Exec(ctx, text, args...)
		return err
	})
}
