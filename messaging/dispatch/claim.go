package dispatch

import (
	"cmp"
	"context"
	"slices"
	"time"

	"simtrust/internal/sqldb"
)

// claimReq asks for up to most deliveries of a channel that are due, or for those named of them that nobody has looked at.
type claimReq struct {
	channel Channel
	most    int
	named   []string
}

// claim leases due deliveries to those who ask, what is urgent first. Requests for one channel are served by one statement.
func (s *Service) claim(ctx context.Context, tx *sqldb.Tx, batch []claimReq) ([]sqldb.Result[[]row], error) {
	most := map[Channel]int{}
	for _, q := range batch {
		if q.named == nil {
			most[q.channel] += q.most
		}
	}
	now := s.now()
	found := make(map[Channel][]row, len(most))
	for channel, n := range most {
		rows, err := claimChannel(ctx, tx, channel, now, now.Add(s.cfg.Lease), n)
		if err != nil {
			return nil, err
		}
		found[channel] = rows
	}
	results := make([]sqldb.Result[[]row], len(batch))
	for i, q := range batch {
		if q.named != nil {
			rows, err := leaseNamed(ctx, tx, q, now.Add(s.cfg.Lease))
			if err != nil {
				return nil, err
			}
			results[i].Value = rows
			continue
		}
		rows := found[q.channel]
		n := min(q.most, len(rows))
		results[i].Value, found[q.channel] = rows[:n:n], rows[n:]
	}
	return results, nil
}

func claimChannel(ctx context.Context, tx *sqldb.Tx, channel Channel, now, until time.Time, most int) ([]row, error) {
	var all []row
	for _, urgent := range []bool{true, false} {
		if len(all) == most {
			break
		}
		rows, err := lease(ctx, tx, lot{channel, urgent, now.UnixMilli(), until.UnixMilli(), most - len(all)})
		if err != nil {
			return nil, err
		}
		slices.SortFunc(rows, inOrder)
		all = append(all, rows...)
	}
	return all, nil
}

// inOrder sorts deliveries by how long they have waited, and by their places in the list.
func inOrder(a, b row) int {
	return cmp.Or(cmp.Compare(a.queued, b.queued), cmp.Compare(a.place, b.place))
}

// lot is what is leased at once.
type lot struct {
	channel    Channel
	urgent     bool
	now, until int64
	most       int
}

func lease(ctx context.Context, tx *sqldb.Tx, l lot) ([]row, error) {
	text := leasePortable
	if tx.Dialect() == sqldb.PostgreSQL {
		text = leaseSkipLocked
	}
	rows, err := tx.Query(ctx, text, string(l.channel), l.urgent, l.now, l.until, int64(l.most))
	return sqldb.Collect(rows, err, scanRow)
}

// leaseNamed leases those deliveries of a hint that nobody has leased before.
func leaseNamed(ctx context.Context, tx *sqldb.Tx, q claimReq, until time.Time) ([]row, error) {
	where, args := sqldb.In(tx.Dialect(), "id", 3, q.named)
	rows, err := tx.Query(ctx, `update dispatch_delivery set due = $2, claims = claims + 1
		where channel = $1 and phase = 'waiting' and claims = 0 and `+where+` returning `+plainColumns,
		append([]any{string(q.channel), until.UnixMilli()}, args...)...)
	found, err := sqldb.Collect(rows, err, scanRow)
	slices.SortFunc(found, inOrder)
	return found, err
}

// leasePortable is for a store with one writer.
var leasePortable = `update dispatch_delivery set due = $4, claims = claims + 1 where id in (
		select id from dispatch_delivery where channel = $1 and urgent = $2 and ` + open + ` and due <= $3 order by due, place limit $5)
	returning ` + plainColumns

// leaseSkipLocked passes over what another node is about to lease or to change, so that no node waits for another.
var leaseSkipLocked = `with lot as materialized (
		select id from dispatch_delivery where channel = $1 and urgent = $2 and ` + open + ` and due <= $3 order by due, place limit $5
		for update skip locked)
	update dispatch_delivery d set due = $4, claims = claims + 1 from lot where d.id = lot.id
	returning ` + joinedColumns
