package simshield

import (
	"cmp"
	"context"
	"database/sql"
	"maps"
	"slices"
	"time"

	"simtrust"
	"simtrust/internal/sqldb"
)

// Prompts bound how often a card is asked. A person who is asked again and again confirms in the end.
type Prompts struct {
	// Card is how many prompts a card gets in a minute, from all parties together; 0: 6.
	Card int64
	// Party is how many of them may be one party's; 0: half of Card, so that no party uses up another's.
	Party int64
	// Unheeded is how many of one party's questions in an hour may end without a signature, otherwise than by a fault, before it has to
	// leave the card alone; 0: five times Party. While a question is open nobody else's can be put: this bounds how long.
	Unheeded int64
}

func (p Prompts) orDefault() Prompts {
	if p.Card == 0 {
		p.Card = 6
	}
	if p.Party == 0 {
		p.Party = (p.Card + 1) / 2
	}
	if p.Unheeded == 0 {
		p.Unheeded = 5 * p.Party
	}
	return p
}

// asker is a party and a card.
type asker struct{ party, iccid string }

// asked is how often a party has asked a card: in the minute, and in the hour without being heeded.
type asked struct{ count, unheeded int64 }

// countPrompt counts a prompt of another sort than a transaction, and refuses it where the card was asked too often.
func (s *Service) countPrompt(ctx context.Context, tx *sqldb.Tx, by asker, at time.Time) error {
	of, err := countAsked(ctx, tx, []asker{by}, at)
	if err != nil {
		return err
	}
	if err := s.prompts.allow(of[by]); err != nil {
		return err
	}
	counts, err := countPrompts(ctx, tx, [][]any{promptOf(by.iccid, at)})
	if err == nil && counts[by.iccid] > s.prompts.Card {
		return errTooMany
	}
	return err
}

func (p Prompts) allow(a asked) error {
	switch {
	case a.count > p.Party:
		return errTooMany
	case a.unheeded >= p.Unheeded:
		return errUnheeded
	}
	return nil
}

// countAsked refuses what a party asks a card too often. It does not count as a prompt of the card then.
func (s *Service) countAsked(ctx context.Context, tx *sqldb.Tx, round []*attempt) error {
	askers := make([]asker, len(round))
	for i, a := range round {
		askers[i] = asker{a.party.ID, a.key.ICCID}
	}
	of, err := countAsked(ctx, tx, askers, s.now())
	if err != nil {
		return err
	}
	for i, a := range round {
		if why := s.prompts.allow(of[askers[i]]); why != nil {
			if err := s.takeBack(ctx, tx, a, why); err != nil {
				return err
			}
		}
	}
	return nil
}

// countPrompts refuses to ask a card too often. What the policy has refused does not count: nobody sees it, and it would keep other parties
// from asking.
func (s *Service) countPrompts(ctx context.Context, tx *sqldb.Tx, round []*attempt) error {
	prompts := make([][]any, len(round))
	for i, a := range round {
		prompts[i] = promptOf(a.key.ICCID, a.created)
	}
	counts, err := countPrompts(ctx, tx, prompts)
	if err != nil {
		return err
	}
	for _, a := range round {
		if counts[a.key.ICCID] > s.prompts.Card {
			if err := s.takeBack(ctx, tx, a, errTooMany); err != nil {
				return err
			}
		}
	}
	return nil
}

// unheeded says that an end counts against the party: the person, or the party itself, did not let it come to a signature. What ended with
// the card or the holding does not.
func (e end) unheeded() bool {
	switch e.state {
	case StateRefused, StateUnanswered, StateExpired, StateBlocked:
		return true
	case StateCancelled:
		return e.cause == CauseParty
	}
	return false
}

func minuteOf(at time.Time) int64 { return at.Unix() / 60 }
func hourOf(at time.Time) int64   { return at.Unix() / 3600 }

// promptOf is a row that counts one prompt of a card.
func promptOf(iccid string, at time.Time) []any { return []any{iccid, minuteOf(at), int64(1)} }

