package gateway

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"strings"
	"time"

	"simtrust/internal/sqldb"
	"simtrust/simshield/ota"
)

//go:embed migrations/*.sql
var migrations embed.FS

// Migrations returns the package's tables.
func Migrations() sqldb.Migrations { return sqldb.Migrations{Module: "ota", FS: migrations} }

type packetRow struct {
	id, iccid, ref string
	tar, data      []byte
	expires        int64
	counter        int64
}

const packetColumns = `p.id, p.iccid, p.tar, p.ref, p.data, p.expires, p.counter`

func (r *packetRow) columns() []any {
	return []any{&r.id, &r.iccid, &r.tar, &r.ref, &r.data, &r.expires, &r.counter}
}

func insertPackets(ctx context.Context, tx *sqldb.Tx, rows []packetRow, now time.Time) error {
	values := make([][]any, len(rows))
	for i, r := range rows {
		values[i] = []any{r.id, r.iccid, r.tar, r.ref, r.data, "waiting", "", r.expires, now.UnixMilli(), int64(0)}
	}
	return sqldb.InsertRows(ctx, tx, "insert into ota_packet (id, iccid, tar, ref, data, state, cause, expires, due, counter)", values, "")
}

// flight is a packet with its card, and, once it is taken to be sent, when that was, and as it leaves.
type flight struct {
	packetRow
	card    cardRow
	absent  bool // the card polls, and has not come for the packet
	taken   time.Time
	command []byte
}

// dueFlights returns what is to be looked at, the longest due first: packets that have expired, and those whose card no other packet is
// on its way to. On PostgreSQL packets and cards are locked, and those that another node has locked are passed over.
func dueFlights(ctx context.Context, tx *sqldb.Tx, now time.Time, limit int) ([]flight, error) {
	text := `select ` + packetColumns + `, ` + cardColumns + `, ` + neverFetched + ` from ota_packet p join ota_card c on c.iccid = p.iccid
		where p.state <> 'done' and p.due <= $1 and (p.expires <= $1 or not exists
			(select 1 from ota_packet f where f.iccid = p.iccid and f.state = 'flying' and f.id <> p.id))
		order by p.due, p.id limit $2`
	if tx.Dialect() == sqldb.PostgreSQL {
		text += ` for update skip locked`
	}
	rows, err := tx.Query(ctx, text, now.UnixMilli(), limit)
	return sqldb.Collect(rows, err, func(rows *sql.Rows) (f flight, err error) {
		return f, rows.Scan(append(append(f.packetRow.columns(), f.card.columns()...), &f.absent)...)
	})
}

// launch records packets as on their way, with the counters that their cards have now.
func launch(ctx context.Context, tx *sqldb.Tx, list []flight, now, due time.Time) error {
	values := make([][]any, len(list))
	for i, f := range list {
		values[i] = []any{f.iccid, f.counter, f.id, f.command, now.UnixMilli()}
	}
	if err := sqldb.InsertRows(ctx, tx, "insert into ota_sending (iccid, counter, packet, command, at)", values, ""); err != nil {
		return err
	}
	where, args := sqldb.In(tx.Dialect(), "ota_packet.id", 2, idsOf(list))
	_, err := tx.Exec(ctx, `update ota_packet set state = 'flying', counter = c.counter, due = case when expires < $1 then expires else $1 end
		from ota_card c where c.iccid = ota_packet.iccid and `+where, append([]any{due.UnixMilli()}, args...)...)
	return err
}

func idsOf(list []flight) []string {
	ids := make([]string, len(list))
	for i, f := range list {
		ids[i] = f.id
	}
	return ids
}

// putOff has packets looked at again later. It does not touch what is done.
func putOff(ctx context.Context, tx *sqldb.Tx, packets []string, due time.Time) error {
	if len(packets) == 0 {
		return nil
	}
	where, args := sqldb.In(tx.Dialect(), "id", 2, packets)
	_, err := tx.Exec(ctx, `update ota_packet set due = $1 where state <> 'done' and `+where, append([]any{due.UnixMilli()}, args...)...)
	return err
}

