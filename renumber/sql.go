package renumber

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"simtrust"
	"simtrust/internal/sqldb"
)

const tenureColumns = `id, number, holder, organisation, named_user, opened, opened_by, opened_recorded,
	closed, closed_by, closed_recorded, out_of_sight, suspended, device, device_since, seq`

func scanRecord(rows *sql.Rows) (*Record, error) {
	var (
		r                                   Record
		number                              string
		opened, openedRecorded              int64
		closed, closedRecorded, deviceSince sql.NullInt64
	)
	err := rows.Scan(&r.ID, &number, &r.Holder, &r.Organisation, &r.User, &opened, &r.OpenedBy, &openedRecorded,
		&closed, &r.ClosedBy, &closedRecorded, &r.OutOfSight, &r.Suspended, &r.Device, &deviceSince, &r.seq)
	if err != nil {
		return nil, err
	}
	if r.Number, err = storedNumber(number); err != nil {
		return nil, err
	}
	r.Opened, r.OpenedRecorded = fromMillis(opened), fromMillis(openedRecorded)
	r.Closed, r.ClosedRecorded, r.DeviceSince = fromNull(closed), fromNull(closedRecorded), fromNull(deviceSince)
	r.Anonymous = r.Organisation && r.User == ""
	r.stored = r.seq
	return &r, nil
}

// recordsOf reads everything about numbers.
func recordsOf(ctx context.Context, q sqldb.Querier, numbers []simtrust.Number) ([]*Record, error) {
	cond, args := sqldb.In(q.Dialect(), "number", 1, inClear(numbers))
	rows, err := q.Query(ctx, "select "+tenureColumns+" from renumber_tenure where "+cond, args...)
	records, err := sqldb.Collect(rows, err, scanRecord)
	if err != nil || len(records) == 0 {
		return nil, err
	}
	byID := make(map[simtrust.TenureID]*Record, len(records))
	ids := make([]simtrust.TenureID, len(records))
	for i, r := range records {
		byID[r.ID], ids[i] = r, r.ID
	}
	if err := readSIMs(ctx, q, ids, byID); err != nil {
		return nil, err
	}
	return records, readFacts(ctx, q, ids, byID)
}

func readSIMs(ctx context.Context, q sqldb.Querier, ids []simtrust.TenureID, into map[simtrust.TenureID]*Record) error {
	cond, args := sqldb.In(q.Dialect(), "tenure", 1, ids)
	rows, err := q.Query(ctx, `select tenure, seq, iccid, imsi, is_primary, since, recorded, until, until_recorded
		from renumber_sim where `+cond+` order by tenure, seq`, args...)
	_, err = sqldb.Collect(rows, err, func(rows *sql.Rows) (struct{}, error) {
		var (
			tenure               simtrust.TenureID
			s                    SIMSpan
			since, recorded      int64
			until, untilRecorded sql.NullInt64
		)
		err := rows.Scan(&tenure, &s.seq, &s.ICCID, &s.IMSI, &s.Primary, &since, &recorded, &until, &untilRecorded)
		s.Since, s.Recorded = fromMillis(since), fromMillis(recorded)
		s.Until, s.UntilRecorded = fromNull(until), fromNull(untilRecorded)
		if r := into[tenure]; r != nil {
			r.SIMs = append(r.SIMs, s)
		}
		return struct{}{}, err
	})
	return err
}

func readFacts(ctx context.Context, q sqldb.Querier, ids []simtrust.TenureID, into map[simtrust.TenureID]*Record) error {
	cond, args := sqldb.In(q.Dialect(), "tenure", 1, ids)
	rows, err := q.Query(ctx, `select tenure, seq, kind, value, effective, recorded
		from renumber_fact where `+cond+` order by tenure, seq`, args...)
	_, err = sqldb.Collect(rows, err, func(rows *sql.Rows) (struct{}, error) {
		var (
			tenure              simtrust.TenureID
			f                   Fact
			effective, recorded int64
		)
		err := rows.Scan(&tenure, &f.seq, &f.Kind, &f.Value, &effective, &recorded)
		f.Effective, f.Recorded = fromMillis(effective), fromMillis(recorded)
		if r := into[tenure]; r != nil {
			r.Facts = append(r.Facts, f)
		}
		return struct{}{}, err
	})
	return err
}

