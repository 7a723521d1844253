package messaging

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"time"

	"github.com/go-json-experiment/json"

	"simtrust"
	"simtrust/internal/sqldb"
	"simtrust/messaging/dispatch"
	"simtrust/messaging/gsma"
)

//go:embed migrations/*.sql
var migrations embed.FS

// Migrations returns the module's tables.
func Migrations() sqldb.Migrations { return sqldb.Migrations{Module: "messaging", FS: migrations} }

// message is one as it is stored.
type message struct {
	id, chatbot, client string
	digest              []byte
	class               dispatch.Class
	content             gsma.Content
	language            gsma.Language
	answers             []gsma.Answer
	refused             map[int]string
	total               int
	created, expires    time.Time
}

const messageColumns = `id, chatbot, client, digest, class, content, language, answers, refused, total, created, expires`

type scanner interface{ Scan(...any) error }

func scanMessage(row scanner) (m message, err error) {
	var content, answers, refused string
	var created, expires int64
	err = row.Scan(&m.id, &m.chatbot, &m.client, &m.digest, &m.class, &content, &m.language, &answers, &refused, &m.total, &created, &expires)
	if err != nil {
		return message{}, err
	}
	m.created, m.expires = instant(created), instant(expires)
	return m, errors.Join(json.Unmarshal([]byte(content), &m.content), json.Unmarshal([]byte(answers), &m.answers), json.Unmarshal([]byte(refused), &m.refused))
}

func instant(ms int64) time.Time { return time.UnixMilli(ms).UTC() }

// insertMessages writes those whose keys are free and returns their ids.
func insertMessages(ctx context.Context, tx *sqldb.Tx, batch []*order) (fresh map[string]bool, err error) {
	rows := make([][]any, len(batch))
	for i, o := range batch {
		if rows[i], err = o.values(); err != nil {
			return nil, err
		}
	}
	ids, err := sqldb.InsertReturning(ctx, tx, `insert into messaging_message (request, `+messageColumns+`)`, rows, `on conflict do nothing returning id`,
		func(rows *sql.Rows) (id string, err error) { return id, rows.Scan(&id) })
	fresh = make(map[string]bool, len(ids))
	for _, id := range ids {
		fresh[id] = true
	}
	return fresh, err
}

func (o *order) values() ([]any, error) {
	content, err := json.Marshal(o.req.Content)
	if err != nil {
		return nil, err
	}
	answers, err := json.Marshal(o.made.answers)
	if err != nil {
		return nil, err
	}
	refused, err := json.Marshal(o.refused)
	if err != nil {
		return nil, err
	}
	request := o.req.Key
	if request == "" {
		request = o.id
	}
	return []any{request, o.id, o.req.Chatbot, o.req.Client, o.digest, string(o.req.Class), string(content), string(o.req.Language), string(answers), string(refused),
		int64(len(o.req.To)), o.created.UnixMilli(), o.req.Expires.UnixMilli()}, nil
}

func deleteMessage(ctx context.Context, tx *sqldb.Tx, id string) error {
	_, err := tx.Exec(ctx, `delete from messaging_message where id = $1`, id)
	return err
}

func messageByKey(ctx context.Context, q sqldb.Querier, chatbot, key string) (message, bool, error) {
	return found(scanMessage(q.QueryRow(ctx, `select `+messageColumns+` from messaging_message where chatbot = $1 and request = $2`, chatbot, key)))
}

func messageByID(ctx context.Context, q sqldb.Querier, id string) (message, bool, error) {
	return found(scanMessage(q.QueryRow(ctx, `select `+messageColumns+` from messaging_message where id = $1`, id)))
}

// keyByID returns the request of a message: its key, or its id where it came without one.
func keyByID(ctx context.Context, q sqldb.Querier, id string) (request string, ok bool, err error) {
	err = q.QueryRow(ctx, `select request from messaging_message where id = $1`, id).Scan(&request)
	return found(request, err)
}

// keysByID returns the requests of messages, as keyByID does.
func keysByID(ctx context.Context, q sqldb.Querier, ids []string) (map[string]string, error) {
	requests := map[string]string{}
	cond, args := sqldb.In(q.Dialect(), "id", 1, ids)
	rows, err := q.Query(ctx, `select id, request from messaging_message where `+cond, args...)
	_, err = sqldb.Collect(rows, err, func(rows *sql.Rows) (nothing struct{}, err error) {
		var id, request string
		err = rows.Scan(&id, &request)
		requests[id] = request
		return nothing, err
	})
	return requests, err
}

func found[T any](v T, err error) (T, bool, error) {
	if errors.Is(err, sql.ErrNoRows) {
		return v, false, nil
	}
	return v, err == nil, err
}

