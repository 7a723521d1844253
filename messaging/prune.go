package messaging

import (
	"context"
	"time"

	"simtrust"
	"simtrust/internal/sqldb"
)

// pruneBatch is how many rows one transaction removes, so that no writer waits long for it.
const pruneBatch = 500

// prunings remove rows that are older than $1, up to $2 at once. Conversations go before what says that their tenures ended.
var prunings = []struct {
	text string
	age  time.Duration
}{
	{`delete from messaging_message where id in (select id from messaging_message where expires < $1 limit $2)`, keep},
	{`delete from messaging_link where code in (select code from messaging_link where expires < $1 limit $2)`, keep},
	{`delete from messaging_inbound where id in (select id from messaging_inbound where at < $1 limit $2)`, keep},
	{`delete from messaging_file where id in (select id from messaging_file where created < $1 limit $2)`, keepFiles},
	{`delete from messaging_conversation where id in (select c.id from messaging_ended e join messaging_conversation c on c.tenure = e.tenure
		where e.at < $1 limit $2)`, keepTalk},
	{`delete from messaging_begun where id in (select b.id from messaging_ended e join messaging_begun b on b.tenure = e.tenure
		where e.at < $1 limit $2)`, keepTalk},
	{`delete from messaging_ended where tenure in (select tenure from messaging_ended where at < $1 limit $2)`, keepTalk},
}

// Prune removes what is not asked about any more.
func (s *Service) Prune(ctx context.Context) error {
	now := s.Now()
	for _, p := range prunings {
		for more := true; more; {
			err := s.DB.InDefaultTx(ctx, func(tx *sqldb.Tx) error {
				res, err := tx.Exec(ctx, p.text, now.Add(-p.age).UnixMilli(), int64(pruneBatch))
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
	}
	return nil
}

// TenureEnded has the conversations of a tenure forgotten, once reports on its last messages have come. Idempotent.
func (s *Service) TenureEnded(ctx context.Context, e simtrust.TenureEnded) error {
	return s.DB.InDefaultTx(ctx, func(tx *sqldb.Tx) error {
		_, err := tx.Exec(ctx, `insert into messaging_ended (tenure, at) values ($1, $2) on conflict do nothing`, string(e.Tenure), s.Now().UnixMilli())
		return err
	})
}
