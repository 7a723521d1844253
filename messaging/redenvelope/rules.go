package redenvelope

import (
	"context"
	"time"

	"simtrust"
	"simtrust/internal/sqldb"
	"simtrust/renumber"
)

// judge asks who a tenure is now, and returns what speaks against a share of theirs. It fails where that cannot be told.
func (s *Service) judge(ctx context.Context, r Rules, tenure simtrust.TenureID) (refusal, err error) {
	who, err := s.people.Do(ctx, tenure)
	switch {
	case err != nil:
		return nil, err
	case !who.Current:
		return nil, errNobody
	}
	var numbers int64
	if r.NumbersPerDevice > 0 {
		if numbers, err = s.devices.Do(ctx, tenure); err != nil {
			return nil, err
		}
	}
	return r.refuses(who, numbers, s.Now()), nil
}

const day = 24 * time.Hour

// refuses says what the rules have against a person whose telephone serves so many numbers.
func (r Rules) refuses(who renumber.Holder, numbers int64, now time.Time) error {
	switch {
	case !who.Usable:
		return errUnusable
	case r.MinTenureDays > 0 && now.Sub(who.Opened) < time.Duration(r.MinTenureDays)*day:
		return errYoung
	case r.SIMHeldDays > 0 && (who.SIMChanged.IsZero() || now.Sub(who.SIMChanged) < time.Duration(r.SIMHeldDays)*day):
		return errSIM
	case r.NumbersPerDevice > 0 && numbers == 0:
		return errNoDevice
	case r.NumbersPerDevice > 0 && numbers > r.NumbersPerDevice:
		return errDevice
	}
	return nil
}

// lookUp asks about those who claim at once. Who is not current is missing.
func (s *Service) lookUp(ctx context.Context, _ sqldb.Querier, tenures []simtrust.TenureID) ([]sqldb.Result[renumber.Holder], error) {
	res, err := s.Holders.Live(ctx, renumber.LiveReq{Tenures: texts(tenures)})
	found := make(map[string]renumber.Holder, len(res.Holders))
	for _, h := range res.Holders {
		found[h.Tenure] = h
	}
	return inTurn(tenures, found), err
}

func (s *Service) lookUpDevices(ctx context.Context, _ sqldb.Querier, tenures []simtrust.TenureID) ([]sqldb.Result[int64], error) {
	res, err := s.Holders.Devices(ctx, renumber.DevicesReq{Tenures: texts(tenures)})
	found := make(map[string]int64, len(res.Devices))
	for _, d := range res.Devices {
		found[d.Tenure] = d.Numbers
	}
	return inTurn(tenures, found), err
}

func texts(tenures []simtrust.TenureID) []string {
	out := make([]string, len(tenures))
	for i, t := range tenures {
		out[i] = string(t)
	}
	return out
}

func inTurn[V any](tenures []simtrust.TenureID, found map[string]V) []sqldb.Result[V] {
	out := make([]sqldb.Result[V], len(tenures))
	for i, t := range tenures {
		out[i].Value = found[string(t)]
	}
	return out
}
