package rbm

import (
	"context"
	"time"

	"simtrust"
	"simtrust/internal/sqldb"
	"simtrust/messaging/dispatch"
	"simtrust/messaging/gsma"
)

// How many testers an agent may ask for, whoever they are and whatever the answer.
const (
	testersPerDay = 20 // in UTC
	maxTesters    = 200
)

var errTesters = error(&simtrust.Error{Kind: simtrust.KindLimited, Reason: ReasonTesters, Op: op, Msg: "the agent has asked for 20 testers today, or for 200 in all"})

// testerWire says of who can be reached that they are a tester: they agreed to the agent's messages before. Others are not invited.
func (s *Service) testerWire(ctx context.Context, w testerWire) (Tester, error) {
	chatbot, n, err := s.about(ctx, w.Agent, w.Phone)
	if err != nil {
		return Tester{}, err
	}
	if err := s.countTester(ctx, chatbot); err != nil {
		return Tester{}, err
	}
	return Tester{Name: "phones/" + n.E164() + "/testers", Invite: InviteAccepted}, s.reaches(ctx, chatbot, dispatch.ClassService, gsma.RCS, n)
}

// countTester counts a request, or refuses it.
func (s *Service) countTester(ctx context.Context, chatbot string) error {
	day := s.Now().UTC().Truncate(24 * time.Hour).UnixMilli()
	return s.DB.InDefaultTx(ctx, func(tx *sqldb.Tx) error {
		res, err := tx.Exec(ctx, `insert into messaging_rbm_tester (chatbot, total, day, today) values ($1, 1, $2, 1)
			on conflict (chatbot) do update set total = messaging_rbm_tester.total + 1, day = excluded.day,
				today = case when messaging_rbm_tester.day = excluded.day then messaging_rbm_tester.today + 1 else 1 end
			where messaging_rbm_tester.total < $3 and (messaging_rbm_tester.day <> excluded.day or messaging_rbm_tester.today < $4)`,
			chatbot, day, int64(maxTesters), int64(testersPerDay))
		if err != nil {
			return err
		}
		n, err := res.RowsAffected()
		if err == nil && n == 0 {
			err = errTesters
		}
		return err
	})
}
