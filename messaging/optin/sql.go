package optin

import (
	"context"
	"database/sql"
	"maps"
	"slices"
	"time"

	"simtrust"
	"simtrust/internal/sqldb"
)

const entryColumns = "tenure, chatbot, number_hash, state, basis, obtained, evidence, recorded, changed, seq"

func scanEntry(rows *sql.Rows) (*Entry, error) {
	var e Entry
	var obtained, recorded, changed int64
	err := rows.Scan(&e.Tenure, &e.Chatbot, &e.number, &e.State, &e.Basis, &obtained, &e.Evidence, &recorded, &changed, &e.seq)
	e.Changed = fromMillis(changed)
	if e.opted() {
		e.Obtained, e.Recorded = fromMillis(obtained), fromMillis(recorded)
	}
	return &e, err
}

// maxKeys is how many keys one statement takes; SQLite binds up to 32,766 arguments.
const maxKeys = 16384

// byNumber reads what is known under hashes.
func byNumber(ctx context.Context, q sqldb.Querier, hashes []hash) (map[hash][]*Entry, error) {
	found := make(map[hash][]*Entry, len(hashes))
	for some := range slices.Chunk(hashes, maxKeys) {
		cond, args := sqldb.In(q.Dialect(), "number_hash", 1, some)
		rows, err := q.Query(ctx, "select "+entryColumns+" from messaging_optin where "+cond, args...)
		entries, err := sqldb.Collect(rows, err, scanEntry)
		if err != nil {
			return nil, err
		}
		for _, e := range entries {
			found[e.number] = append(found[e.number], e)
		}
	}
	return found, nil
}

// byTenure reads a chatbot's entries on tenures, at most one each.
func byTenure(ctx context.Context, q sqldb.Querier, chatbot string, tenures []simtrust.TenureID) (map[simtrust.TenureID][]*Entry, error) {
	found := make(map[simtrust.TenureID][]*Entry, len(tenures))
	for some := range slices.Chunk(tenures, maxKeys) {
		cond, args := sqldb.In(q.Dialect(), "tenure", 2, some)
		rows, err := q.Query(ctx, "select "+entryColumns+" from messaging_optin where chatbot = $1 and "+cond, append([]any{chatbot}, args...)...)
		entries, err := sqldb.Collect(rows, err, scanEntry)
		if err != nil {
			return nil, err
		}
		for _, e := range entries {
			found[e.Tenure] = append(found[e.Tenure], e)
		}
	}
	return found, nil
}

// lock holds hashes, sorted, against other changes until the transaction ends, and returns what is known under them. The rows of
// entries are held too, since the end of a tenure changes them without their hash.
func lock(ctx context.Context, tx *sqldb.Tx, hashes []hash) (*ledger, error) {
	l := &ledger{
		entries: make(map[hash][]*Entry, len(hashes)), told: make(map[hash]time.Time), dirty: make(map[*Entry]bool), newsTold: make(map[hash]bool),
	}
	if err := lockNumbers(ctx, tx, hashes, l.told); err != nil {
		return nil, err
	}
	cond, args := sqldb.In(tx.Dialect(), "number_hash", 1, hashes)
	rows, err := tx.Query(ctx, "update messaging_optin set seq = seq where "+cond+" returning "+entryColumns, args...)
	entries, err := sqldb.Collect(rows, err, scanEntry)
	for _, e := range entries {
		l.entries[e.number] = append(l.entries[e.number], e)
	}
	return l, err
}

// lockNumbers writes rows that change nothing, which is the lock that both stores have.
func lockNumbers(ctx context.Context, tx *sqldb.Tx, hashes []hash, told map[hash]time.Time) error {
	rows := make([][]any, len(hashes))
	for i, h := range hashes {
		rows[i] = []any{string(h), int64(0)}
	}
	_, err := sqldb.InsertReturning(ctx, tx, "insert into messaging_optin_number (number_hash, told)", rows,
		"on conflict (number_hash) do update set told = messaging_optin_number.told returning number_hash, told",
		func(rows *sql.Rows) (struct{}, error) {
			var h hash
			var at int64
			err := rows.Scan(&h, &at)
			if at != 0 {
				told[h] = fromMillis(at)
			}
			return struct{}{}, err
		})
	return err
}

// save writes what changed in the ledger.
func (l *ledger) save(ctx context.Context, tx *sqldb.Tx) error {
	var told, entries [][]any
	for _, h := range slices.Sorted(maps.Keys(l.newsTold)) {
		told = append(told, []any{string(h), l.told[h].UnixMilli()})
	}
	for e := range l.dirty {
		entries = append(entries, entryRow(e))
	}
	if err := sqldb.InsertRows(ctx, tx, "insert into messaging_optin_number (number_hash, told)", told,
		"on conflict (number_hash) do update set told = excluded.told"); err != nil {
		return err
	}
	if err := sqldb.InsertRows(ctx, tx, "insert into messaging_optin ("+entryColumns+")", entries,
		`on conflict (tenure, chatbot) do update set number_hash = excluded.number_hash, state = excluded.state, basis = excluded.basis,
		obtained = excluded.obtained, evidence = excluded.evidence, recorded = excluded.recorded, changed = excluded.changed, seq = excluded.seq`); err != nil {
		return err
	}
	return insertChanges(ctx, tx, l.changes)
}

func entryRow(e *Entry) []any {
	return []any{
		string(e.Tenure), e.Chatbot, string(e.number), string(e.State), string(e.Basis), millis(e.Obtained), e.Evidence,
		millis(e.Recorded), millis(e.Changed), e.seq,
	}
}

func insertChanges(ctx context.Context, tx *sqldb.Tx, changes []Change) error {
	rows := make([][]any, len(changes))
	for i, c := range changes {
		rows[i] = []any{string(c.Tenure), c.Chatbot, c.Seq, string(c.Action), millis(c.At), c.Client, string(c.Basis), millis(c.Obtained), c.Evidence}
	}
	return sqldb.InsertRows(ctx, tx, "insert into messaging_optin_change (tenure, chatbot, seq, action, at, client, basis, obtained, evidence)", rows, "")
}

func fromMillis(ms int64) time.Time { return time.UnixMilli(ms).UTC() }

// millis is 0 for the zero time.
func millis(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMilli()
}
