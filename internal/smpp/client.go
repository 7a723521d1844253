package smpp

import (
	"context"
	"errors"
	"log/slog"
	"math/rand/v2"
	"sync"
	"time"
)

// Client is an ESME that stays bound: it binds again when a session is over. It is safe for concurrent use.
type Client struct {
	handler  Handler
	config   ClientConfig
	throttle throttle

	mu      sync.Mutex
	session *Session      // nil while there is none
	changed chan struct{} // closed when session changes
}

// NewClient returns a client that is not bound: see Run.
func NewClient(h Handler, config ClientConfig) *Client {
	config = config.withDefaults()
	return &Client{
		handler: h, config: config, changed: make(chan struct{}),
		throttle: throttle{min: config.MinThrottle, max: config.MaxThrottle},
	}
}

// Run keeps the client bound until ctx ends, and then unbinds. A bind that is refused is tried again as well: the other side may be
// set right.
func (c *Client) Run(ctx context.Context) {
	for wait := c.config.MinBackoff; ctx.Err() == nil; wait = min(2*wait, c.config.MaxBackoff) {
		s, err := dial(ctx, c.handler, c.config)
		if err == nil {
			wait = c.config.MinBackoff
			err = c.hold(ctx, s)
		}
		if ctx.Err() != nil {
			return
		}
		c.config.Log.Warn("smpp: not bound", slog.String("system_id", c.config.Bind.SystemID), slog.Any("error", err))
		_ = sleep(ctx, wait/2+rand.N(wait/2+1)) // fails only when ctx ends, which ends the loop
	}
}

// hold lends out a session until it is over.
func (c *Client) hold(ctx context.Context, s *Session) error {
	c.config.Log.Info("smpp: bound", slog.String("system_id", c.config.Bind.SystemID))
	c.set(s)
	defer c.set(nil)
	select {
	case <-s.Done():
		return s.Err()
	case <-ctx.Done():
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), c.config.Link.ResponseTimeout)
	defer cancel()
	return s.Unbind(ctx)
}

func (c *Client) set(s *Session) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.session = s
	close(c.changed)
	c.changed = make(chan struct{})
}

// Bound reports whether there is a session.
func (c *Client) Bound() bool {
	s, _ := c.current()
	return s != nil
}

// Session returns the session that there is, nil where there is none. Its Do neither waits for another nor sends again what was refused
// because of congestion: it is for those who have a queue of their own.
func (c *Client) Session() *Session {
	s, _ := c.current()
	return s
}

func (c *Client) current() (*Session, <-chan struct{}) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.session, c.changed
}

// bound waits for a session that is not over; the error is ErrNotBound and ctx's.
func (c *Client) bound(ctx context.Context) (*Session, error) {
	for {
		s, changed := c.current()
		if s != nil && s.Err() == nil {
			return s, nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return nil, errors.Join(ErrNotBound, ctx.Err())
		}
	}
}

// Do sends a request over the session that there is, or waits for one until ctx ends, which is [ErrNotBound]. What the service centre
// refuses because it is congested is sent again after a pause, until ctx ends; the error is the [Status] then. Nothing else is sent
// twice: the errors are those of [Session.Do], and with [ErrUnknown] it is for the caller to ask what became of the request.
func (c *Client) Do(ctx context.Context, request PDU) (PDU, error) {
	for {
		passed, err := c.throttle.pass(ctx)
		if err != nil {
			return nil, err
		}
		s, err := c.bound(ctx)
		if err != nil {
			return nil, err
		}
		answer, err := s.Do(ctx, request)
		if err != nil && errors.Is(err, ErrClosed) && !errors.Is(err, ErrUnknown) {
			await(ctx, s.Done()) // it was not sent: another session will take it
			continue
		}
		again, err := c.judge(ctx, passed, err)
		if !again {
			return answer, err
		}
	}
}

func await(ctx context.Context, done <-chan struct{}) {
	select {
	case <-done:
	case <-ctx.Done():
	}
}

// judge reports whether a request with that outcome is to be sent again, after the pause that it takes.
func (c *Client) judge(ctx context.Context, passed time.Time, err error) (bool, error) {
	var status Status
	congested := errors.As(err, &status) && status.Congested()
	c.throttle.heed(congested, passed)
	if !congested {
		return false, err
	}
	if _, ended := c.throttle.pass(ctx); ended != nil {
		return false, err
	}
	return true, nil
}

// Submit sends a message to the service centre. The error is as that of Do.
func (c *Client) Submit(ctx context.Context, m *SubmitSM) (*SubmitSMResp, error) {
	return do[*SubmitSMResp](ctx, c, m)
}

// Query asks what has become of a message. The error is as that of Do.
func (c *Client) Query(ctx context.Context, q *QuerySM) (*QuerySMResp, error) {
	return do[*QuerySMResp](ctx, c, q)
}

// Cancel revokes a message that is not delivered yet; ESME_RCANCELFAIL where it is too late. The error is as that of Do.
func (c *Client) Cancel(ctx context.Context, m *CancelSM) error {
	_, err := c.Do(ctx, m)
	return err
}
