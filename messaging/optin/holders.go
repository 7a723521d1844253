package optin

import (
	"context"
	"slices"
	"time"

	"simtrust"
	"simtrust/renumber"
)

// holder is a current tenure.
type holder struct {
	tenure             simtrust.TenureID
	number             simtrust.Number
	opened, simChanged time.Time
}

// holding returns the current tenures of numbers; a number that is missing has none.
func (s *Service) holding(ctx context.Context, numbers []simtrust.Number) (map[simtrust.Number]holder, error) {
	return inPages(numbers, simtrust.Number.E164, func(h holder) simtrust.Number { return h.number },
		func(page []string) (renumber.HoldersRes, error) {
			return s.holders.Holders(ctx, renumber.HoldersReq{Numbers: page})
		})
}

// live returns those of the tenures that are current.
func (s *Service) live(ctx context.Context, tenures []simtrust.TenureID) (map[simtrust.TenureID]holder, error) {
	return inPages(tenures, func(t simtrust.TenureID) string { return string(t) }, func(h holder) simtrust.TenureID { return h.tenure },
		func(page []string) (renumber.HoldersRes, error) {
			return s.holders.Live(ctx, renumber.LiveReq{Tenures: page})
		})
}

// inPages asks about keys page by page, and returns the current holders by the same sort of key.
func inPages[K comparable](keys []K, text func(K) string, of func(holder) K, ask func([]string) (renumber.HoldersRes, error)) (map[K]holder, error) {
	held := make(map[K]holder, len(keys))
	for page := range slices.Chunk(keys, renumber.MaxPage) {
		texts := make([]string, len(page))
		for i, k := range page {
			texts[i] = text(k)
		}
		res, err := ask(texts)
		if err != nil {
			return nil, err
		}
		for _, found := range res.Holders {
			h, err := holderOf(found)
			if err != nil {
				return nil, err
			}
			if found.Current {
				held[of(h)] = h
			}
		}
	}
	return held, nil
}

func holderOf(h renumber.Holder) (holder, error) {
	n, err := simtrust.ParseNumber(h.Number)
	if err != nil {
		return holder{}, &simtrust.Error{Kind: simtrust.KindInternal, Op: op, Err: err}
	}
	return holder{simtrust.TenureID(h.Tenure), n, h.Opened, h.SIMChanged}, nil
}

// holder returns the tenure that holds a number now; empty: nobody.
func (s *Service) holder(ctx context.Context, n simtrust.Number) (simtrust.TenureID, error) {
	return s.holderAt(ctx, n, nil)
}

// holderAt returns the tenure that held a number at an instant, nil being now, if it is today's; else none.
func (s *Service) holderAt(ctx context.Context, n simtrust.Number, at *time.Time) (simtrust.TenureID, error) {
	res, err := s.holders.Holders(ctx, renumber.HoldersReq{Numbers: []string{n.E164()}, At: at})
	if err != nil || len(res.Holders) == 0 || !res.Holders[0].Current {
		return "", err
	}
	return simtrust.TenureID(res.Holders[0].Tenure), nil
}
