package redenvelope

import (
	"context"
	"errors"

	"simtrust/internal/sqldb"
)

// End ends a campaign of the client's: the rest goes back. One that has ended stays as it is. Errors: KindNotFound; KindUnavailable.
func (s *Service) End(ctx context.Context, client, id string) (Campaign, error) {
	if _, err := s.owned(ctx, client, id); err != nil {
		return Campaign{}, err
	}
	err := s.giveBack(ctx, id, func(c Campaign) error {
		if !c.Ended.IsZero() {
			return errNotDue
		}
		return nil
	})
	if err != nil {
		return Campaign{}, err
	}
	return s.campaign(ctx, id)
}

// expireAtOnce is how many campaigns are looked up at a time.
const expireAtOnce = 100

// Expire has what is left of campaigns go back whose time is over.
func (s *Service) Expire(ctx context.Context) error {
	for {
		ids, err := s.expiredCampaigns(ctx, expireAtOnce)
		if err != nil {
			return err
		}
		for _, id := range ids {
			if err := s.giveBack(ctx, id, s.overdue); err != nil {
				return err
			}
		}
		if len(ids) < expireAtOnce {
			return nil
		}
	}
}

func (s *Service) overdue(c Campaign) error {
	if !c.Ended.IsZero() || c.Expires.After(s.Now()) {
		return errNotDue
	}
	return nil
}

// giveBack ends a campaign and has the rest go back, once, whoever of many nodes comes first. It changes nothing where due says no.
func (s *Service) giveBack(ctx context.Context, id string, due func(c Campaign) error) error {
	err := s.DB.InDefaultTx(ctx, func(tx *sqldb.Tx) error {
		c, err := lockCampaign(ctx, tx, id)
		if err != nil {
			return err
		}
		if err := due(c); err != nil {
			return err
		}
		now := s.Now().UnixMilli()
		if err := errors.Join(endCampaign(ctx, tx, c, now), endFulfilment(ctx, tx, id)); err != nil || c.Left == 0 {
			return err
		}
		e := entry{debit: id, credit: chatbotAccount(c.Chatbot, c.Unit), amount: c.Left, at: now}
		if err := insertEntries(ctx, tx, []entry{e}); err != nil {
			return err
		}
		_, err = putInto(ctx, tx, e.credit, c.Left)
		return err
	})
	if errors.Is(err, errNotDue) {
		return nil
	}
	return err
}

// errNotDue says that a campaign has ended before, or does not end yet.
var errNotDue = errors.New("redenvelope: nothing to give back")
