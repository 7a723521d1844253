package renumber

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"fmt"
	"time"

	"simtrust/internal/sqldb"
)

// save writes what changed in the ledger, and the news of it to the outbox.
func (s *Service) save(ctx context.Context, tx *sqldb.Tx, l *ledger) error {
	var tenures, sims, facts [][]any
	for _, r := range l.changed() {
		if r.stored == 0 {
			tenures = append(tenures, tenureRow(r))
		} else if err := update(ctx, tx, r); err != nil {
			return err
		}
		sims = append(sims, simRows(r)...)
		facts = append(facts, factRows(r)...)
	}
	// Tenures that closed have been written above, so a number has one open tenure at any time.
	for _, in := range []struct {
		into string
		rows [][]any
	}{
		{"insert into renumber_tenure (" + tenureColumns + ")", tenures},
		{"insert into renumber_sim (tenure, seq, iccid, imsi, is_primary, since, recorded, until, until_recorded)", sims},
		{"insert into renumber_fact (tenure, seq, kind, value, effective, recorded)", facts},
	} {
		if err := sqldb.InsertRows(ctx, tx, in.into, in.rows, ""); err != nil {
			return err
		}
	}
	for _, n := range l.news {
		if err := s.outbox.Append(ctx, tx, n.tenure, n.seq, n.event); err != nil {
			return err
		}
	}
	return nil
}

func tenureRow(r *Record) []any {
	return []any{
		string(r.ID), r.Number.E164(), string(r.Holder), r.Organisation, r.User, r.Opened.UnixMilli(), string(r.OpenedBy),
		r.OpenedRecorded.UnixMilli(), toNull(r.Closed), string(r.ClosedBy), toNull(r.ClosedRecorded), r.OutOfSight, r.Suspended,
		r.Device, toNull(r.DeviceSince), r.seq,
	}
}

// simRows are the SIMs that the store does not have yet.
func simRows(r *Record) [][]any {
	var rows [][]any
	for _, s := range r.SIMs {
		if s.seq > r.stored {
			rows = append(rows, []any{
				string(r.ID), s.seq, s.ICCID, s.IMSI, s.Primary, s.Since.UnixMilli(), s.Recorded.UnixMilli(), toNull(s.Until), toNull(s.UntilRecorded),
			})
		}
	}
	return rows
}

func factRows(r *Record) [][]any {
	var rows [][]any
	for _, f := range r.Facts {
		if f.seq > r.stored {
			rows = append(rows, []any{string(r.ID), f.seq, string(f.Kind), f.Value, f.Effective.UnixMilli(), f.Recorded.UnixMilli()})
		}
	}
	return rows
}

// update writes what can change of a tenure that the store has, and the ends of its SIMs.
func update(ctx context.Context, tx *sqldb.Tx, r *Record) error {
	_, err := tx.Exec(ctx, `update renumber_tenure set closed = $1, closed_by = $2, closed_recorded = $3, out_of_sight = $4,
		suspended = $5, device = $6, device_since = $7, seq = $8 where id = $9`,
		toNull(r.Closed), string(r.ClosedBy), toNull(r.ClosedRecorded), r.OutOfSight, r.Suspended, r.Device, toNull(r.DeviceSince),
		r.seq, string(r.ID))
	if err != nil {
		return err
	}
	for _, s := range r.SIMs {
		if !s.ended || s.seq > r.stored {
			continue
		}
		_, err := tx.Exec(ctx, `update renumber_sim set until = $1, until_recorded = $2 where tenure = $3 and seq = $4`,
			toNull(s.Until), toNull(s.UntilRecorded), string(r.ID), s.seq)
		if err != nil {
			return err
		}
	}
	return nil
}

// appliedBefore returns those events of a batch, by sequence number, that were applied before.
func appliedBefore(ctx context.Context, tx *sqldb.Tx, req FeedReq) (map[int64]applied, error) {
	done := make(map[int64]applied, len(req.Events))
	seqs := make([]int64, len(req.Events))
	for i, e := range req.Events {
		seqs[i] = e.Seq
	}
	cond, args := sqldb.In(tx.Dialect(), "seq", 2, seqs)
	rows, err := tx.Query(ctx, "select seq, digest, tenure from renumber_feed where source = $1 and "+cond, append([]any{req.Source}, args...)...)
	_, err = sqldb.Collect(rows, err, func(rows *sql.Rows) (struct{}, error) {
		var a applied
		var digest []byte
		if err := rows.Scan(&a.seq, &digest, &a.tenure); err != nil {
			return struct{}{}, err
		}
		if copy(a.digest[:], digest) != sha256.Size {
			return struct{}{}, fmt.Errorf("renumber: digest of %d bytes", len(digest))
		}
		done[a.seq] = a
		return struct{}{}, nil
	})
	return done, err
}

func insertApplied(ctx context.Context, tx *sqldb.Tx, source string, events []applied, recorded time.Time) error {
	rows := make([][]any, len(events))
	for i, e := range events {
		rows[i] = []any{source, e.seq, e.digest[:], string(e.tenure), recorded.UnixMilli()}
	}
	return sqldb.InsertRows(ctx, tx, "insert into renumber_feed (source, seq, digest, tenure, recorded)", rows, "")
}
