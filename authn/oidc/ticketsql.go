package oidc

import (
	"context"
	"database/sql"
	"time"

	"simtrust"
	"simtrust/internal/sqldb"
)

const ticketColumns = `id, tenure, app, target, expires, asked_at, browser, sim_recorded, prompt, tries, proven_at, spent_at`

// insertTicket stores a new ticket, or finds the one of that reference unspent and the same.
func insertTicket(ctx context.Context, db *sqldb.DB, client, ref string, t ticket) error {
	return db.InTx(ctx, func(tx *sqldb.Tx) error {
		_, err := tx.Exec(ctx, `insert into oidc_tickets (id, client, ref, tenure, app, target, expires) values ($1, $2, $3, $4, $5, $6, $7)
			on conflict (client, ref) do nothing`, t.id, client, ref, string(t.tenure), t.app, t.target, t.expires.UnixMilli())
		if err != nil {
			return err
		}
		known, err := oneTicket(tx.Query(ctx, `select `+ticketColumns+` from oidc_tickets where client = $1 and ref = $2`, client, ref))
		switch {
		case err != nil:
			return err
		case known.id != t.id:
			return errTicketDiffers
		case known.spent:
			return errTicketSpent
		}
		return nil
	})
}

// selectTicket reads a ticket. errNoTicket.
func selectTicket(ctx context.Context, q sqldb.Querier, id string) (ticket, error) {
	return oneTicket(q.Query(ctx, `select `+ticketColumns+` from oidc_tickets where id = $1`, id))
}

func oneTicket(rows *sql.Rows, err error) (ticket, error) {
	found, err := sqldb.Collect(rows, err, scanTicket)
	switch {
	case err != nil:
		return ticket{}, err
	case len(found) == 0:
		return ticket{}, errNoTicket
	}
	return found[0], nil
}

func scanTicket(rows *sql.Rows) (t ticket, err error) {
	var expires int64
	var asked, simRecorded, proven, spent sql.NullInt64
	err = rows.Scan(&t.id, &t.tenure, &t.app, &t.target, &expires, &asked, &t.browser, &simRecorded, &t.prompt, &t.tries, &proven, &spent)
	t.expires, t.asked, t.proven, t.spent = time.UnixMilli(expires), instant(asked), instant(proven), spent.Valid
	t.simRecorded = instant(simRecorded)
	return t, err
}

// instant is zero for null.
func instant(ms sql.NullInt64) time.Time {
	if !ms.Valid {
		return time.Time{}
	}
	return time.UnixMilli(ms.Int64)
}

// spendTickets is what taking a ticket does: it is marked spent, once, in the transaction of the grant.
const spendTickets = `update oidc_tickets set spent_at = $1
	where spent_at is null and expires > $1 and `

// claimTicket binds the one prompt of a ticket to a browser and a SIM. It tells one browser true, ever; errTooManyCodes if the
// tenure's phone was asked too often since a while ago.
func claimTicket(ctx context.Context, db *sqldb.DB, t ticket, since time.Time) (won bool, err error) {
	err = db.InTx(ctx, func(tx *sqldb.Tx) error {
		var asked int
		err := tx.QueryRow(ctx, `select count(*) from oidc_tickets where tenure = $1 and asked_at > $2`, string(t.tenure), since.UnixMilli()).Scan(&asked)
		if err != nil {
			return err
		}
		rows, err := tx.Query(ctx, `update oidc_tickets set asked_at = $1, browser = $2, sim_recorded = $3
			where id = $4 and asked_at is null and spent_at is null and expires > $1 returning id`,
			t.asked.UnixMilli(), t.browser, t.simRecorded.UnixMilli(), t.id)
		marked, err := sqldb.Collect(rows, err, scanID)
		won = len(marked) == 1
		if err == nil && won && asked >= maxAsked {
			return errTooManyCodes
		}
		return err
	})
	return won && err == nil, err
}

// releaseTicket undoes a claim whose code was never shown.
func releaseTicket(ctx context.Context, db *sqldb.DB, id string) error {
	return execTicket(ctx, db, `update oidc_tickets set asked_at = null, browser = null, sim_recorded = null where id = $1 and prompt = ''`, id)
}

// setPrompt notes that the code is on its way to the phone, if the claim still stands.
func setPrompt(ctx context.Context, db *sqldb.DB, t ticket) error {
	return execTicket(ctx, db, `update oidc_tickets set prompt = $1, asked_at = $2 where id = $3 and browser = $4 and prompt = ''`,
		t.prompt, t.asked.UnixMilli(), t.id, t.browser)
}

func execTicket(ctx context.Context, db *sqldb.DB, q string, args ...any) error {
	return db.InTx(ctx, func(tx *sqldb.Tx) error {
		_, err := tx.Exec(ctx, q, args...)
		return err
	})
}

// tryTicket counts one try at the code and, where it is the right one, notes the proof with it. taken tells whether it still counted.
func tryTicket(ctx context.Context, db *sqldb.DB, t ticket, right bool, now time.Time) (taken bool, tries int, err error) {
	err = db.InTx(ctx, func(tx *sqldb.Tx) error {
		var proven any
		if right {
			proven = now.UnixMilli()
		}
		rows, err := tx.Query(ctx, `update oidc_tickets set tries = tries + 1, proven_at = $1
			where id = $2 and browser = $3 and prompt <> '' and tries < 3 and proven_at is null and spent_at is null
			and asked_at > $4 and expires > $5 returning tries`,
			proven, t.id, t.browser, now.Add(-askedLife).UnixMilli(), now.UnixMilli())
		counts, err := sqldb.Collect(rows, err, func(rows *sql.Rows) (n int, err error) { return n, rows.Scan(&n) })
		if taken = len(counts) == 1; taken {
			tries = counts[0]
		}
		return err
	})
	return taken, tries, err
}

var errNoTicket = &simtrust.Error{Kind: simtrust.KindDenied, Reason: reasonTicket, Msg: "no such ticket"}
