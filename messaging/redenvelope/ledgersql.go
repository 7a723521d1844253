package redenvelope

import (
	"context"
	"database/sql"
	"errors"
	"strings"
	"time"

	"simtrust/internal/sqldb"
)

// sharesOf are the shares that those of a batch have already. PostgreSQL is told to look up one after the other: with a list it may read
// all entries, by a plan from when they were few.
func sharesOf(ctx context.Context, tx *sqldb.Tx, batch []claim) (map[taker]Share, error) {
	ids := make([]string, len(batch))
	for i, c := range batch {
		ids[i] = c.entry().id()
	}
	where, args := sqldb.In(tx.Dialect(), "id", 1, ids)
	from := `messaging_redenvelope_entry where ` + where
	if tx.Dialect() == sqldb.PostgreSQL {
		from = `unnest($1::text[]) as asked (id) cross join lateral
			(select * from messaging_redenvelope_entry where id = asked.id limit 1) as found`
	}
	rows, err := tx.Query(ctx, `select debit, credit, amount, number, at from `+from, args...)
	taken := make(map[taker]Share, len(batch))
	_, err = sqldb.Collect(rows, err, func(rows *sql.Rows) (struct{}, error) {
		share, err := scanShare(rows)
		share.Repeated = true
		taken[taker{share.Campaign, share.Tenure}] = share
		return struct{}{}, err
	})
	return taken, err
}

func scanShare(rows *sql.Rows) (share Share, err error) {
	var at int64
	err = rows.Scan(&share.Campaign, &share.Tenure, &share.Amount, &share.Number, &at)
	share.At = time.UnixMilli(at).UTC()
	return share, err
}

// sharesAfter are up to limit shares of a campaign that follow a number, in their order.
func (s *Service) sharesAfter(ctx context.Context, campaign string, number int64, limit int) ([]Share, error) {
	rows, err := s.DB.Query(ctx, `select debit, credit, amount, number, at from messaging_redenvelope_entry
		where debit = $1 and number > 0 and number > $2 order by number limit $3`, campaign, number, int64(limit))
	return sqldb.Collect(rows, err, scanShare)
}

const insertEntryText = `insert into messaging_redenvelope_entry (id, debit, credit, ref, amount, number, at)`

func (e entry) values() []any {
	return []any{e.id(), e.debit, e.credit, e.ref, e.amount, e.number, e.at}
}

func insertEntries(ctx context.Context, tx *sqldb.Tx, list []entry) error {
	if len(list) == 0 {
		return nil
	}
	rows := make([][]any, len(list))
	for i, e := range list {
		rows[i] = e.values()
	}
	return sqldb.InsertRows(ctx, tx, insertEntryText, rows, "")
}

// insertEntry reports whether it is the first of its accounts and ref.
func insertEntry(ctx context.Context, tx *sqldb.Tx, e entry) (fresh bool, err error) {
	return changed(tx.Exec(ctx, insertEntryText+` values ($1, $2, $3, $4, $5, $6, $7) on conflict (id) do nothing`, e.values()...))
}

func changed(res sql.Result, err error) (bool, error) {
	if err != nil {
		return false, err
	}
	n, err := res.RowsAffected()
	return n == 1, err
}

func amountOf(ctx context.Context, q sqldb.Querier, e entry) (amount int64, err error) {
	err = q.QueryRow(ctx, `select amount from messaging_redenvelope_entry where id = $1`, e.id()).Scan(&amount)
	if errors.Is(err, sql.ErrNoRows) {
		err = nil
	}
	return amount, err
}

func putInto(ctx context.Context, tx *sqldb.Tx, account string, amount int64) (balance int64, err error) {
	err = tx.QueryRow(ctx, `insert into messaging_redenvelope_account (id, balance) values ($1, $2)
		on conflict (id) do update set balance = messaging_redenvelope_account.balance + excluded.balance returning balance`, account, amount).Scan(&balance)
	return balance, err
}

// takeFrom reports whether an account covers an amount, which is then taken.
func takeFrom(ctx context.Context, tx *sqldb.Tx, account string, amount int64) (covered bool, err error) {
	return changed(tx.Exec(ctx, `update messaging_redenvelope_account set balance = balance - $2 where id = $1 and balance >= $2`, account, amount))
}

func balanceOf(ctx context.Context, q sqldb.Querier, account string) (balance int64, err error) {
	err = q.QueryRow(ctx, `select balance from messaging_redenvelope_account where id = $1`, account).Scan(&balance)
	if errors.Is(err, sql.ErrNoRows) {
		err = nil
	}
	return balance, err
}

// Accounts returns what the operator holds for a chatbot, by unit.
func (s *Service) Accounts(ctx context.Context, chatbot string) ([]Account, error) {
	var ids []string
	for _, list := range units {
		for _, unit := range list {
			ids = append(ids, chatbotAccount(chatbot, unit))
		}
	}
	where, args := sqldb.In(s.DB.Dialect(), "id", 1, ids)
	rows, err := s.DB.Query(ctx, `select id, balance from messaging_redenvelope_account where `+where+` order by id`, args...)
	return sqldb.Collect(rows, err, func(rows *sql.Rows) (Account, error) {
		var id string
		a := Account{Chatbot: chatbot}
		err := rows.Scan(&id, &a.Balance)
		a.Asset = AssetIn(strings.TrimPrefix(id, chatbotAccount(chatbot, "")))
		return a, err
	})
}
