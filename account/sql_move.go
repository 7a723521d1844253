package account

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"simtrust"
	"simtrust/internal/sqldb"
)

// insertTicket keeps a ticket in the place of the account's earlier one.
func insertTicket(ctx context.Context, tx *sqldb.Tx, account string, from simtrust.TenureID, hash []byte, now, expires time.Time) error {
	if _, err := tx.Exec(ctx, `delete from account_move where account = $1 and redeemed is null`, account); err != nil {
		return err
	}
	_, err := tx.Exec(ctx, `insert into account_move (id, ticket, account, from_tenure, started, expires) values ($1, $2, $3, $4, $5, $6)`,
		simtrust.NewID("mov"), hash, account, from, now.UnixMilli(), expires.UnixMilli())
	return err
}

// ticketOrigin returns the tenure that a valid ticket was made on, or "".
func ticketOrigin(ctx context.Context, q sqldb.Querier, hash []byte, now time.Time) (from simtrust.TenureID, err error) {
	err = q.QueryRow(ctx, `select from_tenure from account_move where ticket = $1 and redeemed is null and expires > $2`,
		hash, now.UnixMilli()).Scan(&from)
	if errors.Is(err, sql.ErrNoRows) {
		return "", nil
	}
	return from, err
}

// redeemTicket spends a valid ticket and returns its account; "" if it is not valid, any more.
func redeemTicket(ctx context.Context, tx *sqldb.Tx, hash []byte, to simtrust.TenureID, now time.Time) (account string, err error) {
	err = tx.QueryRow(ctx, `update account_move set redeemed = $3, to_tenure = $2
		where ticket = $1 and redeemed is null and expires > $3 returning account`, hash, to, now.UnixMilli()).Scan(&account)
	if errors.Is(err, sql.ErrNoRows) {
		return "", nil
	}
	return account, err
}

// moveAccount puts an open account and its links on another tenure, which has none.
func moveAccount(ctx context.Context, tx *sqldb.Tx, account string, from, to simtrust.TenureID, now time.Time) error {
	res, err := tx.Exec(ctx, `update account set tenure = $3, since = $4 where id = $1 and tenure = $2 and closed is null`,
		account, from, to, now.UnixMilli())
	if err != nil {
		return err
	}
	n, err := res.RowsAffected()
	switch {
	case err != nil:
		return err
	case n == 0:
		return errTicket
	}
	rows, err := tx.Query(ctx, `update account_link set closed = $2 where account = $1 and closed is null returning app`, account, now.UnixMilli())
	apps, err := sqldb.Collect(rows, err, func(rows *sql.Rows) (app string, err error) {
		err = rows.Scan(&app)
		return app, err
	})
	if err != nil {
		return err
	}
	return openLinks(ctx, tx, account, to, apps, now)
}