// extend leaves packets on their way for longer, until they expire at most.
func extend(ctx context.Context, tx *sqldb.Tx, packets []string, due time.Time) error {
	if len(packets) == 0 {
		return nil
	}
	where, args := sqldb.In(tx.Dialect(), "id", 2, packets)
	_, err := tx.Exec(ctx, `update ota_packet set due = case when expires < $1 then expires else $1 end where state = 'flying' and `+where,
		append([]any{due.UnixMilli()}, args...)...)
	return err
}

// land has packets on their way wait until they are due again: their cards are free. A packet that was sent again since is not touched.
// On PostgreSQL those are left on which another transaction has a lock: it is about to end them, or only looked at them for being due.
func land(ctx context.Context, tx *sqldb.Tx, sent []sentAs, due time.Time) (left []sentAs, err error) {
	n, err := landed(ctx, tx, sent, due, ` for update of p skip locked`)
	if err != nil || n == int64(len(sent)) {
		return nil, err
	}
	asked, args := table("sent", sent, 1)
	rows, err := tx.Query(ctx, asked+` select p.id, p.counter`+stillFlying, args...)
	return sqldb.Collect(rows, err, func(rows *sql.Rows) (s sentAs, err error) { return s, rows.Scan(&s.name, &s.counter) })
}

const stillFlying = ` from sent s join ota_packet p on p.id = s.name and p.counter = s.counter where p.state = 'flying'`

// landed is how many packets have landed, under the locks that PostgreSQL is told to take.
func landed(ctx context.Context, tx *sqldb.Tx, sent []sentAs, due time.Time, locks string) (int64, error) {
	if len(sent) == 0 {
		return 0, nil
	}
	asked, args := table("sent", sent, 2)
	text := asked + ` select p.id` + stillFlying
	if tx.Dialect() == sqldb.PostgreSQL {
		text += locks
	}
	done, err := tx.Exec(ctx, `update ota_packet set state = 'waiting', due = case when expires < $1 then expires else $1 end where id in (`+text+`)`,
		append([]any{due.UnixMilli()}, args...)...)
	if err != nil {
		return 0, err
	}
	return done.RowsAffected()
}

// sentAs names what a counter was used for: by the packet, or by the card.
type sentAs struct {
	name    string
	counter int64
}

// table is a common table expression of pairs in columns name and counter, the first value of which is $first, for a join: SQLite finds no
// index for pairs behind "in". The rows are padded to a power of two, so that few texts are prepared.
func table(name string, list []sentAs, first int) (string, []any) {
	n := 1
	for n < len(list) {
		n *= 2
	}
	rows, args := make([]string, n), make([]any, 0, 2*n)
	for i := range n {
		s := sentAs{} // is none of ours
		if i < len(list) {
			s = list[i]
		}
		rows[i] = fmt.Sprintf("($%d, cast($%d as bigint))", first+2*i, first+2*i+1)
		args = append(args, s.name, s.counter)
	}
	return "with " + name + "(name, counter) as (values " + strings.Join(rows, ",") + ")", args
}

// finish ends packets that are not done and returns which those were.
func finish(ctx context.Context, tx *sqldb.Tx, packets []string, cause Cause) ([]string, error) {
	where, args := sqldb.In(tx.Dialect(), "id", 2, packets)
	rows, err := tx.Query(ctx, `update ota_packet set state = 'done', cause = $1 where state <> 'done' and `+where+` returning id`,
		append([]any{string(cause)}, args...)...)
	return sqldb.Collect(rows, err, scanText)
}

