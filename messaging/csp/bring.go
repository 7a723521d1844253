package csp

import (
	"context"
	"errors"
	"time"

	"simtrust/messaging/events"
)

// young is how long an event waits for the message it is about, which is being answered at the same time.
const young = 2 * time.Second

var errYoung = errors.New("the message may still be on its way into the store")

// call is what a chatbot is called with for one event or, of statuses, for several in a row.
type call struct {
	path string
	body any
	// ends are deliveries whose revocation is told with it.
	ends []string
}

// Bring implements events.Form. Statuses that follow each other go together.
func (f form) Bring(ctx context.Context, w events.Webhook, list []events.Entry) (acked int64, err error) {
	a, found, err := f.accountOf(ctx, w.Chatbot)
	if err != nil {
		return 0, err
	}
	if !found {
		return 0, errAccount
	}
	var next *call
	for i, e := range list {
		c, failure := f.told(ctx, a, e)
		if failure != nil || !next.joins(c) {
			if err := f.bring(ctx, a, w.URL, next); err != nil {
				return acked, err
			}
			next = nil
			if i > 0 {
				acked = list[i-1].Seq
			}
		}
		if failure != nil {
			return acked, failure
		}
		next = next.with(c)
	}
	if err := f.bring(ctx, a, w.URL, next); err != nil {
		return acked, err
	}
	return list[len(list)-1].Seq, nil
}

// bring makes a call, and forgets the revocations that it told the end of.
func (f form) bring(ctx context.Context, a account, target string, c *call) error {
	if c == nil {
		return nil
	}
	if err := f.post(ctx, a, target, c.path, c.body); err != nil {
		return err
	}
	for _, delivery := range c.ends {
		if err := f.forgetRevocation(ctx, delivery); err != nil {
			return err
		}
	}
	return nil
}

// joins reports whether another call can be made with this one.
func (c *call) joins(other *call) bool {
	return c == nil || other == nil || c.path == PathStatus && other.path == PathStatus
}

func (c *call) with(other *call) *call {
	switch {
	case c == nil:
		return other
	case other == nil:
		return c
	}
	c.body = StatusNotice{append(c.body.(StatusNotice).Deliveries, other.body.(StatusNotice).Deliveries...)}
	c.ends = append(c.ends, other.ends...)
	return c
}
