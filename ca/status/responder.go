package status

import (
	"context"
	"errors"
	"fmt"
	"time"

	"simtrust/ca"
)

// reply is an answer to an OCSP request.
type reply struct {
	der  []byte
	etag string // empty: not for caches
	// checked and next are thisUpdate and nextUpdate of one that is for caches.
	checked, next time.Time
}

// respond answers an OCSP request to an issuer, and counts the answer.
func (s *Service) respond(ctx context.Context, a *authority, der []byte) reply {
	r, state := s.replyTo(ctx, a, der)
	s.metrics.answered[state].Inc()
	return r
}

func (s *Service) replyTo(ctx context.Context, a *authority, der []byte) (r reply, state string) {
	req, ok := parseRequest(der)
	if !ok {
		return reply{der: malformedRequest.der()}, stateMalformed
	}
	for _, id := range req.ids {
		if !a.issued(id) {
			return reply{der: unauthorized.der()}, stateUnauthorized
		}
	}
	answers, state := s.answersTo(ctx, a, req.ids)
	if state == stateTryLater {
		return reply{der: tryLater.der()}, state
	}
	r, err := s.compose(a, req.nonce, answers)
	if err != nil {
		s.log.ErrorContext(ctx, "status: the OCSP delegate's key does not sign", "issuer", a.id, "error", err)
		return reply{der: tryLater.der()}, stateTryLater
	}
	return r, state
}

// compose signs what is not signed yet.
func (s *Service) compose(a *authority, nonce []byte, answers []*answer) (r reply, err error) {
	now := s.now()
	if len(answers) == 1 && nonce == nil && answers[0].verdict.known {
		n := answers[0]
		r.checked, r.next = n.checked, n.next
		r.der, r.etag, err = n.seal(a, now)
		return r, err
	}
	singles := make([][]byte, len(answers))
	for i, n := range answers {
		singles[i] = n.single
	}
	r.der, err = a.sign(second(now), nonce, singles...)
	return r, err
}

// answersTo finds kept answers and makes the others; [stateTryLater] where the store is needed and away.
func (s *Service) answersTo(ctx context.Context, a *authority, ids []certID) (answers []*answer, state string) {
	now := s.now()
	answers = make([]*answer, len(ids))
	var ask []int
	trusted := s.watchedWithin(now)
	for i, id := range ids {
		n := a.cache.get(id)
		if answers[i] = n; n == nil || !trusted || !n.young(now) {
			ask = append(ask, i)
			continue
		}
		if !n.used.Load() {
			n.used.Store(true)
		}
	}
	if len(ask) == 0 {
		return answers, stateCached
	}
	return answers, s.ask(ctx, a, ids, answers, ask)
}

// ask puts checked answers into the places that ask names, or leaves valid ones there where the register does not answer. Once
// it did not, nobody waits for it who has valid ones, until a look at it succeeds.
func (s *Service) ask(ctx context.Context, a *authority, ids []certID, answers []*answer, ask []int) (state string) {
	wanted := make([]certID, len(ask))
	valid, now := 0, s.now()
	for i, at := range ask {
		wanted[i] = ids[at]
		if n := answers[at]; n != nil && n.valid(now) {
			valid++
		}
	}
	if valid == len(ask) && s.away.Load() {
		return stateStale
	}
	checked, begun, err := s.check(ctx, a, wanted)
	now = s.now()
	for i, at := range ask {
		switch n := answers[at]; {
		case err != nil && (n == nil || !n.valid(now)):
			return stateTryLater
		case err == nil && (n == nil || !n.young(now) || n.verdict != checked[i].verdict):
			answers[at] = checked[i]
			a.cache.put(checked[i], begun)
		}
		answers[at].used.Store(true)
	}
	if err != nil {
		return stateStale
	}
	return stateFresh
}

// report notes, and logs, that the register does not answer, or that it does again.
func (s *Service) report(ctx context.Context, err error) {
	if ctx.Err() == nil && s.away.Swap(err != nil) != (err != nil) {
		s.log.WarnContext(ctx, "status: OCSP without the register", "away", err != nil, "error", err)
	}
}

// check asks the register and makes answers, to be kept with begun. Their nextUpdate is not beyond the delegate's certificate;
// where that has ended there are none.
func (s *Service) check(ctx context.Context, a *authority, ids []certID) (answers []*answer, begun uint64, err error) {
	begun = a.cache.begin()
	now := s.now()
	checked := second(now)
	next := earlier(checked.Add(answerValidity), second(a.answers.Load().until))
	if !now.Before(next) {
		return nil, 0, errDelegateEnded
	}
	statuses, err := s.statuses(ctx, a, ids)
	if err != nil {
		return nil, 0, err
	}
	answers = make([]*answer, len(ids))
	for i, id := range ids {
		v := verdictOf(statuses[i], checked)
		answers[i] = &answer{
			certID: append([]byte(nil), id.raw...), serial: append([]byte(nil), id.serial...), verdict: v,
			single: singleResponse(id, v, checked, next), checked: checked, next: next,
		}
	}
	return answers, begun, nil
}

func (s *Service) statuses(ctx context.Context, a *authority, ids []certID) ([]ca.Status, error) {
	patient, cancel := context.WithTimeout(ctx, s.config.Patience)
	defer cancel()
	serials := make([][]byte, len(ids))
	for i, id := range ids {
		serials[i] = id.serial
	}
	statuses, err := s.register.Statuses(patient, a.id, serials)
	if err == nil && len(statuses) != len(ids) {
		err = errRegister
	}
	s.report(ctx, err)
	return statuses, err
}

// Renew signs kept answers again that are in use and no longer young, and drops those that are past use. Run does so every 30 s.
// It goes on with the other issuers where one fails, and returns all errors.
func (s *Service) Renew(ctx context.Context) error {
	var failed []error
	for _, a := range s.authorities() {
		if err := s.renew(ctx, a); err != nil {
			failed = append(failed, fmt.Errorf("status: answers of %s: %w", a.id, err))
		}
	}
	return errors.Join(failed...)
}

func (s *Service) renew(ctx context.Context, a *authority) error {
	if !s.now().Before(a.answers.Load().until) {
		return errDelegateEnded
	}
	for _, n := range a.cache.old(s.now()) {
		id, ok := readCertID(n.certID)
		if !ok {
			return errRegister // not reached: it was read before
		}
		renewed, begun, err := s.check(ctx, a, []certID{id})
		if err != nil {
			return err
		}
		if _, _, err := renewed[0].seal(a, s.now()); err != nil {
			return err
		}
		a.cache.put(renewed[0], begun)
	}
	return nil
}
