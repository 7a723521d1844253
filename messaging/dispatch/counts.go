package dispatch

import (
	"context"
	"database/sql"

	"simtrust"
	"simtrust/internal/sqldb"
)

// Counts returns how many deliveries of a message are in each state.
func (s *Service) Counts(ctx context.Context, message string) (map[State]int64, error) {
	rows, err := s.db.Query(ctx, `select state, count(*) from dispatch_delivery where message = $1 group by state`, message)
	counts := map[State]int64{}
	_, err = sqldb.Collect(rows, err, func(rows *sql.Rows) (struct{}, error) {
		var state State
		var n int64
		err := rows.Scan(&state, &n)
		counts[state] = n
		return struct{}{}, err
	})
	return counts, err
}

// To returns where the delivery of a message to a tenure stands; not ok: there is none, or not any more.
func (s *Service) To(ctx context.Context, message string, tenure simtrust.TenureID) (st Status, ok bool, err error) {
	list, err := collectStatuses(s.db.Query(ctx, statusText+` where d.message = $1 and d.tenure = $2`, message, string(tenure)))
	if err != nil || len(list) == 0 {
		return Status{}, false, err
	}
	return list[0], true, nil
}
