package oidc

import (
	"context"
	"time"

	"simtrust"
	"simtrust/internal/sqldb"
)

// ledger is the durable memory of single use: grants, and ids that are not accepted again. All its writes go through one
// coalescer, so that issuing, redeeming, spending and revoking share commits. Every method's error is KindUnavailable when the
// store is away or the outcome is not known.
type ledger struct {
	writes *sqldb.Coalescer[change, bool]
	grants *sqldb.Coalescer[string, grant]
	burnt  *sqldb.Coalescer[string, bool]
}

func newLedger(db *sqldb.DB, now func() time.Time) *ledger {
	return &ledger{
		writes: sqldb.NewCoalescer(db, "oidc.write", func(ctx context.Context, tx *sqldb.Tx, batch []change) ([]sqldb.Result[bool], error) {
			return applyChanges(ctx, tx, batch, now())
		}),
		grants: sqldb.NewReadCoalescer(db, "oidc.grants", readGrants),
		burnt:  sqldb.NewReadCoalescer(db, "oidc.burnt", readBurnt),
	}
}

func (l *ledger) close() {
	l.writes.Close()
	l.grants.Close()
	l.burnt.Close()
}

// change is one write: what is done to which id. The answer is whether it took effect now; a change that had taken effect
// before, or that the row's state forbids, did not.
type change struct {
	act     act
	id      string
	grant   *grant    // of an opening or a taking
	expires time.Time // of a burning
}

type act int

const (
	opening   act = iota // a new grant
	taking               // a ticket, and with it a new grant
	burning              // an id that must not have been seen
	redeeming            // the code of a grant
	spending             // the one call of a number-verification token
	revoking             // the grant and all tokens on it
	acts
)

// open stores a new grant.
func (l *ledger) open(ctx context.Context, g *grant) error {
	_, err := l.writes.Do(ctx, change{act: opening, id: g.ID, grant: g})
	return err
}

// take spends a ticket and stores a new grant with it. One caller is told true, ever; the others' grants do not exist.
func (l *ledger) take(ctx context.Context, ticket string, g *grant) (bool, error) {
	return l.writes.Do(ctx, change{act: taking, id: ticket, grant: g})
}

// redeem marks the grant's code as used. One caller is told true, ever.
func (l *ledger) redeem(ctx context.Context, id string) (bool, error) {
	return l.writes.Do(ctx, change{act: redeeming, id: id})
}

// spend marks the grant's token as used up. One caller is told true, ever.
func (l *ledger) spend(ctx context.Context, id string) (bool, error) {
	return l.writes.Do(ctx, change{act: spending, id: id})
}

// revoke ends the grant.
func (l *ledger) revoke(ctx context.Context, id string) error {
	_, err := l.writes.Do(ctx, change{act: revoking, id: id})
	return err
}

// burn records that id was seen, until expires. One caller is told true, ever.
func (l *ledger) burn(ctx context.Context, id string, expires time.Time) (bool, error) {
	return l.writes.Do(ctx, change{act: burning, id: id, expires: expires})
}

// grant reads a grant. KindNotFound if there is none.
func (l *ledger) grant(ctx context.Context, id string) (grant, error) { return l.grants.Do(ctx, id) }

// isBurnt reports whether id was seen.
func (l *ledger) isBurnt(ctx context.Context, id string) (bool, error) { return l.burnt.Do(ctx, id) }

var (
	errNoGrant  = &simtrust.Error{Kind: simtrust.KindNotFound, Reason: "no_grant", Msg: "no such grant"}
	errNoPrompt = &simtrust.Error{Kind: simtrust.KindNotFound, Reason: "no_prompt", Msg: "no such page"}
)

// applyChanges makes a batch durable. Equal changes of one batch take effect once: the first wins.
func applyChanges(ctx context.Context, tx *sqldb.Tx, batch []change, now time.Time) ([]sqldb.Result[bool], error) {
	var firsts [acts]map[string]int
	for i, c := range batch {
		if firsts[c.act] == nil {
			firsts[c.act] = map[string]int{}
		}
		if _, seen := firsts[c.act][c.id]; !seen {
			firsts[c.act][c.id] = i
		}
	}
	results := make([]sqldb.Result[bool], len(batch))
	for a, first := range firsts {
		if len(first) == 0 {
			continue
		}
		effective, err := apply(ctx, tx, act(a), batch, first, now)
		if err != nil {
			return nil, err
		}
		for _, id := range effective {
			results[first[id]].Value = true
		}
	}
	return results, nil
}