// countPrompts counts one more prompt of each card, named once, in its minute, and returns how many that makes, by card.
func countPrompts(ctx context.Context, tx *sqldb.Tx, prompts [][]any) (map[string]int64, error) {
	counts := make(map[string]int64, len(prompts))
	_, err := sqldb.InsertReturning(ctx, tx, `insert into simshield_prompts (iccid, minute, count)`, prompts,
		`on conflict (iccid, minute) do update set count = simshield_prompts.count + 1 returning iccid, count`,
		func(rows *sql.Rows) (n int64, err error) {
			var iccid string
			err = rows.Scan(&iccid, &n)
			counts[iccid] = n
			return n, err
		})
	return counts, err
}

// countAsked counts one more prompt of each party and card, each pair named once and sorted by card. A node whose clock is behind counts
// to the later minute.
func countAsked(ctx context.Context, tx *sqldb.Tx, askers []asker, at time.Time) (map[asker]asked, error) {
	rows, hour := make([][]any, len(askers)), hourOf(at)
	for i, a := range askers {
		rows[i] = []any{a.party, a.iccid, minuteOf(at), int64(1), int64(0), int64(0)}
	}
	of := make(map[asker]asked, len(askers))
	_, err := sqldb.InsertReturning(ctx, tx, `insert into simshield_asked (party, iccid, minute, count, hour, unheeded)`, rows,
		`on conflict (party, iccid) do update set
			count = case when excluded.minute > simshield_asked.minute then 1 else simshield_asked.count + 1 end,
			minute = case when excluded.minute > simshield_asked.minute then excluded.minute else simshield_asked.minute end
			returning party, iccid, count, hour, unheeded`,
		func(rows *sql.Rows) (a asked, err error) {
			var by asker
			var in int64
			err = rows.Scan(&by.party, &by.iccid, &a.count, &in, &a.unheeded)
			if in < hour {
				a.unheeded = 0
			}
			of[by] = a
			return a, err
		})
	return of, err
}

// inOrderOfCards are parties and cards in the one order in which they are locked.
func inOrderOfCards(of map[asker]int64) []asker {
	return slices.SortedFunc(maps.Keys(of), func(a, b asker) int { return cmp.Or(cmp.Compare(a.iccid, b.iccid), cmp.Compare(a.party, b.party)) })
}

// countUnheeded counts questions that ended without a signature.
func countUnheeded(ctx context.Context, tx *sqldb.Tx, of map[asker]int64, at time.Time) error {
	for _, by := range inOrderOfCards(of) {
		if _, err := tx.Exec(ctx, `insert into simshield_asked (party, iccid, minute, count, hour, unheeded) values ($1, $2, 0, 0, $3, $4)
			on conflict (party, iccid) do update set
			unheeded = case when excluded.hour > simshield_asked.hour then excluded.unheeded else simshield_asked.unheeded + excluded.unheeded end,
			hour = case when excluded.hour > simshield_asked.hour then excluded.hour else simshield_asked.hour end`,
			by.party, by.iccid, hourOf(at), of[by]); err != nil {
			return err
		}
	}
	return nil
}

// lockAsked is lockSums for what counts the questions of parties to cards.
func lockAsked(ctx context.Context, tx *sqldb.Tx, of map[asker]int64) error {
	if tx.Dialect() == sqldb.SQLite {
		return nil
	}
	for _, by := range inOrderOfCards(of) {
		if _, err := tx.Exec(ctx, `select 1 from simshield_asked where party = $1 and iccid = $2 for update`, by.party, by.iccid); err != nil {
			return err
		}
	}
	return nil
}

var (
	errTooMany  = &simtrust.Error{Kind: simtrust.KindLimited, Reason: ReasonTooMany, Msg: "the card was asked too often; try again in a minute"}
	errUnheeded = &simtrust.Error{Kind: simtrust.KindLimited, Reason: ReasonTooMany, Msg: "too many of your questions to this card were not signed; try again in an hour"}
)
