package simshield

import (
	"context"
	"database/sql"
	"embed"
	"encoding/json"
	"errors"
	"strconv"
	"time"

	"simtrust"
	"simtrust/internal/sqldb"
	"simtrust/simshield/applet"
)

//go:embed migrations/*.sql
var migrations embed.FS

// Migrations returns the module's tables.
func Migrations() sqldb.Migrations { return sqldb.Migrations{Module: "simshield", FS: migrations} }

// transactionRow is a transaction with what others do not see.
type transactionRow struct {
	Transaction
	digest     []byte
	form       string
	iccid      string
	request    signedRequest
	signedOver []byte
	command    []byte
	customer   string
	amount     int64
	day        string
	decision   []byte
	evidence   []byte
}

const transactionColumns = `id, party, ref, digest, form, kind, tenure, iccid, key, request, signed_over, command, code, customer, amount, day,
	decision, state, cause, created, expires, ended, signature, evidence`

func scanTransaction(scan func(...any) error) (r transactionRow, err error) {
	var kind, tenure, decision string
	var created, expires, ended int64
	var request, signature []byte
	err = scan(&r.ID, &r.Party, &r.Ref, &r.digest, &r.form, &kind, &tenure, &r.iccid, &r.Key, &request, &r.signedOver, &r.command, &r.Code,
		&r.customer, &r.amount, &r.day, &decision, &r.State, &r.Cause, &created, &expires, &ended, &signature, &r.evidence)
	if err != nil {
		return r, err
	}
	r.Kind, _ = applet.ParseKind(kind)
	r.tenure, r.decision = simtrust.TenureID(tenure), []byte(decision)
	r.Created, r.Expires, r.Ended = instant(created), instant(expires), instant(ended)
	copy(r.Signature[:], signature)
	return r, json.Unmarshal(request, &r.request)
}

// insertTransaction says whether it went in: it does not where the card has another open, or the party's reference was taken meanwhile.
func insertTransaction(ctx context.Context, tx *sqldb.Tx, r transactionRow) (bool, error) {
	request, err := json.Marshal(r.request)
	if err != nil {
		return false, err
	}
	res, err := tx.Exec(ctx, `insert into simshield_transaction (`+transactionColumns+`) values
		($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, '', $19, $20, 0, $21, $21) on conflict do nothing`,
		r.ID, r.Party, r.Ref, r.digest, r.form, r.Kind.String(), string(r.tenure), r.iccid, r.Key, request, r.signedOver, r.command, r.Code, r.customer,
		r.amount, r.day, string(r.decision), string(r.State), r.Created.UnixMilli(), r.Expires.UnixMilli(), []byte{})
	if err != nil {
		return false, err
	}
	n, err := res.RowsAffected()
	return n == 1, err
}

func findByRef(ctx context.Context, q sqldb.Querier, party, ref string) (*transactionRow, error) {
	return oneTransaction(q.QueryRow(ctx, `select `+transactionColumns+` from simshield_transaction where party = $1 and ref = $2`, party, ref))
}

func findTransaction(ctx context.Context, q sqldb.Querier, id string) (*transactionRow, error) {
	return oneTransaction(q.QueryRow(ctx, `select `+transactionColumns+` from simshield_transaction where id = $1`, id))
}

func oneTransaction(row sqldb.Row) (*transactionRow, error) {
	r, err := scanTransaction(row.Scan)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	}
	return &r, err
}

// pending is a transaction with the key that is to sign it; nil where there is none.
type pending struct {
	row *transactionRow
	key *Key
}