// insertLinks writes the short links of messages, which have them where they may become text.
func insertLinks(ctx context.Context, tx *sqldb.Tx, orders []*order) error {
	var rows [][]any
	for _, o := range orders {
		for _, l := range o.made.links {
			rows = append(rows, []any{l.code, o.id, l.url, o.req.Expires.Add(keep).UnixMilli()})
		}
	}
	if len(rows) == 0 {
		return nil
	}
	return sqldb.InsertRows(ctx, tx, `insert into messaging_link (code, message, url, expires)`, rows, "")
}

// linkByCode returns what a short link leads to.
func linkByCode(ctx context.Context, q sqldb.Querier, code string, now time.Time) (message, url string, ok bool, err error) {
	err = q.QueryRow(ctx, `select message, url from messaging_link where code = $1 and expires > $2`, code, now.UnixMilli()).Scan(&message, &url)
	_, ok, err = found(struct{}{}, err)
	return message, url, ok, err
}

// tenuresOf returns the tenures of a chatbot's conversations.
func tenuresOf(ctx context.Context, q sqldb.Querier, chatbot string, ids []string) (map[string]simtrust.TenureID, error) {
	where, args := sqldb.In(q.Dialect(), "id", 2, ids)
	rows, err := q.Query(ctx, `select id, tenure from messaging_conversation where chatbot = $1 and `+where, append([]any{chatbot}, args...)...)
	out := map[string]simtrust.TenureID{}
	_, err = sqldb.Collect(rows, err, func(rows *sql.Rows) (struct{}, error) {
		var id string
		var tenure simtrust.TenureID
		err := rows.Scan(&id, &tenure)
		out[id] = tenure
		return struct{}{}, err
	})
	return out, err
}

// talk is a conversation as it is stored.
type talk struct {
	id, chatbot       string
	tenure            simtrust.TenureID
	message, delivery string
	at                time.Time
}

// talkTable has a row for each conversation. Transactions that write to both lock begunTalks first.
type talkTable string

const (
	talks      talkTable = "messaging_conversation"
	begunTalks talkTable = "messaging_begun"
)

// keepTalks writes conversations; a later message with answers takes the place of an earlier one.
func keepTalks(ctx context.Context, tx *sqldb.Tx, in talkTable, list []talk) error {
	rows := make([][]any, len(list))
	for i, t := range list {
		rows[i] = []any{t.id, t.chatbot, string(t.tenure), t.message, t.delivery, t.at.UnixMilli()}
	}
	return sqldb.InsertRows(ctx, tx, `insert into `+string(in)+` (id, chatbot, tenure, message, delivery, at)`, rows,
		`on conflict (id) do update set message = excluded.message, delivery = excluded.delivery, at = excluded.at
		 where excluded.message <> '' and excluded.at >= `+string(in)+`.at`)
}

func talkByID(ctx context.Context, q sqldb.Querier, in talkTable, id string) (t talk, ok bool, err error) {
	var at int64
	err = q.QueryRow(ctx, `select id, chatbot, tenure, message, delivery, at from `+string(in)+` where id = $1`, id).
		Scan(&t.id, &t.chatbot, &t.tenure, &t.message, &t.delivery, &at)
	t.at = instant(at)
	return found(t, err)
}

// answerable returns those of the messages that have answers to type.
func answerable(ctx context.Context, q sqldb.Querier, ids []string) (map[string]bool, error) {
	where, args := sqldb.In(q.Dialect(), "id", 1, ids)
	rows, err := q.Query(ctx, `select id from messaging_message where answers <> '[]' and `+where, args...)
	list, err := sqldb.Collect(rows, err, func(rows *sql.Rows) (id string, err error) { return id, rows.Scan(&id) })
	out := make(map[string]bool, len(list))
	for _, id := range list {
		out[id] = true
	}
	return out, err
}

// cameIn reports whether something came in before.
func cameIn(ctx context.Context, q sqldb.Querier, id string) (came bool, err error) {
	err = q.QueryRow(ctx, `select true from messaging_inbound where id = $1`, id).Scan(&came)
	_, came, err = found(came, err)
	return came, err
}

// insertInbound notes what came in; fresh is false for what came before.
func insertInbound(ctx context.Context, tx *sqldb.Tx, id string, at time.Time) (fresh bool, err error) {
	res, err := tx.Exec(ctx, `insert into messaging_inbound (id, at) values ($1, $2) on conflict do nothing`, id, at.UnixMilli())
	if err != nil {
		return false, err
	}
	n, err := res.RowsAffected()
	return n > 0, err
}
