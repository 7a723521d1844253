package dispatch

import (
	"context"
	"strconv"
	"strings"
	"time"

	"simtrust"
	"simtrust/internal/sqldb"
)

// ReasonReport says that a report is none.
const ReasonReport = "invalid_report"

// Report takes a bearer's word on copies, durable when it returns nil. Reports may come in any order, more than once, and before the
// bearer's own answer to the submission. One about a copy that there is not, or not any more, changes nothing. The channel is any that
// the bearer carries. [ReasonReport] where a report is none: then all of them are refused.
func (s *Service) Report(ctx context.Context, channel Channel, reports []Report) error {
	l := s.lanes[channel]
	if l == nil {
		return errReport("nobody carries the channel")
	}
	facts := make([]fact, 0, len(reports))
	for _, r := range reports {
		f, err := s.reported(l.name, r)
		if err != nil {
			return err
		}
		facts = append(facts, f)
	}
	_, err := s.record(ctx, facts)
	return err
}

func (s *Service) reported(bearer string, r Report) (fact, error) {
	k, ok := fates[r.Fate]
	if !ok || (r.Ref == "") == (r.ID == "") || len(r.Ref) > maxName || len(r.ID) > 2*maxName {
		return fact{}, errReport("a report has a reference or an id, and a fate")
	}
	f := fact{event: event{kind: k, reason: short(r.Reason)}, at: r.At, bearer: bearer, ref: r.Ref, fate: r.Fate}
	if r.At.IsZero() {
		f.at = s.now()
	}
	if r.ID != "" {
		i := strings.LastIndexByte(r.ID, '.')
		attempt, err := strconv.Atoi(r.ID[i+1:])
		if i < 1 || err != nil || attempt < 1 {
			return fact{}, errReport("id: that of a copy")
		}
		f.delivery, f.attempt = r.ID[:i], attempt
	}
	return f, nil
}

func errReport(msg string) error {
	return &simtrust.Error{Kind: simtrust.KindInvalid, Reason: ReasonReport, Op: "dispatch.report", Msg: msg}
}

// Early reports: how often they are looked through without being told to, how many at once, and how long they are kept.
const (
	earlyEvery = 2 * time.Second
	earlyBatch = 500
	earlyLife  = time.Hour
)

func (s *Service) rouseEarly() {
	select {
	case s.early <- struct{}{}:
	default:
	}
}

// match takes up reports that came before their reference was known. more says that another look is worth while at once.
func (s *Service) match(ctx context.Context) (more bool, err error) {
	facts, err := matched(ctx, s.db, earlyBatch)
	if err != nil || len(facts) == 0 {
		return false, err
	}
	if _, err := s.record(ctx, facts); err != nil {
		return false, err
	}
	err = s.db.InDefaultTx(ctx, func(tx *sqldb.Tx) error { return forgetEarly(ctx, tx, facts) })
	return err == nil && len(facts) == earlyBatch, err
}
