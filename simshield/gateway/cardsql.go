package gateway

import (
	"context"
	"database/sql"
	"errors"

	"simtrust/internal/sqldb"
)

type cardRow struct {
	iccid, imsi string
	keySet      int64
	legacy      bool
	way         Way
	keys        []byte
	counter     int64
	created     int64
}

const cardColumns = `c.iccid, c.imsi, c.key_set, c.legacy, c.way, c.keys, c.counter, c.created`

func (r *cardRow) columns() []any {
	return []any{&r.iccid, &r.imsi, &r.keySet, &r.legacy, &r.way, &r.keys, &r.counter, &r.created}
}

func scanCard(rows *sql.Rows) (*cardRow, error) {
	var r cardRow
	err := rows.Scan(r.columns()...)
	return &r, err
}

// insertCards inserts those whose ICCID and IMSI are new. Their counters begin before the first.
func insertCards(ctx context.Context, tx *sqldb.Tx, rows []cardRow) error {
	values := make([][]any, len(rows))
	for i, r := range rows {
		values[i] = []any{r.iccid, r.imsi, r.keySet, r.legacy, string(r.way), r.keys, int64(0), r.created}
	}
	return sqldb.InsertRows(ctx, tx, "insert into ota_card (iccid, imsi, key_set, legacy, way, keys, counter, created)", values, "on conflict do nothing")
}

// cardsBy returns cards by a column, iccid or imsi.
func cardsBy(ctx context.Context, q sqldb.Querier, column string, values []string) ([]*cardRow, error) {
	where, args := sqldb.In(q.Dialect(), column, 1, values)
	rows, err := q.Query(ctx, `select `+cardColumns+` from ota_card c where `+where, args...)
	return sqldb.Collect(rows, err, scanCard)
}

// readCards returns the cards of IMSIs, nil for those that none has.
func readCards(ctx context.Context, q sqldb.Querier, imsis []string) ([]sqldb.Result[*cardRow], error) {
	cards, err := cardsBy(ctx, q, "imsi", imsis)
	found := make(map[string]*cardRow, len(cards))
	for _, c := range cards {
		found[c.imsi] = c
	}
	return inOrder(imsis, found), err
}

// setWay says how a card is reached from now on, and returns whether there is the card.
func setWay(ctx context.Context, tx *sqldb.Tx, iccid string, way Way) (bool, error) {
	done, err := tx.Exec(ctx, `update ota_card set way = $1 where iccid = $2`, string(way), iccid)
	if err != nil {
		return false, err
	}
	n, err := done.RowsAffected()
	return n == 1, err
}

// findCard returns the card of an ICCID; nil where there is none.
func findCard(ctx context.Context, q sqldb.Querier, iccid string) (*cardRow, error) {
	var r cardRow
	err := q.QueryRow(ctx, `select `+cardColumns+` from ota_card c where c.iccid = $1`, iccid).Scan(r.columns()...)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	}
	return &r, err
}

// knowCards refuses submissions to cards that are not known.
func knowCards(ctx context.Context, q sqldb.Querier, list []Submission) error {
	wanted := make(map[string]bool, len(list))
	iccids := make([]string, 0, len(list))
	for _, s := range list {
		if !wanted[s.ICCID] {
			wanted[s.ICCID] = true
			iccids = append(iccids, s.ICCID)
		}
	}
	where, args := sqldb.In(q.Dialect(), "iccid", 1, iccids)
	rows, err := q.Query(ctx, `select iccid from ota_card where `+where, args...)
	known, err := sqldb.Collect(rows, err, scanText)
	if err == nil && len(known) != len(iccids) {
		err = errUnknownCard
	}
	return err
}

// raiseCounters uses up the next counter of each card.
func raiseCounters(ctx context.Context, tx *sqldb.Tx, iccids []string) error {
	where, args := sqldb.In(tx.Dialect(), "iccid", 1, iccids)
	_, err := tx.Exec(ctx, `update ota_card set counter = counter + 1 where `+where, args...)
	return err
}

// raiseSome moves the counters of the cards after a place ahead, none beyond the ceiling, and returns the cards.
func raiseSome(ctx context.Context, tx *sqldb.Tx, after string, limit int, gap, ceiling int64) ([]string, error) {
	rows, err := tx.Query(ctx, `update ota_card set counter = case when counter > $1 then $2 else counter + $3 end
		where iccid in (select iccid from ota_card where iccid > $4 order by iccid limit $5) returning iccid`, ceiling-gap, ceiling, gap, after, limit)
	return sqldb.Collect(rows, err, scanText)
}
