package sender

import (
	"context"
	"time"

	"simtrust"
	"simtrust/internal/sqldb"
)

// Review is what a reviewer decides about a chatbot: about a draft as it is, or about the profile that a verified one proposed.
type Review struct {
	Chatbot string
	// Revision is what the reviewer saw: what was changed since is not approved along with it.
	Revision int64
	Approved bool
	Decision // a refusal says why
}

// Review makes a draft live, or a proposed profile the chatbot's own; or refuses it, and says why to its client. Errors: KindNotFound with
// [ReasonUnknownBot]; KindConflict with [ReasonChanged], [ReasonNothing], [ReasonBrandOpen] or [ReasonResembles]; KindInvalid with
// [ReasonWhy].
func (s *Service) Review(ctx context.Context, r Review) (Chatbot, error) {
	if !r.fits() || !r.Approved && r.Why == "" {
		return Chatbot{}, errWhy
	}
	return s.alter(ctx, r.Chatbot, func(tx *sqldb.Tx, c *Chatbot) (string, Decision, error) {
		switch {
		case c.Revision != r.Revision:
			return "", Decision{}, conflict(ReasonChanged, "the chatbot was changed since it was looked at: look again")
		case !c.Verified.IsZero() && c.Proposed == nil:
			return "", Decision{}, conflict(ReasonNothing, "the chatbot is verified and proposes nothing new")
		case !r.Approved:
			c.Proposed, c.Cause = nil, r.Why
			return actRefused, r.Decision, nil
		}
		return actVerified, r.Decision, s.approve(ctx, tx, c)
	})
}

// approve takes what waits, and its names for the brand; its people hear of it.
func (s *Service) approve(ctx context.Context, tx *sqldb.Tx, c *Chatbot) error {
	b, err := brandByID(ctx, tx, c.Brand)
	switch {
	case err != nil:
		return err
	case b.Verified.IsZero():
		return conflict(ReasonBrandOpen, "the brand is not verified: that comes first")
	}
	if c.Proposed != nil {
		c.Profile, c.Proposed = *c.Proposed, nil
	}
	if c.Verified.IsZero() {
		c.Verified = s.now()
	}
	if c.Suspended.IsZero() {
		c.Cause = ""
	}
	if err := reserve(ctx, tx, c.Brand, c.names()...); err != nil {
		return err
	}
	c.changes++
	return s.Outbox.Append(ctx, tx, simtrust.TenureID(c.ID), c.changes, ProfileApproved{Chatbot: c.ID, At: s.now()})
}

// Suspend stops a chatbot, at once on this node and within a second on others; what takes from its quotas sees it at once everywhere.
// Again it changes the cause. Errors: KindNotFound with [ReasonUnknownBot]; KindInvalid with [ReasonWhy].
func (s *Service) Suspend(ctx context.Context, id string, d Decision) (Chatbot, error) {
	if err := d.explained(); err != nil {
		return Chatbot{}, err
	}
	return s.alter(ctx, id, func(tx *sqldb.Tx, c *Chatbot) (string, Decision, error) {
		return actSuspended, d, s.suspend(ctx, tx, c, d)
	})
}

func (s *Service) suspend(ctx context.Context, tx *sqldb.Tx, c *Chatbot, d Decision) error {
	if c.Suspended.IsZero() {
		c.Suspended = s.now()
	}
	c.Cause = d.Why
	c.changes++
	return s.Outbox.Append(ctx, tx, simtrust.TenureID(c.ID), c.changes, StateChanged{Chatbot: c.ID, State: Suspended, Cause: d.Why, At: s.now()})
}

// Resume ends a suspension and a throttling; reports until now are settled. The certificate still has to be good. Errors: KindNotFound with
// [ReasonUnknownBot]; KindConflict with [ReasonNotSuspended]; KindInvalid with [ReasonWhy].
func (s *Service) Resume(ctx context.Context, id string, d Decision) (Chatbot, error) {
	if err := d.explained(); err != nil {
		return Chatbot{}, err
	}
	return s.alter(ctx, id, func(tx *sqldb.Tx, c *Chatbot) (string, Decision, error) {
		if c.Suspended.IsZero() && !c.Throttled.After(s.now()) {
			return "", Decision{}, conflict(ReasonNotSuspended, "the chatbot is neither suspended nor throttled")
		}
		c.Suspended, c.Throttled, c.Cause = time.Time{}, time.Time{}, ""
		c.pardoned = s.now()
		c.changes++
		event := StateChanged{Chatbot: c.ID, State: c.State(), At: s.now()}
		return actResumed, d, s.Outbox.Append(ctx, tx, simtrust.TenureID(c.ID), c.changes, event)
	})
}

// SetQuotas replaces a chatbot's quotas; members that are zero take the defaults. Errors: KindInvalid with [ReasonQuotas]; KindNotFound with
// [ReasonUnknownBot].
func (s *Service) SetQuotas(ctx context.Context, id string, q Quotas, by string) (Chatbot, error) {
	q = q.or(s.cfg.Quotas)
	if err := q.check(); err != nil {
		return Chatbot{}, err
	}
	return s.alter(ctx, id, func(_ *sqldb.Tx, c *Chatbot) (string, Decision, error) {
		c.Quotas = q
		return actQuotas, Decision{By: by}, nil
	})
}