// lockCurrent reads the rows of those tenures that are current and holds them until the transaction ends: SIMs and facts are left
// out. A write that changes nothing is the lock that both stores have.
func lockCurrent(ctx context.Context, tx *sqldb.Tx, ids []simtrust.TenureID) ([]*Record, error) {
	cond, args := sqldb.In(tx.Dialect(), "id", 1, ids)
	rows, err := tx.Query(ctx, `update renumber_tenure set seq = seq
		where closed is null and not out_of_sight and `+cond+` returning `+tenureColumns, args...)
	return sqldb.Collect(rows, err, scanRecord)
}

// How [holdings] finds open tenures. There is an index on the numbers of those alone. The plus keeps a search by id from it: PostgreSQL,
// while it has no statistics, takes open tenures to be few and would read them all.
const (
	openByNumber = "t.closed is null and t.number"
	openByID     = "+t.closed is null and t.id"
)

// holdings reads the open tenures, with the SIMs that serve them, by keys.
func holdings[K ~string](ctx context.Context, q sqldb.Querier, by string, keys []K) (map[simtrust.TenureID]Holding, error) {
	cond, args := sqldb.In(q.Dialect(), by, 1, keys)
	rows, err := q.Query(ctx, `select t.id, t.number, t.holder, t.organisation and t.named_user = '', t.opened, t.out_of_sight,
			t.suspended, t.device, t.device_since, s.iccid, s.imsi, s.is_primary, s.since, s.recorded
		from renumber_tenure t left join renumber_sim s on s.tenure = t.id and s.until is null
		where `+cond+` order by t.id, s.seq`, args...)
	held := make(map[simtrust.TenureID]Holding, len(keys))
	_, err = sqldb.Collect(rows, err, func(rows *sql.Rows) (struct{}, error) { return struct{}{}, scanHolding(rows, held) })
	return held, err
}

// scanHolding reads one row, a tenure with one of its SIMs or none, into the holding it belongs to.
func scanHolding(rows *sql.Rows, into map[simtrust.TenureID]Holding) error {
	var (
		t                            simtrust.Tenure
		number, device               string
		opened                       int64
		deviceSince, since, recorded sql.NullInt64
		iccid, imsi                  sql.NullString
		primary                      sql.NullBool
	)
	err := rows.Scan(&t.ID, &number, &t.Holder, &t.Anonymous, &opened, &t.OutOfSight, &t.Suspended, &device, &deviceSince,
		&iccid, &imsi, &primary, &since, &recorded)
	if err != nil {
		return err
	}
	h, seen := into[t.ID]
	if !seen {
		if t.Number, err = storedNumber(number); err != nil {
			return err
		}
		t.Opened = fromMillis(opened)
		h = Holding{Tenure: t, Device: device, DeviceSince: fromNull(deviceSince)}
	}
	if iccid.Valid {
		s := SIM{ICCID: iccid.String, IMSI: imsi.String, Primary: primary.Bool, Since: fromNull(since)}
		h.SIMs = append(h.SIMs, s)
		if s.Primary {
			h.SIMChanged, h.SIMChangedRecorded = s.Since, fromNull(recorded)
		}
	}
	into[t.ID] = h
	return nil
}

// everOurs tells which of numbers this operator ever assigned.
func everOurs(ctx context.Context, q sqldb.Querier, numbers []string) (map[string]bool, error) {
	if len(numbers) == 0 {
		return nil, nil
	}
	cond, args := sqldb.In(q.Dialect(), "number", 1, numbers)
	rows, err := q.Query(ctx, "select distinct number from renumber_tenure where "+cond, args...)
	found, err := sqldb.Collect(rows, err, func(rows *sql.Rows) (n string, err error) { return n, rows.Scan(&n) })
	if err != nil {
		return nil, err
	}
	ours := make(map[string]bool, len(found))
	for _, n := range found {
		ours[n] = true
	}
	return ours, nil
}

func storedNumber(s string) (simtrust.Number, error) {
	n, err := simtrust.ParseNumber(s)
	if err != nil {
		return simtrust.Number{}, fmt.Errorf("renumber: the store holds something that is no number: %w", err)
	}
	return n, nil
}

func fromMillis(ms int64) time.Time { return time.UnixMilli(ms).UTC() }

func fromNull(ms sql.NullInt64) time.Time {
	if !ms.Valid {
		return time.Time{}
	}
	return fromMillis(ms.Int64)
}

// toNull is null for the zero time.
func toNull(t time.Time) sql.NullInt64 {
	return sql.NullInt64{Int64: t.UnixMilli(), Valid: !t.IsZero()}
}
