package events

import (
	"cmp"
	"context"
	"database/sql"
	"encoding/json"
	"slices"
	"time"

	"simtrust"
	"simtrust/internal/sqldb"
)

// Event is something that a chatbot's people are told. Data marshals to a JSON object.
type Event struct {
	Chatbot string
	Type    string
	At      time.Time
	Data    any
}

// Entry is an event in its chatbot's log, as webhooks and streams carry it.
type Entry struct {
	Seq  int64           `json:"seq"`
	ID   string          `json:"id"`
	Type string          `json:"type"`
	At   time.Time       `json:"at"`
	Data json.RawMessage `json:"data"`
}

// Publish appends events to their chatbots' logs within tx; those of one chatbot keep their order. The heads stay locked until the
// commit, which keeps numbers and commits in one order, so it comes late in a transaction.
func (s *Service) Publish(ctx context.Context, tx *sqldb.Tx, list ...Event) error {
	if len(list) == 0 {
		return nil
	}
	list = slices.Clone(list)
	slices.SortStableFunc(list, func(a, b Event) int { return cmp.Compare(a.Chatbot, b.Chatbot) })
	counts := map[string]int64{}
	for _, e := range list {
		counts[e.Chatbot]++
	}
	rows, written := make([][]any, len(list)), s.Now().UnixMilli()
	var seq int64
	for i, e := range list {
		if i == 0 || e.Chatbot != list[i-1].Chatbot {
			last, err := advance(ctx, tx, e.Chatbot, counts[e.Chatbot])
			if err != nil {
				return err
			}
			seq = last - counts[e.Chatbot]
		}
		seq++
		data, err := json.Marshal(e.Data)
		if err != nil {
			return err
		}
		rows[i] = []any{e.Chatbot, seq, simtrust.NewID("evt"), e.Type, e.At.UnixMilli(), string(data), written}
	}
	tx.OnCommit(func() { s.hub.tell(counts) })
	return sqldb.InsertRows(ctx, tx, "insert into messaging_event (chatbot, seq, id, type, at, data, written)", rows, "")
}

// advance takes n numbers of a chatbot's log and returns the last.
func advance(ctx context.Context, tx *sqldb.Tx, chatbot string, n int64) (last int64, err error) {
	err = tx.QueryRow(ctx, `insert into messaging_event_head (chatbot, seq) values ($1, $2)
		on conflict (chatbot) do update set seq = messaging_event_head.seq + excluded.seq returning seq`, chatbot, n).Scan(&last)
	return last, err
}

// head is the number of a chatbot's last event; 0: it has none.
func (s *Service) head(ctx context.Context, chatbot string) (seq int64, err error) {
	err = s.DB.QueryRow(ctx, `select coalesce(max(seq), 0) from messaging_event_head where chatbot = $1`, chatbot).Scan(&seq)
	return seq, err
}

// after returns up to limit events that follow a number, in order.
func (s *Service) after(ctx context.Context, chatbot string, seq int64, limit int) ([]Entry, error) {
	rows, err := s.DB.Query(ctx, `select seq, id, type, at, data from messaging_event where chatbot = $1 and seq > $2 order by seq limit $3`,
		chatbot, seq, int64(limit))
	return sqldb.Collect(rows, err, func(rows *sql.Rows) (e Entry, err error) {
		var at int64
		var data string
		err = rows.Scan(&e.Seq, &e.ID, &e.Type, &at, &data)
		e.At, e.Data = time.UnixMilli(at).UTC(), json.RawMessage(data)
		return e, err
	})
}

// pruneBatch is how many events one transaction removes, so that no writer waits long for it.
const pruneBatch = 500

// Prune removes the events that nobody is promised any more. It goes by when they were written: what a bearer reports late happened long
// before.
func (s *Service) Prune(ctx context.Context) error {
	before := s.Now().Add(-keep).UnixMilli()
	for more := true; more; {
		err := s.DB.InDefaultTx(ctx, func(tx *sqldb.Tx) error {
			res, err := tx.Exec(ctx, `delete from messaging_event where (chatbot, seq) in (
				select chatbot, seq from messaging_event where written < $1 limit $2)`, before, int64(pruneBatch))
			if err != nil {
				return err
			}
			n, err := res.RowsAffected()
			more = n == pruneBatch
			return err
		})
		if err != nil {
			return err
		}
	}
	return nil
}
