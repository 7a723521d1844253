package dispatch

import (
	"context"
	"database/sql"
	"embed"
	"slices"
	"strings"
	"time"

	"simtrust"
	"simtrust/internal/sqldb"
)

//go:embed migrations/*.sql
var migrations embed.FS

// Migrations returns the package's tables.
func Migrations() sqldb.Migrations { return sqldb.Migrations{Module: "dispatch", FS: migrations} }

// row is a delivery as it is stored.
type row struct {
	id, message, name             string
	tenure                        simtrust.TenureID
	channel                       Channel
	urgent                        bool
	place                         int64 // among the recipients of the message
	queued, due, expires, changed int64
	claims                        int64
	revoking                      bool // the sender has asked for it back
	position
}

// columns are those of [row.values], in order. name is the last that never changes.
var columns = []string{
	"id", "message", "tenure", "name", "urgent", "place", "expires",
	"channel", "queued", "due", "changed", "claims", "revoking", "phase", "state", "reason",
	"step", "attempt", "via", "live", "doubted", "doubt_via", "halt", "duplicate", "tries",
}

// fixed is how many of the columns never change.
const fixed = 7

func (r *row) values() []any {
	return []any{
		r.id, r.message, string(r.tenure), r.name, r.urgent, r.place, r.expires,
		string(r.channel), r.queued, r.due, r.changed, r.claims, r.revoking, string(r.Phase), string(r.State), r.Reason,
		int64(r.Step), int64(r.Attempt), int64(r.Via), r.Live, int64(r.Doubted), int64(r.DoubtVia), string(r.Halt), r.Duplicate, int64(r.Tries),
	}
}

func (r *row) fields() []any {
	return []any{
		&r.id, &r.message, &r.tenure, &r.name, &r.urgent, &r.place, &r.expires,
		&r.channel, &r.queued, &r.due, &r.changed, &r.claims, &r.revoking, &r.Phase, &r.State, &r.Reason,
		&r.Step, &r.Attempt, &r.Via, &r.Live, &r.Doubted, &r.DoubtVia, &r.Halt, &r.Duplicate, &r.Tries,
	}
}

// ended is when a delivery is due that has ended; open holds for all others, in the words of the index.
const (
	ended = 1 << 62
	open  = "due < 4611686018427387904"
)

var (
	plainColumns  = strings.Join(columns, ", ")
	joinedColumns = "d." + strings.Join(columns, ", d.")
	saveRows      = saveText()
)

// saveText is what follows the values of an insert that meets the row it is to replace.
func saveText() string {
	sets := make([]string, 0, len(columns))
	for _, c := range columns[fixed:] {
		sets = append(sets, c+" = excluded."+c)
	}
	return "on conflict (id) do update set " + strings.Join(sets, ", ")
}

// save writes rows back that the transaction has locked.
func save(ctx context.Context, tx *sqldb.Tx, rows []*row) error {
	values := make([][]any, len(rows))
	for i, r := range rows {
		values[i] = r.values()
	}
	return sqldb.InsertRows(ctx, tx, "insert into dispatch_delivery ("+plainColumns+")", values, saveRows)
}

func insertMessages(ctx context.Context, tx *sqldb.Tx, orders []Order) error {
	var messages, steps [][]any
	for _, o := range orders {
		p := &o.Plan
		route, err := routeText(p.Steps)
		if err != nil {
			return err
		}
		messages = append(messages, []any{p.Message, p.Chatbot, string(p.Class), p.SIMChangedWithin.Milliseconds(), route, p.Expires.UnixMilli()})
		for i, s := range p.Steps {
			steps = append(steps, []any{p.Message, int64(i), string(s.Channel), s.ContentType, append([]byte{}, s.Payload...)})
		}
	}
	if err := sqldb.InsertRows(ctx, tx, "insert into dispatch_message (id, chatbot, class, sim_window, route, expires)", messages, ""); err != nil {
		return err
	}
	return sqldb.InsertRows(ctx, tx, "insert into dispatch_step (message, step, channel, content_type, payload)", steps, "")
}

// insertDeliveries queues now what is looked at from due on.
func insertDeliveries(ctx context.Context, tx *sqldb.Tx, orders []Order, now, due time.Time) error {
	var rows [][]any
	for _, o := range orders {
		p := &o.Plan
		at, expires, urgent, channel := now.UnixMilli(), p.Expires.UnixMilli(), p.Class.Urgent(), string(p.Steps[0].Channel)
		rows = slices.Grow(rows, len(o.To))
		for i, t := range o.To {
			rows = append(rows, []any{t.Delivery, p.Message, string(t.Tenure), t.Key, urgent, int64(i), expires, channel, at, min(due.UnixMilli(), expires), at})
		}
	}
	return sqldb.InsertRows(ctx, tx, "insert into dispatch_delivery ("+strings.Join(columns[:fixed+4], ", ")+")", rows, "")
}

// markRevoked notes the sender's wish. The nodes act on it when they look at the rows, which is at once unless one is at work on them.
func markRevoked(ctx context.Context, tx *sqldb.Tx, message string, deliveries []string, now time.Time) (int, error) {
	text := `update dispatch_delivery set revoking = true, due = case when phase in ('waiting', 'submitted') and due > $2 then $2 else due end
		where message = $1 and phase <> 'done' and not revoking`
	args := []any{message, now.UnixMilli()}
	if len(deliveries) > 0 {
		where, keys := sqldb.In(tx.Dialect(), "id", 3, deliveries)
		text, args = text+" and "+where, append(args, keys...)
	}
	result, err := tx.Exec(ctx, text, args...)
	if err != nil {
		return 0, err
	}
	n, err := result.RowsAffected()
	return int(n), err
}

func scanRow(rows *sql.Rows) (r row, err error) {
	err = rows.Scan(r.fields()...)
	return r, err
}
