package redenvelope

import (
	"bytes"
	"context"
	"time"

	"simtrust"
	"simtrust/internal/sqldb"
)

// Create makes a campaign of the client's chatbot and sets its budget aside. Errors: KindInvalid; KindDenied where the chatbot is not the
// client's; KindConflict with [ReasonFunds], or [ReasonKeyUsed] where the key stands for another campaign; KindUnavailable, after which the
// same request can be made again.
func (s *Service) Create(ctx context.Context, client string, req Request) (Campaign, error) {
	now := s.Now().UTC().Truncate(time.Millisecond)
	req.Expires = req.Expires.UTC().Truncate(time.Millisecond)
	if err := s.Chatbots.Owned(ctx, client, req.Chatbot); err != nil {
		return Campaign{}, err
	}
	digest, err := req.digest()
	if err != nil { // of a year beyond 9999, which is not written
		return Campaign{}, errExpires
	}
	if c, found, err := s.createdBefore(ctx, req, digest); found || err != nil {
		return c, err
	}
	if err := req.check(now); err != nil {
		return Campaign{}, err
	}
	c := Campaign{Request: req, ID: simtrust.NewID(idPrefix), Created: now, State: Open, Left: req.Budget}
	fresh := false
	err = s.DB.InDefaultTx(ctx, func(tx *sqldb.Tx) error {
		var err error
		if fresh, err = insertCampaign(ctx, tx, c, digest); err != nil || !fresh {
			return err
		}
		return s.setAside(ctx, tx, c)
	})
	if err == nil && !fresh {
		c, _, err = s.createdBefore(ctx, req, digest)
	}
	return c, err
}

// setAside moves the budget out of the chatbot's account.
func (s *Service) setAside(ctx context.Context, tx *sqldb.Tx, c Campaign) error {
	e := entry{debit: chatbotAccount(c.Chatbot, c.Unit), credit: c.ID, amount: c.Budget, at: c.Created.UnixMilli()}
	covered, err := takeFrom(ctx, tx, e.debit, c.Budget)
	switch {
	case err != nil:
		return err
	case !covered:
		return errFunds
	}
	if err := insertEntries(ctx, tx, []entry{e}); err != nil {
		return err
	}
	return openFulfilment(ctx, tx, c.ID)
}

// createdBefore answers a request whose key was used.
func (s *Service) createdBefore(ctx context.Context, req Request, digest []byte) (c Campaign, found bool, err error) {
	id, made, err := campaignByKey(ctx, s.DB, req.Chatbot, req.Key)
	switch {
	case simtrust.ReasonOf(err) == ReasonUnknown:
		return c, false, nil
	case err != nil:
		return c, false, err
	case !bytes.Equal(made, digest):
		return c, true, errKeyUsed
	}
	c, err = s.campaign(ctx, id)
	return c, true, err
}

// campaign reads one with its state.
func (s *Service) campaign(ctx context.Context, id string) (Campaign, error) {
	c, err := s.campaignByID(ctx, id)
	c.State = c.state(s.Now())
	return c, err
}

func (c *Campaign) state(now time.Time) State {
	p := pot{expires: c.Expires.UnixMilli(), shares: c.Shares, given: c.Given}
	if !c.Ended.IsZero() {
		p.ended = c.Ended.UnixMilli()
	}
	return p.state(now.UnixMilli())
}

// owned reads a campaign of the client's. One of another's chatbot is as unknown as one that there is not.
func (s *Service) owned(ctx context.Context, client, id string) (Campaign, error) {
	c, err := s.campaign(ctx, id)
	if err != nil {
		return Campaign{}, err
	}
	if err := s.Chatbots.Owned(ctx, client, c.Chatbot); simtrust.KindOf(err) == simtrust.KindDenied {
		return Campaign{}, errUnknown
	} else if err != nil {
		return Campaign{}, err
	}
	return c, nil
}

// Campaign returns a campaign of the client's chatbot. Errors: KindNotFound with [ReasonUnknown]; KindUnavailable.
func (s *Service) Campaign(ctx context.Context, client, id string) (Campaign, error) {
	return s.owned(ctx, client, id)
}

// MaxPage is how many shares a page holds at most.
const MaxPage = 1000

// Shares returns a campaign of the client's with up to limit of its shares (0: 100) that follow a number, in the order in which they were
// taken; next is the number for the following page, 0 after the last.
func (s *Service) Shares(ctx context.Context, client, id string, after int64, limit int) (c Campaign, list []Share, next int64, err error) {
	if limit == 0 {
		limit = 100
	}
	if limit < 0 || limit > MaxPage || after < 0 {
		return c, nil, 0, fault(simtrust.KindInvalid, ReasonPage, "after: the number of a share; limit: 1 to 1000")
	}
	if c, err = s.owned(ctx, client, id); err != nil {
		return c, nil, 0, err
	}
	if list, err = s.sharesAfter(ctx, id, after, limit+1); len(list) > limit {
		list = list[:limit]
		next = list[limit-1].Number
	}
	return c, list, next, err
}
