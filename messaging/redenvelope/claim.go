package redenvelope

import (
	"context"
	mathrand "math/rand/v2"
	"slices"
	"time"

	"simtrust"
	"simtrust/internal/sqldb"
)

// Share is what a person got.
type Share struct {
	Campaign string
	Tenure   simtrust.TenureID
	// Number is its place in the campaign, from 1.
	Number, Amount int64
	At             time.Time
	// Repeated: it was claimed before.
	Repeated bool
}

// claim is one tenure's for one campaign. refusal is what the rules have against it; what it has already it keeps.
type claim struct {
	campaign string
	tenure   simtrust.TenureID
	refusal  error
}

// taker tells claims of one person for one campaign from all others.
type taker struct {
	campaign string
	tenure   simtrust.TenureID
}

// Claim gives a current tenure its one share of a campaign, and the same again however often it asks. Errors: KindNotFound with
// [ReasonUnknown]; KindUnprocessable with the reason why it gets none, which changes nothing; KindUnavailable, where nobody can tell who the
// person is, or whether the claim was noted: it can be made again.
func (s *Service) Claim(ctx context.Context, campaign string, tenure simtrust.TenureID) (Share, error) {
	terms, err := s.termsOf(ctx, campaign)
	if err != nil {
		return Share{}, err
	}
	refusal, err := s.judge(ctx, terms.Rules, tenure)
	if err != nil {
		return Share{}, err
	}
	return s.claims.Do(ctx, claim{campaign, tenure, refusal})
}

// claimBatch gives shares to those who come at once. Whoever claims of a campaign holds its row until the commit, so that what is read after
// it holds.
func (s *Service) claimBatch(ctx context.Context, tx *sqldb.Tx, batch []claim) ([]sqldb.Result[Share], error) {
	pots, err := lockPots(ctx, tx, batch)
	if err != nil {
		return nil, err
	}
	taken, err := sharesOf(ctx, tx, batch)
	if err != nil {
		return nil, err
	}
	results, fresh := allot(batch, pots, taken, s.Now().UTC().Truncate(time.Millisecond))
	if err := insertEntries(ctx, tx, fresh); err != nil {
		return nil, err
	}
	return results, savePots(ctx, tx, pots)
}

// allot answers claims in the order of their arrival, and returns the entries of those that are new.
func allot(batch []claim, pots map[string]*pot, taken map[taker]Share, now time.Time) (results []sqldb.Result[Share], fresh []entry) {
	draws := mathrand.New(secure{})
	results, fresh = make([]sqldb.Result[Share], len(batch)), make([]entry, 0, len(batch))
	for i, c := range batch {
		who, p := taker{c.campaign, c.tenure}, pots[c.campaign]
		if share, ok := taken[who]; ok {
			results[i].Value = share
			continue
		}
		if results[i].Err = p.refuses(c, now.UnixMilli()); results[i].Err != nil {
			continue
		}
		share := p.take(c, now, draws)
		results[i].Value, fresh = share, append(fresh, share.entry())
		share.Repeated = true
		taken[who] = share
	}
	return results, fresh
}

// refuses says why a claim gets no share now; p is nil where there is no campaign.
func (p *pot) refuses(c claim, now int64) error {
	if p == nil {
		return errUnknown
	}
	if err := p.state(now).refusal(); err != nil {
		return err
	}
	return c.refusal
}

// refusal is what people are told who come to a campaign in this state.
func (s State) refusal() error {
	switch s {
	case Empty:
		return errOver
	case Closed:
		return errClosed
	case Expired:
		return errExpired
	}
	return nil
}

// entry is what a claim would be in the ledger.
func (c claim) entry() entry { return entry{debit: c.campaign, credit: string(c.tenure)} }

func (s Share) entry() entry {
	return entry{debit: s.Campaign, credit: string(s.Tenure), amount: s.Amount, number: s.Number, at: s.At.UnixMilli()}
}

// campaignsOf are those of a batch, in the order in which rows are locked.
func campaignsOf(batch []claim) []string {
	ids := make([]string, len(batch))
	for i, c := range batch {
		ids[i] = c.campaign
	}
	slices.Sort(ids)
	return slices.Compact(ids)
}
