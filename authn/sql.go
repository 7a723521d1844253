package authn

import (
	"cmp"
	"context"
	"database/sql"
	"embed"
	"maps"
	"slices"

	"simtrust"
	"simtrust/internal/sqldb"
)

//go:embed migrations/*.sql
var migrations embed.FS

// Migrations returns the module's tables.
func Migrations() sqldb.Migrations { return sqldb.Migrations{Module: "authn", FS: migrations} }

// save writes the merge, each table in the order of its key.
func (m *merge) save(ctx context.Context, tx *sqldb.Tx, now int64) error {
	for _, save := range []func(context.Context, *sqldb.Tx) error{m.saveNASes, m.saveSessions, m.saveClaims, m.saveQuarantine} {
		if err := save(ctx, tx); err != nil {
			return err
		}
	}
	return m.saveDoubts(ctx, tx, now)
}

func (m *merge) saveNASes(ctx context.Context, tx *sqldb.Tx) error {
	rows := make([][]any, 0, len(m.cleared))
	for _, nas := range slices.Sorted(maps.Keys(m.cleared)) {
		rows = append(rows, []any{nas, m.cleared[nas], 0, 0, 0})
	}
	return sqldb.InsertRows(ctx, tx, "insert into authn_nas (nas, cleared, gap, listened, horizon)", rows,
		`on conflict (nas) do update set
			cleared = case when excluded.cleared > authn_nas.cleared then excluded.cleared else authn_nas.cleared end`)
}

func (m *merge) saveSessions(ctx context.Context, tx *sqldb.Tx) error {
	keys := slices.SortedFunc(maps.Keys(m.sessions), session.compare)
	rows := make([][]any, len(keys))
	for i, k := range keys {
		t := m.sessions[k]
		rows[i] = []any{k.nas, k.sid, t.started, t.heard, t.unsure, t.stopped}
	}
	return sqldb.InsertRows(ctx, tx, "insert into authn_session (nas, sid, started, heard, unsure, stopped)", rows,
		`on conflict (nas, sid) do update set
			started = case when excluded.started > authn_session.started then excluded.started else authn_session.started end,
			heard   = case when excluded.heard > authn_session.heard then excluded.heard else authn_session.heard end,
			unsure  = case when excluded.unsure > authn_session.unsure then excluded.unsure else authn_session.unsure end,
			stopped = case when excluded.stopped > authn_session.stopped then excluded.stopped else authn_session.stopped end`)
}

func (m *merge) saveClaims(ctx context.Context, tx *sqldb.Tx) error {
	keys := slices.SortedFunc(maps.Keys(m.claims), claimKey.compare)
	rows := make([][]any, len(keys))
	for i, k := range keys {
		n := m.claims[k]
		rows[i] = []any{k.place, k.low, k.high, k.nas, k.sid, k.tenure, k.imsi, n.since, n.last, n.released}
	}
	return sqldb.InsertRows(ctx, tx,
		"insert into authn_claim (place, low, high, nas, sid, tenure, imsi, since, last, released)", rows,
		`on conflict (place, low, high, nas, sid, tenure, imsi) do update set
			since    = case when excluded.since < authn_claim.since then excluded.since else authn_claim.since end,
			last     = case when excluded.last > authn_claim.last then excluded.last else authn_claim.last end,
			released = case when excluded.released > authn_claim.released then excluded.released else authn_claim.released end`)
}

func (m *merge) saveQuarantine(ctx context.Context, tx *sqldb.Tx) error {
	rows := make([][]any, 0, len(m.quarantined))
	for _, id := range slices.Sorted(maps.Keys(m.quarantined)) {
		q := m.quarantined[id]
		rows = append(rows, []any{
			q.id, q.reason, q.nas, q.realm, q.sid, q.what, q.number.E164(), q.imsi, q.imeisv, q.places, q.at, q.received,
		})
	}
	return sqldb.InsertRows(ctx, tx, `insert into authn_quarantine
		(id, reason, nas, realm, sid, what, number, imsi, imeisv, places, at, received)`, rows,
		`on conflict (id) do update set
			at       = case when excluded.at < authn_quarantine.at then excluded.at else authn_quarantine.at end,
			received = case when excluded.received > authn_quarantine.received then excluded.received else authn_quarantine.received end`)
}

// saveDoubts dates a doubt no earlier than now: what was issued while the record waited for its commit is outstanding too.
func (m *merge) saveDoubts(ctx context.Context, tx *sqldb.Tx, now int64) error {
	rows := make([][]any, 0, len(m.doubts))
	for _, number := range slices.Sorted(maps.Keys(m.doubts)) {
		rows = append(rows, []any{number, max(now, m.doubts[number])})
	}
	return sqldb.InsertRows(ctx, tx, "insert into authn_doubt (number, at)", rows,
		`on conflict (number) do update set at = case when excluded.at > authn_doubt.at then excluded.at else authn_doubt.at end`)
}

func (s session) compare(o session) int {
	return cmp.Or(cmp.Compare(s.nas, o.nas), cmp.Compare(s.sid, o.sid))
}

func (k claimKey) compare(o claimKey) int {
	return cmp.Or(cmp.Compare(k.place, o.place), cmp.Compare(k.low, o.low), cmp.Compare(k.high, o.high),
		k.session.compare(o.session), cmp.Compare(k.tenure, o.tenure), cmp.Compare(k.imsi, o.imsi))
}