func readPending(ctx context.Context, q sqldb.Querier, ids []string) ([]sqldb.Result[pending], error) {
	where, args := sqldb.In(q.Dialect(), "id", 1, ids)
	rows, err := q.Query(ctx, `select `+transactionColumns+` from simshield_transaction where `+where, args...)
	list, err := sqldb.Collect(rows, err, func(rows *sql.Rows) (transactionRow, error) { return scanTransaction(rows.Scan) })
	if err != nil {
		return nil, err
	}
	found, wanted := map[string]*transactionRow{}, []string{}
	for i, r := range list {
		found[r.ID] = &list[i]
		wanted = append(wanted, r.Key)
	}
	keys, err := readKeys(ctx, q, wanted)
	if err != nil {
		return nil, err
	}
	out := make([]sqldb.Result[pending], len(ids))
	for i, id := range ids {
		if r := found[id]; r != nil {
			out[i].Value = pending{r, keys[r.Key]}
		}
	}
	return out, nil
}

// endTransaction ends a transaction that is open and says whether it was.
func endTransaction(ctx context.Context, tx *sqldb.Tx, e end, now time.Time) (bool, error) {
	res, err := tx.Exec(ctx, `update simshield_transaction set state = $2, cause = $3, ended = $4, signature = $5, evidence = $6
		where id = $1 and state = 'open'`, e.row.ID, string(e.state), e.cause, now.UnixMilli(), e.signature, e.evidence)
	if err != nil {
		return false, err
	}
	n, err := res.RowsAffected()
	return n == 1, err
}

// openTransactions returns up to limit open ones that a condition holds for.
func openTransactions(ctx context.Context, q sqldb.Querier, where string, limit int, args ...any) ([]transactionRow, error) {
	rows, err := q.Query(ctx, `select `+transactionColumns+` from simshield_transaction where state = 'open' and `+where+` limit `+strconv.Itoa(limit), args...)
	return sqldb.Collect(rows, err, func(rows *sql.Rows) (transactionRow, error) { return scanTransaction(rows.Scan) })
}

// endedSince returns the transactions that ended since an instant.
func endedSince(ctx context.Context, q sqldb.Querier, since time.Time) ([]string, error) {
	rows, err := q.Query(ctx, `select id from simshield_transaction where ended >= $1`, since.UnixMilli())
	return sqldb.Collect(rows, err, scanText)
}

// Kinds of sums.
const (
	sumCustomer = "customer"
	sumShield   = "shield"
)

// addToSum adds to a day's sum and returns it.
func addToSum(ctx context.Context, tx *sqldb.Tx, party, kind, subject, day string, amount int64) (sum int64, err error) {
	err = tx.QueryRow(ctx, `insert into simshield_sum (party, kind, subject, day, amount) values ($1, $2, $3, $4, $5)
		on conflict (party, kind, subject, day) do update set amount = simshield_sum.amount + excluded.amount returning amount`,
		party, kind, subject, day, amount).Scan(&sum)
	return sum, err
}

// releaseSums takes an amount out of both of a transfer's sums.
func releaseSums(ctx context.Context, tx *sqldb.Tx, party, customer, iccid, day string, amount int64) error {
	for kind, subject := range map[string]string{sumCustomer: customer, sumShield: iccid} {
		if _, err := tx.Exec(ctx, `update simshield_sum set amount = amount - $5 where party = $1 and kind = $2 and subject = $3 and day = $4`,
			party, kind, subject, day, amount); err != nil {
			return err
		}
	}
	return nil
}

// countPrompts counts one more prompt of a card in a minute and returns how many that makes.
func countPrompts(ctx context.Context, tx *sqldb.Tx, iccid string, minute int64) (n int64, err error) {
	err = tx.QueryRow(ctx, `insert into simshield_prompts (iccid, minute, count) values ($1, $2, 1)
		on conflict (iccid, minute) do update set count = simshield_prompts.count + 1 returning count`, iccid, minute).Scan(&n)
	return n, err
}

func prunePrompts(ctx context.Context, tx *sqldb.Tx, before int64) error {
	_, err := tx.Exec(ctx, `delete from simshield_prompts where minute < $1`, before)
	return err
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

func scanText(rows *sql.Rows) (s string, err error) {
	err = rows.Scan(&s)
	return s, err
}
