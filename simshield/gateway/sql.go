package gateway

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"time"

	"simtrust/internal/sqldb"
)

//go:embed migrations/*.sql
var migrations embed.FS

// Migrations returns the package's tables.
func Migrations() sqldb.Migrations { return sqldb.Migrations{Module: "ota", FS: migrations} }

type cardRow struct {
	iccid, imsi string
	keySet      int64
	legacy      bool
	keys        []byte
	counter     int64
	created     int64
}

// insertCard says whether there was no such card. Its counter begins before the first.
func insertCard(ctx context.Context, tx *sqldb.Tx, r cardRow) (bool, error) {
	res, err := tx.Exec(ctx, `insert into ota_card (iccid, imsi, key_set, legacy, keys, counter, flight, created)
		values ($1, $2, $3, $4, $5, 0, '', $6) on conflict do nothing`, r.iccid, r.imsi, r.keySet, r.legacy, r.keys, r.created)
	if err != nil {
		return false, err
	}
	n, err := res.RowsAffected()
	return n == 1, err
}

const cardColumns = `iccid, imsi, key_set, legacy, keys, counter, created`

// findCard returns the card whose column, iccid or imsi, has the value; nil where there is none.
func findCard(ctx context.Context, q sqldb.Querier, column, value string) (*cardRow, error) {
	var r cardRow
	err := q.QueryRow(ctx, `select `+cardColumns+` from ota_card where `+column+` = $1`, value).
		Scan(&r.iccid, &r.imsi, &r.keySet, &r.legacy, &r.keys, &r.counter, &r.created)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	}
	return &r, err
}

// raiseAll moves all counters ahead, none beyond the ceiling.
func raiseAll(ctx context.Context, tx *sqldb.Tx, gap, ceiling int64) (int64, error) {
	res, err := tx.Exec(ctx, `update ota_card set counter = case when counter > $2 - $1 then $2 else counter + $1 end`, gap, ceiling)
	if err != nil {
		return 0, err
	}
	return res.RowsAffected()
}

// raise moves a card's counter to gap above one that the card said was low, unless it is higher already.
func raise(ctx context.Context, tx *sqldb.Tx, iccid string, low, gap, ceiling int64) error {
	_, err := tx.Exec(ctx, `update ota_card set counter = $2 where iccid = $1 and counter < $2`, iccid, min(low+gap, ceiling))
	return err
}

type packetRow struct {
	id, iccid, ref string
	tar, data      []byte
	expires        int64
	sendings       int64
}

func insertPackets(ctx context.Context, tx *sqldb.Tx, rows []packetRow, now time.Time) error {
	values := make([][]any, len(rows))
	for i, r := range rows {
		values[i] = []any{r.id, r.iccid, r.tar, r.ref, r.data, "queued", "", now.UnixMilli(), r.expires, now.UnixMilli(), int64(0)}
	}
	return sqldb.InsertRows(ctx, tx, "insert into ota_packet (id, iccid, tar, ref, data, state, cause, created, expires, due, sendings)", values, "")
}

// duePackets returns what is to be looked at, the longest due first; on PostgreSQL no two nodes get the same.
func duePackets(ctx context.Context, tx *sqldb.Tx, now time.Time, limit int) ([]packetRow, error) {
	text := `select id, iccid, tar, ref, data, expires, sendings from ota_packet where state <> 'done' and due <= $1 order by due, id limit $2`
	if tx.Dialect() == sqldb.PostgreSQL {
		text += ` for update skip locked`
	}
	rows, err := tx.Query(ctx, text, now.UnixMilli(), limit)
	return sqldb.Collect(rows, err, func(rows *sql.Rows) (r packetRow, err error) {
		err = rows.Scan(&r.id, &r.iccid, &r.tar, &r.ref, &r.data, &r.expires, &r.sendings)
		return r, err
	})
}

// takeOff makes each of the packets the one on its way to its card and raises the card's counter, where no other is on its way and the
// counter is below the ceiling. There is at most one packet of a card among them. It returns the cards by packet.
func takeOff(ctx context.Context, tx *sqldb.Tx, packets []string, ceiling int64) (map[string]cardRow, error) {
	where, args := sqldb.In(tx.Dialect(), "p.id", 2, packets)
	rows, err := tx.Query(ctx, `update ota_card set counter = ota_card.counter + 1, flight = p.id from ota_packet p
		where p.iccid = ota_card.iccid and (ota_card.flight = '' or ota_card.flight = p.id) and ota_card.counter < $1 and `+where+`
		returning ota_card.flight, ota_card.iccid, ota_card.imsi, ota_card.key_set, ota_card.legacy, ota_card.keys, ota_card.counter, ota_card.created`, append([]any{ceiling}, args...)...)
	cards := make(map[string]cardRow, len(packets))
	_, err = sqldb.Collect(rows, err, func(rows *sql.Rows) (struct{}, error) {
		var id string
		var r cardRow
		err := rows.Scan(&id, &r.iccid, &r.imsi, &r.keySet, &r.legacy, &r.keys, &r.counter, &r.created)
		cards[id] = r
		return struct{}{}, err
	})
	return cards, err
}

