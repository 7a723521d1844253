package dispatch

import (
	"cmp"
	"context"
	"database/sql"
	"maps"
	"slices"

	"simtrust/internal/sqldb"
)

// resolve finds the copies that facts name by the bearer's reference alone.
func (w *work) resolve(ctx context.Context, tx *sqldb.Tx, all []fact) error {
	var refs []string
	for _, f := range all {
		if f.delivery == "" {
			refs = append(refs, f.ref)
		}
	}
	if len(refs) == 0 {
		return nil
	}
	known, err := findSent(ctx, tx, refs)
	if err != nil {
		return err
	}
	for i := range all {
		if f := &all[i]; f.delivery == "" {
			c := known[bearerRef{f.bearer, f.ref}]
			f.delivery, f.attempt, f.channel = c.delivery, c.attempt, c.channel
		}
	}
	return nil
}

// lock reads the deliveries that facts are about, in the order of their ids.
func (w *work) lock(ctx context.Context, tx *sqldb.Tx, all []fact) error {
	ids := make([]string, 0, len(all))
	for _, f := range all {
		if f.delivery != "" {
			ids = append(ids, f.delivery)
		}
	}
	slices.Sort(ids)
	found, err := lockDeliveries(ctx, tx, slices.Compact(ids))
	for _, d := range found {
		w.rows[d.id] = d
	}
	return err
}

// write makes the outcome durable, and tells whom it concerns.
func (w *work) write(ctx context.Context, tx *sqldb.Tx, all []fact) error {
	if err := insertSent(ctx, tx, all, w.now.UnixMilli()); err != nil {
		return err
	}
	early, err := insertEarly(ctx, tx, all, w.now.UnixMilli())
	if err != nil {
		return err
	}
	var dirty []*row
	for _, id := range slices.Sorted(maps.Keys(w.rows)) {
		if d := w.rows[id]; d.dirty {
			dirty = append(dirty, &d.row)
		}
	}
	if err := save(ctx, tx, dirty); err != nil {
		return err
	}
	tx.OnCommit(func() { w.committed(early) })
	return w.tell(ctx, tx)
}

func (w *work) tell(ctx context.Context, tx *sqldb.Tx) error {
	if len(w.begun) > 0 {
		if err := w.s.listener.Begun(ctx, tx, w.begun); err != nil {
			return err
		}
	}
	if len(w.updates) == 0 {
		return nil
	}
	return w.s.listener.Changed(ctx, tx, w.updates)
}

// committed is called once the changes are durable.
func (w *work) committed(early bool) {
	w.s.metrics.changed(w.updates)
	for c := range w.wake {
		if l := w.s.lanes[c]; l != nil {
			l.rouse()
		}
	}
	if early {
		w.s.rouseEarly()
	}
}

// lockDeliveries reads rows that no other transaction changes until this one ends.
func lockDeliveries(ctx context.Context, tx *sqldb.Tx, ids []string) ([]*stored, error) {
	if len(ids) == 0 {
		return nil, nil
	}
	where, args := sqldb.In(tx.Dialect(), "d.id", 1, ids)
	text := `select ` + joinedColumns + `, m.chatbot, m.class, m.route from dispatch_delivery d join dispatch_message m on m.id = d.message
		where ` + where + ` order by d.id`
	if tx.Dialect() == sqldb.PostgreSQL {
		text += ` for update of d`
	}
	parsed := routes{}
	rows, err := tx.Query(ctx, text, args...)
	return sqldb.Collect(rows, err, func(rows *sql.Rows) (*stored, error) {
		var d stored
		var text string
		if err := rows.Scan(append(d.fields(), &d.chatbot, &d.class, &text)...); err != nil {
			return nil, err
		}
		var err error
		d.route, err = parsed.of(d.class, text)
		return &d, err
	})
}

type bearerRef struct{ bearer, ref string }

// sent is a copy that a bearer has given a reference.
type sent struct {
	delivery string
	attempt  int
	channel  Channel
	at       int64
}

// findSent returns copies by reference. Where a bearer has used one again it is the newest that is meant.
func findSent(ctx context.Context, q sqldb.Querier, refs []string) (map[bearerRef]sent, error) {
	where, args := sqldb.In(q.Dialect(), "ref", 1, refs)
	rows, err := q.Query(ctx, `select bearer, ref, delivery, attempt, channel, at from dispatch_sent where `+where, args...)
	found := make(map[bearerRef]sent, len(refs))
	_, err = sqldb.Collect(rows, err, func(rows *sql.Rows) (struct{}, error) {
		var by bearerRef
		var c sent
		err := rows.Scan(&by.bearer, &by.ref, &c.delivery, &c.attempt, &c.channel, &c.at)
		if old, ok := found[by]; !ok || cmp.Or(cmp.Compare(c.at, old.at), cmp.Compare(c.delivery, old.delivery)) > 0 {
			found[by] = c
		}
		return struct{}{}, err
	})
	return found, err
}

// insertSent notes the references that are to be known from now on.
func insertSent(ctx context.Context, tx *sqldb.Tx, all []fact, now int64) error {
	var rows [][]any
	for _, f := range all {
		if f.kind == accepted && f.ref != "" && f.delivery != "" {
			rows = append(rows, []any{f.delivery, int64(f.attempt), f.bearer, string(f.channel), f.ref, now})
		}
	}
	return sqldb.InsertRows(ctx, tx, "insert into dispatch_sent (delivery, attempt, bearer, channel, ref, at)", rows, "on conflict do nothing")
}

// insertEarly keeps what is about references that nobody knows yet, and says whether there is any.
func insertEarly(ctx context.Context, tx *sqldb.Tx, all []fact, now int64) (bool, error) {
	var rows [][]any
	for _, f := range all {
		if f.delivery == "" {
			rows = append(rows, []any{f.bearer, f.ref, string(f.fate), f.reason, f.at.UnixMilli(), now})
		}
	}
	err := sqldb.InsertRows(ctx, tx, "insert into dispatch_early (bearer, ref, fate, reason, at, received)", rows, "on conflict do nothing")
	return len(rows) > 0, err
}