// withdraw ends what is not done, by the reference of the one who asked, and returns the references of what never left.
func withdraw(ctx context.Context, tx *sqldb.Tx, refs []string) ([]string, error) {
	where, args := sqldb.In(tx.Dialect(), "ref", 2, refs)
	rows, err := tx.Query(ctx, `update ota_packet set state = 'done', cause = $1 where state <> 'done' and `+where+` returning ref, counter`,
		append([]any{string(Withdrawn)}, args...)...)
	var unsent []string
	_, err = sqldb.Collect(rows, err, func(rows *sql.Rows) (s sentAs, err error) {
		if err = rows.Scan(&s.name, &s.counter); err == nil && s.counter == 0 {
			unsent = append(unsent, s.name)
		}
		return s, err
	})
	return unsent, err
}

// sending is what a counter of a card was spent on.
type sending struct {
	packet, ref string
	tar         []byte
	command     []byte
	done        bool
}

// readOrigins returns what counters of cards were spent on, nil for those that were not.
func readOrigins(ctx context.Context, q sqldb.Querier, batch []sentAs) ([]sqldb.Result[*sending], error) {
	asked, args := table("asked", batch, 1)
	rows, err := q.Query(ctx, asked+` select s.iccid, s.counter, p.id, p.ref, p.tar, s.command, p.state = 'done' from asked a
		join ota_sending s on s.iccid = a.name and s.counter = a.counter join ota_packet p on p.id = s.packet`, args...)
	found := make(map[sentAs]*sending, len(batch))
	_, err = sqldb.Collect(rows, err, func(rows *sql.Rows) (struct{}, error) {
		var as sentAs
		var s sending
		err := rows.Scan(&as.name, &as.counter, &s.packet, &s.ref, &s.tar, &s.command, &s.done)
		found[as] = &s
		return struct{}{}, err
	})
	return inOrder(batch, found), err
}

// inOrder answers each question of a batch; nil where nothing was found.
func inOrder[K comparable, V any](batch []K, found map[K]*V) []sqldb.Result[*V] {
	out := make([]sqldb.Result[*V], len(batch))
	for i, key := range batch {
		out[i].Value = found[key]
	}
	return out
}

// findPacket returns a packet that is not done; nil where there is none.
func findPacket(ctx context.Context, q sqldb.Querier, id string) (*packetRow, error) {
	var r packetRow
	err := q.QueryRow(ctx, `select `+packetColumns+` from ota_packet p where p.id = $1 and p.state <> 'done'`, id).Scan(r.columns()...)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	}
	return &r, err
}

// outpace has a packet on its way sent again at once, with a counter that is by the gap above the one that its card found low. A card
// that has answered otherwise since, or whose counter was raised since, stays as it is.
func outpace(ctx context.Context, tx *sqldb.Tx, packet string, low, gap int64, now time.Time) error {
	rows, err := tx.Query(ctx, `update ota_packet set state = 'waiting', due = $1 where id = $2 and counter = $3 and state = 'flying'
		returning iccid`, now.UnixMilli(), packet, low)
	cards, err := sqldb.Collect(rows, err, scanText)
	if err != nil || len(cards) == 0 {
		return err
	}
	_, err = tx.Exec(ctx, `update ota_card set counter = $1 where iccid = $2 and counter < $1`, min(low+gap, int64(ota.Ceiling)), cards[0])
	return err
}

// prune forgets packets that were done and had expired before an instant, but never a card's counter. more says that there are others.
func prune(ctx context.Context, tx *sqldb.Tx, before time.Time, limit int) (more bool, err error) {
	rows, err := tx.Query(ctx, `delete from ota_packet where id in
		(select id from ota_packet where state = 'done' and expires < $1 order by expires, id limit $2) returning id`, before.UnixMilli(), limit)
	ids, err := sqldb.Collect(rows, err, scanText)
	if err != nil || len(ids) == 0 {
		return false, err
	}
	where, args := sqldb.In(tx.Dialect(), "packet", 1, ids)
	_, err = tx.Exec(ctx, `delete from ota_sending where `+where, args...)
	return len(ids) == limit, err
}

func scanText(rows *sql.Rows) (s string, err error) {
	err = rows.Scan(&s)
	return s, err
}
