package sender

import (
	"context"

	"simtrust/internal/sqldb"
	"simtrust/messaging/gsma"
)

// SetProfile replaces a chatbot's profile, its signature with it. People recognise a sender by it, so a verified chatbot keeps the one that
// was reviewed until the new one is; a draft has it at once. Errors: KindInvalid with [ReasonProfile]; KindConflict with [ReasonResembles];
// KindNotFound with [ReasonUnknownBot].
func (s *Service) SetProfile(ctx context.Context, id string, p Profile, by string) (Chatbot, error) {
	if err := p.check(); err != nil {
		return Chatbot{}, err
	}
	return s.alter(ctx, id, func(tx *sqldb.Tx, c *Chatbot) (string, Decision, error) {
		if err := available(ctx, tx, c.Brand, p.names()...); err != nil {
			return "", Decision{}, err
		}
		c.Revision++
		if c.Verified.IsZero() {
			c.Profile = p
			return actProfile, Decision{By: by}, nil
		}
		c.Proposed = &p
		return actProposed, Decision{By: by}, nil
	})
}

// SetMenu replaces a chatbot's menu, at once: it is content, like any message. A menu without entries is none. Errors: KindInvalid with
// [ReasonMenu]; KindNotFound with [ReasonUnknownBot].
func (s *Service) SetMenu(ctx context.Context, id string, m gsma.Menu, by string) (Chatbot, error) {
	if len(m.Entries) > 0 || m.DisplayText != "" {
		if err := gsma.CheckMenu(m, gsma.RCS.Limits()); err != nil {
			return Chatbot{}, invalid(ReasonMenu, "menu: "+err.Error())
		}
	}
	return s.alter(ctx, id, func(_ *sqldb.Tx, c *Chatbot) (string, Decision, error) {
		c.Menu = m
		c.Revision++
		return actMenu, Decision{By: by}, nil
	})
}
