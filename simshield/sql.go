package simshield

import (
	"context"
	"database/sql"
	"embed"
	"encoding/json"
	"maps"
	"slices"
	"strconv"
	"time"

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
	customer   string // whose sum the amount is in; empty: nobody's
	amount     int64
	day        string
	decision   []byte
	evidence   []byte
}

const (
	partyColumns       = `id, party, ref, kind, tenure, key, code, state, cause, created, expires, ended, signature`
	transactionColumns = partyColumns + `, digest, form, iccid, request, signed_over, command, customer, amount, day, decision, evidence`
)

// scanParty reads what the party is told, and further columns into further.
func scanParty(scan func(...any) error, further ...any) (t Transaction, err error) {
	var kind string
	var created, expires, ended int64
	var signature []byte
	err = scan(append([]any{&t.ID, &t.Party, &t.Ref, &kind, &t.tenure, &t.Key, &t.Code, &t.State, &t.Cause, &created, &expires, &ended,
		&signature}, further...)...)
	t.Kind, _ = applet.ParseKind(kind)
	t.Created, t.Expires, t.Ended = instant(created), instant(expires), instant(ended)
	copy(t.Signature[:], signature)
	return t, err
}

func scanTransaction(scan func(...any) error) (r transactionRow, err error) {
	var request []byte
	r.Transaction, err = scanParty(scan, &r.digest, &r.form, &r.iccid, &request, &r.signedOver, &r.command, &r.customer, &r.amount, &r.day,
		&r.decision, &r.evidence)
	if err != nil {
		return r, err
	}
	return r, json.Unmarshal(request, &r.request)
}

// readTransactions returns what parties are told of transactions, nil for those that are none: most look, and few want the evidence.
func readTransactions(ctx context.Context, q sqldb.Querier, ids []string) ([]sqldb.Result[*Transaction], error) {
	where, args := sqldb.In(q.Dialect(), "id", 1, ids)
	rows, err := q.Query(ctx, `select `+partyColumns+` from simshield_transaction where `+where, args...)
	list, err := sqldb.Collect(rows, err, func(rows *sql.Rows) (Transaction, error) { return scanParty(rows.Scan) })
	found := make(map[string]*Transaction, len(list))
	for i := range list {
		found[list[i].ID] = &list[i]
	}
	out := make([]sqldb.Result[*Transaction], len(ids))
	for i, id := range ids {
		out[i].Value = found[id]
	}
	return out, err
}

// insertTransactions returns the ids of those that went in: one does not where its card has another open, or the party's reference was
// taken meanwhile.
func insertTransactions(ctx context.Context, tx *sqldb.Tx, list []transactionRow) (map[string]bool, error) {
	values := make([][]any, len(list))
	for i, r := range list {
		request, err := json.Marshal(r.request)
		if err != nil {
			return nil, err
		}
		values[i] = []any{r.ID, r.Party, r.Ref, r.Kind.String(), string(r.tenure), r.Key, r.Code, string(r.State), "", r.Created.UnixMilli(),
			r.Expires.UnixMilli(), int64(0), []byte{}, r.digest, r.form, r.iccid, request, r.signedOver, r.command, r.customer, r.amount, r.day,
			string(r.decision), []byte{}}
	}
	ids, err := sqldb.InsertReturning(ctx, tx, `insert into simshield_transaction (`+transactionColumns+`)`, values, `on conflict do nothing returning id`, scanText)
	return setOf(ids), err
}

func setOf(ids []string) map[string]bool {
	set := make(map[string]bool, len(ids))
	for _, id := range ids {
		set[id] = true
	}
	return set
}

// known is a transaction with the digest of its request.
type known struct {
	Transaction
	digest []byte
}

// findByRefs returns those of a party's references that are known. PostgreSQL is told to look up one after the other: with a list it may
// read all that the party ever asked, by a plan from when that was little.
func findByRefs(ctx context.Context, q sqldb.Querier, party string, refs []string) ([]known, error) {
	where, args := sqldb.In(q.Dialect(), "ref", 2, refs)
	from := `simshield_transaction where party = $1 and ` + where
	if q.Dialect() == sqldb.PostgreSQL {
		from = `unnest($2::text[]) as asked (name) cross join lateral
			(select * from simshield_transaction where party = $1 and ref = asked.name limit 1) as found`
	}
	rows, err := q.Query(ctx, `select `+partyColumns+`, digest from `+from, append([]any{party}, args...)...)
	return sqldb.Collect(rows, err, func(rows *sql.Rows) (k known, err error) {
		k.Transaction, err = scanParty(rows.Scan, &k.digest)
		return k, err
	})
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

// endTransactions ends those transactions that are open, each named once, and returns which were.
func endTransactions(ctx context.Context, tx *sqldb.Tx, ends []end, now time.Time) (map[string]bool, error) {
	ended := make(map[string]bool, len(ends))
	if tx.Dialect() == sqldb.PostgreSQL {
		for some := range slices.Chunk(ends, endsInOne) {
			ids, err := endInOne(ctx, tx, some, now)
			if err != nil {
				return nil, err
			}
			maps.Copy(ended, setOf(ids))
		}
		return ended, nil
	}
	for _, e := range ends {
		res, err := tx.Exec(ctx, `update simshield_transaction set state = $2, cause = $3, ended = $4, signature = $5, evidence = $6
			where id = $1 and state = 'open'`, e.row.ID, string(e.state), e.cause, now.UnixMilli(), e.signature, e.evidence)
		if err != nil {
			return nil, err
		}
		n, err := res.RowsAffected()
		if err != nil {
			return nil, err
		}
		ended[e.row.ID] = n == 1
	}
	return ended, nil
}

// endsInOne bounds what one statement carries: evidence has up to 512 KB.
const endsInOne = 256

// endInOne ends transactions in one statement, on PostgreSQL, and returns the ids of those that were open. The evidence comes as one value,
// of which each takes its part: an array of long values takes longer to read than all else.
func endInOne(ctx context.Context, tx *sqldb.Tx, ends []end, now time.Time) ([]string, error) {
	size := 0
	for _, e := range ends {
		size += len(e.evidence)
	}
	values, all := make([][]any, len(ends)), make([]byte, 0, size)
	for i, e := range ends {
		values[i] = []any{e.row.ID, string(e.state), e.cause, now.UnixMilli(), e.signature, int64(len(all) + 1), int64(len(e.evidence))}
		all = append(all, e.evidence...)
	}
	table, args, _ := sqldb.Unnest(values) // there is one at least, and none has a null
	rows, err := tx.Query(ctx, `update simshield_transaction t set state = e.state, cause = e.cause, ended = e.ended, signature = e.signature,
		evidence = substring($8::bytea from e.start::integer for e.length::integer)
		from `+table+` as e (id, state, cause, ended, signature, start, length) where t.id = e.id and t.state = 'open' returning t.id`, append(args, all)...)
	return sqldb.Collect(rows, err, scanText)
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
