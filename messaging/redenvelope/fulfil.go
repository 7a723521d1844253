package redenvelope

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"simtrust"
	"simtrust/internal/sqldb"
	"simtrust/renumber"
)

// Payment is a share as the operator's system learns of it.
type Payment struct {
	// ID names the share for good: whoever pays does so once for an ID.
	ID                string
	Campaign, Chatbot string
	Asset
	Amount int64
	Tenure simtrust.TenureID
	// Number is the person's; zero where they do not hold it any more.
	Number simtrust.Number
	At     time.Time
}

const (
	pageSize     = 500
	lease        = time.Minute // of one turn: longer than a page may take
	fulfilTime   = lease * 3 / 4
	firstPause   = time.Second
	longestPause = 5 * time.Minute
)

// turn is a campaign that this node is at. due fences: whoever else takes it moves it.
type turn struct {
	campaign            string
	told, due, failures int64
}

// Fulfil tells the operator's system of the shares that it has not acknowledged, page by page, until there are none that are due. A campaign is
// leased when it is served, not before: a lease covers one page.
func (s *Service) Fulfil(ctx context.Context) error {
	if s.Fulfiller == nil {
		return nil
	}
	for {
		t, found, err := s.leaseTurn(ctx)
		if err != nil || !found {
			return err
		}
		if err := s.serve(ctx, t); err != nil {
			return err
		}
	}
}

// serve tells of one page. What is left is due at once, behind others; what another node is at by now is that node's.
func (s *Service) serve(ctx context.Context, t turn) error {
	told, err := s.bring(ctx, t)
	due := s.Now()
	if err != nil {
		t.failures++
		due = due.Add(min(firstPause<<min(t.failures-1, 10), longestPause))
		s.Log.WarnContext(ctx, "red envelopes are not fulfilled", "campaign", t.campaign, "failures", t.failures, "again", due, "error", err)
	} else {
		t.failures = 0
	}
	if err = s.noteTold(context.WithoutCancel(ctx), t, told, due); err == errOvertaken {
		s.Log.WarnContext(ctx, "red envelopes were told of by two", "campaign", t.campaign)
		return nil
	}
	return err
}

// bring tells of a page and returns the number of the last share that needs no more telling.
func (s *Service) bring(ctx context.Context, t turn) (told int64, err error) {
	ctx, cancel := context.WithTimeout(ctx, fulfilTime)
	defer cancel()
	c, err := s.campaignByID(ctx, t.campaign)
	if err != nil {
		return t.told, err
	}
	list, err := s.sharesAfter(ctx, t.campaign, t.told, pageSize)
	if err != nil || len(list) == 0 {
		return t.told, err
	}
	payments, err := s.payments(ctx, c, list)
	if err != nil {
		return t.told, err
	}
	if err := s.Fulfiller.Fulfil(ctx, payments); err != nil {
		return t.told, err
	}
	return list[len(list)-1].Number, nil
}

func (s *Service) payments(ctx context.Context, c Campaign, list []Share) ([]Payment, error) {
	tenures := make([]string, len(list))
	for i, share := range list {
		tenures[i] = string(share.Tenure)
	}
	res, err := s.Holders.Live(ctx, renumber.LiveReq{Tenures: tenures})
	if err != nil {
		return nil, err
	}
	numbers := make(map[simtrust.TenureID]simtrust.Number, len(res.Holders))
	for _, h := range res.Holders {
		if numbers[simtrust.TenureID(h.Tenure)], err = simtrust.ParseNumber(h.Number); err != nil {
			return nil, err
		}
	}
	out := make([]Payment, len(list))
	for i, share := range list {
		out[i] = Payment{ID: share.Campaign + "." + string(share.Tenure), Campaign: c.ID, Chatbot: c.Chatbot, Asset: c.Asset, Amount: share.Amount,
			Tenure: share.Tenure, Number: numbers[share.Tenure], At: share.At}
	}
	return out, nil
}

func openFulfilment(ctx context.Context, tx *sqldb.Tx, campaign string) error {
	_, err := tx.Exec(ctx, `insert into messaging_redenvelope_fulfilment (campaign, told, due, failures) values ($1, 0, 0, 0)`, campaign)
	return err
}

// leaseTurn takes the campaign whose shares have been waiting for longest to be told of.
func (s *Service) leaseTurn(ctx context.Context) (t turn, found bool, err error) {
	now := s.Now()
	err = s.DB.InDefaultTx(ctx, func(tx *sqldb.Tx) error {
		err := tx.QueryRow(ctx, `update messaging_redenvelope_fulfilment set due = $2 where due <= $1 and campaign in (
				select f.campaign from messaging_redenvelope_fulfilment f join messaging_redenvelope_campaign c on c.id = f.campaign and c.given > f.told
				where f.due <= $1 order by f.due limit 1)
			returning campaign, told, due, failures`, now.UnixMilli(), now.Add(lease).UnixMilli()).
			Scan(&t.campaign, &t.told, &t.due, &t.failures)
		if found = err == nil; errors.Is(err, sql.ErrNoRows) {
			err = nil
		}
		return err
	})
	return t, found, err
}

// noteTold notes what was acknowledged, unless another node is at it by now. A campaign of which all is told needs no more telling.
func (s *Service) noteTold(ctx context.Context, t turn, told int64, due time.Time) error {
	return s.DB.InDefaultTx(ctx, func(tx *sqldb.Tx) error {
		mine, err := changed(tx.Exec(ctx, `update messaging_redenvelope_fulfilment set told = $3, due = $4, failures = $5 where campaign = $1 and due = $2`,
			t.campaign, t.due, told, due.UnixMilli(), t.failures))
		switch {
		case err != nil:
			return err
		case !mine:
			return errOvertaken
		}
		return endFulfilment(ctx, tx, t.campaign)
	})
}

// endFulfilment forgets how far a campaign was told of, if it was told of to the end.
func endFulfilment(ctx context.Context, tx *sqldb.Tx, campaign string) error {
	_, err := tx.Exec(ctx, `delete from messaging_redenvelope_fulfilment where campaign = $1 and told in (
		select given from messaging_redenvelope_campaign where id = $1 and (ended > 0 or given = shares))`, campaign)
	return err
}

var errOvertaken = errors.New("redenvelope: another node is at it")