// sending is a packet as it leaves.
type sending struct {
	packet, iccid string
	counter       int64
	command       []byte
}

func insertSendings(ctx context.Context, tx *sqldb.Tx, list []sending, now time.Time) error {
	values := make([][]any, len(list))
	for i, s := range list {
		values[i] = []any{s.iccid, s.counter, s.packet, s.command, now.UnixMilli()}
	}
	return sqldb.InsertRows(ctx, tx, "insert into ota_sending (iccid, counter, packet, command, at)", values, "")
}

// postpone sets state and due of packets that are not done.
func postpone(ctx context.Context, tx *sqldb.Tx, packets []string, state string, due time.Time, sent int) error {
	if len(packets) == 0 {
		return nil
	}
	where, args := sqldb.In(tx.Dialect(), "id", 4, packets)
	_, err := tx.Exec(ctx, `update ota_packet set state = $1, due = $2, sendings = sendings + $3 where state <> 'done' and `+where,
		append([]any{state, due.UnixMilli(), sent}, args...)...)
	return err
}

// land frees the cards to which the packets were on their way; what waits for them is due.
func land(ctx context.Context, tx *sqldb.Tx, packets []string, now time.Time) error {
	if len(packets) == 0 {
		return nil
	}
	where, args := sqldb.In(tx.Dialect(), "flight", 1, packets)
	rows, err := tx.Query(ctx, `update ota_card set flight = '' where `+where+` returning iccid`, args...)
	cards, err := sqldb.Collect(rows, err, scanText)
	if err != nil || len(cards) == 0 {
		return err
	}
	where, args = sqldb.In(tx.Dialect(), "iccid", 2, cards)
	_, err = tx.Exec(ctx, `update ota_packet set due = $1 where state = 'queued' and due > $1 and `+where, append([]any{now.UnixMilli()}, args...)...)
	return err
}

// finish ends packets that are not done and returns which those were.
func finish(ctx context.Context, tx *sqldb.Tx, packets []string, cause Cause) ([]string, error) {
	where, args := sqldb.In(tx.Dialect(), "id", 2, packets)
	rows, err := tx.Query(ctx, `update ota_packet set state = 'done', cause = $1 where state <> 'done' and `+where+` returning id`,
		append([]any{string(cause)}, args...)...)
	return sqldb.Collect(rows, err, scanText)
}

// withdraw ends what never left, by the reference of the one who asked.
func withdraw(ctx context.Context, tx *sqldb.Tx, refs []string) ([]string, error) {
	where, args := sqldb.In(tx.Dialect(), "ref", 2, refs)
	rows, err := tx.Query(ctx, `update ota_packet set state = 'done', cause = $1 where state = 'queued' and sendings = 0 and `+where+` returning ref`,
		append([]any{string(Withdrawn)}, args...)...)
	return sqldb.Collect(rows, err, scanText)
}

// origin is the packet that a counter of a card was spent on.
type origin struct {
	packet, ref string
	tar         []byte
	command     []byte
	done        bool
}

func findOrigin(ctx context.Context, q sqldb.Querier, iccid string, counter int64) (*origin, error) {
	var o origin
	var state string
	err := q.QueryRow(ctx, `select p.id, p.ref, p.tar, s.command, p.state from ota_sending s join ota_packet p on p.id = s.packet
		where s.iccid = $1 and s.counter = $2`, iccid, counter).Scan(&o.packet, &o.ref, &o.tar, &o.command, &state)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	}
	o.done = state == "done"
	return &o, err
}

// findPacket returns a packet that is not done; nil where there is none.
func findPacket(ctx context.Context, q sqldb.Querier, id string) (*packetRow, error) {
	var r packetRow
	err := q.QueryRow(ctx, `select id, iccid, tar, ref, data, expires, sendings from ota_packet where id = $1 and state <> 'done'`, id).
		Scan(&r.id, &r.iccid, &r.tar, &r.ref, &r.data, &r.expires, &r.sendings)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	}
	return &r, err
}

// prune forgets what was done and sent before an instant, but never a card's counter.
func prune(ctx context.Context, tx *sqldb.Tx, before time.Time) error {
	if _, err := tx.Exec(ctx, `delete from ota_sending where packet in
		(select id from ota_packet where state = 'done' and expires < $1 order by expires limit 1000)`, before.UnixMilli()); err != nil {
		return err
	}
	_, err := tx.Exec(ctx, `delete from ota_packet where id in
		(select id from ota_packet where state = 'done' and expires < $1 order by expires limit 1000)`, before.UnixMilli())
	return err
}

func scanText(rows *sql.Rows) (s string, err error) {
	err = rows.Scan(&s)
	return s, err
}
