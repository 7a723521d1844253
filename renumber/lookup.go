package renumber

import (
	"context"

	"simtrust"
	"simtrust/internal/sqldb"
)

// Current returns the current tenure of a number, as recorded. Errors: KindNotFound with [ReasonNeverOurs], [ReasonUnassigned] or
// [ReasonOutOfSight].
func (s *Service) Current(ctx context.Context, n simtrust.Number) (Holding, error) {
	return s.byNumber.Do(ctx, n)
}

// Holders returns the current tenures of numbers; a number that is missing has none.
func (s *Service) Holders(ctx context.Context, numbers []simtrust.Number) (map[simtrust.Number]Holding, error) {
	return present(ctx, s.db, s.byNumber, numbers, currentOf)
}

// Live returns those of the tenures that are current, as recorded. One that is missing is not: nothing bound to it may be used.
func (s *Service) Live(ctx context.Context, ids []simtrust.TenureID) (map[simtrust.TenureID]Holding, error) {
	return present(ctx, s.db, s.byTenure, ids, liveOf)
}

// present looks keys up, a single one together with those of other callers, and leaves out what is not found.
func present[K comparable](ctx context.Context, db *sqldb.DB, single *sqldb.Coalescer[K, Holding], keys []K,
	run func(context.Context, sqldb.Querier, []K) ([]sqldb.Result[Holding], error),
) (map[K]Holding, error) {
	found := make(map[K]Holding, len(keys))
	results := make([]sqldb.Result[Holding], 1)
	var err error
	switch len(keys) {
	case 0:
		return found, nil
	case 1:
		results[0].Value, results[0].Err = single.Do(ctx, keys[0])
	default:
		if results, err = run(ctx, db, keys); err != nil {
			return nil, err
		}
	}
	for i, r := range results {
		switch {
		case r.Err == nil:
			found[keys[i]] = r.Value
		case simtrust.KindOf(r.Err) != simtrust.KindNotFound:
			return nil, r.Err
		}
	}
	return found, nil
}

// currentOf looks up the current tenure of each number.
func currentOf(ctx context.Context, q sqldb.Querier, numbers []simtrust.Number) ([]sqldb.Result[Holding], error) {
	held, err := holdings(ctx, q, openByNumber, inClear(numbers))
	if err != nil {
		return nil, err
	}
	byNumber := make(map[simtrust.Number]Holding, len(held))
	for _, h := range held {
		byNumber[h.Number] = h
	}
	var vacant []string
	for _, n := range numbers {
		if _, ok := byNumber[n]; !ok {
			vacant = append(vacant, n.E164())
		}
	}
	ours, err := everOurs(ctx, q, vacant)
	if err != nil {
		return nil, err
	}
	results := make([]sqldb.Result[Holding], len(numbers))
	for i, n := range numbers {
		h, ok := byNumber[n]
		switch {
		case ok && h.OutOfSight:
			results[i].Err = errNotHeld(ReasonOutOfSight, "the number is ported out")
		case ok:
			results[i].Value = h
		case ours[n.E164()]:
			results[i].Err = errNotHeld(ReasonUnassigned, "nobody holds the number")
		default:
			results[i].Err = errNotHeld(ReasonNeverOurs, "the number was never assigned by this operator")
		}
	}
	return results, nil
}

// liveOf looks up which tenures are current.
func liveOf(ctx context.Context, q sqldb.Querier, ids []simtrust.TenureID) ([]sqldb.Result[Holding], error) {
	held, err := holdings(ctx, q, openByID, ids)
	if err != nil {
		return nil, err
	}
	byID := make(map[simtrust.TenureID]Holding, len(held))
	for _, h := range held {
		byID[h.ID] = h
	}
	results := make([]sqldb.Result[Holding], len(ids))
	for i, id := range ids {
		h, ok := byID[id]
		if !ok || h.OutOfSight {
			results[i].Err = errNotHeld(ReasonNotCurrent, "the tenure is not current")
			continue
		}
		results[i].Value = h
	}
	return results, nil
}

func errNotHeld(reason, msg string) error {
	return &simtrust.Error{Kind: simtrust.KindNotFound, Reason: reason, Op: "renumber.current", Msg: msg}
}

func inClear(numbers []simtrust.Number) []string {
	texts := make([]string, len(numbers))
	for i, n := range numbers {
		texts[i] = n.E164()
	}
	return texts
}