// claimsOn returns all claims on each place.
func claimsOn(ctx context.Context, q sqldb.Querier, places []string) ([]sqldb.Result[[]claim], error) {
	cond, args := sqldb.In(q.Dialect(), "c.place", 1, places)
	rows, err := q.Query(ctx, `
		select c.place, c.low, c.high, c.nas, c.sid, c.tenure, c.imsi, c.since, c.last, c.released,
			s.started, s.heard, s.unsure, s.stopped, coalesce(n.cleared, 0), coalesce(n.gap, 0)
		from authn_claim c
		join authn_session s on s.nas = c.nas and s.sid = c.sid
		left join authn_nas n on n.nas = c.nas
		where `+cond, args...)
	claims, err := sqldb.Collect(rows, err, scanClaim)
	if err != nil {
		return nil, err
	}
	byPlace := make(map[string][]claim, len(places))
	for _, c := range claims {
		byPlace[c.key.place] = append(byPlace[c.key.place], c)
	}
	results := make([]sqldb.Result[[]claim], len(places))
	for i, place := range places {
		results[i].Value = byPlace[place]
	}
	return results, nil
}

func scanClaim(rows *sql.Rows) (claim, error) {
	var c claim
	err := rows.Scan(&c.key.place, &c.key.low, &c.key.high, &c.key.nas, &c.key.sid, &c.key.tenure, &c.key.imsi,
		&c.since, &c.last, &c.released, &c.started, &c.heard, &c.unsure, &c.stopped, &c.cleared, &c.gap)
	return c, err
}

// doubtsOf returns, for each number, when a record about it was last put into quarantine; 0 for never.
func doubtsOf(ctx context.Context, q sqldb.Querier, numbers []simtrust.Number) ([]sqldb.Result[int64], error) {
	texts := make([]string, len(numbers))
	for i, n := range numbers {
		texts[i] = n.E164()
	}
	type doubt struct {
		number string
		at     int64
	}
	cond, args := sqldb.In(q.Dialect(), "number", 1, texts)
	rows, err := q.Query(ctx, "select number, at from authn_doubt where "+cond, args...)
	doubts, err := sqldb.Collect(rows, err, func(rows *sql.Rows) (d doubt, err error) {
		return d, rows.Scan(&d.number, &d.at)
	})
	if err != nil {
		return nil, err
	}
	at := make(map[string]int64, len(doubts))
	for _, d := range doubts {
		at[d.number] = d.at
	}
	results := make([]sqldb.Result[int64], len(texts))
	for i, text := range texts {
		results[i].Value = at[text]
	}
	return results, nil
}

// pruneRows bounds what one transaction deletes, because SQLite takes no other write meanwhile.
const pruneRows = 10_000

// prune deletes sessions last heard of before heard, records received before received and assertions that expired before now. A
// range of ports lives as long as its session; a Stop is kept while its session has claims.
func prune(ctx context.Context, db *sqldb.DB, heard, received, now int64) error {
	for _, step := range []struct {
		text string
		args []any
	}{
		{`delete from authn_claim where (place, low, high, nas, sid, tenure, imsi) in (
			select place, low, high, nas, sid, tenure, imsi from authn_claim
			where last < $1 and released < $2 and (low = 0 and high = 65535 or not exists (
				select 1 from authn_session s where s.nas = authn_claim.nas and s.sid = authn_claim.sid and s.heard >= $3)) limit $4)`,
			[]any{heard, heard, heard, pruneRows}},
		{`delete from authn_session where (nas, sid) in (
			select nas, sid from authn_session where heard < $1 and stopped < $2 and not exists (
				select 1 from authn_claim c where c.nas = authn_session.nas and c.sid = authn_session.sid) limit $3)`,
			[]any{heard, heard, pruneRows}},
		{"delete from authn_quarantine where id in (select id from authn_quarantine where received < $1 limit $2)", []any{received, pruneRows}},
		{"delete from authn_doubt where number in (select number from authn_doubt where at < $1 limit $2)", []any{received, pruneRows}},
		{"delete from authn_assertion where id in (select id from authn_assertion where expires < $1 limit $2)", []any{now, pruneRows}},
	} {
		for deleted := int64(pruneRows); deleted == pruneRows; {
			err := db.InTx(ctx, func(tx *sqldb.Tx) error {
				res, err := tx.Exec(ctx, step.text, step.args...)
				if err != nil {
					return err
				}
				deleted, err = res.RowsAffected()
				return err
			})
			if err != nil {
				return err
			}
		}
	}
	return nil
}

// spend is one attempt to use an assertion.
type spend struct {
	id, attempt string
	expires     int64
}

// spendOnce marks assertions as used and answers which attempts were first.
func spendOnce(ctx context.Context, tx *sqldb.Tx, batch []spend) ([]sqldb.Result[bool], error) {
	ids := make([]string, len(batch))
	first := make(map[string]spend, len(batch))
	for i, s := range batch {
		ids[i] = s.id
		if _, taken := first[s.id]; !taken {
			first[s.id] = s
		}
	}
	rows := make([][]any, 0, len(first))
	for _, id := range slices.Sorted(maps.Keys(first)) {
		rows = append(rows, []any{id, first[id].attempt, first[id].expires})
	}
	err := sqldb.InsertRows(ctx, tx, "insert into authn_assertion (id, winner, expires)", rows, "on conflict (id) do nothing")
	if err != nil {
		return nil, err
	}
	cond, args := sqldb.In(tx.Dialect(), "id", 1, ids)
	found, err := tx.Query(ctx, "select winner from authn_assertion where "+cond, args...)
	winners, err := sqldb.Collect(found, err, func(rows *sql.Rows) (w string, err error) { return w, rows.Scan(&w) })
	if err != nil {
		return nil, err
	}
	results := make([]sqldb.Result[bool], len(batch))
	for i, s := range batch {
		results[i].Value = slices.Contains(winners, s.attempt)
	}
	return results, nil
}
