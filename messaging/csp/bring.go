package csp

import (
	"context"
	"errors"
	"time"

	"simtrust/messaging/events"
)

// young is how long an event waits for the record of the message it is about, which is being answered at the same time. After that a server died
// between the message and its record.
const young = 2 * time.Second

var errYoung = errors.New("the message may still be on its way into the store")

// call is what a chatbot is called with for one event or, of statuses, for several in a row.
type call struct {
	path string
	body any
	// revocations are the deliveries the end of whose revocation is told.
	revocations []string
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
	var last int64
	bring := func() error {
		err := f.bring(ctx, a, w.URL, next)
		if err == nil {
			next, acked = nil, last
		}
		return err
	}
	for _, e := range list {
		if next.ends() { // what comes next is told otherwise once that is
			if err := bring(); err != nil {
				return acked, err
			}
		}
		c, failure := f.told(ctx, a, e)
		if failure != nil || !next.joins(c) {
			if err := errors.Join(bring(), failure); err != nil {
				return acked, err
			}
		}
		next, last = next.with(c), e.Seq
	}
	err = bring()
	return acked, err
}

// bring makes a call, and forgets the revocations that it told the end of.
func (f form) bring(ctx context.Context, a account, target string, c *call) error {
	if c == nil {
		return nil
	}
	if err := f.post(ctx, a, target, c.path, c.body); err != nil {
		return err
	}
	for _, delivery := range c.revocations {
		if err := f.forgetRevocation(ctx, delivery); err != nil {
			return err
		}
	}
	return nil
}

func (c *call) ends() bool { return c != nil && len(c.revocations) > 0 }

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
	c.revocations = append(c.revocations, other.revocations...)
	return c
}
