package simshield

import (
	"cmp"
	"context"
	"database/sql"
	"maps"
	"slices"

	"simtrust/internal/sqldb"
)

// Kinds of sums.
const (
	sumCustomer = "customer"
	sumShield   = "shield"
)

// sumOf names a day's sum.
type sumOf struct{ party, kind, subject, day string }

// inOrder are the names of sums in the one order in which they are locked.
func inOrder(sums map[sumOf]int64) []sumOf {
	return slices.SortedFunc(maps.Keys(sums), func(a, b sumOf) int {
		return cmp.Or(cmp.Compare(a.kind, b.kind), cmp.Compare(a.subject, b.subject), cmp.Compare(a.party, b.party), cmp.Compare(a.day, b.day))
	})
}

// addToSums adds to days' sums and returns them.
func addToSums(ctx context.Context, tx *sqldb.Tx, add map[sumOf]int64) (map[sumOf]int64, error) {
	values := make([][]any, 0, len(add))
	for _, s := range inOrder(add) {
		values = append(values, []any{s.party, s.kind, s.subject, s.day, add[s]})
	}
	sums := make(map[sumOf]int64, len(add))
	_, err := sqldb.InsertReturning(ctx, tx, `insert into simshield_sum (party, kind, subject, day, amount)`, values,
		`on conflict (party, kind, subject, day) do update set amount = simshield_sum.amount + excluded.amount
			returning party, kind, subject, day, amount`,
		func(rows *sql.Rows) (amount int64, err error) {
			var s sumOf
			err = rows.Scan(&s.party, &s.kind, &s.subject, &s.day, &amount)
			sums[s] = amount
			return amount, err
		})
	return sums, err
}

// releaseSums takes amounts out of days' sums.
func releaseSums(ctx context.Context, tx *sqldb.Tx, release map[sumOf]int64) error {
	for _, s := range inOrder(release) {
		if _, err := tx.Exec(ctx, `update simshield_sum set amount = amount - $5 where party = $1 and kind = $2 and subject = $3 and day = $4`,
			s.party, s.kind, s.subject, s.day, release[s]); err != nil {
			return err
		}
	}
	return nil
}

// lockSums locks days' sums before a transaction is: who opens one does it in that order too. SQLite has one writer.
func lockSums(ctx context.Context, tx *sqldb.Tx, sums map[sumOf]int64) error {
	if tx.Dialect() == sqldb.SQLite {
		return nil
	}
	for _, s := range inOrder(sums) {
		if _, err := tx.Exec(ctx, `select 1 from simshield_sum where party = $1 and kind = $2 and subject = $3 and day = $4 for update`,
			s.party, s.kind, s.subject, s.day); err != nil {
			return err
		}
	}
	return nil
}
