package dispatch

import (
	"context"
	"database/sql"
	"time"

	"simtrust"
	"simtrust/internal/sqldb"
)

// plan is what a channel needs of a message.
type plan struct {
	question Question
	contents map[int]content // by step, those of one channel
}

type content struct {
	kind    string
	payload []byte
	after   time.Duration
}

// readPlans returns the messages of rows by id.
func readPlans(ctx context.Context, q sqldb.Querier, channel Channel, rows []row) (map[string]*plan, error) {
	plans := map[string]*plan{}
	var ids []string
	for _, r := range rows {
		if plans[r.message] == nil {
			plans[r.message] = &plan{contents: map[int]content{}}
			ids = append(ids, r.message)
		}
	}
	where, args := sqldb.In(q.Dialect(), "m.id", 2, ids)
	parsed := routes{}
	found, err := q.Query(ctx, `select m.id, m.chatbot, m.class, m.sim_window, m.route, s.step, s.content_type, s.payload
		from dispatch_message m join dispatch_step s on s.message = m.id where s.channel = $1 and `+where, append([]any{string(channel)}, args...)...)
	_, err = sqldb.Collect(found, err, func(rows *sql.Rows) (struct{}, error) {
		var id, text string
		var window int64
		var step int
		var c content
		var q Question
		if err := rows.Scan(&id, &q.Chatbot, &q.Class, &window, &text, &step, &c.kind, &c.payload); err != nil {
			return struct{}{}, err
		}
		r, err := parsed.of(q.Class, text)
		if err != nil {
			return struct{}{}, err
		}
		c.after = r.steps[step].after
		q.SIMChangedWithin = time.Duration(window) * time.Millisecond
		if p := plans[id]; p != nil {
			p.question, p.contents[step] = q, c
		}
		return struct{}{}, nil
	})
	return plans, err
}

// freshDeliveries are those of a message that nobody has looked at yet, in the order of the list: only id, channel and urgent are set.
func freshDeliveries(ctx context.Context, q sqldb.Querier, message string) ([]row, error) {
	rows, err := q.Query(ctx, `select id, channel, urgent from dispatch_delivery where message = $1 and phase = 'waiting' and claims = 0 order by place`, message)
	return sqldb.Collect(rows, err, func(rows *sql.Rows) (r row, err error) {
		err = rows.Scan(&r.id, &r.channel, &r.urgent)
		return r, err
	})
}

// readRefs returns the bearers' references by the copies' ids.
func readRefs(ctx context.Context, q sqldb.Querier, deliveries []string) (map[string]string, error) {
	where, args := sqldb.In(q.Dialect(), "delivery", 1, deliveries)
	rows, err := q.Query(ctx, `select delivery, attempt, ref from dispatch_sent where `+where, args...)
	refs := make(map[string]string, len(deliveries))
	_, err = sqldb.Collect(rows, err, func(rows *sql.Rows) (struct{}, error) {
		var c Copy
		err := rows.Scan(&c.Delivery, &c.Attempt, &c.Ref)
		refs[c.ID()] = c.Ref
		return struct{}{}, err
	})
	return refs, err
}

// statusesOf returns deliveries by id, in any order.
func statusesOf(ctx context.Context, q sqldb.Querier, ids []string) ([]Status, error) {
	where, args := sqldb.In(q.Dialect(), "d.id", 1, ids)
	return collectStatuses(q.Query(ctx, statusText+` where `+where, args...))
}

// statusTo returns the delivery of a message to a tenure, if any.
func statusTo(ctx context.Context, q sqldb.Querier, message string, tenure simtrust.TenureID) ([]Status, error) {
	return collectStatuses(q.Query(ctx, statusText+` where d.message = $1 and d.tenure = $2`, message, string(tenure)))
}

func countStates(ctx context.Context, q sqldb.Querier, message string) (map[State]int64, error) {
	counts := map[State]int64{}
	rows, err := q.Query(ctx, `select state, count(*) from dispatch_delivery where message = $1 group by state`, message)
	_, err = sqldb.Collect(rows, err, func(rows *sql.Rows) (struct{}, error) {
		var state State
		var n int64
		err := rows.Scan(&state, &n)
		counts[state] = n
		return struct{}{}, err
	})
	return counts, err
}

var statusText = `select ` + joinedColumns + `, m.chatbot, m.class, m.route from dispatch_delivery d join dispatch_message m on m.id = d.message`

func collectStatuses(rows *sql.Rows, err error) ([]Status, error) {
	parsed := routes{}
	return sqldb.Collect(rows, err, func(rows *sql.Rows) (Status, error) {
		var d stored
		var text string
		if err := rows.Scan(append(d.fields(), &d.chatbot, &d.class, &text)...); err != nil {
			return Status{}, err
		}
		var err error
		if d.route, err = parsed.of(d.class, text); err != nil {
			return Status{}, err
		}
		return Status{Update: d.update(time.UnixMilli(d.changed).UTC()), Attempts: d.Attempt, Revoking: d.revoking, Out: d.out()}, nil
	})
}

// out are the channels of the copies that may have arrived or may yet.
func (d *stored) out() (list []Channel) {
	if d.Live {
		list = append(list, d.channelOf(d.Attempt))
	}
	if d.Doubted != 0 {
		list = append(list, d.channelOf(d.Doubted))
	}
	return list
}
