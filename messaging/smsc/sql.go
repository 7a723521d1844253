package smsc

import (
	"cmp"
	"context"
	"database/sql"
	"embed"
	"slices"
	"time"

	"simtrust/internal/sqldb"
	"simtrust/messaging/dispatch"
)

//go:embed migrations/*.sql
var migrations embed.FS

// Migrations returns the package's tables.
func Migrations() sqldb.Migrations {
	return sqldb.Migrations{Module: "messaging_smsc", FS: migrations}
}

// segment is a message that the service centre took: a copy, or a part of one.
type segment struct {
	name, id, copy string
	part, total    int
	source         string
	fate           dispatch.Fate
	expires        time.Time
}

const columns = `name, id, copy, part, total, source, fate`

func scan(rows *sql.Rows) (s segment, err error) {
	err = rows.Scan(&s.name, &s.id, &s.copy, &s.part, &s.total, &s.source, &s.fate)
	return s, err
}

// record keeps what was taken. A service centre that gives an id again means the newer message.
func record(ctx context.Context, tx *sqldb.Tx, batch [][]segment) ([]sqldb.Result[struct{}], error) {
	byName := map[string]segment{}
	for _, s := range slices.Concat(batch...) {
		if s.id != "" {
			byName[s.name] = s
		}
	}
	rows := make([][]any, 0, len(byName))
	for _, s := range byName {
		rows = append(rows, []any{s.name, s.id, s.copy, int64(s.part), int64(s.total), s.source, s.expires.UnixMilli()})
	}
	slices.SortFunc(rows, func(a, b []any) int { return cmp.Compare(a[0].(string), b[0].(string)) })
	err := sqldb.InsertRows(ctx, tx, `insert into messaging_smsc_segment (name, id, copy, part, total, source, expires)`, rows,
		`on conflict (name) do update set id = excluded.id, copy = excluded.copy, part = excluded.part, total = excluded.total,
		source = excluded.source, fate = '', expires = excluded.expires`)
	return make([]sqldb.Result[struct{}], len(batch)), err
}

// find returns segments by name; the zero value where there is none.
func find(ctx context.Context, q sqldb.Querier, names []string) ([]sqldb.Result[segment], error) {
	where, args := sqldb.In(q.Dialect(), "name", 1, names)
	rows, err := q.Query(ctx, `select `+columns+` from messaging_smsc_segment where `+where, args...)
	found := make([]sqldb.Result[segment], len(names))
	_, err = sqldb.Collect(rows, err, func(rows *sql.Rows) (struct{}, error) {
		s, err := scan(rows)
		if i := slices.Index(names, s.name); err == nil && i >= 0 {
			found[i].Value = s
		}
		return struct{}{}, err
	})
	return found, err
}

// segmentsOf returns the segments of copies, in their order.
func segmentsOf(ctx context.Context, q sqldb.Querier, list []dispatch.Copy) (map[string][]segment, error) {
	ids := make([]string, len(list))
	for i, c := range list {
		ids[i] = c.ID()
	}
	return segmentsByCopy(ctx, q, ids)
}

func segmentsByCopy(ctx context.Context, q sqldb.Querier, copies []string) (map[string][]segment, error) {
	where, args := sqldb.In(q.Dialect(), "copy", 1, copies)
	rows, err := q.Query(ctx, `select `+columns+` from messaging_smsc_segment where `+where+` order by copy, part`, args...)
	list, err := sqldb.Collect(rows, err, scan)
	by := make(map[string][]segment, len(copies))
	for _, s := range list {
		by[s.copy] = append(by[s.copy], s)
	}
	return by, err
}

// settle keeps what became of segments, and answers what that means for their copies; empty: nothing yet. The rows of a copy are locked
// before any of them is read, so that of two segments which arrive at once one sees both. What arrived stays.
func settle(ctx context.Context, tx *sqldb.Tx, batch []segment) ([]sqldb.Result[dispatch.Fate], error) {
	copies := make([]string, len(batch))
	for i, s := range batch {
		copies[i] = s.copy
	}
	slices.Sort(copies)
	copies = slices.Compact(copies)
	for _, c := range copies {
		if _, err := tx.Exec(ctx, `update messaging_smsc_segment set total = total where copy = $1`, c); err != nil {
			return nil, err
		}
	}
	for _, s := range batch {
		if _, err := tx.Exec(ctx, `update messaging_smsc_segment set fate = $2 where name = $1 and fate <> $3`,
			s.name, string(s.fate), string(dispatch.FateDelivered)); err != nil {
			return nil, err
		}
	}
	parts, err := segmentsByCopy(ctx, tx, copies)
	out := make([]sqldb.Result[dispatch.Fate], len(batch))
	for i, s := range batch {
		out[i].Value = settled(parts[s.copy], s.total)
	}
	return out, err
}

// settled is the end that a copy has come to; empty: none yet.
func settled(parts []segment, total int) dispatch.Fate {
	known := make([]dispatch.Fate, len(parts))
	for i, p := range parts {
		known[i] = p.fate
	}
	if f := whole(known, total); f != dispatch.FateUnknown {
		return f
	}
	return ""
}

// Prune removes what nobody asks about any more.
func (b *Bearer) Prune(ctx context.Context) error {
	now := b.Now()
	if err := b.parts.Prune(ctx); err != nil {
		return err
	}
	return b.DB.InDefaultTx(ctx, func(tx *sqldb.Tx) error {
		if _, err := tx.Exec(ctx, `delete from messaging_smsc_segment where expires < $1`, now.UnixMilli()); err != nil {
			return err
		}
		_, err := tx.Exec(ctx, `delete from messaging_smsc_heard where at < $1`, now.Add(-again).UnixMilli())
		return err
	})
}
